"""The spine of a virtual patient, bone by bone: where each vertebra lies and how it is built.

The curve of the spine, and the size and the spacing of the vertebrae, are those of the patient's CT
(:class:`simulation.spine.SpineCurve`). What only a radiograph shows well (fractures, scoliosis, slipped and
transitional vertebrae, worn discs) is drawn from a stream of its own. Bodies measure some 27 mm in height and 34 mm in
depth (Gilad and Nissan 1985, doi 10.1016/0141-5425(85)90025-5); how often what is rare occurs is ours: more often than
it is met.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...simulation.spine import SpineCurve

TRANSITIONAL = 0.04
_FRACTURED, _SCOLIOSIS, _SLIPPED, _WORN = 0.15, 0.14, 0.06, 0.5


@dataclass(frozen=True, eq=False)
class Bone:
    """One vertebra, in its own frame: x to the right, y to the front, z towards the head, from the body's middle.

    Attributes
    ----------
    name : str
        ``T4`` to ``L6``, ``S1`` to ``S4``.
    center : ndarray, shape (3,)
        RAS, mm.
    frame : ndarray, shape (3, 3)
        Rows: the frame's axes in RAS.
    half_width, half_depth : float
        Of the endplates, mm.
    top, bottom : tuple of float
        Height of the endplate above (below) the middle at the front, in the middle and at the back, mm.
    waist : float
        How much narrower the body is between its endplates, mm.
    taper : float
        Share of its width and depth that it loses from top to bottom.
    lips : tuple of float
        How far the rims of the endplates stick out at the front, top and bottom, mm.
    round_mm, uneven_mm : float
        Radius of its edges, and how far its surface wavers.
    cortical_hu, trabecular_hu, shell_mm, endplate_mm : float
    has_arch : bool
    """

    name: str
    center: np.ndarray
    frame: np.ndarray
    half_width: float
    half_depth: float
    top: tuple[float, float, float]
    bottom: tuple[float, float, float]
    waist: float = 2.2
    taper: float = 0.0
    lips: tuple[float, float] = (0.0, 0.0)
    round_mm: float = 2.0
    uneven_mm: float = 0.3
    cortical_hu: float = 800.0
    trabecular_hu: float = 160.0
    shell_mm: float = 0.8
    endplate_mm: float = 0.9
    has_arch: bool = True

    def ras(self, local: np.ndarray) -> np.ndarray:
        """Return points (..., 3) of the frame in RAS."""
        return np.asarray(local) @ self.frame + self.center


@dataclass(frozen=True, eq=False)
class Lumbar:
    """The spine from the chest to the sacrum.

    Attributes
    ----------
    bones : list of Bone
        From foot to head.
    found : list of dict
        What is out of the common.
    lumbar_count : int
        4, 5 or 6 vertebrae of the lumbar kind.
    """

    bones: list[Bone]
    found: list[dict] = field(default_factory=list)
    lumbar_count: int = 5

    def bone(self, name: str) -> Bone | None:
        """Return the vertebra of a name."""
        return next((each for each in self.bones if each.name == name), None)


def draw_lumbar(curve: SpineCurve, rng: np.random.Generator) -> Lumbar:
    """Return the spine that follows a curve."""
    u = rng.uniform
    count = _count(rng)
    found = [] if count == 5 else [{"kind": "transitional vertebra", "lumbar_vertebrae": count}]
    quality = _Quality(
        cortical_hu=u(700, 1300), trabecular_hu=float(np.exp(u(np.log(110), np.log(320)))), shell_mm=u(0.5, 1.1),
        endplate_mm=u(0.4, 1.0), round_mm=u(0.8, 3.2), uneven_mm=u(0.1, 0.55),
    )  # fmt: skip
    bones = [*_sacrum(curve, count, quality, rng), *_column(curve, count, quality, rng)]
    if u() < _SCOLIOSIS:
        bones = _scoliotic(bones, rng, found)
    bones = _fractured(bones, rng, found)
    bones = _slipped(bones, rng, found)
    return Lumbar(bones, found, count)


def _count(rng: np.random.Generator) -> int:
    """Return how many lumbar vertebrae there are."""
    u = rng.uniform
    return 4 if u() < TRANSITIONAL else 6 if u() < TRANSITIONAL else 5


@dataclass(frozen=True)
class _Quality:
    cortical_hu: float
    trabecular_hu: float
    shell_mm: float
    endplate_mm: float
    round_mm: float
    uneven_mm: float

    def values(self, rng, faint: float = 1.0) -> dict:
        return {
            "round_mm": self.round_mm,
            "uneven_mm": self.uneven_mm,
            "cortical_hu": self.cortical_hu * faint * rng.uniform(0.9, 1.1),
            "trabecular_hu": self.trabecular_hu * rng.uniform(0.85, 1.15),
            "shell_mm": self.shell_mm,
            "endplate_mm": self.endplate_mm * rng.uniform(0.85, 1.2),
        }


def _frame_at(curve: SpineCurve, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the front edge of the spine at a height, and the frame of what lies there."""
    # The curve bends sharply where the sacrum begins; vertebrae share the bend among them.
    reach = 13.0 + 10.0 * float(np.clip((30.0 - z) / 40.0, 0.0, 1.0))
    heights = np.array([z - reach, z, z + reach])
    x, y = curve.middle(heights), curve.front(heights)
    up = np.array([x[2] - x[0], y[2] - y[0], 2 * reach])
    up /= np.linalg.norm(up)
    ahead = np.array([0.0, 1.0, 0.0]) - up[1] * up
    ahead /= np.linalg.norm(ahead)
    return np.array([x[1], y[1], z]), np.stack([np.cross(ahead, up), ahead, up])


