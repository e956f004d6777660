"""One radiograph from pixels to the eight parts of its score. Runs in the worker process.

Where the file does not say how large a pixel is, the vertebrae tell: what the network finds most of, and is surest of,
is taken; where it does not say which way the patient faces, the skin of the back does besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from ..radiograph.facing import Seen, lead_of_left
from ..radiograph.image import FACINGS, Radiograph
from ..radiograph.kauppila import PARTS, VERTEBRAE, Segment
from ..radiograph.kauppila_parts import parts_of
from ..radiograph.levels import Levels, name_levels
from ..radiograph.region import film_step, images_of, regions_of
from ..radiograph.resampling import Raster, raster_at, raster_onto
from ..radiograph.spine import MEAN_DEPTH_MM, Vertebra, vertebrae_of
from .kauppila_predictor import KauppilaPredictor
from .vertebra_predictor import VertebraPredictor

# Longer side of a lumbar film where its size is not known, mm: tried in turn.
_LONG_SIDES_MM = (400.0, 280.0, 560.0)
# At this spacing corners are found.
_FINE_MM = 0.6
# Pixels of the network around a body that still take its name.
_NEAR = 2.0
# What :func:`quality_of` is where all vertebrae are found and named with little doubt.
_GOOD = 5.0


@dataclass(frozen=True, eq=False)
class Found:
    """What was found; points and labels as the image is stored.

    Attributes
    ----------
    labels : ndarray of uint8, shape (rows, columns)
    vertebrae : dict of str to Vertebra
    segments : tuple of Segment
    faces : str
    levels : Levels
        At the network's spacing, facing left.
    facing_lead : float or None
        By how much more speaks for the side taken than for the other one; None where the image says its side.
    """

    labels: np.ndarray
    vertebrae: dict[str, Vertebra]
    segments: tuple[Segment, ...]
    faces: str
    levels: Levels
    facing_lead: float | None = None


@dataclass(frozen=True, eq=False)
class _Look:
    """A radiograph facing left as the network sees it when a unit of its points is so many mm."""

    radiograph: Radiograph
    mm_per_unit: float
    shares: Raster
    levels: Levels

    @property
    def bodies(self) -> Raster:
        """Share of vertebral bodies, whatever their names."""
        return replace(self.shares, pixels=1.0 - self.shares.pixels[..., 0])

    @property
    def quality(self) -> float:
        return quality_of(self.levels)

    @cached_property
    def vertebrae(self) -> dict[str, Vertebra]:
        """Those that were found, from a label map at a spacing that suffices for corners."""
        fine = _FINE_MM / self.mm_per_unit
        film = self.radiograph
        shape = [max(1, round(n * step / fine)) for n, step in zip(film.pixels.shape, film.step, strict=True)]
        return vertebrae_of(self.labels(shape, (fine, fine)), (fine, fine))

    def labels(self, shape: Sequence[int], step: Sequence[float]) -> np.ndarray:
        """Return the label map for an image of `shape` and `step`: smooth borders, each body with its name."""
        # Beyond the border between the network's pixels the name is that of the nearest one.
        away, (rows, columns) = ndimage.distance_transform_edt(self.levels.labels == 0, return_indices=True)
        named = np.where(away <= _NEAR, self.levels.labels[rows, columns], 0).astype(np.uint8)
        places = [
            np.clip(np.rint((np.arange(n) * s - o) / t).astype(int), 0, size - 1)
            for n, s, o, t, size in zip(shape, step, self.shares.origin, self.shares.step, named.shape, strict=True)
        ]
        # An image may have many pixels, most of them far from all bodies.
        asked = [_extent(np.asarray(named.any(axis=1 - axis))[at]) for axis, at in enumerate(places)]
        body = raster_onto(self.bodies, asked, step) > 0.5
        names = named[np.ix_(*(at[each] for at, each in zip(places, asked, strict=True)))]
        labels = np.zeros(shape, np.uint8)
        labels[np.ix_(*asked)] = np.where(body, names, 0)
        return labels


def _extent(taken: np.ndarray) -> np.ndarray:
    """Return the indices from the first to the last one that is taken."""
    found = np.flatnonzero(taken)
    return np.arange(found[0], found[-1] + 1) if len(found) else found


def quality_of(levels: Levels) -> float:
    """Return how much was found: lumbar vertebrae and the sacrum, less what is not sure about their names."""
    return sum(name in levels.names for name in (*VERTEBRAE, "L5", "S1")) + 2.0 * levels.likelihood


def read(radiograph: Radiograph, vertebra_predictor: VertebraPredictor, kauppila_predictor: KauppilaPredictor) -> Found:
    """Return vertebrae and score of a radiograph."""
    best, faces, lead = _looked(radiograph, vertebra_predictor)
    vertebrae = best.vertebrae
    segments = _segments(best.radiograph, vertebrae, kauppila_predictor)
    labels = best.labels(radiograph.pixels.shape, radiograph.step)
    if faces == "right":
        width = radiograph.width
        labels = np.ascontiguousarray(labels[:, ::-1])
        vertebrae = {name: each.mirrored(width) for name, each in vertebrae.items()}
        segments = tuple(replace(each, line=tuple((width - x, y) for x, y in each.line)) for each in segments)
    return Found(labels, vertebrae, segments, faces, best.levels, lead)


def found_vertebrae(radiograph: Radiograph, predictor: VertebraPredictor) -> tuple[Radiograph, dict[str, Vertebra]]:
    """Return a radiograph facing left, and its vertebrae."""
    best, _, _ = _looked(radiograph, predictor)
    return best.radiograph, best.vertebrae


def _looked(radiograph: Radiograph, predictor: VertebraPredictor) -> tuple[_Look, str, float | None]:
    """Return the best look at a radiograph, the side that it faces, and by how much more speaks for that side."""
    sides = FACINGS if radiograph.faces is None else (radiograph.faces,)
    looks = {side: _best_look(replace(radiograph, faces=side).facing_left(), predictor) for side in sides}
    if radiograph.faces is not None:
        return looks[radiograph.faces], radiograph.faces, None
    seen = {side: Seen(each.bodies, each.quality, each.vertebrae) for side, each in looks.items()}
    lead = lead_of_left(radiograph, seen)
    side = "left" if lead >= 0 else "right"
    return looks[side], side, abs(lead)


def _best_look(radiograph: Radiograph, predictor: VertebraPredictor) -> _Look:
    """Return what is found on a radiograph facing left; where its size is not known, at the size that fits best."""
    if radiograph.spacing_mm is not None:
        return _look(radiograph, predictor, 1.0)
    long_side = max(n * step for n, step in zip(radiograph.pixels.shape, radiograph.step, strict=True))
    best = _look(radiograph, predictor, _LONG_SIDES_MM[0] / long_side)
    for length in _LONG_SIDES_MM[1:]:
        if best.quality >= _GOOD:
            break
        best = max(best, _look(radiograph, predictor, length / long_side), key=lambda each: each.quality)
    found = best.vertebrae
    if not found:
        return best
    depth = float(np.median([each.depth for each in found.values()]))
    again = _look(radiograph, predictor, MEAN_DEPTH_MM / depth)
    return max(best, again, key=lambda each: each.quality)


def _look(radiograph: Radiograph, predictor: VertebraPredictor, mm_per_unit: float) -> _Look:
    rows, columns = radiograph.step
    shares = predictor.shares(radiograph.pixels, (rows * mm_per_unit, columns * mm_per_unit))
    levels = name_levels(np.moveaxis(shares.pixels, -1, 0))
    (dy, dx), (y, x) = shares.step, shares.origin
    scaled = Raster(shares.pixels, (dy / mm_per_unit, dx / mm_per_unit), (y / mm_per_unit, x / mm_per_unit))
    return _Look(radiograph, mm_per_unit, scaled, levels)


def _segments(
    radiograph: Radiograph, vertebrae: Mapping[str, Vertebra], predictor: KauppilaPredictor
) -> tuple[Segment, ...]:
    regions = regions_of(vertebrae, predictor.model.geometry)
    if not regions:
        return tuple(Segment(*part, None) for part in PARTS)
    film = raster_at(radiograph.pixels, radiograph.step, film_step(vertebrae))
    said = predictor.say(images_of(film, regions, vertebrae))
    return parts_of(regions, said.probabilities, said.calcium, said.across, predictor.model.decision)


def to_json(found: Found) -> dict:
    """Return what was found, without the labels, ready for JSON."""
    levels = found.levels
    return {
        "faces": found.faces,
        "facing_lead": found.facing_lead,
        "vertebrae": [asdict(each) for each in found.vertebrae.values()],
        "segments": [asdict(each) for each in found.segments],
        "levels": {
            "names": list(levels.names),
            "lead": min(levels.lead, 1e6),
            "likelihood": levels.likelihood,
            "is_uncertain": levels.is_uncertain,
        },
    }
