"""Everything around the arteries: body wall, spine, organs, bowel, and calcium that must not count."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..geometry.volume import Grid
from .anatomy import Phase, SpineCurve, Vessels
from .painting import axes_of
from .tubes import Tube

# What looks like arterial calcium and is none; values of the map of bystanders.
BYSTANDERS = {
    "bone": 1,
    "osteophyte": 2,
    "lymph node": 3,
    "kidney stone": 4,
    "phlebolith": 5,
    "surgical clip": 6,
    "stent": 7,
    "bowel contrast": 8,
    "screw": 9,
    "splenic artery": 10,
}
# Their HU do not follow the tube voltage as those of calcium do.
_NO_CALCIUM = ("bowel contrast", "surgical clip", "screw")
METAL_HU = 3000.0

AIR_HU, LUNG_HU, FAT_HU, SKIN_HU, DISC_HU = -1000.0, -840.0, -98.0, 30.0, 80.0


class Canvas:
    """The ideal image, painted shape over shape, each with a soft edge one voxel wide.

    Shapes are functions of broadcastable x, y, z (RAS, mm) that return a signed distance in mm, negative inside.

    Attributes
    ----------
    hu : ndarray of float32
    bystanders : ndarray of uint8
        Values of `BYSTANDERS` where more than half of the voxel is one.
    """

    def __init__(self, grid: Grid, calcium_gain: float = 1.0):
        self.calcium_gain = calcium_gain
        self.grid = grid
        x, y, z = (axis.astype(np.float32) for axis in axes_of(grid))
        self.axes = x, y, z
        self.hu = np.full(grid.shape, AIR_HU, np.float32)
        self.bystanders = np.zeros(grid.shape, np.uint8)
        self._width = float(np.mean(grid.spacing_mm))

    def box(self, low, high) -> tuple[slice, slice, slice]:
        """Return the k, j, i slices of the voxels between two corners."""
        parts = []
        for axis, a, b in zip(self.axes, low, high, strict=True):
            hit = np.flatnonzero((axis >= a) & (axis <= b))
            parts.append(slice(hit[0], hit[-1] + 1) if len(hit) else slice(0, 0))
        return parts[2], parts[1], parts[0]

    def at(self, box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return broadcastable x, y, z of a box."""
        x, y, z = self.axes
        return x[None, None, box[2]], y[None, box[1], None], z[box[0], None, None]

    def paint(
        self,
        shape: Callable,
        hu,
        low=(-1e4,) * 3,
        high=(1e4,) * 3,
        within: np.ndarray | None = None,
        kind: str | None = None,
    ) -> None:
        """Paint `shape` between the corners `low` and `high` with `hu` (a number or a function of x, y, z).

        `kind` of `BYSTANDERS` is noted down, and if it is calcium its HU follow the tube voltage.
        """
        box = self.box(low, high)
        target = self.hu[box]
        if not target.size:
            return
        place = self.at(box)
        share = np.clip(0.5 - shape(*place) / self._width, 0.0, 1.0)
        if within is not None:
            share = share * within[box]
        value = hu(*place) if callable(hu) else hu
        if kind is not None and kind not in _NO_CALCIUM:
            value = value * self.calcium_gain
        target += share * (value - target)
        self.bystanders[box][share > 0.5] = BYSTANDERS.get(kind, 0)

    def ellipsoid(self, center, radii, hu, *, lumps: Field | None = None, within=None, kind=None) -> None:
        """Paint an ellipsoid; `lumps` (mm) makes its surface uneven."""
        center, radii = np.asarray(center, np.float32), np.asarray(radii, np.float32)
        margin = radii + 12.0
        self.paint(lambda x, y, z: ellipsoid(x, y, z, center, radii) + (0 if lumps is None else lumps(x, y, z)), hu,
                   center - margin, center + margin, within, kind)  # fmt: skip


def ellipsoid(x, y, z, center, radii):
    """Return about the signed distance to an ellipsoid (exact near its surface to first order)."""
    u, v, w = (x - center[0]) / radii[0], (y - center[1]) / radii[1], (z - center[2]) / radii[2]
    near = np.sqrt(u * u + v * v + w * w)
    slope = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (w / radii[2]) ** 2)
    return near * (near - 1.0) / np.maximum(slope, 1e-4)


