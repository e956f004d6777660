"""The networks of this program on the radiographs of an evaluation."""

from __future__ import annotations

from ...errors import InputError
from ...inference import ModelFolder, Worker
from ...inference.kauppila_model import KauppilaModel
from ...inference.model_folder import RADIOGRAPH
from ...progress import drain
from ...radiograph.analysis import RadiographChoices, analyze_radiograph_steps
from ...radiograph.reading import ReadingChoices, read_radiograph
from ...resources import bundled_kauppila_model, bundled_vertebra_model
from .case import Said
from .cohort import RadiographCase
from .readings import Reading
from .settings import RadiographSettings


def identities(settings: RadiographSettings) -> list[dict]:
    """Return name and checksum of the networks that run."""
    vertebrae = ModelFolder.open(settings.vertebra_model or bundled_vertebra_model(), kind=RADIOGRAPH)
    return [vertebrae.identity(), KauppilaModel.open(settings.score_model or bundled_kauppila_model()).identity()]


def analyzed(case: RadiographCase, settings: RadiographSettings, worker: Worker) -> Said:
    """Return what the networks say of a radiograph.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    assert case.image is not None
    image = read_radiograph(case.image, ReadingChoices(_spacing(case.pixel_spacing), case.faces or None))
    choices = RadiographChoices(settings.vertebra_model, settings.score_model, settings.device, settings.trust)
    steps = analyze_radiograph_steps(
        image.radiograph, choices, identity=image.identity, flags=image.flags, worker=worker
    )
    result = drain(steps)
    trust = result.trust
    reading = Reading(
        result.score,
        result.score.total,
        result.inflation,
        trust=trust.verdict.value,
        flags=tuple(dict.fromkeys(flag.code for flag in result.flags)),
    )
    return Said(reading, image.placement.as_stored(result.labels), trust.reasons[0].message if trust.reasons else "")


def _spacing(text: str) -> tuple[float, float] | None:
    """Return the distances of rows and of columns that a cell names, as one number or two; None of an empty cell."""
    if not text.strip():
        return None
    try:
        numbers = [float(each) for each in text.replace(";", ",").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise InputError(f"'{text}' is no pixel spacing; write rows,columns in mm, like 0.15,0.15.")
    return numbers[0], numbers[-1]
