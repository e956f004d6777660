"""One case: read, run the methods, measure, compare."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from ..anatomy import TERRITORIES
from ..common_grid import ARTERY_TITLES, bring, bring_together
from ..comparison.judged import ALL, Judged, judged, left_out_territories, left_out_text
from ..comparison.mistakes import mistaken_volumes
from ..comparison.territories import TOTAL, artery_rows, calcification_rows, counted
from ..comparison.thresholds import Thresholded, idealised, parse_method, searched, threshold_calcification
from ..errors import InputError
from ..flags import Effect, Flag
from ..geometry import Grid, Volume
from ..geometry.resample import align_labels
from ..inference import ModelFolder, Worker, segment_steps
from ..measurement import Measurement, measure
from ..pipeline import open_artery_models, open_calcification_model
from ..progress import drain
from ..reading import (
    CtImage,
    other_ct_flags,
    parse_calcification_labels,
    parse_label_mapping,
    read_arteries,
    read_calcification,
    read_ct,
)
from ..reporting.documents import measurement_document
from ..simulation import BYSTANDERS, simulate
from ..trust import trust_of
from .cohort import Case, Masks
from .settings import Settings
from .stored_case import failing_alone

# Noise of virtual patients, standard deviation in soft tissue, HU; this project's own division.
_NOISE_LEVELS_HU = ((10.0, "low"), (15.0, "medium"), (float("inf"), "high"))


@dataclass(frozen=True, eq=False)
class _Segmented:
    """Masks of one method; `arteries` is None where it used those of the reference."""

    calcification: Volume
    arteries: Volume | None = None
    note: str = ""
    threshold_hu: float | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, eq=False)
class _Reference:
    """What methods are compared with, and the CT they may run on, as it was scanned and on the masks' grid."""

    scanned: Volume | None
    ct: Volume | None
    masks: Judged
    measurement: Measurement
    bystanders: Volume | None
    ct_flags: tuple[Flag, ...] = ()


def evaluate_case(case: Case, settings: Settings, worker: Worker) -> dict:
    """Evaluate every method on one case.

    Parameters
    ----------
    case : Case
    settings : Settings
    worker : Worker
        Runs the networks; keeps them loaded for the next case.

    Returns
    -------
    dict
        JSON values: ``patient``, ``groups``, ``failures`` (method to reason), ``left_out`` (the territories
        that the reference does not judge: they are in no row and in no sum), ``measurements``
        (``reference`` and methods to territories), ``notes``, ``overlap`` (a list of rows) and
        ``mistaken`` (method to kind of bystander to false positive mm³; virtual patients only).

    Raises
    ------
    AbdominalCalcificationError
        Where the case itself cannot be used. A method that fails is listed instead.
    """
    groups, reference, note = _reference_of(case, settings)
    result = {
        "patient": case.patient,
        "groups": groups,
        "failures": {},
        "left_out": list(reference.masks.left_out),
        "notes": {"reference": note},
        "measurements": {"reference": _territories(reference.measurement)},
        "overlap": [],
        "mistaken": {},
    }
    for name in (*case.predictions, *settings.methods):
        with failing_alone(result["failures"], name):
            segmented = _segmented(name, case, reference, settings, worker)
            for part, value in _compare(name, reference, segmented, settings).items():
                if part == "overlap":
                    result[part] += value
                else:
                    result[part][name] = value
    return result


def _reference_of(case: Case, settings: Settings) -> tuple[dict[str, str], _Reference, dict]:
    """Return the groups of a case, its reference, and what is to be known of it."""
    groups, bystanders, scanned = dict(case.groups), None, None
    flags: list[Flag] = []
    ct_flags: tuple[Flag, ...] = ()
    if case.simulation is not None:
        patient = simulate(**case.simulation)
        scanned = ct = patient.ct
        arteries, calcification = patient.arteries, patient.calcification
        bystanders = patient.bystanders
        noise_hu = patient.truth["scanner"]["noise_hu"]
        noise = next(name for limit, name in _NOISE_LEVELS_HU if noise_hu < limit)
        groups = {"phase": patient.truth["phase"], "noise": noise, **groups}
    else:
        image = read_ct(case.ct) if case.ct is not None else None
        scanned = None if image is None else image.volume
        arteries, calcification, told = _read(case.reference, image)
        together = bring_together(scanned, arteries, calcification)
        ct, arteries, calcification = together.ct, together.arteries, together.calcification
        ct_flags = () if image is None else tuple(flag for flag in image.flags if flag.kind.effect > Effect.NOTE)
        flags = [*told, *together.flags, *ct_flags]
    left_out = left_out_territories(arteries, case.territories)
    if set(left_out) == set(ALL):
        raise InputError("The reference judges no artery; draw one, or name those that it judges in 'territories'.")
    masks = judged(arteries, calcification, left_out)
    measurement = measure(ct, masks.arteries, masks.calcification, settings.parameters)
    text = " ".join(filter(None, [_text(flags), left_out_text(left_out)]))
    flags += measurement.flags
    note = {"text": text, "flags": _codes(flags), "trust": _verdict(flags, masks.left_out)}
    return groups, _Reference(scanned, ct, masks, measurement, bystanders, ct_flags), note


def _segmented(name: str, case: Case, reference: _Reference, settings: Settings, worker: Worker) -> _Segmented:
    """Return the masks of one method."""
    if name in case.predictions:
        return _predicted(case.predictions[name], reference.masks.arteries.grid)
    if reference.ct is None:
        raise InputError("The case names no CT; fill in the column ct.")
    if name.partition(":")[0] == "idealised":
        return _idealised(name, reference, settings)
    return _segment(name, reference, settings, worker)