class Field:
    """A smooth random function of place: a cubic B-spline through random lattice values, unit deviation times scale.

    Defined in patient coordinates, so that the grid does not change the patient.
    """

    _LOW = np.array([-260.0, -260.0, -260.0])
    _HIGH = np.array([260.0, 260.0, 460.0])

    def __init__(self, rng: np.random.Generator, pitch_mm: float, scale: float):
        self._pitch = pitch_mm
        counts = np.ceil((self._HIGH - self._LOW) / pitch_mm).astype(int) + 4
        # 0.332 = (151/315) ** 1.5: what the B-spline leaves of the lattice's deviation.
        self._lattice = (rng.standard_normal(counts[::-1]) * (scale / 0.332)).astype(np.float32)

    def _weights(self, axis: np.ndarray, dimension: int) -> np.ndarray:
        size = self._lattice.shape[2 - dimension]
        place = (np.asarray(axis, np.float32).ravel() - self._LOW[dimension]) / self._pitch
        distance = np.abs(place[:, None] - (np.arange(size, dtype=np.float32) - 1.0)[None, :])
        inner = 2.0 / 3.0 - distance**2 + 0.5 * distance**3
        outer = np.clip(2.0 - distance, 0.0, None) ** 3 / 6.0
        return np.where(distance < 1.0, inner, outer).astype(np.float32)

    def __call__(self, x, y, z) -> np.ndarray:
        """Return the values on the open mesh of x, y, z, shape (k, j, i)."""
        wx, wy, wz = (self._weights(axis, d) for d, axis in enumerate((x, y, z)))
        part = np.tensordot(wz, self._lattice, axes=(1, 0))
        part = np.tensordot(part, wy, axes=(1, 1))
        return np.ascontiguousarray(np.tensordot(part, wx, axes=(1, 1)))


def paint_surroundings(
    grid: Grid, vessels: Vessels, rng: np.random.Generator, calcium_gain: float = 1.0
) -> tuple[np.ndarray, np.ndarray, list[dict]]:
    """Return the ideal image without vessels, float32 HU; the map of bystanders; and the list of single ones."""
    canvas = Canvas(grid, calcium_gain)
    spine, phase = vessels.spine, vessels.phase
    lumps = Field(rng, 28.0, 2.5)
    grain = Field(rng, 9.0, 1.0)
    cavity, beneath_fat = _body_wall(canvas, spine, phase, lumps, grain, rng)
    distractors: list[dict] = []
    _fill_cavity(canvas, phase, cavity, grain, rng)
    _organs(canvas, vessels, cavity, lumps, grain, rng, distractors)
    _bowel(canvas, vessels, cavity, lumps, rng)
    _retroperitoneum(canvas, vessels, grain, rng)
    _muscles(canvas, spine, phase, beneath_fat, lumps, grain, rng)
    _spine(canvas, spine, grain, rng)
    _pelvis(canvas, spine, rng)
    _other_calcium(canvas, vessels, rng, distractors)
    _outside(canvas, phase, rng)
    return canvas.hu, canvas.bystanders, distractors


