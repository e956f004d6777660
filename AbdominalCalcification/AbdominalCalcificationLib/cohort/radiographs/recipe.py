"""What is done with every radiograph of a cohort."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from ... import __version__
from ...evaluation.radiographs.images import reading_for
from ...evaluation.radiographs.network import identities
from ...radiograph.case import CaseChoices
from ...radiograph.severity import DEFAULT, ScoreGroups
from ...reporting.documents import json_safe
from .cases import CohortRadiograph

if TYPE_CHECKING:
    from ...radiograph.report import RadiographReportChoices

#: Of what a case's folder says about how it was made.
SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, eq=False)
class RadiographRecipe:
    """What is done with every radiograph.

    Attributes
    ----------
    choices : CaseChoices
        As for one radiograph; what the table says of an image goes before it.
    groups : ScoreGroups
    report : RadiographReportChoices or None
    anonymous : bool
    """

    choices: CaseChoices = field(default_factory=CaseChoices)
    groups: ScoreGroups = DEFAULT
    report: RadiographReportChoices | None = None
    anonymous: bool = False

    def choices_for(self, case: CohortRadiograph) -> CaseChoices:
        """Return the choices for a radiograph; InputError where its row says what cannot be."""
        return replace(self.choices, reading=reading_for(case.pixel_spacing, case.faces, self.choices.reading))

    def models(self) -> list[dict]:
        """Return the identities of the networks that run; ModelError where one cannot be used."""
        return identities(self.choices)

    def made_from(self, models: list[dict]) -> dict:
        """Return everything but the case itself that a result depends on, as JSON values."""
        return json_safe(
            {
                "schema": f"radiographs {SCHEMA_VERSION}",
                "version": __version__,
                "choices": asdict(self.choices),
                "groups": asdict(self.groups),
                "report": None if self.report is None else asdict(self.report),
                "anonymous": self.anonymous,
                "models": models,
            }
        )
