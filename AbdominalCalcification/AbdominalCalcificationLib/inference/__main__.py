"""Start of the worker process, by path: ``python …/AbdominalCalcificationLib/inference``.

By path and not with ``-m``, because in Slicer the library lies beside the scripted modules,
where a fresh interpreter does not look.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from AbdominalCalcificationLib.inference.worker import main  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1])