def _body_wall(canvas, spine, phase: Phase, lumps, grain, rng) -> tuple[np.ndarray, np.ndarray]:
    """Paint skin, fat, wall, ribs and lungs; return each voxel's share in the cavity and beneath the fat."""
    u = rng.uniform
    width, front, fat = u(150, 195), u(85, 125), u(8, 32)
    back = 112.0 + u(-4, 10) + 0.6 * fat
    middle, half_depth = (front + fat * 0.6 - back) / 2, (front + fat * 0.6 + back) / 2

    def body(x, y, z):
        taper = 1.0 + 0.05 * np.sin(z / 110.0)
        a, b = width * taper, half_depth * (1.0 + 0.03 * np.cos(z / 90.0))
        ratio = (np.abs(x / a) ** 2.3 + np.abs((y - middle) / b) ** 2.3) ** (1 / 2.3)
        return (ratio - 1.0) * min(width, half_depth) + 0.0 * z

    x, y, z = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    depth = (body(x, y, z) + 0.8 * lumps(x, y, z)).astype(np.float32)
    tissue = grain(x, y, z)
    soft = 1.0 / canvas._width

    def share(signed):
        return np.clip(0.5 - signed * soft, 0.0, 1.0)

    hu = canvas.hu
    hu += share(depth) * (SKIN_HU - hu)
    hu += share(depth + 1.8) * (FAT_HU + 8.0 * tissue - hu)
    # Fat is thin at the sides and back, muscle thick at the back.
    fat_here = fat * (0.75 + 0.25 / (1.0 + np.exp(-y / 12.0))) + 3.0
    beneath_fat = share(depth + fat_here)
    hu += beneath_fat * (phase.muscle + 5.0 * tissue - hu)
    wall = u(11, 17)
    inner = depth + fat_here + wall
    cavity = share(inner)
    hu += cavity * (FAT_HU + 10.0 * tissue - hu)
    # Ribs slope down towards the front within the wall, above the costal margin.
    pitch, tilt = u(26, 32), u(0.35, 0.6)
    along = (z + tilt * y) % pitch - pitch / 2
    bar = np.maximum(np.abs(along) - u(5, 6.5), np.abs(depth + fat_here + wall * 0.5) - u(3.2, 4.5))
    bar = np.maximum(bar, 85.0 + np.clip(y, 0, None) * 1.0 - z)
    bar = np.maximum(bar, 28.0 - np.abs(x))
    cortical, marrow = canvas.calcium_gain * u(450, 750), canvas.calcium_gain * u(90, 220)
    bone = share(bar)
    hu += bone * (cortical - hu)
    hu += share(bar + u(1.2, 1.8)) * (marrow - hu)
    canvas.bystanders[bone > 0.5] = BYSTANDERS["bone"]
    # Lungs reach lower at the back; the mediastinum stays.
    floor = u(150, 190)
    lung = np.maximum(inner, floor + 0.9 * (y + 35.0) - z + 14.0 * np.cos(x / 45.0))
    lung = np.maximum(lung, 34.0 + 0.1 * np.clip(y + 30, 0, None) - np.abs(x + 6.0))
    hu += share(lung) * (LUNG_HU + 40.0 * tissue - hu)
    return cavity * (1.0 - share(lung)), beneath_fat


def _fill_cavity(canvas: Canvas, phase: Phase, cavity, grain, rng) -> None:
    """Paint lumps of soft tissue of no name into the fat of the belly: few in the obese, most of it in the lean."""
    u = rng.uniform
    leanness, softness = u(-0.6, 2.2), u(25, 75)
    lumps = Field(rng, u(9.0, 22.0), 1.0)
    canvas.paint(lambda x, y, z: 5.0 * (leanness - lumps(x, y, z)), lambda x, y, z: softness + 6.0 * grain(x, y, z),
                 within=cavity)  # fmt: skip


