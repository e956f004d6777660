"""A radiograph from pixels to its result: the networks in the worker process, everything else here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import InferenceError
from ..flags import Flag
from ..inference.devices import check_device_name
from ..inference.kauppila_model import KauppilaModel
from ..inference.model_folder import RADIOGRAPH, ModelFolder
from ..inference.worker import LABELS_FILE, PIXELS_FILE, save_array
from ..processes.worker import Worker
from ..progress import Progress, Steps
from ..reporting.provenance import build_provenance
from ..resources import bundled_kauppila_model, bundled_vertebra_model, resources_folder
from .image import Radiograph
from .kauppila import KauppilaScore, Segment
from .result import RadiographResult
from .sense import sensible
from .spine import Vertebra

# By so much better one side has to be than the other one (:func:`..inference.radiograph_job.quality_of`): as many
# vertebrae, or as much surer of their names.
_SURE_OF_FACING = 0.5


@dataclass(frozen=True)
class RadiographChoices:
    """What the user decides about the analysis of a radiograph.

    Attributes
    ----------
    vertebra_model : path or None
        nnU-Net v2 model folder (2D); the bundled one where None.
    kauppila_model : path or None
        Model folder of the Kauppila score; the bundled one where None.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    trust : bool
        Load an nnU-Net checkpoint that needs more than weights; it can run code.
    """

    vertebra_model: Path | str | None = None
    kauppila_model: Path | str | None = None
    device: str = "auto"
    trust: bool = False


def analyze_radiograph_steps(
    radiograph: Radiograph,
    choices: RadiographChoices | None = None,
    *,
    identity: Mapping | None = None,
    flags: Sequence[Flag] = (),
    parameters: Mapping | None = None,
    worker: Worker | None = None,
) -> Steps[RadiographResult]:
    """Find the vertebrae of a radiograph and score it, in a worker process.

    Parameters
    ----------
    radiograph : Radiograph
    choices : RadiographChoices, optional
    identity : mapping, optional
        What the result records of the image.
    flags : sequence of Flag
        What reading the image has to say; they come first in the result. Where they say that it was only assumed which
        way the patient faces, the networks look both ways.
    parameters : mapping, optional
        What else was chosen, to be recorded.
    worker : Worker, optional
        A process to use again, which keeps the models; otherwise one is started and ended. Closing the generator ends
        it.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    choices = choices or RadiographChoices()
    check_device_name(choices.device)
    vertebra_model = ModelFolder.open(choices.vertebra_model or bundled_vertebra_model(), kind=RADIOGRAPH)
    kauppila_model = KauppilaModel.open(choices.kauppila_model or bundled_kauppila_model())
    faces = None if any(flag.code == "facing_assumed" for flag in flags) else radiograph.faces
    own = worker is None
    worker = worker or Worker()
    folder = None
    try:
        yield Progress("Handing the image to the process that reads it", 0.0)
        folder = _handed_over(worker.folder, radiograph)
        event = yield from worker.steps(
            {
                "do": "radiograph",
                "folder": str(folder),
                "radiograph": {
                    "spacing_mm": radiograph.spacing_mm,
                    "faces": faces,
                    "aspect": radiograph.aspect,
                },
                "choices": {
                    "vertebra_model": str(vertebra_model.path),
                    "kauppila_model": str(kauppila_model.path),
                    "device": choices.device,
                    "trust": choices.trust,
                },
            }
        )
        labels = np.load(folder / LABELS_FILE)
    finally:
        if own:
            worker.close()
        elif folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    found = event["found"]
    models = [
        {"role": "vertebrae", **vertebra_model.identity()},
        {"role": "kauppila", **kauppila_model.identity()},
    ]
    used = {**(parameters or {}), "device": event["device"], "interval_inflation": kauppila_model.inflation}
    result = RadiographResult(
        radiograph=replace(radiograph, faces=found["faces"]),
        labels=labels,
        vertebrae={each["name"]: _vertebra(each) for each in found["vertebrae"]},
        score=KauppilaScore(tuple(_segment(each) for each in found["segments"])),
        inflation=kauppila_model.inflation,
        flags=(*_flags_with(flags, found), *_of_models(vertebra_model.path, kauppila_model.path)),
        parameters=used,
        provenance=build_provenance(identity, models=models, parameters=used),
    )
    return sensible(result)


def _handed_over(place: Path, radiograph: Radiograph) -> Path:
    """Write the pixels into a new folder in `place` and return it."""
    folder = Path(tempfile.mkdtemp(prefix="radiograph-", dir=place))
    try:
        save_array(folder / PIXELS_FILE, radiograph.pixels)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)  # it holds the space that is lacking
        raise InferenceError(
            f"The image could not be handed to the process that reads it ({error.strerror} in {place}); "
            "free some space for temporary files."
        ) from error
    return folder


def _of_models(finding: Path, scoring: Path) -> list[Flag]:
    """Return the flags of models that ship with the program, where one is among them."""

    def is_bundled(model: Path) -> bool:
        return resources_folder().resolve() in model.resolve().parents

    if not is_bundled(finding) and not is_bundled(scoring):
        return []
    text = "Scored by models that were trained on simulated radiographs: for trying and testing, not for diagnosis."
    flags = [Flag("bundled_model", text)]
    if is_bundled(scoring):
        text = "The score is that of a model of simulated radiographs, which cannot tell calcium on real ones."
        flags.append(Flag("score_unproven", text))
    return flags


def _flags_with(given: Sequence[Flag], found: Mapping) -> tuple[Flag, ...]:
    """Return the flags of the image with what the networks have to say about themselves."""
    flags, levels, lead = list(given), found["levels"], found["facing_lead"]
    if levels["is_uncertain"]:
        text = f"Another naming of the vertebrae ({', '.join(levels['names'])}) is nearly as likely."
        flags.append(Flag("level_uncertain", text))
    if lead is not None:
        text = f"What the network recognises, and the skin, say that the patient's front is on the {found['faces']}."
        flags.append(Flag("facing_by_network", text))
        if lead >= _SURE_OF_FACING:
            flags = [flag for flag in flags if flag.code != "facing_assumed"]
        elif not any(flag.code == "facing_assumed" for flag in flags):
            text = f"Nothing says where the patient's front is; it was taken to be on the {found['faces']}."
            flags.append(Flag("facing_assumed", text))
    return tuple(flags)


def _vertebra(said: Mapping) -> Vertebra:
    corners = tuple((float(x), float(y)) for x, y in said["corners"])
    return Vertebra(said["name"], (float(said["center"][0]), float(said["center"][1])), corners, float(said["area"]))


def _segment(said: Mapping) -> Segment:
    pairs = {name: tuple((float(a), float(b)) for a, b in said[name]) for name in ("line", "deposits")}
    probabilities = said["probabilities"]
    return Segment(
        **{**said, **pairs, "probabilities": None if probabilities is None else tuple(float(p) for p in probabilities)}
    )
