"""The arteries, veins and landmarks of one virtual patient.

Coordinates are RAS in mm: x to the right, y to the front, z upwards, with the aortic bifurcation at the origin's
height (the lower part of the fourth lumbar vertebra) and the spine in the median plane.

Calibres: infrarenal aorta 15 to 24 mm and common iliac 8 to 13 mm across (Rogers et al. 2013,
doi 10.1161/CIRCIMAGING.112.000044, and textbook anatomy), renal 5 to 7 mm, coeliac and superior mesenteric 6 to 9 mm,
inferior mesenteric 3 to 5 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import anatomy as territories
from .tubes import Centerline, Tube

TOP_MM = 420.0


@dataclass(frozen=True)
class Phase:
    """Contrast enhancement, HU.

    Attributes
    ----------
    name : str
        ``arterial``, ``portal_venous`` or ``unenhanced``.
    artery, cava, renal_vein, portal_vein, cortex, medulla, liver, spleen, muscle, bowel_wall : float
        HU of each tissue.
    fall_per_m : float
        Relative change of the arterial enhancement along one metre downwards.
    """

    name: str
    artery: float
    fall_per_m: float
    cava: float
    renal_vein: float
    portal_vein: float
    cortex: float
    medulla: float
    liver: float
    spleen: float
    muscle: float
    bowel_wall: float


PHASES = ("arterial", "portal_venous", "unenhanced")

# Of iodine and of calcium, relative to 120 kVp: mass attenuation coefficients over that of water (NIST XCOM,
# doi 10.18434/T48G6X) at effective energies of 52, 58, 63 and 67 keV behind a trunk (the energies are ours).
IODINE_GAIN = {80: 1.52, 100: 1.20, 120: 1.0, 140: 0.87}
CALCIUM_GAIN = {80: 1.42, 100: 1.15, 120: 1.0, 140: 0.90}


def draw_voltage_kv(rng: np.random.Generator) -> int:
    """Return a random tube voltage in kV; 100 and 120 are the common ones."""
    return int(rng.choice(sorted(IODINE_GAIN), p=(0.12, 0.38, 0.44, 0.06)))


def draw_phase(rng: np.random.Generator, name: str | None, voltage_kv: int = 120) -> Phase:
    """Return random enhancement; `name` fixes the phase, None draws arterial, portal venous or (seldom) unenhanced.

    A low tube voltage brightens the iodine of the arterial phase; the portal venous range already spans it, since
    less contrast medium is given then.
    """
    drawn = str(rng.choice(PHASES, p=(0.55, 0.38, 0.07)))
    name = drawn if name is None else name
    u = rng.uniform
    if name == "arterial":
        artery = float(np.clip(u(190, 430) * IODINE_GAIN[voltage_kv], 200, 600))
        renal = u(80, 200)
        return Phase(
            name, artery, u(-0.5, 0.3), u(35, 90), renal, u(50, 140), renal + u(20, 80), u(50, 110), u(55, 85),
            u(80, 150), u(45, 65), u(50, 110),
        )  # fmt: skip
    if name == "portal_venous":
        artery = u(120, 190)
        return Phase(
            name, artery, u(-0.1, 0.1), artery * u(0.65, 1.02), artery * u(0.95, 1.1), artery * u(0.95, 1.15),
            artery * u(1.05, 1.35), artery * u(0.85, 1.25), u(90, 125), u(105, 135), u(50, 70), u(70, 120),
        )  # fmt: skip
    if name == "unenhanced":
        blood = u(35, 48)
        return Phase(
            name, blood, 0.0, blood, blood, blood, u(28, 38), u(28, 38), u(48, 64), u(42, 54), u(45, 58), u(30, 45)
        )
    raise ValueError(f"unknown phase {name!r}; known: {', '.join(PHASES)}")


class SpineCurve:
    """Where the front of the spine lies: lumbar lordosis, with the sacrum falling back below.

    The front edge is a smooth function of height; everything that touches the spine follows it.
    """

    def __init__(self, rng: np.random.Generator):
        self._depth_mm = rng.uniform(7.0, 16.0)
        self._apex_mm = rng.uniform(15.0, 45.0)
        self._sway = (rng.normal(0.0, 2.0), rng.uniform(0, 2 * np.pi))
        self.vertebra_pitch_mm = rng.uniform(33.0, 38.0)
        self.disc_mm = rng.uniform(6.0, 11.0)
        self.phase_mm = rng.uniform(-6.0, 6.0)
        self.half_width_mm = rng.uniform(21.0, 26.0)
        self.depth_mm = rng.uniform(30.0, 36.0)

    def front(self, z_mm):
        """Return y of the front edge at heights `z_mm`."""
        z = np.asarray(z_mm, float)
        lumbar = -self._depth_mm * np.minimum(((z - self._apex_mm) / 100.0) ** 2, 2.2)
        sacral = -28.0 * np.square(np.clip(-22.0 - z, 0.0, None) / 50.0) / (1 + np.clip(-22.0 - z, 0.0, None) / 120.0)
        return lumbar + sacral - 12.0

    def middle(self, z_mm):
        """Return x of the spine's middle at heights `z_mm` (slight scoliosis)."""
        return self._sway[0] * np.sin(np.asarray(z_mm, float) / 90.0 + self._sway[1])