def _organs(canvas: Canvas, vessels: Vessels, cavity, lumps, grain, rng, distractors) -> None:
    """Paint liver, spleen, stomach, pancreas and kidneys with their stones."""
    u, phase, spine = rng.uniform, vessels.phase, vessels.spine
    rough = Field(rng, 16.0, 2.0)

    def tissue(mean, spread=4.0):
        return lambda x, y, z: mean + spread * grain(x, y, z)

    paint = canvas.ellipsoid
    top = vessels.levels_mm["celiac_trunk"]
    paint((u(70, 90), u(15, 35), top + u(15, 40)), (u(80, 100), u(75, 95), u(65, 85)), tissue(phase.liver),
          lumps=lumps, within=cavity)  # fmt: skip
    paint((u(0, 25), u(60, 75), top + u(15, 35)), (u(60, 80), u(28, 40), u(35, 50)), tissue(phase.liver),
          lumps=lumps, within=cavity)  # fmt: skip
    if u() < 0.5:
        # The caudate lobe reaches the cava and the aorta.
        paint((u(8, 35), u(20, 40), top + u(10, 35)), (u(20, 35), u(15, 28), u(25, 40)), tissue(phase.liver),
              lumps=lumps, within=cavity)  # fmt: skip
    paint((-u(95, 115), u(-45, -15), top + u(15, 35)), (u(28, 38), u(45, 55), u(38, 52)), tissue(phase.spleen),
          lumps=lumps, within=cavity)  # fmt: skip
    stomach = np.array([-u(45, 70), u(40, 65), top + u(0, 30)])
    radii = np.array([u(35, 50), u(22, 36), u(38, 52)])
    paint(stomach, radii, phase.bowel_wall, lumps=lumps, within=cavity)
    positive = u() < 0.12
    paint(stomach, radii - 4.0, u(250, 500) if positive else u(5, 45), lumps=lumps, within=cavity,
          kind="bowel contrast" if positive else None)  # fmt: skip
    if u() < 0.8:
        level = stomach[1] + u(0, 15)
        canvas.paint(
            lambda x, y, z: np.maximum(ellipsoid(x, y, z, stomach, radii - 5.0) + lumps(x, y, z), level - y),
            -920.0, stomach - radii - 12, stomach + radii + 12, cavity,
        )  # fmt: skip
    celiac = vessels.levels_mm["superior_mesenteric"]
    base = spine.front(celiac) + 45.0
    for step in np.linspace(0, 1, 7):
        paint((18 - 85 * step, base + u(-3, 6) - 18 * step, celiac - 12 + 22 * step), (13, u(8, 12), u(9, 14)),
              tissue(phase.liver * 0.95, 8.0), lumps=rough, within=cavity)  # fmt: skip
    # Crura of the diaphragm beside the upper aorta.
    for sign in (-1.0, 1.0):
        for level in np.arange(70.0, 200.0, 9.0):
            at = vessels.arteries[0].centerline
            aorta = at.points[at.nearest_to_level(level)]
            away = vessels.arteries[0].outer_mm[at.nearest_to_level(level)] + u(3.0, 5.0)
            paint((aorta[0] + sign * away, aorta[1] - u(0, 5), level), (u(2.5, 4.5), u(9, 13), 9.0), phase.muscle)

    for side, sign in (("left", -1.0), ("right", 1.0)):
        hilum = next(t for t in vessels.arteries if t.name == f"renal_{side}").centerline.points[-1]
        center = hilum + np.array([sign * u(12, 16), u(-6, 4), u(-4, 6)])
        radii = np.array([u(24, 30), u(25, 31), u(48, 60)])
        paint(center, radii, tissue(phase.cortex, 5.0), lumps=rough)
        wavy = Field(rng, 11.0, 3.0)
        paint(center, radii - u(7, 9), tissue(phase.medulla, 5.0), lumps=wavy)
        sinus = center - np.array([sign * radii[0] * 0.45, -2.0, 0.0])
        paint(sinus, (radii[0] * 0.62, 9.0, radii[2] * 0.42), FAT_HU + 10, lumps=wavy)
        paint(sinus, (radii[0] * 0.42, 5.0, 11.0), 12.0, lumps=rough)
        if u() < 0.25:
            paint(center + np.array([sign * u(5, 20), u(-15, 15), u(-30, 30)]), (u(6, 18),) * 3, 8.0)
        for _ in range(int(rng.poisson(0.4))):
            spot = center + rng.uniform(-0.5, 0.5, 3) * radii
            size, density = u(1.0, 4.5), u(300, 1300)
            paint(spot, (size, size * u(0.6, 1.2), size), density, kind="kidney stone")
            distractors.append({"kind": "kidney stone", "center_ras": spot.round(2).tolist(), "hu": round(density)})


