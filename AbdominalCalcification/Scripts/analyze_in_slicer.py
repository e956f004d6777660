"""The command line inside Slicer, with the arguments of ``abdominal-calcification``:

    Slicer --no-main-window --python-script <this file> analyze INPUT --output DIR

Slicer ends with the exit code of the command line (0 done, 1 internal error, 2 bad input or usage).
"""

import sys
from pathlib import Path

MODULE_FOLDER = Path(__file__).resolve().parent.parent


def main() -> int:
    # A script is no module: Slicer has put the module folder on the path only where the extension is installed.
    if str(MODULE_FOLDER) not in sys.path:
        sys.path.insert(0, str(MODULE_FOLDER))
    from AbdominalCalcificationLib.cli import main as run

    try:
        return run(sys.argv[1:])
    except SystemExit as end:  # --help and --version
        return end.code or 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    import slicer

    slicer.util.exit(code)
