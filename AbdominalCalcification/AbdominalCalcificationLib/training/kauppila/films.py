"""A film to learn from: a radiograph at the step at which regions are cut, its vertebrae, and its score."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...durable import written
from ...errors import InputError
from ...geometry.lines import path_lengths, points_at
from ...radiograph.image import Radiograph
from ...radiograph.kauppila import MOST_PART, PARTS, VERTEBRAE, WALLS, Segment
from ...radiograph.region import film_step
from ...radiograph.resampling import Raster, raster_at
from ...radiograph.spine import ORDER, Vertebra

UNKNOWN = -1
# Points of each wall that are kept.
_WALL_POINTS = 480
# Step of the calcium's contrast, in those of the film.
_CONTRAST_STEPS = 2
_PARTS = 10_000
_FIELDS = (
    *("pixels", "step", "origin", "names", "centers", "corners", "areas"),
    *("scores", "walls", "calcium", "contrast", "contrast_place"),
)


@dataclass(frozen=True, eq=False)
class Film:
    """A radiograph to learn from, facing left.

    Attributes
    ----------
    raster : Raster
        float32.
    vertebrae : dict of str to Vertebra
    scores : ndarray of int8, shape (8,)
        In the order of :data:`.kauppila.PARTS`; -1 where not known.
    walls : ndarray, shape (2, n, 2), or None
        Points of the anterior and the posterior wall from head to foot.
    calcium : ndarray of bool, shape (2, n), or None
        Whether there is calcium at each.
    contrast : Raster or None
        By how much calcium of the aorta lessens what is detected, as a share, at a coarser step.
    """

    raster: Raster
    vertebrae: dict[str, Vertebra]
    scores: np.ndarray
    walls: np.ndarray | None = None
    calcium: np.ndarray | None = None
    contrast: Raster | None = None


def film_of(
    radiograph: Radiograph,
    vertebrae: Mapping[str, Vertebra],
    segments: Sequence[Segment],
    contrast: np.ndarray | None = None,
) -> Film:
    """Return the film of a radiograph facing left with the eight parts of its score; lines are taken where they are.

    `contrast` (rows, columns) is that of the aorta's calcium, where it is known.
    """
    step = film_step(vertebrae)
    raster = raster_at(radiograph.pixels, radiograph.step, step)
    amount = None if contrast is None else raster_at(contrast, radiograph.step, _CONTRAST_STEPS * step)
    scores = np.array([UNKNOWN if each.score is None else each.score for each in segments], np.int8)
    parts = {(each.vertebra, each.wall): each for each in segments}
    lines = [_wall([parts[vertebra, wall] for vertebra in VERTEBRAE]) for wall in WALLS]
    if any(line is None for line in lines):
        return Film(raster, dict(vertebrae), scores, contrast=amount)
    return Film(
        raster,
        dict(vertebrae),
        scores,
        np.stack([line[0] for line in lines if line is not None]),
        np.stack([line[1] for line in lines if line is not None]),
        amount,
    )


def _wall(segments: Sequence[Segment]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return even points of one wall through all levels, and whether each is calcified; None where no line is known."""
    known = [each for each in segments if len(each.line) > 1]
    if not known:
        return None
    points, flags = [], []
    each_has = _WALL_POINTS // len(known)
    for segment in known:
        line = np.asarray(segment.line, float)
        arc = path_lengths(line)
        share = (np.arange(each_has) + 0.5) / each_has
        points.append(points_at(line, arc, share * arc[-1]))
        calcified = np.zeros(each_has, bool)
        for start, end in segment.deposits:
            calcified |= (share >= start) & (share <= end)
        flags.append(calcified)
    rest = _WALL_POINTS - each_has * len(known)
    made = np.concatenate([*points, np.repeat(points[-1][-1:], rest, axis=0)])
    return made, np.concatenate([*flags, np.repeat(flags[-1][-1:], rest)])


def write_film(path: Path, film: Film) -> None:
    """Write a film, whole or not at all."""
    names = list(film.vertebrae)
    content: dict[str, Any] = {
        "pixels": film.raster.pixels.astype(np.float32),
        "step": np.array(film.raster.step),
        "origin": np.array(film.raster.origin),
        "names": np.array([ORDER.index(name) for name in names], np.int64),
        "centers": np.array([film.vertebrae[name].center for name in names]),
        "corners": np.array([film.vertebrae[name].corners for name in names]),
        "areas": np.array([film.vertebrae[name].area for name in names]),
        "scores": film.scores.astype(np.int8),
        "walls": np.zeros((2, 0, 2)) if film.walls is None else film.walls.astype(np.float32),
        "calcium": np.zeros((2, 0), bool) if film.calcium is None else film.calcium,
        # Parts in ten thousand: finer than any film shows.
        "contrast": np.zeros((0, 0), np.uint16)
        if film.contrast is None
        else np.rint(np.clip(film.contrast.pixels, 0.0, 1.0) * _PARTS).astype(np.uint16),
        "contrast_place": np.zeros((2, 2))
        if film.contrast is None
        else np.array([film.contrast.step, film.contrast.origin]),
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, **content)
    with written(path, lambda file: _check(file, film)) as unfinished:
        unfinished.write_bytes(packed.getvalue())


def _check(file: Path, film: Film) -> None:
    if not np.array_equal(read_film(file).scores, film.scores):
        raise OSError("it does not hold what was written")


def read_film(path: Path) -> Film:
    """Read a film; InputError where the file is none, or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            values = {name: file[name] for name in _FIELDS}
        names = [ORDER[int(n)] for n in values["names"]]
        vertebrae = {
            name: Vertebra(name, _pair(center), tuple(_pair(p) for p in corners), float(area))
            for name, center, corners, area in zip(
                names, values["centers"], values["corners"], values["areas"], strict=True
            )
        }
        raster = Raster(values["pixels"], _pair(values["step"]), _pair(values["origin"]))
        scores = values["scores"]
        if scores.shape != (len(PARTS),) or not ((scores >= UNKNOWN) & (scores <= MOST_PART)).all():
            raise ValueError("scores")
        has_walls = values["walls"].shape[1] > 0
        place = [_pair(each) for each in values["contrast_place"]]
        amount = Raster((values["contrast"] / np.float32(_PARTS)).astype(np.float32), *place)
        return Film(
            raster,
            vertebrae,
            scores,
            values["walls"].astype(float) if has_walls else None,
            values["calcium"].astype(bool) if has_walls else None,
            amount if amount.pixels.size else None,
        )
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile):
        raise InputError(
            f"'{path}' is damaged or no film to learn from; remove it and give the command again."
        ) from None


def _pair(values) -> tuple[float, float]:
    return float(values[0]), float(values[1])
