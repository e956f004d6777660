"""Picture, report and DICOM objects of an export are made by a process of their own: cancelled, killed, missing."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")
pytest.importorskip("highdicom", reason="writes the objects of these tests")
pytest.importorskip("reportlab", reason="renders the report of these tests")

from test_module_dicom import database  # noqa: F401

from AbdominalCalcificationLib.leftovers import is_running
from AbdominalCalcificationLib.reporting.dicom.names import DICOM_FILES, REPORT_OBJECTS
from AbdominalCalcificationLib.reporting.report_files import REPORT_FILES
from full_disks import contents_below
from panels import parameters_of, settle, status

pytestmark = [pytest.mark.scene, pytest.mark.exports_apart]
EVERYTHING = {"views.png", "measurements.json", *DICOM_FILES, *REPORT_FILES, *REPORT_OBJECTS}


@pytest.fixture
def everything(panel_with_results, database):  # noqa: F811
    """The panel with all that an export can hold ticked."""
    panel_with_results.ui.dicomCheckBox.checked = panel_with_results.ui.reportCheckBox.checked = True
    return panel_with_results


def begin(panel, folder, stage):
    """Export, over what is there, until the process is at a stage; return the process's number."""
    from host.application import run_until

    panel.panel.export.export_to(folder, True)
    assert run_until(lambda: status(panel).startswith(stage) or not panel.isBusy, 120)
    assert status(panel).startswith(stage), panel.ui.log.plainText
    return panel.logic.session._exporter.pid


def export(panel, folder):
    panel.panel.export.export_to(folder, True)
    settle(panel)


def test_the_process_makes_everything_and_the_window_nothing(everything, tmp_path, monkeypatch):
    from AbdominalCalcificationLib.exporting import process

    def nothing_here(*_):
        raise AssertionError("made in the window's process")

    monkeypatch.setattr(process.Documents, "made_steps", nothing_here)
    export(everything, tmp_path / "r")
    assert status(everything).startswith("Exported to"), everything.ui.log.plainText
    assert all((tmp_path / "r" / name).is_file() for name in EVERYTHING)


@pytest.mark.parametrize("stage", ["Rendering views", "Making the report", "Writing DICOM"])
def test_cancel_ends_the_process_and_leaves_what_was_there(everything, tmp_path, stage):
    folder = tmp_path / "out"
    folder.mkdir()
    if stage != "Rendering views":
        (folder / "measurements.json").write_text("{}")
        (folder / "report.pdf").write_text("earlier")
    before = contents_below(folder)
    number = begin(everything, folder, stage)
    began = time.process_time()
    everything.ui.cancelButton.click()
    assert time.process_time() - began < 0.5
    assert not is_running(number)
    assert contents_below(folder) == before
    assert list(tmp_path.rglob(".*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_a_killed_process_is_told_and_nothing_is_half_written(everything, tmp_path):
    os.kill(begin(everything, tmp_path / "r", "Making the report"), signal.SIGKILL)
    settle(everything)
    assert "export process was ended from outside" in status(everything)
    assert not (tmp_path / "r").exists()
    assert list(tmp_path.rglob(".*")) == []
    export(everything, tmp_path / "r")
    assert status(everything).startswith("Exported to"), "another process is started"


def test_without_a_process_masks_and_numbers_are_there_all_the_same(panel_with_results, tmp_path, monkeypatch):
    panel = panel_with_results
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_PYTHON", "python-that-is-not-there")
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to")
    assert "views.png was not written: ABDOMINAL_CALCIFICATION_PYTHON names" in panel.ui.log.plainText
    assert {"measurements.json", "arteries.nii.gz", "scene.mrb"} <= {each.name for each in (tmp_path / "r").iterdir()}
    panel.ui.reportCheckBox.checked = True
    assert parameters_of(panel).exportReport
    export(panel, tmp_path / "with report")
    assert "ABDOMINAL_CALCIFICATION_PYTHON names" in status(panel)
    assert not (tmp_path / "with report").exists()
