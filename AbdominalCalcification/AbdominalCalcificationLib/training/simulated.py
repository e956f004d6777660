"""nnU-Net raw datasets made of virtual patients."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import anatomy
from ..geometry.volume import Volume
from ..simulation import simulate
from ..simulation.patient import write_volume

FIRST_TRAINING_SEED = 1000
TEST_SEEDS = range(90000, 90040)


@dataclass(frozen=True)
class Task:
    """What a model learns.

    Attributes
    ----------
    name : str
        ``arteries`` or ``calcification``.
    dataset : str
        nnU-Net dataset name.
    labels : dict of str to int
        As in dataset.json.
    spacing_mm : float
        Isotropic spacing of the network.
    """

    name: str
    dataset: str
    labels: dict
    spacing_mm: float


TASKS = {
    "arteries": Task(
        "arteries",
        "Dataset901_SimulatedArteries",
        {"background": 0, **{t.name: t.label for t in anatomy.TERRITORIES}},
        1.5,
    ),
    "calcification": Task(
        "calcification", "Dataset902_SimulatedCalcification", {"background": 0, "calcification": 1}, 1.0
    ),
}


@dataclass(frozen=True)
class Protocol:
    """How one training patient is scanned."""

    seed: int
    spacing_mm: tuple[float, float, float]
    shape: tuple[int, int, int]
    center_ras: tuple[float, float, float] | None
    phase: str


def draw_protocol(seed: int) -> Protocol:
    """Return the field of view, spacing and phase for training patient `seed`.

    Three in five show the trunk of the arteries, one in five the whole body, one in five a short slab.
    """
    if seed in TEST_SEEDS:
        raise ValueError(f"seed {seed} is kept for testing")
    rng = np.random.Generator(np.random.PCG64([seed, 77]))
    u = rng.uniform
    kind = ("trunk", "trunk", "trunk", "body", "slab")[seed % 5]
    phase = ("arterial", "portal_venous", "arterial", "portal_venous", "arterial", "portal_venous", "unenhanced")[
        seed % 7 if seed % 14 < 7 else seed % 6
    ]
    if kind == "trunk":
        pixel, slice_mm = u(0.8, 1.2), u(0.8, 2.0)
        extent = np.array([u(170, 240), u(150, 200), u(170, 260)])
        center = (u(-15, 15), u(-5, 20), u(-90, -50) + extent[2] / 2)
    elif kind == "body":
        pixel, slice_mm = u(1.0, 1.4), u(1.5, 3.0)
        extent = np.array([u(340, 460), u(290, 340), u(150, 280)])
        center = (u(-10, 10), u(-15, 10), u(-130, 60) + extent[2] / 2)
    else:
        pixel, slice_mm = u(0.8, 1.0), u(1.0, 3.0)
        wide = u() < 0.5
        extent = np.array([u(300, 420) if wide else u(150, 240), u(260, 320) if wide else u(140, 200), u(36, 80)])
        center = (u(-10, 10), u(-5, 15), u(-50, 190))
    spacing = (float(pixel), float(pixel), float(slice_mm))
    ni, nj, nk = (int(e / s) for e, s in zip(extent, spacing, strict=True))
    return Protocol(seed, spacing, (nk, nj, ni), tuple(float(c) for c in center), phase)


def _make_case(seed: int, images: Path, labels: dict[str, Path]) -> str:
    protocol = draw_protocol(seed)
    name = f"sim_{seed:05d}"
    if all((folder / f"{name}.nii.gz").exists() for folder in labels.values()):
        return name
    patient = simulate(
        seed,
        spacing_mm=protocol.spacing_mm,
        shape=protocol.shape,
        phase=protocol.phase,
        center_ras=protocol.center_ras,
    )
    write_volume(patient.ct, images / f"{name}_0000.nii.gz")
    masks: dict[str, Volume] = {"arteries": patient.arteries, "calcification": patient.calcification}
    for task, folder in labels.items():
        write_volume(masks[task], folder / f"{name}.nii.gz")
    return name


def write_raw_datasets(raw_folder: Path | str, seeds, processes: int = 2) -> None:
    """Write the nnU-Net raw datasets of both tasks; cases that are there already are kept.

    Parameters
    ----------
    raw_folder : path
        ``nnUNet_raw``.
    seeds : iterable of int
        Training patients; the test seeds are refused.
    processes : int
    """
    raw = Path(raw_folder)
    images = raw / TASKS["arteries"].dataset / "imagesTr"
    labels = {name: raw / task.dataset / "labelsTr" for name, task in TASKS.items()}
    for folder in (images, *labels.values()):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = list(seeds)
    with ProcessPoolExecutor(processes) as pool:
        cases = list(pool.map(_make_case, seeds, [images] * len(seeds), [labels] * len(seeds)))
    for name, task in TASKS.items():
        # Both tasks share the images; nnU-Net takes their paths from "dataset".
        content = {
            "name": task.dataset,
            "channel_names": {"0": "CT"},
            "labels": task.labels,
            "numTraining": len(cases),
            "file_ending": ".nii.gz",
            "overwrite_image_reader_writer": "SimpleITKIO",
            "dataset": {
                case: {
                    "images": [str((images / f"{case}_0000.nii.gz").resolve())],
                    "label": str((labels[name] / f"{case}.nii.gz").resolve()),
                }
                for case in cases
            },
        }
        (raw / task.dataset / "dataset.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
