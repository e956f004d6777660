"""A virtual patient twice: its simulated radiograph with the truth, and the masks of its CT.

``python Testing/kauppila_virtual.py FIRST LAST`` compares both over seeds.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.radiograph.from_ct.case import AORTA
from AbdominalCalcificationLib.radiograph.from_ct.levels import DISCS, Levels, borders_by_hand
from AbdominalCalcificationLib.radiograph.from_ct.scoring import AortaMask, MaskScore, score_masks
from AbdominalCalcificationLib.radiograph.projection import LateralGeometry
from AbdominalCalcificationLib.radiograph.simulation.lumbar import Lumbar, draw_lumbar
from AbdominalCalcificationLib.radiograph.simulation.virtual import _SALT, VirtualRadiograph, simulate_radiograph
from AbdominalCalcificationLib.radiograph.spine import Border, borders_of, vertebrae_of
from AbdominalCalcificationLib.simulation import simulate
from AbdominalCalcificationLib.simulation.drawn import draw_patient

SPACING_MM = 2.0
# Around the aorta alone, from above L1 to below the bifurcation: painting all of the body takes long.
CENTER_RAS, SHAPE = (0.0, 0.0, 85.0), (140, 60, 60)


@dataclass(frozen=True, eq=False)
class TwoViews:
    """The scores of one patient.

    Attributes
    ----------
    truth : tuple of int or None
        Of the plaques themselves, on the radiograph.
    same_view : MaskScore
        Of the CT's masks, projected as the radiograph was taken, between the radiograph's levels.
    by_hand : MaskScore
        Of the masks, by parallel rays, between the middles of the discs in space.
    """

    virtual: VirtualRadiograph
    truth: tuple[int | None, ...]
    same_view: MaskScore
    by_hand: MaskScore


def two_views(seed: int) -> TwoViews:
    """Return the scores of the virtual patient of a seed."""
    virtual = simulate_radiograph(seed)
    patient = simulate(seed, spacing_mm=(SPACING_MM,) * 3, shape=SHAPE, center_ras=CENTER_RAS)
    mirrored = draw_patient(seed).person.situs_inversus
    arteries, calcified = _mirrored(patient.arteries, mirrored), patient.calcification.array
    wall = arteries.with_array((arteries.array == AORTA).astype(np.uint8))
    aorta = AortaMask.cropped(wall, (calcified != 0) & (wall.array != 0))
    geometry = _geometry(virtual)
    truth = tuple(each["score"] for each in virtual.truth["segments"])
    levels = disc_levels(_lumbar(seed))
    straight = LateralGeometry(geometry.isocenter_ras)
    points = aorta.grid.ras_of_kji(np.argwhere(aorta.wall))
    return TwoViews(
        virtual,
        truth,
        score_masks(aorta, _borders(virtual), geometry),
        score_masks(aorta, borders_by_hand(levels, straight, points), straight),
    )


def disc_levels(lumbar: Lumbar) -> Levels:
    """Return the middles of the discs of a virtual spine, as somebody sets them."""
    bones = {bone.name: bone for bone in lumbar.bones}
    points = {}
    for disc in DISCS:
        upper, lower = (bones.get(name) for name in disc.split("/"))
        if upper is None:
            continue
        if lower is None:  # four lumbar vertebrae
            lower = bones["S1"]
        low = upper.ras(np.array([[0.0, 0.0, -float(np.mean(upper.bottom))]]))[0]
        high = lower.ras(np.array([[0.0, 0.0, float(np.mean(lower.top))]]))[0]
        points[disc] = tuple(float(value) for value in (low + high) / 2)
    return Levels({name: point[2] for name, point in points.items()}, points)


def _lumbar(seed: int) -> Lumbar:
    """Return the spine of the radiograph, drawn from the same stream."""
    stream = np.random.SeedSequence([int(seed), _SALT]).spawn(5)[0]
    return draw_lumbar(draw_patient(seed).body.vessels.spine, np.random.Generator(np.random.PCG64(stream)))


def _mirrored(volume: Volume, mirrored: bool) -> Volume:
    if not mirrored:
        return volume
    return Volume(volume.array, Grid(volume.grid.shape, np.diag([-1.0, 1.0, 1.0, 1.0]) @ volume.grid.ijk_to_ras))


def _geometry(virtual: VirtualRadiograph) -> LateralGeometry:
    device = virtual.truth["device"]
    names = ("source_detector_mm", "object_detector_mm", "side", "rotation_deg", "tilt_deg", "lean_deg")
    values = {name: device[name] for name in names}
    if values["source_detector_mm"] is None:  # parallel rays
        values["source_detector_mm"] = float("inf")
    return LateralGeometry(tuple(virtual.truth["isocenter_ras"]), **values)


def _borders(virtual: VirtualRadiograph) -> dict[str, tuple[Border, Border]]:
    labels = virtual.labels if virtual.radiograph.faces == "left" else virtual.labels[:, ::-1]
    x, y = virtual.truth["corner_mm"]

    def placed(border: Border) -> Border:
        return Border((border.point[0] + x, border.point[1] + y), border.direction, border.assumed)

    found = borders_of(vertebrae_of(labels, virtual.radiograph.step))
    return {name: (placed(above), placed(below)) for name, (above, below) in found.items()}


if __name__ == "__main__":
    print("seed  truth  same view  by hand   parts: truth | same view | by hand", flush=True)
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        views = two_views(number)
        rows = [[each.score for each in found.score.segments] for found in (views.same_view, views.by_hand)]
        total = views.virtual.truth["score"]
        codes = " ".join(sorted({flag.code for flag in (*views.same_view.flags, *views.by_hand.flags)}))
        shown = " | ".join("".join("-" if s is None else str(s) for s in row) for row in (views.truth, *rows))
        totals = f"{total!s:>5}  {views.same_view.score.total!s:>9}  {views.by_hand.score.total!s:>7}"
        print(f"{number:4d}  {totals}   {shown} {codes}", flush=True)
