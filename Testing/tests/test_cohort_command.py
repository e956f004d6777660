"""The command ``cohort``: tables, folders, what is resumed, what fails, and what an anonymous one keeps."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.reporting import views
from cohorts import a_cohort, give_air, rows_in, write_table
from cohorts import run_cohort as run

pq = pytest.importorskip("pyarrow.parquet")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and processes of POSIX")

TABLES = ("cohort.csv", "territories.parquet", "failed.csv", "overview.html", "cohort.json")
PACKAGE = Path(cli.__file__).resolve().parents[1]


@pytest.fixture
def table(tmp_path):
    """Three cases with masks, one of them to be segmented by a threshold, and one that is not there."""
    rows = rows_in(a_cohort(tmp_path / "cases", count=4))
    for row in rows:
        give_air(tmp_path / "cases" / row["ct"])
    kept = [
        {
            "ID": f"Case {number}" if number else "case_0",
            "CT": row["ct"],
            "patient": row["patient"],
            "arteries": row["arteries"],
            "calcification": row["calcification"] if number != 2 else "",
            "age": 50 + number,
            "sex": "FM"[number % 2],
            "name": f"=Jane {number}",
        }
        for number, row in enumerate(rows)
    ]
    kept[3]["CT"] = "gone; really.nrrd"
    return write_table(tmp_path / "cases" / "table.csv", kept)


def tables_of(output):
    return {name: (output / name).read_bytes() for name in TABLES}


def test_every_case_has_its_folder_and_row_and_what_failed_its_reason(table, tmp_path, made_here):
    output = tmp_path / "out"
    assert run(table, output) == 0
    rows = rows_in(output / "cohort.csv")
    assert [row["id"] for row in rows] == ["case_0", "Case 1", "Case 2"]
    assert rows[0]["folder"] == "cases/case_0"
    assert rows[1]["name"] == "'=Jane 1"
    assert (rows[1]["age"], rows[1]["sex"], rows[1]["patient"]) == ("51", "M", "patient 0")
    for row in rows:
        folder = output / row["folder"]
        document = json.loads((folder / "measurements.json").read_text(encoding="utf-8"))
        assert row["trust"] == document["trust"]["verdict"]
        assert row["version"] == document["provenance"]["software"]["version"]
        numbers = {each["name"]: each for each in (*document["territories"], {**document["total"], "name": "total"})}
        for name, each in numbers.items():
            for quantity in ("artery_volume_mm3", "calcified_volume_mm3", "cluster_count"):
                written = row[f"{name}_{quantity}"]
                expected = each[quantity] if each["found"] and row["trust"] != "unusable" else None
                assert written == ("" if expected is None else f"{expected:.10g}"), (name, quantity)
        assert (folder / "thumbnail.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    assert any(float(row["total_calcified_volume_mm3"] or 0) > 0 for row in rows)
    (failed,) = rows_in(output / "failed.csv")
    assert failed["id"] == "Case 3"
    assert failed["reason"].endswith("gone; really.nrrd' does not exist.")
    assert failed["what_to_do"] == "Name a DICOM folder or an image file."
    assert [row["id"] for row in rows_in(output / "seconds.csv")] == ["case_0", "Case 1", "Case 2"]
    long = pq.read_table(output / "territories.parquet").to_pylist()
    assert len(long) == 3 * (1 + len(TERRITORIES))
    aortas = [each for each in long if each["territory"] == "aorta"]
    assert [each["calcified_volume_mm3"] for each in aortas] == pytest.approx(
        [float(row["aorta_calcified_volume_mm3"]) for row in rows]
    )
    page = (output / "overview.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 3
    assert "<script" not in page
    assert 'src="data:image/jpeg;base64,' in page
    assert "Case 3" in page


def test_it_goes_on_where_it_was_killed_and_gives_the_same_bytes(table, tmp_path, made_here, monkeypatch):
    assert run(table, tmp_path / "whole") == 0

    class Killed(BaseException):
        pass

    halfway = tmp_path / "halfway"
    own = views.draw_views_steps

    def killed(*given, **named):
        if (halfway / "cases" / "case_0").is_dir():
            raise Killed
        return own(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "draw_views_steps", killed)
        with pytest.raises(Killed):
            run(table, halfway)
    assert not (halfway / "cohort.csv").exists()
    assert [each.name for each in (halfway / "cases").iterdir()] == ["case_0"]
    finished = (halfway / "cases" / "case_0" / "case.json").stat().st_mtime_ns
    assert run(table, halfway) == 0
    assert tables_of(halfway) == tables_of(tmp_path / "whole")
    assert (halfway / "cases" / "case_0" / "case.json").stat().st_mtime_ns == finished
    for file in (tmp_path / "whole" / "cases").rglob("*"):
        # Times are told in these, and nowhere else.
        if file.is_file() and file.name not in ("case.json", "measurements.json", "scene.mrb"):
            assert (halfway / file.relative_to(tmp_path / "whole")).read_bytes() == file.read_bytes(), file


def test_cases_made_otherwise_are_made_again_only_where_one_says_so(table, tmp_path, made_here, capsys):
    output = tmp_path / "out"
    assert run(table, output) == 0
    before = tables_of(output)
    assert run(table, output, "--max-distance", "2") == 2
    assert "add --overwrite to make them again" in capsys.readouterr().err
    assert tables_of(output) == before
    assert run(table, output, "--max-distance", "2", "--overwrite") == 0
    assert json.loads((output / "cohort.json").read_text())["settings"]["parameters"]["max_distance_mm"] == 2
    # A covariate is in no number: nothing is made again.
    stamps = {each: each.stat().st_mtime_ns for each in output.glob("cases/*/case.json")}
    rows = rows_in(table)
    rows[0]["age"] = "99"
    write_table(table, rows)
    assert run(table, output, "--max-distance", "2") == 0
    assert {each: each.stat().st_mtime_ns for each in output.glob("cases/*/case.json")} == stamps
    assert rows_in(output / "cohort.csv")[0]["age"] == "99"


def test_numbers_that_must_not_be_used_are_in_no_table(tmp_path, made_here):
    # No air anywhere: these are no HU for all that is known.
    (case,) = rows_in(a_cohort(tmp_path / "cases", count=1))
    row = {"id": "a", **{name: case[name] for name in ("ct", "arteries", "calcification")}}
    table = write_table(tmp_path / "cases" / "t.csv", [row])
    assert run(table, tmp_path / "out") == 0
    (row,) = rows_in(tmp_path / "out" / "cohort.csv")
    assert row["trust"] == "unusable"
    assert "not_hu" in row["flags"]
    assert all(value == "" for name, value in row.items() if name.endswith(("_mm3", "_percent", "_count")))
    page = (tmp_path / "out" / "overview.html").read_text(encoding="utf-8")
    assert "Do not use these numbers" in page


def test_an_anonymous_cohort_keeps_age_and_sex_and_what_is_named(table, tmp_path, made_here, capsys):
    output = tmp_path / "out"
    assert run(table, output, "--anonymous", "--keep", "nothing") == 2
    assert "no column of the table" in capsys.readouterr().err
    assert run(table, output, "--anonymous") == 0
    rows = rows_in(output / "cohort.csv")
    assert [row["id"] for row in rows] == ["case-00001", "case-00002", "case-00003"]
    assert rows[0]["age"] == "50"
    assert "name" not in rows[0]
    said = b"".join(each.read_bytes() for each in output.rglob("*") if each.is_file() and each.suffix != ".mrb")
    for word in (b"Jane", b"gone", b"Case 1", b"patient 0", str(tmp_path).encode()):
        assert word not in said, word


def test_a_folder_of_images_is_a_cohort_and_its_own_results_are_none(tmp_path, made_here):
    folder = tmp_path / "cts"
    rows = rows_in(a_cohort(tmp_path / "cases", count=2))
    for number, row in enumerate(rows):
        case = folder / f"p{number}"
        case.mkdir(parents=True)
        for name in ("ct", "arteries", "calcification"):
            shutil.copy(tmp_path / "cases" / row[name], case / f"{name}.nrrd")
    for _ in range(2):
        assert run(folder, folder / "results") == 0
        assert [row["id"] for row in rows_in(folder / "results" / "cohort.csv")] == ["p0", "p1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ct\na.nii\n", "no column id"),
        ("id,path\n,a.nii\n", "Line 2 of the table has no id"),
        ("id,ct\na,a.nii\na,b.nii\n", "Two cases are called 'a'"),
        ("id,ct\nA,a.nii\na,b.nii\n", "differ in capitals alone"),
        ("id,ct\nM\u00fcller,a.nii\nMu\u0308ller,b.nii\n", "look the same"),
        ("id,ct\nA 1,a.nii\na 1,b.nii\n", "differ in capitals alone"),
        ("id,ct,CT\na,a.nii,b.nii\n", "two columns of one meaning"),
        ("id,ct,Age,age\na,a.nii,40,60\n", "columns that differ in capitals alone"),
        ("id,ct,Trust\na,a.nii,x\n", "call it otherwise"),
        ("id,ct,trust\na,a.nii,x\n", "call it otherwise"),
        ("id,ct,,x\na,a.nii,,y\n", "a column without a name"),
        ("id,ct\na,a.nii,b,c\n", "more or fewer cells"),
        ("id,ct\n", "holds no cases"),
        ('id,ct\n"a\x07",b\n', "cannot be shown"),
    ],
)
def test_a_table_that_does_not_say_it_well_is_refused(text, said, tmp_path, capsys):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert run(tmp_path / "t.csv", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--map", "/a=/b"], "add --scheduler"),
        (["--scheduler", "tcp://x:1", "--jobs", "2"], "leave them out"),
        (["--jobs", "0"], "at least 1"),
        (["--keep", "age"], "add --anonymous"),
        (["--template", "x"], "add --report"),
        (["--scheduler", "here"], "no address"),
    ],
)
def test_options_that_contradict_are_refused(options, said, table, tmp_path, capsys):
    assert run(table, tmp_path / "out", *options) == 2
    assert said in capsys.readouterr().err


def is_group(number):
    """Return whether any process of a group is left."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_it_in_order_and_the_same_command_goes_on(tmp_path):
    pytest.importorskip("distributed")
    rows = [
        {"id": row["case"], **{name: row[name] for name in ("ct", "arteries", "calcification")}}
        for row in rows_in(a_cohort(tmp_path / "cases", count=6))
    ]
    table, output = write_table(tmp_path / "cases" / "t.csv", rows), tmp_path / "out"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    line = [
        sys.executable,
        "-m",
        "AbdominalCalcificationLib",
        "cohort",
        str(table),
        "--output",
        str(output),
        "--jobs",
        "2",
    ]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "TMPDIR": str(scratch)}
    with subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        end = time.monotonic() + 300
        while not list(output.glob("cases/[!.]*/case.json")) and time.monotonic() < end:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process gets it
        _, said = process.communicate(timeout=120)
        if process.returncode != 0:  # else it was done already
            assert process.returncode == 130
            assert said.rstrip().endswith("Cancelled; the same command goes on where it stopped.")
            assert "Traceback" not in said
            assert not (output / "cohort.csv").exists()
        end = time.monotonic() + 30
        while is_group(process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert not is_group(process.pid)
    assert list(scratch.iterdir()) == []
    assert all((each / "case.json").is_file() for each in (output / "cases").iterdir())
