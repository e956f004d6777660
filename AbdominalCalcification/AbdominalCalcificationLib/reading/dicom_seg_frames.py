"""Where the frames of a DICOM segmentation lie: one grid for all, of which many slices may have no frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..flags import Flag
from ..geometry import Grid
from ..geometry.volume import LPS_FROM_RAS

# Cosines and pixel sizes (relative) that differ by no more are one grid's; programs round them.
_SAME_LAYOUT = 1e-3
# How far a frame may lie from its place, in slices (along) and pixels (across).
_OFF_ALONG, _OFF_ACROSS = 0.1, 0.1
# Frames nearer than this are at one place, mm.
_SAME_PLACE_MM = 1e-3
_MOST_SLICES = 10_000
_EXPORT = "load it into Slicer and save it as .seg.nrrd"


@dataclass(frozen=True)
class Frames:
    """What a file says about its frames, one entry for each: LPS, mm; empty or None where it is silent."""

    shape: tuple[int, int]  # rows, columns
    positions: Sequence[tuple[float, ...]]
    orientations: Sequence[tuple[float, ...]]
    pixel_mm: Sequence[tuple[float, ...]]
    between_mm: Sequence[float | None]
    thickness_mm: Sequence[float | None]


@dataclass(frozen=True, eq=False)
class FramePlan:
    """The grid of a segmentation, the slice (k) of each frame, and what to say about it."""

    grid: Grid
    places: tuple[int, ...]
    flags: tuple[Flag, ...]


def plan_frames(frames: Frames, name: str) -> FramePlan:
    """Return the grid on which frames lie.

    Raises
    ------
    InputError
        Where frames have no position, differ in direction or pixel size, lie unevenly, or contradict what the file
        says about their distance.
    """
    positions = _table(frames.positions, 3, "position", name)
    orientations = _table(frames.orientations, 6, "orientation", name)
    pixels = _table(frames.pixel_mm, 2, "pixel size", name)
    if np.abs(orientations - orientations[0]).max() > _SAME_LAYOUT or (
        np.abs(pixels / np.where(pixels[0] > 0, pixels[0], 1) - 1).max() > _SAME_LAYOUT
    ):
        raise InputError(f"The frames of '{name}' differ in direction or pixel size; {_EXPORT}.")
    across, down, normal = _axes(orientations[0], name)
    row_mm, column_mm = pixels[0]
    offsets = positions - positions[0]
    beside = np.stack([offsets @ across / column_mm, offsets @ down / row_mm])
    if np.abs(beside - np.rint(beside)).max() > _OFF_ACROSS or np.abs(beside).max() > 0.5:
        raise InputError(f"The frames of '{name}' are displaced within their plane; {_EXPORT}.")
    along = offsets @ normal
    stated = {value for value in frames.between_mm if value is not None and value > 0}
    if len(stated) > 1 and max(stated) - min(stated) > _SAME_LAYOUT * max(stated):
        raise InputError(
            f"'{name}' says that slices lie {min(stated):g} and {max(stated):g} mm apart; export it again."
        )
    thickness = next((value for value in frames.thickness_mm if value is not None and value > 0), None)
    step, places, flags = _slices(along, max(stated, default=None), thickness, name)
    lps = np.eye(4)
    lps[:3, :3] = np.column_stack([across * column_mm, down * row_mm, normal * step])
    lps[:3, 3] = positions[0] + along.min() * normal
    return FramePlan(Grid((max(places) + 1, *frames.shape), LPS_FROM_RAS @ lps), places, flags)


def _table(values: Sequence[tuple[float, ...]], count: int, what: str, name: str) -> np.ndarray:
    if not all(len(each) == count for each in values) or not np.isfinite(values).all():
        raise InputError(f"The frames of '{name}' have no {what} in the patient; {_EXPORT}.")
    table = np.array(values, float)
    if what == "pixel size" and table.min() <= 0:
        raise InputError(f"The frames of '{name}' have pixels of {table.min():g} mm; export it again.")
    return table


def _axes(orientation: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit directions of rising column, rising row, and of the slices (LPS)."""
    across, down = orientation[:3], orientation[3:]
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    if np.abs(np.array(lengths) - 1).max() > 0.01 or abs(across @ down) > 0.01:
        raise InputError(f"The directions of the frames of '{name}' are not at right angles; export it again.")
    across = across / lengths[0]
    down = down - (down @ across) * across
    down /= np.linalg.norm(down)
    return across, down, np.cross(across, down)


def _slices(
    along: np.ndarray, stated: float | None, thickness: float | None, name: str
) -> tuple[float, tuple[int, ...], tuple[Flag, ...]]:
    """Return the distance of slices, the slice of each frame, and a flag where that distance is not sure.

    Parameters
    ----------
    along : ndarray, shape (n,)
        Where the frames lie along the slices' normal, mm.
    stated, thickness : float or None
        Spacing Between Slices and Slice Thickness, mm.
    """
    order = np.argsort(along)
    gaps = np.diff(along[order])
    apart = gaps[gaps > _SAME_PLACE_MM]
    least = float(apart.min()) if apart.size else None
    step = stated
    if step is None:
        # Where no two frames are neighbours, only the thickness tells how far slices are apart.
        times = None if least is None or thickness is None else least / thickness
        sparse = times is not None and times > 1.5 and abs(times - round(times)) < _OFF_ALONG
        step = thickness if least is None or sparse else least
    if step is None:
        raise InputError(f"'{name}' does not say how far its slices are apart; {_EXPORT}.")
    counted = np.rint(gaps / step)
    counted[gaps <= _SAME_PLACE_MM] = 0
    if apart.size and (counted[gaps > _SAME_PLACE_MM] < 1).any():
        raise InputError(
            f"'{name}' says that slices lie {step:g} mm apart, but it has frames {least:.4g} mm apart; export it again."
        )
    places = np.concatenate([[0], np.cumsum(counted)])
    if places[-1] > _MOST_SLICES:
        raise InputError(f"The frames of '{name}' reach over {places[-1] * step / 1000:.3g} m; export it again.")
    if places[-1] > 0:
        step = float((along[order][-1] - along[order][0]) / places[-1])  # headers round it
    off = np.abs(along[order] - along[order][0] - places * step).max() / step
    if off > _OFF_ALONG or (stated is not None and abs(step / stated - 1) > _OFF_ALONG):
        spread = f"{apart.min():.4g} to {apart.max():.4g} mm"
        raise InputError(f"The frames of '{name}' lie unevenly ({spread} apart, slices of {step:.4g} mm); {_EXPORT}.")
    flags: tuple[Flag, ...] = ()
    if apart.size and counted[counted > 0].min() > 1:
        text = (
            f"'{name}': slices are taken to be {step:.4g} mm apart, as the file says, but none of its frames are "
            f"nearer than {least:.4g} mm."
        )
        flags = (Flag("header_warning", text),)
    found = np.empty(len(along), int)
    found[order] = places.astype(int)
    return step, tuple(found.tolist()), flags
