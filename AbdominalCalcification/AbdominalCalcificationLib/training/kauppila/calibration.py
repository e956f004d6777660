"""What the network's probabilities are worth, found on films that it has not learnt from."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from ...inference.kauppila_network import probabilities_of
from ...radiograph.kauppila import PARTS, Segment, interval
from ...radiograph.kauppila_parts import DECISIONS, decided

LEVEL = 0.9
_TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(4.0), 43))
_INFLATIONS = np.arange(0.6, 4.01, 0.05)
# With fewer films nothing is fitted.
LEAST_FILMS = 20


@dataclass(frozen=True)
class Calibration:
    """How logits become probabilities, scores and an interval.

    Attributes
    ----------
    temperature : float
        By which conditional logits are divided (Guo et al. 2017, arXiv 1706.04599).
    inflation : float
        See :func:`.radiograph.kauppila.interval`.
    decision : str
        Of :data:`.radiograph.kauppila_parts.DECISIONS`: which score is told of a part.
    level : float
        Of the interval for which the inflation was fitted.
    films : int
        By which it was fitted; 0 where nothing was.
    mean_absolute_error, coverage : float or None
        Of the total, and of its interval, on these films.
    """

    temperature: float = 1.0
    inflation: float = 1.0
    decision: str = "median"
    level: float = LEVEL
    films: int = 0
    mean_absolute_error: float | None = None
    coverage: float | None = None

    def to_json(self) -> dict:
        return asdict(self)


def calibrate(logits: np.ndarray, scores: np.ndarray) -> Calibration:
    """Return the calibration by logits (n, 4, 2, 3) and true scores (n, 4, 2), -1 where not known.

    The temperature is the most likely one, the decision that with the least error of the total, the inflation the
    least with which the interval holds the total as often as it says.
    """
    whole = (scores >= 0).all(axis=(1, 2))
    logits, scores = logits[whole], scores[whole]
    if len(logits) < LEAST_FILMS:
        return Calibration()
    temperature = min(_TEMPERATURES, key=lambda each: _surprise(probabilities_of(logits, each), scores))
    probabilities = probabilities_of(logits, temperature)
    totals = scores.sum(axis=(1, 2))
    errors = {each: np.abs(decided(probabilities, each).sum(axis=(1, 2)) - totals).mean() for each in DECISIONS}
    decision = min(DECISIONS, key=lambda each: errors[each])
    inflation, covered = 1.0, 0.0
    for inflation in _INFLATIONS:
        held = [_holds(each, total, float(inflation)) for each, total in zip(probabilities, totals, strict=True)]
        covered = float(np.mean(held))
        if covered >= LEVEL:
            break
    return Calibration(
        round(float(temperature), 4), round(float(inflation), 3), decision, LEVEL, len(logits),
        round(float(errors[decision]), 3), round(covered, 3),
    )  # fmt: skip


def _surprise(probabilities: np.ndarray, scores: np.ndarray) -> float:
    own = np.take_along_axis(probabilities, scores[..., None], axis=-1)
    return float(-np.log(np.maximum(own, 1e-9)).mean())


def _holds(probabilities: np.ndarray, total: int, inflation: float) -> bool:
    parts = probabilities.reshape(len(PARTS), -1)
    segments = [
        Segment(*part, 0, tuple(float(p) for p in own / own.sum())) for part, own in zip(PARTS, parts, strict=True)
    ]
    found = interval(segments, LEVEL, inflation)
    return found is not None and found[0] <= total <= found[1]
