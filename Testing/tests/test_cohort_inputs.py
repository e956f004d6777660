"""The command ``cohort``: inputs that change, that lie where results go, or that are no cases."""

from __future__ import annotations

import json
import os
import shutil
import sys

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.cohort.cases import CohortCase, anonymous_cases, find_cases, left_out
from AbdominalCalcificationLib.cohort.recipe import Recipe
from AbdominalCalcificationLib.evaluation.cohort import Masks
from AbdominalCalcificationLib.file_stamps import stamp_of
from cohorts import SPACING_MM, a_cohort, give_air, rows_in, write_table
from cohorts import run_cohort as run

pytest.importorskip("pyarrow.parquet")
posix = pytest.mark.skipif(sys.platform == "win32", reason="links and times of POSIX")


@pytest.fixture
def rows(tmp_path):
    """Two cases with both masks, as rows of a table in ``tmp_path / "cases"``."""
    made = rows_in(a_cohort(tmp_path / "cases", count=3))[1:]
    for row in made:
        give_air(tmp_path / "cases" / row["ct"])
    return [{"id": f"c{n}", **{name: row[name] for name in ROLES}} for n, row in enumerate(made)]


ROLES = ("ct", "arteries", "calcification")


def as_header_and_voxels(path):
    """Save an image again as two files; return the names of both."""
    image = sitk.ReadImage(str(path))
    sitk.WriteImage(image, str(path.with_suffix(".mhd")), useCompression=False)
    return path.with_suffix(".mhd"), path.with_suffix(".raw")


