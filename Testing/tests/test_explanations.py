"""What the system refuses becomes one line; what nothing explains is a bug and says so."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import zipfile
import zlib

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InferenceError, InputError, ModelError, UnexpectedError
from AbdominalCalcificationLib.explanations import explanation
from AbdominalCalcificationLib.inference.worker import explain


def raised_by(action) -> BaseException:
    try:
        action()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def deeper():
    return deeper()


def broken_zip():
    with zipfile.ZipFile(io.BytesIO(b"no zip")):
        pass


EXPLAINED = [
    (lambda: os.stat("/there/is/nothing"), "'/there/is/nothing'"),
    (lambda: os.stat("/" + "x" * 300), "too long"),
    (lambda: os.open(b"/there/is/nothing", os.O_RDONLY), "'/there/is/nothing'"),
    (lambda: (_ for _ in ()).throw(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "f")), "free some disk space"),
    (lambda: (_ for _ in ()).throw(BrokenPipeError(errno.EPIPE, "Broken pipe")), "Broken pipe"),
    (lambda: (_ for _ in ()).throw(MemoryError()), "not enough memory"),
    (lambda: np.zeros(1 << 55), "not enough memory"),
    (lambda: (_ for _ in ()).throw(RuntimeError("std::bad_alloc")), "not enough memory"),
    (deeper, "nested too deeply"),
    (lambda: "³".encode("ascii"), "characters"),
    (lambda: b"\xff".decode("utf-8"), "characters"),
    (lambda: json.loads("{"), "damaged"),
    (lambda: zlib.decompress(b"nonsense"), "damaged"),
    (broken_zip, "damaged"),
    (lambda: list(csv.reader(["x" * 200_000])), "damaged"),
    (lambda: sitk.ReadImage("/there/is/nothing.nii"), "nothing.nii"),
    (lambda: __import__("no_such_package"), "'no_such_package' is missing"),
]


@pytest.mark.parametrize(("action", "words"), EXPLAINED)
def test_what_the_system_or_a_library_refuses_is_one_line(action, words):
    line = explanation(raised_by(action))
    assert words in line
    assert "\n" not in line
    assert len(line) < 500


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ValueError("y"),
        TypeError("z"),
        RuntimeError("broken"),
        ZeroDivisionError(),
        ImportError("cannot import name 'x'", name="AbdominalCalcificationLib.reading"),
    ],
)
def test_bugs_are_not_explained_away(error):
    assert explanation(error) is None


@pytest.mark.parametrize("action", [action for action, _ in EXPLAINED])
def test_the_command_line_says_it_and_ends_with_2(action, monkeypatch, capsys):
    monkeypatch.setattr("AbdominalCalcificationLib.commands.models.run_check", lambda *_: action())
    assert cli.main(["models", "check", "x"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert cli.main(["models", "check", "x", "--verbose"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (InputError("Do this."), 2, False),
        (ModelError("Do this."), 2, False),
        (InferenceError("Do this.", "the log"), 2, False),
        (UnexpectedError("It crashed.", "the log"), 1, True),
        (KeyError("x"), 1, True),
        (KeyboardInterrupt(), 130, False),
    ],
)
def test_only_bugs_end_with_1_and_show_what_is_needed_to_find_them(error, code, shown, monkeypatch, capsys):
    def run(*_):
        os.write(2, b"last words of a library\n")
        raise error

    monkeypatch.setattr("AbdominalCalcificationLib.commands.models.run_check", run)
    assert cli.main(["models", "check", "x"]) == code
    err = capsys.readouterr().err
    assert (err.count("\n") > 1) == shown
    assert ("the log" in err or "Traceback" in err) == shown
    assert ("last words" in err) == isinstance(error, KeyError)


def test_the_worker_tells_bugs_from_what_the_system_refuses():
    assert explain(OSError(errno.ENOSPC, "No space left on device"))[0] == "inference"
    assert explain(RecursionError())[0] == "inference"
    assert explain(MemoryError())[0] == "inference"
    kind, line = explain(ValueError("shapes differ"))
    assert kind == "unexpected"
    assert "shapes differ" in line
