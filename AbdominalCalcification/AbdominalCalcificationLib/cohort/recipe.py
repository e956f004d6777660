"""What is done with every case of a cohort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from .. import __version__
from ..choices import Choices
from ..evaluation.cohort import Masks
from ..inference import ModelFolder
from ..pipeline import open_artery_models, open_calcification_model
from ..reporting.documents import json_safe
from .cases import CohortCase

if TYPE_CHECKING:
    from ..reporting.report import ReportChoices

#: Of what a case's folder says about how it was made.
SCHEMA_VERSION = "1.1"


@dataclass(frozen=True, eq=False)
class Recipe:
    """What is done with every case.

    Attributes
    ----------
    choices : Choices
        As for one CT. Where a case has a mask, the mask is measured, whatever is chosen to find it in others.
    dicom : str or None
        Segmentation Type of DICOM segmentations; None where no DICOM is written.
    report : ReportChoices or None
    anonymous : bool
    """

    choices: Choices = field(default_factory=Choices)
    dicom: str | None = None
    report: ReportChoices | None = None
    anonymous: bool = False

    def choices_for(self, masks: Masks) -> Choices:
        """Return the choices for a case with these masks."""
        choices = self.choices
        if masks.arteries is not None:
            choices = replace(choices, artery_models=())
        if masks.calcification is not None:
            choices = replace(choices, calcification_model=None, calcification_threshold=None)
        if not choices.artery_models and choices.calcification_model is None and choices.effort.folds:
            choices = replace(choices, effort=replace(choices.effort, folds=()))
        return choices

    def needs_models(self, masks: Masks) -> tuple[bool, bool]:
        """Return whether a model finds arteries, and whether one finds calcification."""
        by_threshold = self.choices.calcification_threshold is not None
        return masks.arteries is None, masks.calcification is None and not by_threshold

    def models(self, cases: Iterable[CohortCase]) -> list[tuple[str, ModelFolder]]:
        """Return the models that run for any of `cases`, by role.

        Raises
        ------
        ModelError
            Where one cannot be used.
        """
        needs = [self.needs_models(case.masks) for case in cases]
        folds = self.choices.effort.folds
        models: list[tuple[str, ModelFolder]] = []
        if any(arteries for arteries, _ in needs):
            models += [("arteries", each) for each in open_artery_models(self.choices.artery_models, folds)]
        if any(calcification for _, calcification in needs):
            models.append(("calcification", open_calcification_model(self.choices.calcification_model, folds)))
        return models

    def made_from(self, models: Iterable[tuple[str, ModelFolder]], masks: Masks) -> dict:
        """Return everything but the case itself that a result depends on, as JSON values.

        Of choices and `models` that are what a case with these masks uses: others in the cohort do not make it old.
        """
        used = dict(zip(("arteries", "calcification"), self.needs_models(masks), strict=True))
        return json_safe(
            {
                "schema": SCHEMA_VERSION,
                "version": __version__,
                "choices": asdict(self.choices_for(masks)),
                "dicom": self.dicom,
                "report": None if self.report is None else asdict(self.report),
                "anonymous": self.anonymous,
                "models": [[role, model.checksum] for role, model in models if used[role]],
            }
        )
