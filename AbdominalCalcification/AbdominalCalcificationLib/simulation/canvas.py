"""The ideal image of a body, painted shape over shape."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..geometry.volume import Grid
from .painting import axes_of

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
    "stent graft": 11,
    "bypass": 12,
    "hip prosthesis": 13,
    "spinal cage": 14,
    "coil": 15,
    "costal cartilage": 21,
    "gallstone": 22,
    "urine contrast": 23,
    "injected vein": 24,
    "wire": 25,
    "calcified fibroid": 26,
    "prostatic stone": 27,
}
# Their HU do not follow the tube voltage as those of calcium do.
_NO_CALCIUM = (
    "bowel contrast", "surgical clip", "screw", "hip prosthesis", "spinal cage", "coil", "urine contrast",
    "injected vein", "wire",
)  # fmt: skip
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
        self.width_mm = float(np.mean(grid.spacing_mm))

    @classmethod
    def over(cls, grid: Grid, hu: np.ndarray, bystanders: np.ndarray, calcium_gain: float = 1.0) -> Canvas:
        """Return a canvas that goes on painting an image and a map of bystanders, in place."""
        canvas = cls(Grid((1, 1, 1), grid.ijk_to_ras), calcium_gain)
        canvas.grid, canvas.hu, canvas.bystanders = grid, hu, bystanders
        x, y, z = (axis.astype(np.float32) for axis in axes_of(grid))
        canvas.axes = x, y, z
        return canvas

    def box(self, low, high) -> tuple[slice, ...]:
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
        part: str | None = None,
    ) -> None:
        """Paint `shape` between the corners `low` and `high` with `hu` (a number or a function of x, y, z).

        `kind` of `BYSTANDERS` is noted down, and if it is calcium its HU follow the tube voltage.
        `part` says what it is of (``spine``, ``sleeve``) to canvases that draw it in another way.
        """
        box = self.box(low, high)
        target = self.hu[box]
        if not target.size:
            return
        place = self.at(box)
        share = np.clip(0.5 - shape(*place) / self.width_mm, 0.0, 1.0)
        if within is not None:
            share = share * within[box]
        value = hu(*place) if callable(hu) else hu
        if kind is not None and kind not in _NO_CALCIUM:
            value = value * self.calcium_gain
        target += share * (value - target)
        self.bystanders[box][share > 0.5] = BYSTANDERS.get(kind or "", 0)

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

    def _weights(self, axis: np.ndarray, dimension: int) -> tuple[np.ndarray, slice]:
        """Return the weight at each place of those lattice values that have one, and which those are."""
        size = self._lattice.shape[2 - dimension]
        place = (np.asarray(axis, np.float32).ravel() - self._LOW[dimension]) / self._pitch
        used = slice(0, 0)
        if place.size:
            used = slice(*np.clip([math.floor(place.min()) - 1, math.ceil(place.max()) + 4], 0, size).tolist())
        distance = np.abs(place[:, None] - (np.arange(size, dtype=np.float32)[used] - 1.0)[None, :])
        inner = 2.0 / 3.0 - distance**2 + 0.5 * distance**3
        outer = np.clip(2.0 - distance, 0.0, None) ** 3 / 6.0
        return np.where(distance < 1.0, inner, outer).astype(np.float32), used

    def __call__(self, x, y, z) -> np.ndarray:
        """Return the values on the open mesh of x, y, z, shape (k, j, i)."""
        (wx, i), (wy, j), (wz, k) = (self._weights(axis, d) for d, axis in enumerate((x, y, z)))
        part = np.tensordot(wz, self._lattice[k, j, i], axes=(1, 0))
        part = np.tensordot(part, wy, axes=(1, 1))
        return np.ascontiguousarray(np.tensordot(part, wx, axes=(1, 1)))