def _bowel(canvas: Canvas, vessels: Vessels, cavity, lumps, rng) -> None:
    """Paint colon and small bowel with gas, fluid, stool or positive contrast, clear of the great vessels."""
    u, phase = rng.uniform, vessels.phase
    positive = u() < 0.15
    rough = Field(rng, 12.0, 1.5)

    def loop(center, radii, content):
        inner = np.asarray(radii) - 2.2
        canvas.ellipsoid(center, radii, phase.bowel_wall, lumps=rough, within=cavity)
        kind = "bowel contrast" if content > 150 else None
        canvas.ellipsoid(center, inner, content, lumps=rough, within=cavity, kind=kind)
        if u() < 0.3:
            level = center[1] + u(-3, 6)
            canvas.paint(
                lambda x, y, z: np.maximum(ellipsoid(x, y, z, center, inner - 0.5) + rough(x, y, z), level - y),
                -930.0, np.asarray(center) - inner - 8, np.asarray(center) + inner + 8, cavity,
            )  # fmt: skip

    def content():
        if positive and u() < 0.6:
            return u(180, 450)
        return u(-80, 60) if u() < 0.2 else u(5, 45)

    for _ in range(int(u(90, 170))):
        center = np.array([u(-105, 105), u(20, 100), u(-150, 110)])
        clear = vessels.spine.front(center[2]) + 45.0
        center[1] = max(center[1], clear if abs(center[0]) < 45 else 5.0)
        loop(center, (u(10, 24), u(9, 15), u(10, 26)), content())
    for sign in (-1.0, 1.0):
        for z in np.arange(-80.0, 110.0, 26.0):
            center = (sign * u(98, 118), u(-15, 20), z)
            loop(center, (u(16, 24), u(15, 24), 19.0), u(-300, 40) if u() < 0.6 else u(10, 40))
    for x in np.arange(-90.0, 91.0, 26.0):
        loop((x, u(75, 100), u(50, 80)), (18.0, u(14, 20), u(16, 22)), u(-300, 40))


def _retroperitoneum(canvas: Canvas, vessels: Vessels, grain, rng) -> None:
    """Paint what lies against the great vessels: the duodenum before the aorta, adrenals, nodes, strands of fascia."""
    u, phase, spine = rng.uniform, vessels.phase, vessels.spine
    aorta = vessels.arteries[0]
    rough = Field(rng, 10.0, 1.5)

    def front_of_aorta(level):
        at = aorta.centerline.nearest_to_level(level)
        return aorta.centerline.points[at] + np.array([0.0, aorta.outer_mm[at], 0.0])

    crossing = vessels.levels_mm["superior_mesenteric"] - u(42, 62)
    content, thick = u(5, 45), u(6.5, 10.5)
    lift = u(0.5, 3.0)
    for shrink, hu in ((0.0, phase.bowel_wall), (2.5, content)):
        for step in np.linspace(-1.0, 1.0, 15):
            center = front_of_aorta(crossing) + np.array([-55.0 * step, thick + lift - 10.0 * step**2, 5.0 * step])
            canvas.ellipsoid(center, np.array([11.0, thick, thick + 1.0]) - shrink, hu, lumps=rough)
    for side in (-1.0, 1.0):
        level = vessels.levels_mm["celiac_trunk"] + u(-8, 12)
        at = np.array([side * u(28, 42), spine.front(level) + u(-4, 12), level])
        for lean in (-1.0, 1.0):
            limb = at + np.array([lean * 4.0, -3.0 * lean, 0.0])
            canvas.ellipsoid(limb, (u(2, 3.5), u(7, 12), u(8, 14)), u(0.5, 1.0) * phase.liver)
    for _ in range(int(u(10, 60))):
        level = u(-90, 230)
        radii = rng.uniform(1.2, 5.0, 3)
        center = front_of_aorta(max(level, 0.0)) + np.array([u(-30, 30), u(-22, 16), 0.0])
        hu = u(10, 100)
        canvas.ellipsoid([*center[:2], level], radii, lambda x, y, z, hu=hu: hu + 4.0 * grain(x, y, z))


