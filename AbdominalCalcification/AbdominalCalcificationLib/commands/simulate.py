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
    simulate.add_argument(
        "--radiograph", action="store_true", help="lateral radiographs of the lumbar spine instead of CTs"
    )
    simulate.add_argument(
        "--device", choices=("radiography", "vfa"), help="with --radiograph: what takes it (drawn from the seed)"
    )
    simulate.add_argument("--overwrite", action="store_true", help="replace the patient that DIR holds")
    simulate.add_argument("--quiet", action="store_true", help="print nothing but errors")
    add_anatomy(simulate, share=1.0)
    simulate.set_defaults(run=run, cancelled="Cancelled; finished patients are kept, nothing else was written.")
    return [simulate]


def run(options: argparse.Namespace, report) -> None:
    """Make the patients, each in its folder."""
    from ..claiming import claimed

    if options.radiograph:
        _make_radiographs(options, report)
        return
    if options.device:
        raise InputError("--device is about radiographs; add --radiograph.")
    from ..simulation.files import simulate_steps

    mix = anatomy_mix(options)
    given = {"spacing_mm": options.spacing, "shape": options.size[::-1] if options.size else None, "anatomy": mix}
    given = {name: value for name, value in given.items() if value is not None}
    seeds, patients, many = _patients(options)
    with claimed(options.output):
        made = drain(
            simulate_steps(patients, given, processes=options.processes, overwrite=options.overwrite, keep=many), report
        )
    _say_remarks(report, mix, seeds)
    if many:
        _say(report, made, len(seeds), "virtual patients", options.output)
    else:
        report.say(f"The virtual patient of seed {options.seed} is in {options.output}")


def _patients(options: argparse.Namespace) -> tuple[range, list[tuple[int, Path]], bool]:
    """Return the seeds, each with its folder, and whether there are many."""
    many = options.count is not None
    count = options.count if many else 1
    if count < 1 or options.processes < 1:
        raise InputError("--count and --processes must be at least 1.")
    seeds = range(options.seed, options.seed + count)
    folders = [options.output / f"seed_{seed:05d}" if many else options.output for seed in seeds]
    return seeds, list(zip(seeds, folders, strict=True)), many


def _say(report, made: int, count: int, what: str, output: Path) -> None:
    kept = f", {count - made} were there already" if made < count else ""
    report.say(f"{made} {what} were made{kept}; they are in {output}")


def _make_radiographs(options: argparse.Namespace, report) -> None:
    """Make lateral radiographs, each in its folder."""
    from ..claiming import claimed
    from ..radiograph.simulation.files import radiograph_steps

    if options.spacing or options.size:
        raise InputError(
            "--spacing and --size are about CTs; a radiograph draws its field and its pixels from the seed."
        )
    mix = anatomy_mix(options)
    seeds, patients, many = _patients(options)
    given = {name: value for name, value in (("device", options.device), ("anatomy", mix)) if value}
    with claimed(options.output):
        steps = radiograph_steps(patients, given, processes=options.processes, overwrite=options.overwrite, keep=many)
        made = drain(steps, report)
    _say_remarks(report, mix, seeds)
    if many:
        _say(report, made, len(seeds), "radiographs", options.output)
    else:
        report.say(f"The radiograph of seed {options.seed} is in {options.output}")


def _say_remarks(report, mix, seeds: range) -> None:
    """Say what people should know about the label maps that were used."""
    for remark in [] if mix is None else mix.remarks(seeds):
        report.say(remark)
