"""Volumes with their place in the patient: pure functions of arrays and matrices."""

from .box import Box, bounding_box, common_box, grown
from .volume import Grid, Volume

__all__ = ["Box", "Grid", "Volume", "bounding_box", "common_box", "grown"]
