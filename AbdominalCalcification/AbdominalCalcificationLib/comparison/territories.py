"""Rows of the overlap tables: two measurements of one case compared, per territory and together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from ..anatomy import TERRITORIES
from ..geometry import Box, Volume, bounding_box
from ..measurement import Measurement, MeasurementParameters, measure_steps
from ..progress import Progress, Steps, scaled
from .judged import judged
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


def compare_steps(
    structure: str,
    reference: Volume,
    prediction: Volume,
    arteries: Volume | None = None,
    parameters: MeasurementParameters | None = None,
    left_out: tuple[str, ...] = (),
) -> Steps[list[dict]]:
    """Measure two masks of one structure in the same way, and compare them.

    Parameters
    ----------
    structure : {'arteries', 'calcification'}
    reference, prediction : Volume
        Territory labels, or non-zero = calcified; on one grid.
    arteries : Volume, optional
        Territory labels in which both calcification masks are measured.
    parameters : MeasurementParameters, optional
    left_out : tuple of str
        Territories that the reference does not judge (:mod:`.judged`); for arteries.

    Returns
    -------
    list of dict
        As the result of the generator: :func:`artery_rows`, or :func:`calcification_rows` with
        ``reference_burden`` and ``prediction_burden`` (fraction or None).
    """
    if structure == "arteries" and left_out:
        known = judged(reference, reference, left_out)
        reference, prediction = known.arteries, known.arteries_of(prediction)
    measured = []
    for number, mask in enumerate((reference, prediction)):
        empty = mask.with_array(np.zeros(mask.array.shape, np.uint8))
        pair = (mask, empty) if structure == "arteries" else (empty if arteries is None else arteries, mask)
        measured.append((yield from scaled(measure_steps(None, *pair, parameters), 0.3 * number, 0.3 * (number + 1))))
    rows = []
    burdens = [{each.name: each.burden for each in (*m.territories, m.total)} for m in measured]
    compared = artery_rows if structure == "arteries" else calcification_rows
    of_reference, of_prediction = measured
    for row in compared(of_reference, of_prediction, reference, prediction, left_out=left_out):
        if structure == "calcification":
            row["reference_burden"], row["prediction_burden"] = (each.get(row["territory"]) for each in burdens)
        rows.append(row)
        yield Progress("Comparing", 0.6 + 0.4 * len(rows) / len(PLACES))
    return rows


def calcification_rows(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
    coverage: float = 0.0,
    left_out: tuple[str, ...] = (),
) -> Iterator[dict]:
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
    left_out : tuple of str
        Territories that the reference does not judge; the masks are without them already (:mod:`.judged`).

    Yields
    ------
    dict
        One row for each of :data:`PLACES` that is not left out, as JSON values.
    """
    lesions = _lesions(reference, prediction, coverage)
    masks = (counted(reference), counted(prediction), reference_mask, prediction_mask)
    yield from _rows("calcification", masks, tolerance_mm, lesions, left_out)


def counted(measurement: Measurement) -> Volume:
    """Return the calcification that counts in a territory: its label, 0 elsewhere."""
    parts = measurement.parts_map
    return parts.with_array(np.where(parts.array <= max(_LABELS), parts.array, 0))


def artery_rows(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
    left_out: tuple[str, ...] = (),
) -> Iterator[dict]:
    """Compare the arteries of two measurements, shortened; the whole masks are not shortened.

    Parameters and rows as for :func:`calcification_rows`.
    """
    masks = (reference.kept_arteries, prediction.kept_arteries, reference_mask, prediction_mask)
    yield from _rows("arteries", masks, tolerance_mm, {}, left_out)


def _rows(
    structure: str,
    masks: Sequence[Volume],
    tolerance_mm: float,
    lesions: Mapping[str, LesionOverlap],
    left_out: tuple[str, ...],
) -> Iterator[dict]:
    """Compare reference and prediction as they are measured, and their whole masks: `masks`, in this order."""
    # What is measured lies inside the masks: the rest of the volume need not be looked at.
    box = _common_box(*(each.array for each in masks[2:]))
    reference, prediction, reference_mask, prediction_mask = (each.cropped(box) for each in masks)
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

    for territory in (each for each in TERRITORIES if each.name not in left_out):
        parts = (each.with_array(each.array == territory.label) for each in (reference, prediction))
        yield row(territory.name, volumes[territory.label], *parts)
    yield row(TOTAL, volume_overlap(reference, prediction), reference, prediction)
    yield row(WHOLE, volume_overlap(reference_mask, prediction_mask), reference_mask, prediction_mask)


def _common_box(*arrays: np.ndarray) -> Box:
    """Return the box around the non-zero voxels of all arrays; of a single voxel where there are none."""
    boxes = [box for box in map(bounding_box, arrays) if box is not None] or [(slice(0, 1),) * 3]
    return tuple(slice(min(p.start for p in parts), max(p.stop for p in parts)) for parts in zip(*boxes, strict=True))


def _lesions(reference: Measurement, prediction: Measurement, coverage: float) -> dict[str, LesionOverlap]:
    """Count lesions (clusters, ``measurement.md#clusters``) by the territory they belong to, and in total.

    In a territory a lesion is found by lesions of the same territory on the other side, in total by any.
    """
    box = _common_box(reference.clusters_map.array, prediction.clusters_map.array)
    ids = [m.clusters_map.array[box] for m in (reference, prediction)]

    def overlap(territory: str | None) -> LesionOverlap:
        own = [
            np.array([c.id for c in m.clusters if territory in (None, c.territory)], int)
            for m in (reference, prediction)
        ]
        masks = [each != 0 if territory is None else np.isin(each, of) for each, of in zip(ids, own, strict=True)]
        found = covered_lesions(np.where(masks[0], ids[0], 0), masks[1], coverage)
        true = covered_lesions(np.where(masks[1], ids[1], 0), masks[0], coverage)
        return LesionOverlap(len(found), sum(found.values()), len(true), sum(true.values()))

    with_lesions = {cluster.territory for m in (reference, prediction) for cluster in m.clusters}
    none = LesionOverlap(0, 0, 0, 0)
    by_territory = {t.name: overlap(t.name) if t.name in with_lesions else none for t in TERRITORIES}
    return {**by_territory, TOTAL: overlap(None)}