def _muscles(canvas: Canvas, spine: SpineCurve, phase: Phase, beneath_fat, lumps, grain, rng) -> None:
    """Paint psoas, quadratus lumborum and the long muscles of the back along the spine."""
    u = rng.uniform
    bulk = u(0.8, 1.2)

    def column(side, offset, back, a, b, low, high):
        def shape(x, y, z):
            cx = spine.middle(z) + side * offset(z)
            cy = spine.front(z) - back(z)
            r = np.sqrt(((x - cx) / a(z)) ** 2 + ((y - cy) / b(z)) ** 2)
            return (r - 1.0) * np.minimum(a(z), b(z)) + 0.6 * lumps(x, y, z)

        canvas.paint(
            shape, lambda x, y, z: phase.muscle + 6.0 * grain(x, y, z) - 25.0 * (np.abs(grain(x, y, z)) > 2.2),
            (-140, -190, low), (140, 90, high), beneath_fat,
        )  # fmt: skip

    def down(z, top, bottom):
        return bottom + (top - bottom) / (1.0 + np.exp(-(z - 40.0) / 35.0))

    for side in (-1.0, 1.0):
        column(side, lambda z: down(z, 26, 46), lambda z: down(z, 26, -6) - 0.25 * np.clip(-20 - z, 0, 60),
               lambda z: down(z, 7, 20 * bulk), lambda z: down(z, 8, 21 * bulk), -160, 120)  # fmt: skip
        column(side, lambda z: 60.0 + 0 * z, lambda z: 46.0 + 0 * z, lambda z: 19 * bulk + 0 * z,
               lambda z: 9 * bulk + 0 * z, 0, 95)  # fmt: skip
        column(side, lambda z: 32.0 + 0 * z, lambda z: 70.0 + 0 * z, lambda z: 29.0 + 0 * z,
               lambda z: 19 * bulk + 0 * z, -120, 460)  # fmt: skip


def _spine(canvas: Canvas, spine: SpineCurve, grain, rng) -> None:
    """Paint vertebrae with cortical and trabecular bone, discs, canal, arches and osteophytes."""
    u = rng.uniform
    cortical, trabecular, shell = u(420, 800), u(90, 260), u(0.9, 1.7)
    endplate = u(0.9, 1.8)
    mesh, uneven = Field(rng, 5.0, 35.0), Field(rng, 13.0, 0.9)
    pitch, disc = spine.vertebra_pitch_mm, spine.disc_mm
    w, d = spine.half_width_mm, spine.depth_mm / 2

    def place(x, y, z):
        cx, cy = spine.middle(z), spine.front(z) - d
        beat = (z - spine.phase_mm) % pitch - pitch / 2
        waist = 2.2 * (1.0 - np.clip(np.abs(beat) / ((pitch - disc) / 2), 0, 1.25) ** 2)
        fade = np.clip((z - 60.0) / 160.0, 0, 1) * 4.0
        a, b = w - waist - fade, d - 0.7 * waist
        r = (np.abs((x - cx) / a) ** 2.4 + np.abs((y - cy) / b) ** 2.4) ** (1 / 2.4)
        return (r - 1.0) * d + uneven(x, y, z), np.abs(beat) - (pitch - disc) / 2

    low, high = (-75, -190, -1e4), (75, 60, 1e4)
    canvas.paint(lambda x, y, z: place(x, y, z)[0], DISC_HU + u(-15, 25), low, high)
    canvas.paint(lambda x, y, z: np.maximum(*place(x, y, z)), cortical, low, high, kind="bone")
    canvas.paint(
        lambda x, y, z: np.maximum(place(x, y, z)[0] + shell, place(x, y, z)[1] + endplate),
        lambda x, y, z: trabecular + mesh(x, y, z), low, high, kind="bone",
    )  # fmt: skip

    def canal(x, y, z):
        return np.sqrt(((x - spine.middle(z)) / 12.0) ** 2 + ((y - spine.front(z) + 2 * d + 9.0) / 9.0) ** 2) * 9 - 9

    def arch(x, y, z):
        beat = (z - spine.phase_mm) % pitch - pitch / 2
        ax, ay = np.abs(x - spine.middle(z)), y - spine.front(z) + 2 * d
        pedicle = np.maximum(np.maximum(np.abs(ax - 15.5) - 4.0, np.abs(ay + 8.0) - 12.0), np.abs(beat - 4.0) - 7.0)
        lamina = np.maximum(np.abs(ay + 20.0 + 0.15 * ax) - 3.5, np.maximum(ax - 20.0, np.abs(beat + 2) - 12.0))
        spinous = np.maximum(np.abs(ay + 38.0) - 17.0, np.maximum(ax - 3.2, np.abs(beat + 7.0) - 9.0))
        transverse = np.maximum(np.abs(ay + 13.0) - 3.5, np.maximum(np.abs(ax - 28) - 14.0, np.abs(beat - 4.0) - 4.5))
        facet = np.sqrt((ax - 19.0) ** 2 + (ay + 20.0) ** 2 + (0.5 * (np.abs(beat) - pitch / 2)) ** 2) - 8.0
        return np.minimum.reduce(np.broadcast_arrays(pedicle, lamina, spinous, transverse, facet))

    bumps = Field(rng, 14.0, 1.6)
    canvas.paint(lambda x, y, z: arch(x, y, z) + bumps(x, y, z), cortical, low, high, kind="bone")
    canvas.paint(lambda x, y, z: arch(x, y, z) + bumps(x, y, z) + 1.6,
                 lambda x, y, z: trabecular + 60 + mesh(x, y, z), low, high, kind="bone")  # fmt: skip
    canvas.paint(canal, 25.0, low, high)


