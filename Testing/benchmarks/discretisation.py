"""What discretisation alone costs: volumes measured on exact masks of virtual patients against the fine model.

    python Testing/benchmarks/discretisation.py [--seeds 7000 7010] [--output table.json]

Each patient is scanned at several spacings in a field of view around the lower aorta and the iliac arteries. A mask
names a voxel where the structure holds at least half of it, the best that any reader on that grid could draw; what
then differs from the truth is the grid's doing, not the reader's. Prints bias and spread (standard deviation over
patients) of the calcified volume, of the artery volume and of the burden, and how many clusters are counted.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np

from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from AbdominalCalcificationLib.simulation import simulate

# In-plane and slice spacing of common protocols, mm.
SPACINGS_MM = ((0.5, 0.5), (0.7, 0.7), (0.7, 1.0), (0.8, 1.5), (0.8, 2.0), (0.8, 3.0), (0.8, 5.0))
FIELD_MM = (110.0, 80.0, 110.0)
CENTER_RAS = (0.0, 5.0, 0.0)
# The truth knows no kept lengths: nothing is cut off here.
WHOLE = MeasurementParameters(kept_length_mm=dict.fromkeys(MeasurementParameters().kept_length_mm, float("inf")))


def measured(seed: int, spacing_mm: tuple[float, float]) -> dict | None:
    """Return measured and true numbers of one patient; None without calcium in the field of view."""
    step = (spacing_mm[0], spacing_mm[0], spacing_mm[1])
    shape = [round(extent / s) for extent, s in zip(FIELD_MM[::-1], step[::-1], strict=True)]
    patient = simulate(seed, spacing_mm=step, shape=shape, phase="arterial", center_ras=CENTER_RAS)
    truth = patient.truth["total"]
    if truth["calcified_volume_mm3"] < 50:
        return None
    found = measure(None, patient.arteries, patient.calcification, WHOLE).total
    return {
        "calcified": (found.calcified_volume_mm3, truth["calcified_volume_mm3"]),
        "artery": (found.artery_volume_mm3, truth["artery_volume_mm3"]),
        "burden": (found.burden, truth["burden"]),
        "clusters": (found.cluster_count, truth["cluster_count"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Bias and spread of exact masks by spacing.")
    parser.add_argument("--seeds", type=int, nargs=2, default=(7000, 7010), metavar=("FIRST", "STOP"))
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    table = []
    print("| spacing [mm] | patients | calcified volume [%] | artery volume [%] | burden [%] | clusters, of true |")
    print("|---|---|---|---|---|---|")
    for spacing in SPACINGS_MM:
        rows = [row for seed in range(*options.seeds) if (row := measured(seed, spacing)) is not None]
        entry = {"spacing_mm": [spacing[0], spacing[0], spacing[1]], "patients": len(rows)}
        for name in ("calcified", "artery", "burden"):
            error = np.array([100.0 * (row[name][0] / row[name][1] - 1.0) for row in rows])
            entry[f"{name}_bias_percent"] = float(error.mean())
            entry[f"{name}_sd_percent"] = float(error.std(ddof=1)) if len(error) > 1 else None
        entry["clusters"] = [int(sum(row["clusters"][side] for row in rows)) for side in (0, 1)]
        table.append(entry)
        cells = [
            f"{entry[f'{name}_bias_percent']:+.1f} ± {entry[f'{name}_sd_percent'] or 0:.1f}"
            for name in ("calcified", "artery", "burden")
        ]
        clusters = f"{entry['clusters'][0]} of {entry['clusters'][1]}"
        print(f"| {spacing[0]} × {spacing[0]} × {spacing[1]} | {len(rows)} |", " | ".join([*cells, clusters]), "|",
              flush=True)  # fmt: skip
    if options.output:
        options.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
