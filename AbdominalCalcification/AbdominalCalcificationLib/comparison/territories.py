"""Rows of the overlap tables: two measurements of one case compared, per territory and together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import numpy as np

from ..anatomy import TERRITORIES
from ..geometry import Volume
from ..measurement import Measurement
from .overlap import (
    DEFAULT_TOLERANCE_MM,
    LesionOverlap,
    VolumeOverlap,
    covered_lesions,
    surface_overlap,
    volume_overlap,
    volume_overlap_by_label,
)

TOTAL = "total"  # everything that is counted in a territory
WHOLE = "whole mask"  # also what lies beyond a kept length or far from every artery
PLACES = (*(territory.name for territory in TERRITORIES), TOTAL, WHOLE)
_LABELS = [territory.label for territory in TERRITORIES]


def calcification_rows(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
    coverage: float = 0.0,
) -> list[dict]:
    """Compare what two measurements count as calcification; each divides it by its own arteries.

    Parameters
    ----------
    reference, prediction : Measurement
        On one grid.
    reference_mask, prediction_mask : Volume
        The masks that were measured, non-zero = calcified.
    tolerance_mm : float
        Of the surface Dice.
    coverage : float
        Part of a lesion that the other side must cover to have found it; 0 = one voxel.

    Returns
    -------
    list of dict
        One row for each of :data:`PLACES`, as JSON values.
    """
    lesions = _lesions(reference, prediction, coverage)
    counted = [
        m.parts_map.with_array(np.where(m.parts_map.array <= max(_LABELS), m.parts_map.array, 0))
        for m in (reference, prediction)
    ]
    return list(_rows("calcification", *counted, reference_mask, prediction_mask, tolerance_mm, lesions))


def artery_rows(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
) -> list[dict]:
    """Compare the arteries of two measurements, shortened; the whole masks are not shortened.

    Parameters and result as for :func:`calcification_rows`.
    """
    kept = (reference.kept_arteries, prediction.kept_arteries)
    return list(_rows("arteries", *kept, reference_mask, prediction_mask, tolerance_mm, {}))


def _rows(
    structure: str,
    reference: Volume,
    prediction: Volume,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float,
    lesions: Mapping[str, LesionOverlap],
) -> Iterator[dict]:
    volumes = volume_overlap_by_label(reference, prediction, _LABELS)

    def row(place: str, overlap: VolumeOverlap, a: Volume, b: Volume) -> dict:
        surface = surface_overlap(a, b, tolerance_mm)
        of_lesions = lesions.get(place)
        return {
            "structure": structure,
            "territory": place,
            "state": overlap.state,
            **asdict(overlap),
            "dice": overlap.dice,
            "volumetric_similarity": overlap.volumetric_similarity,
            "sensitivity": overlap.sensitivity,
            "precision": overlap.precision,
            "jaccard": overlap.jaccard,
            **asdict(surface),
            "lesions": None if of_lesions is None else asdict(of_lesions),
            "lesion_sensitivity": None if of_lesions is None else of_lesions.sensitivity,
            "lesion_precision": None if of_lesions is None else of_lesions.precision,
            "lesion_f1": None if of_lesions is None else of_lesions.f1,
        }

    for territory in TERRITORIES:
        parts = (each.with_array(each.array == territory.label) for each in (reference, prediction))
        yield row(territory.name, volumes[territory.label], *parts)
    yield row(TOTAL, volume_overlap(reference, prediction), reference, prediction)
    yield row(WHOLE, volume_overlap(reference_mask, prediction_mask), reference_mask, prediction_mask)


def _lesions(reference: Measurement, prediction: Measurement, coverage: float) -> dict[str, LesionOverlap]:
    """Count lesions (the clusters of rule 6) by the territory they belong to, and in total."""
    ids = [m.clusters_map.array for m in (reference, prediction)]
    found = covered_lesions(ids[0], ids[1] != 0, coverage)
    true = covered_lesions(ids[1], ids[0] != 0, coverage)

    def counts(measurement: Measurement, covered: Mapping[int, bool], territory: str) -> tuple[int, int]:
        own = [covered[cluster.id] for cluster in measurement.clusters if cluster.territory == territory]
        return len(own), sum(own)

    by_territory = {
        t.name: LesionOverlap(*counts(reference, found, t.name), *counts(prediction, true, t.name)) for t in TERRITORIES
    }
    return {**by_territory, TOTAL: sum(by_territory.values(), LesionOverlap(0, 0, 0, 0))}
