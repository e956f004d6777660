"""Which images the planes of a CT were read from, so that what is made of it later can refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...geometry.volume import Grid
from .header import Image
from .stack import StackPlan


@dataclass(frozen=True)
class SourceImage:
    """An image of the series: a file, or one frame of a multi-frame file (counted from 0)."""

    path: Path
    frame: int
    sop_instance: str
    position: tuple[float, ...]  # LPS, mm, of the first pixel's centre, as it stands in the header


@dataclass(frozen=True, eq=False)
class SourceSeries:
    """The images of a CT in slice order, and which of them each plane of its grid is.

    Attributes
    ----------
    images : tuple of SourceImage
        From the lowest to the highest along the normal of the slices.
    planes : tuple of int or None
        For each plane k of `grid` the number of its image; None where it was interpolated, or moved within the plane.
    orientation : tuple of float
        Directions of rows and columns (LPS, Image Orientation) as the first image's header gives them.
    pixel_mm : tuple of float
        Distance of rows and of columns, likewise.
    grid : Grid
        Of the CT as it was read.
    """

    images: tuple[SourceImage, ...]
    planes: tuple[int | None, ...]
    grid: Grid
    orientation: tuple[float, ...]
    pixel_mm: tuple[float, ...]

    @property
    def is_as_stored(self) -> bool:
        """Whether every plane is an image as it is stored."""
        return None not in self.planes


def source_series(plan: StackPlan, ordered: Sequence[Image]) -> SourceSeries:
    """Return the source of the volume that `plan` makes of images in slice order."""
    moved = np.abs(plan.shifts_ji).max(axis=1) > 0
    planes = tuple(int(at) if at == int(at) and not moved[int(at)] else None for at in plan.along)
    first = ordered[0]
    if plan.grid.shape[1:] != (first.rows, first.columns):
        planes = (None,) * len(planes)
    images = tuple(SourceImage(image.path, image.frame, image.sop_instance, image.position) for image in ordered)
    return SourceSeries(images, planes, plan.grid, first.orientation, first.pixel_mm)
