"""What an nnU-Net model can learn: its labels, and whether a dataset teaches them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..anatomy import TERRITORIES, territories_of_name
from ..bounded import read_json
from ..errors import InputError
from ..inference.model_folder import CT, RADIOGRAPH, ImageKind
from ..names import is_calcification_name
from ..radiograph.spine import LABELS as VERTEBRAE
from ..reading import read_mask
from ..reading.images import read_grid
from ..reporting.packed import is_whole_nifti


@dataclass(frozen=True)
class Task:
    """What a model learns.

    Attributes
    ----------
    name : str
        ``arteries``, ``calcification`` or ``vertebrae``.
    dataset : str
        nnU-Net dataset name for virtual patients.
    labels : dict of str to int
        As in dataset.json.
    spacing_mm : float
        Isotropic spacing of the bundled network.
    patch : tuple of int
        Its voxels along z, y, x; along rows and columns of a radiograph.
    kind : ImageKind
        What the images are.
    features : tuple of int
        Of the bundled network, stage by stage.
    batch : int
        Patches in a step of its training.
    """

    name: str
    dataset: str
    labels: dict
    spacing_mm: float
    patch: tuple[int, ...]
    kind: ImageKind = CT
    features: tuple[int, ...] = (8, 16, 32, 64, 96)
    batch: int = 2

    @property
    def configuration(self) -> str:
        """nnU-Net's name for networks of so many axes."""
        return self.kind.configuration

    @property
    def target_spacing_mm(self) -> list[float]:
        """Spacing of preprocessed cases along k, j, i; radiographs are volumes of one thick slice."""
        slices = [SLICE_MM] if self.kind.axes == 2 else [self.spacing_mm]
        return [*slices, self.spacing_mm, self.spacing_mm]


# Of the only slice that a radiograph is as a volume: thicker than any pixel is wide, by which nnU-Net knows its plane.
SLICE_MM = 20.0

# Of a CT.
TASKS = {
    "arteries": Task(
        "arteries",
        "Dataset901_SimulatedArteries",
        {"background": 0, **{t.name: t.label for t in TERRITORIES}},
        # Masks alone lose a fifth of the thin arteries at 2 mm. Which artery it is shows in 96 mm of surroundings.
        1.5,
        (64, 64, 64),
    ),
    "calcification": Task(
        "calcification",
        "Dataset902_SimulatedCalcification",
        {"background": 0, "calcification": 1},
        # Brought from 1 to 1.25 mm and back, exact masks keep a Dice of 0.77 to 0.84.
        1.0,
        (48, 48, 48),
    ),
}
# Of a lateral radiograph. Which lumbar vertebra it is shows by the sacrum: the patch holds most of the film.
VERTEBRAE_TASK = Task(
    "vertebrae",
    "Dataset903_SimulatedVertebrae",
    {"background": 0, **VERTEBRAE},
    1.2,
    (320, 256),
    RADIOGRAPH,
    (16, 32, 64, 96, 128, 128),
    4,
)
EVERY_TASK = {**TASKS, VERTEBRAE_TASK.name: VERTEBRAE_TASK}


# Folder of a raw dataset beside nnU-Net's own, which nnU-Net passes over: label maps of places, named like the cases,
# that training is to look at as often as at each label (see :mod:`.places`).
PLACES_FOLDER = "placesTr"


@dataclass(frozen=True)
class RawDataset:
    """An nnU-Net v2 raw dataset.

    Attributes
    ----------
    folder : Path
    cases : tuple of str
        Training cases.
    test_cases : int
    file_ending : str
    """

    folder: Path
    cases: tuple[str, ...]
    test_cases: int
    file_ending: str

    def image(self, case: str) -> Path:
        """Return the CT of a training case."""
        return self.folder / "imagesTr" / f"{case}_0000{self.file_ending}"

    def label(self, case: str) -> Path:
        """Return its label map."""
        return self.folder / "labelsTr" / f"{case}{self.file_ending}"

    def places(self) -> dict[str, Path]:
        """Return the maps of other places to look at, of the training cases that have one."""
        files = {case: self.folder / PLACES_FOLDER / f"{case}{self.file_ending}" for case in self.cases}
        return {case: file for case, file in files.items() if file.is_file()}


def dataset_document(name: str, task: Task, cases: int) -> dict:
    """Return the dataset.json of an nnU-Net raw dataset."""
    return {
        "name": name,
        "channel_names": {"0": task.kind.name},
        "labels": task.labels,
        "numTraining": cases,
        "file_ending": ".nii.gz",
        "overwrite_image_reader_writer": "SimpleITKIO",
    }


def check_dataset_name(folder: Path) -> str:
    """Return the name of a dataset folder; InputError where nnU-Net would not know it as one."""
    if not re.fullmatch(r"Dataset\d{3}_\w+", folder.name, re.ASCII):
        raise InputError(f"'{folder.name}' is no name of an nnU-Net dataset; name it like Dataset101_Arteries.")
    return folder.name