def _wander(rng: np.random.Generator, t: np.ndarray, amplitude_mm: float) -> np.ndarray:
    """Return a smooth random offset along `t` (0 to 1), 0 at the start."""
    offset = np.zeros_like(t)
    for order in (1, 2, 3):
        offset += rng.normal(0.0, amplitude_mm / order) * np.sin(np.pi * order * t + rng.uniform(-0.4, 0.4))
    return offset * np.minimum(1.0, 3.0 * t)


def _tube(name, label, knots, radii, wall_mm, hu, *, priority=0, wall_hu=45.0) -> Tube:
    """Return a tube whose outer radius runs evenly through `radii`."""
    line = Centerline.through(knots)
    outer = np.interp(np.linspace(0, 1, len(line.points)), np.linspace(0, 1, len(radii)), radii)
    lumen = np.maximum(outer - wall_mm, 0.5 * outer)
    return Tube(name, label, line, outer, lumen, np.broadcast_to(hu, outer.shape).astype(float), wall_hu, priority)


@dataclass(frozen=True, eq=False)
class Vessels:
    """What flows: arteries and veins, with where each territory leaves its parent.

    Attributes
    ----------
    arteries, veins : list of Tube
    ostia_mm : dict
        Path length on a territory's centreline at which it leaves its parent's outer surface.
    spine : SpineCurve
    phase : Phase
    """

    arteries: list[Tube]
    veins: list[Tube]
    ostia_mm: dict[str, float]
    spine: SpineCurve
    phase: Phase
    levels_mm: dict[str, float]


