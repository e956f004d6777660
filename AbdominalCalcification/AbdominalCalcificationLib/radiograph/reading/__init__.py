"""Lateral radiographs from files: DICOM, PNG, TIFF, JPEG and NIfTI; what is refused and flagged."""

from .choices import ReadingChoices
from .read import RadiographImage, read_radiograph

__all__ = ["RadiographImage", "ReadingChoices", "read_radiograph"]
