"""Export as DICOM from the panel: of a CT that Slicer has loaded from its DICOM database."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")
pytest.importorskip("highdicom", reason="writes the objects of these tests")

import pydicom
import slicer

from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.reading import read_arteries, read_calcification
from AbdominalCalcificationLib.reporting.dicom.names import ARTERIES, CALCIFICATION, DICOM_FILES, REPORT_OBJECTS
from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
from AbdominalCalcificationLib.scene.segmentations import show_calcification
from AbdominalCalcificationLib.scene.volumes import volume_from_node
from dicom_files import write_slice
from full_disks import contents_below
from panels import erase_lower_half, parameters_of, recompute, settle, status, whole

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


def test_ticking_dicom_ticks_the_report_so_that_all_four_objects_are_there_as_of_the_command_line(
    panel_with_results, database, tmp_path
):
    panel = panel_with_results
    panel.ui.dicomCheckBox.click()
    assert panel.ui.reportCheckBox.checked
    assert parameters_of(panel).exportDicom
    assert parameters_of(panel).exportReport
    assert "untick it" in panel.ui.dicomCheckBox.toolTip
    export(panel, tmp_path / "r")
    expected = {*DICOM_FILES, *REPORT_OBJECTS, "report.pdf", "report.html"}
    assert expected <= contents_below(tmp_path / "r").keys()


def test_a_report_that_was_unticked_is_left_out(panel_with_results, database, tmp_path):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    panel.ui.dicomCheckBox.click()
    panel.ui.reportCheckBox.click()
    assert parameters.exportDicom
    assert not parameters.exportReport
    panel.panel.export.update()
    # As where a scene is loaded that was saved so.
    parameters.exportDicom = False
    parameters.exportDicom = True
    assert not panel.ui.reportCheckBox.checked
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    written = contents_below(tmp_path / "r").keys()
    assert set(DICOM_FILES) <= written
    assert not {*REPORT_OBJECTS, "report.pdf", "report.html"} & written
    assert "No report was made" not in panel.ui.log.plainText


@pytest.mark.parametrize("saved", [False, True], ids=["ticked here", "saved where the packages were"])
def test_without_the_packages_of_the_report_the_other_objects_are_written_and_a_line_says_so(
    panel_with_results, database, tmp_path, monkeypatch, saved
):
    from AbdominalCalcificationLib.reporting import report_files

    panel = panel_with_results
    monkeypatch.setattr(report_files, "_NEEDED", ("reportlab_that_is_not_there",))
    panel.panel.export.update()
    panel.ui.dicomCheckBox.click()
    assert not panel.ui.reportCheckBox.checked
    assert "packages are missing" in panel.ui.dicomCheckBox.toolTip
    parameters_of(panel).exportReport = saved
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    written = contents_below(tmp_path / "r").keys()
    assert set(DICOM_FILES) <= written
    assert not {*REPORT_OBJECTS, "report.pdf", "report.html"} & written
    assert "No report was made, nor put among DICOM objects" in panel.ui.log.plainText


def test_without_highdicom_a_box_that_is_ticked_and_grey_does_not_keep_the_result_back(
    panel_with_results, database, tmp_path, monkeypatch
):
    from AbdominalCalcificationLib.reporting.dicom import wish

    panel = panel_with_results
    panel.ui.dicomCheckBox.click()
    monkeypatch.setattr(wish, "_NEEDED", "highdicom_that_is_not_there")
    panel.panel.export.update()
    assert panel.ui.dicomCheckBox.checked
    assert not panel.ui.dicomCheckBox.enabled
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    assert (tmp_path / "r" / "report.pdf").exists()
    assert not (tmp_path / "r" / "dicom").exists()
    assert "No DICOM objects were made: they need the package highdicom" in panel.ui.log.plainText


def test_a_full_disk_is_told_with_the_place_that_was_meant(panel_with_results, database, tmp_path, monkeypatch):
    from AbdominalCalcificationLib.errors import WriteError
    from AbdominalCalcificationLib.exporting import documents

    def full(folder, _report):
        raise WriteError(folder / "report.pdf", "No space left on device", True)

    monkeypatch.setattr(documents, "write_report", full)
    panel_with_results.ui.reportCheckBox.checked = True
    export(panel_with_results, tmp_path / "r")
    assert f"'{tmp_path / 'r' / 'report.pdf'}' cannot be written (No space left on device)" in whole(
        panel_with_results.ui.statusLabel
    )
    assert not (tmp_path / "r").exists()


def test_no_room_for_temporary_files_is_told(panel_with_results, tmp_path, monkeypatch):
    from AbdominalCalcificationLib.exporting import apart

    def full(folder, handed):
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    monkeypatch.setattr(apart, "hand_over_steps", full)
    panel = panel_with_results
    export(panel, tmp_path / "plain")
    assert (tmp_path / "plain" / "measurements.json").exists(), "masks and numbers need no picture"
    assert "views.png was not written: The result could not be handed" in panel.ui.log.plainText
    panel.ui.reportCheckBox.checked = True
    export(panel, tmp_path / "r")
    assert "free some space for temporary files" in whole(panel.ui.statusLabel)
    assert not (tmp_path / "r").exists()


def test_after_a_correction_what_is_tracked_stays_and_the_history_is_told(panel_with_results, database, tmp_path):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    panel.ui.dicomCheckBox.checked = True
    export(panel, tmp_path / "before")
    # The segmentation as it comes back from an archive, in place of what was measured.
    calcification = read_calcification(tmp_path / "before" / CALCIFICATION).volume
    grid = volume_from_node(parameters.ct).grid
    array = align_labels(calcification, grid).array
    parameters.calcification = show_calcification(parameters.ct, Volume(array, grid))
    recompute(panel)
    export(panel, tmp_path / "read back")
    erase_lower_half(panel)
    export(panel, tmp_path / "after")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    first, same, second = (_objects(tmp_path / name) for name in ("before", "read back", "after"))
    assert first.numbers == same.numbers
    assert first.numbers != second.numbers
    assert first.tracked == same.tracked == second.tracked
    assert not set(first.instances) & set(second.instances)
    assert "was edited by hand" not in first.said
    assert "by hand" in second.said
    assert second.kinds[CALCIFICATION] == "SEMIAUTOMATIC"


def test_an_anonymous_export_with_objects_and_report_names_nobody(panel_with_results, database, tmp_path):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    for box in (panel.ui.dicomCheckBox, panel.ui.reportCheckBox, panel.ui.anonymousCheckBox):
        box.checked = True
    assert parameters.exportAnonymous
    export(panel, tmp_path / "r")
    assert status(panel).startswith("Exported to"), panel.ui.log.plainText
    for name in (*DICOM_FILES, *REPORT_OBJECTS):
        made = pydicom.dcmread(tmp_path / "r" / name)
        assert made.PatientIdentityRemoved == "YES"
        assert not made.PatientName
        uids = {str(element.value) for element in made.iterall() if element.VR == "UI"}
        assert not any(each.startswith(("1.2.3", "1.2.9")) for each in uids)
    for path in (tmp_path / "r").rglob("*"):
        assert path.is_dir() or b"Secret" not in path.read_bytes()


def _objects(folder):
    """What the objects of a result say: numbers, tracking UIDs, instances, texts, and how masks were made."""
    found = {name: pydicom.dcmread(folder / name) for name in DICOM_FILES}
    numbers, tracked, texts = [], [], []
    for item in found[DICOM_FILES[2]].iterall():
        if item.keyword == "NumericValue":
            numbers.append(str(item.value))
        elif item.keyword == "UID":
            tracked.append(str(item.value))
        elif item.keyword == "TextValue":
            texts.append(str(item.value))
    kinds = {name: found[name].SegmentSequence[0].SegmentAlgorithmType for name in (ARTERIES, CALCIFICATION)}
    tracked += [str(each.TrackingUID) for name in kinds for each in found[name].SegmentSequence]
    return SimpleNamespace(
        numbers=numbers,
        tracked=sorted(tracked),
        instances=[each.SOPInstanceUID for each in found.values()],
        said=" ".join(texts),
        kinds=kinds,
    )


def test_the_box_of_the_report_says_why_it_is_grey(panel_with_results, monkeypatch):
    from AbdominalCalcificationLib.reporting import report_files

    panel, box = panel_with_results, panel_with_results.ui.reportCheckBox
    assert box.enabled
    monkeypatch.setattr(report_files, "_NEEDED", ("reportlab_that_is_not_there",))
    panel.panel.export.update()
    assert not box.enabled
    assert "reportlab" in box.toolTip
