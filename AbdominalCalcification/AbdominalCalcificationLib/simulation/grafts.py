"""What surgeons put into or beside the aorta: stent grafts with their limbs, and bypasses.

A stent graft lies within the artery: the sac around it, with its thrombus, is still that artery. A bypass is a vessel
of its own: it is no native artery, carries no territory's label, and its wall holds no calcium that counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .canvas import BYSTANDERS
from .diseases import THROMBUS_HU, along, direction, occluded
from .stents import GraftStent
from .tubes import Channel, Tube, tapered_tube


@dataclass(frozen=True)
class Make:
    """What the rings of one make of stent graft have in common.

    Attributes
    ----------
    ring_mm, gap_mm, strut_mm, hu : float
        Height of a ring, room between two, half the thickness of the wire, and HU of its metal.
    """

    ring_mm: float
    gap_mm: float
    strut_mm: float
    hu: float

    def rings(self, start: float, end: float, bare_mm: float, center: np.ndarray, radius: np.ndarray) -> GraftStent:
        """Return the rings of one tube of the graft."""
        crowns = int(np.clip(round(2 * np.pi * float(np.median(radius)) / (0.75 * self.ring_mm)), 4, 12))
        return GraftStent(start, end, start + bare_mm, self.ring_mm, self.ring_mm + self.gap_mm, crowns, self.strut_mm,
                          self.hu, center, radius)  # fmt: skip


def draw_make(rng: np.random.Generator) -> Make:
    """Return a random make: from thin nitinol to thick steel, more or less closely ringed."""
    return Make(float(rng.uniform(7.0, 15.0)), float(rng.uniform(0.5, 7.0)), float(rng.uniform(0.2, 0.42)),
                float(rng.uniform(5000.0, 16000.0)))  # fmt: skip


def with_stent_graft(
    rng: np.random.Generator, tubes: list[Tube], renal_mm: float
) -> tuple[list[Tube], list[tuple[GraftStent, ...]]]:
    """Return arteries with a stent graft in aorta and, mostly, common iliac arteries; and its metal for each of them.

    Parameters
    ----------
    rng : Generator
    tubes : list of Tube
        The aorta first.
    renal_mm : float
        Path length on the aorta at which the lower renal artery leaves.
    """
    make, aorta = draw_make(rng), tubes[0]
    metal: list[tuple[GraftStent, ...]] = [() for _ in tubes]
    length = aorta.centerline.length_mm
    kind = rng.uniform()
    if kind < 0.2:
        # A straight one in the chest, as far as above the coeliac trunk or a little below.
        end = max(renal_mm - rng.uniform(20.0, 90.0), 60.0)
        start = max(end - rng.uniform(90.0, 220.0), 0.0)
        grafted, rings = _straight(rng, make, aorta, start, end, 0.0)
        return [grafted, *tubes[1:]], [rings, *metal[1:]]
    bare = float(rng.uniform(10.0, 18.0)) if rng.uniform() < 0.5 else 0.0
    start = min(renal_mm + rng.uniform(2.0, 12.0), length - 45.0) - bare
    if kind < 0.3:
        grafted, rings = _straight(rng, make, aorta, start, length - rng.uniform(4.0, 15.0), bare)
        return [grafted, *tubes[1:]], [rings, *metal[1:]]
    iliacs = [n for n, tube in enumerate(tubes) if tube.label and tube.name.startswith("common_iliac")]
    made = list(tubes)
    sides = [float(np.sign(tubes[n].centerline.points[-1, 0] - aorta.centerline.points[-1, 0]) or 1) for n in iliacs]
    limb = _limb_radius(rng, aorta)
    made[0], metal[0] = _forked(rng, make, aorta, start, bare, limb, sides or [-1.0, 1.0])
    for n, side in zip(iliacs, sides, strict=True):
        made[n], metal[n] = _limb(rng, make, tubes[n], side, limb)
    return made, metal


def _graft_radius(rng: np.random.Generator, tube: Tube, start: float, end: float) -> float:
    """Return the radius of a graft that fits the narrowest blood between two path lengths."""
    within = (along(tube) >= start) & (along(tube) <= end)
    return float(np.percentile(tube.lumen_mm[within], 10) * rng.uniform(0.93, 1.0))


def _straight(rng, make: Make, aorta: Tube, start: float, end: float, bare: float):
    arc = along(aorta)
    radius = _graft_radius(rng, aorta, start, end)
    within = (arc >= start + bare) & (arc <= end)
    lumen = np.where(within, np.minimum(aorta.lumen_mm, radius), aorta.lumen_mm)
    shift = np.zeros((len(arc), 2)) if aorta.lumen_shift_mm is None else aorta.lumen_shift_mm
    tube = replace(aorta, lumen_mm=lumen, lumen_shift_mm=shift, wall_hu=float(rng.uniform(*THROMBUS_HU)))
    tube = _with_leak(rng, tube, start + bare, end, radius)
    return tube, (make.rings(start, end, bare, shift, np.minimum(aorta.lumen_mm, radius)),)


def _limb_radius(rng: np.random.Generator, aorta: Tube) -> float:
    """Return the radius of limbs that lie side by side in the narrow end of the aorta."""
    end = float(np.min(aorta.outer_mm[-60:])) - 1.4
    return float(np.clip(0.47 * end, 2.5, rng.uniform(5.0, 7.0)))


def _forked(rng, make: Make, aorta: Tube, start: float, bare: float, limb: float, sides: list[float]):
    """Return the aorta with a graft that divides above its end into limbs side by side."""
    arc, length = along(aorta), aorta.centerline.length_mm
    fork = max(start + bare + 20.0, length - rng.uniform(25.0, 60.0))
    radius = _graft_radius(rng, aorta, start, min(fork, start + bare + 25.0))
    shift = np.zeros((len(arc), 2)) if aorta.lumen_shift_mm is None else aorta.lumen_shift_mm
    body = (arc >= start + bare) & (arc <= fork)
    lumen = np.where(body, np.minimum(aorta.lumen_mm, radius), np.where(arc > fork, 0.0, aorta.lumen_mm))
    rings = [make.rings(start, fork, bare, shift, np.minimum(aorta.lumen_mm, radius))]
    apart = limb + 0.3
    # In a wide sac the limbs run where its blood did, and to the middle at its end.
    toward = direction(aorta, (1.0, 0.0, 0.0))
    room = np.maximum(aorta.outer_mm - 2 * limb - 1.5, 0.0)
    bend = shift * np.minimum(1.0, room / np.maximum(np.linalg.norm(shift, axis=1), 1e-6))[:, None]
    bend = bend * np.clip((length - arc) / 12.0, 0.0, 1.0)[:, None]
    channels = []
    for side in sides:
        center = bend + side * apart * toward
        wide = np.where(arc >= fork - 4.0, limb, 0.0)
        channels.append(Channel(center, wide, aorta.lumen_hu))
        rings.append(make.rings(fork + 1.0, length, 0.0, center, np.full(len(arc), limb)))
    tube = replace(
        aorta, lumen_mm=lumen, lumen_shift_mm=shift, channels=tuple(channels), wall_hu=float(rng.uniform(*THROMBUS_HU))
    )
    return _with_leak(rng, tube, start + bare, length, radius), tuple(rings)


def _limb(rng, make: Make, iliac: Tube, side: float, limb: float) -> tuple[Tube, tuple[GraftStent, ...]]:
    """Return an iliac artery with a limb that comes from its side of the aorta to the artery's middle."""
    arc = along(iliac)
    # Without aneurysm the limb fits the artery.
    own = float(np.percentile(iliac.lumen_mm, 10)) * rng.uniform(0.92, 1.0)
    end = rng.uniform(0.5, 0.95) * arc[-1]
    into = np.clip(arc / 25.0, 0.0, 1.0)
    radius = limb + into * (max(own, limb * 0.8) - limb)
    radius = np.minimum(radius, iliac.outer_mm - 0.6)
    off = (1.0 - into) * np.minimum(limb + 0.3, iliac.outer_mm - radius)
    center = direction(iliac, (side, 0.0, 0.0)) * off[:, None]
    within = arc <= end
    lumen = np.where(within, radius, iliac.lumen_mm)
    natural = np.zeros((len(arc), 2)) if iliac.lumen_shift_mm is None else iliac.lumen_shift_mm
    shift = np.where(within[:, None], center, natural)
    return replace(iliac, lumen_mm=lumen, lumen_shift_mm=shift), (make.rings(3.0, end, 0.0, center, radius),)