def open_dataset(folder: Path, task: Task) -> RawDataset:
    """Check that `folder` is a raw dataset that teaches `task`.

    Raises
    ------
    InputError
        Naming the first thing that is wrong.
    """
    if not folder.is_dir():
        raise InputError(f"There is no dataset '{folder}'; make one with export-dataset, or name another folder.")
    folder = folder.resolve()
    check_dataset_name(folder)
    document = read_document(folder)
    channels = document.get("channel_names")
    if not isinstance(channels, dict) or [str(each).casefold() for each in channels.values()] != [
        task.kind.name.casefold()
    ]:
        raise InputError(
            f"'{folder}' does not have {task.kind.name} as its only channel; name a dataset of {task.kind.name}s."
        )
    _check_labels(folder, document.get("labels"), task)
    ending = str(document.get("file_ending", ""))
    images = _names(folder / "imagesTr", f"_0000{ending}")
    labels = _names(folder / "labelsTr", ending)
    if not images:
        raise InputError(f"'{folder}' holds no training cases in imagesTr; add some with export-dataset.")
    if alone := sorted(images ^ labels):
        raise InputError(
            f"The case '{alone[0]}' in '{folder}' lacks its {'label' if alone[0] in images else 'image'}; "
            "remove it or export it again."
        )
    return RawDataset(folder, tuple(sorted(images)), len(_names(folder / "imagesTs", f"_0000{ending}")), ending)


def check_cases(dataset: RawDataset) -> Iterator[int]:
    """Look at every training case; yield how many are done.

    Raises
    ------
    InputError
        For a label map that holds what dataset.json does not name, lies elsewhere than its image or is empty
        throughout the dataset: nnU-Net would stop in the middle, or learn nothing.
    """
    known = set(read_document(dataset.folder)["labels"].values())
    labelled, places = False, dataset.places()
    for number, case in enumerate(dataset.cases, start=1):
        for file in (dataset.image(case), dataset.label(case)):
            if dataset.file_ending == ".nii.gz" and not is_whole_nifti(file):
                raise InputError(f"'{file}' is not whole; copy or export it again.")
        mask = read_mask(dataset.label(case))
        grid = read_grid(dataset.image(case))
        if case in places and not read_grid(places[case]).same_as(grid, tolerance_mm=0.1):
            raise InputError(
                f"The map of places of '{case}' in '{dataset.folder}' does not lie on its image; remove it."
            )
        if not mask.grid.same_as(grid, tolerance_mm=0.1):
            raise InputError(f"Image and label of '{case}' in '{dataset.folder}' do not lie on one grid; align them.")
        if strangers := set(np.flatnonzero(np.bincount(mask.array.ravel())).tolist()) - known:
            raise InputError(
                f"The label map of '{case}' in '{dataset.folder}' holds {min(strangers)}, which dataset.json does not "
                "name; correct one of them."
            )
        labelled = labelled or bool(mask.array.any())
        yield number
    if not labelled:
        raise InputError(f"Nothing is labelled in '{dataset.folder}'; there is nothing to learn.")


def read_document(folder: Path) -> dict:
    """Return the dataset.json of a dataset folder; InputError where there is none."""
    try:
        document = read_json(folder / "dataset.json")
    except (OSError, ValueError):
        raise InputError(f"'{folder}' has no readable dataset.json; make datasets with export-dataset.") from None
    if not isinstance(document, dict):
        raise InputError(f"The dataset.json of '{folder}' is not that of a dataset; make it with export-dataset.")
    return document


def _check_labels(folder: Path, labels: Mapping | None, task: Task) -> None:
    if not isinstance(labels, dict) or labels.get("background") != 0:
        raise InputError(f"The dataset.json of '{folder}' has no labels with background 0; correct it.")
    if not all(type(value) is int for value in labels.values()):
        raise InputError(f"'{folder}' has region-based labels, which analyze cannot use; give every label one number.")
    names = [name for name in labels if name != "background"]
    if task.name == "vertebrae":
        strangers = [name for name in names if name != "ignore" and name not in task.labels]
        wanted = "vertebral bodies: " + ", ".join(name for name in task.labels if name != "background")
    elif task.name == "arteries":
        strangers = [name for name in names if name != "ignore" and not territories_of_name(name)]
        wanted = "arteries: " + ", ".join(name for name in task.labels if name != "background")
    else:
        strangers = [name for name in names if name != "ignore" and not is_calcification_name(name)]
        wanted = "'calcification' alone"
    if strangers or not names:
        stated = f"'{strangers[0]}'" if strangers else "nothing"
        raise InputError(f"'{folder}' has {stated} among its labels, but this model learns {wanted}.")


def _names(folder: Path, ending: str) -> set[str]:
    """Return the cases that have a file of this ending in `folder`."""
    if not folder.is_dir():
        return set()
    return {each.name[: -len(ending)] for each in folder.iterdir() if each.name.endswith(ending)}