def _names(count: int) -> list[str]:
    lumbar = [f"L{n}" for n in range(count, 0, -1)]
    return lumbar + [f"T{n}" for n in range(12, 2, -1)]


def _column(curve: SpineCurve, count: int, quality: _Quality, rng) -> list[Bone]:
    """Return the free vertebrae from the lowest lumbar one up to the chest."""
    u = rng.uniform
    pitch = curve.vertebra_pitch_mm
    # Ribs, and with them names, stay where they are: L4 lies in front of which the aorta divides.
    lowest = {4: 0, 5: -1, 6: -2}[count]
    is_worn = u() < _WORN
    names = _names(count)
    middles = [curve.phase_mm + (lowest + n + 0.5) * pitch for n in range(len(names))]
    discs = [curve.disc_mm * (u(0.45, 0.9) if is_worn and u() < 0.4 else u(0.92, 1.08)) for _ in range(len(names) + 1)]
    bones = []
    lip = 3.0 * u() ** 2
    for n, (name, z) in enumerate(zip(names, middles, strict=True)):
        thoracic = name.startswith("T")
        front, frame = _frame_at(curve, z)
        # In the chest vertebrae are lower and narrower.
        less = 1.0 - 0.35 * float(np.clip((z - 130.0) / 280.0, 0.0, 1.0))
        depth = curve.depth_mm / 2 * (1.0 - 0.25 * float(np.clip((z - 130.0) / 280.0, 0.0, 1.0)))
        stretch = 1.0 / max(frame[2, 2], 0.5)
        length = pitch * stretch
        above, below = discs[n + 1], discs[n]
        if thoracic:
            above, below = 0.7 * above, 0.7 * below
        high, low = length / 2 - above / 2, length / 2 - below / 2
        wedge = u(-0.8, 1.0) + (0.8 if thoracic else 0.0) - (1.4 if n == 0 and count == 5 else 0.0)
        hollow = u(0.8, 2.2)
        bones.append(
            Bone(
                name, front - depth * frame[1], frame, curve.half_width_mm * less, depth,
                (high - wedge / 2, high - hollow, high + wedge / 2 - 0.3),
                (low - wedge / 2, low - hollow * u(0.8, 1.3), low + wedge / 2 - 0.3),
                waist=u(1.6, 3.2), lips=(lip * u(0, 1.3), lip * u(0, 1.3)), **quality.values(rng),
            )
        )  # fmt: skip
    return bones


def _sacrum(curve: SpineCurve, count: int, quality: _Quality, rng) -> list[Bone]:
    """Return the bodies of the sacrum, from below: fused, each smaller than the one above."""
    u = rng.uniform
    pitch = curve.vertebra_pitch_mm
    z = curve.phase_mm - pitch * {4: 0, 5: 1, 6: 2}[count]
    gap = curve.disc_mm * {4: 0.25, 5: 0.5, 6: 0.4}[count]
    bones, depth, width = [], curve.depth_mm / 2, curve.half_width_mm
    # Of a lumbar vertebra that has joined the sacrum the form is kept.
    heights = [u(26, 31), u(23, 26), u(19, 22), u(16, 19)]
    if count == 4:
        heights[0] = pitch - 0.9 * curve.disc_mm
    at = z
    for n, height in enumerate(heights):
        _, first = _frame_at(curve, at - height / 2)
        at -= gap * first[2, 2]
        front, frame = _frame_at(curve, at - height / 2 * first[2, 2])
        taper = (0.12 if count == 4 else 0.3) if n == 0 else 0.25
        bones.append(
            Bone(
                f"S{n + 1}", front - depth * frame[1], frame, width, depth,
                (height / 2, height / 2 - (1.0 if n == 0 else 0.3), height / 2 - 0.3),
                (height / 2 - 0.3,) * 3, waist=1.5, taper=taper, has_arch=n == 0,
                **quality.values(rng, 0.85 if n == 0 else 0.5),
            )
        )  # fmt: skip
        at -= height * frame[2, 2]
        depth, width = depth * (1 - taper) * 0.98, width * (1 - taper)
        gap = u(1.0, 2.2)
    return bones[::-1]


