"""The tree of arteries of a label map: which piece leaves which, where, and along which course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ...errors import InputError
from ...geometry.volume import Grid
from .courses import STEP_MM, Course, Fit, evenly, fitted, smoothed, turned, with_end
from .paths import Piece, paths_of

_NEAR = np.ones((3, 3, 3), bool)
# A piece of fewer voxels has no course; it is left out and told.
FEWEST_VOXELS = 4
# A larger one is no artery (the widest that is: an aneurysm of the whole aorta), and would take minutes.
MOST_VOXELS = 3_000_000
# Contact so far from where a branch leaves its parent is not its beginning.
_ROOT_MM = 4.0


@dataclass(frozen=True)
class Gap:
    """A piece of an artery that touches no other artery on its way to the aorta."""

    name: str
    piece: int
    millimetres: float
    volume_mm3: float

    def text(self) -> str:
        return (
            f"{self.name}: a piece of {self.volume_mm3:.0f} mm³ lies {self.millimetres:.1f} mm from the arteries that"
            " hang on the aorta"
        )


@dataclass(frozen=True, eq=False)
class Tree:
    """The arteries of a label map.

    Attributes
    ----------
    courses : tuple of Course
        The aorta first; parents before children; of one name the longest first.
    touching : frozenset of frozenset of int
        Pairs of territory labels that touch in the label map.
    gaps : tuple of Gap
    specks : dict of str to int
        Voxels, by name, of pieces too small to have a course.
    """

    courses: tuple[Course, ...]
    touching: frozenset[frozenset[int]]
    gaps: tuple[Gap, ...]
    specks: dict[str, int]


@dataclass(eq=False)
class _Part:
    """A connected piece of one label, on the way into the tree."""

    name: str
    label: int
    number: int
    box: tuple[slice, ...]
    mask: np.ndarray
    parent: int | None = None
    contact: np.ndarray | None = None
    joined: bool = False
    course: int = -1


def tree_of(arteries: np.ndarray, names: Mapping[int, tuple[str, int]], grid: Grid) -> Tree:
    """Return the tree of arteries.

    Parameters
    ----------
    arteries : ndarray of uint8, shape (k, j, i)
        0, or a number of `names`.
    names : mapping of int to (str, int)
        Name and territory label (0: not measured) of each; one is the aorta, label 1.
    grid : Grid
        k runs upwards, about.

    Raises
    ------
    InputError
        For a piece that is too large to be an artery.
    """
    parts, specks = _parts(arteries, names)
    order = _connected(parts, arteries, grid)
    courses: list[Course] = []
    gaps = []
    for part in order:
        voxel = grid.voxel_volume_mm3
        if not part.joined and part.label != 1:
            gaps.append(Gap(part.name, part.number, _distance_to(part, courses, grid), float(part.mask.sum()) * voxel))
        _add_courses(part, parts, courses, arteries.shape, grid)
    return Tree(tuple(courses), _touching(parts, arteries, names), tuple(gaps), specks)


def _parts(arteries: np.ndarray, names) -> tuple[list[_Part], dict[str, int]]:
    """Return the connected pieces that are large enough, the largest of each name first, and how much is not."""
    parts: list[_Part] = []
    specks: dict[str, int] = {}
    boxes = ndimage.find_objects(arteries)
    for value, (name, label) in names.items():
        box = boxes[value - 1] if value <= len(boxes) else None
        if box is None:
            continue
        pieces, count = ndimage.label(arteries[box] == value, _NEAR)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
        for number, piece in enumerate(np.argsort(-sizes, kind="stable")):
            if sizes[piece] > MOST_VOXELS:
                raise InputError(
                    f"'{name}' has {sizes[piece]:,} voxels in one piece; that is no artery, see the table."
                )
            if sizes[piece] < FEWEST_VOXELS:
                specks[name] = specks.get(name, 0) + int(sizes[piece])
                continue
            mask = pieces == piece + 1
            inner = ndimage.find_objects(mask.astype(np.uint8))[0]
            own = tuple(slice(b.start + i.start, b.start + i.stop) for b, i in zip(box, inner, strict=True))
            parts.append(_Part(name, label, number, own, mask[inner]))
    return parts, specks


def _grown(part: _Part, shape) -> tuple[tuple[slice, ...], np.ndarray]:
    """Return the box, one voxel wider, and the mask of the voxels that touch a part or are of it."""
    box = tuple(slice(max(b.start - 1, 0), min(b.stop + 1, n)) for b, n in zip(part.box, shape, strict=True))
    mask = np.zeros([b.stop - b.start for b in box], bool)
    mask[tuple(slice(o.start - b.start, o.stop - b.start) for o, b in zip(part.box, box, strict=True))] = part.mask
    return box, ndimage.binary_dilation(mask, _NEAR)


def _connected(parts: list[_Part], arteries: np.ndarray, grid: Grid) -> list[_Part]:
    """Find each part's parent, step by step from the aorta; return the parts, parents first."""
    owner = np.zeros(arteries.shape, np.int32)
    for number, part in enumerate(parts, start=1):
        owner[part.box][part.mask] = number
    contacts: list[dict[int, np.ndarray]] = []
    for part in parts:
        box, near = _grown(part, arteries.shape)
        found = np.where(near, owner[box], 0)
        own = owner[part.box][part.mask][0]
        start = [b.start for b in box]
        contacts.append({int(o) - 1: np.argwhere(found == o) + start for o in np.unique(found) if o not in (0, own)})
    aorta = max(range(len(parts)), key=lambda n: (parts[n].label == 1, parts[n].mask.sum()))
    order, front = [aorta], [aorta]
    parts[aorta].joined = True
    while front:
        reached: dict[int, int] = {}
        for parent in front:
            for child in contacts[parent]:
                if not parts[child].joined:
                    best = reached.get(child)
                    touch = len(contacts[child][parent])
                    if best is None or touch > len(contacts[child][best]):
                        reached[child] = parent
        for child, parent in sorted(reached.items()):
            parts[child].joined, parts[child].parent = True, parent
            parts[child].contact = contacts[child][parent]
        front = sorted(reached)
        order += front
    order += [n for n in range(len(parts)) if n not in set(order)]
    return [parts[n] for n in order]


