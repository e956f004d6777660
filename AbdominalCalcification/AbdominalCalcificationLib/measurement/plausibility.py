"""Whether what a mask calls an artery can be one: before anything is followed, so that work and memory are bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..anatomy import TERRITORIES, Territory
from ..errors import InputError
from ..flags import Flag
from ..geometry import Box, Grid, Volume
from ..geometry.voxels import bounds_of
from ..progress import Progress, Steps
from .constants import (
    DOUBTFUL_VOLUME,
    DOUBTFUL_WIDTH,
    FEWEST_VOXELS,
    LONGEST_M,
    MOST_DUST,
    MOST_PIECES,
    MOST_RUNS,
    MOST_VOXELS,
)
from .shape import Shape, run_count_steps, shape_steps

STAGE = "Measuring: checking the artery masks"


# Voxels that are looked at in one go.
_CHUNK = 4_000_000
# Unknown labels that are named.
_MOST_NAMED = 10

_KNOWN_LABELS = np.zeros(256, bool)
_KNOWN_LABELS[[0, *(territory.label for territory in TERRITORIES)]] = True


@dataclass(frozen=True, eq=False)
class PlausibleArteries:
    """The voxels of a mask that can be measured as arteries.

    Attributes
    ----------
    kji : dict of int to ndarray of int32, shape (n, 3)
        By label, in the order of the array.
    refused : tuple of Territory
        In the mask, but not measured; `flags` say why.
    flags : tuple of Flag
    is_whole : bool
        Nothing was left out.
    judged : dict of str to Judgement
        By the name of the territory.
    """

    kji: dict[int, np.ndarray]
    refused: tuple[Territory, ...]
    flags: tuple[Flag, ...]
    is_whole: bool
    judged: dict[str, Judgement]

    def of(self, arteries: Volume) -> Volume:
        """Return the mask that was judged without what was left out."""
        if self.is_whole:
            return arteries
        array = np.zeros(arteries.array.shape, np.uint8)
        for label, kji in self.kji.items():
            array[tuple(kji.T)] = label
        return arteries.with_array(array)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Whether what is labelled as one territory can be it.

    Attributes
    ----------
    kji : ndarray of int32, shape (n, 3)
        Its voxels that are measured, in the order of the array.
    is_whole : bool
        All that are labelled so.
    refused : bool
    flags : tuple of Flag
    shape : Shape or None
        Of its voxels; None where that is not known.
    """

    kji: np.ndarray
    is_whole: bool
    refused: bool
    flags: tuple[Flag, ...]
    shape: Shape | None = None

    @cached_property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest index of its voxels along each axis."""
        return bounds_of(self.kji)


def plausible_arteries_steps(arteries: Volume) -> Steps[PlausibleArteries]:
    """Leave out what cannot be an artery: too small, too large, too wide, or in too many pieces.

    Volume and calibre are held against those of the table of territories. A piece of a territory is
    26-connected. Specks (pieces too small for an artery) are left out only where there are more
    pieces than can be followed.

    Parameters
    ----------
    arteries : Volume
        Territory labels.

    Returns
    -------
    PlausibleArteries
        As the result of the generator.

    Raises
    ------
    InputError
        For labels that no territory has and values that are no numbers.
    """
    counts = yield from label_counts_steps(arteries.array)
    kji = yield from label_voxels_steps(arteries.array, listed_labels(counts, arteries.grid))
    judged = {}
    for territory in TERRITORIES:
        if counts[territory.label]:
            count, own = int(counts[territory.label]), kji.get(territory.label)
            judged[territory.name] = yield from judged_steps(territory, count, own, arteries.grid)
    return plausible_of(judged)


def plausible_of(judged: Mapping[str, Judgement]) -> PlausibleArteries:
    """Join the judgements of the territories that a mask has, by their names."""
    present = [territory for territory in TERRITORIES if territory.name in judged]
    refused = tuple(territory for territory in present if judged[territory.name].refused)
    flags = [flag for territory in present for flag in judged[territory.name].flags]
    trunk = TERRITORIES[0]
    if trunk in refused:
        message = f"{trunk.title}: what is labelled so is none, so there is nothing that the other arteries leave."
        flags.append(Flag("no_abdominal_aorta", message, trunk.name))
    kji = {each.label: judged[each.name].kji for each in present if len(judged[each.name].kji)}
    is_whole = all(judged[each.name].is_whole for each in present)
    return PlausibleArteries(kji, refused, tuple(flags), is_whole, dict(judged))


def judged_steps(
    territory: Territory,
    count: int,
    kji: np.ndarray | None,
    grid: Grid,
    before: Shape | None = None,
    edited: Box | None = None,
) -> Steps[Judgement]:
    """Judge one territory by its voxels.

    Parameters
    ----------
    territory : Territory
    count : int
        Of its voxels, at least one.
    kji : ndarray of int32, shape (count, 3), or None
        In the order of the array; None where there are more than such an artery can have (:func:`listed_labels`).
    grid : Grid
    before, edited : optional
        As in :func:`.shape.shape_steps`.
    """
    each = _Judged(territory, count, grid)
    stays = None
    if not each.judge_volume() or kji is None:
        stays = np.zeros(0 if kji is None else len(kji), bool)
    else:
        stays = yield from each.judge_shape_steps(kji, before, edited)
    nothing = np.zeros((0, 3), np.int32)
    if stays is None or (len(stays) and stays.all()):
        return Judgement(kji, True, False, tuple(each.flags), each.shape)
    own = nothing if kji is None else kji[stays]
    return Judgement(own, False, each.refused, tuple(each.flags))


def listed_labels(counts: np.ndarray, grid: Grid) -> np.ndarray:
    """Return for which of 256 labels the voxels can be listed: not more than such an artery has."""
    listed = np.zeros(256, bool)
    for territory in TERRITORIES:
        listed[territory.label] = not _Judged(territory, int(counts[territory.label]), grid).is_too_large
    return listed


class _Judged:
    """The judgement of one territory, in the making."""

    def __init__(self, territory: Territory, count: int, grid: Grid):
        self._territory, self._count, self._grid = territory, count, grid
        self._voxel_mm3 = grid.voxel_volume_mm3
        self.refused = False
        self.flags: list[Flag] = []
        self.shape: Shape | None = None

    def _refuse(self, code: str, message: str):
        self.refused = True
        self._flag(code, f"{message}, so not measured.")

    def _flag(self, code: str, message: str):
        self.flags.append(Flag(code, f"{self._territory.title}: {message}", self._territory.name))

    @property
    def is_too_large(self) -> bool:
        """Whether there are more voxels than such an artery has, or than can be measured."""
        return self._count * self._voxel_mm3 > 1000 * self._territory.largest_ml or self._count > MOST_VOXELS

    def judge_volume(self) -> bool:
        """Return whether the volume alone is possible."""
        each, volume_mm3 = self._territory, self._count * self._voxel_mm3
        if volume_mm3 > 1000 * each.largest_ml:
            message = f"{_ml(volume_mm3)} are labelled, more than any such artery holds ({each.largest_ml:g} mL)"
            self._refuse("mask_implausible", message)
        elif self._count > MOST_VOXELS:
            message = f"{self._count / 1e6:.0f} million voxels are more than can be measured; resample the CT"
            self._refuse("mask_implausible", message)
        elif self._is_tiny(self._count):
            self._refuse_tiny(self._count, "only")
        return not self.refused

    def _is_tiny(self, count: int) -> bool:
        return count < FEWEST_VOXELS or count * self._voxel_mm3 < self._territory.smallest_mm3

    def _refuse_tiny(self, count: int, what: str):
        voxels = "1 voxel" if count == 1 else f"{count} voxels"
        least = max(self._territory.smallest_mm3, FEWEST_VOXELS * self._voxel_mm3)
        message = f"{what} {count * self._voxel_mm3:.1f} mm³ ({voxels}), less than {least:.3g} mm³"
        self._refuse("territory_tiny", message)

    def judge_shape_steps(
        self, kji: np.ndarray, before: Shape | None = None, edited: Box | None = None
    ) -> Steps[np.ndarray | None]:
        """Judge pieces and calibre of the territory's voxels; return which of them stay, None for all."""
        runs = yield from run_count_steps(kji)
        if runs > MOST_RUNS:
            self._refuse("mask_shredded", f"{runs} separate runs of voxels are no artery")
            return np.zeros(len(kji), bool)
        self.shape = shape = yield from shape_steps(kji, self._grid, before, edited)
        size = shape.size
        kept = None if shape.count <= MOST_PIECES else self._without_specks(size, shape.piece)
        if not self.refused and self._is_tiny(size.max()):
            self._refuse_tiny(int(size.max()), f"in {shape.count} pieces of at most" if shape.count > 1 else "only")
        if not self.refused:
            self._judge_calibre(*shape.calibre.diameters_mm, int(size.max()))
        return np.zeros(len(kji), bool) if self.refused else kept

    def _without_specks(self, size: np.ndarray, piece: np.ndarray) -> np.ndarray:
        """Leave out the specks of a mask in too many pieces, where they are few; return what stays."""
        specks = size * self._voxel_mm3 < self._territory.smallest_mm3
        left_out, volume_mm3 = int(specks.sum()), size[specks].sum() * self._voxel_mm3
        if size[specks].sum() > MOST_DUST * size.sum() or len(size) - left_out > MOST_PIECES:
            self._refuse("mask_shredded", f"{len(size)} separate pieces are no artery")
        else:
            self._flag("specks_left_out", f"{left_out} specks ({_ml(volume_mm3)} together) were left out.")
        return ~specks[piece]

    def _judge_calibre(self, diameter_mm: float, at_most_mm: float, count: int):
        """Judge how wide the largest piece is: so wide, or a little wider where it was measured coarsely."""
        each, volume_mm3 = self._territory, count * self._voxel_mm3
        length_m = volume_mm3 / (np.pi / 4 * at_most_mm**2) / 1000
        if diameter_mm > each.widest_mm:
            message = f"{diameter_mm:.0f} mm wide, wider than any such artery ({each.widest_mm:g} mm)"
            self._refuse("mask_implausible", message)
        elif length_m > LONGEST_M:
            message = f"{_ml(volume_mm3)} nowhere wider than {at_most_mm:.1f} mm are a sponge and no artery"
            self._refuse("mask_shredded", message)
        elif diameter_mm > DOUBTFUL_WIDTH * each.widest_mm or volume_mm3 > DOUBTFUL_VOLUME * 1000 * each.largest_ml:
            message = f"{_ml(volume_mm3)}, up to {diameter_mm:.0f} mm wide: a giant aneurysm, or not this artery alone."
            self._flag("mask_implausible", message)


