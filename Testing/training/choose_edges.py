"""Choose from which part of their contrast on a model's thin arteries are filled up to their edges.

    python Testing/training/choose_edges.py MODEL_FOLDER NEW_FOLDER [--seeds 6000-6012]

A network that works at 1.5 mm draws thin arteries too thin (``inference/edges.py``). On virtual patients that are
used for nothing else, in both phases at 1 mm, this tries several parts of the contrast for each branch and writes that
with the greatest mean Dice into dataset.json, where it gains 0.005 or more. Prints Dice and found / true volume.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np

from AbdominalCalcificationLib.anatomy import TERRITORIES, Territory
from AbdominalCalcificationLib.comparison.overlap import volume_overlap_by_label
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.inference import ModelFolder, segment_steps
from AbdominalCalcificationLib.inference.edges import KEY, filled_to_edges
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.simulation import simulate

PHASES = ("arterial", "portal_venous")
PARTS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.6)
BRANCHES = TERRITORIES[1:]
FEWEST_VOXELS = 20
LEAST_GAIN = 0.005

# Dice, and found / true volume, as the network draws it and for each of PARTS.
Row = list[tuple[float, float]]


def patients(seeds: Iterable[int]) -> Iterable[tuple[Volume, Volume]]:
    """Yield CT and true arteries."""
    for seed in seeds:
        for phase in PHASES:
            patient = simulate(seed, spacing_mm=(1.0, 1.0, 1.0), shape=(220, 200, 220), phase=phase)
            yield patient.ct, patient.arteries


def tried(ct: Volume, true: Volume, model: ModelFolder) -> dict[Territory, Row]:
    """Return how well each branch of a patient is found that the model finds at all."""
    own = drain(segment_steps(ct, [model], None)).arteries.array
    spacing_mm = ct.grid.spacing_mm[::-1]
    masks = [own] + [
        filled_to_edges(ct.array, own, spacing_mm, {each.label: part for each in BRANCHES}) for part in PARTS
    ]
    labels = [each.label for each in BRANCHES]
    found = [volume_overlap_by_label(true, ct.with_array(mask), labels) for mask in masks]
    there = np.bincount(own.ravel(), minlength=256) >= FEWEST_VOXELS
    return {
        each: [(one[each.label].dice, one[each.label].prediction_mm3 / one[each.label].reference_mm3) for one in found]
        for each in BRANCHES
        if there[each.label] and found[0][each.label].reference_mm3
    }


def chosen(rows: dict[Territory, list[Row]]) -> dict[str, float]:
    """Return the part for each branch that gains, by name; print what was tried."""
    parts = {}
    print(f"{'':28} Dice and found / true volume: as drawn; from {', '.join(map(str, PARTS))} of the contrast on")
    for each in BRANCHES:
        if each not in rows:
            continue
        dices, volumes = zip(*(zip(*row, strict=True) for row in rows[each]), strict=True)
        dice = [mean(column) for column in zip(*dices, strict=True)]
        volume = [median(column) for column in zip(*volumes, strict=True)]
        print(f"{each.title:28}", "  ".join(f"{d:.3f} ({v:.2f})" for d, v in zip(dice, volume, strict=True)))
        best = int(np.argmax(dice))
        if best and dice[best] >= dice[0] + LEAST_GAIN:
            parts[each.name] = PARTS[best - 1]
    return parts


def with_edges(model: Path, folder: Path, parts: dict[str, float]) -> None:
    """Write a copy of a model whose dataset.json says these parts, and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model, folder)
    file = folder / "dataset.json"
    dataset = json.loads(file.read_text(encoding="utf-8"))
    dataset.pop(KEY, None)
    file.write_text(json.dumps({**dataset, **({KEY: parts} if parts else {})}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=parse_seeds, default=parse_seeds("6000-6012"))
    options = parser.parse_args()
    with_edges(options.model, options.folder, {})
    model, rows = ModelFolder.open(options.folder), {}
    for ct, arteries in patients(options.seeds):
        for each, row in tried(ct, arteries, model).items():
            rows.setdefault(each, []).append(row)
    parts = chosen(rows)
    with_edges(options.model, options.folder, parts)
    print(json.dumps(parts))


if __name__ == "__main__":
    main()