def _compare(name: str, reference: _Reference, segmented: _Segmented, settings: Settings) -> dict:
    """Return what one method adds to the result of a case."""
    masks = reference.masks
    own = masks.arteries if segmented.arteries is None else segmented.arteries
    found = segmented.calcification
    measurement = measure(reference.ct, own, found, settings.parameters)
    note = {
        "text": segmented.note,
        "threshold_hu": segmented.threshold_hu,
        "flags": _codes(measurement.flags),
        "trust": _verdict((*reference.ct_flags, *segmented.flags, *measurement.flags), masks.left_out),
    }
    if masks.left_out:
        known = masks.arteries_of(own), masks.calcification_of(found, measurement, own)
        if known[0] is not own or known[1] is not found:
            own, found = known
            measurement = measure(reference.ct, own, found, settings.parameters)
    options = {"left_out": masks.left_out, "tolerance_mm": settings.tolerance_mm}
    against = reference.measurement, measurement
    rows = list(calcification_rows(*against, masks.calcification, found, coverage=settings.coverage, **options))
    if segmented.arteries is not None:
        rows += artery_rows(*against, masks.arteries, own, **options)
    added = {
        "measurements": _territories(measurement),
        "notes": note,
        "overlap": [{"method": name, **row} for row in rows],
    }
    if reference.bystanders is not None:
        added["mistaken"] = mistaken_volumes(
            found, masks.calcification, reference.bystanders, BYSTANDERS, masks.arteries
        )
    return added


def model_folders(settings: Settings) -> tuple[list[ModelFolder], ModelFolder]:
    """Open the models of the model methods: of arteries, and of calcification."""
    return open_artery_models(settings.artery_models), open_calcification_model(settings.calcification_model)


def _read(masks: Masks, image: CtImage | None = None) -> tuple[Volume | None, Volume, list[Flag]]:
    """Return arteries (None where none are named) and calcification on grids of their own, and what to say."""
    found, flags = [], []
    for title, paths, labels, parse, read in (
        ("artery mask", masks.arteries, masks.artery_labels, parse_label_mapping, read_arteries),
        (
            "calcification mask",
            masks.calcification,
            masks.calcification_labels,
            parse_calcification_labels,
            read_calcification,
        ),
    ):
        mask = None if paths is None else read(paths, parse(labels) if labels else None)
        found.append(None if mask is None else mask.volume)
        if mask is not None:
            flags += [*mask.flags, *other_ct_flags(mask, {} if image is None else image.identity, title)]
    if found[1] is None:
        raise InputError("The table names no calcification mask of this method for the case.")
    return found[0], found[1], flags


def _predicted(masks: Masks, grid: Grid) -> _Segmented:
    """Return the masks of a method on the grid of the reference."""
    arteries, calcification, flags = _read(masks)
    if arteries is not None:
        arteries, told = bring(arteries, grid, "artery mask", ARTERY_TITLES)
        flags += told
    calcification, told = bring(calcification, grid, "calcification mask")
    flags += told
    return _Segmented(calcification, arteries, _text(flags), flags=tuple(flags))


def _text(flags: Iterable[Flag]) -> str:
    return " ".join(flag.message for flag in flags)


def _codes(flags: Iterable[Flag]) -> list[str]:
    return sorted({flag.code for flag in flags})


def _verdict(flags: Iterable[Flag], left_out: Collection[str]) -> str:
    """Return the verdict on the numbers that are compared; an artery that is not judged has no say in it."""
    trunks = {each.name for each in TERRITORIES if each.parent is None}
    without = {"no_abdominal_aorta"} if trunks <= set(left_out) else set()
    counting = [flag for flag in flags if flag.territory not in left_out and flag.code not in without]
    return trust_of(counting).verdict.value


def _idealised(method: str, reference: _Reference, settings: Settings) -> _Segmented:
    """Fit the threshold to what counts: to calcium in the kept lengths, which is what methods are compared in."""
    ct, arteries = reference.ct, reference.masks.arteries
    region = searched(ct, arteries, method)
    counts = counted(measure(None, arteries, region, settings.parameters)).array | counted(reference.measurement).array
    _, wall_mm = parse_method(method, with_reference=True)
    return _thresholded(idealised(ct, arteries, reference.masks.calcification, wall_mm, ct.with_array(counts)))


def _thresholded(found: Thresholded) -> _Segmented:
    threshold_hu = float(found.threshold_hu) if np.isfinite(found.threshold_hu) else None
    return _Segmented(found.mask, None, found.description, threshold_hu)


def _segment(method: str, reference: _Reference, settings: Settings, worker: Worker) -> _Segmented:
    """Run a method; networks see the CT as it was scanned, thresholds as it is measured."""
    scanned, arteries = reference.scanned, reference.masks.arteries
    if method in ("model", "model-calcification"):
        of_arteries, of_calcification = model_folders(settings)
        given = align_labels(arteries, scanned.grid) if method == "model-calcification" else None
        steps = segment_steps(
            scanned,
            of_arteries,
            of_calcification,
            arteries=given,
            device=settings.device,
            label_names=settings.label_names,
            trust=settings.trust,
            worker=worker,
            plain_nnunet=settings.plain_nnunet,
        )
        found = drain(steps)
        own = align_labels(found.arteries, arteries.grid) if given is None else None
        return _Segmented(align_labels(found.calcification, arteries.grid), own)
    return _thresholded(threshold_calcification(reference.ct, arteries, method))


def _territories(measurement: Measurement) -> dict:
    document = measurement_document(measurement)
    return {each["name"]: each for each in (*document["territories"], {**document["total"], "name": TOTAL})}
