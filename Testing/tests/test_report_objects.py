"""The report of a result as Encapsulated PDF and Secondary Capture."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from AbdominalCalcificationLib import cli
from dicom_standard import standard_errors
from report_cases import HEADER, a_case

pytest.importorskip("highdicom")


@pytest.fixture(scope="module", params=["named", "bare"])
def case(request, tmp_path_factory):
    """A result with DICOM objects, of a CT with patient and study, and of one without."""
    bare = {(0x0010, 0x0010): None, (0x0008, 0x0070): None}
    case = a_case(tmp_path_factory.mktemp(request.param), HEADER if request.param == "named" else bare)
    assert case.analyze(case.result, "--dicom") == 0
    return case


def objects(case) -> tuple[pydicom.Dataset, pydicom.Dataset]:
    return tuple(pydicom.dcmread(case.result / "dicom" / f"report.{kind}.dcm") for kind in ("pdf", "capture"))


def test_the_pdf_in_it_is_that_in_the_folder(case):
    pdf, _ = objects(case)
    content = (case.result / "report.pdf").read_bytes()
    assert pdf.EncapsulatedDocumentLength == len(content)
    assert pdf.EncapsulatedDocument[: len(content)] == content
    assert (pdf.Modality, pdf.MIMETypeOfEncapsulatedDocument) == ("DOC", "application/pdf")


def test_the_capture_shows_the_views_and_below_them_the_numbers(case):
    _, capture = objects(case)
    picture = capture.pixel_array
    assert picture.shape == (capture.Rows, capture.Columns, 3)
    views = views_of(case)
    assert np.array_equal(picture[: len(views)], views)
    assert (picture[len(views) :] > 200).any()


def views_of(case) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(case.result / "views.png").convert("RGB"))


def test_both_belong_to_the_study_and_refer_to_its_images(case):
    source = [pydicom.dcmread(path, stop_before_pixels=True) for path in case.ct.iterdir()]
    for made, references in zip(objects(case), ("SourceInstanceSequence", "SourceImageSequence"), strict=True):
        assert made.StudyInstanceUID == source[0].StudyInstanceUID
        assert made.SeriesInstanceUID != source[0].SeriesInstanceUID
        assert str(made.PatientName) == str(source[0].get("PatientName", ""))
        assert {each.ReferencedSOPInstanceUID for each in made[references].value} == {
            each.SOPInstanceUID for each in source
        }
    assert len({made.SeriesInstanceUID for made in objects(case)}) == 2


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy (dicom3tools)")
def test_dciodvfy_finds_no_error(case):
    for name in ("report.pdf.dcm", "report.capture.dcm"):
        told = subprocess.run(["dciodvfy", case.result / "dicom" / name], capture_output=True, text=True).stderr
        assert told.strip()
        assert not [line for line in told.splitlines() if line.startswith("Error")], name


def test_dicom_validator_finds_no_error(case):
    errors_of = standard_errors()
    for name in ("report.pdf.dcm", "report.capture.dcm"):
        assert errors_of(case.result / "dicom" / name) == []


def test_the_capture_of_an_unusable_result_has_neither_views_nor_numbers(case, tmp_path):
    assert case.analyze(tmp_path / "bad", "--dicom", arteries=case.nothing) == 0
    document = json.loads((tmp_path / "bad" / "measurements.json").read_text(encoding="utf-8"))
    assert document["trust"]["verdict"] == "unusable"
    assert sorted(path.name for path in (tmp_path / "bad" / "dicom").iterdir()) == [
        "measurements.sr.dcm",
        "report.capture.dcm",
        "report.pdf.dcm",
    ]
    from AbdominalCalcificationLib.reporting.capture import capture_picture

    picture = pydicom.dcmread(tmp_path / "bad" / "dicom" / "report.capture.dcm").pixel_array
    assert len(picture) < 400
    assert np.array_equal(picture, capture_picture(None, document))
    # A sentence more makes it longer: reasons are told.
    more = [{"code": "metal", "message": "Metal. " * 60, "territory": None}, *document["trust"]["reasons"]]
    assert len(capture_picture(None, {**document, "trust": {**document["trust"], "reasons": more}})) > len(picture)


def test_objects_of_a_ct_that_is_no_dicom_are_refused(case, capsys):
    assert cli.main(["report", str(case.result), "--dicom"]) == 2
    assert "--ct" in capsys.readouterr().err


def test_no_old_report_stays_beside_new_objects_without_a_word(case, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(case.result, copy)
    command = ["dicom", str(copy), "--source", str(case.ct)]
    assert cli.main([*command, "--overwrite"]) == 0
    assert "were removed" in capsys.readouterr().out
    assert sorted(path.name for path in (copy / "dicom").iterdir()) == [
        "arteries.seg.dcm",
        "calcification.seg.dcm",
        "measurements.sr.dcm",
    ]
    for path in (copy / "dicom").iterdir():
        path.unlink()
    assert cli.main(["report", str(copy), "--ct", str(case.ct), "--dicom"]) == 0
    assert cli.main(command) == 0
    assert "are kept" in capsys.readouterr().out
    assert len(list((copy / "dicom").iterdir())) == 5


def test_nothing_is_written_beside_what_is_of_another_study_or_result(case, tmp_path, capsys):
    def run(*command) -> str:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert cli.main([*map(str, command), "--quiet"]) == 2
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        return capsys.readouterr().err

    shutil.copytree(case.result / "dicom", tmp_path / "objects" / "dicom")
    (tmp_path / "reports" / "dicom").mkdir(parents=True)
    shutil.copy(case.result / "dicom" / "report.pdf.dcm", tmp_path / "reports" / "dicom")
    report = ["report", case.result, "--ct", case.ct, "--output"]
    # Named and anonymous ones would be sent together.
    assert "another study" in run(*report, tmp_path / "objects", "--dicom", "--anonymous")
    dicom = ["dicom", case.result, "--source", case.ct, "--output"]
    assert "another study" in run(*dicom, tmp_path / "reports", "--anonymous")
    (tmp_path / "other").mkdir()
    document = json.loads((case.result / "measurements.json").read_text(encoding="utf-8"))
    document["total"]["cluster_count"] += 1
    (tmp_path / "other" / "measurements.json").write_text(json.dumps(document), encoding="utf-8")
    assert "another result" in run(*report, tmp_path / "other")
    assert "another result" in run(*dicom, tmp_path / "other")


def test_another_series_with_the_same_voxels_is_named(case, tmp_path, capsys):
    for path in case.ct.iterdir():
        header = pydicom.dcmread(path)
        header.SeriesInstanceUID, header.PatientName = "1.9.9.1", "Other^Person"
        header.save_as(tmp_path / path.name)
    for command in (["report", "--ct"], ["dicom", "--source"]):
        start = [command[0], str(case.result), command[1], str(tmp_path), "--output", str(tmp_path / command[0])]
        assert cli.main(start) == 2
        assert "has no series" in capsys.readouterr().err
        assert cli.main([*start, "--series", "1.9.9.1"]) == 0
        assert "it is 1.9.9.1 whose patient" in capsys.readouterr().out
