"""The measurement from masks to numbers: pure functions of arrays with geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory
from ..anatomy import territory as territory_named
from ..errors import InputError
from ..flags import Flag
from ..geometry import Volume
from ..progress import Progress, Steps, drain
from . import quality
from .assignment import nearest_part_steps
from .beginning import contact_mm, lower_end_mm
from .brightness import BLOOD, brightness_steps
from .burden import territory_measurements
from .clusters import NumberedClusters, describe_clusters_steps, numbered_clusters_steps
from .parameters import MeasurementParameters
from .plausibility import plausible_arteries_steps, slabs
from .region import Region, region_steps
from .result import Cluster, Measurement, Part
from .shortening import CoursedArtery, follow_branch, follow_trunk, path_lengths_at
from .voxels import TOLERANCE_MM

# The aorta's own path begins where these leave it.
_BIFURCATION_GROUP = "common_iliac"


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
    margin_mm = max(parameters.max_distance_mm, quality.METAL_DISTANCE_MM)
    region = yield from region_steps(ct, plausible, calcification, margin_mm, quality.CEILING_HU)
    found = [territory for territory in TERRITORIES if len(region.kji_of(territory))]
    raised = [*quality.thick_slices(region.whole), *quality.missing([*found, *plausible.refused]), *plausible.flags]

    kept = region.labels.copy()
    courses: dict[str, CoursedArtery] = {}
    for number, territory in enumerate(found):
        kji = region.kji_of(territory)
        if territory.parent is not None:
            yield Progress("Measuring: following the arteries", 0.1 + 0.4 * number / len(found))
            course = _follow_branch(territory, region, parameters)
            raised += quality.attachment(territory, course, parent_found=territory.parent in {t.name for t in found})
            keep = course.kept(parameters.kept_length_of(territory))
            kept[tuple(kji[~keep].T)] = 0
            kji = kji[keep]
            courses[territory.name] = course
        raised += quality.truncated(territory, region.whole_kji(kji), region.whole)

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
            yield Progress("Measuring: following the arteries", 0.7)
            courses[territory.name], bifurcation_seen = _follow_trunk(territory, region, parameters)
            raised += [] if bifurcation_seen else quality.bifurcation_not_seen(territory)
    yield Progress("Measuring: describing the clusters", 0.8)
    clusters = yield from _described_clusters_steps(region, numbered.cluster, value, courses)

    yield Progress("Measuring: checking the image", 0.9)
    if ct is not None:
        hu = region.hu(region.artery_kji)
        raised += quality.no_enhancement(hu, region.artery_kji, region.labels, region.calcified)
        raised += yield from quality.metal_steps(region, found)
        said = {flag.code for flag in flags}
        brightness = yield from brightness_steps(ct, region, value, clusters)
        raised += [flag for flag in brightness if flag.code != BLOOD or BLOOD not in said]

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


def _follow_branch(territory: Territory, region: Region, parameters: MeasurementParameters) -> CoursedArtery:
    parent = territory_named(territory.parent)
    siblings = [each for each in TERRITORIES if each.parent == territory.parent and each is not territory]
    kji = region.kji_of(territory)
    return follow_branch(
        kji,
        region.ras_of([territory]),
        contact_mm(kji, region.labels, [parent.label], region.grid),
        region.surface_ras_of([parent]),
        region.surface_ras_of(siblings),
        region.grid,
        parameters.attach_distance_mm,
    )


def _follow_trunk(trunk: Territory, region: Region, parameters: MeasurementParameters) -> tuple[CoursedArtery, bool]:
    """Follow the aorta from its bifurcation upwards; return also whether the bifurcation was seen."""
    limbs = [each for each in TERRITORIES if each.parent == trunk.name and each.group == _BIFURCATION_GROUP]
    kji = region.kji_of(trunk)
    points = region.ras_of([trunk])
    limbs_ras = region.surface_ras_of(limbs)
    start = contact_mm(kji, region.labels, [each.label for each in limbs], region.grid)
    if not np.isfinite(start).any() and len(limbs_ras):
        gap = cKDTree(limbs_ras).query(points)[0]
        if gap.min() <= parameters.attach_distance_mm + TOLERANCE_MM:
            start = np.where(gap <= gap.min() + region.grid.voxel_diagonal_mm, gap - gap.min(), np.inf)
    seen = bool(np.isfinite(start).any())
    if not seen:
        start = lower_end_mm(points, region.grid)
    return follow_trunk(kji, points, start, region.grid), seen


def _assigned_steps(
    region: Region, kept: np.ndarray, found: Sequence[Territory], max_distance_mm: float
) -> Steps[np.ndarray]:
    """Return the label or the :class:`Part` of every calcified voxel (rule 4)."""
    where = tuple(region.calcified_kji.T)
    value = kept[where]
    inside = region.labels[where] > 0
    value[inside & (value == 0)] = Part.BEYOND_KEPT_LENGTH
    cut = np.where(kept > 0, 0, region.labels)
    parts = []
    for territory in found:
        kji = region.kji_of(territory)
        keep = kept[tuple(kji.T)] > 0
        for part, rows, labels in ((territory.label, keep, kept), (Part.BEYOND_KEPT_LENGTH, ~keep, cut)):
            parts.append((part, region.grid.ras_of_kji(region.surface(kji[rows], labels))))
        yield Progress("Measuring: assigning calcification", 0.5)
    points = region.grid.ras_of_kji(region.calcified_kji[~inside])
    value[~inside] = yield from nearest_part_steps(points, parts, max_distance_mm)
    return value


def _described_clusters_steps(
    region: Region, cluster_of: np.ndarray, value: np.ndarray, courses: dict[str, CoursedArtery]
) -> Steps[tuple[Cluster, ...]]:
    described = yield from describe_clusters_steps(
        region.calcified_kji, cluster_of, region.hu(region.calcified_kji), value, region.grid, TERRITORIES
    )
    distances: dict[int, float] = {}
    for name, course in courses.items():
        own = [cluster for cluster in described if cluster.territory == name]
        if own:
            points = region.ras_of([territory_named(name)])
            centroids = np.array([cluster.centroid_ras for cluster in own])
            lengths = path_lengths_at(centroids, cKDTree(points), course.path_lengths_mm)
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
    ids = numbered.cluster.astype(np.min_scalar_type(len(clusters)))
    spread = []
    for kji, values in (
        (region.artery_kji, kept),
        (region.artery_kji, region.artery_labels - kept),
        (region.calcified_kji, ids),
        (region.calcified_kji, value),
    ):
        yield Progress("Measuring: writing down the result", 0.95)
        spread.append(region.spread(kji, values))
    kept_arteries, cut_arteries, clusters_map, parts_map = spread
    for start, slab in slabs(calcification):
        yield Progress("Measuring: writing down the result", 0.95)
        place = np.flatnonzero(slab)
        part = parts_map.array[start : start + len(slab)].reshape(-1)
        part[place[part[place] == 0]] = Part.UNASSIGNED
    return Measurement(
        territories=territories,
        total=total,
        clusters=clusters,
        flags=flags,
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
