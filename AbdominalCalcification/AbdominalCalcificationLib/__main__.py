"""``python -m AbdominalCalcificationLib``: the command line."""

import signal
import sys

from .signals import NAMES, exit_code, orderly_signals


def program() -> None:
    """Run the command line and end with its exit code."""
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


if __name__ == "__main__":
    program()
