"""Overlap metrics against plain second implementations, DeepMind's surface-distance and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist

from AbdominalCalcificationLib.comparison.overlap import (
    Disagreement,
    LesionOverlap,
    VolumeOverlap,
    covered_lesions,
    disagreement,
    lesion_ids,
    lesion_overlap,
    surface_overlap,
    volume_overlap,
    volume_overlap_by_label,
)
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from examples import tried

SHAPE = (4, 5, 6)
masks = hnp.arrays(bool, SHAPE, elements=st.booleans())
labels = hnp.arrays(np.uint8, SHAPE, elements=st.integers(0, 3))
RATIOS = ("dice", "jaccard", "volumetric_similarity", "sensitivity", "precision")


def a_volume(array, spacing_mm=(0.7, 0.8, 2.5)):
    return Volume(np.asarray(array), Grid.from_spacing(np.shape(array), spacing_mm))


def voxels(array):
    return {tuple(index) for index in np.argwhere(array)}


@given(masks, masks)
@tried(60)
def test_volume_metrics_equal_set_arithmetic(reference, prediction):
    r, p = voxels(reference), voxels(prediction)
    overlap = volume_overlap(a_volume(reference), a_volume(prediction))
    voxel_mm3 = 0.7 * 0.8 * 2.5

    assert overlap.reference_mm3 == pytest.approx(len(r) * voxel_mm3)
    assert overlap.prediction_mm3 == pytest.approx(len(p) * voxel_mm3)
    assert overlap.common_mm3 == pytest.approx(len(r & p) * voxel_mm3)
    assert overlap.dice == (pytest.approx(2 * len(r & p) / (len(r) + len(p))) if r or p else None)
    assert overlap.jaccard == (pytest.approx(len(r & p) / len(r | p)) if r or p else None)
    similarity = 1 - abs(len(r) - len(p)) / (len(r) + len(p)) if r or p else None
    assert overlap.volumetric_similarity == (None if similarity is None else pytest.approx(similarity))
    assert overlap.sensitivity == (pytest.approx(len(r & p) / len(r)) if r else None)
    assert overlap.precision == (pytest.approx(len(r & p) / len(p)) if p else None)


@given(masks, masks)
@tried(30)
def test_volume_metrics_equal_scikit_learns(reference, prediction):
    metrics = pytest.importorskip("sklearn.metrics")
    if not reference.any() or not prediction.any():
        return
    overlap = volume_overlap(a_volume(reference), a_volume(prediction))
    truth, found = reference.ravel(), prediction.ravel()
    assert overlap.dice == pytest.approx(metrics.f1_score(truth, found))
    assert overlap.jaccard == pytest.approx(metrics.jaccard_score(truth, found))
    assert overlap.sensitivity == pytest.approx(metrics.recall_score(truth, found))
    assert overlap.precision == pytest.approx(metrics.precision_score(truth, found))


@given(labels, labels)
@tried(30)
def test_each_label_is_counted_as_if_it_were_alone(reference, prediction):
    together = volume_overlap_by_label(a_volume(reference), a_volume(prediction), [1, 2, 3])
    for label, overlap in together.items():
        assert overlap == volume_overlap(a_volume(reference == label), a_volume(prediction == label))


def test_what_is_empty_has_a_state_and_only_the_numbers_that_formulas_give():
    empty, full = np.zeros(SHAPE, bool), np.ones(SHAPE, bool)

    neither = volume_overlap(a_volume(empty), a_volume(empty))
    assert neither.state == "neither"
    assert [getattr(neither, name) for name in RATIOS] == [None] * 5

    missed = volume_overlap(a_volume(full), a_volume(empty))
    assert missed.state == "missed"
    assert [getattr(missed, name) for name in RATIOS] == [0, 0, 0, 0, None]

    extra = volume_overlap(a_volume(empty), a_volume(full))
    assert extra.state == "extra"
    assert [getattr(extra, name) for name in RATIOS] == [0, 0, 0, None, 0]

    both = volume_overlap(a_volume(full), a_volume(full))
    assert both.state == "both"
    assert [getattr(both, name) for name in RATIOS] == [1] * 5


def test_surfaces_of_empty_masks_have_no_distance():
    empty, full = a_volume(np.zeros(SHAPE, bool)), a_volume(np.ones(SHAPE, bool))
    assert surface_overlap(empty, empty).surface_dice is None
    for pair in ((empty, full), (full, empty)):
        assert surface_overlap(*pair).surface_dice == 0
        assert surface_overlap(*pair).hausdorff95_mm is None


def test_pooling_adds_volumes_not_ratios():
    pooled = VolumeOverlap(10, 10, 10) + VolumeOverlap(90, 30, 0)
    assert pooled.dice == pytest.approx(2 * 10 / 140)


def plain_faces(mask, matrix):
    """Every face of every voxel whose neighbour is outside, one by one."""
    middles, areas = [], []
    inside = voxels(mask)
    steps = matrix[:3, :3].T[::-1]
    for voxel in inside:
        for axis in range(3):
            for side in (-1, 1):
                neighbour = np.array(voxel)
                neighbour[axis] += side
                if tuple(neighbour) not in inside:
                    middle = np.array(voxel, float)
                    middle[axis] += side / 2
                    middles.append(matrix[:3, :3] @ middle[::-1] + matrix[:3, 3])
                    areas.append(np.linalg.norm(np.cross(*np.delete(steps, axis, axis=0))))
    return np.array(middles), np.array(areas)


def plain_percentile(distances, areas, part):
    """Smallest distance such that faces at most that far hold `part` of the area."""
    total = areas.sum()
    return min(d for d in distances if areas[distances <= d].sum() >= part * total - 1e-9)


@given(masks, masks, st.sampled_from([0.5, 1.0, 2.6]))
@tried(40)
def test_surface_metrics_equal_a_brute_force_on_sheared_grids(reference, prediction, tolerance_mm):
    if not reference.any() or not prediction.any():
        return
    matrix = np.array([[0.7, 0.1, 0.3, 5], [-0.2, 0.8, 0.4, -7], [0.1, 0, 2.5, 9], [0, 0, 0, 1]])
    grid = Grid(SHAPE, matrix)
    result = surface_overlap(Volume(reference, grid), Volume(prediction, grid), tolerance_mm)

    (points_r, areas_r), (points_p, areas_p) = plain_faces(reference, matrix), plain_faces(prediction, matrix)
    distances = cdist(points_r, points_p)
    to_p, to_r = distances.min(axis=1), distances.min(axis=0)
    near = areas_r[to_p <= tolerance_mm + 1e-6].sum() + areas_p[to_r <= tolerance_mm + 1e-6].sum()
    assert result.surface_dice == pytest.approx(near / (areas_r.sum() + areas_p.sum()))
    expected = max(plain_percentile(to_p, areas_r, 0.95), plain_percentile(to_r, areas_p, 0.95))
    assert result.hausdorff95_mm == pytest.approx(expected, abs=1e-9)


def a_ball(center_mm, radius_mm, grid):
    points = grid.ras_of_kji(np.argwhere(np.ones(grid.shape, bool)))
    return (np.linalg.norm(points - center_mm, axis=1) <= radius_mm).reshape(grid.shape)


def distances_between_spheres(radius_mm, other_mm, apart_mm):
    """Distances from evenly spread points of one sphere to another whose centre is `apart_mm` away."""
    heights = np.linspace(-1, 1, 20001)  # of a sphere, equal heights have equal areas
    to_center = np.sqrt(radius_mm**2 + apart_mm**2 + 2 * radius_mm * apart_mm * heights)
    return np.abs(to_center - other_mm)


@pytest.mark.parametrize("spacing_mm", [(0.5, 0.5, 0.5), (0.4, 0.4, 0.8)])
def test_surface_metrics_of_two_balls_are_nearer_to_the_analytic_ones_than_deepminds(spacing_mm):
    """Its surface elements are triangles between voxel centres, ours are voxel faces."""
    deepmind = pytest.importorskip("surface_distance")
    grid = Grid.from_spacing([round(26 / s) for s in spacing_mm[::-1]], spacing_mm)
    center = grid.ras_of_kji([np.array(grid.shape) / 2])[0]
    reference, prediction = a_ball(center, 8, grid), a_ball(center + np.array([2, 0, 0]), 9, grid)
    ours = surface_overlap(Volume(reference, grid), Volume(prediction, grid), 1.5)

    out, back = distances_between_spheres(8, 9, 2), distances_between_spheres(9, 8, 2)
    surface_dice = (8**2 * (out <= 1.5).mean() + 9**2 * (back <= 1.5).mean()) / (8**2 + 9**2)
    hausdorff95_mm = max(np.quantile(out, 0.95), np.quantile(back, 0.95))
    assert ours.surface_dice == pytest.approx(surface_dice, abs=0.03)
    assert ours.hausdorff95_mm == pytest.approx(hausdorff95_mm, abs=0.2)

    theirs = deepmind.compute_surface_distances(reference, prediction, spacing_mm[::-1])
    their_dice = deepmind.compute_surface_dice_at_tolerance(theirs, 1.5)
    assert abs(ours.surface_dice - surface_dice) < abs(their_dice - surface_dice) < 0.1
    their_hausdorff95_mm = deepmind.compute_robust_hausdorff(theirs, 95)
    assert ours.hausdorff95_mm == pytest.approx(their_hausdorff95_mm, abs=max(spacing_mm) / 2)


def test_concentric_balls_are_as_far_apart_as_their_radii():
    grid = Grid.from_spacing((44, 44, 44), (0.5, 0.5, 0.5))
    center = grid.ras_of_kji([[22, 22, 22]])[0]
    result = surface_overlap(Volume(a_ball(center, 5, grid), grid), Volume(a_ball(center, 8, grid), grid), 2.0)
    assert result.hausdorff95_mm == pytest.approx(3.0, abs=0.5)
    assert result.surface_dice == 0


def test_one_voxel_beside_another_is_one_spacing_away():
    first, second = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    first[1, 2, 3] = second[1, 2, 4] = True
    result = surface_overlap(a_volume(first), a_volume(second), 0.0)
    assert result.hausdorff95_mm == pytest.approx(0.7)
    assert result.surface_dice == pytest.approx(2 * 0.8 * 2.5 / (4 * (0.8 * 2.5 + 0.7 * 2.5 + 0.7 * 0.8)))


@given(masks, masks)
@tried(20)
def test_flipping_and_turning_the_grid_changes_nothing(reference, prediction):
    grid = Grid.from_spacing(SHAPE, (0.7, 0.8, 2.5), (3, 4, 5))
    flip = np.array([[-1.0, 0, 0, SHAPE[2] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    turn, _ = np.linalg.qr(np.array([[1.0, 2, 3], [0, 1, 4], [5, 6, 0]]))
    turned = np.eye(4)
    turned[:3, :3] = turn
    other = Grid(SHAPE, turned @ grid.ijk_to_ras @ flip)
    plain = surface_overlap(Volume(reference, grid), Volume(prediction, grid))
    flipped = surface_overlap(Volume(reference[..., ::-1], other), Volume(prediction[..., ::-1], other))
    for name in ("surface_dice", "hausdorff95_mm"):
        a, b = getattr(plain, name), getattr(flipped, name)
        assert a == b if a is None or b is None else a == pytest.approx(b, abs=1e-6)


def plain_pieces(mask):
    """26-connected pieces, by walking from voxel to voxel."""
    left, pieces = voxels(mask), []
    while left:
        stack, piece = [left.pop()], set()
        while stack:
            voxel = stack.pop()
            piece.add(voxel)
            near = {n for n in left if max(abs(a - b) for a, b in zip(n, voxel, strict=True)) == 1}
            left -= near
            stack.extend(near)
        pieces.append(piece)
    return pieces


@given(
    hnp.arrays(bool, SHAPE, elements=st.sampled_from([False] * 6 + [True])),
    hnp.arrays(bool, SHAPE, elements=st.sampled_from([False] * 6 + [True])),
    st.sampled_from([0.0, 0.5, 1.0]),
)
@tried(50)
def test_lesions_are_counted_as_a_walk_over_voxels_counts_them(reference, prediction, coverage):
    def count(mask, other):
        pieces, inside = plain_pieces(mask), voxels(other)
        return len(pieces), sum(bool(p & inside) and len(p & inside) >= coverage * len(p) for p in pieces)

    result = lesion_overlap(lesion_ids(reference), lesion_ids(prediction), coverage)
    assert (result.reference_count, result.found_count) == count(reference, prediction)
    assert (result.prediction_count, result.true_count) == count(prediction, reference)


def test_lesion_wise_f1_is_the_harmonic_mean():
    assert LesionOverlap(4, 3, 2, 1).f1 == pytest.approx(2 * 0.75 * 0.5 / 1.25)
    assert LesionOverlap(4, 0, 2, 0).f1 == 0
    assert LesionOverlap(4, 0, 0, 0).f1 == 0
    assert LesionOverlap(4, 0, 0, 0).precision is None
    assert LesionOverlap(0, 0, 0, 0).f1 is None


def test_covered_lesions_are_told_by_id():
    ids = np.array([[[1, 1, 0, 2, 0, 7]]])
    assert covered_lesions(ids, np.array([[[0, 1, 1, 0, 1, 1]]], bool)) == {1: True, 2: False, 7: True}


def test_disagreement_names_every_voxel_of_either_mask():
    first, second = np.array([[[1, 1, 0, 0]]]), np.array([[[1, 0, 1, 0]]])
    result = disagreement(a_volume(first), a_volume(second)).array
    assert result.tolist() == [[[Disagreement.BOTH, Disagreement.ONLY_FIRST, Disagreement.ONLY_SECOND, 0]]]


def test_masks_on_different_grids_are_refused():
    first, second = a_volume(np.ones(SHAPE, bool)), a_volume(np.ones(SHAPE, bool), (1, 1, 1))
    for compare in (volume_overlap, surface_overlap, disagreement):
        with pytest.raises(InputError, match="different grids"):
            compare(first, second)
