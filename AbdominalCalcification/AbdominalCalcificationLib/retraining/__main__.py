"""Start of the process of a retraining, by path: ``python …/AbdominalCalcificationLib/retraining WORK``."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from AbdominalCalcificationLib.retraining.process import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
