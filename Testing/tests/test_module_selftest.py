"""The self-test class of the module, unchanged, as a real Slicer runs it."""

from __future__ import annotations

import ast
import unittest
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.resources import sample_case
from small_case import small_sample

SELF_TEST = Path(__file__).parents[2] / "AbdominalCalcification" / "AbdominalCalcificationPanel" / "self_test.py"


def self_tests() -> list[str]:
    classes = [node for node in ast.parse(SELF_TEST.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    (test_class,) = (node for node in classes if node.name == "AbdominalCalcificationTest")
    return [node.name for node in test_class.body if getattr(node, "name", "").startswith("test_")]


@pytest.fixture(scope="module")
def small_files(tmp_path_factory):
    """The small sample as files, named as those of the sample are."""
    folder = tmp_path_factory.mktemp("sample")
    for role, volume in small_sample().items():
        name = sample_case().name if role == "ct" else f"simulated_cta_{role}.nrrd"
        write_volume(folder / name, volume)
    return folder


# Of the sample as it is delivered; the others are of masks, whatever voxels they have. In Slicer all are.
WHOLE = {"test_sampleIsInTheSampleDataModule", "test_modelsSegmentTheSample", "test_modelsScoreTheRadiograph"}


@pytest.mark.scene
@pytest.mark.parametrize("name", self_tests())
def test_self_test_passes_in_the_host(name, small_files, monkeypatch):
    from host import start

    if name not in WHOLE:
        monkeypatch.setattr(resources, "sample_case", lambda: small_files / sample_case().name)
    result = unittest.TestResult()
    start().module.AbdominalCalcificationTest(name).run(result)
    for _test, reason in result.skipped:
        pytest.skip(reason)
    assert not result.failures + result.errors, "\n".join(trace for _, trace in result.failures + result.errors)
