"""Where a better model goes: whole, into a place of its own, never over another one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..claiming import claimed
from ..durable import cannot_write, sync_all
from ..errors import InputError
from ..inference import ModelFolder, models_folder
from ..inference.model_folder import CT
from ..leftovers import unfinished_folder
from ..signals import shielded
from ..training.job import PLANS


def check_output(output: Path) -> None:
    """Refuse a place for the model that holds something, or cannot be written; InputError."""
    there = next(each for each in (output, *output.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"'{there}' cannot be written; name another folder for the model with --output.")
    if output.is_dir() and any(not each.name.startswith(".claimed-") for each in output.iterdir()):
        raise InputError(f"'{output}' is not empty; name a new folder for the model with --output.")


def place_of(output: str | None, name: str) -> Path:
    """Return where a model is to be written: as it is named, else where `models list` and the panel look for models."""
    if output is not None:
        return Path(output)
    folder, number = models_folder() / name, 1
    while folder.exists():
        number += 1
        folder = models_folder() / f"{name}-{number}"
    return folder / f"nnUNetTrainer__{PLANS}__{CT.configuration}"


def offer(candidate: Path, place: Path) -> ModelFolder:
    """Copy a model folder with its card; appears whole or not at all.

    Raises
    ------
    InputError, ModelError
    """
    check_output(place)
    try:
        with claimed(place), unfinished_folder(place.parent, place.name) as temporary:
            copied = temporary / place.name
            _copy(candidate, copied)
            ModelFolder.open(copied)
            sync_all(copied)
            with shielded(commits=True):
                if place.is_dir():
                    place.rmdir()
                copied.rename(place)
    except OSError as error:
        raise cannot_write(place, error) from None
    return ModelFolder.open(place)


def _copy(candidate: Path, copied: Path) -> None:
    """Copy the files of a model, and no temporary ones; OSError with its reason, which shutil.copytree's has not."""
    for file in sorted(each for each in candidate.rglob("*") if each.is_file()):
        name = file.relative_to(candidate)
        if not any(part.startswith(".") for part in name.parts):
            (copied / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copied / name)
