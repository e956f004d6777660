"""Fixtures that every suite shares."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


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


@pytest.fixture
def scene():
    """The application's scene, emptied; skips without slicer-core."""
    pytest.importorskip("slicer", reason="needs slicer-core")
    from AbdominalCalcificationLib.scene.application import ensure_application

    scene = ensure_application().scene
    scene.Clear(False)
    return scene


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
