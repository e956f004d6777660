"""A label map made ready for patients: its arteries as courses, its tissues as soft shares, once for all seeds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from ...geometry.box import Box, bounding_box
from ...geometry.volume import Grid
from ...names import plain_words
from .arteries import Tree, tree_of
from .atlas import Atlas
from .completion import depth_mm, drawn_slices, inside_mm, with_canal, with_lungs, without_arteries
from .tissues import Tissue

# More voxels of tissue show nothing more at the spacing of CTs: every second is taken then.
MOST_VOXELS = 40_000_000
# How far patients reach, from the aorta's bifurcation: the random functions of place go no further.
LOWEST_MM, HIGHEST_MM = -240.0, 430.0
# A smooth outline needs no voxel smaller than this.
OUTLINE_MM = 2.0
# Steps between voxels are smoothed by so many voxels, and by so many mm at least.
_SMOOTH = 0.7
_SMOOTH_MM = 0.9
# Depths are kept in tenths of a millimetre, up to 25.
DEPTH_UNIT_MM = 0.1
_SHELLED = (Tissue.BONE, Tissue.LIMB, Tissue.GUT, Tissue.KIDNEY)
# How far the lumbar vertebrae of anybody lie apart, mm; those of adults 30 to 45 (bodies of some 27 mm, Gilad and
# Nissan 1985, doi 10.1016/0141-5425(85)90025-5, and discs of 6 to 14), of small children less.
_PITCH_MM = (22.0, 55.0)
_LUMBAR = ("L1", "L2", "L3", "L4", "L5")
_WALL = frozenset({"oblique", "obliquus", "transversus", "abdominis"})
_DIAPHRAGM = frozenset({"diaphragm", "zwerchfell", "crus", "crura"})
_OTHER_DIAPHRAGMS = frozenset({"pelvic", "pelvis", "urogenital", "clitoris", "penis"})


@dataclass(frozen=True, eq=False)
class SoftTissue:
    """How much of each voxel in a box one tissue holds, 0 to 255, and how deep it is there.

    Attributes
    ----------
    tissue : Tissue
    box : tuple of slice
        Of the grid of the anatomy.
    share : ndarray of uint8
    depth : ndarray of uint8 or None
        In units of 0.1 mm, of those tissues that have a shell.
    """

    tissue: Tissue
    box: Box
    share: np.ndarray
    depth: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What patients are made of.

    Attributes
    ----------
    atlas_checksum : str
    tree : Tree
    grid : Grid
        Of the tissues.
    soft : tuple of SoftTissue
    within_tenths : ndarray of int16, shape (k, j, i)
        How far voxels lie within the outline, in 0.1 mm; negative outside.
    within_step : int
        Of which voxels, along j and i.
    has_skin, has_wall, has_crura : bool
        Whether the outline is the skin, and whether the muscles of the belly's wall and the diaphragm are labelled.
    unnamed, missing : tuple of str
        What was not understood, and the territories that are not there.
    vertebrae : ndarray of uint8, shape (k, j, i)
        0, or one more than the index in `vertebra_names`.
    vertebra_names : tuple of str
        ``L1``, ``T12``; ``S1`` is the sacrum.
    """

    atlas_checksum: str
    tree: Tree
    grid: Grid
    soft: tuple[SoftTissue, ...]
    within_tenths: np.ndarray
    within_step: int
    has_skin: bool
    has_wall: bool
    has_crura: bool
    unnamed: tuple[str, ...]
    missing: tuple[str, ...]
    vertebrae: np.ndarray
    vertebra_names: tuple[str, ...]

    @property
    def center(self) -> np.ndarray:
        """The lower end of the aorta, RAS mm: the origin of patients."""
        return self.tree.courses[0].points[-1]

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest coordinates of voxel centres, RAS mm."""
        last = np.array(self.grid.shape) - 1
        every = [[k, j, i] for k in (0, last[0]) for j in (0, last[1]) for i in (0, last[2])]
        points = self.grid.ras_of_kji(every)
        return points.min(axis=0), points.max(axis=0)

    def remarks(self) -> tuple[str, ...]:
        """Return what people should know about the label map, a sentence each."""
        said = []
        if self.missing:
            said.append(f"It has no {', '.join(self.missing)}: its patients have none either.")
        if self.unnamed:
            said.append(f"Not understood, and filled with what lies around: {', '.join(self.unnamed[:8])}.")
        said += [f"{gap.text()}." for gap in self.tree.gaps]
        said += [f"{name}: specks of {count} voxels are left out." for name, count in self.tree.specks.items()]
        pitch_mm = self.vertebra_pitch_mm()
        if pitch_mm is not None and not _PITCH_MM[0] <= pitch_mm <= _PITCH_MM[1]:
            said.append(
                f"Its lumbar vertebrae are {pitch_mm:.0f} mm apart, those of adults 30 to 45: its voxels may be "
                "of another size than the file says, its patients too low or too high; correct the spacing in the file."
            )
        return tuple(said)

    def vertebra_pitch_mm(self) -> float | None:
        """Return how far neighbouring lumbar vertebrae are apart in the median, mm; None where no two are named."""
        middles = {
            name: self.grid.ras_of_kji(np.argwhere(self.vertebrae == number)).mean(axis=0)
            for number, name in enumerate(self.vertebra_names, start=1)
            if name in _LUMBAR and (self.vertebrae == number).any()
        }
        apart = [
            float(np.linalg.norm(middles[upper] - middles[lower]))
            for upper, lower in pairwise(_LUMBAR)
            if upper in middles and lower in middles
        ]
        return float(np.median(apart)) if apart else None


def make_anatomy(atlas: Atlas) -> Anatomy:
    """Return what patients of an atlas are made of; InputError as :func:`arteries.tree_of`."""
    # Slices in which nothing is drawn would hide that arteries go on beyond the field.
    drawn = drawn_slices(atlas.tissues)
    grid, tissues = atlas.grid.cropped((drawn, slice(None), slice(None))), atlas.tissues[drawn]
    tree = tree_of(atlas.arteries[drawn], atlas.artery_names, grid)
    reached = _slices_of_patients(grid, tree.courses[0].points[-1])
    vertebrae = _coarser(grid.cropped((reached, slice(None), slice(None))), atlas.vertebrae[drawn][reached])[1]
    grid, tissues = _coarser(grid.cropped((reached, slice(None), slice(None))), tissues[reached])
    has_skin = bool(((tissues == Tissue.BODY) | (tissues == Tissue.SKIN)).any())
    step = 1 if has_skin else max(1, round(OUTLINE_MM / min(grid.spacing_mm[:2])))
    outline, coarse = _every(grid, tissues, step)
    within = inside_mm(coarse, outline)
    middle_x = float(np.median(tree.courses[0].points[:, 0]))
    tissues = without_arteries(tissues, grid)
    tissues = with_canal(tissues, grid, middle_x)
    spread = np.repeat(np.repeat(within, step, axis=1), step, axis=2)[:, : grid.shape[1], : grid.shape[2]]
    tissues = with_lungs(tissues, spread, grid, middle_x)
    tissues[tissues == Tissue.BODY] = Tissue.OUTSIDE
    soft = tuple(_soft(tissues, tissue, grid) for tissue in Tissue if (tissues == tissue).any())
    names = [plain_words(name) for name in atlas.names.values()]
    tenths = np.clip(within / DEPTH_UNIT_MM, -3000, 3000).astype(np.int16)
    has_wall = any(words & _WALL for words in names)
    has_crura = any(words & _DIAPHRAGM and not words & _OTHER_DIAPHRAGMS for words in names)
    return Anatomy(
        atlas.checksum, tree, grid, soft, tenths, step, has_skin, has_wall, has_crura, atlas.unnamed, atlas.missing,
        vertebrae, atlas.vertebra_names,
    )  # fmt: skip


def _every(grid: Grid, tissues: np.ndarray, step: int) -> tuple[Grid, np.ndarray]:
    """Return every n-th voxel within the slices, each slice."""
    matrix = np.array(grid.ijk_to_ras)
    matrix[:3, :2] *= step
    fewer = np.ascontiguousarray(tissues[:, ::step, ::step])
    return Grid(fewer.shape, matrix), fewer


def _slices_of_patients(grid: Grid, center: np.ndarray) -> slice:
    """Return the slices as far as patients reach."""
    heights = grid.ras_of_kji([[k, 0, 0] for k in range(grid.shape[0])])[:, 2] - center[2]
    k = np.flatnonzero((heights >= LOWEST_MM) & (heights <= HIGHEST_MM))
    return slice(int(k[0]), int(k[-1]) + 1)


def _coarser(grid: Grid, tissues: np.ndarray) -> tuple[Grid, np.ndarray]:
    """Return every n-th voxel, so that there are not too many."""
    step = int(np.ceil((tissues.size / MOST_VOXELS) ** (1 / 3)))
    if step == 1:
        return grid, tissues.copy()
    matrix = np.array(grid.ijk_to_ras)
    matrix[:3, :3] *= step
    fewer = np.ascontiguousarray(tissues[::step, ::step, ::step])
    return Grid(fewer.shape, matrix), fewer


def _soft(tissues: np.ndarray, tissue: Tissue, grid: Grid) -> SoftTissue:
    mask = tissues == tissue
    box = bounding_box(mask)
    assert box is not None
    wide = tuple(slice(max(b.start - 3, 0), min(b.stop + 3, n)) for b, n in zip(box, mask.shape, strict=True))
    part = mask[wide]
    sigma = [max(_SMOOTH, _SMOOTH_MM / step) for step in grid.spacing_mm[::-1]]
    share = ndimage.gaussian_filter(part.astype(np.float32), sigma, mode="nearest", truncate=3.0)
    depth = None
    if tissue in _SHELLED:
        depth = np.minimum(depth_mm(part, grid) / DEPTH_UNIT_MM, 255).astype(np.uint8)
    return SoftTissue(tissue, wide, np.rint(share * 255).astype(np.uint8), depth)
