"""Compare pairs of models side by side: on virtual patients, on patients of a label map, and on two real CTs.

    python Testing/training/compare_models.py PAIR [PAIR ...] --seeds 91000-91009 --output FILE
        [--anatomy LABELS --anatomy-labels TABLE --anatomy-seeds 97000-97009]
        [--painted FOLDER] [--real-slab FOLDER] [--real-cta FOLDER]

PAIR is a folder that holds ``arteries`` and ``calcification``, or ``bundled``. The folder of ``--painted`` holds
``ct.nii.gz`` and ``arteries.nii.gz``, that of ``--real-cta`` ``ct.nii.gz`` and a mask for each artery; the slab is
described in ``measure_real_slab.py``. What is compared is what ``analyze`` would measure, after anatomical sense and
without what cannot be calcification.
Prints one row for each case and pair, and the means; writes them as JSON.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from measure_real_slab import bright
from scipy import ndimage
from scipy.spatial import cKDTree

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.anatomy import TERRITORIES, territory
from AbdominalCalcificationLib.comparison.lumen import lumen_of_arteries_steps
from AbdominalCalcificationLib.comparison.overlap import volume_overlap
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.inference import ModelFolder, segment_steps
from AbdominalCalcificationLib.measurement.guard import guarded_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.simulation import BYSTANDERS, simulate
from AbdominalCalcificationLib.simulation.labelled import AnatomyMix

AORTA = territory("aorta").label
LOWEST_SLICES = (40, 60)  # of the real CTA: below its stent graft, and up to its lower end
CTA_MASKS = {
    "aorta": "aorta.nii.gz",
    "celiac_trunk": "celiac_trunk.nii.gz",
    "superior_mesenteric": "superior_mesenteric_artery.nii.gz",
}
AIR_HU = -500  # darker than this outside the patient
LEAST_CALCIUM_MM3 = 10.0  # of an artery: the overlap of less says nothing


@dataclass(frozen=True)
class Case:
    """A CT and what is known of it; labels are territories, and a mask that is not known is None."""

    name: str
    ct: Volume
    arteries: Volume
    territories: tuple[str, ...]
    calcification: Volume | None = None
    stent: np.ndarray | None = None


def virtual(seed: int, mix: AnatomyMix | None) -> Case:
    """Return the patient of `seed` at 1 mm, procedural or from a label map, in one of two phases."""
    phase = ("arterial", "portal_venous")[seed % 2]
    anatomy = None if mix is None else mix.anatomy_of(seed)
    shape = None if anatomy else (220, 200, 220)
    patient = simulate(seed, spacing_mm=(1.0, 1.0, 1.0), shape=shape, phase=phase, anatomy=anatomy)
    there = tuple(each.name for each in TERRITORIES if (patient.arteries.array == each.label).any())
    stent = np.isin(patient.bystanders.array, [value for name, value in BYSTANDERS.items() if "stent" in name])
    name = f"{'map' if anatomy else 'virtual'} {seed}"
    return Case(name, patient.ct, patient.arteries, there, patient.calcification, stent)


def painted(folder: Path) -> Case:
    ct = read_ct(folder / "ct.nii.gz").volume
    arteries = align_labels(read_mask(folder / "arteries.nii.gz"), ct.grid)
    return Case("painted", ct, arteries, tuple(each.name for each in TERRITORIES))


def real_slab(folder: Path) -> Case:
    ct = read_ct(folder / "dicom").volume
    labels = align_labels(read_mask(folder / "totalsegmentator_labels.nii.gz"), ct.grid).array
    calcium = bright(ct, labels == 52, (labels >= 25) & (labels <= 50))
    return Case("real slab", ct, ct.with_array((labels == 52).astype(np.uint8) * AORTA), ("aorta",), calcium)


def real_cta(folder: Path) -> Case:
    ct = read_ct(folder / "ct.nii.gz").volume
    labels = np.zeros(ct.grid.shape, np.uint8)
    there = tuple(name for name, file in CTA_MASKS.items() if (folder / file).is_file())
    for name in reversed(there):  # the aorta last: it is the parent where masks overlap
        labels[align_labels(read_mask(folder / CTA_MASKS[name]), ct.grid).array > 0] = territory(name).label
    return Case("real CTA", ct, ct.with_array(labels), there)


def body_of(ct: Volume) -> np.ndarray:
    """Return the largest piece of what is no air, holes filled in each slice (k, j, i)."""
    solid = ndimage.binary_opening(ct.array > AIR_HU, iterations=2)
    pieces, count = ndimage.label(solid)
    largest = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:]) if count else solid
    return np.stack([ndimage.binary_fill_holes(plane) for plane in ndimage.binary_dilation(largest, iterations=3)])


def dice(true: np.ndarray, own: np.ndarray, ct: Volume) -> float | None:
    value = volume_overlap(ct.with_array(true), ct.with_array(own)).dice
    return None if value is None else round(value, 3)


def calcium_by_territory(case: Case, reference: np.ndarray, calcium: np.ndarray) -> dict:
    """Return the Dice of calcium (k, j, i) that is nearest to each true artery, where at least 10 mm³ are there."""
    true = case.arteries.array
    both = np.argwhere(reference | calcium)
    nearest = np.zeros(true.shape, np.uint8)
    if len(both):
        arteries = np.argwhere(true > 0)
        _, row = cKDTree(case.ct.grid.ras_of_kji(arteries)).query(case.ct.grid.ras_of_kji(both))
        nearest[tuple(both.T)] = true[tuple(arteries[row].T)]
    row = {}
    for each in TERRITORIES:
        there = nearest == each.label
        if np.count_nonzero(reference & there) * case.ct.grid.voxel_volume_mm3 >= LEAST_CALCIUM_MM3:
            row[f"calcification, {each.name}"] = dice(reference & there, calcium & there, case.ct)
    return row


def judged(case: Case, arteries: ModelFolder, calcification: ModelFolder) -> dict:
    """Return what is found in one case: Dice by territory, calcium, and what lies where no artery is."""
    found = drain(segment_steps(case.ct, [arteries], calcification))
    own, true = found.arteries.array, case.arteries.array
    row = {
        each.name: dice(true == each.label, own == each.label, case.ct)
        for each in TERRITORIES
        if each.name in case.territories
    }
    row["outside the body, voxels"] = int(np.count_nonzero((own > 0) & ~body_of(case.ct)))
    lumen = drain(lumen_of_arteries_steps(case.ct, found.arteries))
    calcium = drain(guarded_steps(case.ct, found.calcification, found.arteries, lumen))[0].array > 0
    volume_mm3 = case.ct.grid.voxel_volume_mm3
    row["calcified, mm3"] = round(float(calcium.sum() * volume_mm3), 1)
    if case.calcification is not None:
        reference = case.calcification.array > 0
        row["calcification"] = dice(reference, calcium, case.ct)
        row["truly calcified, mm3"] = round(float(reference.sum() * volume_mm3), 1)
        row |= calcium_by_territory(case, reference, calcium)
    if case.stent is not None:
        row["in stents, mm3"] = round(float((calcium & case.stent).sum() * volume_mm3), 1)
    if case.name == "real CTA":
        order = slice(None) if case.ct.grid.ijk_to_ras[2, 2] > 0 else slice(None, None, -1)
        for count in LOWEST_SLICES:
            below = np.zeros(own.shape, bool)
            below[order][:count] = True
            row[f"aorta, lowest {count}"] = dice((true == AORTA) & below, (own == AORTA) & below, case.ct)
            row[f"calcium voxels, lowest {count}"] = int(calcium[order][:count].sum())
        row["calcium voxels above"] = int(calcium[order][LOWEST_SLICES[-1] :].sum())
    return row


def cases_of(options: argparse.Namespace) -> Iterator[Case]:
    if options.painted:
        yield painted(options.painted)
    if options.real_slab:
        yield real_slab(options.real_slab)
    if options.real_cta:
        yield real_cta(options.real_cta)
    for seed in options.seeds or ():
        yield virtual(seed, None)
    if options.anatomy:
        mix = AnatomyMix(tuple(options.anatomy), options.anatomy_labels)
        for seed in options.anatomy_seeds:
            yield virtual(seed, mix)


def means_of(rows: list[dict]) -> dict[str, dict[str, float]]:
    """Return the mean of every column by kind of case (the first word of its name)."""
    kinds: dict[str, list[dict]] = {}
    for row in rows:
        kinds.setdefault(row["case"].split()[0], []).append(row)
    return {
        kind: {
            key: round(mean(values), 3)
            for key in dict.fromkeys(key for row in group for key in row)
            if key != "case" and (values := [row[key] for row in group if row.get(key) is not None])
        }
        for kind, group in kinds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare pairs of models side by side.")
    parser.add_argument("pairs", nargs="+", metavar="PAIR")
    parser.add_argument("--seeds", type=parse_seeds)
    parser.add_argument("--anatomy", nargs="+")
    parser.add_argument("--anatomy-labels")
    parser.add_argument("--anatomy-seeds", type=parse_seeds, default=parse_seeds("97000-97009"))
    parser.add_argument("--painted", type=Path)
    parser.add_argument("--real-slab", type=Path)
    parser.add_argument("--real-cta", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    models = {
        pair: (
            ModelFolder.open(resources.bundled_artery_model() if pair == "bundled" else Path(pair) / "arteries"),
            ModelFolder.open(
                resources.bundled_calcification_model() if pair == "bundled" else Path(pair) / "calcification"
            ),
        )
        for pair in options.pairs
    }
    rows: dict[str, list[dict]] = {pair: [] for pair in options.pairs}
    for case in cases_of(options):
        for pair, both in models.items():
            rows[pair].append({"case": case.name, **judged(case, *both)})
            print(pair, json.dumps(rows[pair][-1]), flush=True)
        document = {pair: {"cases": rows[pair], "means": means_of(rows[pair])} for pair in options.pairs}
        options.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for pair in options.pairs:
        print(pair, json.dumps(means_of(rows[pair]), indent=1))


if __name__ == "__main__":
    main()
