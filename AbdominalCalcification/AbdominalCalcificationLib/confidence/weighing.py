"""From what networks were certain of to probabilities, where their models are calibrated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy import territory
from ..geometry import Volume
from ..inference import ModelFolder, Segmentation
from ..progress import Progress, Steps
from .calibration import Calibration, calibration_of
from .known import CORRECTED, NOT_ASKED, THRESHOLD, UNCALIBRATED, of_arteries, of_basis, of_plaques
from .plaques import plaques_steps, shares

if TYPE_CHECKING:
    from ..choices import Choices

_STAGE = Progress("Weighing how certain the arteries are", 0.5)


@dataclass(frozen=True, eq=False)
class Weighing:
    """Which models of an analysis tell how certain they are.

    Attributes
    ----------
    calibrations : mapping of str to Calibration or None
        By role (``arteries``, ``calcification``) of the models that run: None where one has none.
    is_asked : bool
    """

    calibrations: Mapping[str, Calibration | None] = field(default_factory=dict)
    is_asked: bool = True

    @classmethod
    def of(cls, arteries: Sequence[ModelFolder], calcification: ModelFolder | None, choices: Choices) -> Weighing:
        """Return what the models that run can tell.

        Raises
        ------
        ModelError
            Where the file of a calibration is damaged.
        """
        models = {"arteries": list(arteries), "calcification": [calcification] if calcification is not None else []}
        usable = choices.confidence and not choices.plain_nnunet
        found = {}
        for role, some in models.items():
            if some:
                # Where several models are merged, none of them made the whole mask.
                found[role] = calibration_of(some[0], choices.effort) if usable and len(some) == 1 else None
        return cls(found, choices.confidence)

    @property
    def signs_of(self) -> tuple[str, ...]:
        """The masks of which signs are wanted."""
        return tuple(role for role, calibration in self.calibrations.items() if calibration is not None)

    def kept_steps(
        self, signs: Segmentation | None, arteries: Volume, calcification: Volume, made: Mapping[str, object]
    ) -> Steps[dict[str, dict]]:
        """Return what is kept of the confidence of each mask that was made, by its role (:mod:`.known`).

        Parameters
        ----------
        signs : Segmentation or None
            Of the networks that ran.
        arteries, calcification : Volume
            As they are measured, on one grid.
        made : mapping
            Has the roles of the masks that were not given.
        """
        kept = {}
        for role in made:
            if role not in self.calibrations:
                kept[role] = of_basis(THRESHOLD)
            elif not self.is_asked:
                kept[role] = of_basis(NOT_ASKED)
            else:
                kept[role] = of_basis(UNCALIBRATED)
        if signs is None:
            return kept
        calibration = self.calibrations.get("arteries")
        if signs.artery_signs is not None and calibration is not None:
            yield _STAGE
            kept["arteries"] = _kept_of_arteries(calibration, signs.artery_signs, arteries)
        packed, calibration = signs.calcification_signs, self.calibrations.get("calcification")
        if packed is not None and calibration is not None and packed.shape != calcification.array.shape:
            kept["calcification"] = of_basis(CORRECTED)  # a given mask has other voxels, which both are counted on
        elif packed is not None and calibration is not None:
            plaques = yield from plaques_steps(calcification, packed)
            values = [calibration.probability(shares(each)) for each in plaques.signs]
            kept["calcification"] = of_plaques(values, plaques.voxels, plaques.number, calcification.array.shape)
        return kept


def _kept_of_arteries(calibration: Calibration, signs: Mapping[str, Sequence[float]], arteries: Volume) -> dict:
    confidences = {name: calibration.probability(each) for name, each in signs.items()}
    where = np.flatnonzero(arteries.array)
    label = arteries.array.reshape(-1)[where]
    kji = {
        name: np.stack(np.unravel_index(where[label == territory(name).label], arteries.array.shape), axis=1)
        for name in confidences
    }
    return of_arteries(confidences, kji, arteries.array.shape)
