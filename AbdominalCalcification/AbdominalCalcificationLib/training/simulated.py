"""nnU-Net raw datasets made of virtual patients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..durable import write_text
from ..errors import InputError
from ..geometry.volume import Grid, Volume
from ..inference.resampling import axis_maps
from ..leftovers import sweep
from ..processes.spread import results_of
from ..progress import Progress, Steps
from ..reporting.images import sitk_image, write_volume
from ..reporting.packed import is_whole_nifti
from ..simulation import simulate
from ..simulation.fields import FEWEST_VOXELS
from ..simulation.labelled import AnatomyMix
from .sought import places_of
from .tasks import PLACES_FOLDER, TASKS, dataset_document

FIRST_TRAINING_SEED = 1000
# Patients that evaluations are made on, and those of earlier ones: both are kept from training.
TEST_SEEDS = range(91000, 91040)
# The last are those of radiographs (:data:`radiograph.simulation.TEST_SEEDS`).
KEPT_SEEDS = (range(90000, 90040), TEST_SEEDS, range(95000, 95200))


# What the last digit of a seed shows, and where the tens differ.
_FIELDS = (
    dict(enumerate(("trunk", "slab", "trunk", "body", "trunk", "slab", "dissected", "body", "trunk", "slab"))),
    {5: "chest", 4: "pelvis"},
    {9: "pelvis", 1: "chest"},
    {5: "pelvis", 8: "chest"},
)
# What some of those with a dissection have besides.
_WITH_DISSECTION = ("aortic aneurysm", "thick wall", "layered contrast", "faint calcium")


@dataclass(frozen=True)
class Protocol:
    """How one training patient is scanned, and which diseases are asked for; None: those that the seed draws."""

    seed: int
    spacing_mm: tuple[float, float, float]
    shape: tuple[int, int, int]
    center_ras: tuple[float, float, float] | None
    phase: str
    conditions: tuple[str, ...] | None = None


def draw_protocol(seed: int) -> Protocol:
    """Return the field of view, spacing and phase for training patient `seed`.

    Of forty, 14 show the trunk of the arteries, 8 the whole body, 8 a short slab, 4 a dissected aorta in chest and
    belly, 3 the chest alone, 3 the pelvis alone: half of a target, or none.
    """
    if is_kept(seed):
        raise ValueError(f"seed {seed} is kept for testing")
    rng = np.random.Generator(np.random.PCG64([seed, 77]))
    u = rng.uniform
    kind = _FIELDS[seed // 10 % 4].get(seed % 10) or _FIELDS[0][seed % 10]
    conditions = None
    phase = ("arterial", "portal_venous", "arterial", "portal_venous", "arterial", "portal_venous", "unenhanced")[
        seed % 7 if seed % 14 < 7 else seed % 6
    ]
    if kind == "trunk":
        pixel, slice_mm = u(0.7, 1.1), u(0.7, 1.6)
        extent = np.array([u(170, 240), u(150, 200), u(170, 260)])
        center = (u(-15, 15), u(-5, 20), u(-90, -50) + extent[2] / 2)
    elif kind == "body":
        pixel, slice_mm = u(1.0, 1.4), u(1.5, 3.0)
        extent = np.array([u(340, 460), u(290, 340), u(150, 280)])
        center = (u(-10, 10), u(-15, 10), u(-130, 60) + extent[2] / 2)
    elif kind == "dissected":
        pixel, slice_mm = u(0.7, 1.3), float(np.exp(u(np.log(0.7), np.log(3.0))))
        extent = np.array([u(150, 300), u(140, 220), u(200, 280)])
        center = (u(-15, 15), u(-15, 15), u(40, 110) + extent[2] / 2)
        conditions = ("dissection", *(each for each in _WITH_DISSECTION if u() < 0.25))
    elif kind in ("chest", "pelvis"):
        pixel, slice_mm = u(0.7, 1.3), float(np.exp(u(np.log(0.7), np.log(5.0))))
        wide = u() < 0.6
        extent = np.array([u(330, 460) if wide else u(180, 300), u(270, 330) if wide else u(150, 240), u(130, 220)])
        bottom = u(140, 260) if kind == "chest" else u(-235, -170)
        center = (u(-20, 20), u(-15, 20), bottom + extent[2] / 2)
    else:
        # Some are cropped so that an organ or the table, not the aorta, lies in the middle.
        pixel, slice_mm = u(0.8, 1.0), float(np.exp(u(np.log(0.7), np.log(5.0))))
        wide = u() < 0.5
        extent = np.array([u(300, 420) if wide else u(150, 240), u(260, 320) if wide else u(140, 200), u(30, 80)])
        aside = 0.0 if u() < 0.7 else u(-70, 70)
        center = (u(-10, 10) + aside, u(-5, 15) - 0.3 * abs(aside), u(-60, 200))
    spacing = (float(pixel), float(pixel), float(slice_mm))
    # A short slab of thick slices has some more of them: fewer cannot be simulated.
    ni, nj, nk = (max(FEWEST_VOXELS, int(e / s)) for e, s in zip(extent, spacing, strict=True))
    middle = (float(center[0]), float(center[1]), float(center[2]))
    return Protocol(seed, spacing, (nk, nj, ni), middle, phase, conditions)


def is_kept(seed: int) -> bool:
    """Return whether a patient is kept from training."""
    return any(seed in kept for kept in KEPT_SEEDS)


def at_spacing(volume: Volume, spacing_mm: float, is_mask: bool) -> Volume:
    """Return `volume` at an isotropic spacing: a CT as nnU-Net resamples it to predict, a mask linearly.

    nnU-Net itself would need a minute for each case; what arrives at its spacing it leaves alone. As with nnU-Net the
    new voxels fill the old field of view, so that their spacing differs a little from the one asked for.
    """
    grid = volume.grid
    old = np.array(grid.spacing_mm)
    size = np.maximum(1, np.round(np.array(grid.shape[::-1]) * old / spacing_mm)).astype(int)
    fitting = np.array(grid.shape[::-1]) * old / size
    directions = grid.ijk_to_ras[:3, :3] / old
    corner = grid.ijk_to_ras[:3, 3] - directions @ (old / 2)
    new = Grid.from_spacing(size[::-1], fitting, corner + directions @ (fitting / 2), directions)
    if not is_mask:
        return Volume(_splined(volume.array, new.shape, old[::-1].tolist(), spacing_mm), new)
    # The rim of half a voxel that has no neighbour takes the nearest value.
    resampler = sitk.ResampleImageFilter()
    resampler.SetReferenceImage(sitk_image(Volume(np.zeros(new.shape, np.uint8), new)))
    resampler.SetInterpolator(sitk.sitkLabelLinear)
    resampler.SetUseNearestNeighborExtrapolator(True)
    return Volume(sitk.GetArrayFromImage(resampler.Execute(sitk_image(volume))), new)


def _splined(image: np.ndarray, shape: Sequence[int], spacing: Sequence[float], new_spacing: float) -> np.ndarray:
    """Return a CT (k, j, i) with another number of voxels, as nnU-Net's default resampling of images gives it."""
    maps = axis_maps(image.shape, shape, spacing, [new_spacing] * 3, order=3, order_z=0, force_separate_z=None)
    resampled = image.astype(np.float32)
    for axis, each in enumerate(maps):
        resampled = np.moveaxis(np.tensordot(each.matrix, resampled, (1, axis)), 0, axis)
    resampled = np.clip(resampled, image.min(), image.max())
    return np.ascontiguousarray(np.rint(resampled) if image.dtype.kind in "iu" else resampled).astype(image.dtype)


