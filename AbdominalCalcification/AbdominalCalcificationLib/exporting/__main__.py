"""Start of the process that makes picture, report and DICOM objects, by path: ``python …/exporting``."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from AbdominalCalcificationLib.exporting.process import ExportingSession  # noqa: E402
from AbdominalCalcificationLib.inference.worker import main  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1], ExportingSession)
