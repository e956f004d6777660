"""One radiograph of an evaluation: what each side says of it, and the vertebrae compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...inference import Worker
from ..stored_case import failing_alone
from .cohort import RadiographCase, Side
from .readings import Reading, read_reading
from .settings import LEVELS, RadiographSettings
from .vertebrae import read_vertebrae, vertebra_rows


@dataclass(frozen=True, eq=False)
class Said:
    """What one side says of a radiograph.

    Attributes
    ----------
    reading : Reading
    vertebrae : ndarray of int, shape (rows, columns), or None
    note : str
    """

    reading: Reading
    vertebrae: np.ndarray | None = None
    note: str = ""


def evaluate_radiograph(case: RadiographCase, settings: RadiographSettings, worker: Worker) -> dict:
    """Return what every method says of one radiograph.

    Parameters
    ----------
    case : RadiographCase
    settings : RadiographSettings
    worker : Worker
        Runs the networks; keeps them loaded for the next case.

    Returns
    -------
    dict
        JSON values: ``patient``, ``groups``, ``simulated``, ``truths``, ``failures`` (method to reason), ``readings``
        (``reference`` and methods to what :meth:`.readings.Reading.record` says), ``notes`` and ``vertebrae`` (method
        to rows of :func:`.vertebrae.vertebra_rows`).

    Raises
    ------
    AbdominalCalcificationError
        Where the reference cannot be used. A method that fails is listed instead.
    """
    reference = _said(case.reference, settings.visible)
    result: dict = {
        "patient": case.patient,
        "groups": {**reference.reading.groups, **case.groups},
        "simulated": reference.reading.simulated,
        "truths": reference.reading.truths,
        "failures": {},
        "readings": {"reference": reference.reading.record(LEVELS)},
        "notes": {"reference": _note(reference)},
        "vertebrae": {},
    }
    for name in (*case.predictions, *settings.methods):
        with failing_alone(result["failures"], name):
            said = _method(name, case, settings, worker)
            if reference.vertebrae is not None and said.vertebrae is not None:
                result["vertebrae"][name] = vertebra_rows(reference.vertebrae, said.vertebrae)
            result["readings"][name] = said.reading.record(LEVELS)
            result["notes"][name] = _note(said)
    return result


def _method(name: str, case: RadiographCase, settings: RadiographSettings, worker: Worker) -> Said:
    if name in case.predictions:
        return _said(case.predictions[name])
    from .network import analyzed

    return analyzed(case, settings, worker)


def _said(side: Side, visible: bool = False) -> Said:
    if side.is_blank:
        raise InputError("The table says nothing of this method for the case.")
    reading = side.reading if side.result is None else read_reading(side.result, visible)
    assert reading is not None
    return Said(reading, None if side.mask is None else read_vertebrae(side.mask))


def _note(said: Said) -> dict:
    """Return what is to be known of a reading beside its numbers."""
    reading = said.reading
    return {"text": said.note, "trust": reading.trust, "flags": list(reading.flags)}
