"""Damaged files: an answer in one line, in time, in little memory, and never the end of the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from examples import examples

TESTING = Path(__file__).resolve().parents[1]
COUNT = examples(260)
MOST_MIB = 2048


@pytest.mark.skipif(os.name == "nt", reason="limits are measured as POSIX does")
def test_damaged_image_files_are_read_or_refused(tmp_path):
    # In a process of its own: a crash in a library would end this one.
    command = [sys.executable, "-W", "error::RuntimeWarning", TESTING / "fuzz_images.py"]
    command += ["--count", str(COUNT), "--seed", "7", "--folder", tmp_path]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=COUNT * 10)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["wrong"] == []
    assert told["longest_s"] < 10
    assert told["mib"] < MOST_MIB
    assert told["read"] > 0.02 * COUNT
    assert told["refused"] > 0.2 * COUNT
    assert run.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="folders without permission are another matter there")
def test_a_folder_for_temporary_files_that_is_none_is_told_in_one_line(tmp_path):
    program = (
        "import os, tempfile\n"
        "from AbdominalCalcificationLib.errors import InputError\n"
        "from AbdominalCalcificationLib.reading.quiet import quiet_libraries\n"
        "tempfile._candidate_tempdir_list = lambda: [os.environ['TMPDIR']]\n"
        "try:\n"
        "    with quiet_libraries():\n"
        "        pass\n"
        "except InputError as error:\n"
        "    print(error)\n"
    )
    package = str(TESTING.parent / "AbdominalCalcification")
    environment = {**os.environ, "TMPDIR": str(tmp_path / "none"), "PYTHONPATH": package}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert run.stdout.startswith("No temporary file can be made (")
    assert run.stdout.endswith("set TMPDIR to a folder with space.\n")
