"""Smooth centrelines with radii in place of labelled vessels made of steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ...geometry.lines import path_lengths, points_at
from .paths import Piece

STEP_MM = 1.0
# No vessel thinner than this is made: the sub-voxels would not show it.
LEAST_RADIUS_MM = 0.6


@dataclass(frozen=True, eq=False)
class Course:
    """The course of one vessel, or of a branch of it.

    Attributes
    ----------
    name : str
        Of the territory, or of the vessel.
    label : int
        Territory label; 0 for vessels that are not measured.
    points : ndarray, shape (n, 3)
        About every mm along the middle, RAS mm, from its parent on.
    radius_mm : ndarray, shape (n,)
        Outer radius.
    parent : int or None
        Index of the course that it leaves; None where it hangs on nothing.
    piece : int
        Number of the connected piece of its label.
    """

    name: str
    label: int
    points: np.ndarray
    radius_mm: np.ndarray
    parent: int | None = None
    piece: int = 0

    @property
    def length_mm(self) -> float:
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())


@dataclass(frozen=True, eq=False)
class Fit:
    """A course through the middle of its voxels, and how far those reach beyond its two ends, mm."""

    course: Course
    before_mm: float
    beyond_mm: float


def fitted(piece: Piece, paths: list[np.ndarray], voxel_mm3: float, longest_step_mm: float) -> list[Fit]:
    """Return a course for each path, centred on the voxels of its piece and as wide as they are many.

    A radius is that of the circle whose area is the volume of the voxels nearest to a place of the path over their
    length along it, so that the tubes hold as much as the label does.

    Parameters
    ----------
    piece : Piece
    paths : list of ndarray of int
        See :func:`paths.paths_of`.
    voxel_mm3, longest_step_mm : float
        Volume and longest side of a voxel.
    """
    width = max(1.5, longest_step_mm)
    lines, rough = [], []
    for n, path in enumerate(paths):
        depth = float(piece.depth_mm[path].max())
        points = _without_ends(piece.points[path], piece.depth_mm[path], both=n == 0)
        lines.append(evenly(smoothed(points, 2.0)))
        rough.append(np.full(len(lines[-1]), depth))
    inner = [_inside_earlier(lines, rough, n) for n in range(len(lines))]
    fits: list[Fit] = []
    for _ in range(2):
        fits = []
        owner, nearest = _owners(piece.points, lines, inner)
        for n, line in enumerate(lines):
            own = owner == n
            points, at = piece.points[own], nearest[own]
            before, beyond = _projected(line, points)
            at_start, at_end = at == 0, at == len(line) - 1
            middle = ~(at_start & (before > 0.5 * STEP_MM) | at_end & (beyond > 0.5 * STEP_MM))
            lines[n], radius = _recentred(line, points[middle], at[middle], inner[n], voxel_mm3, width)
            ends = [max(0.0, float(np.percentile(each, 98))) if len(each) else 0.0
                    for each in (before[at_start], beyond[at_end])]  # fmt: skip
            fits.append(Fit(Course("", 0, lines[n], radius), *ends))
    return fits


def _without_ends(points: np.ndarray, depth_mm: np.ndarray, both: bool) -> np.ndarray:
    """Return a path without its ends, where what is left of the vessel lies to one side: they are made anew, straight.

    The start is one of the ends unless the path begins on another.
    """
    near = min(20, len(depth_mm) // 2 + 1)
    arc = path_lengths(points)
    begin = float(depth_mm[:near].max()) if both else 0.0
    end = arc[-1] - float(depth_mm[-near:].max())
    kept = np.flatnonzero((arc >= begin) & (arc <= end))
    if len(kept) < 3:
        middle = len(points) // 2
        kept = np.arange(max(middle - 1, 0), min(middle + 2, len(points)))
    return points[kept]


def _projected(line: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far points lie before the first and beyond the last point of a line, along its directions there."""
    few = min(5, len(line) - 1)
    first, last = line[0] - line[few], line[-1] - line[-1 - few]
    first, last = (each / max(float(np.linalg.norm(each)), 1e-9) for each in (first, last))
    return (points - line[0]) @ first, (points - line[-1]) @ last


def _inside_earlier(lines, radii, n: int) -> np.ndarray:
    """Return which points of line `n` lie within the vessels of the lines before it; never all of them."""
    inner = np.zeros(len(lines[n]), bool)
    for line, radius in zip(lines[:n], radii[:n], strict=True):
        distance, at = cKDTree(line).query(lines[n])
        inner |= distance < radius[at]
    inner[-1] = False
    return inner


