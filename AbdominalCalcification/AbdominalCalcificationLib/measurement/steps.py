"""The measurement from masks to numbers: pure functions of arrays with geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory
from ..anatomy import territory as territory_named
from ..errors import InputError
from ..flags import Flag
from ..geometry import Volume
from ..progress import Progress, Steps, drain, scaled
from . import chest, quality
from .assignment import nearest_part_steps
from .beginning import FOLLOWING
from .bifurcation import BIFURCATION_GROUP, follow_from_bifurcation_steps
from .brightness import BLOOD, brightness_steps
from .burden import territory_measurements
from .clusters import NumberedClusters, describe_clusters_steps, numbered_clusters_steps
from .coarse import Blocks, Followed
from .constants import CEILING_HU, METAL_DISTANCE_MM, MOST_OF_BRANCH, RING_MM
from .course import path_lengths_at
from .parameters import MeasurementParameters
from .parents import Parent, parent_steps
from .plausibility import plausible_arteries_steps, slabs
from .region import Region, region_steps
from .result import Cluster, Measurement, Part
from .shortening import follow_branch_steps


def measure(
    ct: Volume | None,
    arteries: Volume,
    calcification: Volume,
    parameters: MeasurementParameters | None = None,
    *,
    flags: Sequence[Flag] = (),
    provenance: dict | None = None,
) -> Measurement:
    """Measure the calcification of every territory.

    Parameters
    ----------
    ct : Volume or None
        HU; without it HU numbers are None and flags that need it are not raised.
    arteries : Volume
        Territory labels (``Territory.label``), 0 elsewhere.
    calcification : Volume
        Non-zero where calcified, anywhere in the body.
    parameters : MeasurementParameters, optional
    flags : sequence of Flag
        What is known already (from reading or editing); put before the flags found here.
    provenance : dict, optional
        Copied into the result.

    Raises
    ------
    InputError
        For volumes on different grids, labels that no territory has, and values that are not
        numbers where they count.

    Examples
    --------
    >>> import numpy as np
    >>> from AbdominalCalcificationLib.geometry import Grid, Volume
    >>> labels = np.zeros((40, 20, 20), np.uint8)
    >>> labels[:, 5:15, 5:15] = 1
    >>> calcified = np.zeros(labels.shape, bool)
    >>> calcified[10:20, 5:7, 5:15] = True
    >>> grid = Grid.from_spacing(labels.shape, (0.5, 0.5, 1.0))
    >>> result = measure(None, Volume(labels, grid), Volume(calcified, grid))
    >>> result.territory("aorta").calcified_volume_mm3, result.territory("aorta").burden
    (50.0, 0.05)
    """
    return drain(measure_steps(ct, arteries, calcification, parameters, flags=flags, provenance=provenance))


def measure_steps(
    ct: Volume | None,
    arteries: Volume,
    calcification: Volume,
    parameters: MeasurementParameters | None = None,
    *,
    flags: Sequence[Flag] = (),
    provenance: dict | None = None,
) -> Steps[Measurement]:
    """Measure as :func:`measure` does, yielding progress between the phases."""
    parameters = MeasurementParameters() if parameters is None else parameters
    yield Progress("Measuring: reading the masks", 0.0)
    for volume, name in ((ct, "CT"), (calcification, "calcification mask")):
        if volume is not None and not volume.grid.same_as(arteries.grid):
            raise InputError(f"The {name} and the artery mask lie on different grids; align them first.")
    plausible = yield from plausible_arteries_steps(arteries)
    reach_mm = max(parameters.max_distance_mm, METAL_DISTANCE_MM)
    margin_mm = max(reach_mm, RING_MM)
    region = yield from region_steps(ct, plausible, calcification, margin_mm, reach_mm, CEILING_HU)
    found = [territory for territory in TERRITORIES if len(region.kji_of(territory))]
    raised = [*quality.thick_slices(region.whole), *quality.missing([*found, *plausible.refused]), *plausible.flags]
    parents = yield from _parents_steps(region)
    kept, courses, shortened = yield from _shortened_steps(region, found, parents, parameters)
    raised += shortened

    yield Progress("Measuring: assigning calcification", 0.5)
    value = yield from _assigned_steps(region, kept, found, parameters.max_distance_mm)
    yield Progress("Measuring: finding clusters", 0.6)
    numbered = yield from numbered_clusters_steps(
        region.calcified_kji, value, region.grid, parameters.min_cluster_volume_mm3, TERRITORIES
    )
    value[numbered.small] = Part.BELOW_MINIMUM
    raised += quality.shredded_calcification(numbered.count)

    for territory in found:
        if territory.parent is None and (value == territory.label).any():
            parent, most_mm = parents[territory.name], parameters.attach_distance_mm
            follow = follow_from_bifurcation_steps(parent, region, courses, most_mm)
            courses[territory.name], doubts = yield from scaled(follow, 0.7, 0.8)
            raised += doubts
    yield Progress("Measuring: describing the clusters", 0.8)
    clusters = yield from _described_clusters_steps(region, numbered.cluster, value, courses)

    if ct is not None:
        said = {flag.code for flag in flags}
        found_now = yield from scaled(_image_flags_steps(region, found, value, clusters), 0.9, 0.95)
        raised += [flag for flag in found_now if flag.code != BLOOD or BLOOD not in said]

    return (
        yield from _measurement_steps(
            region,
            calcification.array,
            kept=kept[tuple(region.artery_kji.T)],
            value=value,
            numbered=numbered,
            clusters=clusters,
            flags=(*flags, *raised),
            parameters=parameters,
            provenance=dict(provenance or {}),
        )
    )


def _parents_steps(region: Region) -> Steps[dict[str, Parent]]:
    parents = {}
    for name in {territory.parent for territory in TERRITORIES if territory.parent}:
        parents[name] = yield from parent_steps(territory_named(name), region)
    return parents


def _shortened_steps(
    region: Region, found: Sequence[Territory], parents: Mapping[str, Parent], parameters: MeasurementParameters
) -> Steps[tuple[np.ndarray, dict[str, Followed], list[Flag]]]:
    """Follow and shorten the branches; return the kept labels, the branches' courses and flags."""
    kept, courses, raised = region.labels.copy(), {}, []
    for number, territory in enumerate(found):
        kji = region.kji_of(territory)
        if territory.parent is not None:
            place = (0.1 + 0.4 * (number + part) / len(found) for part in (0, 1))
            follow = _follow_branch_steps(territory, region, parents[territory.parent], parameters)
            followed, said = yield from scaled(follow, *place)
            raised += said
            raised += quality.touching_limbs(territory, followed.course)
            keep = followed.blocks.of_voxels(followed.course.kept(parameters.kept_length_of(territory)))
            kept[tuple(kji[~keep].T)] = 0
            kji = kji[keep]
            courses[territory.name] = followed
        raised += quality.truncated(territory, region.whole_kji(kji), region.whole)
    return kept, courses, raised


