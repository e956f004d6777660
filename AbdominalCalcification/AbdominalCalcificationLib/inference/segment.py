"""Segmenting one CT in the worker process: what the pipeline calls."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..anatomy import TERRITORIES
from ..effort import Effort
from ..errors import InferenceError, InputError, ModelError
from ..flags import Flag
from ..geometry import Volume
from ..names import normalized
from ..processes.worker import Worker
from ..progress import Progress, Steps
from .devices import check_device_name
from .job import Job, ModelUse
from .merging import provided_by
from .model_folder import ModelFolder
from .worker import ARTERIES_FILE, CALCIFICATION_FILE, CT_FILE, SIGNS_FILE, save_array_steps

_HANDING = Progress("Handing the image to the segmentation process", 0.0)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What the models found.

    Attributes
    ----------
    arteries : Volume
        uint8 territory labels.
    calcification : Volume or None
        uint8, 1 where calcified; None where no calcification model was named.
    device : str
        Where the networks ran: ``cpu``, ``cuda``, ``mps``; ``none`` where none had to run.
    messages : tuple of str
        What the user should know: labels that were left out, a device that was fallen back to.
    flags : dict of str to tuple of Flag
        What anatomical sense did to a mask that was made, by its role: ``arteries``, ``calcification``.
    artery_signs : dict of str to (float, float), or None
        See :func:`certainty.artery_signs`; None where they were not asked for.
    calcification_signs : ndarray of uint8, shape (k, j, i), or None
        See :func:`certainty.packed_signs`; likewise.
    """

    arteries: Volume
    calcification: Volume | None
    device: str
    messages: tuple[str, ...]
    flags: Mapping[str, tuple[Flag, ...]] = field(default_factory=dict)
    artery_signs: Mapping[str, tuple[float, float]] | None = None
    calcification_signs: np.ndarray | None = None


