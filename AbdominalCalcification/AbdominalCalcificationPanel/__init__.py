"""The panel's parts, one concern each: the only place beside the module file that knows Qt.

Nothing heavy is imported while Slicer starts: what computes is imported where it is used.
"""
