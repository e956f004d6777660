"""The measurement from masks to numbers: pure functions of arrays with geometry."""

from __future__ import annotations

from collections.abc import Sequence

from ..confidence.known import Known
from ..flags import Flag
from ..geometry import Volume
from ..progress import Steps, drain
from .live import LiveMeasurement
from .parameters import MeasurementParameters
from .result import Measurement


def measure(
    ct: Volume | None,
    arteries: Volume,
    calcification: Volume,
    parameters: MeasurementParameters | None = None,
    *,
    flags: Sequence[Flag] = (),
    provenance: dict | None = None,
    confidence: Known | None = None,
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
    confidence : Known, optional
        How certain the models were of these masks.

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
    return drain(
        measure_steps(
            ct, arteries, calcification, parameters, flags=flags, provenance=provenance, confidence=confidence
        )
    )


def measure_steps(
    ct: Volume | None,
    arteries: Volume,
    calcification: Volume,
    parameters: MeasurementParameters | None = None,
    *,
    flags: Sequence[Flag] = (),
    provenance: dict | None = None,
    confidence: Known | None = None,
) -> Steps[Measurement]:
    """Measure as :func:`measure` does, yielding progress between the phases."""
    live = LiveMeasurement(ct, arteries, calcification, parameters, flags=flags, provenance=provenance)
    live.certainty.known = Known() if confidence is None else confidence
    return (yield from live.update_steps())
