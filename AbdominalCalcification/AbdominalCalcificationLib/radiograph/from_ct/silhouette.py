"""The walls of the aorta as they are seen from the side: the outline of its mask in the projection."""

from __future__ import annotations

import numpy as np
from scipy.signal import savgol_filter

from ..coverage import Walls

# Height of the rows in which the outline is looked up, and over how many of them a line is fitted: shorter than any
# bend of an aorta, and long enough that the steps of voxels do not count as length of wall.
_ROW_MM = 1.0
_FITTED_ROWS = 15
# Rows at an end that are narrower than this share of what the aorta is so far within are the rim of an oblique end.
_NARROW, _WITHIN_ROWS = 0.5, 12
_LEAST_ROWS = 3


def walls_of(points: np.ndarray, half_step: tuple[float, float]) -> Walls | None:
    """Return both walls of the aorta, from head to foot.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Of its mask, projected (:func:`.voxel_points.inner_points`): x towards the back, y towards the feet.
    half_step : tuple of float
        How far each reaches, along x and along y.

    Returns
    -------
    Walls or None
        None where there is too little of it.
    """
    if len(points) == 0:
        return None
    x, y = points.T
    top, bottom = float(y.min()) - half_step[1], float(y.max()) + half_step[1]
    count = max(1, round((bottom - top) / _ROW_MM))
    height = (bottom - top) / count
    row = np.clip(((y - top) / height).astype(int), 0, count - 1)
    front, back = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(front, row, x - half_step[0])
    np.maximum.at(back, row, x + half_step[0])
    rows = _walled(front, back)
    if len(rows) < _LEAST_ROWS:
        return None
    at = top + (rows + 0.5) * height
    ends = np.concatenate([[at[0] - height / 2], at, [at[-1] + height / 2]])
    return Walls(*(np.stack([_straightened(edge[rows], at, ends), ends], axis=1) for edge in (front, back)))


def _walled(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Return the longest run of rows in which there is an aorta, without the rims of oblique ends."""
    rows = np.flatnonzero(np.isfinite(front))
    rows = max(np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1), key=len)
    width = (back - front)[rows]
    inner = min(_WITHIN_ROWS, len(rows) - 1)
    first = int(np.argmax(width >= _NARROW * width[inner]))
    last = int(np.argmax(width[::-1] >= _NARROW * width[-1 - inner]))
    return rows[first : len(rows) - last]


def _straightened(edge: np.ndarray, at: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return an edge freed of the steps of voxels, half a row longer on both ends."""
    window = min(_FITTED_ROWS, len(edge) - 1 + len(edge) % 2)
    smooth = savgol_filter(edge, window, min(2, window - 1)) if window > 2 else edge
    slopes = (smooth[1] - smooth[0], smooth[-1] - smooth[-2])
    height = at[1] - at[0]
    first = smooth[0] + slopes[0] / height * (ends[0] - at[0])
    last = smooth[-1] + slopes[1] / height * (ends[-1] - at[-1])
    return np.concatenate([[first], smooth, [last]])
