"""The command ``report`` on the result of a radiograph: the same report again, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from radiograph_cases import a_radiograph, write_dicom
from radiograph_commands import drawn_analysis, score  # noqa: F401  a fixture


@pytest.fixture
def image(tmp_path, drawn_analysis):  # noqa: F811
    return write_dicom(tmp_path / "film.dcm", a_radiograph(), PatientName="Doe^Jane")


@pytest.fixture
def scored(tmp_path, image):
    assert score(image, tmp_path / "out", "--quiet", "--report") == 0
    return tmp_path / "out"


def again(*arguments) -> int:
    return cli.main(["report", *(str(each) for each in arguments), "--quiet"])


def complaint(capsys, *arguments) -> str:
    assert again(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_report_is_made_again_as_it_was(scored, image):
    before = {name: (scored / name).read_bytes() for name in ("report.html", "report.pdf", "radiograph.json")}
    (scored / "report.html").unlink()
    (scored / "report.pdf").write_bytes(b"old")
    # What is told is what the document says: not a picture that somebody has put there.
    (scored / "overlay.png").write_bytes(b"another")
    assert again(scored, "--radiograph", image) == 0
    assert {name: (scored / name).read_bytes() for name in before} == before


def test_how_the_image_was_read_is_in_the_result(tmp_path, image):
    given = ("--invert", "--flip", "--pixel-spacing", "0.4", "--quiet", "--report")
    assert score(image, tmp_path / "other", *given) == 0
    before = (tmp_path / "other" / "report.html").read_bytes()
    assert again(tmp_path / "other", "--radiograph", image, "--output", tmp_path / "page") == 0
    assert (tmp_path / "page" / "report.html").read_bytes() == before
    assert sorted(each.name for each in (tmp_path / "page").iterdir()) == ["report.html", "report.pdf"]


def test_an_anonymous_report_names_nobody_and_lies_elsewhere(tmp_path, scored, image, capsys):
    assert "--output" in complaint(capsys, scored, "--radiograph", image, "--anonymous")
    assert again(scored, "--radiograph", image, "--anonymous", "--output", tmp_path / "page") == 0
    assert "Jane" in (scored / "report.html").read_text(encoding="utf-8")
    page = (tmp_path / "page" / "report.html").read_text(encoding="utf-8")
    assert "Jane" not in page
    assert "film.dcm" not in page
    assert "anonymous" in page


def test_what_does_not_belong_together_is_told(tmp_path, scored, image, capsys):
    assert "name the image" in complaint(capsys, scored)
    other = write_dicom(tmp_path / "other.dcm", a_radiograph(seed=5))
    assert "not the radiograph" in complaint(capsys, scored, "--radiograph", other)
    assert "about CTs" in complaint(capsys, scored, "--radiograph", image, "--ct", tmp_path)
    assert "groups burdens" in complaint(capsys, scored, "--radiograph", image, "--severity", "1,2")
    assert "no folder" in complaint(capsys, scored, "--radiograph", image, "--template", tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "no result of a radiograph" in complaint(capsys, tmp_path / "empty", "--radiograph", image)
    assert score(other, tmp_path / "theirs", "--quiet") == 0
    assert "another result" in complaint(capsys, scored, "--radiograph", image, "--output", tmp_path / "theirs")
    labels = scored / "vertebrae.nii.gz"
    labels.write_bytes((tmp_path / "theirs" / "vertebrae.nii.gz").read_bytes()[:-9])
    assert "vertebrae.nii.gz" in complaint(capsys, scored, "--radiograph", image)


def test_the_report_of_another_kind_of_result_is_left_alone(tmp_path, scored, image, capsys):
    (tmp_path / "ct").mkdir()
    for name in ("measurements.json", "report.html", "report.pdf"):
        (tmp_path / "ct" / name).write_text("of a CT")
    assert "another result" in complaint(capsys, scored, "--radiograph", image, "--output", tmp_path / "ct")
    assert {each.read_text() for each in (tmp_path / "ct").iterdir()} == {"of a CT"}


def test_numbers_that_were_changed_are_not_reported(scored, image, capsys):
    file = scored / "radiograph.json"
    file.write_text(file.read_text().replace('"score": 9', '"score": 3', 1))
    kept = np.frombuffer((scored / "report.html").read_bytes(), np.uint8)
    assert "changed after" in complaint(capsys, scored, "--radiograph", image)
    assert np.array_equal(np.frombuffer((scored / "report.html").read_bytes(), np.uint8), kept)
