"""``cohort --radiographs``: many radiographs, each as ``radiograph`` does it."""

from __future__ import annotations

import argparse
import time

from ..progress import drain
from . import cohort
from .options import severity_groups
from .radiograph import reading_choices


def run(options: argparse.Namespace, report) -> None:
    """Score the radiographs, and write the table and the overview."""
    from ..cohort.cases import anonymous_cases
    from ..cohort.radiographs.cases import find_radiographs, left_out
    from ..cohort.radiographs.recipe import RadiographRecipe
    from ..cohort.radiographs.run import radiographs_steps
    from ..radiograph.case import CaseChoices

    models = tuple(each.absolute() for each in options.model or ())
    choices = CaseChoices(reading_choices(options), models, options.device, options.trust_models)
    recipe = RadiographRecipe(choices, severity_groups(options), _report_choices(options), options.anonymous)
    cases = find_radiographs(options.input, options.output)
    cohort.say_covariates(cases, options, report)
    cohort.say_left_out(left_out(options.input, cases, options.output), report)
    if options.anonymous:
        cases = anonymous_cases(cases, options.keep)
    begin = time.monotonic()
    table = options.input if options.input.is_file() else None
    engine = cohort.engine_of(options, networks=True)
    steps = radiographs_steps(cases, options.output, recipe, engine, overwrite=options.overwrite, table=table)
    cohort.say_result(drain(steps, report), len(cases), options.output, begin, report)


def _report_choices(options: argparse.Namespace):
    """Return how reports are made, where they are asked for."""
    if not options.report:
        return None
    from ..radiograph.report import RadiographReportChoices
    from ..reporting.report.templating import check_packages, check_template

    check_packages()
    check_template(options.template)
    return RadiographReportChoices(options.template)
