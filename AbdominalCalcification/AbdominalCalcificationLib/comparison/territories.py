"""Rows of the overlap tables: two measurements of one case compared, per territory and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

from ..anatomy import TERRITORIES
from ..geometry import Box, Volume, bounding_box, common_box
from ..measurement import Measurement, MeasurementParameters, measure_steps
from ..progress import Progress, Steps, drained, scaled, shown
from .judged import judged
from .overlap import (
    DEFAULT_TOLERANCE_MM,
    LesionOverlap,
    SurfaceOverlap,
    VolumeOverlap,
    covered_lesions,
    surface_overlap_steps,
    volume_overlap,
    volume_overlap_by_label,
)

TOTAL = "total"  # everything that is counted in a territory
WHOLE = "whole mask"  # also what lies beyond a kept length or far from every artery
PLACES = (*(territory.name for territory in TERRITORIES), TOTAL, WHOLE)
_LABELS = [territory.label for territory in TERRITORIES]
_COMPARING = Progress("Comparing", 0.0)


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
    compared = _artery_rows_steps if structure == "arteries" else _calcification_rows_steps
    of_reference, of_prediction = measured
    steps = compared(of_reference, of_prediction, reference, prediction, left_out=left_out)
    rows = yield from scaled(steps, 0.6, 1.0)
    if structure == "calcification":
        burdens = [{each.name: each.burden for each in (*m.territories, m.total)} for m in measured]
        for row in rows:
            row["reference_burden"], row["prediction_burden"] = (each.get(row["territory"]) for each in burdens)
    return rows


def calcification_rows(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
    coverage: float = 0.0,
    left_out: tuple[str, ...] = (),
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
    left_out : tuple of str
        Territories that the reference does not judge; the masks are without them already (:mod:`.judged`).

    Returns
    -------
    list of dict
        One row for each of :data:`PLACES` that is not left out, as JSON values.
    """
    return drained(
        _calcification_rows_steps(
            reference, prediction, reference_mask, prediction_mask, tolerance_mm, coverage, left_out
        )
    )


def _calcification_rows_steps(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
    coverage: float = 0.0,
    left_out: tuple[str, ...] = (),
) -> Steps[list[dict]]:
    yield _COMPARING
    lesions = yield from _lesions_steps(reference, prediction, coverage)
    box = yield from _common_box_steps(reference_mask.array, prediction_mask.array)
    # What is measured lies inside the masks: the rest of the volume need not be looked at.
    counts = [counted(replace(each, parts_map=each.parts_map.cropped(box))) for each in (reference, prediction)]
    masks = (*counts, reference_mask.cropped(box), prediction_mask.cropped(box))
    return (yield from _rows_steps("calcification", masks, tolerance_mm, lesions, left_out))


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
) -> list[dict]:
    """Compare the arteries of two measurements, shortened; the whole masks are not shortened.

    Parameters and rows as for :func:`calcification_rows`.
    """
    return drained(_artery_rows_steps(reference, prediction, reference_mask, prediction_mask, tolerance_mm, left_out))


def _artery_rows_steps(
    reference: Measurement,
    prediction: Measurement,
    reference_mask: Volume,
    prediction_mask: Volume,
    tolerance_mm: float = DEFAULT_TOLERANCE_MM,
    left_out: tuple[str, ...] = (),
) -> Steps[list[dict]]:
    yield _COMPARING
    box = yield from _common_box_steps(reference_mask.array, prediction_mask.array)
    masks = (reference.kept_arteries, prediction.kept_arteries, reference_mask, prediction_mask)
    return (yield from _rows_steps("arteries", [each.cropped(box) for each in masks], tolerance_mm, {}, left_out))


def _rows_steps(
    structure: str,
    masks: Sequence[Volume],
    tolerance_mm: float,
    lesions: Mapping[str, LesionOverlap],
    left_out: tuple[str, ...],
) -> Steps[list[dict]]:
    """Compare reference and prediction as they are measured, and their whole masks: `masks`, in this order."""
    reference, prediction, reference_mask, prediction_mask = masks
    yield _COMPARING
    volumes = volume_overlap_by_label(reference, prediction, _LABELS)
    yield _COMPARING
    pairs: list[tuple[str, VolumeOverlap, int | None]] = [
        (territory.name, volumes[territory.label], territory.label)
        for territory in TERRITORIES
        if territory.name not in left_out
    ]
    pairs += [
        (TOTAL, volume_overlap(reference, prediction), None),
        (WHOLE, volume_overlap(reference_mask, prediction_mask), None),
    ]
    rows: list[dict] = []
    for place, overlap, label in pairs:
        two = [reference_mask, prediction_mask] if place == WHOLE else [reference, prediction]
        if label is not None:
            two = [each.with_array(each.array == label) for each in two]
        comparing = Progress(_COMPARING.stage, len(rows) / len(pairs))
        yield comparing
        surface = yield from shown(surface_overlap_steps(two[0], two[1], tolerance_mm), comparing)
        rows.append(_row(structure, place, overlap, surface, lesions.get(place)))
    return rows


def _row(
    structure: str, place: str, overlap: VolumeOverlap, surface: SurfaceOverlap, of_lesions: LesionOverlap | None
) -> dict:
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


def _common_box_steps(*arrays: np.ndarray) -> Steps[Box]:
    """Return the box around the non-zero voxels of all arrays; of a single voxel where there are none."""
    boxes = []
    for array in arrays:
        boxes.append(bounding_box(array))
        yield _COMPARING
    return common_box(boxes) or (slice(0, 1),) * 3


def _lesions_steps(reference: Measurement, prediction: Measurement, coverage: float) -> Steps[dict[str, LesionOverlap]]:
    """Count lesions (clusters, ``measurement.md#clusters``) by the territory they belong to, and in total.

    In a territory a lesion is found by lesions of the same territory on the other side, in total by any.
    """
    box = yield from _common_box_steps(reference.clusters_map.array, prediction.clusters_map.array)
    ids = [m.clusters_map.array[box] for m in (reference, prediction)]
    with_lesions = {cluster.territory for m in (reference, prediction) for cluster in m.clusters}
    counted = {}
    for place in [*(t.name for t in TERRITORIES), TOTAL]:
        if place != TOTAL and place not in with_lesions:
            counted[place] = LesionOverlap(0, 0, 0, 0)
            continue
        own = [
            np.array([c.id for c in m.clusters if place in (TOTAL, c.territory)], int) for m in (reference, prediction)
        ]
        masks = [each != 0 if place == TOTAL else np.isin(each, of) for each, of in zip(ids, own, strict=True)]
        yield _COMPARING
        found = covered_lesions(np.where(masks[0], ids[0], 0), masks[1], coverage)
        yield _COMPARING
        true = covered_lesions(np.where(masks[1], ids[1], 0), masks[0], coverage)
        counted[place] = LesionOverlap(len(found), sum(found.values()), len(true), sum(true.values()))
    return counted
