"""The process of a retraining that outlives who began it: it has no terminal, and tells all it has to by its folder."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from pathlib import Path

from ..errors import AbdominalCalcificationError
from ..progress import drain
from ..signals import between_steps, orderly_signals
from .steps import run_steps
from .work import Recorder

# Less than what somebody waits for: Slicer, most of all.
_NICENESS = 5


def main(work: str) -> int:
    """Do the work of a folder; return 0 where it ended as it should, finished or stopped."""
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(_NICENESS)
    log = Recorder(Path(work)).log
    try:
        with orderly_signals(), between_steps(lambda: log("Asked to end by the system.")):
            drain(run_steps(Path(work)))
    except KeyboardInterrupt:
        return 0
    except AbdominalCalcificationError as error:
        log(f"{type(error).__name__}: {error}")
        return 2
    except Exception:
        log(traceback.format_exc())
        return 1
    return 0