def replaced_in_silence(path, change):
    """Put other bytes of the same number and time in the place of a file."""
    before = path.stat()
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    path.write_bytes(change(content).tobytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@posix
def test_a_mask_replaced_by_one_of_its_size_and_time_makes_the_case_old(rows, tmp_path, made_here, capsys):
    folder = tmp_path / "cases"
    header, voxels = as_header_and_voxels(folder / rows[0]["calcification"])
    rows[0]["calcification"] = header.name
    table, output = write_table(folder / "t.csv", rows), tmp_path / "out"
    assert run(table, output) == 0
    before = rows_in(output / "cohort.csv")
    assert float(before[0]["total_calcified_volume_mm3"]) > 0
    replaced_in_silence(voxels, np.zeros_like)
    assert run(table, output) == 2
    assert "('c0'); add --overwrite" in capsys.readouterr().err
    assert run(table, output, "--overwrite") == 0
    after = rows_in(output / "cohort.csv")
    assert float(after[0]["total_calcified_volume_mm3"]) == 0
    assert after[1] == before[1]


def test_voxels_beside_their_header_belong_to_an_image(tmp_path):
    image = sitk.GetImageFromArray(np.zeros((3, 4, 5), np.uint8))
    for name, voxels in (("a.mhd", "a.raw"), ("b.nhdr", "b.raw.gz"), ("c.hdr", "c.img"), ("d.nrrd", None)):
        sitk.WriteImage(image, str(tmp_path / name), useCompression=name == "b.nhdr")
        wanted = [name] if voxels is None else [name, voxels]
        assert [each for each, *_ in stamp_of(tmp_path / name, tmp_path / "out")] == wanted
    (tmp_path / "a.raw").unlink()  # refused where it is read
    assert [each for each, *_ in stamp_of(tmp_path / "a.mhd", tmp_path)] == ["a.mhd"]
    assert stamp_of(tmp_path / "none.mhd", tmp_path) is None


@posix
def test_files_of_folders_are_seen_in_links_and_where_the_results_lie_around_them(tmp_path):
    images, elsewhere = tmp_path / "study" / "ct", tmp_path / "elsewhere"
    for folder in (images / "a", elsewhere):
        folder.mkdir(parents=True)
        (folder / "1.dcm").write_bytes(b"1")
    (images / "b").symlink_to(elsewhere)
    (images / "a" / "loop").symlink_to(images)
    os.mkfifo(images / "pipe")
    whole = stamp_of(images, tmp_path / "out")
    assert [name for name, *_ in whole] == ["a/1.dcm", "b/1.dcm"]
    assert stamp_of(images, tmp_path / "study") == stamp_of(images, images) == whole
    assert stamp_of(images, images / "a") == whole[1:]
    (elsewhere / "1.dcm").write_bytes(b"2")
    assert stamp_of(images, tmp_path / "study") != whole


@pytest.mark.parametrize("command", ["cohort", "evaluate"])
def test_a_table_is_not_replaced_by_the_results_of_its_cases(command, rows, tmp_path, made_here, capsys):
    name = {"cohort": "cohort.csv", "evaluate": "cases.csv"}[command]
    table = write_table(tmp_path / "cases" / name, rows)
    before, there = table.read_bytes(), sorted(each.name for each in table.parent.iterdir())
    options = ["--overwrite"] if command == "cohort" else ["--method", "fixed:500"]
    arguments = [command, str(table), "--output", str(table.parent), "--quiet", *options]
    assert cli.main(arguments) == 2
    assert f"{name}' is read and would be replaced" in capsys.readouterr().err
    assert table.read_bytes() == before
    assert sorted(each.name for each in table.parent.iterdir()) == there


@pytest.mark.parametrize("command", ["cohort", "evaluate"])
def test_files_of_others_in_the_place_of_tables_stay(command, rows, tmp_path, made_here, capsys):
    table, output = write_table(tmp_path / "cases" / "t.csv", rows), tmp_path / "out"
    output.mkdir()
    other = output / {"cohort": "failed.csv", "evaluate": "report.html"}[command]
    other.write_text("mine")
    options = [] if command == "cohort" else ["--method", "fixed:500"]
    assert cli.main([command, str(table), "--output", str(output), "--quiet", *options]) == 2
    assert "is no result of this program" in capsys.readouterr().err
    assert [each.name for each in output.iterdir()] == [other.name]
    assert other.read_text() == "mine"


def test_images_where_case_folders_are_written_are_refused(rows, tmp_path, made_here, capsys):
    # The masks are called as those of a result, so --overwrite would replace them.
    mine = tmp_path / "cases" / "c0"
    mine.mkdir()
    for name in ("arteries", "calcification"):
        image = sitk.ReadImage(str(tmp_path / "cases" / rows[0][name]))
        assert image.GetSpacing() == pytest.approx(SPACING_MM)
        sitk.WriteImage(image, str(mine / f"{name}.nii.gz"))
        rows[0][name] = f"cases/c0/{name}.nii.gz"
    rows = [{**row, "ct": f"cases/{row['ct']}"} for row in rows[:1]]
    table = write_table(tmp_path / "t.csv", rows)
    before = {each: each.read_bytes() for each in mine.iterdir()}
    assert run(table, tmp_path, "--overwrite") == 2
    assert "lies where results are written" in capsys.readouterr().err
    assert {each: each.read_bytes() for each in mine.iterdir()} == before


def test_numbers_that_another_command_wrote_into_a_case_folder_are_not_taken_for_the_cohorts(
    rows, tmp_path, made_here, capsys
):
    table, output = write_table(tmp_path / "cases" / "t.csv", rows), tmp_path / "out"
    assert run(table, output) == 0
    before = rows_in(output / "cohort.csv")
    shutil.copy(output / "cases" / "c1" / "measurements.json", output / "cases" / "c0" / "measurements.json")
    assert run(table, output) == 2
    assert "('c0'); add --overwrite" in capsys.readouterr().err
    assert run(table, output, "--overwrite") == 0
    assert rows_in(output / "cohort.csv") == before


def test_models_and_settings_of_other_cases_make_no_case_old():
    both, none = Masks(calcification=os.devnull, arteries=os.devnull), Masks()
    model = type("Model", (), {"checksum": "abc"})()
    models = [("arteries", model), ("calcification", model)]
    recipe = Recipe()
    assert recipe.made_from(models, both) == recipe.made_from([], both)
    assert recipe.made_from(models, none) != recipe.made_from(models[:1], none)
    assert recipe.made_from(models, Masks(arteries=os.devnull))["models"] == [["calcification", "abc"]]
    json.dumps(recipe.made_from(models, none))


def test_what_a_folder_holds_beside_its_cases_is_told(rows, tmp_path, made_here, capsys):
    folder, images = tmp_path / "cts", tmp_path / "cases"
    for place in ("a", "group/b"):
        (folder / place).mkdir(parents=True)
        for name in ROLES:
            shutil.copy(images / rows[place != "a"][name], folder / place / f"{name}.nrrd")
        (folder / place / "notes.txt").write_text("x")
    header, _ = as_header_and_voxels(folder / "a" / "ct.nrrd")
    (folder / "a" / "ct.nrrd").unlink()
    for name in ("lonely.nrrd", "group/c.nrrd", "a/other.nrrd"):
        shutil.copy(images / rows[0]["ct"], folder / name)
    output = folder / "results"
    output.mkdir()
    cases = find_cases(folder, output)
    assert [case.id for case in cases] == ["a", "group/b"]
    assert cases[0].ct == header
    assert left_out(folder, cases, output) == ["a/other.nrrd", "group/c.nrrd", "lonely.nrrd"]
    assert run(folder, output) == 0
    arguments = ["cohort", str(folder), "--output", str(output), "--calcification-threshold", "fixed:500"]
    assert cli.main(arguments) == 0
    assert "no case is seen in it (3): 'a/other.nrrd', 'group/c.nrrd', 'lonely.nrrd'" in capsys.readouterr().err


def test_one_ct_under_two_names_is_refused(rows, tmp_path, capsys):
    folder = tmp_path / "cases"
    twin = {**rows[0], "id": "twin", "ct": f"../cases/{rows[0]['ct']}"}
    assert run(write_table(folder / "t.csv", [*rows, twin]), tmp_path / "out") == 2
    assert "The cases 'c0' and 'twin' have the same CT and masks" in capsys.readouterr().err
    # Another reader's masks of it are another case.
    cases = find_cases(write_table(folder / "t.csv", [*rows, {**twin, "calcification": ""}]), tmp_path / "out")
    assert len(cases) == 3


@pytest.mark.parametrize(
    "text", ['id,ct,note\na,a.nii,"5 mm\nb,b.nii,x\n', 'id,ct,note\na,a.nii,"5\nb,b.nii,"6\nc,c.nii,7\n']
)
def test_a_quotation_mark_that_nobody_closes_swallows_no_case(text, tmp_path, capsys):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert run(tmp_path / "t.csv", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert "the row that begins in line 2: a cell begins with a quotation mark that is not closed" in error
    assert error.count("\n") == 1


def test_an_anonymous_cohort_keeps_ages_and_sexes_and_no_names_in_their_columns():
    told = [("50", "F"), ("50,5", "female"), ("Jane, 50", "Jane Doe"), ("500", "2"), ("", "")]
    cases = [
        CohortCase(f"c{number}", "p", None, covariates={"Age": age, "sex": sex, "note": "Jane"})
        for number, (age, sex) in enumerate(told)
    ]
    kept = [tuple(case.covariates.values()) for case in anonymous_cases(cases)]
    assert kept == [("50", "F"), ("50,5", "female"), ("", ""), ("", "2"), ("", "")]
    (first, *_) = anonymous_cases(cases[2:], ["sex", "note"])
    assert first.covariates == {"Age": "", "sex": "Jane Doe", "note": "Jane"}


@pytest.mark.parametrize("command", ["cohort", "evaluate"])
def test_anonymous_results_do_not_lie_beside_those_of_an_earlier_run_with_names(
    command, rows, tmp_path, made_here, capsys
):
    for row in rows:
        row["id"] = f"Jane {row['id']}"
    table, output = write_table(tmp_path / "cases" / "t.csv", rows), tmp_path / "out"
    options = ["--calcification-threshold", "fixed:500"] if command == "cohort" else ["--method", "fixed:500"]
    arguments = [command, str(table), "--quiet", *options, "--output"]
    assert cli.main([*arguments, str(output)]) == 0
    before = {each: each.read_bytes() for each in output.rglob("*") if each.is_file()}
    assert cli.main([*arguments, str(output), "--anonymous"]) == 2
    assert "which can name somebody" in capsys.readouterr().err
    assert {each: each.read_bytes() for each in output.rglob("*") if each.is_file()} == before
    for _ in range(2):
        assert cli.main([*arguments, str(tmp_path / "anonymous"), "--anonymous"]) == 0


def test_folders_of_cases_that_left_the_cohort_are_told(rows, tmp_path, made_here, capsys):
    table, output = write_table(tmp_path / "cases" / "t.csv", rows), tmp_path / "out"
    assert run(table, output) == 0
    write_table(table, rows[:1])
    arguments = ["cohort", str(table), "--output", str(output), "--calcification-threshold", "fixed:500"]
    assert cli.main(arguments) == 0
    assert "holds 'c1' of no case of this cohort" in capsys.readouterr().err
    assert [row["id"] for row in rows_in(output / "cohort.csv")] == ["c0"]


def test_a_copy_of_a_ct_under_another_name_is_told(rows, tmp_path, made_here, capsys):
    folder, output = tmp_path / "cases", tmp_path / "out"
    shutil.copy(folder / rows[0]["ct"], folder / "copy.nrrd")
    table = write_table(folder / "t.csv", [*rows, {**rows[0], "id": "<b>", "ct": "copy.nrrd"}])
    arguments = ["cohort", str(table), "--output", str(output), "--calcification-threshold", "fixed:500"]
    assert cli.main(arguments) == 0
    assert "c0, <b>: the same CT, voxel for voxel" in capsys.readouterr().err
    assert "<li>c0, &lt;b&gt;</li>" in (output / "overview.html").read_text(encoding="utf-8")
    write_table(table, rows)
    assert run(table, output) == 0
    assert "several names" not in (output / "overview.html").read_text(encoding="utf-8")
