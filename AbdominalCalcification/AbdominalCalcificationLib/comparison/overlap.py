"""How well two masks agree: by volume, by surface and by lesion.

What is measured where a mask is empty
--------------------------------------
Every result carries a `state`:

``both``
    Reference and prediction hold something: every metric is defined.
``missed``
    Only the reference holds something. Dice, Jaccard, volumetric similarity, sensitivity and
    surface Dice are 0, as their formulas say; precision (0/0) and the Hausdorff distance are None.
``extra``
    Only the prediction holds something. Dice, Jaccard, volumetric similarity, precision and surface
    Dice are 0; sensitivity (0/0) and the Hausdorff distance are None.
``neither``
    Both are empty. They agree, but no ratio says how well: every metric is None. Such cases are
    counted, never averaged as 0 or 1.

So None always means 0/0 or a distance to nothing, and summaries give how many values they hold.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..errors import InputError
from ..geometry import Grid, Volume, bounding_box
from ..progress import drained

STATES = ("both", "missed", "extra", "neither")
# Surfaces closer than this count as the same: about one voxel of a CTA.
DEFAULT_TOLERANCE_MM = 1.0
_TOUCHING = np.ones((3, 3, 3), bool)
# Points whose nearest neighbours are looked for in one go.
_QUERIES = 50_000


@dataclass(frozen=True)
class VolumeOverlap:
    """Overlap counted in voxels; volumes in mm³.

    Attributes
    ----------
    reference_mm3, prediction_mm3, common_mm3 : float
    """

    reference_mm3: float
    prediction_mm3: float
    common_mm3: float

    @property
    def state(self) -> str:
        """One of :data:`STATES`; see the module's text."""
        if self.reference_mm3 > 0:
            return "both" if self.prediction_mm3 > 0 else "missed"
        return "extra" if self.prediction_mm3 > 0 else "neither"

    @property
    def dice(self) -> float | None:
        """2 |R∩P| / (|R| + |P|) (Dice 1945)."""
        return _ratio(2 * self.common_mm3, self.reference_mm3 + self.prediction_mm3)

    @property
    def jaccard(self) -> float | None:
        """|R∩P| / |R∪P|."""
        return _ratio(self.common_mm3, self.reference_mm3 + self.prediction_mm3 - self.common_mm3)

    @property
    def volumetric_similarity(self) -> float | None:
        """1 − ||P| − |R|| / (|R| + |P|) (Taha & Hanbury 2015, doi 10.1186/s12880-015-0068-x, eq. 14)."""
        difference = _ratio(abs(self.prediction_mm3 - self.reference_mm3), self.reference_mm3 + self.prediction_mm3)
        return None if difference is None else 1 - difference

    @property
    def sensitivity(self) -> float | None:
        """|R∩P| / |R|."""
        return _ratio(self.common_mm3, self.reference_mm3)

    @property
    def precision(self) -> float | None:
        """|R∩P| / |P|."""
        return _ratio(self.common_mm3, self.prediction_mm3)

    def __add__(self, other: VolumeOverlap) -> VolumeOverlap:
        """Pool two overlaps, as if they were parts of one mask."""
        return VolumeOverlap(
            self.reference_mm3 + other.reference_mm3,
            self.prediction_mm3 + other.prediction_mm3,
            self.common_mm3 + other.common_mm3,
        )


@dataclass(frozen=True)
class SurfaceOverlap:
    """Agreement of two surfaces.

    Attributes
    ----------
    surface_dice : float or None
        Normalised surface distance: the part of both surfaces, by area, that lies within the
        tolerance of the other (Nikolov et al. 2021, doi 10.2196/26151).
    hausdorff95_mm : float or None
        The larger of the two directed distances that 95 % of the surface's area keeps.
    """

    surface_dice: float | None
    hausdorff95_mm: float | None


