"""Runs ``Scripts/analyze_in_slicer.py`` on the sample case with given masks: needs no model and no network.

CTest runs this as a script inside Slicer; plain Python does as well.
"""

import json
import runpy
import sys
import tempfile
from pathlib import Path

MODULE_FOLDER = Path(__file__).resolve().parents[2]
SCRIPT = MODULE_FOLDER / "Scripts" / "analyze_in_slicer.py"
SAMPLE = MODULE_FOLDER / "Resources" / "SampleData"


def run(*arguments):
    """Return the exit code of the script with these arguments."""
    kept, sys.argv = sys.argv, [str(SCRIPT), *map(str, arguments)]
    try:
        return runpy.run_path(str(SCRIPT), run_name="analyze_in_slicer")["main"]()
    finally:
        sys.argv = kept


def test_the_script_takes_the_arguments_of_the_command_line():
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results"
        masks = (
            "--arteries",
            SAMPLE / "simulated_cta_arteries.nrrd",
            "--calcification",
            SAMPLE / "simulated_cta_calcification.nrrd",
        )
        code = run("analyze", SAMPLE / "simulated_cta.nrrd", "--output", output, *masks, "--quiet")
        assert code == 0, code
        document = json.loads((output / "measurements.json").read_text(encoding="utf-8"))
        assert document["total"]["calcified_volume_mm3"] > 0


def test_bad_input_gives_exit_code_2():
    assert run("analyze", "no-such-file.nrrd", "--output", "never-written") == 2
    assert not Path("never-written").exists()


def test_help_is_no_error():
    assert run("--help") == 0


if __name__ == "__main__":
    test_the_script_takes_the_arguments_of_the_command_line()
    test_bad_input_gives_exit_code_2()
    test_help_is_no_error()
