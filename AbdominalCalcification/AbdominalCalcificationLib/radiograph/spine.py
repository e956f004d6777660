"""Vertebral bodies on a lateral radiograph: from a label map to corners, heights and the middles of discs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .kauppila import VERTEBRAE

# Values in label maps of radiographs; never reused for something else.
LABELS = {"L1": 1, "L2": 2, "L3": 3, "L4": 4, "L5": 5, "S1": 6, "L6": 7, "T12": 8}
# From head to foot.
ORDER = ("T12", "L1", "L2", "L3", "L4", "L5", "L6", "S1")
# Depth of a lumbar vertebra on a film, mm, magnified by a tenth (Gilad and Nissan 1985, doi
# 10.1016/0141-5425(85)90025-5): what films without a size are taken to have.
MEAN_DEPTH_MM = 38.0
CORNERS = ("superior_anterior", "superior_posterior", "inferior_posterior", "inferior_anterior")
# Of a disc's height to a vertebra's where no neighbour tells, half of it: Frobin et al. 1997 (doi
# 10.1016/S0268-0033(96)00067-8) have lumbar discs of some 0.3 of the vertebra's depth.
_HALF_DISC = 0.15
# A gap of more than this share of a vertebra's height is no disc: a vertebra is missing in between. Ours.
_WIDEST_DISC = 0.8


@dataclass(frozen=True)
class Vertebra:
    """One vertebral body.

    Attributes
    ----------
    name : str
    center : tuple of float
        Centroid (x, y), as points of :class:`.image.Radiograph`.
    corners : tuple of four points
        In the order of `CORNERS`.
    area : float
        In the square of the unit of the points.
    """

    name: str
    center: tuple[float, float]
    corners: tuple[tuple[float, float], ...]
    area: float

    @property
    def height(self) -> float:
        """Mean of the anterior and the posterior height."""
        top_front, top_back, low_back, low_front = np.asarray(self.corners)
        return float((np.linalg.norm(top_front - low_front) + np.linalg.norm(top_back - low_back)) / 2)

    @property
    def depth(self) -> float:
        """Mean length of both endplates."""
        top_front, top_back, low_back, low_front = np.asarray(self.corners)
        return float((np.linalg.norm(top_front - top_back) + np.linalg.norm(low_front - low_back)) / 2)

    def mirrored(self, width: float) -> Vertebra:
        """Return the same in the image mirrored left to right, of which `width` is the last column's x."""
        corners = tuple((width - x, y) for x, y in self.corners)
        return Vertebra(self.name, (width - self.center[0], self.center[1]), corners, self.area)


@dataclass(frozen=True)
class Border:
    """The line at which the wall in front of one vertebra ends: through the middle of a disc.

    Attributes
    ----------
    point : tuple of float
        Middle of the disc.
    direction : tuple of float
        Unit vector along the disc towards the patient's front.
    assumed : bool
        No neighbour tells where the disc is: half a usual disc beyond the endplate.
    """

    point: tuple[float, float]
    direction: tuple[float, float]
    assumed: bool = False


def vertebrae_of(labels: np.ndarray, step: Sequence[float], faces: str = "left") -> dict[str, Vertebra]:
    """Return the vertebral bodies of a label map (rows, columns), from head to foot; the largest piece of each.

    Parameters
    ----------
    labels : ndarray
        Values of `LABELS`.
    step : sequence of float
        Between rows and between columns (:attr:`.image.Radiograph.step`).
    faces : {'left', 'right'}
        Where the patient's front is.
    """
    labels = np.asarray(labels)
    if faces == "right":
        width = (labels.shape[1] - 1) * step[1]
        return {name: v.mirrored(width) for name, v in vertebrae_of(labels[:, ::-1], step).items()}
    points = {}
    boxes = ndimage.find_objects(labels, max(LABELS.values()))
    for name in ORDER:
        if (box := boxes[LABELS[name] - 1]) is not None:
            where = np.argwhere(largest_piece(labels[box] == LABELS[name])) + [part.start for part in box]
            points[name] = where[:, ::-1] * [step[1], step[0]]
    centers = {name: own.mean(axis=0) for name, own in points.items()}
    return {
        name: Vertebra(
            name, _pair(centers[name]), _corners(own, _axis(name, centers, own)), len(own) * step[0] * step[1]
        )
        for name, own in points.items()
    }


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """Return the largest 4-connected piece of a mask (rows, columns)."""
    pieces, count = ndimage.label(mask)
    return mask if count < 2 else pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))