def _pelvis(canvas: Canvas, spine: SpineCurve, rng) -> None:
    """Paint iliac wings and sacral wings."""
    u = rng.uniform
    cortical, marrow, half = u(450, 750), u(80, 200), u(4.5, 7.0)
    crest = u(5, 30)

    def wing(x, y, z):
        # A curved plate from beside the sacrum to the front of the hip, its crest highest in the middle.
        ax = np.abs(x)
        back, front = np.array([50.0, -75.0]), np.array([128.0, 40.0])
        along = (front - back) / np.linalg.norm(front - back)
        t = (ax - back[0]) * along[0] + (y - back[1]) * along[1]
        across = -(ax - back[0]) * along[1] + (y - back[1]) * along[0]
        length = np.linalg.norm(front - back)
        bend = 14.0 * np.sin(np.pi * np.clip(t / length, 0, 1)) - 0.25 * np.clip(-z, 0, 80)
        plate = np.abs(across + bend) - half * (0.75 + 0.5 * np.abs(t / length - 0.5))
        top = z - crest + 42.0 * (t / length - 0.42) ** 2 * 4.0
        return np.maximum.reduce(np.broadcast_arrays(plate, top, -t, t - length))

    def ala(x, y, z):
        ax = np.abs(x)
        return np.maximum.reduce(
            np.broadcast_arrays(ax - 56.0 + 0.3 * np.clip(-z - 25, 0, None), 20.0 - ax, z + 18.0 + 0.15 * ax,
                                np.abs(y - spine.front(z) + 26.0) - 17.0)
        )  # fmt: skip

    low, high = (-170, -190, -1e4), (170, 80, 60)
    uneven = Field(rng, 15.0, 2.5)
    for shape in (wing, ala):
        for hu, shell_mm in ((cortical, 0.0), (marrow, 1.7)):
            canvas.paint(lambda x, y, z, shape=shape, shell_mm=shell_mm: shape(x, y, z) + uneven(x, y, z) + shell_mm,
                         hu, low, high, kind="bone")  # fmt: skip


def _other_calcium(canvas: Canvas, vessels: Vessels, rng, distractors: list[dict]) -> None:
    """Paint osteophytes, calcified lymph nodes, phleboliths, surgical clips and pedicle screws."""
    u, spine = rng.uniform, vessels.spine

    def spot(kind, center, radii, hu):
        canvas.ellipsoid(center, radii, hu, kind=kind)
        distractors.append({"kind": kind, "center_ras": np.round(center, 2).tolist(), "hu": round(hu)})

    worn = u(0, 1) ** 1.5
    for level in np.arange(spine.phase_mm - 36, 320, spine.vertebra_pitch_mm):
        for _ in range(int(rng.poisson(2.2 * worn))):
            turn = u(-1.3, 1.3)
            size = u(2.0, 5.5)
            center = np.array(
                [
                    spine.middle(level) + (spine.half_width_mm + 0.5) * np.sin(turn),
                    spine.front(level) - spine.depth_mm / 2 * (1 - np.cos(turn)) - 1.0,
                    level + rng.choice((-1.0, 1.0)) * u(3.0, 6.0),
                ]
            )
            spot("osteophyte", center, (size * u(0.8, 1.6), size * 0.8, size * u(0.6, 1.0)), u(350, 900))
    for _ in range(int(rng.poisson(1.0))):
        center = np.array([u(-45, 45), 0.0, u(-40, 150)])
        center[1] = spine.front(center[2]) + u(8, 50)
        spot("lymph node", center, rng.uniform(1.5, 5.0, 3), u(250, 900))
    for _ in range(int(rng.poisson(0.8))):
        center = np.array([u(-60, 60), u(-40, 40), u(-150, -60)])
        spot("phlebolith", center, (u(1.0, 2.8),) * 3, u(250, 700))
    if u() < 0.08:
        start = np.array([u(-60, 60), u(20, 80), u(-40, 150)])
        for _ in range(int(u(2, 7))):
            spot("surgical clip", start + rng.normal(0, 8, 3), (u(0.6, 1.0), u(0.6, 1.0), u(2, 4)), METAL_HU)
    if u() < 0.04:
        bottom = spine.phase_mm + spine.vertebra_pitch_mm * rng.integers(-1, 3)
        for level in (bottom, bottom + spine.vertebra_pitch_mm):
            for side in (-1.0, 1.0):
                _screw(canvas, spine, side, level + 8.0, distractors)