def _owners(points: np.ndarray, lines, inner) -> tuple[np.ndarray, np.ndarray]:
    """Return which line each voxel is nearest to, and which of that line's points."""
    counts = [np.count_nonzero(~each) for each in inner]
    every = np.concatenate([line[~each] for line, each in zip(lines, inner, strict=True)])
    index = np.concatenate([np.flatnonzero(~each) for each in inner])
    line_of = np.repeat(np.arange(len(lines)), counts)
    _, at = cKDTree(every).query(points)
    return line_of[at], index[at]


def _recentred(line, points, nearest, inner, voxel_mm3, width_mm) -> tuple[np.ndarray, np.ndarray]:
    """Return a line moved across itself into the middle of its voxels, and the radius at each of its points."""
    count = len(line)
    weight = np.bincount(nearest, minlength=count).astype(float)
    sums = np.stack([np.bincount(nearest, points[:, axis], count) for axis in range(3)], axis=1)
    step = np.linalg.norm(np.gradient(line, axis=0), axis=1)
    sigma = width_mm / STEP_MM

    def spread(values):
        return ndimage.gaussian_filter1d(np.asarray(values, float), sigma, axis=0, mode="constant", truncate=3.0)

    mass = spread(weight)
    some = mass > 1e-3 * max(float(mass.max()), 1e-9)
    middle = np.where(some[:, None], spread(sums) / np.maximum(mass, 1e-9)[:, None], line)
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    move = middle - line
    move -= np.einsum("nc,nc->n", move, tangent)[:, None] * tangent
    move[inner] = 0.0
    outside = (~inner).astype(float)
    area = mass * voxel_mm3 / np.maximum(spread(step * outside), 1e-6)
    radius = np.sqrt(np.maximum(area, 0.0) / np.pi)
    known = np.flatnonzero(~inner & some)
    radius = np.interp(np.arange(count), known, radius[known]) if len(known) else radius
    radius = ndimage.gaussian_filter1d(radius, 1.5, mode="nearest")
    return smoothed(line + move, 1.5), np.maximum(radius, LEAST_RADIUS_MM)


def smoothed(points: np.ndarray, sigma_mm: float) -> np.ndarray:
    """Return a line, with points about every mm, smoothed along itself; its ends stay."""
    if len(points) < 3:
        return points
    # Mirrored through the ends: they stay, and so does the direction there.
    reach = min(len(points) - 1, max(1, int(4 * sigma_mm / STEP_MM)))
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -2 - reach : -1]
    long = np.concatenate([before, points, after])
    return ndimage.gaussian_filter1d(long, sigma_mm / STEP_MM, axis=0)[reach : reach + len(points)]


def evenly(points: np.ndarray, step_mm: float = STEP_MM) -> np.ndarray:
    """Return a line with points at even distances of about `step_mm`, at least three."""
    arc = path_lengths(points)
    return points_at(points, arc, np.linspace(0.0, arc[-1], max(3, round(arc[-1] / step_mm) + 1)))


def with_end(fit: Fit, goes_on: bool) -> Course:
    """Return a course whose rounded end lies where the label ends, or that goes on beyond the field of the label map.

    Parameters
    ----------
    fit : Fit
    goes_on : bool
        Whether its far end is cut by the field.
    """
    course = fit.course
    radius, points = course.radius_mm, course.points
    # A half ball of the same volume as the cylinder that it stands for is two thirds of a radius long.
    more_mm = 2.0 * radius[-1] + 3.0 if goes_on else fit.beyond_mm - 0.67 * radius[-1]
    if more_mm >= STEP_MM:
        few = min(5, len(points) - 1)
        direction = points[-1] - points[-1 - few]
        direction /= max(float(np.linalg.norm(direction)), 1e-9)
        more = points[-1] + direction * np.arange(STEP_MM, more_mm + 1e-9, STEP_MM)[:, None]
        far = np.full(len(more), radius[-1])
        return replace(course, points=np.concatenate([points, more]), radius_mm=np.concatenate([radius, far]))
    if more_mm < 0:
        arc = path_lengths(points)
        keep = max(3, int(np.searchsorted(arc, max(arc[-1] + more_mm, 0.5 * arc[-1]), side="right")))
        return replace(course, points=points[:keep], radius_mm=radius[:keep])
    return course


def turned(fit: Fit) -> Fit:
    """Return the same the other way round."""
    course = replace(fit.course, points=fit.course.points[::-1], radius_mm=fit.course.radius_mm[::-1])
    return Fit(course, fit.beyond_mm, fit.before_mm)
