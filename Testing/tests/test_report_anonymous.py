"""An anonymous report and its objects hold nothing of what the Basic Confidentiality Profile takes out."""

from __future__ import annotations

import shutil
import subprocess

import pydicom
import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from test_anonymous import found_in

from AbdominalCalcificationLib import cli
from deidentification import PROFILE
from dicom_files import element
from report_cases import HEADER, a_case

pytest.importorskip("highdicom")
pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext")

# What all that is planted has in common, so that it is quickly searched for; dates and times have nothing.
WORD, UID, MOMENT = "Zqxleak", "1.2.826.0.1.3680043.77777", "0403141516"
_SHORT = {"CS", "SH", "AE", "LO", "LT", "ST", "UT", "UC"}


def planted() -> tuple[dict, set[str]]:
    """Return headers in which each attribute says something of its own, and what they say."""
    header = {tag: value for tag, value in HEADER.items() if tag[0] == 8 and tag[1] == 5}
    words = set()
    for number, keyword in enumerate(PROFILE):
        kind, tag = dictionary_VR(keyword), tag_for_keyword(keyword)
        # Not of a file's own header or of a message; those of images differ from image to image.
        if tag < 0x00080000 or keyword == "SOPInstanceUID":
            continue
        place = (tag >> 16, tag & 0xFFFF)
        word = f"{WORD}{number:03}"
        if kind == "PN":
            value = f"{word}^{word}y={word}"
        elif kind in _SHORT:
            value = word.upper() if kind in ("CS", "AE") else word
        elif kind == "SQ":
            value = [element(0x0008, 0x0104, "LO", word)]
        elif kind == "UI":
            value = word = f"{UID}.{number}"
        elif kind == "DA":
            value = word = f"{1900 + number // 28:04}04{1 + number % 28:02}"
        elif kind == "TM":
            value = word = f"0314{10 + number % 50}.{number:06}"
        elif kind == "DT":
            value = word = f"{1000 + number}{MOMENT}"
        elif kind == "AS":
            value = word = "093Y"
        else:
            continue
        header[place] = (kind, value)
        words.add(word)
    return header, words


def test_nothing_of_the_profile_is_in_any_file(tmp_path, capsys):
    header, words = planted()
    assert len(words) > 500
    case = a_case(tmp_path / "case", header)
    named, anonymous = tmp_path / "named", tmp_path / "anonymous"
    assert case.analyze(named, "--dicom") == 0
    assert case.analyze(anonymous, "--dicom", "--anonymous") == 0
    again = tmp_path / "again"
    assert cli.main(["report", str(named), "--ct", str(case.ct), "--dicom", "--anonymous", "--output", str(again)]) == 0
    for folder in (named, anonymous, again):
        subprocess.run(["pdftotext", folder / "report.pdf", folder / "text.txt"], check=True)
    marks = {WORD, UID, MOMENT, *(word for word in words if not any(each in word for each in (WORD, UID, MOMENT)))}
    # They would be found: the report that is not anonymous has some of them in page, PDF and object.
    assert {WORD, UID} < found_in(named, marks)
    assert len({word for word in words if word in (named / "text.txt").read_text(encoding="utf-8")}) > 4
    assert found_in(anonymous, marks) == set()
    assert found_in(again, marks) == set()
    objects = [pydicom.dcmread(path) for path in (anonymous / "dicom").iterdir()]
    assert {(str(each.PatientName), each.PatientIdentityRemoved) for each in objects} == {("", "YES")}
    (study,) = {each.StudyInstanceUID for each in objects}
    assert study not in words


def test_a_named_result_keeps_its_own_report(tmp_path, capsys):
    case = a_case(tmp_path / "case")
    assert case.analyze(case.result, "--report") == 0
    before = (case.result / "report.pdf").read_bytes()
    assert cli.main(["report", str(case.result), "--anonymous"]) == 2
    assert "add --output" in capsys.readouterr().err
    assert (case.result / "report.pdf").read_bytes() == before
