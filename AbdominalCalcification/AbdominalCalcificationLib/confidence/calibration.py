"""The calibration beside a model: what share of what looks so certain is right, bound to the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import expit

from ..bounded import read_json
from ..effort import Effort
from ..errors import ModelError
from ..inference.model_folder import ModelFolder

FILE_NAME = "confidence.json"
VERSION = 1
# Of territories and plaques alike: what the network's margin says, and what a second look found again.
SIGNS = 2
# Signs are taken as log odds, which are kept within those of these probabilities.
LEAST, MOST = 0.001, 0.999
# No less and no more is ever said: some dozens of patients show no more.
LEAST_SAID, MOST_SAID = 0.01, 0.99


@dataclass(frozen=True)
class Calibration:
    """A logistic regression from the log odds of signs to the probability that what they are of is right.

    Platt's scaling (1999) of several signs; with weights that are not negative it never rises where a sign falls.

    Attributes
    ----------
    predicts : str
        What the probability is of, for people.
    weights : tuple of float
        One for each sign.
    intercept : float
    """

    predicts: str
    weights: tuple[float, ...]
    intercept: float

    def probability(self, signs: Sequence[float]) -> float:
        """Return the probability of something with these signs, rounded, and no more certain than patients can show.

        Parameters
        ----------
        signs : sequence of float
            Probabilities and shares, 0 to 1, one for each weight.
        """
        total = self.intercept + sum(w * log_odds(sign) for w, sign in zip(self.weights, signs, strict=True))
        return round(min(max(float(expit(total)), LEAST_SAID), MOST_SAID), 3)

    def document(self) -> dict:
        """Return this as JSON values."""
        return {"predicts": self.predicts, "weights": list(self.weights), "intercept": self.intercept}


def log_odds(share: float) -> float:
    """Return the log odds of a probability or share, within bounds."""
    share = min(max(share, LEAST), MOST)
    return math.log(share / (1.0 - share))


def calibration_of(model: ModelFolder, effort: Effort | None = None) -> Calibration | None:
    """Return the calibration of a model; None where it has none, or one of other weights or another effort.

    Raises
    ------
    ModelError
        Where the file beside the model is none.
    """
    path = model.path / FILE_NAME
    effort = effort or Effort()
    try:
        document = read_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error).splitlines()[0]) from None
    if not isinstance(document, Mapping) or document.get("version") != VERSION:
        raise _damaged(path, f"it is of no version {VERSION}")
    bound = (document.get("model"), document.get("tile_step"), document.get("mirroring"))
    if bound != (f"sha256:{model.checksum}", effort.tile_step, effort.mirroring):
        return None
    found = document.get("calibration") or {}
    try:
        weights = tuple(float(each) for each in found["weights"])
        calibration = Calibration(str(found["predicts"]), weights, float(found["intercept"]))
    except (TypeError, KeyError, ValueError):
        raise _damaged(path, "its calibration lacks numbers") from None
    is_finite = all(map(math.isfinite, (*weights, calibration.intercept)))
    if not is_finite or len(weights) != SIGNS or min(weights) < 0:
        raise _damaged(path, "its weights are none")
    return calibration


def _damaged(path, why: str) -> ModelError:
    return ModelError(f"'{path}' cannot be read ({why}); remove it, or calibrate the model again.")