def draw_vessels(rng: np.random.Generator, phase: Phase) -> Vessels:
    """Return the random vessel tree of one patient."""
    spine = SpineCurve(rng)
    scale = rng.uniform(0.88, 1.15)
    levels = {
        "renal_right": rng.uniform(84, 98) * scale,
        "renal_left": rng.uniform(82, 96) * scale,
        "inferior_mesenteric": rng.uniform(36, 46) * scale,
    }
    levels["superior_mesenteric"] = max(levels["renal_right"], levels["renal_left"]) + rng.uniform(7, 15) * scale
    levels["celiac_trunk"] = levels["superior_mesenteric"] + rng.uniform(13, 20) * scale

    aorta = _aorta(rng, phase, spine, scale, levels)
    wall_hu = aorta.wall_hu
    arteries, ostia = [aorta], {"aorta": 0.0}

    def blood(knots):
        height = float(np.mean(np.asarray(knots)[:, 2]))
        return phase.artery * (1.0 + phase.fall_per_m * (120.0 - height) / 1000.0)

    def add(name, knots, radii, wall_mm, *, territory=True, priority=1):
        label = territories.territory(name).label if territory else 0
        tube = _tube(
            name, label, knots, radii, wall_mm, blood(knots), priority=priority if territory else 0, wall_hu=wall_hu
        )
        arteries.append(tube)
        return tube

    u, n = rng.uniform, rng.normal
    bifurcation = aorta.centerline.points[-1]
    for side, sign in (("left", -1.0), ("right", 1.0)):
        length, spread = u(42, 68) * scale, np.deg2rad(u(20, 36))
        radius = u(4.6, 6.6) * scale * (1.35 if u() < 0.06 else 1.0)
        t = np.linspace(0, 1, 7)
        down = -np.cos(spread) * length * t
        x = bifurcation[0] + sign * np.sin(spread) * length * t + _wander(rng, t, 2.0)
        z = bifurcation[2] + down
        y = bifurcation[1] + (spine.front(z) - spine.front(bifurcation[2])) * 0.75 + _wander(rng, t, 2.0)
        iliac = add(f"common_iliac_{side}", np.stack([x, y, z], 1), (radius, radius * u(0.88, 1.08)), 1.1, priority=2)
        ostia[iliac.name] = float(aorta.outer_mm[-1]) + 1.0
        end = iliac.centerline.points[-1]
        steps = np.linspace(0, 1, 6)
        external = end + np.stack(
            [sign * u(25, 38) * steps, 8 * steps + u(45, 65) * steps**2, -u(90, 115) * steps], axis=1
        )
        add("external_iliac", external, (radius * 0.8, radius * 0.72), 0.9, territory=False)
        internal = end + np.stack([sign * u(2, 12) * np.sin(steps * 2), -u(22, 34) * steps, -u(40, 55) * steps], axis=1)
        add("internal_iliac", internal, (radius * 0.62, radius * 0.4), 0.8, territory=False)

    kidneys = {}
    for side, sign in (("left", -1.0), ("right", 1.0)):
        name = f"renal_{side}"
        level = levels[name]
        hilum = np.array([sign * u(46, 60) * scale, spine.front(level) - u(2, 16), level - u(-2, 22)])
        kidneys[side] = hilum
        origins = [level] + ([level - u(12, 30)] if u() < 0.15 else [])
        for accessory, origin_z in enumerate(origins):
            goal = hilum + np.array([0, 0, -10.0 * accessory])
            knots = _renal_course(rng, aorta, spine, origin_z, goal, sign)
            radius = u(2.5, 3.5) * (0.72 if accessory else 1.0)
            add(name, knots, (radius * 1.12, radius, radius * 0.92), 0.6)
            if not accessory:
                ostia[name] = float(aorta.outer_mm[aorta.centerline.nearest_to_level(level)])
                for up in (-1, 1):
                    branch = goal + np.array([[0, 0, 0], [sign * 8, n(0, 2), up * 7], [sign * 16, n(0, 4), up * 14]])
                    add("segmental", branch, (radius * 0.7, radius * 0.5), 0.5, territory=False)

    _mesenteric(rng, aorta, levels, scale, add, ostia)
    for level in np.arange(u(8, 20), 200, spine.vertebra_pitch_mm):
        for sign in (-1.0, 1.0):
            start = aorta.centerline.points[aorta.centerline.nearest_to_level(level)]
            knots = start + np.linspace(0, 1, 4)[:, None] * [[sign * u(16, 26), -u(14, 30), u(-6, 2)]]
            add("lumbar", knots, (1.1, 0.8), 0.3, territory=False)
    return Vessels(arteries, _veins(rng, arteries, spine, phase, levels, kidneys), ostia, spine, phase, levels)


