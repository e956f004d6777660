"""What is known of a simulated radiograph: vertebrae, walls, and the Kauppila score from the plaques themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ...geometry.lines import path_lengths, points_at
from ...simulation.plaques import Plaque
from ...simulation.tubes import Tube
from ..coverage import Walls, coverage, score_of
from ..document import segment_document, vertebra_documents
from ..kauppila import KauppilaScore
from ..spine import LABELS, Vertebra, borders_of, vertebrae_of
from .calcium import surface_points
from .lumbar import Bone
from .screen import Screen

if TYPE_CHECKING:
    from .film import Film
    from .scenes import Scene, Shadow

# Least thickness of a body that a label map shows, mm of bone along the ray.
_LEAST_MM = 2.0
# A deposit is visible where its contrast is this many times the noise (Rose's criterion, doi 10.1364/JOSA.38.000196,
# takes 3 to 5), both averaged over squares of this many pixels, ...
ROSE, ROSE_PIXELS = 3.0, 3
# ... and where it changes what is detected by this share at least: below, the texture of bone and bowel hides it. Ours.
LEAST_CONTRAST = 0.006
# Steps at which walls are looked at for calcium, to which points are rounded, and how far along the wall one reaches.
_SAMPLE_MM, _POINT_MM, _HALF_MM = 0.3, 0.1, 0.2


def label_map(parts: list[tuple[Bone, np.ndarray, tuple[int, int]]], shape: tuple[int, int]) -> np.ndarray:
    """Return the label map of vertebral bodies from the thickness of each; where two overlap, the thicker one."""
    labels, thickest = np.zeros(shape, np.uint8), np.full(shape, _LEAST_MM, np.float32)
    for bone, image, first in parts:
        if bone.name not in LABELS or not image.size:
            continue
        top, left = max(first[0], 0), max(first[1], 0)
        low, right = min(first[0] + image.shape[0], shape[0]), min(first[1] + image.shape[1], shape[1])
        if top >= low or left >= right:
            continue
        part = image[top - first[0] : low - first[0], left - first[1] : right - first[1]]
        box = slice(top, low), slice(left, right)
        wins = part > thickest[box]
        labels[box][wins] = LABELS[bone.name]
        thickest[box][wins] = part[wins]
    return labels


def wall_lines(screen: Screen, aorta: Tube, highest_mm: float) -> Walls:
    """Return the front and the back contour of the aorta's projection below a height, points of the radiograph."""
    line = aorta.centerline
    used = np.flatnonzero(line.points[:, 2] <= highest_mm)
    used = used[np.unique(np.append(np.arange(0, len(used), 2), len(used) - 1))]
    places, scale = screen.places(line.points[used])
    middle = screen.detector.points(places)
    # Where an aneurysm bends sharply, contours would cross themselves.
    ahead = ndimage.gaussian_filter1d(np.gradient(middle, axis=0), 5.0, axis=0, mode="nearest")
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    # Towards the feet, the front is on the right-hand side: x to the right, y down.
    front = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    reach = (aorta.outer_mm[used] * scale)[:, None]
    return Walls(middle + reach * front, middle - reach * front)


def plaque_places(screen: Screen, aorta: Tube, plaques: list[Plaque]) -> np.ndarray:
    """Return where calcium of the aorta is projected, points of the radiograph."""
    own = [surface_points(aorta, plaque, _SAMPLE_MM) for plaque in plaques]
    points = np.concatenate(own) if own else np.zeros((0, 3))
    if not len(points):
        return np.zeros((0, 2))
    places = screen.detector.points(screen.places(points)[0])
    # Plaques overlap in projection: one point a place is enough.
    return np.unique(np.rint(places / _POINT_MM), axis=0) * _POINT_MM


def scores(places: np.ndarray, walls: Walls, vertebrae: dict[str, Vertebra]) -> KauppilaScore:
    """Return the score of calcium at places, facing left."""
    return score_of(coverage(places, walls, borders_of(vertebrae), _HALF_MM))


