"""The command ``export-dataset``: an nnU-Net dataset of corrected cases."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import drain
from .options import TASKS


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``export-dataset``."""
    export = commands.add_parser(
        "export-dataset",
        help="make an nnU-Net dataset of corrected cases",
        description="Writes corrected cases as an nnU-Net raw dataset, or adds them to one. File names say nothing "
        "about patients. A CT cannot be in both the training and the test cases.",
    )
    export.add_argument(
        "source",
        metavar="SOURCE",
        type=Path,
        nargs="*",
        help=".mrb scenes, folders with them or with case folders (ct, arteries, calcification), tables of cases",
    )
    export.add_argument("--test", metavar="SOURCE", type=Path, nargs="+", action="extend", default=[])
    export.add_argument("--task", choices=sorted(TASKS), required=True, help="which masks")
    export.add_argument(
        "--output", metavar="FOLDER", type=Path, required=True, help="dataset, named like Dataset101_Arteries"
    )
    export.add_argument("--update", action="store_true", help="replace cases that are there and were corrected again")
    export.add_argument("--allow-empty", action="store_true", help="take patients without calcification")
    export.add_argument(
        "--label-names",
        metavar="NAME=ARTERY,...",
        help="what segments mean whose names are not understood, like infrarenal=aorta",
    )
    export.add_argument("--quiet", action="store_true", help="print nothing but errors")
    export.set_defaults(run=run)
    return [export]


def run(options: argparse.Namespace, report) -> None:
    """Write the cases, and say what the dataset holds."""
    from ..reading import parse_label_names
    from ..training.cases import find_sources
    from ..training.dataset import export_steps
    from ..training.tasks import TASKS as KNOWN

    if not options.source and not options.test:
        raise InputError("Name the cases: .mrb scenes, folders or tables; see 'export-dataset --help'.")
    exported = drain(
        export_steps(
            find_sources(options.source),
            find_sources(options.test),
            options.output,
            KNOWN[TASKS[options.task]],
            update=options.update,
            allow_empty=options.allow_empty,
            label_names=parse_label_names(options.label_names) if options.label_names else None,
        ),
        report,
    )
    report.say(
        f"{exported.added} cases added, {exported.updated} updated, {exported.unchanged} were there as they are.\n"
        f"{exported.folder} has {exported.training} training and {exported.test} test cases."
    )
    for name, count in exported.labels.items():
        report.say(f"  {name}: in {count} of {exported.training}")
    for remark in exported.remarks:
        report.say(remark)
