"""The command ``kauppila``: the Kauppila score of a CT's masks, beside that of a radiograph."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import drain
from .options import add_severity_groups, add_source_choice, severity_groups


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``kauppila``."""
    kauppila = commands.add_parser(
        "kauppila", help="the Kauppila score of a CT's result, and its simulated lateral radiograph"
    )
    kauppila.add_argument("folder", metavar="RESULT_FOLDER", type=Path, help="what analyze or Export has written")
    kauppila.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the files")
    kauppila.add_argument(
        "--ct", metavar="CT", type=Path, help="the CT that was measured; by default that in scene.mrb"
    )
    add_source_choice(kauppila)
    levels = kauppila.add_argument_group("where L1 to L4 are")
    levels.add_argument(
        "--vertebrae",
        metavar="MASK",
        type=Path,
        help="mask of the vertebrae: a label map, .seg.nrrd, or a folder with a file for each (vertebrae_L1 …)",
    )
    levels.add_argument(
        "--vertebra-labels",
        metavar="TABLE",
        type=Path,
        help="what its values are: a CSV with label and name, a dataset.json, or the word totalsegmentator; needless "
        "where the file says it",
    )
    levels.add_argument(
        "--levels",
        metavar="FILE",
        type=Path,
        help="levels set by hand instead: middles of discs (L1/L2) or vertebrae (L1), a CSV with level and s_mm, or "
        "points saved by Slicer (.mrk.json)",
    )
    shown = kauppila.add_argument_group("what is shown")
    shown.add_argument(
        "--radiograph", metavar="DIR", type=Path, help="result of a radiograph of the same patient, to be put beside it"
    )
    shown.add_argument(
        "--read-simulated",
        action="store_true",
        help="let the networks for radiographs read the simulated radiograph too, and put what they say beside it",
    )
    shown.add_argument("--cone", action="store_true", help="rays from a focus 1150 mm away; else parallel")
    shown.add_argument("--keep-contrast", action="store_true", help="leave contrast agent in the arteries")
    add_severity_groups(shown)
    kauppila.add_argument("--overwrite", action="store_true", help="replace the result that DIR holds")
    kauppila.add_argument("--quiet", action="store_true", help="print nothing but errors")
    kauppila.set_defaults(run=run)
    return [kauppila]


def run(options: argparse.Namespace, report) -> None:
    """Score the CT's masks, and write the folder, which nobody else writes meanwhile."""
    from ..claiming import claimed

    with claimed(options.output):
        _kauppila(options, report)


def _kauppila(options: argparse.Namespace, report) -> None:
    from ..radiograph.from_ct.case import case_of_result_steps, kauppila_of_ct_steps, lateral_geometry
    from ..radiograph.from_ct.files import KAUPPILA_FILES, read_compared, simulated_reading_steps, write_kauppila_steps
    from ..radiograph.from_ct.level_files import read_levels
    from ..radiograph.from_ct.vertebra_masks import read_vertebrae
    from ..radiograph.text import summary
    from ..reporting import ResultFolder, keep_inputs
    from ..reporting.stored_result import read_document

    if options.vertebrae is None and options.levels is None:
        raise InputError("Nothing says where L1 to L4 are; add --vertebrae with a mask, or --levels with a file.")
    if options.vertebra_labels is not None and options.vertebrae is None:
        raise InputError("--vertebra-labels says what a mask means; name the mask with --vertebrae.")
    groups = severity_groups(options)
    read_document(options.folder)
    given = [options.ct, options.vertebrae, options.vertebra_labels, options.levels, options.radiograph]
    keep_inputs(options.output, [each for each in given if each is not None], KAUPPILA_FILES)
    ResultFolder(options.output, overwrite=options.overwrite, names=KAUPPILA_FILES)  # refuses before any work is done
    levels = None if options.levels is None else read_levels(options.levels)
    others = {} if options.radiograph is None else {"radiograph": read_compared(options.radiograph)}
    vertebrae = None if options.vertebrae is None else read_vertebrae(options.vertebrae, options.vertebra_labels)
    reading = case_of_result_steps(
        options.folder, options.ct, options.series, options.acquisition, vertebrae=vertebrae, levels=levels
    )
    case = drain(reading, report)
    geometry = lateral_geometry(case, cone=options.cone)
    result = drain(kauppila_of_ct_steps(case, geometry, keep_contrast=options.keep_contrast), report)
    if options.read_simulated:
        others = {"simulated": drain(simulated_reading_steps(result, groups), report), **others}
    drain(write_kauppila_steps(result, options.output, others, groups, overwrite=options.overwrite), report)
    for line in (summary(result, groups), f"Results are in {options.output}"):
        report.say(line)
