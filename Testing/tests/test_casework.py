"""A reader's list of cases: what is on it, what is kept of each, and what comes out of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from AbdominalCalcificationLib.casework import CaseState, CaseStore, Status, cohort_below, list_cases
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation.cohort import read_cohort
from AbdominalCalcificationLib.paths import file_name_of
from dicom_files import a_vessel, at_heights, write_series


def touched(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


@pytest.fixture
def listed(tmp_path):
    """A table of three cases, one of them with masks."""
    rows = ["id,path,arteries,calcification", "a,one.nrrd,,", "b/2,two.nrrd,two_a.nrrd,two_c.nrrd", "c,three.nrrd,,"]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "list.csv"


@pytest.fixture
def store(listed):
    return CaseStore.of(listed, "Ada")


def with_masks(store, case):
    for name in ("arteries", "calcification"):
        touched(store.result_of(case) / f"{name}.nii.gz")


def test_table_needs_no_more_than_a_name_and_a_ct(listed):
    first, second, third = list_cases(listed)
    assert (first.name, first.ct, first.masks.paths) == ("a", listed.parent / "one.nrrd", ())
    assert second.masks.arteries == listed.parent / "two_a.nrrd"
    assert third.name == "c"


def test_folder_of_images(tmp_path):
    for name in ("b.nii.gz", "a.nrrd", "a_masks.seg.nrrd", ".hidden.nrrd", "notes.txt"):
        touched(tmp_path / name)
    touched(tmp_path / "reviews" / "ada" / "x.nrrd")
    assert [(case.name, case.ct.name) for case in list_cases(tmp_path)] == [("a", "a.nrrd"), ("b", "b.nii.gz")]


def test_folder_of_case_folders(tmp_path):
    for name in ("p1/ct.nii.gz", "p1/arteries.nii.gz", "deeper/p2/ct.nrrd", "reviews/ada/p1/result/ct.nii.gz"):
        touched(tmp_path / name)
    cases = list_cases(tmp_path)
    assert [case.name for case in cases] == ["deeper/p2", "p1"]
    assert cases[1].masks.arteries.name == "arteries.nii.gz"


def test_folder_of_dicom_folders(tmp_path):
    for folder in (tmp_path / "first", tmp_path / "second" / "series"):
        write_series(folder, a_vessel(3), at_heights(range(3)))
    touched(tmp_path / "none" / "readme.txt")
    assert [(case.name, case.ct.name) for case in list_cases(tmp_path)] == [("first", "first"), ("second", "second")]
    assert [case.ct for case in list_cases(tmp_path / "first")] == [tmp_path / "first"]


@pytest.mark.parametrize("missing", ["nothing.csv", "empty"])
def test_no_cases_is_said(tmp_path, missing):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="name a table"):
        list_cases(tmp_path / missing)


def test_folder_of_case_folders_is_a_cohort(tmp_path):
    for name in ("p1/ct.nii.gz", "p1/arteries.nii.gz", "p1/calcification.nii.gz", "retraining/a/raw/ct.nii.gz"):
        touched(tmp_path / name)
    (case,) = cohort_below(tmp_path)
    assert (case.name, case.patient, case.reference.calcification.name) == ("p1", "p1", "calcification.nii.gz")
    touched(tmp_path / "p2" / "ct.nii.gz")
    with pytest.raises(InputError, match=r"'p2'.*no calcification mask"):
        cohort_below(tmp_path)


def test_two_images_of_one_name_are_refused(tmp_path):
    touched(tmp_path / "a.nrrd")
    touched(tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="two images called 'a'"):
        list_cases(tmp_path)


def test_what_is_said_is_there_again(store, listed):
    case = store.cases[1]
    assert store.state_of(case) == CaseState()
    kept = store.keep(case, CaseState(Status.IN_PROGRESS, "ostium unclear – ask", 3, 61.5))
    assert kept.saved
    assert CaseStore.of(listed, "Ada").state_of(case) == kept
    assert store.state_of(store.cases[0]).status is Status.UNTOUCHED


def test_readers_are_kept_apart(store, listed):
    case = store.cases[0]
    store.keep(case, CaseState(Status.DONE))
    with_masks(store, case)
    other = CaseStore.of(listed, "ada")
    assert other.folder != store.folder
    assert other.state_of(case).status is Status.UNTOUCHED
    assert other.masks_of(case).paths == ()
    with pytest.raises(InputError, match="Say who reads"):
        CaseStore.of(listed, "  ")


def test_own_masks_come_before_those_of_the_list(store):
    case = store.cases[1]
    assert store.masks_of(case) == case.masks
    with_masks(store, case)
    assert {path.name for path in store.masks_of(case).paths} == {"arteries.nii.gz", "calcification.nii.gz"}


def test_case_that_is_open_elsewhere_is_refused(store, listed):
    code = (
        "import sys\nfrom AbdominalCalcificationLib.casework import CaseStore\n"
        "store = CaseStore.of(sys.argv[1], 'Ada')\n"
        "with store.opened(store.cases[0]):\n    print('open', flush=True)\n    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(listed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline().strip() == "open"
        with pytest.raises(InputError), store.opened(store.cases[0]):
            pass
        with store.opened(store.cases[1]):
            pass
    finally:
        process.communicate()
    with store.opened(store.cases[0]):  # it ended with the process
        pass


def test_damaged_state_is_not_begun_anew(store):
    case = store.cases[0]
    store.keep(case, CaseState(Status.DONE))
    path = store.folder_of(case) / "review.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(InputError, match="cannot be read"):
        store.state_of(case)
    assert store.neighbour(None, only_open=True) == case


def test_neighbours(store):
    first, second, third = store.cases
    assert store.neighbour(None) == first
    assert store.neighbour(None, -1) == third
    assert store.neighbour(first) == second
    assert store.neighbour(first, -1) is None
    assert store.neighbour(third) is None
    store.keep(second, CaseState(Status.REJECTED))
    assert store.neighbour(first, only_open=True) == third
    assert store.neighbour(third, -1, only_open=True) == first
    store.keep(second, CaseState(Status.IN_PROGRESS))  # a finished case can be opened again
    assert store.neighbour(first, only_open=True) == second


def test_cases_that_are_done_are_handed_over(store):
    with pytest.raises(InputError, match="No case is done"):
        store.hand_over()
    first, second, third = store.cases
    store.keep(first, CaseState(Status.DONE))
    with pytest.raises(InputError, match="has no masks"):
        store.hand_over()
    for case in (first, second, third):
        with_masks(store, case)
    store.keep(second, CaseState(Status.DONE))
    store.keep(third, CaseState(Status.REJECTED))
    path, count = store.hand_over()
    assert count == 2
    handed = read_cohort(path, needed=("ct", "arteries", "calcification"))
    assert [case.name for case in handed] == ["a", "b/2"]
    assert handed[1].ct == second.ct.resolve()
    assert handed[1].reference.arteries == (store.result_of(second) / "arteries.nii.gz").resolve()


@pytest.mark.parametrize(
    "said", [{"rating": 0}, {"rating": 6}, {"rating": 2.5}, {"seconds": -1.0}, {"seconds": float("nan")}, {"notes": 3}]
)
def test_what_no_reader_says_is_refused(said):
    with pytest.raises(InputError):
        CaseState(**said)


def test_files_say_whose_and_what_they_are(store):
    store.keep(store.cases[1], CaseState(Status.DONE, rating=5))
    said = json.loads((store.folder_of(store.cases[1]) / "review.json").read_text())
    assert (said["case"], said["reader"], said["status"], said["rating"]) == ("b/2", "Ada", "done", 5)


def test_no_two_names_share_a_file_name():
    names = ["a", "A", "a/b", "a_b", "a b", "con", "..", "é", "x" * 300, "x" * 301]
    assert len({file_name_of(name).lower() for name in names}) == len(names)
    assert all(len(file_name_of(name)) < 80 and "/" not in file_name_of(name) for name in names)


def test_a_pause_does_not_count():
    from AbdominalCalcificationLib.work_clock import PAUSE_S, WorkClock

    now = [1000.0]
    clock = WorkClock(lambda: now[0])
    for step in (10, 50, PAUSE_S):
        now[0] += step
        clock.touch()
    assert clock.seconds == 60 + PAUSE_S
    now[0] += 5000
    assert clock.seconds == 60 + 2 * PAUSE_S
    clock.touch()
    now[0] += 20
    assert clock.seconds == 80 + 2 * PAUSE_S
    clock.restart()
    assert clock.seconds == 0


def run_cases(capsys, *arguments):
    from AbdominalCalcificationLib.cli import main

    code = main(["cases", *map(str, arguments)])
    out = capsys.readouterr()
    return code, out.out.splitlines(), out.err


def test_the_command_line_says_how_far_each_reader_is(listed, capsys):
    assert run_cases(capsys, listed)[:2] == (0, ["3 cases; readers: nobody yet", "  a", "  b/2", "  c"])
    ada, bob = CaseStore.of(listed, "Ada"), CaseStore.of(listed, "Bob / 2")
    kept = ada.keep(ada.cases[0], CaseState(Status.DONE, "fine\nand more", 4, 130.0))
    ada.keep(ada.cases[1], CaseState(Status.REJECTED, seconds=60.0))
    bob.keep(bob.cases[2], CaseState(Status.IN_PROGRESS))
    code, lines, _ = run_cases(capsys, listed)
    assert code == 0
    assert lines[0] == "3 cases; readers: Ada, Bob / 2"
    assert lines[1] == "Ada: 1 untouched, 0 in progress, 1 done, 1 rejected; 3 min"
    assert lines[2] == f"  a: done, rating 4, 2 min, saved {kept.saved}, fine"
    assert lines[4] == "  c: untouched"
    assert lines[5].startswith("Bob / 2: 2 untouched, 1 in progress")
    code, lines, _ = run_cases(capsys, listed, "--reader", "Ada")
    assert len(lines) == 5
    code, lines, error = run_cases(capsys, listed, "--reader", "Eve")
    assert code == 2
    assert "'Eve' has read no case" in error
    assert "Ada, Bob / 2" in error


def test_the_command_line_tells_of_what_cannot_be_read(listed, capsys):
    ada = CaseStore.of(listed, "Ada")
    ada.keep(ada.cases[0], CaseState(Status.DONE))
    touched(ada.folder_of(ada.cases[1]) / "review.json")
    code, lines, _ = run_cases(capsys, listed)
    assert code == 0
    assert "1 that cannot be read" in lines[1]
    assert "cannot be read" in lines[3]
