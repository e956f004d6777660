"""A measurement that follows edits: what an edit does not reach is not computed again.

There is one set of rules: a full measurement is the first update of a :class:`LiveMeasurement`. Every stage knows
what it reads, and works again only where that has changed; what it found before is taken for the rest. So an update
gives just what a measurement of the masks as they are now would give.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import TERRITORIES, Territory
from ..errors import InputError
from ..flags import Flag
from ..geometry import Box, Volume, bounding_box
from ..geometry.box import outside
from ..progress import Progress, Steps, scaled
from . import quality
from .arteries import ArteryMask
from .bifurcation import Trunk, follow_from_bifurcation_steps
from .branches import Branches
from .brightness import BLOOD
from .burden import territory_measurements
from .calcification import Calcification
from .clusters import NumberedClusters, numbered
from .coarse import Followed
from .confident import Certainty, low_confidence
from .constants import METAL_DISTANCE_MM, RING_MM
from .image import ImageFlags
from .maps import Maps
from .parameters import MeasurementParameters
from .plausibility import PlausibleArteries, check_numbers, slabs
from .region import Region, box_around, roomy
from .result import Cluster, Measurement, Part

_KNOWN = np.zeros(256, bool)
_KNOWN[[0, *(territory.label for territory in TERRITORIES)]] = True
ROLES = ("arteries", "calcification")


class LiveMeasurement:
    """Masks on a CT, and their measurement.

    Parameters
    ----------
    ct : Volume or None
        HU.
    arteries, calcification : Volume
        As for :func:`measure`. The arrays are kept, not copied, and :meth:`edit` writes to them; nobody else may.
    parameters : MeasurementParameters, optional
    flags : sequence of Flag
        What is known already; put before the flags found here.
    provenance : dict, optional
        Copied into each result.

    Raises
    ------
    InputError
        For volumes on different grids.

    Examples
    --------
    >>> from AbdominalCalcificationLib.geometry import Grid
    >>> from AbdominalCalcificationLib.progress import drain
    >>> labels = np.zeros((40, 20, 20), np.uint8)
    >>> labels[:, 5:15, 5:15] = 1
    >>> grid = Grid.from_spacing(labels.shape, (0.5, 0.5, 1.0))
    >>> live = LiveMeasurement(None, Volume(labels, grid), Volume(np.zeros(labels.shape, np.uint8), grid))
    >>> drain(live.update_steps()).territory("aorta").burden
    0.0
    >>> live.edit("calcification", (slice(10, 20), slice(5, 7), slice(5, 15)), np.ones((10, 2, 10), np.uint8))
    True
    >>> drain(live.update_steps()).territory("aorta").burden
    0.05
    """

    def __init__(
        self,
        ct: Volume | None,
        arteries: Volume,
        calcification: Volume,
        parameters: MeasurementParameters | None = None,
        *,
        flags: Sequence[Flag] = (),
        provenance: dict | None = None,
    ):
        for volume, name in ((ct, "CT"), (calcification, "calcification mask")):
            if volume is not None and not volume.grid.same_as(arteries.grid):
                raise InputError(f"The {name} and the artery mask lie on different grids; align them first.")
        self.parameters = MeasurementParameters() if parameters is None else parameters
        self.flags, self.provenance = tuple(flags), dict(provenance or {})
        self._ct, self._mask, self._arteries = ct, calcification, ArteryMask(arteries)
        self.certainty = Certainty()
        self._count: int | None = None
        self._case: _Case | None = None
        self._is_running = False

    def edit(self, role: str, box: Box, values: np.ndarray) -> bool:
        """Put values into a box of a mask; return whether that changes it.

        Parameters
        ----------
        role : {'arteries', 'calcification'}
        box : Box
            Slices k, j, i.
        values : ndarray, shape of `box`
            Territory labels, or non-zero where calcified.

        Raises
        ------
        InputError
            For labels that no territory has; the mask stays as it was.
        """
        array = (self._arteries.volume if role == "arteries" else self._mask).array
        if self._is_running:
            raise RuntimeError("close the update that is under way before an edit")
        box = tuple(slice(*part.indices(size)[:2]) for part, size in zip(box, array.shape, strict=True))
        different = array[box] != values
        inner = bounding_box(different)
        if inner is None:
            return False
        box = outside(inner, box)
        values, before = values[inner], array[box].copy()
        if role == "arteries":
            clipped = np.clip(values, 0, 255).astype(np.uint8)
            if (clipped != values).any() or not _KNOWN[clipped].all():
                raise InputError("The artery mask has labels that no artery has; map them to arteries by name.")
            array[box] = values
            self._arteries.edit(box, before, clipped)
            return True
        array[box] = values
        if self._count is not None:
            self._count += int(np.count_nonzero(values)) - int(np.count_nonzero(before))
        if self._case is not None:
            self._case.note_calcification(box)
        return True

    def set_parameters(self, parameters: MeasurementParameters) -> None:
        """Measure with other parameters from the next update on."""
        self.parameters = parameters

    def update_steps(self) -> Steps[Measurement]:
        """Measure the masks as they are now.

        May be closed at any step: what was found by then is not lost, and the next update goes on from there.
        The maps of the result are those of the one before, written to where something changed.

        Raises
        ------
        InputError
            See :func:`measure`.
        """
        self._is_running = True
        try:
            return (yield from self._update_steps())
        finally:
            self._is_running = False

    def _update_steps(self) -> Steps[Measurement]:
        yield Progress("Measuring: reading the masks", 0.0)
        if self._count is None:
            check_numbers(self._arteries.volume.array, "artery mask")
        plausible = yield from self._arteries.plausible_steps()
        if self._count is None:
            check_numbers(self._mask.array, "calcification mask")
            count = 0
            for _, slab in slabs(self._mask.array):
                count += int(np.count_nonzero(slab))
                yield Progress("Measuring: reading the masks", 0.0)
            self._count = count
        reach_mm = max(self.parameters.max_distance_mm, METAL_DISTANCE_MM)
        margin_mm, grid = max(reach_mm, RING_MM), self._mask.grid
        changes = self._arteries.changes()
        case, needed = self._case, box_around(plausible, grid, margin_mm)
        if case is None or case.reach_mm != reach_mm or case.region.box != roomy(needed, grid):
            self._case = case = _Case(Region(self._ct, plausible, grid, margin_mm), reach_mm, case, self._mask)
        else:
            case.region.begin_blocks_at(needed)
            case.note_arteries(plausible, changes)
        return (yield from case.measure_steps(plausible, self))

    def cut_off_changed(self) -> bool:
        """Return, once, whether other voxels are cut off since this was asked last."""
        changed = self._case is not None and self._case.arteries_written
        if changed:
            self._case.arteries_written = False
        return changed

    @property
    def mask(self) -> Volume:
        """The calcification."""
        return self._mask

    @property
    def arteries(self) -> ArteryMask:
        """The arteries, and what of them can be measured."""
        return self._arteries

    def courses_steps(self) -> Steps[dict[str, Followed]]:
        """Return how the arteries were followed in the last update, by territory; before the first there are none."""
        return (yield from self._case.courses_steps(self.parameters)) if self._case is not None else {}

    @property
    def calcified_count(self) -> int:
        """Calcified voxels of the whole volume."""
        return int(self._count or 0)


class _Case:
    """What is known of masks whose arteries lie in one box."""

    def __init__(self, region: Region, reach_mm: float, before: _Case | None, mask: Volume):
        self.region, self.reach_mm = region, reach_mm
        self.calcification = Calcification(region)
        self._branches = Branches(region)
        self._image = ImageFlags(region) if region.has_ct else None
        self._trunks: dict[str, Trunk] = {}
        everywhere = [region.box]
        self._to_reach, self._to_list, self._to_write = [*everywhere], [*everywhere], []
        self._arteries_to_write: list[Box] = []
        self.arteries_written = True
        self._found: tuple[Territory, ...] = ()
        self._assigned_with: tuple[float, tuple[Territory, ...]] | None = None
        if before is None:
            self.maps = Maps(region, self.calcification)
        else:
            self.maps, self._to_write, self._arteries_to_write = before.maps, before._to_write, [region.box]
            self.maps.move_to(region, self.calcification, mask.array)

    def note_calcification(self, box: Box) -> None:
        """Note that calcification was changed in a box."""
        self._to_list.append(box)
        self._to_write.append(box)
        if self._image is not None:
            self._image.note_calcification(box)

    def note_arteries(self, plausible: PlausibleArteries, changes: Sequence[tuple[int, Box]]) -> None:
        """Write the labels of arteries where they changed, and note what has to be looked at again."""
        boxes = list({str(box): box for _, box in changes}.values())
        self.region.label(plausible, boxes)
        for label, box in changes:
            self._branches.note(label, box)
        for box in boxes:
            self._to_reach.append(box)
            self._arteries_to_write.append(box)
            self.calcification.forget(box, self._assigned_with[0] if self._assigned_with else 0.0)
            if self._image is not None:
                self._image.note_arteries(box)

    def measure_steps(self, plausible: PlausibleArteries, live: LiveMeasurement) -> Steps[Measurement]:
        """Measure what is known now."""
        region, parameters = self.region, live.parameters
        self._found = found = tuple(each for each in TERRITORIES if each.label in plausible.kji)
        said = {flag.code for flag in live.flags}
        raised = [*quality.thick_slices(region.whole), *quality.missing([*found, *plausible.refused], said)]
        raised += plausible.flags
        yield from self._list_steps(live.mask)
        raised += yield from self._branches.shorten_steps(found, parameters)
        yield from self._assign_steps(found, parameters)
        yield Progress("Measuring: finding clusters", 0.6)
        calcification = self.calcification
        raised += self._given_flags(found, parameters)
        yield from calcification.connect_steps()
        voxel_mm3 = region.whole.voxel_volume_mm3
        ranked = numbered(calcification.components, voxel_mm3, parameters.min_cluster_volume_mm3, TERRITORIES)
        value = calcification.value.copy()
        value[np.append(ranked.small, False)[calcification.component]] = Part.BELOW_MINIMUM
        raised += quality.shredded_calcification(ranked.count)
        courses = dict(self._branches.courses)
        for territory in found:
            if territory.parent is None and (value == territory.label).any():
                courses[territory.name] = yield from self._followed_steps(territory, parameters)
                raised += self._trunks[territory.name].flags
        yield Progress("Measuring: describing the clusters", 0.8)
        clusters = yield from self._described_steps(ranked, courses)
        if self._image is not None:
            steps = self._image.steps(found, calcification, value, clusters)
            found_now = yield from scaled(steps, 0.9, 0.95)
            raised += [flag for flag in found_now if flag.code != BLOOD or BLOOD not in said]
        return (yield from self._result_steps(live, found, value, ranked, clusters, (*live.flags, *raised)))

    def courses_steps(self, parameters: MeasurementParameters) -> Steps[dict[str, Followed]]:
        """Return the courses of all arteries, those without a parent included, whether or not they are calcified."""
        courses = dict(self._branches.courses)
        for territory in self._found:
            if territory.parent is None:
                courses[territory.name] = yield from self._followed_steps(territory, parameters)
        return courses

    def _given_flags(self, found: Sequence[Territory], parameters: MeasurementParameters) -> list[Flag]:
        """Tell what was given to territories by hand."""
        flags = []
        for territory in TERRITORIES:
            mine = [each for each in parameters.reassigned if each.territory == territory.name]
            if mine:
                rows = [self.calcification.given_rows(each) for each in mine]
                count = len(np.unique(np.concatenate(rows)))
                flags += quality.given_by_hand(territory, count, self.region.grid, is_measured=territory in found)
        return flags

    def _list_steps(self, mask: Volume) -> Steps[None]:
        """Find what is within reach of arteries, and list the calcification there."""
        reached = self.region.margins(self.reach_mm)
        while self._to_reach:
            box = self._to_reach[0]
            yield from self.region.reach_steps(self.reach_mm, [box])
            wide = self.region.inside(box, reached)
            low, high = (np.array([getattr(part, end) for part in wide]) for end in ("start", "stop"))
            self._to_list.append(self.region.whole_box(low, high - 1))
            if self._image is not None:
                self._image.note_calcification(self._to_list[-1])
            self._to_reach.pop(0)
        yield from self.calcification.list_steps(mask, self._to_list)
        self._to_list = []

    def _assign_steps(self, found: tuple[Territory, ...], parameters: MeasurementParameters) -> Steps[None]:
        """Assign what has to be assigned anew."""
        yield Progress("Measuring: assigning calcification", 0.5)
        distance_mm = parameters.max_distance_mm
        for box in self._branches.changes():
            self._arteries_to_write.append(box)
            self.calcification.forget(box, distance_mm)
        if self._assigned_with is None or self._assigned_with[0] != distance_mm:
            self.calcification.forget_all()
            self._assigned_with = distance_mm, found
        yield from self.calcification.assign_steps(found, parameters)

    def _followed_steps(self, territory: Territory, parameters: MeasurementParameters):
        """Follow an artery without a parent, where that has to be done again."""
        parent, before = self._branches.parents[territory.name], self._trunks.get(territory.name)
        steps = follow_from_bifurcation_steps(
            parent, self.region, self._branches.courses, parameters.attach_distance_mm, before
        )
        self._trunks[territory.name] = yield from scaled(steps, 0.7, 0.8)
        return self._trunks[territory.name].followed

    def _described_steps(self, ranked: NumberedClusters, courses) -> Steps[tuple[Cluster, ...]]:
        listed = ranked.listed
        yield from self.calcification.describe_steps(listed)
        described = self.calcification.components.described[listed].tolist()
        distances: list[float | None] = [None] * len(described)
        for name, followed in courses.items():
            own = [place for place, cluster in enumerate(described) if cluster.territory == name]
            if own:
                lengths = followed.path_lengths_mm([described[place].centroid_ras for place in own])
                yield Progress("Measuring: describing the clusters", 0.8)
                for place, length in zip(own, lengths, strict=True):
                    distances[place] = length
        return tuple(cluster.numbered(place + 1, distances[place]) for place, cluster in enumerate(described))

    def _result_steps(
        self,
        live: LiveMeasurement,
        found: Sequence[Territory],
        value: np.ndarray,
        ranked: NumberedClusters,
        clusters: tuple[Cluster, ...],
        flags: tuple[Flag, ...],
    ) -> Steps[Measurement]:
        """Count voxels, and write the maps."""
        region, rows = self.region, self.calcification.rows
        voxel_mm3 = region.whole.voxel_volume_mm3
        present, in_mask = np.zeros(256, int), np.zeros(256, int)
        for territory in found:
            present[territory.label] = len(region.kji_of(territory))
            in_mask[territory.label] = self._branches.kept_count(territory)
        territories, total = territory_measurements(
            present=present,
            in_mask=in_mask,
            value=value,
            mask_label=region.kept[tuple(rows.kji.T)],
            cluster_volumes_mm3=ranked.volumes_mm3,
            voxel_volume_mm3=voxel_mm3,
        )
        counts = {part: int(np.count_nonzero(value == part)) for part in Part}
        # Calcification outside the region is too far from every artery.
        counts[Part.UNASSIGNED] += live.calcified_count - len(value)
        number = np.append(ranked.number, 0)[self.calcification.component]
        territories = live.certainty.of_territories(territories, live.arteries)
        clusters = live.certainty.of_clusters(clusters, live.mask, region.in_whole(rows.kji), number)
        yield from self.maps.write_steps(
            live.mask.array, value, number, len(clusters), found, self._arteries_to_write, self._to_write
        )
        self.arteries_written |= bool(self._arteries_to_write)
        self._arteries_to_write, self._to_write = [], []
        return Measurement(
            territories=territories,
            total=total,
            clusters=clusters,
            flags=(*flags, *quality.all_calcified(territories), *low_confidence(territories, clusters)),
            unassigned_calcified_volume_mm3=counts[Part.UNASSIGNED] * voxel_mm3,
            beyond_kept_length_calcified_volume_mm3=counts[Part.BEYOND_KEPT_LENGTH] * voxel_mm3,
            below_minimum_calcified_volume_mm3=counts[Part.BELOW_MINIMUM] * voxel_mm3,
            parameters=live.parameters,
            provenance=dict(live.provenance),
            **self.maps.volumes,
        )
