"""Measures calcification of the abdominal arteries on CT angiograms.

The package runs inside 3D Slicer and in plain Python alike. Importing it, or any of
its modules, needs neither torch nor nnunetv2; only ``scene`` needs ``slicer``.
"""

__version__ = "0.1.0"
