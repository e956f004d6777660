"""Volumes with their place in the patient: pure functions of arrays and matrices."""

from .volume import Grid, Volume

__all__ = ["Grid", "Volume"]
