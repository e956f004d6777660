"""``evaluate --radiographs``: Kauppila scores of radiographs against a reference."""

from __future__ import annotations

import argparse
import time

from ..errors import InputError
from ..progress import drain
from .options import severity_groups


def run(options: argparse.Namespace, report) -> None:
    """Compare, and write tables, plots and the report."""
    from ..evaluation.radiographs.cohort import radiographs_below, read_radiographs
    from ..evaluation.radiographs.conclusions import plain_reading
    from ..evaluation.radiographs.run import evaluate_radiographs_steps
    from ..evaluation.radiographs.settings import MODEL, RadiographSettings
    from ..reporting.text import counted

    if options.cohort is None:
        raise InputError("Name a table of radiographs, or a folder of case folders with a truth.json.")
    groups = severity_groups(options)
    is_folder = options.cohort.is_dir()
    cases = radiographs_below(options.cohort) if is_folder else read_radiographs(options.cohort)
    # Where nobody else says anything, the networks do.
    methods = tuple(options.method) or (() if any(case.predictions for case in cases) else (MODEL,))
    settings = RadiographSettings(
        methods=methods,
        models=tuple(options.model or ()),
        device=options.device,
        trust=options.trust_models,
        visible=options.visible,
        groups=groups,
        resamples=options.resamples,
        seed=options.seed,
        anonymous=options.anonymous,
    )
    begin = time.monotonic()
    table = None if is_folder else options.cohort
    steps = evaluate_radiographs_steps(cases, options.output, settings, jobs=options.jobs, table=table)
    document = drain(steps, report)
    for line in plain_reading(document):
        report.say(line)
    if document["failed"]:
        report.say(f"The report lists {counted(len(document['failed']), 'failure')}.")
    seconds = time.monotonic() - begin
    report.say(f"{counted(document['cases'], 'radiograph')} in {seconds:.0f} s; see {options.output / 'report.html'}")