def _make_case(
    seed: int,
    name: str,
    images: dict[str, Path],
    labels: dict[str, Path],
    places: dict[str, Path],
    anatomy: AnatomyMix | None,
) -> str:
    protocol = draw_protocol(seed)
    files = [folder / f"{name}.nii.gz" for folder in (*labels.values(), *places.values())]
    files += [folder / f"{name}_0000.nii.gz" for folder in images.values()]
    if all(file.is_file() and is_whole_nifti(file) for file in files):
        return name
    patient = simulate(
        seed,
        spacing_mm=protocol.spacing_mm,
        shape=protocol.shape,
        phase=protocol.phase,
        center_ras=protocol.center_ras,
        anatomy=None if anatomy is None else anatomy.anatomy_of(seed),
        conditions=protocol.conditions,
    )
    masks: dict[str, Volume] = {"arteries": patient.arteries, "calcification": patient.calcification}
    for task in labels:
        spacing = TASKS[task].spacing_mm
        write_volume(images[task] / f"{name}_0000.nii.gz", at_spacing(patient.ct, spacing, False))
        write_volume(labels[task] / f"{name}.nii.gz", at_spacing(masks[task], spacing, True))
        write_volume(places[task] / f"{name}.nii.gz", at_spacing(places_of(patient, task), spacing, True))
    return name