def _renal_course(rng, aorta: Tube, spine: SpineCurve, origin_z: float, goal: np.ndarray, sign: float) -> np.ndarray:
    """Return knots from the middle of the aorta to the hilum, close to the spine's side: veins pass in front."""
    u = rng.uniform
    at = aorta.centerline.nearest_to_level(origin_z)
    start, wall = aorta.centerline.points[at], float(aorta.outer_mm[at])
    turn = u(-0.4, 0.5) if sign > 0 else u(-0.5, 0.4)
    # It leaves the side of the aorta and then falls back.
    leaving = start + (wall + 4.0) * np.array([sign * np.cos(turn), np.sin(turn), u(-0.35, 0.25)])
    beside = spine.middle(origin_z) + sign * u(23.0, 29.0)
    share = np.clip((beside - leaving[0]) / (goal[0] - leaving[0]), 0.2, 0.6)
    beside = leaving[0] + share * (goal[0] - leaving[0])
    behind = np.array([beside, spine.front(origin_z) + u(-4.0, 3.0), leaving[2] + share * (goal[2] - leaving[2])])
    knots = [start, leaving, behind + np.array([0.0, 0.0, rng.normal(0, 2.5)])]
    for t in (1 / 3, 2 / 3):
        knots.append(knots[2] + t * (goal - knots[2]) + rng.normal(0.0, 2.0, 3))
    return np.stack([*knots, goal])


def _aorta(rng, phase: Phase, spine: SpineCurve, scale: float, levels: dict) -> Tube:
    """Return the aorta from the chest down to its bifurcation, some with an aneurysm and its thrombus."""
    u = rng.uniform
    z = np.linspace(TOP_MM, 0.0, 43)
    infrarenal = u(7.4, 10.2) * scale * (1.15 if u() < 0.25 else 1.0)
    suprarenal = infrarenal * u(1.1, 1.3)
    renal_z = levels["renal_left"]
    radius = infrarenal + (suprarenal - infrarenal) / (1 + np.exp(-(z - renal_z) / 8.0))
    bulge = np.zeros_like(z)
    aneurysm = u() < 0.12
    height, middle, width = u(5, 18), u(25, 60), u(14, 26)
    if aneurysm:
        bulge = height * np.exp(-(((z - middle) / width) ** 2))
    left = u(-6, 2) - 0.12 * np.clip(z - 125, 0, 150)
    t = np.linspace(1, 0, len(z))
    x = spine.middle(z) + left + _wander(rng, t, u(0.5, 5.0)) + bulge * u(-0.6, 0.4)
    # The chest aorta slides down beside the vertebral bodies.
    beside = np.clip(z - 140, 0, 130) * 0.12
    y = spine.front(z) + u(1.5, 5.0) + radius + bulge * u(0.8, 1.0) - beside + np.abs(_wander(rng, t, u(0.2, 2.5)))
    line = Centerline.through(np.stack([x, y, z], 1))
    height_of = line.points[:, 2]
    outer = np.interp(-height_of, -z, radius + bulge)
    wall = u(1.1, 1.9)
    lumen = outer - wall
    shift = None
    if aneurysm:
        channel = np.interp(-height_of, -z, radius) * u(0.85, 1.15) + 0.25 * np.interp(-height_of, -z, bulge)
        lumen = np.minimum(lumen, channel)
        angle = u(0, 2 * np.pi)
        room = (outer - wall - lumen) * u(0.3, 0.9)
        shift = np.stack([room * np.cos(angle), room * np.sin(angle)], 1)
    hu = phase.artery * (1.0 + phase.fall_per_m * (120.0 - height_of) / 1000.0)
    wall_hu = u(38, 50) if phase.name == "unenhanced" else u(38, 75)
    label = territories.territory("aorta").label
    return Tube("aorta", label, line, outer, lumen, hu, wall_hu, 3, shift)


