"""A trained network as a model folder for use."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..durable import cannot_write, sync_all, write_text
from ..errors import InputError, WriteError
from ..inference import ModelFolder
from ..inference.checkpoint import halved, load_checkpoint, save_checkpoint, saving
from ..leftovers import unfinished_folder
from ..replacing import replacing
from .job import Job
from .trainer import FINAL


def check_destination(destination: Path, fold: str, overwrite: bool) -> None:
    """Refuse a place for the model that is taken or cannot be written, before any work is done; InputError."""
    there = next(each for each in (destination, *destination.resolve().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"'{there}' cannot be written; name another folder for the model.")
    if (destination / f"fold_{fold}").exists() and not overwrite:
        raise InputError(f"'{destination}' holds fold {fold} of a model already; name another or add --overwrite.")
    if destination.is_dir() and any(destination.iterdir()) and not (destination / "plans.json").is_file():
        raise InputError(f"'{destination}' holds other things than a model; name a new folder.")


def ship(job: Job, destination: Path, overwrite: bool = False) -> ModelFolder:
    """Write what was trained as a plain nnU-Net model folder: weights only, and the two files that explain them.

    Stock nnU-Net reads it: the trainer is named ``nnUNetTrainer``, whose network is the same. Weights of the
    small network are stored as 16-bit floats. Other folds of the same model stay.

    Parameters
    ----------
    job : Job
    destination : Path
        Appears whole or not at all.
    overwrite : bool
        Replace the fold, or the whole model where it is another one.

    Raises
    ------
    InputError, ModelError
        Where the folder is not to be replaced, or cannot be written. Who calls this has claimed it
        (:func:`claiming.claimed`).
    """

    check_destination(destination, job.fold, overwrite)
    trained = job.fold_folder / FINAL
    if not trained.is_file():
        raise InputError(f"There is no finished training in '{job.fold_folder}'; let train come to its end first.")
    checkpoint = load_checkpoint(trained, job.trust)
    plans = json.loads((job.trained / "plans.json").read_text(encoding="utf-8"))
    plans.pop("continue_training", None)
    texts = {
        "plans.json": json.dumps(plans, indent=1) + "\n",
        "dataset.json": (job.trained / "dataset.json").read_text(encoding="utf-8"),
    }
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(destination.parent, destination.name) as folder:
            temporary = folder / destination.name
            (temporary / f"fold_{job.fold}").mkdir(parents=True)
            weights = _weights_only(checkpoint, job)
            save_checkpoint(temporary / f"fold_{job.fold}" / FINAL, saving(weights))
            for name, text in texts.items():
                write_text(temporary / name, text)
            ModelFolder.open(temporary, kind=job.task.kind)
            sync_all(temporary)
            if destination.is_dir() and all(_text(destination / name) == text for name, text in texts.items()):
                fold = f"fold_{job.fold}"
                with replacing(destination, "model") as replacement:
                    replacement.put_in(temporary / fold, fold)
            else:
                if destination.is_dir() and any(destination.iterdir()) and not overwrite:
                    raise InputError(f"'{destination}' holds another model; name another or add --overwrite.")
                with replacing(destination.parent, "model", destination.name) as replacement:
                    replacement.put_in(temporary, destination.name)
    except WriteError as error:
        raise error.of(destination) from None
    except OSError as error:
        raise cannot_write(destination, error) from None
    return ModelFolder.open(destination, kind=job.task.kind)


def _weights_only(checkpoint: dict, job: Job) -> dict:
    weights = checkpoint["network_weights"]
    if job.small is not None:
        weights = halved(weights)
    axes = checkpoint["inference_allowed_mirroring_axes"]
    return {
        "network_weights": weights,
        "init_args": {
            "configuration": job.task.configuration,
            "fold": job.fold if job.fold == "all" else int(job.fold),
        },
        "trainer_name": "nnUNetTrainer",
        "inference_allowed_mirroring_axes": None if axes is None else tuple(axes),
    }


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
