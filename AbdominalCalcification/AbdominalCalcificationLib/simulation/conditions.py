"""Which diseases and implants a patient has. Most have none: they are as frequent as a network needs to see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from .. import anatomy as territories
from .diseases import along, dissected, false_blood_hu, layered, occluded, thickened, widened
from .grafts import closed_within, draw_bypass, draw_make, with_stent_graft
from .plaques import Plaque
from .stents import GraftStent, Metal
from .tubes import Tube

# Shares of patients; ours. Stents of single arteries come from `stents.py` besides.
CHANCES = {
    "aortic aneurysm": 0.05,
    "iliac aneurysm": 0.05,
    "dissection": 0.08,
    "stent graft": 0.06,
    "branch stents": 0.05,
    "bypass": 0.02,
    "occlusion": 0.03,
    "thick wall": 0.22,
    "layered contrast": 0.10,
    "faint calcium": 0.12,
}
# Calcium that is hardly denser than blood; the faintest that a threshold of 130 HU would take.
FAINTEST_HU = 170.0


@dataclass(frozen=True, eq=False)
class Conditions:
    """The arteries of a patient with their diseases.

    Attributes
    ----------
    arteries : list of Tube
        Diseased; those that are beyond what the body has (bypasses) at the end.
    ostia_mm : list of float
        Path length at which each leaves its parent.
    metal : list of tuple of Metal
        Of stent grafts and stents, of each artery.
    found : list of dict
        What the truth says: the kind, and what matters of it.
    calcium_share : float
        Of the density that calcium would have had: below 1 in those whose calcium is faint.
    """

    arteries: list[Tube]
    ostia_mm: list[float]
    metal: list[tuple[Metal, ...]]
    found: list[dict] = field(default_factory=list)
    calcium_share: float = 1.0


def draw_conditions(
    rng: np.random.Generator,
    arteries: list[Tube],
    ostia_mm: list[float],
    phase: str,
    only: Collection[str] | None = None,
) -> Conditions:
    """Return what a patient suffers from.

    Parameters
    ----------
    rng : Generator
    arteries : list of Tube
        The aorta first.
    ostia_mm : list of float
    phase : str
    only : collection of str, optional
        Keys of `CHANCES` that the patient has for sure, and no others; for looking at them.
    """
    parts = {}
    for kind, chance in CHANCES.items():
        # Each from a stream of its own, so that one does not change the others.
        part = np.random.Generator(np.random.PCG64(int(rng.integers(2**62))))
        has = part.uniform() < chance
        if has if only is None else kind in only:
            parts[kind] = part
    if only is None and "stent graft" in parts:
        parts.pop("bypass", None)
        parts.pop("occlusion", None)
    drawn = _Drawn(list(arteries), list(ostia_mm), [() for _ in arteries], phase)
    for kind, part in parts.items():
        _DRAWING[kind](drawn, part)
    share = parts["faint calcium"].uniform(0.35, 0.75) if "faint calcium" in parts else 1.0
    if "faint calcium" in parts:
        drawn.found.append({"kind": "faint calcium", "share": round(share, 3)})
    return Conditions(drawn.tubes, drawn.ostia_mm, drawn.metal, drawn.found, share)


@dataclass(eq=False)
class _Drawn:
    """A patient whose diseases are being drawn."""

    tubes: list[Tube]
    ostia_mm: list[float]
    metal: list[tuple[Metal, ...]]
    phase: str
    found: list[dict] = field(default_factory=list)

    @property
    def renal_mm(self) -> float:
        """Path length on the aorta at which the lowest main renal artery leaves."""
        line = self.tubes[0].centerline
        starts = [t.centerline.points[0] for t in self.tubes if t.name.startswith("renal")]
        if not starts:
            return max(line.length_mm - 95.0, 0.4 * line.length_mm)
        at = [float(line.arc_mm[line.tree.query(start)[1]]) for start in starts]
        return min(float(np.median(at)), line.length_mm - 50.0)

    def indices(self, *groups: str) -> list[int]:
        """Return which arteries of these groups are measured."""
        return [n for n, tube in enumerate(self.tubes) if tube.label and group_of(tube) in groups]

    def note(self, kind: str, n: int, **numbers) -> None:
        said = {key: value if isinstance(value, str) else round(float(value), 2) for key, value in numbers.items()}
        self.found.append({"kind": kind, "territory": self.tubes[n].name, **said})


def group_of(tube: Tube) -> str:
    """Return the group of a measured artery: ``aorta``, ``common_iliac``, ``renal`` or ``mesenteric``."""
    return territories.territory_of_label(tube.label).group or "aorta"


def _aortic_aneurysm(drawn: _Drawn, rng: np.random.Generator) -> None:
    length = along(drawn.tubes[0])[-1]
    if rng.uniform() < 0.75:
        middle, width, height = length - rng.uniform(25.0, 60.0), rng.uniform(14.0, 26.0), rng.uniform(4.0, 20.0)
    else:
        # Of the part at and above the renal arteries.
        middle = max(drawn.renal_mm - rng.uniform(0.0, 60.0), 20.0)
        width, height = rng.uniform(15.0, 35.0), rng.uniform(3.0, 12.0)
    drawn.tubes[0] = widened(rng, drawn.tubes[0], middle, width, height)
    drawn.note("aneurysm", 0, greatest_diameter_mm=2 * drawn.tubes[0].outer_mm.max())


def _iliac_aneurysm(drawn: _Drawn, rng: np.random.Generator) -> None:
    for n in drawn.indices("common_iliac"):
        if rng.uniform() < 0.65:
            length = along(drawn.tubes[n])[-1]
            middle, width = rng.uniform(0.35, 0.7) * length, rng.uniform(9.0, 16.0)
            drawn.tubes[n] = widened(rng, drawn.tubes[n], middle, width, rng.uniform(3.0, 10.0))
            drawn.note("aneurysm", n, greatest_diameter_mm=2 * drawn.tubes[n].outer_mm.max())


def _dissection(drawn: _Drawn, rng: np.random.Generator) -> None:
    aorta, widest = drawn.tubes[0], {}
    if rng.uniform() < 0.5:
        # What the false lumen adds is open; most grow in the chest.
        middle, width = rng.uniform(0.1, 0.6) * along(aorta)[-1], rng.uniform(30.0, 110.0)
        aorta = widened(rng, aorta, middle, width, rng.uniform(2.0, 9.0), open_share=1.0)
        widest = {"greatest_diameter_mm": 2 * aorta.outer_mm.max()}
    length = along(aorta)[-1]
    start = 0.0 if rng.uniform() < 0.6 else max(length - rng.uniform(60.0, 200.0), 0.0)
    end = length + 1.0 if rng.uniform() < 0.6 else min(start + rng.uniform(80.0, 350.0), length - 10.0)
    end = max(end, start + 40.0)
    hu = false_blood_hu(rng, aorta, drawn.phase)
    layers = rng.uniform(0.1, 0.6) if rng.uniform() < 0.4 and drawn.phase != "unenhanced" else 0.0
    drawn.tubes[0] = dissected(rng, aorta, start, end, hu, layers)
    drawn.note("dissection", 0, from_mm=start, to_mm=min(end, length), false_lumen_hu=hu[-1], **widest)
    if end < length:
        return
    for n in drawn.indices("common_iliac"):
        if rng.uniform() < 0.5:
            own = along(drawn.tubes[n])[-1]
            until = rng.uniform(0.4, 1.2) * own
            own_hu = np.full_like(drawn.tubes[n].lumen_hu, hu[-1])
            drawn.tubes[n] = dissected(rng, drawn.tubes[n], 0.0, until, own_hu, layers)
            drawn.note("dissection", n, from_mm=0.0, to_mm=min(until, own), false_lumen_hu=hu[-1])


def _stent_graft(drawn: _Drawn, rng: np.random.Generator) -> None:
    if drawn.tubes[0].lumen_shift_mm is None and rng.uniform() < 0.7:
        _aortic_aneurysm(drawn, rng)
    if drawn.tubes[0].flap is not None:
        # The graft has closed the tear: what was the false lumen has clotted.
        drawn.tubes = [replace(tube, flap=None) for tube in drawn.tubes]
        drawn.found = [item for item in drawn.found if item["kind"] != "dissection"]
    renal = drawn.renal_mm
    drawn.tubes, rings = with_stent_graft(rng, drawn.tubes, renal)
    drawn.metal = [(*own, *new) for own, new in zip(drawn.metal, rings, strict=True)]
    line = drawn.tubes[0].centerline
    covered = rings[0]
    low, high = min(r.fabric_from_mm for r in covered), max(r.end_mm for r in covered)
    for n, tube in enumerate(drawn.tubes[1:], start=1):
        distance, at = line.tree.query(tube.centerline.points[0])
        # Iliac arteries go on with the limbs, and renal ones are spared.
        leaves = distance < 3.0 and low < line.arc_mm[at] < high - 3.0
        if leaves and not tube.name.startswith(("common_iliac", "renal", "celiac", "superior")):
            drawn.tubes[n] = closed_within(rng, tube, drawn.ostia_mm[n])
    for n, own in enumerate(rings):
        if own:
            drawn.note("stent graft", n, from_mm=min(r.start_mm for r in own), to_mm=max(r.end_mm for r in own))


def _branch_stents(drawn: _Drawn, rng: np.random.Generator) -> None:
    make = draw_make(rng)
    make = replace(make, ring_mm=rng.uniform(2.0, 5.0), gap_mm=rng.uniform(0.0, 2.0), strut_mm=rng.uniform(0.16, 0.26))
    places = drawn.indices("common_iliac", "renal", "mesenteric")
    for n in rng.permutation(places)[: int(rng.integers(1, 4))]:
        tube, ostium = drawn.tubes[n], drawn.ostia_mm[n]
        length = along(tube)[-1]
        start = max(ostium + rng.uniform(-4.0, 8.0), 0.0)
        end = min(start + rng.uniform(14.0, 30.0 if group_of(tube) != "common_iliac" else 70.0), length)
        if end - start < 8.0 or drawn.metal[n]:
            continue
        center = np.zeros((len(tube.outer_mm), 2)) if tube.lumen_shift_mm is None else tube.lumen_shift_mm
        ring: GraftStent = make.rings(start, end, 0.0, center, tube.lumen_mm - make.strut_mm)
        ring = replace(ring, is_graft=False)
        if rng.uniform() < 0.6:
            ring = replace(ring, fabric_from_mm=end + 1.0)  # bare
        drawn.metal[n] = (ring,)
        drawn.note("stent", n, from_mm=start, to_mm=end)


def _bypass(drawn: _Drawn, rng: np.random.Generator) -> None:
    drawn.tubes, grafts = draw_bypass(rng, drawn.tubes, drawn.renal_mm)
    drawn.tubes += grafts
    drawn.ostia_mm += [0.0] * len(grafts)
    drawn.metal += [()] * len(grafts)
    drawn.note("bypass", 0)


def _occlusion(drawn: _Drawn, rng: np.random.Generator) -> None:
    places = drawn.indices("common_iliac", "renal", "mesenteric")
    if not places:
        return
    n = int(rng.choice(places))
    length = along(drawn.tubes[n])[-1]
    start = drawn.ostia_mm[n] + rng.uniform(-3.0, 10.0)
    end = start + rng.uniform(8.0, 30.0) if rng.uniform() < 0.6 else length + 5.0
    drawn.tubes[n] = occluded(rng, drawn.tubes[n], start, end)
    drawn.note("occlusion", n, from_mm=max(start, 0.0), to_mm=min(end, length))


def _thick_wall(drawn: _Drawn, rng: np.random.Generator) -> None:
    for n in drawn.indices("aorta", "common_iliac", "renal", "mesenteric"):
        if rng.uniform() < 0.6 and not drawn.metal[n] and drawn.tubes[n].flap is None:
            drawn.tubes[n] = thickened(rng, drawn.tubes[n])
            drawn.note("thick wall", n, least_lumen_mm=2 * drawn.tubes[n].lumen_mm[8:-8].min())


def _layered(drawn: _Drawn, rng: np.random.Generator) -> None:
    if drawn.phase != "unenhanced":
        drawn.tubes[0] = layered(rng, drawn.tubes[0])
        drawn.note("layered contrast", 0, share=drawn.tubes[0].layers)


_DRAWING = {
    "aortic aneurysm": _aortic_aneurysm,
    "iliac aneurysm": _iliac_aneurysm,
    "dissection": _dissection,
    "stent graft": _stent_graft,
    "branch stents": _branch_stents,
    "bypass": _bypass,
    "occlusion": _occlusion,
    "thick wall": _thick_wall,
    "layered contrast": _layered,
    "faint calcium": lambda drawn, rng: None,
}


def fainter(plaques: list[Plaque], share: float, blood_hu: float) -> list[Plaque]:
    """Return plaques of a lower density, still brighter than blood by 60 HU where that is above the faintest."""
    if share >= 1.0:
        return plaques
    least = max(FAINTEST_HU, blood_hu + 60.0)
    made = []
    for plaque in plaques:
        hu = min(plaque.hu, max(least, share * plaque.hu))
        rim = min(hu, max(least, share * plaque.rim_hu))
        made.append(replace(plaque, hu=hu, rim_hu=rim))
    return made
