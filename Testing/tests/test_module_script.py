"""The script for ``Slicer --python-script``, through the test that CTest registers in a Slicer build."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

CTEST = Path(__file__).parents[2] / "AbdominalCalcification" / "Testing" / "Python" / "AnalyzeInSlicerTest.py"


@pytest.mark.parametrize(
    "name",
    [
        "test_the_script_takes_the_arguments_of_the_command_line",
        "test_bad_input_gives_exit_code_2",
        "test_help_is_no_error",
    ],
)
def test_script_in_slicer(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(CTEST))[name]()
