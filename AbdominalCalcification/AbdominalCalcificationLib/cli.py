"""The command line: ``abdominal-calcification analyze | simulate | evaluate | export-dataset | train | models``.

Exit codes: 0 done, 1 internal error, 2 bad input or usage, 130 interrupted by the user.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence

from . import __version__
from .commands import analyze, evaluate, export_dataset, models, simulate, train
from .commands.options import Parser
from .commands.terminal import Report
from .errors import AbdominalCalcificationError, InferenceError

PROGRAM = "abdominal-calcification"
COMMANDS = (analyze, simulate, evaluate, export_dataset, train, models)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog=PROGRAM, description="Measures calcification of the abdominal arteries on CT angiograms.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        command.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never raises but for ``--help``."""
    options = report = None
    try:
        options = _parser().parse_args(arguments)
        report = Report(getattr(options, "quiet", False))
        options.run(options, report)
        return 0
    except InferenceError as error:
        return _complain(report, error, 1)
    except AbdominalCalcificationError as error:
        return _complain(report, error, 2)
    except KeyboardInterrupt:
        return _complain(report, getattr(options, "cancelled", "Cancelled; nothing was written."), 130)
    except Exception:
        code = _complain(report, "Internal error; please report it with the lines below.", 1)
        traceback.print_exc()
        return code


def _complain(report: Report | None, message: object, code: int) -> int:
    if report is not None:
        report.close()
    print(f"{PROGRAM}: {message}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
