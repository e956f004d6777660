"""The networks of this program on the radiographs of an evaluation or a cohort."""

from __future__ import annotations

from ...errors import InputError
from ...inference import ModelFolder, Worker
from ...inference.kauppila_model import KauppilaModel
from ...inference.model_folder import RADIOGRAPH
from ...progress import drain
from ...radiograph.case import CaseChoices, case_steps
from ...resources import bundled_kauppila_model, bundled_vertebra_model
from .case import Said
from .cohort import RadiographCase
from .images import reading_for
from .readings import Reading
from .settings import RadiographSettings


def identities(choices: CaseChoices) -> list[dict]:
    """Return role, name and checksum of the networks that run.

    Raises
    ------
    InputError, ModelError
        Where one cannot be used.
    """
    running = choices.running()
    vertebrae = ModelFolder.open(running.vertebra_model or bundled_vertebra_model(), kind=RADIOGRAPH)
    score = KauppilaModel.open(running.kauppila_model or bundled_kauppila_model())
    return [{"role": "vertebrae", **vertebrae.identity()}, {"role": "kauppila", **score.identity()}]


def analyzed(case: RadiographCase, settings: RadiographSettings, worker: Worker) -> Said:
    """Return what the networks say of a radiograph.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    if case.image is None:
        raise InputError("The case names no radiograph; fill in the column image.")
    choices = CaseChoices(reading_for(case.pixel_spacing, case.faces), settings.models, settings.device, settings.trust)
    result, image = drain(case_steps(case.image, choices, worker))
    trust = result.trust
    reading = Reading(
        result.score,
        result.score.total,
        result.inflation,
        trust=trust.verdict.value,
        flags=tuple(dict.fromkeys(flag.code for flag in result.flags)),
    )
    note = trust.reasons[0].message if trust.reasons else ""
    return Said(reading, image.placement.as_stored(result.labels), note)
