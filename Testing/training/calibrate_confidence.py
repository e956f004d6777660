"""Calibrate how certain the models are of what they find: what share of what looks so certain is right.

    python Testing/training/calibrate_confidence.py --cases CASES.jsonl [--seeds 5000-5039] [--write]

Both networks run on virtual patients that serve for nothing else; their signs (:mod:`inference.certainty`) and what
was right are added to CASES.jsonl, one line for each patient, so that it can be interrupted and gone on with. Then
``confidence.json`` is made beside each model with ``--write``, bound to its weights, with a diagram of reliability and
the section of the model's card. After another training it is run again: cases of other weights are passed over.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.comparison.lumen import lumen_of_arteries_steps
from AbdominalCalcificationLib.comparison.overlap import volume_overlap
from AbdominalCalcificationLib.confidence.calibration import FILE_NAME, VERSION
from AbdominalCalcificationLib.confidence.fitting import fit, held_out, reliability
from AbdominalCalcificationLib.confidence.plaques import plaques_steps, shares
from AbdominalCalcificationLib.effort import Effort
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.measurement.guard import guarded_steps
from AbdominalCalcificationLib.measurement.plausibility import plausible_arteries_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.simulation import simulate

PHASES = ("arterial", "portal_venous")
# The abdominal aorta with its branches, in thin and in thick slices.
GRIDS = (((1.0, 1.0, 1.0), (220, 200, 220)), ((0.8, 0.8, 2.0), (110, 225, 250)))

LEAST_DICE = 0.8
PREDICTS = {
    "arteries": "the kept artery has a Dice of at least 0.8 with the true one",
    "calcification": "half of the voxels, or more, are calcium of an artery",
}


def case_of(seed: int, models: dict[str, ModelFolder], worker: Worker) -> dict:
    """Return what the networks found in one virtual patient, how certain they are of it, and what of it is right."""
    spacing_mm, shape = GRIDS[seed % 2]
    patient = simulate(seed, spacing_mm=spacing_mm, shape=shape, phase=PHASES[seed // 2 % 2])
    ct = patient.ct
    roles = tuple(models)
    found = drain(segment_steps(ct, [models["arteries"]], models["calcification"], worker=worker, signs_of=roles))
    plausible = drain(plausible_arteries_steps(found.arteries)).of(found.arteries)
    lumen = drain(lumen_of_arteries_steps(ct, plausible))
    calcification, _ = drain(guarded_steps(ct, found.calcification, plausible, lumen))
    plaques = drain(plaques_steps(calcification, found.calcification_signs))
    true = patient.calcification.array.reshape(-1)[plaques.voxels] != 0
    share = np.bincount(plaques.number, true, len(plaques.signs)) / np.bincount(plaques.number)
    kept = [
        measure(ct, arteries, mask).kept_arteries
        for arteries, mask in ((patient.arteries, patient.calcification), (found.arteries, calcification))
    ]
    territories = []
    for each in TERRITORIES:
        if each.name in found.artery_signs:
            masks = [volume.with_array((volume.array == each.label).astype(np.uint8)) for volume in kept]
            dice = volume_overlap(*masks).dice
            territories.append({"name": each.name, "signs": found.artery_signs[each.name], "dice": dice or 0.0})
    rows = [{"signs": signs, "true": part} for signs, part in zip(plaques.signs, share.tolist(), strict=True)]
    return {"seed": seed, "territories": territories, "plaques": rows}


def rows_of(cases: list[dict], role: str) -> tuple[list, list[bool], list[int]]:
    """Return the signs of all that was found, whether each is right, and whose it is."""
    if role == "arteries":
        found = [
            (case["seed"], each["signs"], each["dice"] >= LEAST_DICE) for case in cases for each in case["territories"]
        ]
    else:
        found = [
            (case["seed"], shares(each["signs"]), each["true"] >= 0.5) for case in cases for each in case["plaques"]
        ]
    seeds, signs, right = zip(*found, strict=True)
    return list(signs), list(right), list(seeds)


def calibrated(cases: list[dict], role: str, model: ModelFolder) -> dict:
    """Return what ``confidence.json`` says; its reliability is that of patients that a calibration did not see."""
    signs, right, patients = rows_of(cases, role)
    probability, share = held_out(signs, right, patients)
    return {
        "version": VERSION,
        "model": f"sha256:{model.checksum}",
        "tile_step": Effort().tile_step,
        "mirroring": Effort().mirroring,
        "calibration": fit(signs, right, PREDICTS[role]).document(),
        "count": len(right),
        "seeds": sorted(set(patients)),
        "reliability": reliability(probability, right, share).document(),
    }


def diagram(document: dict) -> str:
    """Return a reliability diagram as SVG: what was said across, how often it was right up, areas as counts."""
    told = document["reliability"]
    most = max(each["count"] for each in told["bins"])
    side, edge = 240, 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + 2 * edge}" height="{side + 2 * edge}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#888"/>',
        f'<path d="M{edge} {edge + side}L{edge + side} {edge}" stroke="#888" stroke-dasharray="4"/>',
    ]
    for each in told["bins"]:
        x, y = edge + side * each["predicted"], edge + side * (1 - each["observed"])
        radius = 3 + 9 * (each["count"] / most) ** 0.5
        title = f"{each['count']}: said {each['predicted']:.2f}, right {each['observed']:.2f}"
        lines.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#0072b2" fill-opacity="0.7">'
            f"<title>{title}</title></circle>"
        )
    for share in (0, 0.5, 1):
        lines.append(f'<text x="{edge + side * share}" y="{edge + side + 14}" text-anchor="middle">{share:g}</text>')
        lines.append(f'<text x="{edge - 6}" y="{edge + side * (1 - share) + 4}" text-anchor="end">{share:g}</text>')
    middle = edge + side / 2
    lines += [
        f'<text x="{middle}" y="{edge + side + 30}" text-anchor="middle">confidence</text>',
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">share right</text>',
        f'<text x="{middle}" y="24" text-anchor="middle">{document["count"]} of {len(document["seeds"])} patients: '
        f"Brier {told['brier']:.3f}, ECE {told['ece']:.3f}</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def section(document: dict) -> str:
    """Return what a model's card says about its confidence, a heading first."""
    said = document["reliability"]
    bins = " | ".join(f"{each['predicted']:.2f}" for each in said["bins"])
    right = " | ".join(f"{each['observed']:.2f}" for each in said["bins"])
    counts = " | ".join(str(each["count"]) for each in said["bins"])
    rule = " | ".join("---" for _ in said["bins"])
    first, last, predicts = document["seeds"][0], document["seeds"][-1], document["calibration"]["predicts"]
    return (
        f"## Confidence\nThe probability that {predicts},\nfrom the margins of the network "
        "and from what a second look finds again (`confidence.json`). Calibrated on\n"
        f"virtual patients that serve for nothing else (seeds {first} to {last}; 1 mm and 0.8 × 0.8 × 2 mm,\n"
        "arterial and portal venous). Of each patient by a calibration of the others:\n\n"
        f"Brier {said['brier']:.3f} (of telling the share in the others {said['brier_of_share']:.3f}), "
        "expected calibration error "
        f"{said['ece']:.3f}; {document['count']} of {len(document['seeds'])} patients.\n\n"
        f"| confidence | {bins} |\n| --- | {rule} |\n| share that was right | {right} |\n| number | {counts} |\n\n"
        "![reliability](reliability.svg)\n"
    )


