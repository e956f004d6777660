"""The command ``cohort``: inputs that change, that lie where results go, or that are no cases."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
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
