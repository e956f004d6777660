"""``python -m AbdominalCalcificationLib``: the command line."""

import os
import signal
import sys
from contextlib import suppress


def program() -> None:
    """Run the command line and end with its exit code."""
    _leave_no_cut_bytecode()
    # Products of matrices are thin here: the threads of NumPy's BLAS, one for each core, would spin and wait for each
    # other, and take several times as much of the processor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from .signals import NAMES, exit_code, orderly_signals

    code = 1
    try:
        # Before everything else is loaded, which takes a while.
        with orderly_signals():
            from .cli import main

            code = main()
    except KeyboardInterrupt as interrupt:
        code = exit_code(interrupt)
    # What ends with the program, such as its processes and temporary folders, does so undisturbed.
    for name in NAMES:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


def _leave_no_cut_bytecode() -> None:
    """Where files may not grow, Python before 3.12.8 keeps the beginnings of compiled modules and cannot load them."""
    with suppress(ImportError):
        import resource

        if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
            sys.dont_write_bytecode = True


if __name__ == "__main__":
    program()
