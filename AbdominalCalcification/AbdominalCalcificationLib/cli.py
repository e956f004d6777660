"""The command line: ``abdominal-calcification analyze | radiograph | cohort | report | kauppila | dicom | send |
simulate | evaluate | associate | reference | percentiles | export-dataset | train | retrain | models | cases``.

Exit codes: 0 done, 1 internal error (a bug, reported with what is needed to find it), 2 what was given cannot be used
or the system refuses (one line says what and what to do), 130 interrupted by the user (129 and 143 where the terminal
went away or the system asked it to end). A reader that goes away (``| head``) changes neither the work nor the code.
"""

from __future__ import annotations

import argparse
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from . import __version__
from .commands import (
    analyze,
    associate,
    cases,
    cohort,
    dicom,
    evaluate,
    export_dataset,
    kauppila,
    models,
    radiograph,
    reference,
    report,
    retrain,
    send,
    simulate,
    train,
)
from .commands.options import Parser
from .commands.terminal import Terminal
from .errors import AbdominalCalcificationError, InputError, UnexpectedError
from .explanations import explanation
from .library_output import LibraryOutput, captured
from .paths import native_path
from .signals import exit_code, noted, orderly_signals

PROGRAM = "abdominal-calcification"
COMMANDS = (
    analyze,
    radiograph,
    cohort,
    report,
    dicom,
    send,
    simulate,
    kauppila,
    evaluate,
    associate,
    reference,
    export_dataset,
    train,
    retrain,
    models,
    cases,
)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Measures calcification of the abdominal arteries on CT angiograms and lateral radiographs.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        for each in command.add(commands):
            each.add_argument("--verbose", action="store_true", help="print also what libraries say, as they say it")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never raises but for ``--help``."""
    with orderly_signals(), Terminal() as terminal:
        code = _run(arguments, terminal)
        if terminal.failure is not None and code == 0:
            reason = terminal.failure.strerror or terminal.failure
            terminal.complain(f"{PROGRAM}: Everything was done, but what there is to say cannot be printed ({reason}).")
            code = 2
    return code


def _run(arguments: Sequence[str] | None, terminal: Terminal) -> int:
    options, said = None, LibraryOutput()
    try:
        options = _parser().parse_args(arguments)
        terminal.quiet = getattr(options, "quiet", False)
        _check_places(options)
        with nullcontext(said) if options.verbose else captured() as said:
            options.run(options, terminal)
    except (Exception, KeyboardInterrupt) as error:
        # What else goes wrong after a signal comes of it.
        if isinstance(error, KeyboardInterrupt) or noted():
            cancelled = getattr(options, "cancelled", "Cancelled; nothing was written.")
            return _complain(terminal, None, cancelled, exit_code(error))
        return _failed(terminal, options, said, error)
    if said.errors:
        more = f" (and {len(said.errors) - 1} more)" if len(said.errors) > 1 else ""
        terminal.notice(f"Note: A library reported an error, all of them with --verbose: {said.errors[0]}{more}")
    return 0


def _check_places(options: argparse.Namespace) -> None:
    """Refuse paths, the place for temporary files included, that C++ libraries would end the process over."""
    for value in vars(options).values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Path):
                native_path(each)
    try:
        native_path(tempfile.gettempdir())
    except FileNotFoundError:
        raise InputError("There is no place for temporary files; set TMPDIR to a folder that can be written.") from None
    except InputError as error:
        raise InputError(f"{error} It is the place for temporary files; set TMPDIR to another folder.") from None


def _failed(terminal: Terminal, options: argparse.Namespace | None, said: LibraryOutput, error: Exception) -> int:
    if isinstance(error, UnexpectedError):
        return _report_bug(terminal, str(error), error.details)
    if isinstance(error, AbdominalCalcificationError):
        return _complain(terminal, options, str(error), 2)
    if (line := explanation(error)) is not None:
        return _complain(terminal, options, line, 2)
    message = "Internal error; please report it with the lines below."
    return _report_bug(terminal, message, f"{said.text}{traceback.format_exc()}")


def _complain(terminal: Terminal, options: argparse.Namespace | None, message: str, code: int) -> int:
    terminal.complain(f"{PROGRAM}: {message}")
    if getattr(options, "verbose", False):
        terminal.complain(traceback.format_exc().rstrip())
    return code


def _report_bug(terminal: Terminal, message: str, details: str) -> int:
    terminal.complain(f"{PROGRAM}: {message}")
    if details:
        terminal.complain(details.rstrip())
    return 1
