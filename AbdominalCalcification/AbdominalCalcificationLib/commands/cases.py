"""The command ``cases``: how far the readers of a list of cases are."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``cases``."""
    parser = commands.add_parser("cases", help="say how far each reader is with the cases of a folder or table")
    parser.add_argument("list", metavar="LIST", type=Path, help="folder or table, as the case list of the panel opens")
    parser.add_argument("--reader", metavar="NAME", help="only what this reader did")
    parser.set_defaults(run=run)
    return [parser]


def run(options: argparse.Namespace, report) -> None:
    """Say for each reader, and each case, what was said of it."""
    from ..casework.overview import overview
    from ..errors import InputError

    cases, works = overview(options.list)
    readers = [work.reader for work in works]
    if options.reader is not None:
        works = [work for work in works if work.reader == options.reader.strip()]
        if not works:
            known = ", ".join(readers) or "nobody yet"
            raise InputError(f"'{options.reader}' has read no case of '{options.list}'; readers: {known}.")
    report.say(f"{len(cases)} case{'' if len(cases) == 1 else 's'}; readers: {', '.join(readers) or 'nobody yet'}")
    if not works:
        for case in cases:
            report.say(f"  {case.name}")
    for work in works:
        report.say(_summary(work))
        for case, state, why in work.states:
            report.say(f"  {case.name}: {_said(state, why)}")


def _summary(work) -> str:
    from ..casework import Status

    known = [state for _, state, _ in work.states if state is not None]
    counts = [f"{sum(state.status is each for state in known)} {each.value}" for each in Status]
    if len(known) < len(work.states):
        counts.append(f"{len(work.states) - len(known)} that cannot be read")
    return f"{work.reader}: {', '.join(counts)}; {_minutes(sum(state.seconds for state in known))}"


def _said(state, why: str) -> str:
    if state is None:
        return why
    parts = [state.status.value]
    if state.rating is not None:
        parts.append(f"rating {state.rating}")
    if state.saved:
        parts += [_minutes(state.seconds), f"saved {state.saved}"]
    if state.notes.strip():
        parts.append(state.notes.strip().splitlines()[0])
    return ", ".join(parts)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
