"""Lateral radiographs from files: DICOM, PNG, TIFF, JPEG and NIfTI; what is refused and flagged."""

from .choices import ReadingChoices, parse_spacing
from .read import RadiographImage, read_radiograph

__all__ = ["RadiographImage", "ReadingChoices", "parse_spacing", "read_radiograph"]