def _image_flags_steps(
    region: Region, found: Sequence[Territory], value: np.ndarray, clusters: Sequence[Cluster]
) -> Steps[list[Flag]]:
    """Return the flags that the CT raises."""
    checking = Progress("Measuring: checking the image", 0.0)
    yield checking
    raised = yield from quality.no_enhancement_steps(region)
    yield checking
    raised += yield from quality.metal_steps(region, found)
    raised += _chest_flags(region, found)
    yield checking
    return raised + (yield from brightness_steps(region, value, clusters))


def _chest_flags(region: Region, found: Sequence[Territory]) -> list[Flag]:
    near = region.ct()
    has_limbs = any(territory.group == BIFURCATION_GROUP for territory in found)
    trunks = [territory for territory in found if territory.parent is None]
    return [
        flag
        for trunk in trunks
        for flag in chest.chest_flags(near, near.with_array(region.labels[1:-1, 1:-1, 1:-1] == trunk.label), has_limbs)
    ]


def _follow_branch_steps(
    territory: Territory, region: Region, parent: Parent, parameters: MeasurementParameters
) -> Steps[tuple[Followed, list[Flag]]]:
    siblings = [each for each in TERRITORIES if each.parent == territory.parent and each is not territory]
    kji = region.kji_of(territory)
    yield FOLLOWING
    contact = yield from parent.contact_steps(kji)
    blocks = Blocks(kji, region.grid, MOST_OF_BRANCH)
    yield FOLLOWING
    parent_kji = yield from region.surface_steps(parent.kji, region.labels, FOLLOWING)
    siblings_ras = yield from region.surface_ras_steps(siblings, FOLLOWING)
    course = yield from follow_branch_steps(
        blocks.kji,
        blocks.points_ras,
        blocks.start_mm(contact),
        region.grid.ras_of_kji(parent_kji),
        siblings_ras,
        blocks.grid,
        parameters.attach_distance_mm,
        parameters.kept_length_of(territory),
    )
    yield FOLLOWING
    begins = kji[blocks.of_voxels(course.begins) & np.isfinite(contact)]
    several = yield from parent.touches_several_steps(begins)
    speck = yield from parent.touches_speck_steps(kji)
    flags = quality.attachment(
        territory, course, parent_found=len(parent.kji) > 0, several_parts=several, touches_speck=speck
    )
    return Followed(blocks, course), flags