def _axis(name: str, centers: Mapping[str, np.ndarray], points: np.ndarray) -> np.ndarray:
    """Return the unit vector from the vertebra towards the feet: along the spine, or down where it is alone."""
    order = [each for each in ORDER if each in centers]
    at = order.index(name)
    above, below = centers[order[max(at - 1, 0)]], centers[order[min(at + 1, len(order) - 1)]]
    along = below - above
    length = float(np.linalg.norm(along))
    return along / length if length > 0 else np.array([0.0, 1.0])


def _corners(points: np.ndarray, down: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return the four corners of a body: its farthest points along the diagonals of its own frame, facing left."""
    back = np.array([down[1], -down[0]])
    middle = points - points.mean(axis=0)
    frame = np.stack([middle @ back, middle @ down], axis=1)
    frame /= np.maximum(np.percentile(np.abs(frame), 98, axis=0), 1e-6)
    found = [points[int(np.argmax(frame @ signs))] for signs in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return tuple(_pair(each) for each in found)


def borders_of(vertebrae: Mapping[str, Vertebra]) -> dict[str, tuple[Border, Border]]:
    """Return the borders above and below each of L1 to L4 that is there, facing left."""
    order = [name for name in ORDER if name in vertebrae]
    borders = {}
    for name in VERTEBRAE:
        if name not in vertebrae:
            continue
        at, here = order.index(name), vertebrae[name]
        above = vertebrae[order[at - 1]] if at > 0 else None
        below = vertebrae[order[at + 1]] if at + 1 < len(order) else None
        borders[name] = (
            _border(above if above and _disc_between(above, here) else None, here),
            _border(here, below if below and _disc_between(here, below) else None),
        )
    return borders


def _disc_between(upper: Vertebra, lower: Vertebra) -> bool:
    """Return whether a disc, and no vertebra that was not found, lies between two bodies.

    Names alone do not say it: S1 follows L4 where there are four lumbar vertebrae.
    """
    ends = np.asarray(upper.corners)[[3, 2]].mean(axis=0), np.asarray(lower.corners)[[0, 1]].mean(axis=0)
    return float(np.linalg.norm(ends[1] - ends[0])) <= _WIDEST_DISC * max(upper.height, lower.height)


def _border(upper: Vertebra | None, lower: Vertebra | None) -> Border:
    plates = []
    if upper is not None:
        plates.append(np.asarray(upper.corners)[[3, 2]])
    if lower is not None:
        plates.append(np.asarray(lower.corners)[[0, 1]])
    ways = [(front - back) / max(float(np.linalg.norm(front - back)), 1e-6) for front, back in plates]
    way = np.mean(ways, axis=0)
    way /= np.linalg.norm(way)
    point = np.mean([plate.mean(axis=0) for plate in plates], axis=0)
    alone = upper if lower is None else lower if upper is None else None
    if alone is not None:
        # Facing left, the normal of the endplate towards the feet.
        down = np.array([way[1], -way[0]])
        point = point + down * _HALF_DISC * alone.height * (1.0 if lower is None else -1.0)
    return Border(_pair(point), _pair(way), assumed=alone is not None)


def _pair(values) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def bulge(vertebrae: Mapping[str, Vertebra]) -> float:
    """Return how far the lumbar spine bulges to the right, in heights of a body: lordosis bulges to the front.

    The greatest distance, with its sign, of the bodies from the line through the first and the last of L1 to S1.
    """
    names = [name for name in ORDER if name in vertebrae and name != "T12"]
    if len(names) < 4:
        return 0.0
    centers = np.array([vertebrae[name].center for name in names])
    along = centers[-1] - centers[0]
    length = float(np.linalg.norm(along))
    if length == 0:
        return 0.0
    # The unit vector across the line, towards the right of the image.
    across = np.array([along[1], -along[0]]) / length
    away = (centers - centers[0]) @ (across if across[0] >= 0 else -across)
    farthest = float(away[np.argmax(np.abs(away))])
    return farthest / float(np.median([vertebrae[name].height for name in names]))