def _turned(frame: np.ndarray, axis: int, angle: float) -> np.ndarray:
    """Return a frame turned about one of its own axes."""
    c, s = np.cos(angle), np.sin(angle)
    a, b = [n for n in range(3) if n != axis]
    turned = frame.copy()
    turned[a], turned[b] = c * frame[a] + s * frame[b], c * frame[b] - s * frame[a]
    return turned


def _scoliotic(bones: list[Bone], rng, found: list[dict]) -> list[Bone]:
    """Return a spine that bends to the side, and turns about itself where it does so most."""
    cobb, apex, half = np.deg2rad(rng.uniform(8, 30)), rng.uniform(40, 140), rng.uniform(55, 90)
    sign = rng.choice((-1.0, 1.0))
    amount = sign * half * np.tan(cobb / 2) / (np.pi / 2)
    found.append({"kind": "scoliosis", "cobb_deg": round(float(np.rad2deg(cobb)), 1)})
    bent = []
    for bone in bones:
        t = (bone.center[2] - apex) / half
        if abs(t) < 2.0:
            aside = amount * (1 + np.cos(np.pi * t / 2)) / 2
            slope = -amount * np.pi / 4 * np.sin(np.pi * t / 2) / half
            frame = _turned(bone.frame, 1, -np.arctan(slope))
            frame = _turned(frame, 2, 0.5 * sign * cobb * np.cos(np.pi * t / 4) ** 2)
            bone = replace(bone, center=bone.center + np.array([aside, 0.0, 0.0]), frame=frame)
        bent.append(bone)
    return bent


def _fractured(bones: list[Bone], rng, found: list[dict]) -> list[Bone]:
    """Return a spine in which one vertebra or a few have collapsed (Genant's wedge, biconcave and crush)."""
    if rng.uniform() >= _FRACTURED:
        return bones
    places = [n for n, bone in enumerate(bones) if bone.name in ("T11", "T12", "L1", "L2", "L3", "L4", "L5")]
    changed = list(bones)
    for n in rng.choice(places, size=int(rng.integers(1, 4)), replace=False):
        bone = changed[n]
        kind = str(rng.choice(("wedge", "biconcave", "crush"), p=(0.5, 0.3, 0.2)))
        loss = float(rng.uniform(0.2, 0.5))
        shares = {"wedge": (1.0, 0.7, 0.1), "biconcave": (0.15, 1.0, 0.15), "crush": (1.0, 1.0, 0.85)}[kind]
        height = bone.top[0] + bone.bottom[0]
        split = rng.uniform(0.6, 1.0) if kind != "biconcave" else 0.55

        def less(plate, part, height=height, loss=loss, shares=shares):
            return tuple(float(h - part * loss * share * height) for h, share in zip(plate, shares, strict=True))

        changed[n] = replace(
            bone, top=less(bone.top, split), bottom=less(bone.bottom, 1 - split),
            trabecular_hu=bone.trabecular_hu * rng.uniform(1.0, 1.6),
            half_depth=bone.half_depth * rng.uniform(1.0, 1.06),
        )  # fmt: skip
        found.append({"kind": "fracture", "vertebra": bone.name, "form": kind, "height_loss": round(loss, 3)})
    return changed


def _slipped(bones: list[Bone], rng, found: list[dict]) -> list[Bone]:
    """Return a spine of which what lies above L4 or L5 has slid forwards on what lies below."""
    if rng.uniform() >= _SLIPPED:
        return bones
    name = str(rng.choice(("L4", "L5")))
    at = next((n for n, bone in enumerate(bones) if bone.name == name), None)
    if at is None:
        return bones
    slip = float(rng.uniform(3.0, 9.0))
    found.append({"kind": "spondylolisthesis", "vertebra": name, "slip_mm": round(slip, 1)})
    # The rest of the column follows in part, so that the curve stays one.
    return [
        replace(bone, center=bone.center + slip * max(0.0, 1.0 - 0.45 * (n - at)) * bone.frame[1]) if n >= at else bone
        for n, bone in enumerate(bones)
    ]
