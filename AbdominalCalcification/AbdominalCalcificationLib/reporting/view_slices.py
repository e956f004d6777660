"""Slices through a CT with the outlines of masks: planes in the patient, not of the voxel grid."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..anatomy import CALCIFICATION_COLOR, TERRITORIES
from ..display import CTA_LEVEL_HU, CTA_WINDOW_HU, CUT_OFF_COLOR
from ..geometry import Grid, Volume
from .drawing import rgb_bytes, write, write_directions
from .view_masks import MARGIN_MM, SMALLEST_VIEW_MM, ShownMasks

_AIR_HU = -1024.0
# Rows of a slice that are drawn in one step.
_ROWS = 200


@dataclass(frozen=True)
class Plane:
    """A slice plane: how the screen lies in the patient.

    `right` and `up` are RAS directions; `letters` are those of the left, right, top and bottom
    edge. Radiological convention: the patient's right is at the left.
    """

    name: str
    right: tuple[float, float, float]
    up: tuple[float, float, float]
    letters: str


AXIAL = Plane("Axial", (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), "RLAP")
CORONAL = Plane("Coronal", (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0), "RLSI")
SAGITTAL = Plane("Sagittal", (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), "APSI")


def slice_steps(
    plane: Plane, ct: Volume, masks: ShownMasks, centre: np.ndarray, low: np.ndarray, high: np.ndarray, pixels: int
) -> Generator[None, None, np.ndarray]:
    """Draw the slice through `centre` that shows the box from `low` to `high`; all in RAS, mm.

    Returns
    -------
    ndarray, shape (pixels, pixels, 3), uint8
    """
    frame = _Frame.around(plane, centre, low, high, pixels)
    image = np.zeros((pixels, pixels, 3), np.uint8)
    on_plane = [np.zeros((pixels, pixels), np.uint8) for _ in range(3)]
    shown = (masks.cut, masks.arteries, masks.calcification)
    for start in range(0, pixels, _ROWS):
        rows = slice(start, start + _ROWS)
        points = frame.points(np.arange(pixels)[rows])
        image[rows] = _grey(ct, points).reshape(-1, pixels, 1)
        kji, inside = _indices(masks.grid, points)
        nearest = tuple(np.round(kji[:, inside]).astype(int))
        for array, found in zip(shown, on_plane, strict=True):
            found[rows].reshape(-1)[inside] = array[nearest]
        yield
    _draw_outlines(image, *on_plane)
    _cross_marks(image, frame.pixel_of(centre))
    write_directions(image, plane.letters)
    axis = int(np.flatnonzero(np.cross(plane.right, plane.up))[0])
    write(image, f"{plane.name}  {'RAS'[axis]} {centre[axis]:.1f} mm", (10, 16), size=16)
    _scale_bar(image, frame.step_mm)
    return image


@dataclass(frozen=True, eq=False)
class _Frame:
    """Where the pixels of a square picture lie: its middle in RAS, mm, and the size of a pixel."""

    middle: np.ndarray
    right: np.ndarray
    up: np.ndarray
    step_mm: float
    pixels: int

    @classmethod
    def around(cls, plane: Plane, centre, low, high, pixels: int) -> _Frame:
        right, up = np.array(plane.right), np.array(plane.up)
        middle = (low + high) / 2
        # In the plane through `centre`, looking at the middle of what is shown.
        middle = centre + right * (right @ (middle - centre)) + up * (up @ (middle - centre))
        width = max(abs(right) @ (high - low), abs(up) @ (high - low)) + 2 * MARGIN_MM
        return cls(middle, right, up, max(width, SMALLEST_VIEW_MM) / pixels, pixels)

    def points(self, rows: np.ndarray) -> np.ndarray:
        """Return the RAS coordinates of all pixels of some rows, shape (n, 3)."""
        across, down = (
            (np.asarray(each) - (self.pixels - 1) / 2) * self.step_mm for each in (range(self.pixels), rows)
        )
        points = self.middle + across[None, :, None] * self.right - down[:, None, None] * self.up
        return points.reshape(-1, 3)

    def pixel_of(self, point: np.ndarray) -> np.ndarray:
        """Return column and row of a place in the plane."""
        return np.array([self.right, -self.up]) @ (point - self.middle) / self.step_mm + (self.pixels - 1) / 2


def _grey(ct: Volume, points: np.ndarray) -> np.ndarray:
    """Return grey values in the window for vessels, uint8, of points; black outside the CT."""
    kji, inside = _indices(ct.grid, points)
    hu = np.full(len(points), _AIR_HU, np.float32)
    hu[inside] = ndimage.map_coordinates(ct.array, kji[:, inside], np.float32, order=1, mode="nearest")
    grey = np.clip((np.nan_to_num(hu) - (CTA_LEVEL_HU - CTA_WINDOW_HU / 2)) / CTA_WINDOW_HU, 0, 1)
    return (grey * 255).astype(np.uint8)


def _draw_outlines(image: np.ndarray, cut: np.ndarray, labels: np.ndarray, calcification: np.ndarray) -> None:
    image[_outline(cut)] = rgb_bytes(CUT_OFF_COLOR)
    outline = _outline(labels)
    for each in TERRITORIES:
        image[outline & (labels == each.label)] = rgb_bytes(each.color)
    image[_outline(calcification)] = rgb_bytes(CALCIFICATION_COLOR)


def _indices(grid: Grid, points_ras: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the fractional indices, shape (3, n), of points, and whether each lies in a voxel of `grid`."""
    kji = grid.kji_of_ras(points_ras).T
    nearest = np.round(kji)
    return kji, ((nearest >= 0) & (nearest < np.array(grid.shape)[:, None])).all(axis=0)


def _outline(labels: np.ndarray) -> np.ndarray:
    """Return the inner edge, two pixels wide, of every labelled region."""
    edge = np.zeros(labels.shape, bool)
    padded = np.pad(labels, 2)
    rows, columns = labels.shape
    for shift in ((0, 1), (1, 0), (0, -1), (-1, 0), (0, 2), (2, 0), (0, -2), (-2, 0)):
        moved = padded[2 + shift[0] : 2 + shift[0] + rows, 2 + shift[1] : 2 + shift[1] + columns]
        edge |= moved != labels
    return edge & (labels != 0)


def _cross_marks(image: np.ndarray, place) -> None:
    """Mark at the four edges where the other two planes cut this one."""
    size = len(image)
    column, row = (int(np.clip(round(float(each)), 0, size - 1)) for each in place)
    mark = slice(max(size // 20, 1))
    for lines in (image[mark, column], image[::-1][mark, column], image[row, mark], image[row, ::-1][mark]):
        lines[:] = rgb_bytes((1.0, 0.85, 0.2))


def _scale_bar(image: np.ndarray, step_mm: float, length_mm: int = 20) -> None:
    size = len(image)
    pixels = round(length_mm / step_mm)
    image[size - 20 : size - 17, size - 20 - pixels : size - 20] = 255
    write(image, f"{length_mm} mm", (size - 20 - pixels // 2, size - 32), size=14, centred=True)
