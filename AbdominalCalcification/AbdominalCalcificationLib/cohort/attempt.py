"""One attempt at a case of a cohort: its folder, whole or not at all, or why that is impossible."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import AbdominalCalcificationError, WriteError
from ..explanations import explanation
from ..file_stamps import stamp_of
from ..progress import Steps, drain
from .store import MEASUREMENTS, read_record, remove_result

_PACKAGE = Path(__file__).resolve().parents[1].name


@dataclass(frozen=True, eq=False)
class CaseWork:
    """A case of any cohort and all that is to be known to make its folder.

    Attributes
    ----------
    case : FolderCase
    folder : Path
    fingerprint : str
        Taken before anything was read.
    recipe : Any
        How the cases of this cohort are made.
    overwrite : bool
        Replace what the folder holds.
    """

    case: Any
    folder: Path
    fingerprint: str
    recipe: Any
    overwrite: bool = False

    def stamps(self) -> list:
        """Return what tells whether a file of the case has changed."""
        # Beside its folder those of others may appear meanwhile.
        return [stamp_of(path, self.folder.parent.parent) for path in self.case.paths]


def attempted(
    work: CaseWork,
    steps: Steps[None],
    *,
    names: tuple[str, ...],
    command: str,
    numbers: str = MEASUREMENTS,
    reworded: Callable[[str], str] = str,
) -> str:
    """Make the folder of a case; return why that is impossible, or nothing.

    Parameters
    ----------
    work : CaseWork
    steps : generator
        Does it.
    names : tuple of str
        The files of a result.
    command : str
        What does the same with one case alone.
    numbers : str
        The file of a case folder that holds its numbers.
    reworded : callable
        Says a reason in the words of a table.

    Raises
    ------
    WriteError
        Where results cannot be written: there is no use in going on.
    """
    record = read_record(work.folder, numbers)
    if record is not None and record["fingerprint"] == work.fingerprint:
        return ""  # somebody made it, who died before saying so
    try:
        if record is not None and work.overwrite:
            remove_result(work.folder, names)
        drain(steps)
    except WriteError:
        raise
    except AbdominalCalcificationError as error:
        return reworded(str(error))
    except Exception as error:
        return explanation(error) or _bug(error, command)
    return ""


def _bug(error: Exception, command: str) -> str:
    """Return what is needed to find a bug, in one line; `command` does the same with one case."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if _PACKAGE in each.filename]
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    said = (str(error).splitlines() or [""])[0]
    return (
        f"Internal error: {type(error).__name__}: {said}{where}; run {command} on it alone, and report what it prints."
    )