@dataclass(frozen=True)
class LesionOverlap:
    """Agreement counted in lesions (26-connected pieces).

    Attributes
    ----------
    reference_count, found_count : int
        Lesions of the reference, and those of them that the prediction touches.
    prediction_count, true_count : int
        Lesions of the prediction, and those of them that the reference touches.
    """

    reference_count: int
    found_count: int
    prediction_count: int
    true_count: int

    @property
    def sensitivity(self) -> float | None:
        """Found lesions of the reference / all of them."""
        return _ratio(self.found_count, self.reference_count)

    @property
    def precision(self) -> float | None:
        """True lesions of the prediction / all of them."""
        return _ratio(self.true_count, self.prediction_count)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of sensitivity and precision; 0 where only one side has lesions."""
        if self.reference_count == 0 and self.prediction_count == 0:
            return None
        sensitivity, precision = self.sensitivity or 0.0, self.precision or 0.0
        return 0.0 if sensitivity + precision == 0 else 2 * sensitivity * precision / (sensitivity + precision)

    def __add__(self, other: LesionOverlap) -> LesionOverlap:
        """Pool the lesions of two overlaps."""
        return LesionOverlap(
            self.reference_count + other.reference_count,
            self.found_count + other.found_count,
            self.prediction_count + other.prediction_count,
            self.true_count + other.true_count,
        )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def volume_overlap(reference: Volume, prediction: Volume) -> VolumeOverlap:
    """Count the overlap of two masks (non-zero = inside) on the same grid.

    Examples
    --------
    >>> import numpy as np
    >>> from AbdominalCalcificationLib.geometry import Grid, Volume
    >>> grid = Grid((1, 1, 4))
    >>> overlap = volume_overlap(Volume(np.array([[[1, 1, 1, 0]]]), grid), Volume(np.array([[[0, 1, 1, 1]]]), grid))
    >>> overlap.common_mm3, round(overlap.dice, 3), overlap.jaccard
    (2.0, 0.667, 0.5)
    """
    return volume_overlap_by_label(_as_bool(reference), _as_bool(prediction), [1])[1]


def volume_overlap_by_label(reference: Volume, prediction: Volume, labels: Iterable[int]) -> dict[int, VolumeOverlap]:
    """Count the overlap of each label of two label maps, in one pass.

    Parameters
    ----------
    reference, prediction : Volume
        bool or uint8, on the same grid.
    labels : iterable of int
        Labels 1 to 255.
    """
    _check_grids(reference, prediction)
    # One count for each pair of labels; plane by plane, so that no array of the volume's size is made.
    pairs = np.zeros(256 * 256, np.int64)
    for r, p in zip(reference.array, prediction.array, strict=True):
        codes = r.astype(np.uint16) * 256 + p
        pairs += np.bincount(codes.ravel(), minlength=pairs.size)
    counts = pairs.reshape(256, 256)
    voxel_mm3 = reference.grid.voxel_volume_mm3
    return {
        label: VolumeOverlap(
            int(counts[label].sum()) * voxel_mm3,
            int(counts[:, label].sum()) * voxel_mm3,
            int(counts[label, label]) * voxel_mm3,
        )
        for label in labels
    }


def surface_overlap(
    reference: Volume, prediction: Volume, tolerance_mm: float = DEFAULT_TOLERANCE_MM
) -> SurfaceOverlap:
    """Compare the surfaces of two masks (non-zero = inside) on the same grid.

    The surface of a mask is made of the voxel faces between inside and outside (the edge of the
    image is outside). Distances go from the middle of a face to the nearest middle of a face of the
    other surface, in mm in patient space, and count by the face's area: so anisotropic, oblique and
    sheared grids are measured alike, and a mask of a single voxel has a surface.

    Parameters
    ----------
    reference, prediction : Volume
    tolerance_mm : float
        Distance up to which surfaces count as the same.
    """
    return drained(surface_overlap_steps(reference, prediction, tolerance_mm))


def surface_overlap_steps(
    reference: Volume, prediction: Volume, tolerance_mm: float = DEFAULT_TOLERANCE_MM
) -> Generator[None, None, SurfaceOverlap]:
    """Compare surfaces as :func:`surface_overlap` does, in parts that each take little time."""
    _check_grids(reference, prediction)
    if not tolerance_mm >= 0:
        raise InputError(f"The surface tolerance must be a number of at least 0 mm, not {tolerance_mm}.")
    boxes = [bounding_box(volume.array) for volume in (reference, prediction)]
    there = [box for box in boxes if box is not None]
    if len(there) < 2:
        return SurfaceOverlap(0.0 if there else None, None)
    points, areas = [], []
    for volume, box in zip((reference, prediction), there, strict=True):
        yield
        middles, sizes = _faces(volume.array[box] != 0, volume.grid.cropped(box))
        points.append(middles)
        areas.append(sizes)
    distances = []
    for own, other in (points, points[::-1]):
        yield
        distances.append((yield from _nearest_steps(own, other)))
    limit = tolerance_mm + 1e-6
    near = sum(sizes[each <= limit].sum() for each, sizes in zip(distances, areas, strict=True))
    quantiles = [_quantile(each, sizes, 0.95) for each, sizes in zip(distances, areas, strict=True)]
    return SurfaceOverlap(float(near / sum(sizes.sum() for sizes in areas)), max(quantiles))


def _nearest_steps(points: np.ndarray, others: np.ndarray) -> Generator[None, None, np.ndarray]:
    """Return how far each of `points` lies from the nearest of `others`."""
    tree = cKDTree(others)
    distances = [np.zeros(0)]
    for start in range(0, len(points), _QUERIES):
        yield
        distances.append(tree.query(points[start : start + _QUERIES])[0])
    return np.concatenate(distances)


def lesion_overlap(reference_ids: np.ndarray, prediction_ids: np.ndarray, coverage: float = 0.0) -> LesionOverlap:
    """Count the lesions that the other side touches.

    Parameters
    ----------
    reference_ids, prediction_ids : ndarray of int, shape (k, j, i)
        Lesion ids, 0 = background (:func:`lesion_ids` makes them from a mask).
    coverage : float
        Part of a lesion's own voxels (0 to 1) that the other side must cover; by default one voxel
        is enough.
    """
    found = covered_lesions(reference_ids, prediction_ids != 0, coverage)
    true = covered_lesions(prediction_ids, reference_ids != 0, coverage)
    return LesionOverlap(len(found), sum(found.values()), len(true), sum(true.values()))


def covered_lesions(ids: np.ndarray, mask: np.ndarray, coverage: float = 0.0) -> dict[int, bool]:
    """Return for each lesion id whether `mask` covers it: at least one voxel and the part `coverage` of all."""
    inside = ids != 0
    lesions = ids[inside]
    total = np.bincount(lesions)
    common = np.bincount(lesions[mask[inside]], minlength=len(total))
    return {int(i): bool(common[i] > 0 and common[i] >= coverage * total[i]) for i in np.flatnonzero(total)}


def lesion_ids(mask: np.ndarray) -> np.ndarray:
    """Return the 26-connected pieces of a mask as ids from 1, int32, shape as `mask`."""
    return ndimage.label(mask, _TOUCHING, output=np.int32)[0]


class Disagreement:
    """Values of :func:`disagreement`."""

    BOTH, ONLY_FIRST, ONLY_SECOND = 1, 2, 3


def disagreement(first: Volume, second: Volume) -> Volume:
    """Return where two masks agree and differ: uint8 with the values of :class:`Disagreement`, 0 elsewhere."""
    _check_grids(first, second)
    result = np.zeros(first.array.shape, np.uint8)
    of_pair = np.array([0, Disagreement.ONLY_FIRST, Disagreement.ONLY_SECOND, Disagreement.BOTH], np.uint8)
    for box in filter(None, map(bounding_box, (first.array, second.array))):
        a, b = ((volume.array[box] != 0).view(np.uint8) for volume in (first, second))
        result[box] = of_pair[a + 2 * b]
    return first.with_array(result)


def _check_grids(first: Volume, second: Volume) -> None:
    if not first.grid.same_as(second.grid):
        raise InputError("The two masks are on different grids; align one to the other first.")


def _as_bool(volume: Volume) -> Volume:
    return volume.with_array(volume.array != 0)


def _faces(mask: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return middles (n, 3), RAS in mm, and areas (n,), mm², of the faces between inside and outside."""
    edges = grid.ijk_to_ras[:3, :3].T[::-1]  # steps along k, j, i
    points, areas = [], []
    for axis in range(3):
        width = [(1, 1) if a == axis else (0, 0) for a in range(3)]
        indices = np.argwhere(np.diff(np.pad(mask, width), axis=axis)).astype(float)
        indices[:, axis] -= 0.5  # a face lies between two voxel centres
        others = [edges[a] for a in range(3) if a != axis]
        points.append(grid.ras_of_kji(indices))
        areas.append(np.full(len(indices), np.linalg.norm(np.cross(*others))))
    return np.concatenate(points), np.concatenate(areas)


def _quantile(distances: np.ndarray, weights: np.ndarray, part: float) -> float:
    """Return the smallest distance that at least `part` of the weight keeps."""
    order = np.argsort(distances)
    total = np.cumsum(weights[order])
    return float(distances[order][np.searchsorted(total, part * total[-1] * (1 - 1e-12))])
