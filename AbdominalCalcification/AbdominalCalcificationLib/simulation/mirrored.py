"""Situs inversus: a body that is painted as usual and looked at in a mirror.

Such a body is painted on the grid's mirror image, and its arteries change names, so that an artery that is called left
lies on the patient's left.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import anatomy as territories
from ..geometry.volume import Grid
from .tubes import Tube


def mirrored_name(name: str) -> str:
    """Return the name of the same artery of the other side."""
    for side, other in (("_left", "_right"), ("_right", "_left")):
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def mirrored_arteries(arteries: list[Tube]) -> list[Tube]:
    """Return the arteries under the names and labels of the other side; their courses stay as they are."""
    found = []
    for tube in arteries:
        name = mirrored_name(tube.name)
        found.append(tube if name == tube.name else replace(tube, name=name, label=territories.territory(name).label))
    return found


def mirrored_grid(grid: Grid) -> Grid:
    """Return the grid whose voxels lie at the mirror images (RAS x changes sign) of those of `grid`."""
    directions = grid.ijk_to_ras[:3, :3] / np.array(grid.spacing_mm)
    turn = np.diag([-1.0, 1.0, 1.0])
    return Grid.from_spacing(grid.shape, grid.spacing_mm, turn @ grid.ijk_to_ras[:3, 3], turn @ directions)


def mirrored_places(entries: list[dict]) -> list[dict]:
    """Return entries of the truth with their ``center_ras`` mirrored."""
    return [{**entry, "center_ras": [-entry["center_ras"][0], *entry["center_ras"][1:]]} for entry in entries]
