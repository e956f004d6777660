"""One case of an evaluation, as a worker does it: evaluated, and its record written."""

from __future__ import annotations

import traceback
from pathlib import Path

from ..engine.kit import Kit
from ..errors import AbdominalCalcificationError
from ..explanations import explanation
from .case import evaluate_case
from .cohort import Case
from .settings import Settings
from .store import Store


def evaluate_and_store(work: tuple[Case, Path, Settings], kit: Kit) -> str:
    """Evaluate a case and leave its record; return what failed in it, or nothing.

    Parameters
    ----------
    work : tuple of Case, Path and Settings
        The path is the folder of records.
    kit : Kit

    Raises
    ------
    WriteError
        Where the record cannot be written: there is no use in going on.
    """
    case, folder, settings = work
    store = kit.once((folder, repr(settings)), lambda: Store(folder, settings))
    result, reason, details = None, "", ""
    fingerprint = store.fingerprint(case)
    try:
        result = evaluate_case(case, settings, kit.worker)
    except AbdominalCalcificationError as error:
        reason = str(error)
    except Exception as error:
        reason = explanation(error) or f"Internal error: {type(error).__name__}: {error}"
        details = traceback.format_exc()
    store.write(case, result, reason or None, details, fingerprint)
    failures = [] if result is None else [f"{name}: {text}" for name, text in result["failures"].items()]
    return " ".join([reason, *failures]).strip()
