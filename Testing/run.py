"""Sets up an environment of its own, then runs the example or the tests.

    python Testing/run.py example     analyse the sample case with the bundled models
    python Testing/run.py tests       lint, then every test this machine can run

Needs nothing but Python 3.10 or later with pip. The environments are kept beside this
repository's files (.venv-example, .venv-tests) and used again; --fresh makes them anew.
Arguments after -- go to the command that is run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CONSTRAINTS = REPOSITORY / "constraints.txt"
# Compiles what was installed on all cores, which pip does on one; packages' own tests are left out.
COMPILE = """
import compileall, re, sysconfig
compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=0, rx=re.compile(r"[\\\\/]tests?[\\\\/]"))
"""
EXTRAS = {"example": "models,scene", "tests": "models,fast,scene,test"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=sorted(EXTRAS))
    parser.add_argument("--fresh", action="store_true", help="make the environment anew")
    parser.add_argument("rest", nargs="*", help="arguments for the command that is run, after --")
    options = parser.parse_args()
    if sys.version_info < (3, 10):  # noqa: UP036 -- this file is run by whatever Python is there
        print(f"Python 3.10 or later is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2

    started = time.monotonic()
    python = environment(options.what, fresh=options.fresh)
    ready = time.monotonic()
    code = {"example": example, "tests": tests}[options.what](python, options.rest)
    print(f"Set-up took {ready - started:.0f} s, the {options.what} {time.monotonic() - ready:.0f} s.", flush=True)
    return code


def environment(what: str, *, fresh: bool) -> Path:
    """Return the Python of the environment for `what`, made where it is missing or out of date."""
    folder = REPOSITORY / f".venv-{what}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "made-from.txt"
    made_from = hashlib.sha256(
        b"".join(file.read_bytes() for file in (REPOSITORY / "pyproject.toml", CONSTRAINTS))
        + (EXTRAS[what] + sys.version).encode()
    ).hexdigest()
    if not fresh and stamp.is_file() and stamp.read_text() == made_from:
        return python

    print(f"Making an environment in {folder.name}; nnU-Net and PyTorch are large, this takes minutes.", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
        pip = [python, "-m", "pip"]
    except (subprocess.CalledProcessError, ImportError):
        # Debian's Python has no ensurepip; its own pip can fill an environment that has none.
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--python", python]
    extras = EXTRAS[what]
    if sys.version_info >= (3, 14):
        print("slicer-core has no build for this Python yet: scene files are left out.", flush=True)
        extras = ",".join(part for part in extras.split(",") if part != "scene")
    install = [*pip, "install", "--quiet", "--no-compile", "--disable-pip-version-check", "--constraint", CONSTRAINTS]
    # torch on its own first: a build that is already chosen for this machine must not be exchanged.
    check([*install, "torch"])
    check([*install, "--editable", f"{REPOSITORY}[{extras}]"])
    run([python, "-c", COMPILE])
    if subprocess.run([python, "-c", "import torchvision"], capture_output=True).returncode != 0:
        # It only comes along with nnU-Net's dependencies, is not used here, and a build that does
        # not match torch breaks whatever tries to import it.
        check([*pip, "uninstall", "--quiet", "--yes", "torchvision"])
    stamp.write_text(made_from)
    return python


def example(python: Path, rest: list[str]) -> int:
    """Analyse the sample case that ships with the project."""
    sample = REPOSITORY / "AbdominalCalcification" / "Resources" / "SampleData" / "simulated_cta.nrrd"
    output = REPOSITORY / "example-result"
    command = [python, "-m", "AbdominalCalcificationLib", "analyze", sample, "--output", output, "--overwrite", *rest]
    return run(command)


def tests(python: Path, rest: list[str]) -> int:
    """Lint, then test; every step runs even where an earlier one failed."""
    codes = [
        run([python, "-m", "ruff", "check", REPOSITORY]),
        run([python, "-m", "ruff", "format", "--check", REPOSITORY]),
        # A file's tests stay in one process: they share what is slow to make. Files come in the order of conftest.py.
        run([python, "-m", "pytest", "--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder", *rest]),
    ]
    return max(codes)


def run(command: list) -> int:
    """Run `command` in the repository and return its exit code."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"}
    return subprocess.run([str(part) for part in command], cwd=REPOSITORY, env=environment).returncode


def check(command: list) -> None:
    """Run a set-up step; end the program with one line where it fails."""
    if run(command) != 0:
        raise SystemExit("Set-up failed: see pip's message above; is there a connection to the package index?")


if __name__ == "__main__":
    raise SystemExit(main())
