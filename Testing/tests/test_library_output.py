"""What libraries print: kept from the terminal, but never lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.library_output import captured


def test_everything_that_is_printed_is_taken(capfd):
    with captured() as said:
        os.write(1, b"C on stdout\n")
        os.write(2, b"C on stderr\n")
        print("Python on stdout")
        print("Python on stderr", file=sys.stderr)
        subprocess.run([sys.executable, "-c", "print('a child')"], check=True)
    assert capfd.readouterr() == ("", "")
    for words in ("C on stdout", "C on stderr", "Python on stdout", "Python on stderr", "a child"):
        assert words in said.text
    print("again")
    os.write(2, b"and here\n")
    assert capfd.readouterr() == ("again\n", "and here\n")


def test_messages_of_vtk_are_taken_and_their_errors_found(capfd):
    from vtkmodules.vtkCommonCore import vtkStringArray
    from vtkmodules.vtkIOImage import vtkPNGReader

    with captured() as said:
        reader = vtkPNGReader()
        reader.SetFileName("/there/is/nothing.png")
        reader.Update()
        vtkStringArray()
    assert capfd.readouterr() == ("", "")
    assert any("nothing.png" in line or "vtkPNGReader" in line for line in said.errors)


def test_what_was_printed_is_there_after_an_error_too():
    with pytest.raises(ValueError, match="broken"), captured() as said:  # noqa: PT012
        os.write(2, b"last words\n")
        raise ValueError("broken")
    assert "last words" in said.text


def test_only_errors_count_as_errors():
    with captured() as said:
        os.write(
            2, b"WARNING: In itkImage\nERROR: In itkReader\nno terror here\nError in GDCM\n\x1b[31mx ERR| y\x1b[0m\n"
        )
    assert said.errors == ["ERROR: In itkReader", "Error in GDCM", "x ERR| y"]


def test_more_than_a_log_needs_is_not_kept():
    with captured() as said:
        os.write(1, b"a line of some length\n" * 100_000)
        os.write(1, b"the end\n")
    assert said.text.endswith("the end\n")
    assert len(said.text) <= 1 << 16


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_crash_inside_is_seen():
    program = (
        "import os\nfrom AbdominalCalcificationLib.library_output import captured\nwith captured():\n    os.abort()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).resolve().parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode < 0
    assert "Aborted" in done.stderr


@pytest.fixture
def a_chatty_command(monkeypatch):
    def run(_options, report):
        os.write(2, b"WARNING: chatter\nERROR: In itkWriter: not so\n")
        print("chatter on stdout")
        report.say("The result.")

    monkeypatch.setattr("AbdominalCalcificationLib.commands.models.run_check", run)


def test_the_command_line_says_that_a_library_reported_an_error(a_chatty_command, capfd):
    assert cli.main(["models", "check", "x"]) == 0
    out, err = capfd.readouterr()
    assert out == "The result.\n"
    assert err == "Note: A library reported an error, all of them with --verbose: ERROR: In itkWriter: not so\n"


def test_verbose_shows_what_libraries_say(a_chatty_command, capfd):
    assert cli.main(["models", "check", "x", "--verbose"]) == 0
    out, err = capfd.readouterr()
    assert "chatter on stdout" in out
    assert "The result." in out
    assert "WARNING: chatter" in err