def with_section(card: str, text: str) -> str:
    """Return a card with its section about confidence, in the place of an earlier one or before the real slab."""
    before, _, rest = card.partition("## Confidence\n")
    if not rest:
        before, found, rest = card.partition("## The real slab")
        return f"{before}{text}\n{found}{rest}"
    _, _, behind = rest.partition("\n## ")
    return f"{before}{text}\n## {behind}"


def collect(path: Path, seeds: list[int], models: dict[str, ModelFolder]) -> list[dict]:
    """Return the cases of `seeds`, those that the file lacks made and added to it."""
    checksums = {role: model.checksum for role, model in models.items()}
    cases = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    cases = {case["seed"]: case for case in cases if case["models"] == checksums}
    with Worker() as worker, open(path, "a", encoding="utf-8") as file:
        for seed in seeds:
            if seed not in cases:
                cases[seed] = {**case_of(seed, models, worker), "models": checksums}
                file.write(json.dumps(cases[seed]) + "\n")
                file.flush()
                print(f"seed {seed}: {len(cases[seed]['plaques'])} plaques", flush=True)
    return [cases[seed] for seed in seeds]


def main() -> None:
    parser = argparse.ArgumentParser(description="Calibrate how certain the models are of what they find.")
    parser.add_argument("--cases", type=Path, required=True, metavar="CASES.jsonl")
    parser.add_argument("--artery-model", type=Path, default=resources.bundled_artery_model(), metavar="FOLDER")
    parser.add_argument(
        "--calcification-model", type=Path, default=resources.bundled_calcification_model(), metavar="FOLDER"
    )
    parser.add_argument("--seeds", default="5000-5039", type=parse_seeds)
    parser.add_argument(
        "--write", action="store_true", help="write confidence.json and reliability.svg beside the models"
    )
    options = parser.parse_args()
    models = {
        "arteries": ModelFolder.open(options.artery_model),
        "calcification": ModelFolder.open(options.calcification_model),
    }
    cases = collect(options.cases, list(options.seeds), models)
    for role, model in models.items():
        document = calibrated(cases, role, model)
        print(f"\n{role}: {document['calibration']}\n{section(document)}")
        if options.write:
            (model.path / FILE_NAME).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            (model.path / "reliability.svg").write_text(diagram(document), encoding="utf-8")
            card = model.path / "MODEL_CARD.md"
            if card.is_file():
                card.write_text(with_section(card.read_text(encoding="utf-8"), section(document)), encoding="utf-8")


if __name__ == "__main__":
    main()