def _mesenteric(rng, aorta: Tube, levels, scale, add, ostia) -> None:
    """Add the coeliac trunk and both mesenteric arteries with their first branches."""
    u = rng.uniform

    def origin(name):
        index = aorta.centerline.nearest_to_level(levels[name])
        ostia[name] = float(aorta.outer_mm[index])
        return aorta.centerline.points[index], float(aorta.outer_mm[index])

    start, wall = origin("celiac_trunk")
    length, drop = u(18, 38) * scale, u(-0.25, 0.9)
    t = np.linspace(0, 1, 5)
    reach = wall + length
    celiac = start + np.stack(
        [u(-7, 8) * t, reach * t * (1 - 0.25 * drop * t), -drop * reach * 0.7 * t**1.5 + u(-2, 5) * t], axis=1
    )
    radius = u(2.8, 4.4) * scale
    add("celiac_trunk", celiac, (radius, radius * 0.92), 0.7)
    tip = celiac[-1]
    t = np.linspace(0, 1, 9)[:, None]
    wave = np.sin(t * u(8, 14)) * u(2, 7)
    add("splenic", tip + t * [[-u(75, 95), -u(40, 60), u(5, 30)]] + wave * [[0.1, 0.4, 1]], (2.7, 2.2), 0.5,
        territory=False)  # fmt: skip
    hepatic = tip + t * [[u(50, 75), u(0, 25), u(5, 25)]] + np.sin(np.pi * t) * [[0, 6, -10]]
    add("hepatic", hepatic, (2.5, 1.8), 0.5, territory=False)

    start, wall = origin("superior_mesenteric")
    radius = u(3.2, 4.5) * scale
    length = u(110, 150) * scale
    steep = u(0.5, 1.5)
    t = np.linspace(0, 1, 9)
    ahead = (wall + u(9, 22)) * (1 - np.exp(-t * 5.5 / steep)) + 10 * t
    x = u(-3, 4) * t + u(4, 18) * t**2 + _wander(rng, t, 1.5)
    sma = start + np.stack([x, ahead, -length * (t - 0.12 * (1 - np.exp(-t * 8)))], axis=1)
    tube = add("superior_mesenteric", sma, (radius * 1.08, radius, radius * 0.55), 0.7)
    for where in rng.uniform(0.35, 0.9, 4):
        base = tube.centerline.points[int(where * (len(tube.centerline.points) - 1))]
        side = rng.choice((-1.0, 1.0))
        twig = base + np.linspace(0, 1, 4)[:, None] * [[side * u(20, 45), u(5, 20), -u(5, 40)]]
        add("jejunal", twig, (1.4, 1.0), 0.4, territory=False)

    start, wall = origin("inferior_mesenteric")
    radius = u(1.7, 2.5) * scale
    t = np.linspace(0, 1, 7)
    length = u(50, 80) * scale
    ahead = (wall + u(2.5, 7)) * (1 - np.exp(-t * 7))
    ima = start + np.stack([-u(14, 30) * t**1.2 + _wander(rng, t, 1.2), ahead, -length * t], axis=1)
    add("inferior_mesenteric", ima, (radius * 1.1, radius, radius * 0.75), 0.5)


def _room_behind(cava: np.ndarray, reach_mm: np.ndarray, arteries: list[Tube]) -> np.ndarray:
    """Return how far the cava's knots move to the front, so that the right renal arteries pass behind it."""
    push = np.zeros(len(cava))
    for tube in arteries:
        if tube.name != "renal_right":
            continue
        points = tube.centerline.points
        x, y, reach = (np.interp(points[:, 2], cava[::-1, 2], of[::-1]) for of in (cava[:, 0], cava[:, 1], reach_mm))
        beneath = np.abs(points[:, 0] - x) < reach
        if beneath.any():
            needed = np.max((points[:, 1] + tube.outer_mm + reach - y)[beneath])
            level = points[beneath, 2].mean()
            push = np.maximum(push, max(needed, 0.0) * np.exp(-(((cava[:, 2] - level) / 30.0) ** 4)))
    return push


