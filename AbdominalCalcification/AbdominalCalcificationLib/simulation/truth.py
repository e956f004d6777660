"""What the truth of a virtual patient says, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from .. import anatomy as territories
from ..geometry.volume import Grid
from .enhancement import Phase
from .painting import Painted
from .physics import Physics
from .plaques import Plaque
from .scanner import Scanner
from .stents import Metal
from .tubes import Tube


def volumes(arteries: list[Tube], ostia_mm: list[float], painted: Painted) -> dict:
    """Return the true numbers of each territory and of all."""
    return {
        "territories": [
            {
                "name": t.name,
                **_truth_of(
                    painted.artery_mm3.get(t.label, 0.0),
                    painted.calcified_mm3.get(t.label, 0.0),
                    painted.clusters.get(t.label, 0),
                ),
                "length_mm": _length_beyond_ostium(arteries, ostia_mm, t.name),
            }
            for t in territories.TERRITORIES
        ],
        "total": _truth_of(
            sum(painted.artery_mm3.values()), sum(painted.calcified_mm3.values()), sum(painted.clusters.values())
        ),
    }


def all_plaques(arteries: list[Tube], plaques: list[list[Plaque]]) -> list[dict]:
    """Return what is known of each plaque, and where it is."""
    return [
        {
            "territory": territories.territory_of_label(tube.label).name if tube.label else tube.name,
            "measured": tube.label > 0,
            "center_ras": tube.centerline.points[_index(tube, plaque.center_mm)].round(2).tolist(),
            **{key: value if isinstance(value, str) else round(value, 4) for key, value in asdict(plaque).items()},
        }
        for tube, own in zip(arteries, plaques, strict=True)
        for plaque in own
    ]


def circumstances(grid: Grid, voltage_kv: int, scanner: Scanner, enhancement: Phase, physics: Physics) -> dict:
    """Return how the CT was taken."""
    return {
        "scanner": {
            "tube_voltage_kv": voltage_kv,
            "slice_thickness_mm": round(grid.spacing_mm[2] / (1.0 - scanner.overlap), 4),
            **{key: round(value, 4) for key, value in asdict(scanner).items()},
        },
        "imperfections": physics.document(),
        "enhancement": {
            key: value if isinstance(value, str) else round(float(value), 3)
            for key, value in asdict(enhancement).items()
        },
    }


def _truth_of(artery_mm3: float, calcified_mm3: float, clusters: int) -> dict:
    """Return the numbers of a territory or of all; a burden where there is no artery would be no number."""
    return {
        "artery_volume_mm3": round(artery_mm3, 3),
        "calcified_volume_mm3": round(calcified_mm3, 3),
        "burden": round(calcified_mm3 / artery_mm3, 6) if artery_mm3 else None,
        "cluster_count": clusters,
    }


def stent_entry(tube: Tube, stent: Metal) -> dict:
    """Return what `not_to_count` says of a stent, or of one tube of a stent graft."""
    middle = tube.centerline.points[_index(tube, (stent.start_mm + stent.end_mm) / 2)]
    kind = "stent graft" if stent.is_graft else "stent"
    return {"kind": kind, "territory": tube.name, "center_ras": middle.round(2).tolist(), "hu": round(stent.hu)}


def bypass_entry(tube: Tube) -> dict:
    """Return what `not_to_count` says of a bypass: a vessel that is no native artery and carries no label."""
    middle = tube.centerline.points[len(tube.centerline.points) // 2]
    return {"kind": "bypass", "center_ras": middle.round(2).tolist(), "hu": round(float(tube.lumen_hu[0]))}


def _index(tube, arc_mm: float) -> int:
    last = len(tube.centerline.points) - 1
    return int(np.clip(round(arc_mm / tube.centerline.length_mm * last), 0, last))


def _length_beyond_ostium(arteries: list[Tube], ostia_mm: list[float], name: str) -> float | None:
    for tube, ostium in zip(arteries, ostia_mm, strict=True):
        if tube.name == name:
            return round(tube.centerline.length_mm - ostium, 2)
    return None
