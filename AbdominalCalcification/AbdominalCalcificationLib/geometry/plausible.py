"""Whether a grid can be one of a human body."""

from __future__ import annotations

from ..errors import InputError
from .volume import Grid

# The finest CT scanners resolve 0.1 mm, and no CT that plaques are measured on is coarser than 20 mm; a scanner's table
# is 2.5 m long at most.
LEAST_VOXEL_MM, MOST_VOXEL_MM, MOST_EXTENT_MM = 0.05, 20.0, 3000.0


def check_body_size(grid: Grid, title: str) -> None:
    """Refuse a grid whose voxels or extent are those of no body: its lengths are in another unit, or wrong.

    Parameters
    ----------
    grid : Grid
    title : str
        What to call the image in messages.

    Raises
    ------
    InputError
        For a voxel below 0.05 mm or above 20 mm, or an extent above 3 m.
    """
    spacing = grid.spacing_mm
    extent = max(step * count for step, count in zip(spacing, reversed(grid.shape), strict=True))
    shown = sizes_shown(spacing)
    if min(grid.plane_distances_mm) < LEAST_VOXEL_MM or max(spacing) > MOST_VOXEL_MM:
        raise InputError(
            f"The voxels of {title} would be {shown} mm, which no CT has ({LEAST_VOXEL_MM:g} to {MOST_VOXEL_MM:g} mm); "
            "check its unit of length, and export it again."
        )
    if extent > MOST_EXTENT_MM:
        raise InputError(
            f"{title} would be {extent / 1000:.1f} m long with its voxels of {shown} mm; "
            "check its unit of length, and export it again."
        )


def sizes_shown(sizes) -> str:
    """Return lengths as people write them: ``0.8 × 0.8 × 2``."""
    return " × ".join(f"{size:.4g}" for size in sizes)
