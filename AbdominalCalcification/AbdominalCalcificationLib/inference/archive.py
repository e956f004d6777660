"""Bringing models in: from a zip or a folder into the place where models are kept.

A zip may come from anywhere, so nothing in it is believed: no member may leave its folder, be
a link, or unpack to more than is plausible. What is copied is checked first, in a temporary
folder that is renamed into place or removed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..bounded import DAMAGED_ZIP, check_unpacked, check_zip
from ..claiming import claimed
from ..durable import sync, sync_all
from ..errors import ModelError
from ..explanations import first_line
from ..leftovers import unfinished_folder
from ..paths import data_folder
from ..signals import shielded
from .model_folder import ModelFolder, find_trainer_folder

MODELS_VARIABLE = "ABDOMINAL_CALCIFICATION_MODELS"
MAX_BYTES = 20 << 30
# Weights hardly compress; more than this is a bomb.
MAX_RATIO = 200


def models_folder() -> Path:
    """Return the user's folder for imported models (it need not exist).

    The environment variable ``ABDOMINAL_CALCIFICATION_MODELS`` decides where it is set.
    """
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen).expanduser()
    return data_folder("models")


def installed_models(folder: Path | None = None) -> list[ModelFolder]:
    """Return the usable models in `folder` (by default :func:`models_folder`), sorted by path."""
    models = []
    for plans in sorted((folder or models_folder()).glob("*/*/plans.json")):
        if plans.parents[1].name.startswith("."):
            continue  # left by an import that was killed
        try:
            models.append(ModelFolder.open(plans.parent))
        except ModelError:
            continue
    return models


def import_model(source: Path | str, destination: Path | str) -> ModelFolder:
    """Copy the model in `source` to ``destination/DATASET/TRAINER__PLANS__CONFIGURATION``.

    Parameters
    ----------
    source : path
        A zip (nnU-Net's own export among them) or a folder with exactly one model.
    destination : path
        Where models are kept; made where it does not exist.

    Returns
    -------
    ModelFolder
        The copy.

    Raises
    ------
    ModelError
        With nothing left behind.
    """
    source, destination = Path(source), Path(destination)
    if not source.exists():
        raise ModelError(f"There is no file or folder {source}; check the path.")
    try:
        with claimed(destination, make=True), unfinished_folder(destination, source.name) as temporary:
            if source.is_dir():
                copied = _copy(find_trainer_folder(source), temporary)
            else:
                copied = _unpack(source, temporary)
            model = ModelFolder.open(copied)
            target = destination / _safe_name(model.name) / _safe_name(copied.name)
            if target.exists():
                raise ModelError(f"There is already a model in {target}; remove it first if it is to be replaced.")
            sync_all(copied)
            with shielded(commits=True):
                target.parent.mkdir(exist_ok=True)
                copied.rename(target)
                for each in (target.parent, destination):
                    sync(each)
    except OSError as error:
        raise ModelError(
            f"The model could not be copied to {destination} ({error.strerror or error}); check space and permissions."
        ) from error
    return ModelFolder.open(target)


def _is_part(relative: PurePosixPath) -> bool:
    """Whether a path below the trainer folder belongs to the model: its top files and its checkpoints."""
    parts = relative.parts
    return len(parts) == 1 or (len(parts) == 2 and parts[0].startswith("fold_") and parts[1].endswith(".pth"))


def _copy(trainer: Path, temporary: Path) -> Path:
    target = temporary / trainer.name
    for file in (p for p in trainer.rglob("*") if p.is_file()):
        relative = PurePosixPath(file.relative_to(trainer).as_posix())
        if _is_part(relative):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / relative)
            if (target / relative).stat().st_size != file.stat().st_size:
                raise OSError("a file was copied in part")
    return target


def _unpack(archive: Path, temporary: Path) -> Path:
    try:
        check_zip(archive)
        with zipfile.ZipFile(archive) as opened:
            members = list(_safe_members(archive, opened))
            roots = sorted({path.parent for path, _ in members if path.name == "plans.json"})
            if len(roots) != 1:
                found = "no plans.json" if not roots else f"several models: {', '.join(map(str, roots))}"
                raise ModelError(f"{archive} is not one nnU-Net v2 model ({found}); zip one trainer folder alone.")
            root = roots[0]
            # A zip of the trainer folder's content is named after the zip.
            target = temporary / (_safe_name(root.name) if root.name else _safe_name(archive.stem))
            for path, info in members:
                if path.is_relative_to(root) and _is_part(path.relative_to(root)):
                    file = target / path.relative_to(root)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    # zipfile stops at the declared size and checks the sum, so the sizes checked above hold.
                    check_unpacked(info.file_size, temporary)
                    with opened.open(info) as stream, open(file, "xb") as out:
                        shutil.copyfileobj(stream, out, 1 << 20)
    except DAMAGED_ZIP as error:
        reason = first_line(error) or "damaged"
        raise ModelError(
            f"{archive} is not a readable zip ({reason}); download it again or unpack it by hand."
        ) from error
    return target


def _safe_members(archive: Path, opened: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """Return the files of the zip; ModelError where any member is not what an honest zip holds."""
    infos = opened.infolist()
    total = sum(info.file_size for info in infos)
    packed = max(1, archive.stat().st_size)
    if total > MAX_BYTES or total > MAX_RATIO * packed:
        raise ModelError(
            f"{archive} would unpack from {packed / 2**20:.1f} MiB to {total / 2**30:.1f} GiB; that is no model, "
            "do not use it."
        )
    for info in infos:
        name = info.filename.replace("\\", "/")
        path = PurePosixPath(name)
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name or is_link:
            raise ModelError(
                f"{archive} holds '{ascii(info.filename)[1:-1]}', which would leave its folder when unpacked; "
                "it is not safe, do not use it."
            )
        if not info.is_dir():
            yield path, info


def _safe_name(name: str) -> str:
    """Return `name` as the name of one folder."""
    return re.sub(r"[^\w.()+-]+", "_", name).strip(".") or "model"