def _screw(canvas: Canvas, spine: SpineCurve, side: float, level: float, distractors: list[dict]) -> None:
    """Paint a pedicle screw that reaches three quarters of the way through the vertebra."""
    front, middle = float(spine.front(level)), float(spine.middle(level))
    tail = np.array([middle + side * 24.0, front - spine.depth_mm - 34.0])
    tip = np.array([middle + side * 9.0, front - 0.25 * spine.depth_mm])
    axis = (tip - tail) / np.linalg.norm(tip - tail)

    def rod(x, y, z):
        along = (x - tail[0]) * axis[0] + (y - tail[1]) * axis[1]
        across = (x - tail[0]) * axis[1] - (y - tail[1]) * axis[0]
        ends = np.maximum(-along, along - np.linalg.norm(tip - tail))
        return np.maximum(np.hypot(across, z - level) - 3.0, ends)

    low, high = (-60, tail[1] - 5, level - 8), (60, front + 5, level + 8)
    canvas.paint(rod, METAL_HU, low, high, kind="screw")
    center = [*np.round((tail + tip) / 2, 2).tolist(), round(level, 2)]
    distractors.append({"kind": "screw", "center_ras": center, "hu": round(METAL_HU)})


def _outside(canvas: Canvas, phase: Phase, rng) -> None:
    """Paint the table and, in some, the arms beside the body (seen in wide fields of view only)."""
    u = rng.uniform
    level, curve = -u(140, 152), u(900, 1600)
    x, y, _ = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    air = canvas.hu < -900
    for drop in (0.0, u(25, 40)):
        sheet = np.abs(y - (level - drop + x**2 / curve)) - 1.5
        share = np.clip(0.5 - sheet / canvas._width, 0, 1) * (np.abs(x) < 220) * air
        canvas.hu += share * (u(-300, 100) - canvas.hu)
    if u() < 0.4:
        for sign in (-1.0, 1.0):
            cx, cy, radius = sign * u(235, 260), u(-40, 10), u(32, 44)
            low, high = (cx - 60, cy - 60, -1e4), (cx + 60, cy + 60, 1e4)
            for r, hu in ((radius, FAT_HU), (radius - 7, phase.muscle), (11.0, 900.0), (6.0, 60.0)):
                canvas.paint(lambda x, y, z, r=r, cx=cx, cy=cy: np.hypot(x - cx, y - cy) - r + 0 * z, hu, low, high,
                             kind="bone" if r == 11.0 else None)  # fmt: skip


def clear_of_arteries(distractors: list[dict], arteries: list[Tube], margin_mm: float = 2.0) -> list[dict]:
    """Return those of `distractors` whose centre lies outside every artery."""
    kept = []
    for item in distractors:
        center = np.asarray(item["center_ras"])
        near = (tube.centerline.tree.query(center) for tube in arteries)
        if all(d > tube.outer_mm[i] - margin_mm for (d, i), tube in zip(near, arteries, strict=True)):
            kept.append(item)
    return kept
