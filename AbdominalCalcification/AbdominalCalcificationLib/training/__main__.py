"""Start of the process that trains, by path: ``python …/AbdominalCalcificationLib/training``; see ``inference``."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from AbdominalCalcificationLib.inference.worker import main  # noqa: E402
from AbdominalCalcificationLib.training.process import TrainingSession  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1], TrainingSession)