def visible_places(places: np.ndarray, contrast: np.ndarray, noise: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Return those places at which calcium stands out from the noise.

    Parameters
    ----------
    places : ndarray, shape (n, 2)
    contrast : ndarray
        Share by which the calcium lessens what each pixel detects.
    noise : ndarray
        Relative standard deviation of a pixel.
    pixel_mm : float
    """
    if not len(places):
        return places
    signal = ndimage.uniform_filter(contrast, ROSE_PIXELS)
    spread = ndimage.uniform_filter(noise, ROSE_PIXELS) / ROSE_PIXELS
    seen = (signal > ROSE * spread) & (signal > LEAST_CONTRAST)
    column, row = np.rint(places / pixel_mm).astype(int).T
    inside = (row >= 0) & (row < seen.shape[0]) & (column >= 0) & (column < seen.shape[1])
    found = np.zeros(len(places), bool)
    found[inside] = seen[row[inside], column[inside]]
    return places[found]


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a radiograph.

    Attributes
    ----------
    score, visible : KauppilaScore
        Of all calcium of the aorta, and of what stands out from the noise.
    vertebrae : dict of str to Vertebra
    walls : Walls
    """

    score: KauppilaScore
    visible: KauppilaScore
    vertebrae: dict[str, Vertebra]
    walls: Walls

    def mirrored(self, width: float) -> Known:
        """Return the same in the image mirrored left to right, of which `width` is the last column's x."""

        def turned(line: np.ndarray) -> np.ndarray:
            return line * [-1.0, 1.0] + [width, 0.0]

        return Known(
            _mirrored(self.score, width),
            _mirrored(self.visible, width),
            {name: own.mirrored(width) for name, own in self.vertebrae.items()},
            Walls(turned(self.walls.anterior), turned(self.walls.posterior)),
        )

    def document(self) -> dict:
        """Return it as JSON values, named as in ``radiograph.json``."""
        return {
            "score": self.score.total,
            "affected_segments": self.score.affected_segments,
            "affected_walls": self.score.affected_walls,
            "segments": [segment_document(each) for each in self.score.segments],
            "visible_score": self.visible.total,
            "visible_segments": [segment_document(each) for each in self.visible.segments],
            "vertebrae": vertebra_documents(self.vertebrae),
            "walls": {
                wall: [[round(x, 2), round(y, 2)] for x, y in thinned(self.walls.of(wall))]
                for wall in ("anterior", "posterior")
            },
        }


def truth_of(scene: Scene, shadow: Shadow, screen: Screen, film: Film) -> Known:
    """Return what is known of a film, facing left: the plaques themselves tell the score, not the image."""
    pixel, patient = screen.detector.pixel_mm, scene.patient
    aorta = patient.drawn.arteries[0]
    walls = wall_lines(screen, aorta, float(scene.middles()[:, 2].max()) + 60.0)
    vertebrae = vertebrae_of(shadow.labels, (pixel, pixel))
    places = plaque_places(screen, aorta, patient.plaques[0])
    seen = visible_places(places, film.contrast, film.exposure.noise, pixel)
    return Known(scores(places, walls, vertebrae), scores(seen, walls, vertebrae), vertebrae, walls)


def _mirrored(score: KauppilaScore, width: float) -> KauppilaScore:
    return KauppilaScore(
        tuple(replace(each, line=tuple((width - x, y) for x, y in each.line)) for each in score.segments)
    )


def thinned(line, every_mm: float = 2.0) -> list:
    """Return a line with points about every 2 mm, its ends kept."""
    points = np.asarray(line, float)
    if len(points) < 3:
        return points.tolist()
    arc = path_lengths(points)
    return points_at(points, arc, np.linspace(0.0, arc[-1], max(2, int(arc[-1] / every_mm) + 1))).tolist()
