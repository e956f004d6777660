"""The trunk around spine and arteries: soft tissue on a coarse grid, gas, pelvis, implants and stones on finer ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ...geometry.volume import Grid
from ...simulation.anatomy import Vessels
from ...simulation.canvas import Canvas, ellipsoid
from ...simulation.enhancement import BLOOD_HU, Phase
from ...simulation.fields import default_grid
from ...simulation.painting import axes_of, paint_veins
from ...simulation.person import Person
from ...simulation.surroundings import paint_trunk
from ...simulation.tubes import Tube
from .screen import Screen
from .solids import SOFT_HU

COARSE_MM = 5.0
# Of iliac and sacral wings, along i, j, k: across the beam coarser.
_PELVIS_MM = (4.0, 2.4, 2.4)
_GAS_HU, _BONE = -500.0, "bone"
# Painted on the coarse grid: soft, or filled with contrast medium.
_SOFT_KINDS = (None, "bowel contrast", "urine contrast", "costal cartilage", "calcified fibroid", "prostatic stone")
_GAS_MARK = 250
# Densest that the coarse grid shows: what is denser is painted more finely, or, as ribs, drawn elsewhere.
_DENSEST_HU = 120.0
# Of a shape, seen from the side: larger ones take larger cells.
_GAS_CELLS, _CELLS = 2_500, 12_000
# Part of a person's details.
_BUTTOCKS = 41
# Share of patients who stand, ours: gas then lies above a level.
_STANDING = 0.35


@dataclass(eq=False)
class _Shape:
    """What is to be painted finely: a signed distance, its HU, the corners around it, and what cuts it off."""

    distance: Callable
    hu: Callable | float
    low: np.ndarray
    high: np.ndarray
    kind: str | None
    within: np.ndarray | None = None
    remaining: tuple | None = None


class TrunkCanvas(Canvas):
    """A coarse canvas for soft tissue that puts aside what has sharp edges, and leaves vertebrae out."""

    def __init__(self, grid: Grid, pelvis: Canvas, rng: np.random.Generator):
        super().__init__(grid)
        self._pelvis, self._rng = pelvis, rng
        self._stands = rng.uniform() < _STANDING
        self.shapes: list[_Shape] = []

    def paint(self, shape, hu, low=(-1e4,) * 3, high=(1e4,) * 3, within=None, kind=None, part=None) -> None:
        """Paint, or put aside; bone of the spine is drawn elsewhere, and no cell shows sleeves of arteries."""
        if part == "sleeve" or (part == "spine" and kind == _BONE):
            return
        if kind == _BONE:
            excess = (lambda x, y, z: hu(x, y, z) - SOFT_HU) if callable(hu) else hu - SOFT_HU
            self._pelvis.paint(shape, excess, low, high, None, kind)
            return
        is_gas = not callable(hu) and hu <= _GAS_HU and max(np.abs(low).max(), np.abs(high).max()) < 1e4
        if not is_gas and kind in _SOFT_KINDS:
            super().paint(shape, hu, low, high, within, kind)
            return
        box = self.box(low, high)
        if not self.hu[box].size:
            return
        own = _Shape(shape, hu, np.asarray(low, float), np.asarray(high, float), kind, within)
        if is_gas:
            own.distance = self._gas(own.low, own.high)
            # Later bowel may lie in its place: what is left of the mark tells.
            share = np.clip(0.5 - shape(*self.at(box)) / self.width_mm, 0.0, 1.0)
            marked = share > 0.5
            self.bystanders[box][marked] = _GAS_MARK
            own.remaining = box, marked
        self.shapes.append(own)

    def _gas(self, low: np.ndarray, high: np.ndarray) -> Callable:
        """Return a pocket of gas in a loop of bowel: in a CT it lies at the front, but here the patient stands or lies
        on the side.
        """
        u = self._rng.uniform
        center, radii = (low + high) / 2, np.maximum((high - low) / 2 - 9.0, 4.0)
        pockets = [
            (center + self._rng.uniform(-0.45, 0.45, 3) * radii, radii * self._rng.uniform(0.4, 0.8, 3))
            for _ in range(int(self._rng.integers(1, 4)))
        ]
        level = center[2] + u(-0.5, 0.3) * radii[2] if self._stands else -1e4

        def distance(x, y, z):
            near = [ellipsoid(x, y, z, c.astype(np.float32), r.astype(np.float32)) for c, r in pockets]
            return np.maximum(np.minimum.reduce(near), np.float32(level) - z)

        return distance

    def lasting(self) -> list[_Shape]:
        """Return the shapes that nothing was painted over since."""
        kept = []
        for each in self.shapes:
            if each.remaining is not None:
                box, marked = each.remaining
                count = int(marked.sum())
                if count and (self.bystanders[box][marked] == _GAS_MARK).sum() < 0.5 * count:
                    continue
            kept.append(each)
        return kept


def pelvis_image(screen: Screen) -> np.ndarray:
    """Return the line integrals of the pelvis, mm, without the pattern of its cells."""
    return ndimage.gaussian_filter(screen.image("pelvis"), 0.8 * _PELVIS_MM[1] / screen.detector.pixel_mm)


def unenhanced(phase: Phase) -> Phase:
    """Return the same tissues without contrast medium; its name stays, so that what is drawn by it does."""
    return replace(
        phase, artery=BLOOD_HU, cava=BLOOD_HU, renal_vein=BLOOD_HU, portal_vein=BLOOD_HU, cortex=33.0, medulla=33.0,
        liver=56.0, spleen=50.0, muscle=52.0, bowel_wall=38.0,
    )  # fmt: skip


def paint_body(
    vessels: Vessels,
    person: Person,
    arteries: list[Tube],
    rng: np.random.Generator,
    span_mm: tuple[float, float],
    extra_rng: np.random.Generator,
) -> tuple[TrunkCanvas, Canvas]:
    """Return the trunk of a patient between two heights: coarse soft tissue, and the pelvis' bone."""
    low, high = span_mm
    count = int(np.ceil((high - low) / COARSE_MM))
    grid = default_grid((COARSE_MM,) * 3, (count, 64, 84), (0.0, 0.0, (low + high) / 2))
    top = min(high, 62.0)
    rows = max(8, int(np.ceil((top - low) / _PELVIS_MM[2])))
    pelvis = Canvas(default_grid(_PELVIS_MM, (rows, 112, 86), (0.0, -55.0, top - rows * _PELVIS_MM[2] / 2)))
    pelvis.hu[:] = 0.0
    canvas = TrunkCanvas(grid, pelvis, extra_rng)
    plain = replace(vessels, phase=unenhanced(vessels.phase))
    paint_trunk(canvas, plain, person, rng, arteries[0])
    np.minimum(canvas.hu, _DENSEST_HU, out=canvas.hu, where=canvas.bystanders < _GAS_MARK)
    _paint_buttocks(canvas, person.rng(_BUTTOCKS))
    wide = [replace(tube, lumen_hu=np.full_like(tube.lumen_hu, BLOOD_HU)) for tube in arteries[:1]]
    veins = [replace(tube, lumen_hu=np.full_like(tube.lumen_hu, BLOOD_HU)) for tube in plain.veins[:1]]
    paint_veins(canvas.hu, grid, [*wide, *veins])
    return canvas, pelvis


