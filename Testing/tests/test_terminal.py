"""What the command line says on terminals, pipes and files of every kind, and how it ends."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from AbdominalCalcificationLib import cli, resources
from AbdominalCalcificationLib.commands.terminal import Stream, Terminal, showable
from AbdominalCalcificationLib.progress import Progress

PACKAGE_FOLDER = Path(cli.__file__).resolve().parents[1]
MODEL = resources.bundled_artery_model()
posix = pytest.mark.skipif(os.name == "nt", reason="shells and devices of POSIX")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "Mean mm³ ── −1 \\udcff ü 動"),
        ("cp1252", "Mean mm³ -- -1 \\udcff ü \\u52d5"),
        ("latin-1", "Mean mm³ -- -1 \\udcff ü \\u52d5"),
        ("ascii", "Mean mm3 -- -1 \\udcff \\xfc \\u52d5"),
    ],
)
def test_what_an_encoding_lacks_is_written_plainer_or_as_an_escape(encoding, shown):
    assert showable("Mean mm³ ── −1 \udcff ü 動", encoding) == shown


def test_a_stream_writes_what_its_encoding_can_show():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    Stream(file, 1).write("3 mm³\n")
    assert raw.getvalue() == b"3 mm3\n"


@posix
def test_a_reader_that_has_gone_is_no_failure():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as file:
        stream = Stream(file, 1)
        stream.write("to nobody\n")
        stream.write("to nobody\n")
        assert stream.failure is None
        with pytest.raises(BrokenPipeError):
            file.close()


@posix
def test_a_full_device_is_a_failure():
    with open("/dev/full", "w") as file:
        stream = Stream(file, 1)
        stream.write("to nowhere\n")
        assert stream.failure.errno == errno.ENOSPC
        with pytest.raises(OSError, match="No space"):
            file.close()


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_a_stream_may_be_missing_or_closed(stream):
    if stream is not None:
        stream.close()
    writer = Stream(stream, 1)
    writer.write("nowhere\n")
    assert writer.failure is None
    assert not writer.is_terminal


def test_progress_is_plain_lines_where_there_is_no_terminal(capsys):
    with Terminal() as terminal:
        terminal(Progress("Reading", 0.1))
        terminal(Progress("Reading", 0.2))
        terminal(Progress("Writing", 0.9, message="By the way."))
        terminal.say("Done.")
    assert capsys.readouterr() == ("Done.\n", "Reading\nBy the way.\nWriting\n")


def test_quiet_keeps_only_complaints(capsys):
    with Terminal(quiet=True) as terminal:
        terminal(Progress("Reading", 0.1, message="By the way."))
        terminal.say("Done.")
        terminal.notice("Beside it.")
        terminal.complain("It failed.")
    assert capsys.readouterr() == ("", "It failed.\n")


def shell(command: str, **environment) -> subprocess.CompletedProcess:
    """Run a line of bash in which ``$AC`` is the command line and ``$MODEL`` a model; its code is the program's."""
    program = f"'{sys.executable}' -m AbdominalCalcificationLib"
    variables = {**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER), "MODEL": str(MODEL), **environment}
    return subprocess.run(
        ["bash", "-c", f"{command.replace('$AC', program)}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        env=variables,
    )


@posix
@pytest.mark.parametrize(
    "command",
    [
        "$AC models check $MODEL | true",
        "$AC models check $MODEL 2>&1 | true",
        "$AC --help | true",
        "$AC analyze --help | true",
        "$AC --version | true",
        "$AC models check $MODEL >&-",
        "$AC models check $MODEL >&- 2>&-",
        "$AC models check $MODEL <&- >&- 2>&-",
        "$AC models check $MODEL 2>/dev/full >/dev/null",
    ],
)
def test_a_reader_that_goes_and_a_stream_that_is_closed_change_nothing(command):
    done = shell(command)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
@pytest.mark.parametrize("command", ["models check $MODEL", "--help", "--version"])
def test_what_cannot_be_printed_is_said_in_one_line(command):
    done = shell(f"$AC {command} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"No space left on device" in done.stderr


@posix
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda each: "-".join(each.values()),
)
def test_help_and_models_are_printed_in_every_encoding(environment):
    for command in ("evaluate --help", "models check $MODEL", "models check nowhere/Größe-動"):
        done = shell(f"$AC {command}", **environment)
        assert done.returncode == (2 if "動" in command else 0)
        assert b"Traceback" not in done.stderr
        assert done.stdout or done.stderr.count(b"\n") == 1


@posix
@pytest.mark.parametrize("place", ["/proc/nothing", "/dev/null", ""])
def test_no_place_for_temporary_files_or_for_own_ones_is_no_bug(place):
    done = shell("$AC models check $MODEL", TMPDIR=place, HOME=place, XDG_DATA_HOME="")
    assert (done.returncode, done.stderr) == (0, b"")
    if place:
        done = shell("$AC models import $MODEL", HOME=place, XDG_DATA_HOME="")
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1


@posix
def test_places_that_are_no_text_are_refused_before_a_library_ends_the_process(tmp_path):
    odd = os.fsencode(tmp_path) + b"/b\xffd"
    os.mkdir(odd)
    name = os.fsdecode(odd)
    commands = [
        ("analyze ct.nii.gz --output '$ODD/out'", {}),
        ("analyze '$ODD/ct.nii.gz' --output out", {}),
        ("analyze ct.nii.gz --arteries a.nii.gz '$ODD/b.nii.gz' --calcification c.nii.gz --output out", {}),
        ("simulate --seed 1 --output out", {"TMPDIR": name}),
        ("export-dataset x.mrb --task artery --output Dataset101_A", {"TMPDIR": name}),
    ]
    for command, environment in commands:
        done = shell(f"cd '{tmp_path}'; $AC {command.replace('$ODD', name)}", **environment)
        assert done.returncode == 2, command
        assert done.stderr.count(b"\n") == 1, command
        assert b"not text" in done.stderr, command


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze", f"{LONG}.nii.gz", "--output", "out"],
        ["analyze", "ct.nii.gz", "--arteries", f"{LONG}.nii.gz", "--calcification", "c.nii.gz", "--output", "out"],
        ["analyze", "ct.nii.gz", "--output", LONG],
        ["analyze", "ct.nii.gz", "--output", "out", "--artery-model", LONG],
        ["models", "check", LONG],
        ["models", "import", f"{LONG}.zip"],
        ["simulate", "--seed", "1", "--output", LONG],
        ["evaluate", f"{LONG}.csv", "--output", "out"],
        ["evaluate", "--simulated", "1", "--method", "realistic", "--output", LONG],
        ["export-dataset", LONG, "--task", "artery", "--output", "Dataset101_A"],
        ["train", "artery", "--dataset", LONG, "--work", "work"],
        ["train", "artery", "--simulated", "1", "--work", LONG],
        ["train", "artery", "--simulated", "1", "--work", "work", "--settings", LONG, "--small"],
    ],
)
def test_names_that_are_too_long_are_one_line(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    complaint = capsys.readouterr().err.strip().splitlines()[-1]
    assert complaint.startswith("abdominal-calcification: ")
    assert not [path for path in tmp_path.iterdir() if path.name != "work"]
