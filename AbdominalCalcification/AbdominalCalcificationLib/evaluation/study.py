"""What evaluations have in common: records of cases on the engine, then statistics, tables and a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bounded import read_json
from ..claiming import claimed
from ..engine.settings import PIP, Engine, default_jobs, is_installed, usable_cores
from ..engine.work import Answer, answered_steps
from ..errors import InputError
from ..leftovers import sweep
from ..progress import Progress, Steps, scaled
from ..reporting.published import keep_others, others_in, publish, refuse_named
from .cohort import numbered
from .store import Store, empty_result
from .stored_case import CaseWork, Evaluate, evaluate_and_store

CASES_FOLDER, PLOTS_FOLDER = "cases", "plots"
DOCUMENT = "evaluation.json"
# Records of anonymous cases.
_NUMBERED = r"case_\d+-[0-9a-f]{8}\.json"
# Part of the progress that is the cases, before the tables.
_CASES = 0.95
# For fewer cases it takes longer to start processes than they spare.
_WORTH_PROCESSES = 8


@dataclass(frozen=True)
class Study:
    """A kind of evaluation.

    Attributes
    ----------
    subject : str
        What is evaluated, as ``evaluation.json`` says it.
    evaluate : callable
        See :data:`.stored_case.Evaluate`.
    summarise_steps : callable
        Is given records, methods, settings and the folder; writes what the evaluation comes to there, and returns it.
    tables : tuple of str
        What is written beside the cases and plots; the last one appears last: where it is, the rest is.
    """

    subject: str
    evaluate: Evaluate
    summarise_steps: Callable[[Sequence[dict], Sequence[str], Any, Path], Steps[dict]]
    tables: tuple[str, ...]


def study_steps(
    study: Study, cases: Sequence[Any], output: str | Path, settings: Any, jobs: int | None, table: Path | None
) -> Steps[dict]:
    """Evaluate a cohort; parameters, result and errors as of :func:`.run.evaluate_steps`."""
    given = list(dict.fromkeys(name for case in cases for name in case.predictions))
    methods = [*given, *settings.methods]
    if not cases or not methods:
        raise InputError("There is nothing to compare: name predictions in the table, or methods with --method.")
    if "reference" in methods or set(given) & set(settings.methods):
        raise InputError("Give every prediction a name of its own, other than 'reference' and the methods' names.")
    if settings.anonymous:
        cases = numbered(cases)
    output = Path(output)
    folder = output / CASES_FOLDER
    with claimed(output, make=True, inner=[folder, output / PLOTS_FOLDER]):
        keep_others(output, study.tables, [table, *(path for case in cases for path in case.paths)])
        _refuse_other_subject(study, output)
        store = _store(cases, folder, settings)
        try:
            yield from _evaluate_missing_steps(study, cases, store, settings, jobs)
            yield Progress("Summarising", _CASES)
            records = [store.read(case) or changed_record(case) for case in cases]
            return (yield from study.summarise_steps(records, methods, settings, output))
        finally:
            sweep(folder)  # what processes that were ended were writing
            with suppress(OSError):
                folder.rmdir()  # where nothing came of it


def _refuse_other_subject(study: Study, output: Path) -> None:
    """Refuse a folder that holds an evaluation of something else, whose tables would stay beside the new ones."""
    with suppress(OSError, ValueError, AttributeError):
        subject = read_json(output / DOCUMENT).get("subject", study.subject)
        if subject != study.subject:
            raise InputError(f"'{output}' holds an evaluation of {subject}; name another folder.")


def _store(cases: Sequence[Any], folder: Path, settings: Any) -> Store:
    """Return the records; refuse anonymous ones beside others."""
    store = Store(folder, settings)
    if settings.anonymous:
        own = (store.path_of(case).name for case in cases)
        refuse_named(folder, others_in(folder, own), _NUMBERED)
    return store


def _evaluate_missing_steps(
    study: Study, cases: Sequence[Any], store: Store, settings: Any, jobs: int | None
) -> Steps[None]:
    """Evaluate what the store does not have."""
    yield Progress("Looking for finished cases", 0.0)
    todo = [case for case in cases if not store.is_done(case)]
    if len(todo) < len(cases):
        yield Progress(
            "Looking for finished cases", 0.0, message=f"{len(cases) - len(todo)} cases are finished already."
        )
    engine, told = _engine(jobs, settings, len(todo))
    if told:
        yield Progress("Evaluating cases", 0.0, message=told)
    works = [CaseWork(study.evaluate, case, store.folder.absolute(), settings) for case in todo]

    def take(answer: Answer) -> str:
        case, reason = todo[answer.index], answer.lost or answer.value
        if answer.lost:
            store.write(case, None, reason)
        return reason and f"{case.name}: {reason}"

    steps = answered_steps(evaluate_and_store, works, engine, "Evaluating cases", take)
    yield from scaled(steps, _CASES * (len(cases) - len(todo)) / len(cases), _CASES)


def _engine(jobs: int | None, settings: Any, count: int) -> tuple[Engine, str]:
    """Return where so many cases are evaluated, and what is to be said of that.

    Several in processes; small cohorts, and networks that use all cores, are done one at a time in this process.
    """
    if jobs is not None:
        return Engine(jobs=jobs if jobs > 1 else 0), ""
    if settings.uses_models or count < _WORTH_PROCESSES or usable_cores() == 1:
        return Engine(), ""
    if not is_installed():
        return Engine(), f"One case at a time, since Dask is not installed; for several at a time: {PIP}."
    return Engine(jobs=default_jobs(uses_networks=False)), ""


def changed_record(case: Any) -> dict:
    """Return the record of a case whose files changed while, or after, it was evaluated."""
    reason = "Its files changed during the evaluation; run it again."
    return {"case": case.name, "error": reason, "details": "", **empty_result(case)}


def publish_evaluation(
    output: Path, plots: Mapping[str, str], tables: Sequence[str], contents: Sequence[str], obsolete: Sequence[str] = ()
) -> None:
    """Write plots and tables, all or none; plots that are `obsolete` go."""

    def named(names) -> list[str]:
        return [f"{PLOTS_FOLDER}/{name}.svg" for name in names]

    files = {**dict(zip(named(plots), plots.values(), strict=True)), **dict(zip(tables, contents, strict=True))}
    publish(output, files, "evaluation", named(obsolete))