def _paint_buttocks(canvas: TrunkCanvas, rng: np.random.Generator) -> None:
    """Paint what a lateral film shows behind and below the sacrum, where the trunk that CTs have ends straight."""
    u = rng.uniform
    level, aside = u(-175, -145), u(60, 80)
    x, y, z = canvas.axes
    k, i = int(np.argmin(np.abs(z - level))), int(np.argmin(np.abs(x - aside)))
    tissue = np.flatnonzero(canvas.hu[k, :, i] > _GAS_HU)
    if not len(tissue) or abs(z[k] - level) > 2 * COARSE_MM:
        return
    skin = float(np.min(y[tissue]))
    outside = canvas.hu < _GAS_HU
    radii, fat_hu = (u(70, 95), u(30, 85), u(75, 110)), u(-70, 10)
    for sign in (-1.0, 1.0):
        middle = np.array([sign * aside, skin + 0.25 * radii[1], level], np.float32)
        canvas.paint(
            lambda x, y, z, middle=middle: ellipsoid(x, y, z, middle, np.asarray(radii, np.float32)), fat_hu,
            middle - radii, middle + radii, outside,
        )  # fmt: skip


def project_body(screen: Screen, canvas: TrunkCanvas, pelvis: Canvas) -> None:
    """Add soft tissue (channel ``water``), bone of the pelvis (``pelvis``), stones and implants (``mineral``)."""
    pixel = screen.detector.pixel_mm
    _project_grid(screen, "water", 1.0 + canvas.hu / 1000.0, canvas.grid, max(1, round(COARSE_MM / pixel)))
    _project_grid(screen, "pelvis", pelvis.hu / 1000.0, pelvis.grid, max(1, round(_PELVIS_MM[1] / pixel)))
    for shape in canvas.lasting():
        project_shape(screen, shape, canvas)


def _project_grid(screen: Screen, channel: str, values: np.ndarray, grid: Grid, every: int) -> None:
    used = np.abs(values) > (0.02 if channel == "water" else 0.005)
    x, y, z = axes_of(grid)
    k, j, i = np.nonzero(used)
    points = np.stack([x[i], y[j], z[k]], axis=1).astype(np.float32)
    screen.add(channel, points, values[used] * np.float32(grid.voxel_volume_mm3), every)


def project_shape(screen: Screen, shape: _Shape, canvas: Canvas) -> None:
    """Add one shape, sampled about as finely as the pixels unless it is large."""
    pixel = screen.detector.pixel_mm
    extent = shape.high - shape.low
    is_gas = shape.remaining is not None
    every = 2 if is_gas else 1
    while extent[1] * extent[2] / (pixel * every) ** 2 > (_GAS_CELLS if is_gas else _CELLS):
        every += 1
    step = pixel * every
    across = float(np.clip(extent[0] / 24, 0.5, 2.0))
    axes = [
        np.arange(a, b + s, s, dtype=np.float32)
        for a, b, s in zip(shape.low, shape.high, (across, step, step), strict=True)
    ]
    place = axes[0][None, None, :], axes[1][None, :, None], axes[2][:, None, None]
    share = np.clip(0.5 - shape.distance(*place) / (0.5 * (step + across)), 0.0, 1.0)
    if shape.within is not None:
        k, j, i = (
            np.clip(np.rint((axis - own[0]) / (own[1] - own[0])), 0, len(own) - 1).astype(int)
            for axis, own in zip(axes[::-1], canvas.axes[::-1], strict=True)
        )
        share = share * shape.within[np.ix_(k, j, i)]
    hu = shape.hu(*place) if callable(shape.hu) else shape.hu
    amount = share * (hu - (25.0 if is_gas else SOFT_HU)) * np.float32(across * step * step / 1000)
    used = share > 0
    if not used.any():
        return
    points = np.stack(np.broadcast_arrays(*place), axis=-1)[used]
    screen.add("water" if is_gas else "mineral", points, amount[used], every)
