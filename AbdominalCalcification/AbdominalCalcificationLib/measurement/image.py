"""What the CT says about masks, kept up with edits: enhancement, metal, the chest, brightness of calcification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import Territory
from ..comparison.lumen import EROSIONS_MM, FEWEST_VOXELS, Lumen, lumen_of_core, lumen_steps
from ..flags import Flag
from ..geometry import Box, Volume, grown
from ..geometry.box import inside
from ..geometry.neighbourhood import deep_steps, eroded_steps
from ..geometry.voxels import FACE_NEIGHBOURS, HALF_NEIGHBOURS, bounds_of, neighbour_length_mm
from ..progress import Progress, Steps
from . import chest, quality
from .assignment import chunks
from .bifurcation import BIFURCATION_GROUP
from .brightness import brightness_flags
from .burden import IS_LABEL
from .calcification import Calcification
from .constants import CEILING_HU, DEEP_MM, METAL_DISTANCE_MM, MOST_RUNS, RING_MM
from .guard import implausible_steps
from .region import Region
from .result import Cluster
from .rows import Rows, rows_in_box

_CHECKING = Progress("Measuring: checking the image", 0.0)
_UNKNOWN = 255
# Voxels of a label map that are looked at in one go.
_LOOKED_AT = 8_000_000


class ImageFlags:
    """Holds a region's masks against its CT.

    Parameters
    ----------
    region : Region
        With a CT.
    """

    def __init__(self, region: Region):
        self._region = region
        everywhere = [region.box]
        self._of_lumen, self._of_core, self._of_metal = ([*everywhere] for _ in range(3))
        self._of_calcium: list[Box] = []
        self._of_depth: list[Box] = []
        shape = region.grid.shape
        self._arteries = Rows(shape, hu=np.float64(np.nan), inner=np.bool_(False), calcified=np.bool_(False))
        self._core = Rows(shape, hu=np.float64(np.nan))
        self._bright = Rows(shape, near=np.uint8(_UNKNOWN))
        self._lumen: Lumen | None = None
        self._brightness_of: tuple[float, float, bool] | None = None
        self._chest: tuple[np.ndarray, bool, list[Flag]] | None = None

    def note_arteries(self, box: Box) -> None:
        """Note that labels were changed in a box of the whole volume."""
        for boxes in (self._of_lumen, self._of_core, self._of_metal, self._of_depth):
            boxes.append(box)

    def note_calcification(self, box: Box) -> None:
        """Note that calcification, or what of it is within reach, was changed in a box of the whole volume."""
        self._of_calcium.append(box)

    def steps(
        self, found: Sequence[Territory], calcification: Calcification, value: np.ndarray, clusters: Sequence[Cluster]
    ) -> Steps[list[Flag]]:
        """Return the flags that the CT raises.

        Parameters
        ----------
        found : sequence of Territory
        calcification : Calcification
        value : ndarray of uint8, shape (n,)
            Territory label of each calcified voxel of the region, or a ``Part``.
        clusters : sequence of Cluster
        """
        yield _CHECKING
        raised = yield from self._enhancement_steps()
        yield _CHECKING
        raised += quality.metal((yield from self._metal_steps(found)))
        raised += self._chest_flags(found)
        yield _CHECKING
        return raised + (yield from self._brightness_steps(calcification, value, clusters))

    def _enhancement_steps(self) -> Steps[list[Flag]]:
        region, rows = self._region, self._arteries
        while self._of_lumen:
            inside = region.inside(self._of_lumen[0], (1, 1, 1))
            start = [part.start for part in inside]
            rows.renew_in(inside, (yield from _labelled_steps(region.labels[inside])) + start)
            some = rows.inside(inside)
            kji = rows.kji[some]
            inner = np.ones(len(some), bool)
            for offset in FACE_NEIGHBOURS:
                inner &= region.labels[tuple((kji + np.array(offset, kji.dtype)).T)] > 0
                yield _CHECKING
            rows.column["inner"][some] = inner
            self._of_calcium.append(self._of_lumen.pop(0))
        new = np.flatnonzero(np.isnan(rows.column["hu"]))
        rows.column["hu"][new] = region.hu(rows.kji[new])
        while self._of_calcium:
            some = rows.inside(region.inside(self._of_calcium[0], (1, 1, 1)))
            rows.column["calcified"][some] = region.calcified[tuple(rows.kji[some].T)]
            self._of_calcium.pop(0)
        return quality.no_enhancement(*(rows.column[name] for name in ("hu", "calcified", "inner")))

    def _metal_steps(self, found: Sequence[Territory]) -> Steps[int]:
        """Return how many voxels at the ceiling of the CT scale lie within 5 mm of an artery, or in one."""
        region, rows = self._region, self._bright
        margins = [margin + 1 for margin in region.margins(METAL_DISTANCE_MM)]
        while self._of_metal:
            inside = region.inside(self._of_metal[0], [2 * margin for margin in margins])
            kji = yield from region.bright_steps(CEILING_HU, inside[0])
            rows.renew(inside[0], kji)
            rows.column["near"][rows.inside(inside)] = _UNKNOWN
            self._of_metal.pop(0)
        near = rows.column["near"]
        unknown = np.flatnonzero(near == _UNKNOWN)
        kji = rows.kji[unknown]
        known = (region.labels[tuple(kji.T)] > 0).astype(np.uint8)
        beside = np.flatnonzero(known == 0)
        if len(beside) and found:
            box = region.inside(region.whole_box(kji[beside].min(axis=0), kji[beside].max(axis=0)), margins)
            parts = [np.zeros((0, 3), np.int32)]
            for territory in found:
                own = rows_in_box(region.kji_of(territory), box)
                parts.append((yield from region.surface_steps(own, region.labels, _CHECKING)))
            tree = cKDTree(region.grid.ras_of_kji(np.concatenate(parts)))
            for some in chunks(beside):
                points = region.grid.ras_of_kji(kji[some])
                distance, _ = tree.query(points, distance_upper_bound=METAL_DISTANCE_MM)
                known[some] = np.isfinite(distance)
                yield _CHECKING
        near[unknown] = known
        return int(np.count_nonzero(near))

    def _chest_flags(self, found: Sequence[Territory]) -> list[Flag]:
        has_limbs = any(territory.group == BIFURCATION_GROUP for territory in found)
        flags = []
        for trunk in (territory for territory in found if territory.parent is None):
            kji = self._region.kji_of(trunk)
            if self._chest is None or self._chest[0] is not kji or self._chest[1] != has_limbs:
                region = self._region
                low, high = (end.tolist() for end in bounds_of(kji))  # the CT begins one voxel farther in
                around = tuple(slice(first - 1, last) for first, last in zip(low, high, strict=True))
                inner = region.whole.cropped(region.box)
                box = grown(around, RING_MM, inner)
                aorta = Volume(region.labels[1:-1, 1:-1, 1:-1][box] == trunk.label, inner.cropped(box))
                first = [part.start + outer.start for part, outer in zip(box, region.box, strict=True)]
                self._chest = kji, has_limbs, chest.chest_flags(region.whole_ct, aorta, has_limbs, first)
            flags += self._chest[2]
        return flags

    def _lumen_steps(self) -> Steps[Lumen]:
        """Measure the lumen as :func:`.comparison.lumen.lumen_steps` does."""
        region, rows = self._region, self._core
        if self._lumen is not None and not self._of_core:
            return self._lumen
        self._lumen = None
        margins = [margin + 1 for margin in region.margins(EROSIONS_MM[0])]
        while self._of_core:
            changed = region.inside(self._of_core[0], margins)
            read = region.inside(self._of_core[0], [2 * margin for margin in margins])
            core = yield from eroded_steps(region.labels[read] != 0, region.grid, EROSIONS_MM[0])
            rows.renew_in(changed, np.argwhere(core[inside(changed, read)]) + [each.start for each in changed])
            self._of_core.pop(0)
        if len(rows) < FEWEST_VOXELS:
            self._lumen = yield from lumen_steps(region.ct(), region.labels[1:-1, 1:-1, 1:-1] != 0)
            return self._lumen
        new = np.flatnonzero(np.isnan(rows.column["hu"]))
        rows.column["hu"][new] = region.hu(rows.kji[new])
        yield _CHECKING
        self._lumen = lumen_of_core(rows.column["hu"])
        return self._lumen

    def _brightness_steps(
        self, calcification: Calcification, value: np.ndarray, clusters: Sequence[Cluster]
    ) -> Steps[list[Flag]]:
        """Hold the assigned calcification against the blood and against 130 HU, component by component."""
        region, rows = self._region, calcification.rows
        assigned = np.flatnonzero(IS_LABEL[value])
        if len(assigned) == 0:
            return []
        lumen = yield from self._lumen_steps()
        kji, why, hu = rows.kji, rows.column["why"], rows.column["hu"]
        of = lumen.median_hu, lumen.spread_hu, rows.run_count(assigned) > MOST_RUNS
        if of != self._brightness_of or of[2]:
            why[:] = _UNKNOWN
            self._brightness_of = of
        depth_mm = max(DEEP_MM, min(neighbour_length_mm(offset, region.grid) for offset in HALF_NEIGHBOURS))
        margins = [margin + 1 for margin in region.margins(depth_mm)]
        for box in self._of_depth:
            why[rows.inside(region.inside(box, margins))] = _UNKNOWN
        self._of_depth = []
        component = calcification.component[assigned]
        unknown = np.zeros(len(calcification.components), bool)
        unknown[component[why[assigned] == _UNKNOWN]] = True
        some = assigned[unknown[component]]
        if len(some):
            # Without the margin, for arteries go on beyond the edge of the volume.
            arteries = Volume(region.labels[1:-1, 1:-1, 1:-1], region.ct().grid)
            said = yield from implausible_steps(kji[some] - 1, hu[some], arteries, lumen)
            faint = np.flatnonzero(hu[some] <= lumen.upper_hu)
            deep = np.zeros(len(some), bool)
            deep[faint] = yield from deep_steps(kji[some[faint]] - 1, arteries.array, arteries.grid, DEEP_MM)
            rows.column["deep"][some], why[some] = deep, said
        return brightness_flags(
            value[assigned],
            hu[assigned],
            why[assigned],
            int(np.count_nonzero(rows.column["deep"][assigned])),
            clusters,
            lumen,
            region.grid.voxel_volume_mm3,
        )


def _labelled_steps(labels: np.ndarray) -> Steps[np.ndarray]:
    """Return the voxels that have a label, in their order, shape (n, 3)."""
    parts, planes = [np.zeros((0, 3), int)], max(1, _LOOKED_AT // max(1, labels[:1].size))
    for first in range(0, len(labels), planes):
        k, j, i = np.nonzero(labels[first : first + planes])
        parts.append(np.stack([k + first, j, i], axis=1))
        yield _CHECKING
    return np.concatenate(parts)