def _distance_to(part: _Part, courses: list[Course], grid: Grid) -> float:
    """Return how far a part lies from the surface of the nearest course, mm."""
    points = grid.ras_of_kji(np.argwhere(part.mask) + [b.start for b in part.box])
    best = np.inf
    for course in courses:
        distance, at = cKDTree(course.points).query(points)
        best = min(best, float((distance - course.radius_mm[at]).min()))
    return max(best, 0.0)


def _add_courses(part: _Part, parts: list[_Part], courses: list[Course], shape, grid: Grid) -> None:
    """Add the courses of a part to those found, joined to their parents."""
    piece = Piece.of(part.mask, grid, np.array([b.start for b in part.box]), shape)
    root = _root(part, piece, courses, grid)
    paths = paths_of(piece, root)
    found = fitted(piece, paths, grid.voxel_volume_mm3, max(grid.spacing_mm))
    first = part.course = len(courses)
    for path, fit in zip(paths, found, strict=True):
        course = with_end(fit, _cut_off(piece, path[-1], shape))
        if len(courses) == first and part.parent is None:
            start = turned(Fit(course, fit.before_mm, 0.0))
            course = turned(Fit(with_end(start, _cut_off(piece, path[0], shape)), 0.0, 0.0)).course
        course = replace(course, name=part.name, label=part.label, piece=part.number)
        if len(courses) > first:
            course = replace(course, parent=_nearest_course(courses, first, course.points[0]))
        elif part.parent is not None:
            parent = parts[part.parent].course
            course = _joined(course, _nearest_course(courses, parent, course.points[0]), courses)
        courses.append(course)


def _cut_off(piece: Piece, voxel: int, shape) -> bool:
    """Return whether a vessel that ends at a voxel goes on where the label map ends."""
    kji = piece.kji[voxel]
    return bool(((kji <= 0) | (kji >= np.array(shape) - 1)).any())


def _root(part: _Part, piece: Piece, courses: list[Course], grid: Grid) -> int:
    """Return the number of the voxel at which a part begins: the aorta at its top, others where they leave."""
    if part.label == 1 and part.parent is None:
        low = int(np.argmin(piece.points[:, 2]))
        return piece.end_from(piece.end_from(piece.end_from(low)))
    if part.contact is None:
        if not courses:
            return piece.end_from(0)
        every = np.concatenate([each.points for each in courses])
        distance, _ = cKDTree(every).query(piece.points)
        return int(np.argmin(distance))
    # Contact voxels are the parent's: the part's own beside them.
    touch = grid.ras_of_kji(part.contact)
    reach = 1.01 * grid.voxel_diagonal_mm
    distance, _ = cKDTree(touch).query(piece.points)
    beside = np.flatnonzero(distance <= reach)
    tip = piece.farthest_from(beside)
    away = piece.distances_mm(tip)[beside]
    first = beside[away >= away.max() - _ROOT_MM]
    middle = piece.points[first].mean(axis=0)
    return int(first[np.argmin(np.linalg.norm(piece.points[first] - middle, axis=1))])


def _nearest_course(courses: list[Course], first: int, point: np.ndarray) -> int:
    """Return which course of the part that begins with number `first` lies nearest to a point."""
    of = courses[first]
    same = [n for n in range(first, len(courses)) if (courses[n].name, courses[n].piece) == (of.name, of.piece)]
    return min(same, key=lambda n: float(np.linalg.norm(courses[n].points - point, axis=1).min()))


def _joined(course: Course, parent: int, courses: list[Course]) -> Course:
    """Return a course that begins in the middle of its parent."""
    line = courses[parent].points
    start = line[int(np.argmin(np.linalg.norm(line - course.points[0], axis=1)))]
    way = evenly(np.stack([start, course.points[0]]), STEP_MM)[:-1]
    points = smoothed(np.concatenate([way, course.points]), 1.5)
    radius = np.concatenate([np.full(len(way), course.radius_mm[0]), course.radius_mm])
    return replace(course, points=points, radius_mm=radius, parent=parent)


def _touching(parts: list[_Part], arteries: np.ndarray, names) -> frozenset[frozenset[int]]:
    """Return which territories touch in the label map."""
    label_of = np.zeros(256, np.uint8)
    for value, (_, label) in names.items():
        label_of[value] = label
    pairs = set()
    for part in parts:
        if part.label:
            box, near = _grown(part, arteries.shape)
            pairs |= {frozenset((part.label, int(o))) for o in np.unique(label_of[arteries[box][near]]) if o}
    return frozenset(pair for pair in pairs if len(pair) == 2)