def training_seeds(count: int | None = None, seeds: Sequence[int] | None = None) -> tuple[int, ...]:
    """Return the seeds of `count` training patients, or `seeds`; InputError where one is kept for testing."""
    if count is not None and count < 1:
        raise InputError(f"The number of virtual patients must be at least 1, not {count}.")
    chosen = tuple(range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + count) if count is not None else seeds or ())
    if kept := sorted(seed for seed in set(chosen) if is_kept(seed)):
        ranges = " and ".join(f"{seeds.start} to {seeds.stop - 1}" for seeds in KEPT_SEEDS)
        raise InputError(f"Seed {kept[0]} is kept for testing ({ranges}); train on other seeds.")
    return chosen


def case_name(seed: int, labels_sha256: str | None = None) -> str:
    """Return the name of a virtual patient's files; the label map that one is made from is part of it."""
    return f"sim_{seed:05d}" + ("" if labels_sha256 is None else f"_{labels_sha256[:8]}")


def case_names(seeds: Sequence[int], anatomy: AnatomyMix | None) -> list[str]:
    """Return the names of the virtual patients of `seeds`; raises as :meth:`AnatomyMix.check`."""
    if anatomy is None:
        return [case_name(seed) for seed in seeds]
    checked = anatomy.check(seeds)
    sources = [anatomy.labels_of(seed) for seed in seeds]
    return [
        case_name(seed, None if labels is None else checked[labels].checksum)
        for seed, labels in zip(seeds, sources, strict=True)
    ]


def raw_dataset_steps(
    raw_folder: Path | str, seeds: Sequence[int], processes: int = 1, anatomy: AnatomyMix | None = None
) -> Steps[None]:
    """Write the nnU-Net raw datasets of both tasks; cases that are there already are kept.

    Parameters
    ----------
    raw_folder : path
        ``nnUNet_raw``.
    seeds : sequence of int
        Training patients; the test seeds are refused.
    processes : int
    anatomy : AnatomyMix, optional
        Label maps that some of the patients are made from.

    Raises
    ------
    InputError
        Where the datasets hold patients of other seeds or label maps already, and for label maps that cannot be used.
    """
    raw = Path(raw_folder)
    images = {name: raw / task.dataset / "imagesTr" for name, task in TASKS.items()}
    labels = {name: raw / task.dataset / "labelsTr" for name, task in TASKS.items()}
    places = {name: raw / task.dataset / PLACES_FOLDER for name, task in TASKS.items()}
    names = case_names(seeds, anatomy)
    for folder in (*images.values(), *labels.values(), *places.values()):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        there = {each.name.removesuffix(".nii.gz").removesuffix("_0000") for each in folder.glob("*.nii.gz")}
        if others := sorted(there - set(names)):
            raise InputError(
                f"'{raw}' holds virtual patients of other seeds or label maps ({others[0]}); name another work folder."
            )
    todo = [(seed, name, images, labels, places, anatomy) for seed, name in zip(seeds, names, strict=True)]
    yield from made_steps("Simulating patients", _make_case, todo, processes, raw_folders(raw))
    for task in TASKS.values():
        document = dataset_document(task.dataset, task, len(names))
        write_text(raw / task.dataset / "dataset.json", json.dumps(document, indent=1) + "\n")


def made_steps(
    stage: str, make: Callable, todo: Sequence[tuple], processes: int, folders: Sequence[Path]
) -> Steps[None]:
    """Call `make` with each of `todo`, telling how far it is; what is unfinished in `folders` goes at the end."""
    begin, done = time.monotonic(), 0
    try:
        for result in results_of(make, todo, processes):
            done += result is not None
            left = (time.monotonic() - begin) / done * (len(todo) - done) if done else None
            yield Progress(stage, done / len(todo), left, waiting=result is None)
    finally:
        for folder in folders:
            sweep(folder)  # what processes that were ended were writing


def raw_folders(raw: Path) -> list[Path]:
    """Return the folders in which virtual patients are written, of both tasks."""
    inside = ("", "imagesTr", "labelsTr", PLACES_FOLDER)
    return [raw / task.dataset / name for task in TASKS.values() for name in inside]
