"""Texts, documents, tables and archives from outside have limits, and nothing in a table is run."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from AbdominalCalcificationLib import bounded, csv_files
from AbdominalCalcificationLib.errors import InputError, ModelError
from AbdominalCalcificationLib.evaluation import read_cohort
from AbdominalCalcificationLib.inference import import_model
from AbdominalCalcificationLib.training.small import SmallConfiguration, read_configuration
from examples import tried


def test_a_text_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbf" + b"x" * 97)
    assert bounded.read_text(path, 100) == "x" * 97
    with pytest.raises(ValueError, match="larger"):
        bounded.read_text(path, 99)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="UTF-8"):
        bounded.read_text(path, 99)


def test_a_document_that_is_nested_too_deeply_is_refused(tmp_path):
    with pytest.raises(ValueError, match="nested too deeply"):
        bounded.parse_json("[" * 200_000)
    (tmp_path / "settings.json").write_text("[" * 200_000)
    with pytest.raises(InputError):
        read_configuration(tmp_path / "settings.json", SmallConfiguration())


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE MRML [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{10 * f"&{chr(97 + n)};"}">' for n in range(9))
    + ']><MRML><Volume name="&j;"/></MRML>'
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LAUGHS, "entities"),
        ('<!DOCTYPE MRML [<!ENTITY a SYSTEM "file:///etc/passwd">]><MRML>&a;</MRML>', "entities"),
        ("<a>" * 100_000, "nested too deeply"),
        ("<MRML><Volume></MRML>", "mismatched tag"),
        ("", "no element"),
    ],
)
def test_xml_that_would_grow_or_sink_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        bounded.parse_xml(text.encode())


def test_xml_is_read_as_it_stands():
    root = bounded.parse_xml(b'<!DOCTYPE MRML SYSTEM "mrml20.dtd"><MRML a="1 &lt; 2">x<Volume id="v"/>y</MRML>')
    assert (root.tag, root.attrib, root.text) == ("MRML", {"a": "1 < 2"}, "x")
    assert [(each.tag, each.get("id"), each.tail) for each in root] == [("Volume", "v", "y")]


def a_zip(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return path


def test_an_archive_with_too_long_a_list_of_files_is_refused(tmp_path, monkeypatch):
    path = a_zip(tmp_path / "many.zip", [f"file {number}" for number in range(2000)])
    bounded.check_zip(path)
    monkeypatch.setattr(bounded, "MAX_ZIP_DIRECTORY_BYTES", 100_000)
    with pytest.raises(ValueError, match="list of files"):
        bounded.check_zip(path)
    with pytest.raises(ModelError, match="list of files"):
        import_model(path, tmp_path / "models")


def test_the_length_of_the_list_is_found_in_large_archives_too(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)  # zipfile then writes the records of large ones
    path = a_zip(tmp_path / "many.zip", [f"file {number}" for number in range(2000)])
    content = bytearray(path.read_bytes())
    assert b"PK\x06\x06" in content
    struct.pack_into("<L", content, content.rfind(b"PK\x05\x06") + 12, 0xFFFFFFFF)
    path.write_bytes(content)
    bounded.check_zip(path)
    monkeypatch.setattr(bounded, "MAX_ZIP_DIRECTORY_BYTES", 100_000)
    with pytest.raises(ValueError, match="list of files"):
        bounded.check_zip(path)


def test_what_does_not_fit_is_not_unpacked(tmp_path):
    bounded.check_unpacked(1000, tmp_path)
    with pytest.raises(ValueError, match="9 GiB"):
        bounded.check_unpacked(9 << 30, tmp_path)


HEADER = "case,arteries,calcification"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{HEADER}\nA,x,y\0\n".encode(), "null characters"),
        (f"{HEADER}\nA,{'x' * 200_000},y\n".encode(), "field larger"),
        (f"{HEADER}\n".encode() + b"A,x,y\n" * 100_001, "rows"),
        (HEADER.encode() + b"," * 2000 + b"\nA,x,y\n", "columns"),
        (b"x" * (csv_files.MAX_BYTES + 1), "larger than 16 MiB"),
    ],
    ids=["null", "cell", "rows", "columns", "bytes"],
)
def test_a_table_beyond_the_limits_is_refused(tmp_path, content, words):
    path = tmp_path / "cohort.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_cohort(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1+1",
        "-",
        "+49 30",
        '=HYPERLINK("http://x")',
        "'=1",
        "-\r=1",
    ],
)
def test_a_cell_that_would_be_run_is_written_as_text(text):
    written = csv_files.csv_text([text], [[text]])
    cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
    assert cells == [f"'{text}"] * 2
    assert csv_files.original(cells[0]) == text


@pytest.mark.parametrize("text", ["-1", "+1.5", "-1e-07", ".5", "-0.0", "1,5", "renal_left", "3 mm", "a=b", "'tis", ""])
def test_numbers_and_other_text_stay_as_they_are(text):
    assert csv_files.harmless(text) == text
    assert csv_files.original(text) == text


@tried(100)
@given(st.text())
def test_what_was_written_is_read_back(text):
    assert csv_files.original(csv_files.harmless(text)) == text
    first = csv_files.harmless(text).lstrip()[:1]
    assert first not in tuple("=+-@＝＋－＠") or csv_files._NUMBER.fullmatch(text)


def test_a_cell_cannot_begin_a_row():
    written = csv_files.csv_text(["a"], [["x\r=1+1"], ["x\n=1+1"], ['x"\n=1']])
    assert list(csv.reader(io.StringIO(written, newline=""))) == [["a"], ["x\r=1+1"], ["x\n=1+1"], ['x"\n=1']]


def test_numbers_stay_numbers():
    rows = list(csv.reader(io.StringIO(csv_files.csv_text(["a", "b", "c", "d"], [[-1.5, -3, None, True]]))))
    assert rows == [["a", "b", "c", "d"], ["-1.5", "-3", "", "True"]]


def test_our_own_tables_are_read_back(tmp_path):
    names = ["=1+1", "-3", "@x", "'=2", "plain"]
    text = csv_files.csv_text(
        ["case", "patient", "arteries", "calcification", "group:=g"], [[name, name, "a", "c", "+"] for name in names]
    )
    (tmp_path / "cohort.csv").write_text(text, encoding="utf-8")
    cases = read_cohort(tmp_path / "cohort.csv")
    assert [case.name for case in cases] == names
    assert [case.patient for case in cases] == names
    assert cases[0].groups == {"=g": "+"}


def test_a_table_may_have_lines_inside_cells(tmp_path):
    (tmp_path / "cohort.csv").write_text(f'{HEADER}\n"A\nB",x,y\nA,,y\n', encoding="utf-8")
    with pytest.raises(InputError, match="'A' needs a file"):
        read_cohort(tmp_path / "cohort.csv")
    (tmp_path / "cohort.csv").write_text(f'{HEADER}\n"A\nB",x,y\n\n,x,y\n', encoding="utf-8")
    with pytest.raises(InputError, match="Line 5"):
        read_cohort(tmp_path / "cohort.csv")


@pytest.mark.parametrize(
    "settings",
    [
        {"features": "abc"},
        {"features": [4, "8", 8]},
        {"patch": [24, 24]},
        {"patch": [24, 24, float("inf")]},
        {"batch": 0},
        {"batch": True},
        {"std_hu": -1},
        {"learning_rate": None},
        {"window_hu": [1, 2, 3]},
    ],
)
def test_settings_of_a_wrong_kind_are_refused(tmp_path, settings):
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(InputError) as caught:
        read_configuration(tmp_path / "settings.json", SmallConfiguration())
    assert "\n" not in str(caught.value)
