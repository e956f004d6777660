"""Export as DICOM from the panel: of a CT that Slicer has loaded from its DICOM database."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")
pytest.importorskip("highdicom", reason="writes the objects of these tests")

import slicer

from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.reading import read_arteries, read_calcification
from AbdominalCalcificationLib.reporting.dicom.names import ARTERIES, CALCIFICATION, DICOM_FILES, REPORT_OBJECTS
from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
from AbdominalCalcificationLib.scene.volumes import volume_from_node
from dicom_files import write_slice
from panels import parameters_of, settle, status

pytestmark = pytest.mark.scene


class Database:
    """Slicer's DICOM database, as far as it is asked."""

    def __init__(self, files: dict[str, str]):
        self.files = files

    def fileForInstance(self, name):
        return self.files.get(name, "")


@pytest.fixture
def database(panel_with_results, tmp_path, monkeypatch):
    """The chosen CT as Slicer's DICOM module would have loaded it, in another order than that of its slices."""
    ct = parameters_of(panel_with_results).ct
    volume = volume_from_node(ct)
    lps = volume.grid.ijk_to_lps
    steps = np.linalg.norm(lps[:3, :3], axis=0)
    orientation = (lps[:3, :2] / steps[:2]).T.ravel()
    files = {}
    for k, plane in enumerate(volume.array):
        name = f"1.2.9.{k + 1}"
        position = lps[:3, 3] + k * lps[:3, 2]
        path = tmp_path / "ct" / f"{k}.dcm"
        write_slice(path, plane, position, orientation, (steps[1], steps[0]), instance=name)
        files[name] = str(path)
    ct.SetAttribute("DICOM.instanceUIDs", " ".join(sorted(files)))
    found = Database(files)
    monkeypatch.setattr(slicer, "dicomDatabase", found, raising=False)
    panel_with_results.panel.export.update()
    return found


def export(panel, folder):
    panel.panel.export.export_to(folder, False)
    settle(panel)


def test_the_box_says_why_it_is_grey(panel_with_results, database, monkeypatch):
    from AbdominalCalcificationLib.reporting.dicom import wish

    panel, box = panel_with_results, panel_with_results.ui.dicomCheckBox
    assert box.enabled
    assert "study of the CT" in box.toolTip
    monkeypatch.setattr(wish, "_NEEDED", "highdicom_that_is_not_there")
    panel.panel.export.update()
    assert not box.enabled
    assert "highdicom" in box.toolTip
    parameters_of(panel).ct.RemoveAttribute("DICOM.instanceUIDs")
    panel.panel.export.update()
    assert not box.enabled
    assert "not loaded from DICOM" in box.toolTip


def test_what_is_exported_are_the_masks_of_the_scene(panel_with_results, database, tmp_path):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    panel.ui.dicomCheckBox.checked = True
    assert parameters.exportDicom
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    assert all((tmp_path / "r" / name).is_file() for name in DICOM_FILES)
    grid = volume_from_node(parameters.ct).grid
    arteries = read_arteries(tmp_path / "r" / ARTERIES).volume
    expected = arteries_from_node(parameters.arteries, parameters.ct).array
    assert np.array_equal(align_labels(arteries, grid).array, expected)
    calcification = read_calcification(tmp_path / "r" / CALCIFICATION).volume
    expected = calcification_from_node(parameters.calcification, parameters.ct).array != 0
    assert np.array_equal(align_labels(calcification, grid).array != 0, expected)


def test_files_that_are_gone_are_told_and_nothing_is_written(panel_with_results, database, tmp_path):
    panel_with_results.ui.dicomCheckBox.checked = True
    database.files.popitem()
    export(panel_with_results, tmp_path / "r")
    assert "lacks files of the CT" in status(panel_with_results)
    assert not (tmp_path / "r").exists()


def test_the_box_counts_for_nothing_where_the_ct_is_no_dicom(panel_with_results, database, tmp_path):
    panel_with_results.ui.dicomCheckBox.checked = True
    parameters_of(panel_with_results).ct.RemoveAttribute("DICOM.instanceUIDs")
    export(panel_with_results, tmp_path / "r")
    assert (tmp_path / "r" / "measurements.json").exists()
    assert not (tmp_path / "r" / "dicom").exists()


def test_a_report_has_the_patient_and_is_among_the_objects(panel_with_results, database, tmp_path):
    panel = panel_with_results
    panel.ui.dicomCheckBox.checked = panel.ui.reportCheckBox.checked = True
    assert parameters_of(panel).exportReport
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    assert "Secret, Patient" in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert all((tmp_path / "r" / name).is_file() for name in ("report.pdf", *REPORT_OBJECTS))


def test_the_box_of_the_report_says_why_it_is_grey(panel_with_results, monkeypatch):
    from AbdominalCalcificationLib.reporting import report_files

    panel, box = panel_with_results, panel_with_results.ui.reportCheckBox
    assert box.enabled
    monkeypatch.setattr(report_files, "_NEEDED", ("reportlab_that_is_not_there",))
    panel.panel.export.update()
    assert not box.enabled
    assert "reportlab" in box.toolTip
