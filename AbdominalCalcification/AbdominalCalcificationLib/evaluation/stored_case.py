"""One case of an evaluation, as a worker does it: evaluated, and its record written."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine.kit import Kit
from ..errors import AbdominalCalcificationError
from ..explanations import explanation
from ..inference import Worker
from .store import Store

#: Evaluates a case with settings and the process that runs networks; its answer is the record.
Evaluate = Callable[[Any, Any, Worker], dict]


@dataclass(frozen=True, eq=False)
class CaseWork:
    """A case and all that is to be known to evaluate it.

    Attributes
    ----------
    evaluate : callable
        Of a module.
    case, settings : object
        Of the evaluation that `evaluate` is of.
    folder : Path
        Of the records.
    """

    evaluate: Evaluate
    case: Any
    folder: Path
    settings: Any


def evaluate_and_store(work: CaseWork, kit: Kit) -> str:
    """Evaluate a case and leave its record; return what failed in it, or nothing.

    Raises
    ------
    WriteError
        Where the record cannot be written: there is no use in going on.
    """
    case, settings = work.case, work.settings
    store = kit.once((work.folder, repr(settings)), lambda: Store(work.folder, settings))
    result, reason, details = None, "", ""
    fingerprint = store.fingerprint(case)
    try:
        result = work.evaluate(case, settings, kit.worker)
    except AbdominalCalcificationError as error:
        reason = str(error)
    except Exception as error:
        reason = explanation(error) or f"Internal error: {type(error).__name__}: {error}"
        details = traceback.format_exc()
    store.write(case, result, reason or None, details, fingerprint)
    failures = [] if result is None else [f"{name}: {text}" for name, text in result["failures"].items()]
    return " ".join([reason, *failures]).strip()


@contextmanager
def failing_alone(failures: dict[str, str], name: str) -> Iterator[None]:
    """Note why a method failed: its trouble must not cost the others' results."""
    try:
        yield
    except AbdominalCalcificationError as error:
        failures[name] = str(error)
    except Exception as error:
        failures[name] = explanation(error) or f"Internal error: {type(error).__name__}: {error}"
