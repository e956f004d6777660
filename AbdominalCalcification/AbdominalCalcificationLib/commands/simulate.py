"""The command ``simulate``: virtual patients with exact truth."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import drain
from .options import add_anatomy, anatomy_mix, triple, whole_triple


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``simulate``."""
    simulate = commands.add_parser("simulate", help="make virtual patients with exact truth")
    simulate.add_argument("--seed", metavar="N", type=int, required=True)
    simulate.add_argument(
        "--count", metavar="M", type=int, help="patients N to N+M-1, in a folder each; those that are there are kept"
    )
    simulate.add_argument("--processes", metavar="P", type=int, default=1, help="patients at a time (1)")
    simulate.add_argument("--output", metavar="DIR", type=Path, required=True)
    simulate.add_argument("--spacing", metavar="I,J,K", type=triple, help="voxel spacing in mm")
    simulate.add_argument("--size", metavar="I,J,K", type=whole_triple, help="number of voxels")
    simulate.add_argument("--overwrite", action="store_true", help="replace the patient that DIR holds")
    simulate.add_argument("--quiet", action="store_true", help="print nothing but errors")
    add_anatomy(simulate, share=1.0)
    simulate.set_defaults(run=run, cancelled="Cancelled; finished patients are kept, nothing else was written.")
    return [simulate]


def run(options: argparse.Namespace, report) -> None:
    """Make the patients, each in its folder."""
    from ..claiming import claimed
    from ..simulation.files import simulate_steps

    mix = anatomy_mix(options)
    given = {"spacing_mm": options.spacing, "shape": options.size[::-1] if options.size else None, "anatomy": mix}
    given = {name: value for name, value in given.items() if value is not None}
    many = options.count is not None
    count = options.count if many else 1
    if count < 1 or options.processes < 1:
        raise InputError("--count and --processes must be at least 1.")
    seeds = range(options.seed, options.seed + count)
    folders = [options.output / f"seed_{seed:05d}" if many else options.output for seed in seeds]
    patients = list(zip(seeds, folders, strict=True))
    with claimed(options.output):
        made = drain(
            simulate_steps(patients, given, processes=options.processes, overwrite=options.overwrite, keep=many), report
        )
    for labels, checked in ({} if mix is None else mix.check(seeds)).items():
        for remark in checked.remarks:
            report.say(f"{Path(labels).name}: {remark}")
    if many:
        kept = f", {count - made} were there already" if made < count else ""
        report.say(f"{made} virtual patients were made{kept}; they are in {options.output}")
    else:
        report.say(f"The virtual patient of seed {options.seed} is in {options.output}")