def _veins(rng, arteries: list[Tube], spine: SpineCurve, phase: Phase, levels, kidneys) -> list[Tube]:
    """Return vena cava, iliac, renal, portal and superior mesenteric veins."""
    u = rng.uniform
    aorta = arteries[0]
    radius = u(8.0, 12.5)
    z = np.linspace(TOP_MM, 2.0, 30)
    on_aorta = aorta.centerline.points[[aorta.centerline.nearest_to_level(level) for level in z]]
    gap = u(2.0, 7.0)
    # The cava keeps clear of the aorta, however tortuous that is.
    x = np.maximum(spine.middle(z) + 20.0, on_aorta[:, 0] + aorta.outer_mm[0] + radius + gap - 4.0)
    y = spine.front(z) + radius + u(0.0, 4.0) + np.clip(z - 120, 0, 100) * 0.16
    outer = radius * np.interp(z, [0, 60, 120, 250], [0.85, 0.9, 1.05, 1.2])
    y = y + _room_behind(np.stack([x, y, z], 1), outer + u(0.5, 2.0), arteries)
    line = Centerline.through(np.stack([x, y, z], 1))
    outer = np.interp(line.points[:, 2], z[::-1], outer[::-1])
    mixing = 1 / (1 + np.exp(-(line.points[:, 2] - levels["renal_left"] + 10) / 6.0))
    hu = phase.cava + mixing * 0.5 * (phase.renal_vein - phase.cava)
    veins = [Tube("cava", 0, line, outer, outer, hu)]
    lower = line.points[-1]
    for sign in (-1.0, 1.0):
        steps = np.linspace(0, 1, 6)
        down = lower[2] - u(110, 140) * steps
        knots = np.stack(
            [
                lower[0] + (sign * u(38, 50) - lower[0]) * steps,
                np.maximum(spine.front(down) + 8.0, lower[1] - 30) + 35 * steps**3,
                down,
            ],
            axis=1,
        )
        veins.append(_tube("iliac_vein", 0, knots, (7.5, 6.5), 0.0, phase.cava))
    for side, hilum in kidneys.items():
        level = levels[f"renal_{side}"] + u(-4, 5)
        entry = line.points[line.nearest_to_level(level)]
        target = hilum + np.array([0.0, 5.0, -3.0])
        knots = np.stack([entry, 0.5 * (entry + target), target])
        if side == "left":
            index = aorta.centerline.nearest_to_level(level)
            over = aorta.centerline.points[index] + np.array([0.0, aorta.outer_mm[index] + 4.5, 0.0])
            knots = np.stack(
                [entry + np.array([0, 4.0, 0]), over, 0.5 * (over + target) + np.array([0, 3.0, 0]), target]
            )
        veins.append(_tube("renal_vein", 0, knots, (4.2, 3.8), 0.0, phase.renal_vein))
    sma = levels["superior_mesenteric"]
    portal = np.array([[24, 42, 0], [20, 40, 50], [16, 36, sma - 10], [30, 38, sma + 15], [60, 40, sma + 45]], float)
    portal += rng.normal(0, 3.0, (1, 3)) * [[1, 1, 0]]
    portal[:, 1] += spine.front(60) + 14.0
    veins.append(_tube("portal_vein", 0, portal, (4.5, 5.0, 6.0, 7.0), 0.0, phase.portal_vein))
    # Branches in the liver and the mesentery: straight twigs are enough to look like vessels in a slice.
    gate = portal[-1]
    for _ in range(14):
        reach = np.array([u(-10, 80), u(-50, 50), u(-50, 60)])
        bend = gate + 0.5 * reach + rng.normal(0, 6, 3)
        veins.append(_tube("liver_vein", 0, [gate, bend, gate + reach], (u(2.5, 4.5), 1.2), 0.0, phase.portal_vein))
    for _ in range(40):
        start = np.array([u(-60, 60), 0.0, u(-100, 90)])
        start[1] = spine.front(start[2]) + u(42, 85)
        end = start + np.array([u(-35, 35), u(-10, 15), u(-30, 30)])
        blood = phase.portal_vein if u() < 0.6 else phase.artery * 0.9
        veins.append(_tube("mesenteric_twig", 0, [start, 0.5 * (start + end) + rng.normal(0, 4, 3), end],
                           (u(1.2, 2.6), 0.9), 0.0, blood))  # fmt: skip
    return veins