def _with_leak(rng, tube: Tube, start: float, end: float, radius: float) -> Tube:
    """Return a tube in whose sac, now and then, some blood flows beside the graft."""
    leaks, middle, width = rng.uniform() < 0.25, rng.uniform(start, end), rng.uniform(4.0, 12.0)
    turn, share, wide = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 0.9), rng.uniform(1.5, 5.0)
    if not leaks:
        return tube
    arc = along(tube)
    size = wide * np.exp(-(((arc - middle) / width) ** 2))
    room = tube.outer_mm - 1.2 - size
    size = np.where((size > 0.4) & (room > radius), size, 0.0)
    off = np.maximum(room, 0.0)[:, None] * [np.cos(turn), np.sin(turn)]
    return replace(tube, channels=(*tube.channels, Channel(off, size, share * tube.lumen_hu)))


def closed_within(rng: np.random.Generator, tube: Tube, ostium_mm: float) -> Tube:
    """Return an artery that leaves a covered part of the aorta: its blood begins outside the sac."""
    return occluded(rng, tube, -10.0, ostium_mm + rng.uniform(0.0, 8.0))


def draw_bypass(rng: np.random.Generator, tubes: list[Tube], renal_mm: float) -> tuple[list[Tube], list[Tube]]:
    """Return the arteries, mostly occluded below a bypass from aorta to both iliac or femoral arteries; and the bypass.

    Parameters
    ----------
    rng : Generator
    tubes : list of Tube
        The aorta first.
    renal_mm : float
        Path length on the aorta at which the lower renal artery leaves.
    """
    u, aorta = rng.uniform, tubes[0]
    arc, length = along(aorta), aorta.centerline.length_mm
    start = min(renal_mm + u(10.0, 35.0), length - 40.0)
    radius, limb = u(7.0, 9.5), u(3.5, 5.0)
    divides = length - u(5.0, 30.0)
    rows = [int(np.argmin(np.abs(arc - at))) for at in np.linspace(start, divides, 5)]
    ahead = np.array([0.0, 0.75, 1.0, 1.0, 1.0]) * (aorta.outer_mm[rows] + radius + u(0.5, 4.0))
    trunk = aorta.centerline.points[rows] + ahead[:, None] * [0.0, 1.0, 0.0]
    blood = float(aorta.lumen_hu[rows[0]])
    wall_hu, kind = u(50.0, 130.0), BYSTANDERS["bypass"]

    def vessel(knots, radii):
        tube = tapered_tube("bypass", 0, knots, radii, u(0.6, 1.1), blood, wall_hu=wall_hu)
        return replace(tube, kind=kind)

    grafts = [vessel(trunk, (radius, radius))]
    far = u(0.5, 0.95)
    for sign in (-1.0, 1.0):
        goal = _outflow(tubes, sign, far)
        fork = trunk[-1] + np.array([sign * 0.6 * radius, 0.0, -2.0])
        middle = 0.5 * (fork + goal) + np.array([0.0, u(8.0, 16.0), 0.0])
        grafts.append(vessel(np.stack([trunk[-1], fork, middle, goal]), (limb * 1.15, limb, limb * 0.9)))
    made = list(tubes)
    if u() < 0.6:
        made[0] = occluded(rng, aorta, start + u(10.0, 30.0), length + 20.0)
        for n, tube in enumerate(tubes):
            if tube.name.startswith("common_iliac"):
                made[n] = occluded(rng, tube, -10.0, tube.centerline.length_mm * u(0.6, 1.2))
    return made, grafts


def _outflow(tubes: list[Tube], sign: float, share: float) -> np.ndarray:
    """Return where a bypass ends at one side: on the external iliac artery, or about where it would be."""
    aorta = tubes[0].centerline.points[-1]
    own = [
        tube.centerline.points
        for tube in tubes
        if "external_iliac" in tube.name and sign * (tube.centerline.points[-1, 0] - aorta[0]) > 0
    ]
    if own:
        return own[0][int(share * (len(own[0]) - 1))]
    return aorta + np.array([sign * 75.0, 45.0, -130.0])
