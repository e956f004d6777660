"""Parts of a virtual patient on their own: plaques, stents, streaks, slices, voltage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.simulation import default_grid, simulate
from AbdominalCalcificationLib.simulation.enhancement import draw_phase, draw_voltage_kv
from AbdominalCalcificationLib.simulation.painting import axes_of, paint_arteries
from AbdominalCalcificationLib.simulation.plaques import Plaque, draw_plaques
from AbdominalCalcificationLib.simulation.scanner import Scanner, add_streaks, scan
from AbdominalCalcificationLib.simulation.stents import Stent
from AbdominalCalcificationLib.simulation.tubes import Centerline, Tube


@pytest.fixture(scope="module")
def an_arterial_patient():
    return simulate(8, spacing_mm=(1.0, 1.0, 1.0), shape=(215, 90, 150), phase="arterial")


def a_straight_tube():
    line = Centerline.through([[0, 0, 60], [0, 0, 0], [0, 0, -60]])
    ones = np.ones(len(line.points))
    return Tube("aorta", 1, line, 8.0 * ones, 6.5 * ones, 300.0 * ones)


def a_spot(center_mm, angle_rad=0.0):
    return Plaque("spot", center_mm, angle_rad, 3.0, 0.4, 1.5, 0.0, 900.0, 900.0, 0.0)


def test_a_straight_tube_has_the_volume_of_a_cylinder():
    tube = a_straight_tube()
    # A very long ring is a hollow cylinder here.
    ring = Plaque("ring", 60.0, 0.0, 1e4, np.pi, 1.5, 0.0, 900.0, 900.0, 0.0)
    grid = default_grid((0.9, 0.9, 1.3), (30, 40, 40), center_ras=(0.3, 0.2, 0.1))
    painted = paint_arteries(np.zeros(grid.shape, np.float32), grid, [tube], [[]])
    length = 30 * 1.3
    assert painted.artery_mm3[1] == pytest.approx(np.pi * 8.0**2 * length, rel=0.005)
    with_ring = paint_arteries(np.zeros(grid.shape, np.float32), grid, [tube], [[ring]])
    # Its outside lies 0.15 mm within the wall's, its inside the thickness deeper.
    shell = np.pi * (7.85**2 - 6.35**2) * length
    assert with_ring.calcified_mm3[1] == pytest.approx(shell, rel=0.01)
    assert with_ring.artery_mm3[1] == pytest.approx(painted.artery_mm3[1], rel=1e-6)


def test_a_plaque_is_densest_in_its_middle_and_no_thinner_than_its_rim():
    plaque = replace(a_spot(60.0), rim_hu=400.0)
    depth = plaque.depth_mm(np.array([60.0, 62.5]), np.zeros(2))
    middle, towards_its_end = plaque.density_hu(np.array([60.0, 62.5]), np.zeros(2), depth, depth / 2)
    outside, inside = (plaque.density_hu(np.array([60.0]), np.zeros(1), depth[:1], b) for b in (0.0, depth[:1]))
    assert 850 < middle <= 900
    assert outside == inside == 400
    assert 400 < towards_its_end < middle
    assert middle == plaque.density_hu(np.array([60.0]), np.zeros(1), depth[:1], 0.5 * depth[:1])
    mottled = replace(plaque, mottling=0.25)
    arc = np.linspace(58.0, 62.0, 50)
    deep = mottled.depth_mm(arc, np.full(50, 0.05))
    values = mottled.density_hu(arc, np.full(50, 0.05), deep, deep / 2)
    plain = plaque.density_hu(arc, np.full(50, 0.05), deep, deep / 2)
    assert values.min() >= 400
    assert np.abs(values / plain - 1).max() <= 0.25 + 1e-6
    assert np.abs(values - plain).max() > 10


def test_density_changes_the_image_and_neither_masks_nor_volumes():
    grid = default_grid((0.8, 0.8, 0.8), (30, 40, 40), center_ras=(0.3, 0.2, 0.1))
    even, fading = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.float32)
    one = paint_arteries(even, grid, [a_straight_tube()], [[a_spot(60.0)]])
    other = paint_arteries(fading, grid, [a_straight_tube()], [[replace(a_spot(60.0), rim_hu=300.0)]])
    assert one.calcification.any()
    assert np.array_equal(one.calcification, other.calcification)
    assert one.calcified_mm3 == other.calcified_mm3
    assert fading[one.calcification > 0].mean() < even[one.calcification > 0].mean() - 50


def test_plaques_differ_in_how_they_fade(an_arterial_patient):
    shares = [plaque["rim_hu"] / plaque["hu"] for plaque in an_arterial_patient.truth["plaques"]]
    assert len(shares) > 10
    assert min(shares) < 0.7 < max(shares) <= 1.0


def test_plaques_are_spread_evenly_over_the_logarithm_of_their_density():
    blood = 150.0
    tube = replace(a_straight_tube(), lumen_hu=np.full_like(a_straight_tube().lumen_hu, blood))
    rngs = np.random.default_rng(3), np.random.default_rng(4)
    plaques = [plaque for _ in range(60) for plaque in draw_plaques(*rngs, tube, "aorta", 1.0, 0.0)]
    assert len(plaques) > 1000
    densities = np.array([plaque.hu for plaque in plaques])
    assert 300 <= densities.min() < 310
    assert 1450 < densities.max() <= 1500
    share = np.log(densities / 300) / np.log(1500 / 300)
    assert np.histogram(share, 4, (0, 1))[0] / len(plaques) == pytest.approx([0.25] * 4, abs=0.05)
    assert all(300 <= plaque.rim_hu <= plaque.hu for plaque in plaques)


@pytest.mark.parametrize("steps", [(1.0, 1.0, 1.0), (-1.0, -1.0, 1.0), (1.0, -1.0, -1.0)])
def test_true_clusters_are_counted_alike_on_every_grid(steps):
    from AbdominalCalcificationLib.geometry.volume import Grid

    # Two spots far apart, and two that overlap: three clusters.
    plaques = [[a_spot(30.0), a_spot(80.0), a_spot(81.5), a_spot(80.0, np.pi)]]
    shape, spacing = (100, 24, 24), np.array((0.9, 0.8, 1.1))
    origin = -np.array(steps) * spacing * (np.array(shape[::-1]) - 1) / 2
    grid = Grid.from_spacing(shape, spacing, origin, np.diag(steps))
    painted = paint_arteries(np.zeros(grid.shape, np.float32), grid, [a_straight_tube()], plaques)
    assert painted.clusters == {1: 3}


@pytest.mark.parametrize("steps", [(1.0, 1.0, 1.0), (-1.0, -1.0, 1.0)])
def test_true_clusters_are_those_of_a_dense_count(steps):
    from scipy import ndimage

    from AbdominalCalcificationLib.geometry.volume import Grid
    from AbdominalCalcificationLib.simulation.painting import _Cells, _count_clusters, subvoxel_counts

    grid = Grid.from_spacing((4, 5, 6), (0.9, 1.0, 1.6), (0, 0, 0), np.diag(steps))
    counts = subvoxel_counts(grid.spacing_mm)
    assert counts == [3, 3, 5]
    fine = np.random.default_rng(4).random([n * c for n, c in zip(grid.shape, counts[::-1], strict=True)]) < 0.03
    # Sub-voxels run along RAS, whichever way the voxels run.
    cells = _Cells(np.arange(np.prod(grid.shape)), int(np.prod(counts)))
    cells.label[:] = 2
    k, j, i = np.nonzero(fine)
    inner = [axis % count for axis, count in zip((i, j, k), counts, strict=True)]
    inner = [c - 1 - n if step < 0 else n for n, c, step in zip(inner, counts, steps, strict=True)]
    voxel = np.ravel_multi_index((k // counts[2], j // counts[1], i // counts[0]), grid.shape)
    calcium = np.zeros(cells.inside.shape, bool)
    calcium[voxel, np.ravel_multi_index(inner, counts)] = True
    number = ndimage.label(fine, np.ones((3, 3, 3)))[1]
    assert number > 20
    assert _count_clusters(cells, grid, calcium) == {2: number}


def test_a_stent_is_metal_in_the_wall_and_no_calcium():
    grid = default_grid((0.5, 0.5, 0.5), (120, 50, 50), center_ras=(0, 0, 0))
    stent = Stent(start_mm=45.0, end_mm=75.0, wires=6, pitch_mm=12.0, strut_mm=0.25, hu=4000.0)
    hu = np.zeros(grid.shape, np.float32)
    painted = paint_arteries(hu, grid, [a_straight_tube()], [[]], [[stent]])
    assert not painted.calcification.any()
    assert painted.calcified_mm3 == {1: 0.0}
    points = grid.ras_of_kji(np.stack(np.unravel_index(painted.metal, grid.shape), 1))
    assert np.all(np.abs(points[:, 2]) < 15.5)
    away = np.hypot(points[:, 0], points[:, 1])
    assert np.all((away > 5.4) & (away < 7.2))
    assert hu.max() > 900 > np.percentile(hu[hu > 250], 50)


def test_every_stent_has_its_own_density():
    grid = default_grid((0.5, 0.5, 0.5), (160, 120, 50), center_ras=(0, -15, 0))
    stents = [Stent(45.0, 75.0, wires=6, pitch_mm=12.0, strut_mm=0.4, hu=hu) for hu in (5000.0, 2500.0)]
    line = Centerline.through([[0, -30, 60], [0, -30, 0], [0, -30, -60]])
    ones = np.ones(len(line.points))
    other = Tube("aorta", 1, line, 8.0 * ones, 6.5 * ones, 300.0 * ones)
    hu = np.zeros(grid.shape, np.float32)
    paint_arteries(hu, grid, [a_straight_tube(), other], [[], []], [[stent] for stent in stents])
    away = grid.ras_of_kji([[0, j, 0] for j in range(grid.shape[1])])[:, 1] < -15
    assert hu[:, ~away].max() == pytest.approx(2 * hu[:, away].max(), rel=0.15)  # wires fill parts of voxels


def test_metal_leaves_streaks_in_its_slices_alone():
    grid = default_grid((1.0, 1.0, 1.0), (40, 80, 80), center_ras=(0, 0, 0))
    hu = np.zeros(grid.shape, np.float32)
    add_streaks(hu, axes_of(grid), (0.0, 0.0, 0.0), 6.0, np.random.default_rng(1))
    touched = np.flatnonzero(np.abs(hu).max(axis=(1, 2)) > 1.0)
    heights = axes_of(grid)[2][touched]
    assert len(heights)
    assert np.all(np.abs(heights) < 6.0)
    middle = hu[touched[len(touched) // 2]]
    assert middle.max() > 15
    assert middle.min() < -15
    assert np.abs(middle[:10, :10]).max() < np.abs(middle[35:45, 35:45]).max()


def test_overlapping_slices_are_thicker_than_they_lie_apart():
    ideal = np.zeros((41, 8, 8), np.float32)
    ideal[20] = 1000.0
    apart = Scanner(0.01, 0.01, 0.0, 1e-6, 0.1, overlap=0.0)
    overlapping = Scanner(0.01, 0.01, 0.0, 1e-6, 0.1, overlap=0.5)
    one = scan(ideal, (1, 1, 1), apart, np.random.default_rng(0))[:, 4, 4]
    two = scan(ideal, (1, 1, 1), overlapping, np.random.default_rng(0))[:, 4, 4]
    # Slices twice as thick as they lie apart: half of a thin sheet's signal, a quarter in each neighbour.
    assert one[18:23].tolist() == [0, 0, 1000, 0, 0]
    assert two[18:23].tolist() == [0, 250, 500, 250, 0]


def test_a_low_tube_voltage_brightens_iodine_and_calcium():
    grid = default_grid((1.0, 1.0, 1.0), (60, 30, 30), center_ras=(0, 0, 0))
    plaque = [[Plaque("ring", 60.0, 0.0, 1e4, np.pi, 1.5, 0.0, 600.0, 600.0, 0.0)]]
    peak = []
    for gain in (1.0, 1.42):
        hu = np.zeros(grid.shape, np.float32)
        paint_arteries(hu, grid, [a_straight_tube()], plaque, None, gain)
        peak.append(hu.max())
    assert peak[1] == pytest.approx(1.42 * peak[0], rel=0.02)
    iodine = [
        np.mean([draw_phase(np.random.default_rng(seed), "arterial", kv).artery for seed in range(40)])
        for kv in (140, 120, 100, 80)
    ]
    assert iodine == sorted(iodine)
    assert {draw_voltage_kv(np.random.default_rng(seed)) for seed in range(60)} == {80, 100, 120, 140}
