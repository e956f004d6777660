"""From a raw dataset to what nnU-Net's trainer reads: fingerprint, plans, splits, preprocessed cases."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from ..bounded import read_json
from ..durable import cannot_write, sync_all, write_text
from ..errors import InputError
from ..explanations import first_line, is_out_of_memory
from ..inference import ModelFolder
from ..inference.edges import KEY as EDGES
from ..inference.plans import ct_intensities
from .job import PLANS, Job
from .places import add_places_of
from .small import APPEARANCE, small_plans
from .tasks import RawDataset, check_cases, open_dataset, read_document

Report = Callable[[str, float], None]

STATE_FILE = "prepared.json"
# nnU-Net keeps images as 32-bit and labels as 16-bit numbers, compressed.
_BYTES_PER_VOXEL = 6
# Slices that are unpacked at once to see whether they are there.
_BLOCK = 64


def point_nnunet(job: Job) -> None:
    """Name nnU-Net's folders and processes in the environment; call before nnunetv2 is imported."""
    for variable, folder in (
        ("nnUNet_raw", Path(job.raw)),
        ("nnUNet_preprocessed", job.prepared.parent),
        ("nnUNet_results", job.trained.parent.parent),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(folder)
    # Planning asks for at least one.
    os.environ["nnUNet_n_proc_DA"] = "1"  # noqa: SIM112 - nnU-Net spells it so


def prepare(job: Job, report: Report) -> None:
    """Do what ``nnUNetv2_plan_and_preprocess`` does, unless it was done for this dataset.

    Raises
    ------
    InputError
        Where a training has begun in the work folder on what the dataset was before, and where space is lacking.
    """
    raw = open_dataset(Path(job.raw) / job.dataset, job.task)
    state = _state(job, raw)
    if _read(job.prepared / STATE_FILE) == state:
        return
    if any(job.trained.parent.glob("*/fold_*/checkpoint_*.pth")):
        raise InputError(
            f"The dataset or its settings are not those with which a training began in '{job.work}'; "
            "name another work folder, or remove that one."
        )
    for number in check_cases(raw):
        report("Checking the cases", number / len(raw.cases))
    # From here on what is there is no longer what was prepared before.
    (job.prepared / STATE_FILE).unlink(missing_ok=True)
    fingerprint_and_plan(job, report)
    _check_space(job)
    splits = job.prepared / "splits_final.json"
    splits.unlink(missing_ok=True)
    if (made := split(raw.cases, job.small is not None)) is not None:
        write_text(splits, json.dumps(made, indent=1))
    manager = plans_manager(job)
    configuration = manager.get_configuration(job.task.configuration)
    with _watched(report, job.processes):
        preprocessor = configuration.preprocessor_class(verbose=False)
        preprocessor.run(job.dataset, job.task.configuration, PLANS, num_processes=job.processes)
    report("Noting down places to look at", 0.0)
    beyond = 1 + max(read_document(raw.folder)["labels"].values())
    folder = job.prepared / configuration.data_identifier
    add_places_of(raw, folder, beyond, manager)
    for number, case in enumerate(raw.cases):
        report("Checking what was prepared", number / len(raw.cases))
        _check_prepared(folder, case)
    sync_all(job.prepared)
    write_text(job.prepared / STATE_FILE, json.dumps(state, indent=1) + "\n")


def _check_prepared(folder: Path, case: str) -> None:
    """Unpack a preprocessed case; WriteError where it is not whole, as nnU-Net does not notice on a full disk."""
    from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class

    try:
        image, labels, _, properties = infer_dataset_class(str(folder))(str(folder), [case]).load_case(case)
        # One row of blocks at a time, since a case may fill the memory.
        for block in range(0, image.shape[1], _BLOCK):
            is_whole = np.isfinite(image[:, block : block + _BLOCK]).all() and labels[:, block : block + _BLOCK].size
            if not is_whole:
                raise ValueError("it holds what are no numbers")
        if image.shape[1:] != labels.shape[1:] or "class_locations" not in properties:
            raise ValueError("image and labels differ")
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise cannot_write(folder / case, first_line(error) or "it is not whole") from None


def fingerprint_and_plan(job: Job, report: Report) -> None:
    """Extract the fingerprint and write the plans: nnU-Net's, the small ones, or those of the initial model."""
    from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
    from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner

    with _watched(report, job.processes):
        DatasetFingerprintExtractor(job.dataset, job.processes).run(overwrite_existing=True)
        report("Planning", 0.0)
        shutil.copy(Path(job.raw) / job.dataset / "dataset.json", job.prepared / "dataset.json")
        spacing = None if job.small is None else job.task.target_spacing_mm
        planner = ExperimentPlanner(
            job.dataset, gpu_memory_target_in_gb=8, plans_name=PLANS, overwrite_target_spacing=spacing
        )
        planner.plan_experiment()
    path = job.prepared / f"{PLANS}.json"
    plans = json.loads(path.read_text(encoding="utf-8"))
    initial = None if job.initial is None else ModelFolder.open(job.initial, kind=job.task.kind)
    if job.small is not None:
        plans = small_plans(plans, job.small, job.task.configuration)
    elif initial is not None:
        plans = plans_of_model(plans, initial, job.task.configuration)
    write_text(path, json.dumps(plans, indent=1) + "\n")
    if initial is not None and initial.edges:
        spacing_mm = plans["configurations"][job.task.configuration]["spacing"]
        _take_over_edges(initial, job.prepared / "dataset.json", spacing_mm)


def _take_over_edges(model: ModelFolder, file: Path, spacing_mm: Sequence[float]) -> None:
    """Let a dataset.json say of its labels what the model does of edges, which belongs to voxels of one size."""
    if len(model.spacing_mm) != len(spacing_mm) or not np.allclose(model.spacing_mm, spacing_mm):
        return
    dataset = json.loads(file.read_text(encoding="utf-8"))
    edges = {name: model.edges[value] for name, value in model.labels.items() if value in model.edges}
    own = {name: part for name, part in edges.items() if name in dataset["labels"]}
    if own:
        write_text(file, json.dumps({**dataset, EDGES: own}, indent=1) + "\n")


def plans_of_model(plans: dict, model: ModelFolder, configuration: str = "3d_fullres") -> dict:
    """Return nnU-Net's `plans` of a dataset with the network and the preparation of images that `model` has."""
    own = plans["configurations"][configuration]
    theirs = {key: value for key, value in model.settings.items() if key != "inherits_from"}
    kept = ("transpose_forward", "transpose_backward", "image_reader_writer")
    intensities = ct_intensities(model.plans)
    return {
        **plans,
        **{key: model.plans[key] for key in kept if key in model.plans},
        **({"foreground_intensity_properties_per_channel": {"0": intensities}} if intensities else {}),
        "configurations": {configuration: {**theirs, "data_identifier": own["data_identifier"]}},
    }


def plans_manager(job: Job):
    """Return nnU-Net's reader of the plans."""
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    return PlansManager(str(job.prepared / f"{PLANS}.json"))


def split(cases: tuple[str, ...], small: bool) -> list[dict] | None:
    """Return which cases are trained on and watched, fold by fold; None leaves it to nnU-Net (five folds).

    The small models are watched on every eleventh case, since virtual patients come in tens. Four cases or fewer are
    watched one at a time.
    """
    if small:
        watched = list(cases[9::11] or cases[-1:])
        return [{"train": [case for case in cases if case not in watched] or list(cases), "val": watched}]
    if len(cases) >= 5:
        return None
    return [{"train": [each for each in cases if each != case] or [case], "val": [case]} for case in cases]


def _state(job: Job, raw: RawDataset) -> dict:
    """Return what the preparation depends on, as far as a look at the labels and the sizes of images tells."""
    labels = hashlib.sha256((raw.folder / "dataset.json").read_bytes())
    for case in raw.cases:
        label, image = raw.label(case), raw.image(case)
        labels.update(f"{case} {image.stat().st_size}".encode() + label.read_bytes())
    for file in raw.places().values():
        labels.update(file.read_bytes())
    small = None if job.small is None else {**job.to_json()["small"], "spacing_mm": job.task.spacing_mm}
    if small is not None:
        small = {key: value for key, value in small.items() if key not in APPEARANCE}
    state = {
        "cases": len(raw.cases),
        "labels": labels.hexdigest(),
        "small": small,
        "initial": None if job.initial is None else ModelFolder.open(job.initial, kind=job.task.kind).checksum,
    }
    return json.loads(json.dumps(state))


def _read(path: Path) -> dict | None:
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None


def _check_space(job: Job) -> None:
    """Refuse to begin what the disk cannot hold; InputError."""
    fingerprint = json.loads((job.prepared / "dataset_fingerprint.json").read_text(encoding="utf-8"))
    target = plans_manager(job).get_configuration(job.task.configuration).spacing
    cases = zip(fingerprint["shapes_after_crop"], fingerprint["spacings"], strict=True)
    # A target of two axes leaves the slices as they are.
    voxels = sum(math.prod(shape) * math.prod(spacing[-len(target) :]) / math.prod(target) for shape, spacing in cases)
    needed, free = voxels * _BYTES_PER_VOXEL, shutil.disk_usage(job.prepared).free
    if needed > free:
        raise InputError(
            f"Preparing the cases takes up to {needed / 1e9:.1f} GB in '{job.work}' and {free / 1e9:.1f} GB are free; "
            "free some space or name another work folder."
        )


@contextmanager
def _watched(report: Report, processes: int):
    """Turn nnU-Net's progress bars into reports, and where one process is wanted, its pool into a thread.

    nnU-Net starts a process even for one; importing PyTorch there takes longer than a small dataset. To list files it
    forks this process, several times, threads and all: such a copy may never end.
    """
    from multiprocessing.pool import ThreadPool

    from nnunetv2.experiment_planning.dataset_fingerprint import fingerprint_extractor
    from nnunetv2.preprocessing.preprocessors import default_preprocessor
    from nnunetv2.utilities import utils

    class Bar:
        def __init__(self, desc="", total=1, **_):
            self._desc, self._total, self._done = desc, max(1, total), 0
            report(desc, 0.0)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self):
            self._done += 1
            report(self._desc, self._done / self._total)

    modules = (fingerprint_extractor, default_preprocessor)
    before = [(module, module.tqdm, module.multiprocessing) for module in modules]
    threads = SimpleNamespace(get_context=lambda _: SimpleNamespace(Pool=ThreadPool))
    listing = utils.Pool
    try:
        utils.Pool = ThreadPool
        for module, _, own in before:
            module.tqdm, module.multiprocessing = Bar, threads if processes <= 1 else own
        yield
    finally:
        utils.Pool = listing
        for module, bar, own in before:
            module.tqdm, module.multiprocessing = bar, own
