"""Readers of scenes, models, tables and settings on damaged and hostile files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from AbdominalCalcificationLib import cli
from examples import examples
from fuzzing import KINDS, LONGEST_S

EXAMPLES = examples(60)
NEEDED = {"scene": "slicer", "mrml": "slicer", "checkpoint": "torch"}


@pytest.mark.skipif(os.name == "nt", reason="alarms of POSIX")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_is_read_or_refused_in_one_line(kind):
    if kind in NEEDED:
        pytest.importorskip(NEEDED[kind])
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).resolve().parents[1])}
    command = [sys.executable, str(Path(__file__).parents[1] / "fuzzing.py"), kind, str(EXAMPLES)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    result = json.loads(done.stdout)
    assert result["failures"] == []
    assert result["read"] + result["refused"] == EXAMPLES
    assert result["refused"] > 0, "the changes were changes"
    assert result["slowest_s"] < LONGEST_S
    assert result["memory_mib"] < 2048
