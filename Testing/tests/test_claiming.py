"""A folder for one writer at a time, and what killed writers left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from AbdominalCalcificationLib import claiming, leftovers
from AbdominalCalcificationLib.claiming import claimed
from AbdominalCalcificationLib.errors import InputError, WriteError
from AbdominalCalcificationLib.leftovers import scratch_folder, sweep, temporary_name, unfinished_folder
from AbdominalCalcificationLib.replacing import replacing
from AbdominalCalcificationLib.reporting import ResultFolder
from full_disks import contents_below

PACKAGE_FOLDER = Path(claiming.__file__).resolve().parents[1]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process that dies")


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


def start_writer(folder) -> subprocess.Popen:
    """A process that claims a folder, writes half of something into it, and waits."""
    script = f"""
import sys, time
from pathlib import Path
from AbdominalCalcificationLib.reporting import ResultFolder
with ResultFolder({str(folder)!r}, overwrite=True) as place:
    (place / "measurements.json").write_text("theirs")
    print("ready", flush=True)
    sys.stdin.readline()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def end(process, *, kill=False):
    if kill:
        process.kill()
    process.communicate("\n")
    return process.returncode


@pytest.mark.parametrize("is_there", [True, False])
def test_the_second_writer_is_told_so_and_the_first_is_not_disturbed(tmp_path, is_there):
    folder = tmp_path / "result"
    if is_there:
        folder.mkdir()
    first = start_writer(folder)
    with pytest.raises(InputError, match=rf"being written by another process \({first.pid} on ") as caught:
        ResultFolder(folder, overwrite=True)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert end(first) == 0
    assert contents_below(tmp_path) == {"result": None, "result/measurements.json": b"theirs"}
    with ResultFolder(folder, overwrite=True) as place:
        (place / "measurements.json").write_text("mine")
    assert contents_below(tmp_path) == {"result": None, "result/measurements.json": b"mine"}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_killed_writer_blocks_nobody_and_is_swept(tmp_path, is_there):
    folder = tmp_path / "result"
    if is_there:
        folder.mkdir()
        (folder / "measurements.json").write_text("old")
        (folder / "notes.txt").write_text("mine")
    before = contents_below(tmp_path)
    assert end(start_writer(folder), kill=True) == -signal.SIGKILL
    assert any(".unfinished-" in name for name in contents_below(tmp_path))
    ResultFolder(folder, overwrite=True)
    assert contents_below(tmp_path) == before


def test_two_results_in_one_folder_do_not_get_in_each_others_way(tmp_path):
    first = start_writer(tmp_path / "one")
    with claimed(tmp_path), ResultFolder(tmp_path / "two") as place:
        (place / "measurements.json").write_text("mine")
    assert end(first) == 0
    assert names_in(tmp_path) == ["one", "two"]
    assert (tmp_path / "one" / "measurements.json").read_text() == "theirs"


def test_a_claim_leaves_nothing_and_makes_what_is_missing(tmp_path):
    with claimed(tmp_path / "a" / "b" / "c"):
        assert (tmp_path / "a" / "b").is_dir()
        assert not (tmp_path / "a" / "b" / "c").exists()
    assert names_in(tmp_path) == []
    with claimed(tmp_path / "a" / "b", make=True):
        (tmp_path / "a" / "b" / "file").touch()
    assert names_in(tmp_path / "a" / "b") == ["file"]


def test_a_process_may_claim_again_what_it_has_claimed(tmp_path):
    with claimed(tmp_path / "x"), claimed(tmp_path / "x"):
        pass
    with claimed(tmp_path), claimed(tmp_path / "."):
        pass
    assert names_in(tmp_path) == []


def test_where_nothing_can_be_written_that_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot be written"), claimed(tmp_path / "file" / "below"):
        pass