def _ml(volume_mm3: float) -> str:
    volume_ml = volume_mm3 / 1000
    return f"{volume_ml:.0f} mL" if volume_ml >= 10 else f"{volume_ml:.3g} mL"


def slabs(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield slabs of an array with their first index."""
    thickness = max(1, _CHUNK // (array.shape[1] * array.shape[2]))
    for start in range(0, array.shape[0], thickness):
        yield start, array[start : start + thickness]


def label_counts_steps(array: np.ndarray) -> Steps[np.ndarray]:
    """Count the voxels of every label."""
    check_numbers(array, "artery mask")
    counts, unknown = np.zeros(256, int), set()
    for _, slab in slabs(array):
        values = slab[slab != 0]
        labels = np.clip(values, 0, 255).astype(np.uint8)
        wrong = (labels != values) | ~_KNOWN_LABELS[labels]
        if wrong.any():
            unknown.update(np.unique(values[wrong])[:_MOST_NAMED].tolist())
        counts += np.bincount(labels, minlength=256)
        yield Progress(STAGE, 0.0)
    if unknown:
        named = ", ".join(f"{value:g}" for value in sorted(unknown)[:_MOST_NAMED])
        raise InputError(f"The artery mask has labels that no artery has: {named}; map them to arteries by name.")
    return counts


def label_voxels_steps(array: np.ndarray, wanted: np.ndarray) -> Steps[dict[int, np.ndarray]]:
    """List the voxels of each of the wanted labels that there are: indices, shape (n, 3), in the order of the array."""
    found: dict[int, list[np.ndarray]] = {}
    for start, slab in slabs(array):
        place = np.flatnonzero(slab)
        values = slab.reshape(-1)[place].astype(np.uint8)
        k, j, i = np.unravel_index(place, slab.shape)
        kji = np.stack([k + start, j, i], axis=1).astype(np.int32)
        for label in np.flatnonzero(np.bincount(values, minlength=256)).tolist():
            if wanted[label]:
                found.setdefault(label, []).append(kji[values == label])
        yield Progress(STAGE, 0.0)
    return {label: np.concatenate(parts) for label, parts in found.items()}


def check_numbers(array: np.ndarray, name: str):
    """Refuse a mask whose values are no numbers."""
    if array.dtype.kind not in "buif":
        raise InputError(f"The {name} holds no numbers but {array.dtype}; give a label map.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise InputError(f"The {name} has voxels without a number (NaN); export it again.")
