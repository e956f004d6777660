"""The sliding window as a sweep along the first axis, in memory that does not grow with the image.

Three steps follow each other through the image, each keeping only the slices that it still
needs: :class:`Source` resamples the image just before its first tile, :func:`sweep` adds up
the logits of tiles and lets go of each slice after its last tile, :class:`Labels` resamples
these logits and keeps the label of the greatest, only where it can be a wanted one. Needs
torch, which is imported in the functions; runs on any of its devices.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from ..errors import ModelError
from .clock import TILES
from .resampling import AxisMap
from .tiles import Tile, gaussian

INFINITE = "The network returned infinite values; its checkpoint is damaged or does not fit its plans."

# Slices of the image that are resampled at once, and edge of the squares that labels are
# decided in: large enough to be quick, small enough to weigh little.
_SLICES_AT_ONCE = 16
_SQUARE = 64
# Margins are kept in steps of this, up to 255 of them: at 12.75 a network is as sure as it gets.
MARGIN_STEP = 0.05


class Intensities(NamedTuple):
    """The normalisation of an image: clipped to low … high HU, minus `mean`, divided by `scale`."""

    low: float
    high: float
    mean: float
    scale: float

    def normalized(self, hu):
        """Return `hu`, a number, an array or a tensor, normalised."""
        return (hu.clip(self.low, self.high) - self.mean) / self.scale


class Source:
    """An image at the network's spacing, slice by slice; zeros around it, where tiles need them.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
        HU; may be a memory map.
    maps : sequence of AxisMap
        To the network's grid.
    intensities : Intensities
        `low` and `high` are also the least and greatest HU of the image, if these are closer.
    padding : tuple of int
        Zeros before the first voxel of each axis.
    window : tuple of slice
        Part of the second and third axis that is wanted, in the padded grid.
    device : str
    """

    def __init__(
        self,
        image: np.ndarray,
        maps: Sequence[AxisMap],
        intensities: Intensities,
        padding: Sequence[int],
        window: tuple[slice, slice],
        device: str,
    ):
        import torch

        self._image, self._maps, self._intensities, self._device = image, maps, intensities, device
        self._padding = padding[0]
        self._size = tuple(part.stop - part.start for part in window)
        inside = [
            slice(max(part.start - before, 0), min(part.stop - before, len(axis)))
            for part, before, axis in zip(window, padding[1:], maps[1:], strict=True)
        ]
        self._support = [axis.support(rows) for axis, rows in zip(maps[1:], inside, strict=True)]
        self._matrices = [
            torch.from_numpy(axis.matrix[rows, columns].copy()).to(device)
            for axis, rows, columns in zip(maps[1:], inside, self._support, strict=True)
        ]
        at = [part.start + before - span.start for part, before, span in zip(inside, padding[1:], window, strict=True)]
        self._place = tuple(
            slice(start, start + part.stop - part.start) for start, part in zip(at, inside, strict=True)
        )
        low, high = (self._intensities.normalized(np.float32(hu)) for hu in (intensities.low, intensities.high))
        self._range = float(low), float(high)
        # Slices of the image, resampled within the slice; those that are still needed.
        self._slices = torch.zeros((0, *(part.stop - part.start for part in inside)), device=device)
        self._first = 0

    def rows(self, start: int, stop: int):
        """Return slices `start` to `stop` of the padded grid, a tensor (n, y, z); `start` never falls."""
        import torch

        result = torch.zeros((stop - start, *self._size), device=self._device)
        inside = slice(max(start - self._padding, 0), min(stop - self._padding, len(self._maps[0])))
        if inside.stop > inside.start:
            needed = self._maps[0].support(inside)
            self._prepare(needed)
            weights = torch.from_numpy(self._maps[0].matrix[inside, needed].copy()).to(self._device)
            rows = torch.tensordot(weights, self._slices, 1).clamp_(*self._range)
            at = inside.start + self._padding - start
            result[(slice(at, at + len(rows)), *self._place)] = rows
        return result

    def _prepare(self, needed: slice) -> None:
        import torch

        kept = self._slices[max(needed.start - self._first, 0) :]
        begin = max(needed.start, self._first + len(self._slices))
        pieces = [kept]
        for start in range(begin, needed.stop, _SLICES_AT_ONCE):
            part = self._image[(slice(start, min(start + _SLICES_AT_ONCE, needed.stop)), *self._support)]
            part = torch.from_numpy(np.array(part, np.float32, order="C")).to(self._device)
            part = self._intensities.normalized(part)
            pieces.append(torch.matmul(self._matrices[0], torch.matmul(part, self._matrices[1].T)))
        self._slices, self._first = torch.cat(pieces), needed.start
        let_go(self._image)


def let_go(image: np.ndarray) -> None:
    """Tell the system that pages of a memory map were read for now, so that they do not count as this process's."""
    while isinstance(image.base, np.ndarray):
        image = image.base
    if isinstance(image.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        image.base.madvise(mmap.MADV_DONTNEED)


class Labels:
    """Labels on the image's own grid, decided square by square from the logits that arrive.

    Parameters
    ----------
    result : ndarray, shape (x, y, z)
        Written where a wanted label has the greatest logit.
    maps : sequence of AxisMap
        From the network's grid to the image's, with weights that are not negative.
    classes : int
        Number of labels with the background.
    wanted : sequence of int
        Labels that are written; all compete.
    region : ndarray of bool or None, shape (x, y, z)
        Where labels are wanted.
    window : tuple of slice
        Part of the second and third axis of the network's grid that the logits cover.
    margins : ndarray of uint8 or None, shape (x, y, z)
        Written where a label is: by how much its logit is greater than the next one, in steps of :data:`MARGIN_STEP`.
    """

    def __init__(
        self,
        result: np.ndarray,
        maps: Sequence[AxisMap],
        classes: int,
        wanted: Sequence[int],
        region: np.ndarray | None,
        window: tuple[slice, slice],
        margins: np.ndarray | None = None,
    ):
        self._result, self._maps, self._region, self._window = result, maps, region, window
        self._margins = margins
        self._wanted = list(wanted)
        self._is_wanted = np.zeros(classes, bool)
        self._is_wanted[self._wanted] = True
        self._next = 0
        self._first, self._logits = 0, None

    def take(self, first: int, logits) -> None:
        """Take mean logits of the slices from `first` on, a tensor (classes, n, y, z), and label what they suffice for.

        Slices come in order; those that never come are background.
        """
        import torch

        if self._logits is not None and self._first + self._logits.shape[1] == first:
            logits = torch.cat([self._logits, logits], dim=1)
            first = self._first
        along = self._maps[0]
        stop = first + logits.shape[1]
        # Slices whose neighbours have all come; they depend on no others.
        ready = np.flatnonzero((along.first >= first) & (along.stop <= stop))
        ready = ready[ready >= self._next]
        if len(ready):
            rows = slice(int(ready[0]), int(ready[-1]) + 1)
            self._label(rows, first, logits)
            self._next = rows.stop
        needed = int(along.first[self._next]) if self._next < len(along) else stop
        keep = min(max(needed - first, 0), logits.shape[1])
        self._first, self._logits = first + keep, logits[:, keep:].clone()

    def _label(self, rows: slice, first: int, logits) -> None:
        # With weights that are not negative, a label can only win where it beats the background in a neighbour.
        others = logits[1:] if len(self._wanted) == len(logits) - 1 else logits[self._wanted]
        possible = (others.amax(dim=0) > logits[0]).cpu().numpy()
        if not possible.any():
            return
        second, third = self._maps[1:]
        for y in range(0, len(second), _SQUARE):
            for z in range(0, len(third), _SQUARE):
                square = slice(y, min(y + _SQUARE, len(second))), slice(z, min(z + _SQUARE, len(third)))
                if self._region is None or self._region[(rows, *square)].any():
                    self._label_square(rows, square, first, logits, possible)

    def _label_square(self, rows: slice, square: tuple[slice, slice], first: int, logits, possible) -> None:
        import torch

        needed = [self._maps[0].support(rows)]
        for axis, part, window in zip(self._maps[1:], square, self._window, strict=True):
            support = axis.support(part)
            needed.append(slice(max(support.start, window.start), min(support.stop, window.stop)))
        if any(part.stop <= part.start for part in needed):
            return
        starts = first, *(window.start for window in self._window)
        local = tuple(slice(part.start - at, part.stop - at) for part, at in zip(needed, starts, strict=True))
        if not possible[local].any():
            return
        weights = [
            torch.from_numpy(axis.matrix[part, columns].copy()).to(logits.device)
            for axis, part, columns in zip(self._maps, (rows, *square), needed, strict=True)
        ]
        part = logits[(slice(None), *local)]
        # Labels that beat the background nowhere here cannot win: of many, a few are resampled.
        competing = torch.cat([torch.ones_like(part[:1, 0, 0, 0], dtype=torch.bool), _any_beats(part)])
        competing = torch.nonzero(competing).flatten()
        part = part[competing].float()
        part = torch.matmul(weights[1], torch.matmul(part, weights[2].T))
        part = torch.matmul(weights[0], part.flatten(2)).unflatten(2, part.shape[2:])
        labels = competing[part.max(dim=0).indices].to(torch.int16).cpu().numpy()  # many times quicker than argmax
        wanted = self._is_wanted[labels]
        np.copyto(self._result[(rows, *square)], labels, where=wanted, casting="unsafe")
        if self._margins is not None and wanted.any():
            self._margins[(rows, *square)][wanted] = _margins(part[:, torch.from_numpy(wanted).to(part.device)])


def _margins(logits) -> np.ndarray:
    """Return by how much the greatest of the logits (classes, n) exceeds the next, in steps, uint8, 1 to 255."""
    first, second = logits.topk(2, dim=0).values
    return ((first - second) / MARGIN_STEP).round().clamp_(1, 255).cpu().numpy().astype(np.uint8)


def _any_beats(logits):
    """Return which labels have a greater logit than the background somewhere, (classes - 1,) of bool."""
    return (logits[1:] > logits[:1]).flatten(1).any(dim=1)


def work_of(tiles: Sequence[Tile], patch: Sequence[int]) -> dict[str, int]:
    """Return how much work of each kind a sweep over `tiles` is."""
    firsts = sorted({tile[0] for tile in tiles})
    slices = patch[0] + sum(min(second - first, patch[0]) for first, second in pairwise(firsts))
    return {"slices prepared": slices, TILES: len(tiles), "slices labelled": slices}


def sweep(
    run: Callable,
    source: Source,
    tiles: Iterable[Tile],
    patch: Sequence[int],
    window: tuple[slice, slice],
    classes: int,
    batch: int,
    take: Callable,
    did: Callable[[str, int], None],
    device: str,
) -> None:
    """Run the network over `tiles` and hand their weighted mean logits on, slice by slice.

    Parameters
    ----------
    run : callable
        From tiles, a tensor (n, 1, *patch), to logits (n, classes, *patch).
    tiles : iterable of tile
        In the padded grid, in the order of their first axis; inside `window` on the others.
    batch : int
        Tiles that are run at once.
    take : callable
        Called with the first slice and the logits (classes, n, y, z) of slices that are done.
    did : callable
        Called with the kind of work that was just done, a key of :func:`work_of`, and how much.
    device : str
        Where the sums are kept.

    Raises
    ------
    ModelError
        Where logits are not finite.
    """
    import torch

    weights = torch.from_numpy(gaussian(patch)).to(device)
    size = tuple(part.stop - part.start for part in window)
    sums = torch.zeros((classes, patch[0], *size), dtype=torch.half, device=device)
    seen = torch.zeros((patch[0], *size), device=device)
    image = torch.zeros((0, *size), device=device)
    rows = [(first, list(row)) for first, row in groupby(tiles, key=lambda tile: tile[0])]
    behind = behind_stop = 0
    for number, (first, row) in enumerate(rows):
        image = image[max(first - behind, 0) :]
        image = torch.cat([image, source.rows(first + len(image), first + patch[0]).to(device)])
        did("slices prepared", first + patch[0] - max(first, behind_stop))
        behind, behind_stop = first, first + patch[0]
        places = [
            (slice(None), *(slice(at - part.start, at - part.start + n) for at, part, n in zip(*each, strict=True)))
            for each in ((tile[1:], window, patch[1:]) for tile in row)
        ]
        for start in range(0, len(places), batch):
            some = places[start : start + batch]
            logits = run(torch.stack([image[place] for place in some])[:, None])
            for place, each in zip(some, logits, strict=True):
                sums[(slice(None), *place)] += each.to(device).float() * weights
                seen[place] += weights
            did(TILES, len(some))
        following = rows[number + 1][0] if number + 1 < len(rows) else first + patch[0]
        done = min(following - first, patch[0])
        unseen = seen[:done] == 0
        mean = sums[:, :done].div_(seen[:done].masked_fill_(unseen, 1))
        if not torch.isfinite(torch.stack(torch.aminmax(mean))).all():
            raise ModelError(INFINITE)
        mean[0].masked_fill_(unseen, 1)
        take(first, mean)
        did("slices labelled", done)
        for each in (sums, seen):
            rest = each.narrow(-3, done, patch[0] - done).clone()
            each.zero_()
            each.narrow(-3, 0, patch[0] - done).copy_(rest)
