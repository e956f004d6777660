"""Virtual patients whose anatomy is that of a label map, deformed."""

from .mixing import AnatomyMix, load_anatomy

__all__ = ["AnatomyMix", "load_anatomy"]
