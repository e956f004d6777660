"""Pictures of a report: slices through the largest plaques, and what lies along the aorta."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...anatomy import territory
from ...geometry import Volume
from ...measurement import LiveMeasurement, Measurement
from ...profiles import Vessels
from ...progress import Progress, Steps, shown
from ..drawing import png_bytes
from ..view_masks import ShownMasks
from ..view_slices import AXIAL, slice_steps
from .profile_chart import profile_chart

#: Edge of the picture of a plaque, pixels.
PLAQUE_PIXELS = 400
_DRAWING = Progress("Drawing the report's pictures", 0.5)


@dataclass(frozen=True, eq=False)
class Figures:
    """Pictures as templates show them.

    Attributes
    ----------
    views : str
        ``views.png`` as a data URI; empty where there is none.
    plaques : mapping of int to str
        By the number of a cluster the axial slice with most of it, as a data URI.
    profile : str
        SVG text of the areas along the aorta; empty where no aorta was followed.
    """

    views: str = ""
    plaques: Mapping[int, str] = field(default_factory=dict)
    profile: str = ""


def png_uri(content: bytes) -> str:
    """Return the bytes of a PNG file as a data URI."""
    return f"data:image/png;base64,{b64encode(content).decode('ascii')}"


def figures_steps(
    ct: Volume, live: LiveMeasurement, measurement: Measurement, clusters: list[Mapping], views: bytes | None
) -> Steps[Figures]:
    """Draw the pictures of a result.

    Parameters
    ----------
    ct : Volume
        HU, on the grid of the masks.
    live : LiveMeasurement
        What made the `measurement`, at its last update.
    measurement : Measurement
    clusters : list of mapping
        Those to be shown, as the result's document lists them.
    views : bytes or None
        ``views.png``.
    """
    yield _DRAWING
    kept, cut, calcified = measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map
    masks = yield from shown(ShownMasks.cropped_steps(kept, cut, calcified), _DRAWING)
    plaques = {}
    for cluster in clusters:
        centre = _fullest_slice(measurement.clusters_map, cluster["id"], np.asarray(cluster["centroid_ras"], float))
        drawing = slice_steps(AXIAL, ct, masks, centre, centre, centre, PLAQUE_PIXELS)
        plaques[cluster["id"]] = png_uri(png_bytes((yield from shown(drawing, _DRAWING))))
    vessels = Vessels(measurement, (yield from live.courses_steps()))
    chart = profile_chart(vessels.profile("aorta"), territory("aorta").color) if "aorta" in vessels.names else ""
    return Figures("" if views is None else png_uri(views), plaques, chart)


def _fullest_slice(clusters: Volume, number: int, centroid: np.ndarray) -> np.ndarray:
    """Return a place in the axial slice with most of a cluster, over its centroid; RAS, mm."""
    points = clusters.grid.ras_of_kji(np.argwhere(clusters.array == number))
    if not len(points):
        return centroid
    width = max(clusters.grid.plane_distances_mm)
    bins = np.round((points[:, 2] - points[:, 2].min()) / width).astype(int)
    fullest = points[bins == np.bincount(bins).argmax()]
    return fullest.mean(axis=0)