def test_file_systems_without_locks_are_written_all_the_same(tmp_path, monkeypatch):
    def lock(descriptor):
        raise OSError(claiming.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(claiming, "_lock", lock)
    with claimed(tmp_path), claimed(tmp_path):
        (tmp_path / "file").touch()
    assert names_in(tmp_path) == ["file"]


def test_what_others_are_writing_is_not_swept(tmp_path, monkeypatch):
    own, other = tmp_path / temporary_name("a"), tmp_path / temporary_name("b").replace(leftovers._host(), "0" * 8)
    for each in (own, other):
        each.write_text("half")
    (tmp_path / ".unfinished-work-of-mine").write_text("the user's own")
    sweep(tmp_path)
    assert own.exists()
    assert other.exists()
    # On another computer nobody can look whether the process lives; a day of silence tells.
    long_ago = time.time() - 25 * 3600
    os.utime(other, (long_ago, long_ago))
    monkeypatch.setattr(leftovers, "is_running", lambda pid: False)
    sweep(tmp_path)
    assert names_in(tmp_path) == [".unfinished-work-of-mine"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners are POSIX's")
def test_what_somebody_else_laid_out_is_neither_removed_nor_put_back(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "is_running", lambda pid: False)
    for kind in ("unfinished", "replaced"):
        (tmp_path / temporary_name("a", kind)).mkdir()
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    sweep(tmp_path)
    assert len(names_in(tmp_path)) == 2


def test_a_journal_that_names_other_places_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "folder").mkdir()
    old = tmp_path / "folder" / temporary_name(".", "replaced")
    old.mkdir()
    (old / "kept").write_text("x")
    (old / ".journal").write_text('{"name": "../mine", "new": "nowhere"}\n')
    monkeypatch.setattr(leftovers, "is_running", lambda pid: False)
    with pytest.raises(InputError, match="could not be put back"):
        sweep(tmp_path / "folder")
    assert (tmp_path / "mine").read_text() == "mine"


@needs_fork
def test_folders_among_the_temporary_files_are_swept_by_the_next_run(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers.tempfile, "tempdir", str(tmp_path))
    if (pid := os.fork()) == 0:
        (scratch_folder("worker") / "large").write_text("x")
        os._exit(9)
    os.waitpid(pid, 0)
    assert len(names_in(tmp_path)) == 1
    mine = scratch_folder("worker")
    assert names_in(tmp_path) == [mine.name]
    assert "abdominal-calcification-worker" in mine.name


OLD = {"a": "old a", "b": "old b", "sub/c": "old c"}
NEW = {"b": "new b", "sub/c": "new c", "more/d": "new d"}


def replace_all(folder):
    with claimed(folder), unfinished_folder(folder, ".") as place:
        for name, text in NEW.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text)
        with replacing(folder, "result") as replacement:
            replacement.take_out("a")
            for name in NEW:
                replacement.put_in(place / name, name)


def die_at(folder, call, count, when):
    """Replace all in a process that dies around a call of a function of the system; return whether it did."""
    if (pid := os.fork()) == 0:
        own, left = getattr(os, call), [count]

        def dying(*arguments, **named):
            left[0] -= 1
            if left[0] == 0 and when == "before":
                os._exit(9)
            try:
                return own(*arguments, **named)
            finally:
                if left[0] == 0:
                    os._exit(9)

        setattr(os, call, dying)
        try:
            replace_all(folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


def texts(folder):
    return {name: content.decode() for name, content in contents_below(folder).items() if content is not None}


@needs_fork
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["rename", "mkdir", "fsync", "unlink", "rmdir", "open"])
def test_whatever_a_killed_process_was_at_the_next_one_finds_all_old_or_all_new(tmp_path, call, when):
    count, died = 0, True
    whole = set()
    while died:
        count += 1
        folder = tmp_path / f"{count}"
        (folder / "sub").mkdir(parents=True)
        for name, text in OLD.items():
            (folder / name).write_text(text)
        died = die_at(folder, call, count, when)
        with claimed(folder):
            pass
        found = texts(folder)
        assert found in (OLD, NEW), f"at {call} {count}"
        assert not [each for each in folder.rglob("*") if each.is_dir() and each.name not in ("sub", "more")]
        assert (folder / "more").exists() == (found == NEW)
        whole.add(found == NEW)
    assert True in whole
    assert count > 2


@needs_fork
def test_what_was_put_back_in_part_is_put_back_in_full_by_the_next_run(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)
    if (pid := os.fork()) == 0:
        rename = os.rename

        def failing(source, target):
            if Path(target).name == "d" or (".replaced-" in str(source) and Path(source).name == "a"):
                raise OSError(5, "Input/output error")
            rename(source, target)

        os.rename = failing
        try:
            replace_all(tmp_path)
        except InputError:
            os._exit(9)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert texts(tmp_path) != OLD
    with claimed(tmp_path):
        pass
    assert texts(tmp_path) == OLD


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions of POSIX, which root does not mind")
def test_a_folder_that_takes_no_files_is_refused_for_that_reason(tmp_path):
    place = tmp_path / "closed"
    place.mkdir()
    place.chmod(0o500)
    with pytest.raises(WriteError, match="Permission denied"), claimed(place):
        pass
