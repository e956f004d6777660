"""One radiograph from its file to its result: what the command line and cohorts share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress, Steps, scaled
from .reading import RadiographImage, ReadingChoices, read_radiograph
from .result import RadiographResult
from .sense import sensible

if TYPE_CHECKING:
    from ..processes.worker import Worker
    from .analysis import RadiographChoices

# What a model folder of the score has, and one of nnU-Net has not.
_OF_SCORE = "model.json"
# What one of nnU-Net has in its own folder.
_OF_NNUNET = ("plans.json", "dataset.json")


@dataclass(frozen=True)
class CaseChoices:
    """What the user decides about one radiograph.

    Attributes
    ----------
    reading : ReadingChoices
    models : sequence of Path
        Folders of a vertebra model, a model of the score, or both; the bundled ones otherwise.
    device : str
    trust : bool
        Load an nnU-Net checkpoint that holds more than weights.
    """

    reading: ReadingChoices = field(default_factory=ReadingChoices)
    models: Sequence[Path] = ()
    device: str = "auto"
    trust: bool = False

    def running(self) -> RadiographChoices:
        """Return how networks are run; InputError where `models` are not one of each."""
        from .analysis import RadiographChoices

        kinds: dict[str, Path] = {}
        for model in self.models:
            kind = "kauppila_model" if (model / _OF_SCORE).is_file() else "vertebra_model"
            if kind in kinds:
                what = "the Kauppila score" if kind == "kauppila_model" else "vertebrae"
                raise InputError(f"'{kinds[kind]}' and '{model}' are both models of {what}; name one of them.")
            kinds[kind] = model
        return RadiographChoices(**kinds, device=self.device, trust=self.trust)

    def check_models(self) -> None:
        """Refuse at once what can be seen to be no model; folders further down are looked for only by a run.

        Raises
        ------
        InputError, ModelError
        """
        from ..inference.kauppila_model import KauppilaModel
        from ..inference.model_folder import RADIOGRAPH, ModelFolder

        self.running()
        for model in self.models:
            if (model / _OF_SCORE).is_file():
                KauppilaModel.open(model)
            elif not model.is_dir() or any((model / name).is_file() for name in _OF_NNUNET):
                ModelFolder.open(model, kind=RADIOGRAPH)

    def document(self) -> dict:
        """Return what was chosen about the image, JSON values: what is as by default is not in it."""
        return self.reading.document()


def case_steps(
    path: Path, choices: CaseChoices | None = None, worker: Worker | None = None
) -> Steps[tuple[RadiographResult, RadiographImage]]:
    """Read and score a radiograph.

    Parameters
    ----------
    path : Path
        As for :func:`.reading.read_radiograph`.
    choices : CaseChoices, optional
    worker : Worker, optional
        A process to use again, which keeps its models; otherwise one is started and ended.

    Returns
    -------
    RadiographResult
        With the flags of the file and of what was found (:mod:`.sense`); without numbers where they forbid it.
    RadiographImage

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    from .analysis import analyze_radiograph_steps

    choices = choices or CaseChoices()
    running = choices.running()
    yield Progress("Reading the radiograph", 0.0)
    image = read_radiograph(path, choices.reading)
    analysis = analyze_radiograph_steps(
        image.radiograph,
        running,
        identity=image.identity,
        flags=image.flags,
        parameters=choices.document(),
        worker=worker,
    )
    result = yield from scaled(analysis, 0.1, 1.0)
    return sensible(result), image
