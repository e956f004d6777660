"""The calcified voxels within reach of arteries: whose they are and which hang together, kept up with edits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import TERRITORIES, Territory
from ..anatomy import territory as territory_named
from ..geometry import Box, Volume
from ..progress import Progress, Steps
from .assignment import STAGE as ASSIGNING
from .assignment import nearest_part_steps
from .burden import IS_LABEL
from .clusters import components_steps, describe_steps, no_components
from .constants import METAL_DISTANCE_MM
from .parameters import MeasurementParameters, Reassignment
from .region import Region
from .result import Part
from .rows import Rows, rows_in_box

_NEIGHBOURS = np.stack(np.meshgrid(*3 * [np.arange(-1, 2)], indexing="ij"), axis=-1).reshape(-1, 3)
# Within this distance the artery that a voxel was given to is looked for first.
_NEAR_MM = 20.0
_ASSIGNING = Progress(ASSIGNING, 0.5)
_LISTING = Progress("Measuring: reading the masks", 0.0)  # before branches are shortened
# Of so many new voxels the neighbours are not looked up one by one: all components are found anew.
_MOST_LOOKED_UP = 20_000


class Calcification:
    """The calcified voxels of a region.

    Attributes
    ----------
    rows : Rows
        Their columns: ``hu``; ``value``, territory label or ``Part``, 0 where not assigned yet; ``component`` and
        the value with which it was found (``found_as``); ``why`` and ``deep``, see :mod:`.image`; ``shown`` and
        ``number``, what the maps hold.
    components : Components
    """

    def __init__(self, region: Region):
        self._region = region
        self.rows = Rows(
            region.grid.shape,
            hu=np.float64(np.nan),
            value=np.uint8(0),
            found_as=np.uint8(0),
            component=np.int32(-1),
            why=np.uint8(255),
            deep=np.bool_(False),
            shown=np.uint8(0),
            number=np.int32(0),
        )
        self.components = no_components(TERRITORIES)
        self._broken: set[int] = set()
        # Voxels that were given to a territory by hand when everything was assigned last.
        self._given = np.zeros((0, 3), int)
        self._gone = [np.zeros((0, 3), np.int32)]

    @property
    def value(self) -> np.ndarray:
        """Territory label of each voxel, or a ``Part``; without regard to a least volume of clusters."""
        return self.rows.column["value"]

    @property
    def component(self) -> np.ndarray:
        """Component of each voxel, -1 outside."""
        return self.rows.column["component"]

    def gone(self) -> np.ndarray:
        """Return, once, the voxels that went, as indices of the region."""
        gone, self._gone = np.concatenate(self._gone), [np.zeros((0, 3), np.int32)]
        return gone

    def list_steps(self, mask: Volume, boxes: Sequence[Box]) -> Steps[None]:
        """List the calcified voxels anew after the mask, or what is within reach, changed in some boxes."""
        for box in boxes:
            planes = self._region.inside(box)[0]
            kji = yield from self._region.calcified_steps(mask, planes)
            gone = self.rows.renew(planes, kji)
            self._region.calcified[tuple(gone["kji"].T)] = False
            self._region.calcified[tuple(kji.T)] = True
            self._broken |= set(gone["component"].tolist()) - {-1}
            self._gone.append(gone["kji"])
            yield _LISTING
        hu = self.rows.column["hu"]
        new = np.flatnonzero(np.isnan(hu))
        values = self._region.hu(self.rows.kji[new])
        hu[new] = 0.0 if values is None else values
        yield _LISTING

    def forget(self, box: Box, distance_mm: float) -> None:
        """Assign anew what lies within a distance of a box of the whole volume."""
        margins = [margin + 1 for margin in self._region.margins(distance_mm)]
        self.value[self.rows.inside(self._region.inside(box, margins))] = 0

    def forget_all(self) -> None:
        """Assign everything anew."""
        self.value[:] = 0

    def assign_steps(self, found: Sequence[Territory], parameters: MeasurementParameters) -> Steps[None]:
        """Assign what is not assigned yet (``measurement.md#assignment-of-calcification``)."""
        region = self._region
        given = self.rows.at(self._given)
        self.value[given[given >= 0]] = 0
        self._given = self._given[:0]
        rows = np.flatnonzero(self.value == 0)
        kji = self.rows.kji[rows]
        where = tuple(kji.T)
        value, inside = region.kept[where], region.labels[where] > 0
        value[inside & (value == 0)] = Part.BEYOND_KEPT_LENGTH
        yield _ASSIGNING
        beside = kji[~inside]
        if len(beside):
            parts = yield from self._parts_near_steps(beside, found, parameters.max_distance_mm)
            points = region.grid.ras_of_kji(beside)
            value[~inside] = yield from nearest_part_steps(points, parts, parameters.max_distance_mm)
        self.value[rows] = value
        for each in parameters.reassigned:
            yield from self._give_steps(each, found, max(parameters.max_distance_mm, METAL_DISTANCE_MM))

    def given_rows(self, each: Reassignment) -> np.ndarray:
        """Return the rows of the voxels that are given to a territory by hand."""
        grid = self._region.grid
        kji = np.unique(np.rint(grid.kji_of_ras(np.array(each.points_ras).reshape(-1, 3))).astype(int), axis=0)
        kji = kji[((kji >= 0) & (kji < grid.shape)).all(axis=1)]
        rows = self.rows.at(kji)
        return rows[rows >= 0]

    def _give_steps(self, each: Reassignment, found: Sequence[Territory], reach_mm: float) -> Steps[None]:
        """Assign voxels that are near any artery as if one territory, where it is measured, were the only one."""
        region, territory, rows = self._region, territory_named(each.territory), self.given_rows(each)
        if territory not in found or not len(rows):
            return
        outside = np.flatnonzero(region.labels[tuple(self.rows.kji[rows].T)] == 0)
        if len(outside):
            kji = self.rows.kji[rows[outside]]
            parts = yield from self._parts_near_steps(kji, found, reach_mm)
            near = yield from nearest_part_steps(region.grid.ras_of_kji(kji), parts, reach_mm)
            rows = np.delete(rows, outside[near == Part.UNASSIGNED])
        kji = self.rows.kji[rows]
        where = tuple(kji.T)
        own, kept = region.labels[where] == territory.label, region.kept[where] == territory.label
        value = np.where(kept, np.uint8(territory.label), np.uint8(Part.BEYOND_KEPT_LENGTH))
        beside = np.flatnonzero(~own)
        for distance_mm in (_NEAR_MM, float(np.linalg.norm(np.array(region.grid.shape) * max(region.grid.spacing_mm)))):
            if len(beside):
                parts = yield from self._parts_near_steps(kji[beside], [territory], distance_mm)
                points = region.grid.ras_of_kji(kji[beside])
                value[beside] = yield from nearest_part_steps(points, parts, distance_mm)
                beside = beside[value[beside] == Part.UNASSIGNED]
        self._given = np.concatenate([self._given, kji])
        self.value[rows] = value

    def _parts_near_steps(
        self, kji: np.ndarray, found: Sequence[Territory], distance_mm: float
    ) -> Steps[list[tuple[int, np.ndarray]]]:
        """Return the parts of arteries that can be nearest to some voxels: value and voxel centres, mm."""
        region = self._region
        margins = [margin + 1 for margin in region.margins(distance_mm)]
        box = region.inside(region.whole_box(kji.min(axis=0), kji.max(axis=0)), margins)
        parts = []
        for territory in found:
            own = rows_in_box(region.kji_of(territory), box)
            keep = region.kept[tuple(own.T)] > 0
            for part, some, labels in (
                (territory.label, own[keep], region.kept),
                (Part.BEYOND_KEPT_LENGTH, own[~keep], region.cut),
            ):
                surface = yield from region.surface_steps(some, labels, _ASSIGNING)
                parts.append((part, region.grid.ras_of_kji(surface)))
        return parts

    def connect_steps(self) -> Steps[None]:
        """Find the components of what is assigned: those anew that voxels left, joined, or changed their value in."""
        rows, component = self.rows, self.component
        assigned = IS_LABEL[self.value]
        changed = np.flatnonzero(self.value != rows.column["found_as"])
        if not len(changed) and not self._broken:
            return
        broken = self._broken | set(component[changed].tolist())
        new = changed[assigned[changed]]
        if len(new) > _MOST_LOOKED_UP:
            broken |= set(range(len(self.components)))
        else:
            for offset in _NEIGHBOURS:
                near = rows.at(rows.kji[new] + offset)
                broken |= set(component[near[near >= 0]].tolist())
        is_broken = np.zeros(len(self.components) + 1, bool)
        is_broken[list(broken - {-1})] = True  # the last one stands for -1
        again = is_broken[component]
        again[new] = True
        some = np.flatnonzero(again & assigned)
        yield Progress("Measuring: finding clusters", 0.6)
        found, number = yield from components_steps(rows.kji[some], self.value[some], self._region.grid, TERRITORIES)
        stays = np.flatnonzero(~is_broken[:-1])
        self.components, numbers = self.components.taken(stays).joined(found)
        renamed = np.full(len(is_broken), -1, np.int32)
        renamed[stays] = numbers[: len(stays)]
        result = renamed[component]
        result[some] = numbers[len(stays) :][number]
        result[~assigned] = -1
        rows.column["component"] = result
        rows.column["why"][some] = 255
        rows.column["found_as"] = self.value.copy()
        self._broken = set()

    def describe_steps(self, chosen: np.ndarray) -> Steps[None]:
        """Describe some components that are not described yet."""
        hu = self.rows.column["hu"] if self._region.has_ct else None
        grid = self._region.grid
        yield from describe_steps(self.components, chosen, self._rows_of, self.rows.kji, hu, grid, TERRITORIES)

    def _rows_of(self, chosen: np.ndarray) -> list[np.ndarray]:
        wanted = np.zeros(len(self.components) + 1, bool)
        wanted[chosen] = True
        rows = np.flatnonzero(wanted[self.component])
        order = rows[np.argsort(self.component[rows], kind="stable")]
        low = np.searchsorted(self.component[order], chosen)
        high = np.searchsorted(self.component[order], chosen, "right")
        return [order[a:b] for a, b in zip(low, high, strict=True)]
