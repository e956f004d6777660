"""Fixtures that every suite shares."""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import signal
import sys
from pathlib import Path

import pytest

pytest_plugins = ["cohort_fixtures", "panel_fixtures", "radiograph_fixtures"]
REPOSITORY = Path(__file__).resolve().parent.parent

# Workers of pytest-xdist share the cores: libraries that start a thread for every one of them, in every worker and in
# what it starts, wait for each other. And sums of floats do not depend on the machine. Before numpy is loaded.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "LP_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


# Compiled modules are kept, whatever the environment says: else each process that the tests start compiles them all.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# These take longest: they come first, so that at the end no worker is left with one of them alone.
LONGEST = (
    "test_training_nnunet.py",
    "test_retraining_job.py",
    "test_training_docs.py",
    "test_interrupts.py",
    "test_simulation_patient.py",
    "test_module_panel.py",
    "test_full_disk.py",
    "test_inference_nnunet.py",
    "test_fuzzed_inputs.py",
    "test_inference_worker.py",
    "test_cli_models.py",
    "test_simulate_many.py",
    "test_inference_fast.py",
    "test_module_selftest.py",
    "test_python_api.py",
    "test_privacy.py",
    "test_evaluation_resume.py",
    "test_report_anonymous.py",
    "test_simulation_labelled.py",
    "test_evaluation_run.py",
    "test_evaluation_command.py",
    "test_cli.py",
    "test_module_export.py",
    "test_module_history.py",
)


def pytest_collection_modifyitems(items):
    """Order the files; what is in a file stays as it is."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


def pytest_collection_finish():
    """What is there now stays to the end: the garbage collector need not go through all of it again and again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item):
    """Skip what needs a network where there is none; told without importing, which takes seconds in every process."""
    if item.get_closest_marker("nnunet") is not None:
        for name in ("torch", "nnunetv2"):
            if importlib.util.find_spec(name) is None:
                pytest.skip(f"needs {name}")


@pytest.fixture(autouse=True, scope="session")
def recovery_folder(tmp_path_factory):
    """Corrections that are kept against a crash, away from those of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("recovery")
        patch.setenv("ABDOMINAL_CALCIFICATION_RECOVERY", str(folder))
        yield folder


@pytest.fixture(scope="session")
def real_ct() -> Path:
    """Folder of the real CT slab (``dicom/`` and ``totalsegmentator_labels.nii.gz``); not part of the project."""
    folder = Path(os.environ.get("ABDOMINAL_CALCIFICATION_REAL_CT", REPOSITORY.parent / "shared" / "real-ct"))
    if not (folder / "dicom").is_dir():
        pytest.skip(f"no real CT at {folder}; set ABDOMINAL_CALCIFICATION_REAL_CT to its folder")
    return folder


@pytest.fixture(scope="session")
def real_cta() -> Path:
    """Folder of the real arterial CT angiogram (``ct.nii.gz``, masks); not part of the project."""
    folder = Path(os.environ.get("ABDOMINAL_CALCIFICATION_REAL_CTA", REPOSITORY.parent / "shared" / "real-cta"))
    if not (folder / "ct.nii.gz").is_file():
        pytest.skip(f"no real CTA at {folder}; set ABDOMINAL_CALCIFICATION_REAL_CTA to its folder")
    return folder


@pytest.fixture(scope="session")
def real_anatomy() -> Path:
    """Folder of an expert's label map of one patient (``labels.nrrd``, ``labels.csv``); not part of the project."""
    folder = Path(os.environ.get("ABDOMINAL_CALCIFICATION_REAL_ANATOMY", REPOSITORY.parent / "shared" / "real-anatomy"))
    if not (folder / "labels.nrrd").is_file():
        pytest.skip(f"no label map at {folder}; set ABDOMINAL_CALCIFICATION_REAL_ANATOMY to its folder")
    return folder


@pytest.fixture
def scene():
    """The application's scene, emptied; skips without slicer-core."""
    pytest.importorskip("slicer", reason="needs slicer-core")
    from AbdominalCalcificationLib.scene.application import ensure_application

    scene = ensure_application().scene
    scene.Clear(False)
    return scene


@pytest.fixture
def signals_of_a_terminal():
    """Signals have their usual effect, here and in programs that are started: in the background they may be ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if hasattr(signal, "SIGHUP"):
        usual[signal.SIGHUP] = signal.SIG_DFL
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True, scope="session")
def small_pictures():
    """The pictures of results are small where they are not what a test is about: drawing takes longer than the rest."""
    from AbdominalCalcificationLib.reporting import views

    with pytest.MonkeyPatch.context() as patch:
        for draw in (views.render_views_steps, views.draw_views_steps):
            patch.setitem(draw.__kwdefaults__, "panel_pixels", 160)
        yield


@pytest.fixture(scope="session")
def segmenting_worker():
    """A process that segments, started once: importing PyTorch takes longer than tiny networks do."""
    from AbdominalCalcificationLib.inference import Worker

    with Worker() as worker:
        yield worker


@pytest.fixture
def warm_worker(monkeypatch, segmenting_worker):
    """What would start a process to segment has it done by one that is there."""
    from AbdominalCalcificationLib.inference import segment

    steps = segment._in_worker_steps
    monkeypatch.setattr(
        segment, "_in_worker_steps", lambda job, ct, given, worker: steps(job, ct, given, worker or segmenting_worker)
    )


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Makes each tiny model once, of its labels and what :func:`tiny_models.a_tiny_model_folder` takes."""
    from AbdominalCalcificationLib.inference import ModelFolder
    from tiny_models import a_tiny_model_folder

    made = {}

    def make(*labels, **arguments):
        key = (labels, json.dumps(arguments))
        if key not in made:
            folder = tmp_path_factory.mktemp("models")
            made[key] = ModelFolder.open(a_tiny_model_folder(folder, labels, **arguments))
        return made[key]

    return make


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder in which corrections are kept against a crash, of this test alone."""
    folder = tmp_path / "recovery"
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_RECOVERY", str(folder))
    return folder
