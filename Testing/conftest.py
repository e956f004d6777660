"""Fixtures that every suite shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_ct() -> Path:
    """Folder of the real CT slab (``dicom/`` and ``totalsegmentator_labels.nii.gz``); not part of the project."""
    folder = Path(os.environ.get("ABDOMINAL_CALCIFICATION_REAL_CT", REPOSITORY.parent / "shared" / "real-ct"))
    if not (folder / "dicom").is_dir():
        pytest.skip(f"no real CT at {folder}; set ABDOMINAL_CALCIFICATION_REAL_CT to its folder")
    return folder


@pytest.fixture
def scene():
    """The application's scene, emptied; skips without slicer-core."""
    pytest.importorskip("slicer", reason="needs slicer-core")
    from AbdominalCalcificationLib.scene.application import ensure_application

    scene = ensure_application().scene
    scene.Clear(False)
    return scene
