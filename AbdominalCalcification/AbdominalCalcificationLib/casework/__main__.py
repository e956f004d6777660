"""Start of the process that reads cases, by path: ``python …/casework``; see ``inference``."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from AbdominalCalcificationLib.casework.process import ReadingSession  # noqa: E402
from AbdominalCalcificationLib.inference.worker import main  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1], ReadingSession)