def _assigned_steps(
    region: Region, kept: np.ndarray, found: Sequence[Territory], max_distance_mm: float
) -> Steps[np.ndarray]:
    """Return label or :class:`Part` of every calcified voxel (``measurement.md#assignment-of-calcification``)."""
    where = tuple(region.calcified_kji.T)
    value = kept[where]
    inside = region.labels[where] > 0
    value[inside & (value == 0)] = Part.BEYOND_KEPT_LENGTH
    assigning = Progress("Measuring: assigning calcification", 0.5)
    yield assigning
    cut = region.labels - kept
    yield assigning
    parts = []
    for territory in found:
        kji = region.kji_of(territory)
        keep = kept[tuple(kji.T)] > 0
        for part, rows, labels in ((territory.label, keep, kept), (Part.BEYOND_KEPT_LENGTH, ~keep, cut)):
            surface = yield from region.surface_steps(kji[rows], labels, assigning)
            parts.append((part, region.grid.ras_of_kji(surface)))
    points = region.grid.ras_of_kji(region.calcified_kji[~inside])
    value[~inside] = yield from nearest_part_steps(points, parts, max_distance_mm)
    return value


def _described_clusters_steps(
    region: Region, cluster_of: np.ndarray, value: np.ndarray, courses: dict[str, Followed]
) -> Steps[tuple[Cluster, ...]]:
    described = yield from describe_clusters_steps(
        region.calcified_kji, cluster_of, region.hu(region.calcified_kji), value, region.grid, TERRITORIES
    )
    distances: dict[int, float] = {}
    for name, followed in courses.items():
        own = [cluster for cluster in described if cluster.territory == name]
        if own:
            centroids = np.array([cluster.centroid_ras for cluster in own])
            tree = cKDTree(followed.blocks.points_ras)
            yield Progress("Measuring: describing the clusters", 0.8)
            lengths = path_lengths_at(centroids, tree, followed.course.path_lengths_mm)
            distances.update(zip([cluster.id for cluster in own], lengths.tolist(), strict=True))
            yield Progress("Measuring: describing the clusters", 0.8)
    return tuple(replace(cluster, path_distance_mm=distances.get(cluster.id)) for cluster in described)


def _measurement_steps(
    region: Region,
    calcification: np.ndarray,
    *,
    kept: np.ndarray,
    value: np.ndarray,
    numbered: NumberedClusters,
    clusters: tuple[Cluster, ...],
    flags: tuple[Flag, ...],
    parameters: MeasurementParameters,
    provenance: dict,
) -> Steps[Measurement]:
    """Count voxels and spread the values of artery and calcified voxels over whole volumes."""
    voxel_mm3 = region.whole.voxel_volume_mm3
    territories, total = territory_measurements(
        labels=region.artery_labels,
        kept=kept,
        value=value,
        beside=region.labels[tuple(region.calcified_kji.T)] == 0,
        cluster_volumes_mm3=numbered.volumes_mm3,
        voxel_volume_mm3=voxel_mm3,
    )
    counts = {part: int(np.count_nonzero(value == part)) for part in Part}
    # Calcification outside the region is too far from every artery.
    counts[Part.UNASSIGNED] += region.calcified_count - len(value)
    writing = Progress("Measuring: writing down the result", 0.95)
    ids = numbered.cluster.astype(np.min_scalar_type(len(clusters)))
    spread = []
    for kji, values in (
        (region.artery_kji, kept),
        (region.artery_kji, region.artery_labels - kept),
        (region.calcified_kji, ids),
        (region.calcified_kji, value),
    ):
        spread.append((yield from region.spread_steps(kji, values, writing)))
    kept_arteries, cut_arteries, clusters_map, parts_map = spread
    for start, slab in slabs(calcification):
        yield writing
        place = np.flatnonzero(slab)
        part = parts_map.array[start : start + len(slab)].reshape(-1)
        part[place[part[place] == 0]] = Part.UNASSIGNED
    return Measurement(
        territories=territories,
        total=total,
        clusters=clusters,
        flags=(*flags, *quality.all_calcified(territories)),
        unassigned_calcified_volume_mm3=counts[Part.UNASSIGNED] * voxel_mm3,
        beyond_kept_length_calcified_volume_mm3=counts[Part.BEYOND_KEPT_LENGTH] * voxel_mm3,
        below_minimum_calcified_volume_mm3=counts[Part.BELOW_MINIMUM] * voxel_mm3,
        parameters=parameters,
        kept_arteries=kept_arteries,
        cut_arteries=cut_arteries,
        parts_map=parts_map,
        clusters_map=clusters_map,
        provenance=provenance,
    )