def segment_steps(
    ct: Volume,
    artery_models: Sequence[ModelFolder],
    calcification_model: ModelFolder | None,
    *,
    arteries: Volume | None = None,
    device: str = "auto",
    label_names: Mapping[str, str] | None = None,
    trust: bool = False,
    worker: Worker | None = None,
    precision: str = "auto",
    plain_nnunet: bool = False,
    effort: Effort | None = None,
    signs_of: Collection[str] = (),
) -> Steps[Segmentation]:
    """Segment `ct` with nnU-Net models in a worker process.

    Several artery models are merged by label name (see :mod:`merging`). Calcification is looked
    for within 5 mm of the arteries.

    Parameters
    ----------
    ct : Volume
        HU, on any grid.
    artery_models : sequence of ModelFolder
        Not used where `arteries` is given.
    calcification_model : ModelFolder or None
    arteries : Volume, optional
        uint8 territory labels on the grid of `ct`.
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    label_names : mapping of str to str, optional
        Names of labels that are not understood, to names of territories (or ``calcification``).
    trust : bool
        Load checkpoints that need more than weights; they can run code.
    worker : Worker, optional
        A process to use again; otherwise one is started and ended. Closing the generator ends it.
    precision : {'auto', 'float32'}
        ``auto`` lets networks run at half precision where the hardware has it.
    plain_nnunet : bool
        Run the networks just as nnU-Net does, tile by tile over the whole image: slow, for checking.
    effort : Effort, optional
        Its folds are those that the models were opened with.
    signs_of : collection of {'arteries', 'calcification'}
        Of which masks signs of certainty are wanted, where they are made; not on the plain road, and of arteries
        where one model with a label for each territory makes them.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    job, notes = plan_job(artery_models if arteries is None else (), calcification_model, device, label_names, trust)
    effort = effort or Effort()
    job = replace(
        job,
        precision=precision,
        plain_nnunet=plain_nnunet,
        tile_step=effort.tile_step,
        mirroring=effort.mirroring,
    )
    job = replace(job, signs_of=[] if plain_nnunet else [role for role in signs_of if _has_signs(job, role)])
    if arteries is None and not job.arteries:
        raise InputError("There is neither an artery model nor an artery mask; name one of them.")
    if arteries is not None and not arteries.grid.same_as(ct.grid):
        raise InputError("The artery mask and the CT have different grids; align the mask to the CT first.")
    if ct.array.dtype.kind == "f" and not np.isfinite(ct.array).all():
        raise InputError("The CT has voxels that are not numbers (NaN or infinite); export it again.")
    for note in notes:
        yield Progress("Preparing", 0.0, message=note)
    if not job.arteries and job.calcification is None:
        return Segmentation(arteries, None, "none", tuple(notes))
    found = yield from _in_worker_steps(job, ct, arteries, worker)
    return replace(found, messages=(*notes, *found.messages))


def _has_signs(job: Job, role: str) -> bool:
    if role == "calcification":
        return job.calcification is not None
    return len(job.arteries) == 1 and all(len(names) == 1 for names in job.arteries[0].labels.values())


def _in_worker_steps(job: Job, ct: Volume, arteries: Volume | None, worker: Worker | None) -> Steps[Segmentation]:
    """Run `job` in `worker`, or in a process that is ended afterwards."""
    own = worker is None
    worker = worker or Worker()
    folder = None
    try:
        yield _HANDING
        folder = yield from _hand_over_steps(worker.folder, ct, arteries)
        event = yield from worker.steps(
            {
                "folder": str(folder),
                "job": job.to_json(),
                "ijk_to_ras": ct.grid.ijk_to_ras.tolist(),
                "arteries_given": arteries is not None,
            }
        )
        found = arteries or ct.with_array(np.load(folder / ARTERIES_FILE))
        calcification = ct.with_array(np.load(folder / CALCIFICATION_FILE)) if job.calcification is not None else None
        flags = {
            role: tuple(Flag(e["code"], e["message"], e["territory"]) for e in event["flags"] if e["role"] == role)
            for role in ("arteries", "calcification")
        }
        signs = np.load(folder / SIGNS_FILE) if "calcification" in job.signs_of else None
        of_arteries = event.get("artery_signs")
        of_arteries = None if of_arteries is None else {name: tuple(each) for name, each in of_arteries.items()}
        return Segmentation(found, calcification, event["device"], tuple(event["messages"]), flags, of_arteries, signs)
    finally:
        if own:
            worker.close()
        elif folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def plan_job(
    artery_models: Sequence[ModelFolder],
    calcification_model: ModelFolder | None,
    device: str = "auto",
    label_names: Mapping[str, str] | None = None,
    trust: bool = False,
) -> tuple[Job, list[str]]:
    """Decide what each model's labels are used for, before any process is started.

    Returns
    -------
    job : Job
    notes : list of str
        Labels and territories that are left out, and why.

    Raises
    ------
    InputError, ModelError
        Where a model has no label that can be used, or `label_names` names none.
    """
    check_device_name(device)
    models = [*artery_models, *([calcification_model] if calcification_model is not None else [])]
    every_label = {normalized(name) for model in models for name in model.labels}
    for name in label_names or {}:
        if models and normalized(name) not in every_label:
            raise InputError(
                f"No model has a label '{name}' to be mapped; the labels are {', '.join(sorted(every_label))}."
            )

    mappings = [model.territory_mapping(label_names) for model in artery_models]
    notes = []
    for model, mapping in zip(artery_models, mappings, strict=True):
        if not mapping:
            raise ModelError(
                f"No label of the artery model {model.name} is known ({', '.join(model.labels)}); map its labels to "
                f"territories ({', '.join(each.name for each in TERRITORIES)}) or choose another model."
            )
        unused = [name for name, value in model.labels.items() if value not in mapping]
        if unused:
            notes.append(f"{model.name}: not used, since they are no territories: {', '.join(unused)}.")
    for model, mapping, provided in zip(artery_models, mappings, provided_by(mappings), strict=True):
        doubled = sorted({each.name for parts in mapping.values() for each in parts} - provided)
        if doubled:
            notes.append(f"{model.name}: not used, since an earlier model provides them: {', '.join(doubled)}.")

    calcification = None
    if calcification_model is not None:
        labels = calcification_model.calcification_labels(label_names)
        if not labels and len(calcification_model.labels) == 1 and not calcification_model.territory_mapping():
            labels = tuple(
                calcification_model.labels.values()
            )  # One label in a model chosen for calcification is meant.
        if not labels:
            raise ModelError(
                f"No label of {calcification_model.name} is calcification ({', '.join(calcification_model.labels)}); "
                "choose another model or map its label to 'calcification'."
            )
        calcification = _use(calcification_model, dict.fromkeys(labels, ()))
    arteries = [_use(model, mapping) for model, mapping in zip(artery_models, mappings, strict=True)]
    return Job(arteries, calcification, device, trust), notes


def _use(model: ModelFolder, mapping: Mapping[int, Sequence]) -> ModelUse:
    labels = {str(label): [each.name for each in territories] for label, territories in mapping.items()}
    return ModelUse(str(model.path), list(model.folds), labels)


def _hand_over_steps(place: Path, ct: Volume, arteries: Volume | None) -> Steps[Path]:
    """Write the arrays of a job into a new folder in `place` and return it."""
    folder, is_done = None, False
    try:
        folder = Path(tempfile.mkdtemp(prefix="job-", dir=place))
        for name, volume in ((CT_FILE, ct), (ARTERIES_FILE, arteries)):
            if volume is not None:
                for _ in save_array_steps(folder / name, volume.array):
                    yield _HANDING
        is_done = True
        return folder
    except OSError as error:
        raise InferenceError(
            f"The image could not be handed to the segmentation process ({error.strerror} in {place}); "
            "free some space for temporary files."
        ) from error
    finally:
        if folder is not None and not is_done:
            shutil.rmtree(folder, ignore_errors=True)  # it holds the space that is lacking
