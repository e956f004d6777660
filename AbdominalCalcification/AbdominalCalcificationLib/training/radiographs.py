"""Virtual radiographs to learn from: an nnU-Net raw dataset of vertebrae, and films for the Kauppila score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..durable import write_text
from ..errors import InputError
from ..geometry import Grid, Volume
from ..leftovers import sweep
from ..progress import Steps
from ..radiograph.image import Radiograph
from ..radiograph.kauppila import Segment
from ..radiograph.resampling import raster_at
from ..radiograph.spine import vertebrae_of
from ..reporting.images import write_volume
from ..reporting.packed import is_whole_nifti
from ..simulation.labelled import AnatomyMix
from .film_appearance import unlike
from .kauppila.films import film_of, read_film, write_film
from .simulated import case_names, made_steps
from .tasks import SLICE_MM, VERTEBRAE_TASK, dataset_document

FILMS_FOLDER = "films"
# Of every so manieth radiograph, the severity is drawn evenly.
_ANY_EVERY = 3
# Share of the films of vertebrae that look like no film (:mod:`.film_appearance`); films for the score are written as
# they are, and change when they are learnt from.
_UNLIKE, _UNLIKE_STREAM = 0.6, 7717


def radiograph_folders(raw: Path) -> list[Path]:
    """Return the folders in which virtual radiographs are written."""
    dataset = raw / VERTEBRAE_TASK.dataset
    return [dataset, dataset / "imagesTr", dataset / "labelsTr", raw / FILMS_FOLDER]


def radiograph_steps(
    raw_folder: Path | str, seeds: Sequence[int], processes: int = 1, anatomy: AnatomyMix | None = None
) -> Steps[None]:
    """Write virtual radiographs as the vertebrae's raw dataset and as films; those that are there already are kept.

    Parameters
    ----------
    raw_folder : path
        ``nnUNet_raw``; films lie in a folder beside the dataset.
    seeds : sequence of int
    processes : int
    anatomy : AnatomyMix, optional
        Label maps that some of the patients are made from.

    Raises
    ------
    InputError
        Where the folder holds radiographs of other seeds or label maps already, and for label maps that cannot be used.
    """
    raw = Path(raw_folder)
    names = case_names(seeds, anatomy)
    for folder in radiograph_folders(raw):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        there = {each.name.split(".")[0].removesuffix("_0000") for each in folder.glob("sim_*")}
        if others := sorted(there - set(names)):
            raise InputError(
                f"'{raw}' holds virtual radiographs of other seeds or label maps ({others[0]}); "
                "name another work folder."
            )
    todo = [(seed, name, raw, anatomy) for seed, name in zip(seeds, names, strict=True)]
    yield from made_steps("Simulating radiographs", _make_radiograph, todo, processes, radiograph_folders(raw))
    document = dataset_document(VERTEBRAE_TASK.dataset, VERTEBRAE_TASK, len(names))
    write_text(raw / VERTEBRAE_TASK.dataset / "dataset.json", json.dumps(document, indent=1) + "\n")


def _make_radiograph(seed: int, name: str, raw: Path, anatomy: AnatomyMix | None) -> str:
    from ..radiograph.simulation import simulate_radiograph

    dataset = raw / VERTEBRAE_TASK.dataset
    image, label = dataset / "imagesTr" / f"{name}_0000.nii.gz", dataset / "labelsTr" / f"{name}.nii.gz"
    film = raw / FILMS_FOLDER / f"{name}.npz"
    if all(file.is_file() and is_whole_nifti(file) for file in (image, label)) and _is_film(film):
        return name
    source = None if anatomy is None else anatomy.anatomy_of(seed)
    virtual = simulate_radiograph(seed, severity=training_severity(seed), anatomy=source)
    radiograph, labels, contrast = virtual.radiograph, virtual.labels, virtual.contrast
    segments = [segment_of(each) for each in virtual.truth["segments"]]
    if radiograph.faces == "right":
        labels, contrast = labels[:, ::-1], contrast[:, ::-1]
        segments = [_mirrored(each, radiograph) for each in segments]
        radiograph = radiograph.facing_left()
    coarse = coarse_labels(labels, radiograph.step)
    pixels = raster_at(radiograph.pixels, radiograph.step, VERTEBRAE_TASK.spacing_mm).pixels
    write_volume(image, as_volume(training_look(seed, pixels, coarse)))
    write_volume(label, as_volume(coarse))
    write_film(film, film_of(radiograph, vertebrae_of(labels, radiograph.step), segments, contrast))
    return name


def training_look(seed: int, pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the film of a seed, at the network's spacing, as vertebrae are learnt from it: most look otherwise."""
    rng = np.random.default_rng([seed, _UNLIKE_STREAM])
    if rng.uniform() >= _UNLIKE:
        return pixels
    return unlike(pixels, labels, VERTEBRAE_TASK.spacing_mm, rng)


def training_severity(seed: int) -> float | None:
    """Return the severity of the radiograph of a seed to learn from: of every third one any, else the patient's own.

    Patients of vascular CTs, as they are drawn, have much calcium; radiographs are taken of others too.
    """
    if seed % _ANY_EVERY:
        return None
    return float(np.random.default_rng([seed, _ANY_EVERY]).uniform())


def segment_of(said: dict) -> Segment:
    """Return one part of a score as ``truth.json`` and ``radiograph.json`` have it."""
    line = tuple((float(x), float(y)) for x, y in said["line"])
    deposits = tuple((float(start), float(end)) for start, end in said["deposits"])
    return Segment(
        said["vertebra"], said["wall"], said["score"], None, said["extent_fraction"], line, deposits, said["origin"]
    )


def as_volume(pixels: np.ndarray) -> Volume:
    """Return pixels at the network's spacing as a volume of one slice."""
    spacing = VERTEBRAE_TASK.spacing_mm
    return Volume(pixels[None], Grid.from_spacing((1, *pixels.shape), (spacing, spacing, SLICE_MM)))


def coarse_labels(labels: np.ndarray, step: Sequence[float]) -> np.ndarray:
    """Return a label map at the network's spacing: of each pixel the label that most of it has."""
    shares = [raster_at(labels == value, step, VERTEBRAE_TASK.spacing_mm).pixels for value in range(9)]
    return np.argmax(shares, axis=0).astype(np.uint8)


def _mirrored(segment: Segment, radiograph: Radiograph) -> Segment:
    line = radiograph.mirrored_points(np.array(segment.line).reshape(-1, 2))
    return Segment(**{**segment.__dict__, "line": tuple((float(x), float(y)) for x, y in line)})


def _is_film(path: Path) -> bool:
    try:
        return path.is_file() and read_film(path) is not None
    except InputError:
        return False
