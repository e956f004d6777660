"""Many radiographs: which are found, one folder each, the table, the overview, broken ones, going on."""

from __future__ import annotations

import json

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.cohort.radiographs.cases import CohortRadiograph, find_radiographs, left_out
from AbdominalCalcificationLib.cohort.radiographs.columns import OF_RESULTS, radiograph_columns
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation.radiographs.images import reading_for
from cohorts import rows_in, write_table
from radiograph_cases import EXTENTS, a_radiograph, of_extents, write_dicom
from radiograph_cohorts import films_below


@pytest.fixture
def films(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    return folder, films_below(folder)


def run(source, output, *options):
    return cli.main(["cohort", "--radiographs", str(source), "--output", str(output), *options])


def test_radiographs_of_a_folder_are_what_can_be_one(films, tmp_path):
    folder, readable = films
    cases = find_radiographs(folder, tmp_path / "out")
    assert [case.id for case in cases] == sorted(
        [*readable, "broken", "empty"], key=lambda name: (name.count("/"), name)
    )
    assert left_out(folder, cases, tmp_path / "out") == ["notes.txt", "seed_7/truth.json", "seed_7/vertebrae.nii.gz"]


def test_results_below_the_folder_are_no_radiographs(films):
    folder, _ = films
    before = find_radiographs(folder, folder / "results")
    made = folder / "results" / "cases" / "a"
    made.mkdir(parents=True)
    (made / "overlay.png").write_bytes(b"")
    assert find_radiographs(folder, folder / "results") == before


def test_two_files_of_one_name_are_told_apart_by_their_endings(tmp_path):
    for name in ("a.dcm", "a.png", "b.tif"):
        (tmp_path / name).write_bytes(b"x")
    assert [case.id for case in find_radiographs(tmp_path, tmp_path / "out")] == ["a.dcm", "a.png", "b"]


def test_a_folder_is_read_in_one_command_and_broken_ones_are_listed(
    films, tmp_path, made_here, without_networks, capsys
):
    folder, readable = films
    output = tmp_path / "out"
    assert run(folder, output) == 0
    said = capsys.readouterr()
    assert "notes.txt" in said.err
    assert "4 cases of 6 measured" in said.out
    rows = rows_in(output / "radiographs.csv")
    assert sorted(row["id"] for row in rows) == sorted(readable)
    parts = of_extents(EXTENTS)
    for row in rows:
        folder_of = output / row["folder"]
        document = json.loads((folder_of / "radiograph.json").read_text())
        assert row["score"] == str(document["score"])
        assert row["severity"] == document["severity"]["group"]
        assert int(row["score"]) in (0, sum(parts))
        assert [float(row["score_low"]), float(row["score_high"])] == document["score_interval"]
        assert row["trust"] == document["trust"]["verdict"]
        assert {each["code"] for each in document["flags"]} == set(row["flags"].split())
        assert sorted(each.name for each in folder_of.iterdir()) == [
            "case.json",
            "overlay.png",
            "radiograph.json",
            "segments.csv",
            "thumbnail.jpg",
            "vertebrae.nii.gz",
        ]
    assert {int(row["score"]) for row in rows} == {0, sum(parts)}
    full = next(row for row in rows if row["score"] != "0")
    assert [int(full[f"{v}_{w}"]) for v in ("L1", "L2", "L3", "L4") for w in ("anterior", "posterior")] == parts
    failed = {row["id"]: row for row in rows_in(output / "failed.csv")}
    assert set(failed) == {"broken", "empty"}
    assert all(row["reason"] and row["what_to_do"] for row in failed.values())
    page = (output / "overview.html").read_text(encoding="utf-8")
    assert page.count("<img") == 4
    assert "broken" in page
    assert "<script" not in page
    summary = json.loads((output / "cohort.json").read_text())
    assert (summary["cases"], summary["done"], summary["failed"]) == (6, 4, 2)


def test_what_is_done_is_not_done_again_and_other_settings_ask(films, tmp_path, made_here, without_networks, capsys):
    folder, _ = films
    output = tmp_path / "out"
    assert run(folder, output) == 0
    before = {each: each.stat().st_mtime_ns for each in output.glob("cases/*/*")}
    tables = {name: (output / name).read_bytes() for name in ("radiographs.csv", "failed.csv", "overview.html")}
    capsys.readouterr()
    assert run(folder, output) == 0
    assert "4 cases of 6 finished already" in capsys.readouterr().err
    assert {each: each.stat().st_mtime_ns for each in output.glob("cases/*/*")} == before
    assert {name: (output / name).read_bytes() for name in tables} == tables
    assert run(folder, output, "--severity-groups", "dialysis") == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert run(folder, output, "--severity-groups", "dialysis", "--overwrite") == 0
    groups = {row["severity"] for row in rows_in(output / "radiographs.csv")}
    assert groups == {"low", "middle"}


def test_a_table_says_what_files_do_not_and_carries_its_columns(tmp_path, made_here, without_networks, capsys):
    radiograph = a_radiograph("right", seed=4)
    write_dicom(tmp_path / "a.dcm", radiograph, ImagerPixelSpacing=None, PatientOrientation=None)
    rows = [
        {"id": "x", "image": "a.dcm", "patient": "p", "pixel_spacing": "0.6,0.6", "faces": "right", "Age": "71"},
        {"id": "y", "image": "missing.dcm", "patient": "q", "pixel_spacing": "", "faces": "", "Age": "60"},
        {"id": "z", "image": "a.dcm", "patient": "q", "pixel_spacing": "wide", "faces": "", "Age": ""},
        {"id": "w", "image": "", "patient": "q", "pixel_spacing": "", "faces": "", "Age": ""},
        {"id": "v", "image": "a.dcm", "patient": "q", "pixel_spacing": "0.6", "faces": "up", "Age": ""},
    ]
    table = write_table(tmp_path / "t.csv", rows)
    assert run(table, tmp_path / "out") == 0
    (row,) = rows_in(tmp_path / "out" / "radiographs.csv")
    assert (row["id"], row["patient"], row["Age"]) == ("x", "p", "71")
    assert (row["faces"], row["faces_source"], row["spacing_source"]) == ("right", "user", "user")
    failed = {row["id"]: f"{row['reason']} {row['what_to_do']}" for row in rows_in(tmp_path / "out" / "failed.csv")}
    assert "does not exist" in failed["y"]
    assert "no pixel spacing" in failed["z"]
    assert "names no image" in failed["w"]
    assert "left or right" in failed["v"]


def test_an_anonymous_cohort_names_nobody(films, tmp_path, made_here, without_networks):
    folder, _ = films
    assert run(folder, tmp_path / "out", "--anonymous") == 0
    for each in (tmp_path / "out").rglob("*"):
        assert "ward" not in each.name
        if each.suffix in (".csv", ".json", ".html"):
            text = each.read_text(encoding="utf-8")
            for secret in ("ward", "photo", "Secret", "ID4711", "seed_7", "broken"):
                assert secret not in text, (each, secret)


def test_one_image_under_two_names_is_told(tmp_path, made_here, without_networks, capsys):
    folder = tmp_path / "films"
    for name in ("a.dcm", "b.dcm"):
        write_dicom(folder / name, a_radiograph(seed=1))
    assert run(folder, tmp_path / "out") == 0
    assert "a, b: the same image, pixel for pixel" in capsys.readouterr().err
    assert "The same image, pixel for pixel," in (tmp_path / "out" / "overview.html").read_text()
    rows = [{"id": name, "image": "films/a.dcm"} for name in "xy"]
    with pytest.raises(InputError, match="the same image"):
        find_radiographs(write_table(tmp_path / "t.csv", rows), tmp_path / "out")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("id", "no column image"),
        ("image", "no column id"),
        ("id,image,score", "as the results have one"),
        ("id,image,L1_Anterior", "as the results have one"),
        ("id,image,radiograph", "two columns of one meaning"),
        ("id,image,,age", "without a name"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, columns, said):
    table = tmp_path / "t.csv"
    table.write_text(f"{columns}\n{','.join('x' for _ in columns.split(','))}\n")
    with pytest.raises(InputError, match=said):
        find_radiographs(table, tmp_path / "out")


@pytest.mark.parametrize(
    "options",
    [("--artery-model", "x"), ("--kept-length", "renal=3"), ("--dicom",), ("--severity", "1"), ("--folds", "0")],
)
def test_options_of_cts_are_refused_with_radiographs(tmp_path, options, capsys):
    assert run(tmp_path, tmp_path / "out", *options) == 2
    assert "is about CTs" in capsys.readouterr().err
    assert cli.main(["cohort", str(tmp_path), "--output", str(tmp_path / "out"), "--faces", "left"]) == 2
    assert "add --radiographs" in capsys.readouterr().err


def test_columns_of_results_are_reserved():
    assert {each.lower() for each in radiograph_columns([])} <= OF_RESULTS
    assert len(set(radiograph_columns(["age"]))) == len(radiograph_columns(["age"]))


@pytest.mark.parametrize("cell", ["0.15", "0.15,0.15", "0.15; 0.15", "0.15 x 0.15"])
def test_a_cell_of_pixel_spacing_is_one_number_or_two(cell):
    assert reading_for(cell, "").pixel_spacing_mm == (0.15, 0.15)


@pytest.mark.parametrize("cell", ["-0.15", "0.15,0.15,0.15", "nan", "1e9", "0", "a", "0,15", "1,2"])
def test_other_cells_of_pixel_spacing_are_refused(cell):
    with pytest.raises(InputError):
        reading_for(cell, "")


def test_a_radiograph_without_a_file_has_no_paths():
    assert CohortRadiograph("a", "a", None).paths == ()
