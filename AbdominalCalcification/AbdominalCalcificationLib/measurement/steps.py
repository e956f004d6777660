"""The measurement from masks to numbers: pure functions of arrays with geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory
from ..anatomy import territory as territory_named
from ..flags import Flag
from ..geometry import Volume, bounding_box
from ..geometry.voxels import TOLERANCE_MM
from ..progress import Progress, Steps, drain
from . import chest, quality
from .assignment import nearest_part
from .beginning import contact_mm, lower_end_mm
from .burden import territory_measurements
from .clusters import describe_clusters, numbered_clusters
from .parameters import MeasurementParameters
from .region import Region
from .result import Cluster, Measurement, Part
from .shortening import CoursedArtery, follow_branch, follow_trunk, path_lengths_at

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
    region = Region(
        ct, arteries, calcification, max(parameters.max_distance_mm, quality.METAL_DISTANCE_MM, chest.RING_MM)
    )
    found = [territory for territory in TERRITORIES if len(region.kji_of(territory))]
    raised = [*quality.thick_slices(region.whole), *quality.missing(found)]

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
    value = _assigned(region, kept, found, parameters.max_distance_mm)
    yield Progress("Measuring: finding clusters", 0.6)
    cluster_of, small = numbered_clusters(
        region.calcified_kji, value, region.grid, parameters.min_cluster_volume_mm3, TERRITORIES
    )
    value[small] = Part.BELOW_MINIMUM

    for territory in found:
        if territory.parent is None and (value == territory.label).any():
            yield Progress("Measuring: following the arteries", 0.7)
            courses[territory.name], bifurcation_seen = _follow_trunk(territory, region, parameters)
            raised += [] if bifurcation_seen else quality.bifurcation_not_seen(territory)
    yield Progress("Measuring: describing the clusters", 0.8)
    clusters = _described_clusters(region, cluster_of, value, courses)

    yield Progress("Measuring: checking the image", 0.9)
    if ct is not None:
        hu = region.hu(region.artery_kji)
        raised += quality.no_enhancement(hu, region.artery_kji, region.labels, region.calcified)
        raised += quality.metal(region.ct(), region.ras_of(found))
        raised += _chest_flags(region, found)

    return _measurement(
        region,
        calcification.array,
        kept=kept[tuple(region.artery_kji.T)],
        value=value,
        cluster_of=cluster_of,
        clusters=clusters,
        flags=(*flags, *raised),
        parameters=parameters,
        provenance=dict(provenance or {}),
    )


def _chest_flags(region: Region, found: Sequence[Territory]) -> list[Flag]:
    near = region.ct()
    has_limbs = any(territory.group == _BIFURCATION_GROUP for territory in found)
    trunks = [territory for territory in found if territory.parent is None]
    return [
        flag
        for trunk in trunks
        for flag in chest.chest_flags(near, near.with_array(region.labels[1:-1, 1:-1, 1:-1] == trunk.label), has_limbs)
    ]


def _follow_branch(territory: Territory, region: Region, parameters: MeasurementParameters) -> CoursedArtery:
    parent = territory_named(territory.parent)
    siblings = [each for each in TERRITORIES if each.parent == territory.parent and each is not territory]
    kji = region.kji_of(territory)
    return follow_branch(
        kji,
        region.ras_of([territory]),
        contact_mm(kji, region.labels, [parent.label], region.grid),
        region.ras_of([parent]),
        region.ras_of(siblings),
        region.grid,
        parameters.attach_distance_mm,
    )


def _follow_trunk(trunk: Territory, region: Region, parameters: MeasurementParameters) -> tuple[CoursedArtery, bool]:
    """Follow the aorta from its bifurcation upwards; return also whether the bifurcation was seen."""
    limbs = [each for each in TERRITORIES if each.parent == trunk.name and each.group == _BIFURCATION_GROUP]
    kji = region.kji_of(trunk)
    points = region.ras_of([trunk])
    limbs_ras = region.ras_of(limbs)
    start = contact_mm(kji, region.labels, [each.label for each in limbs], region.grid)
    if not np.isfinite(start).any() and len(limbs_ras):
        gap = cKDTree(limbs_ras).query(points)[0]
        if gap.min() <= parameters.attach_distance_mm + TOLERANCE_MM:
            start = np.where(gap <= gap.min() + region.grid.voxel_diagonal_mm, gap - gap.min(), np.inf)
    seen = bool(np.isfinite(start).any())
    if not seen:
        start = lower_end_mm(points, region.grid)
    return follow_trunk(kji, points, start, region.grid), seen


def _assigned(region: Region, kept: np.ndarray, found: Sequence[Territory], max_distance_mm: float) -> np.ndarray:
    """Return the label or the :class:`Part` of every calcified voxel (rule 4)."""
    where = tuple(region.calcified_kji.T)
    value = kept[where]
    inside = region.labels[where] > 0
    value[inside & (value == 0)] = Part.BEYOND_KEPT_LENGTH
    parts = []
    for territory in found:
        keep = kept[tuple(region.kji_of(territory).T)] > 0
        points = region.ras_of([territory])
        parts += [(territory.label, points[keep]), (Part.BEYOND_KEPT_LENGTH, points[~keep])]
    value[~inside] = nearest_part(region.grid.ras_of_kji(region.calcified_kji[~inside]), parts, max_distance_mm)
    return value


def _described_clusters(
    region: Region, cluster_of: np.ndarray, value: np.ndarray, courses: dict[str, CoursedArtery]
) -> tuple[Cluster, ...]:
    described = describe_clusters(
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
    return tuple(replace(cluster, path_distance_mm=distances.get(cluster.id)) for cluster in described)


def _measurement(
    region: Region,
    calcification: np.ndarray,
    *,
    kept: np.ndarray,
    value: np.ndarray,
    cluster_of: np.ndarray,
    clusters: tuple[Cluster, ...],
    flags: tuple[Flag, ...],
    parameters: MeasurementParameters,
    provenance: dict,
) -> Measurement:
    """Count voxels and spread the values of artery and calcified voxels over whole volumes."""
    voxel_mm3 = region.whole.voxel_volume_mm3
    territories, total = territory_measurements(
        labels=region.artery_labels,
        kept=kept,
        value=value,
        beside=region.labels[tuple(region.calcified_kji.T)] == 0,
        clusters=clusters,
        voxel_volume_mm3=voxel_mm3,
    )
    parts_map = region.spread(region.calcified_kji, value)
    counts = {part: int(np.count_nonzero(value == part)) for part in Part}
    # Calcification outside the region is too far from every artery.
    counts[Part.UNASSIGNED] += region.calcified_count - len(value)
    box = bounding_box(calcification)
    if box is not None:
        parts_map.array[box][(calcification[box] != 0) & (parts_map.array[box] == 0)] = Part.UNASSIGNED
    return Measurement(
        territories=territories,
        total=total,
        clusters=clusters,
        flags=flags,
        unassigned_calcified_volume_mm3=counts[Part.UNASSIGNED] * voxel_mm3,
        beyond_kept_length_calcified_volume_mm3=counts[Part.BEYOND_KEPT_LENGTH] * voxel_mm3,
        below_minimum_calcified_volume_mm3=counts[Part.BELOW_MINIMUM] * voxel_mm3,
        parameters=parameters,
        kept_arteries=region.spread(region.artery_kji, kept),
        cut_arteries=region.spread(region.artery_kji, region.artery_labels - kept),
        parts_map=parts_map,
        clusters_map=region.spread(region.calcified_kji, cluster_of.astype(np.min_scalar_type(len(clusters)))),
        provenance=provenance,
    )
