"""Probes of the constants that decide where vessels begin and how they go on: each fails where its constant is moved.

The table in measurement.md names them; test_measurement_constants.py moves the constants.
"""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.geometry.neighbours import Lattice
from AbdominalCalcificationLib.measurement import beginning, bifurcation, coarse, course, shortening
from AbdominalCalcificationLib.measurement.reference import Reference
from AbdominalCalcificationLib.progress import drain

GRID = Grid.from_spacing((200, 200, 200))


# --- The course of a vessel -------------------------------------------------------------------------


def block(low, high):
    """Return the k, j, i of a block of voxels, `high` left out."""
    return np.stack(np.meshgrid(*map(np.arange, low, high), indexing="ij"), axis=-1).reshape(-1, 3)


def joined(*blocks):
    return np.unique(np.concatenate(blocks), axis=0)


def vessel(*blocks, grid=GRID):
    kji = joined(*blocks)
    return kji, grid.ras_of_kji(kji), Lattice(kji, grid)


def course_of(kji, points, lattice, start, grid=GRID):
    rows = np.flatnonzero(start)
    return course.Course(points, lattice, rows, np.zeros(len(rows)), grid)


def test_slices_are_one_and_a_half_diagonals_thick():
    kji, points, lattice = vessel(block((0, 0, 0), (1, 1, 19)))
    line = course_of(kji, points, lattice, kji[:, 2] == 0)
    # Of 18 mm in slices of 2.598 mm the seventh is the last.
    assert line.remaining_mm(np.array([0]))[0] == pytest.approx(7 * 1.5 * np.sqrt(3))


def test_a_side_slice_is_a_limb_where_it_reaches_two_radii():
    ends = []
    for side in (7, 10):
        kji, points, lattice = vessel(block((0, 0, 0), (5, 5, 60)), block((2, 5, 28), (3, 5 + side, 31)))
        ends.append(len(course_of(kji, points, lattice, kji[:, 2] == 0).ends()))
    assert ends == [1, 2]


def test_a_last_slice_is_a_section_where_it_has_four_fifths_of_one():
    # 21 voxels of 0.2 mm to a slice; the last one has 15 and 19.
    grid = Grid.from_spacing((1, 1, 400), (0.2, 2, 2))
    radii = []
    for last in (16, 20):
        kji, points, lattice = vessel(block((0, 0, 0), (1, 1, 85 + last)), grid=grid)
        line = course_of(kji, points, lattice, kji[:, 2] == 0, grid)
        radii.append(line.radius_mm(np.array([84 + last]))[0] / line.radius_mm(np.array([30]))[0])
    assert radii[0] > 0.99
    assert radii[1] < 0.97


def test_limbs_meet_where_each_has_a_fifth_of_a_section():
    # A second limb leaves and comes back, 1 and 2 voxels wide. Where it counts, the step beyond is the shortest path's.
    lengths = []
    for wide in (1, 2):
        limb = block((0, 5, 8), (wide, 9, 12)), block((0, 8, 8), (wide, 12, 46)), block((0, 0, 42), (5, 12, 46))
        kji, points, lattice = vessel(block((0, 0, 0), (5, 5, 42)), *limb, block((0, 0, 46), (5, 5, 80)))
        whole = course_of(kji, points, lattice, kji[:, 2] == 0)
        lengths.append(whole.path_lengths_mm(np.flatnonzero(kji[:, 2] == 79)).mean())
    assert lengths == pytest.approx([79.50, 80.10], abs=0.03)


# --- Where an artery begins -------------------------------------------------------------------------

TUBE = block((0, 0, 0), (6, 6, 60))


def ostia_of(first, last):
    kji, points, lattice = vessel(TUBE)
    touching = np.flatnonzero((kji[:, 1] == 5) & (kji[:, 2] >= first) & (kji[:, 2] <= last))
    return beginning.ostia(touching, points, lattice, GRID)


def test_an_ostium_is_at_most_two_diameters_long():
    # The tube is 6.8 mm wide.
    assert not ostia_of(0, 12)[1]
    assert ostia_of(0, 20)[1]


def test_an_ostium_lies_within_a_diameter_of_the_end():
    assert len(ostia_of(6, 8)[0])
    assert not len(ostia_of(11, 13)[0])


def test_a_piece_more_than_three_times_as_long_as_wide_is_slender():
    spanned = []
    for length in (20, 31):
        kji, points, lattice = vessel(block((0, 0, 0), (7, 7, length)))
        touching = np.flatnonzero(kji[:, 1] == 6)
        spanned.append(beginning._is_spanned(6.0, points, GRID))
        assert len(lattice) > len(touching)
    assert spanned == [False, True]


def test_a_long_ostium_stays_unless_the_nearest_end_lies_in_the_far_part():
    own_end = []
    for short in (22, 56):
        stem, limb = block((0, 0, 0), (3, 3, 30)), block((0, 0, 30), (3, 3, 120))
        kji, points, lattice = vessel(stem, limb, block((0, 3, 27), (3, 3 + short, 30)))
        touching = np.flatnonzero((kji[:, 0] == 2) & (kji[:, 2] <= 26) & (kji[:, 1] < 3))
        away = 100.0 - kji[:, 1]
        start = beginning.start_of(touching, points, lattice, GRID, lambda away=away: away, 10.0, touching=True)
        own_end.append(start.own_end)
    assert own_end == [False, True]


def test_two_ends_are_as_near_where_the_line_between_leans_less_than_a_tenth():
    unclear = []
    for slope in (0.07, 0.15):
        kji, points, lattice = vessel(block((0, 0, 0), (3, 3, 60)))
        unclear.append(beginning.own_end(points, lattice, GRID, slope * kji[:, 2].astype(float)).unclear)
    assert unclear == [True, False]


def test_a_vessel_leads_away_where_it_leans_more_than_a_half():
    own_end = []
    kji, points, lattice = vessel(block((0, 0, 0), (3, 3, 61)))
    for slope in (0.42, 0.7):
        away = 2 + slope * np.abs(kji[:, 2] - 27.0)
        middle = np.flatnonzero(np.abs(kji[:, 2] - 27) <= 1)
        start = beginning.start_of(middle, points, lattice, GRID, lambda away=away: away, 100.0, touching=False)
        own_end.append(start.own_end)
    assert own_end == [True, False]


def test_ends_four_radii_apart_are_two():
    unclear = []
    for apart in (5, 9):
        stem = block((0, 0, 0), (3, 3 + apart, 20))
        prongs = block((0, 0, 20), (3, 3, 60)), block((0, apart, 20), (3, apart + 3, 60))
        kji, points, lattice = vessel(stem[(stem[:, 1] >= 0)], *prongs)
        unclear.append(beginning.own_end(points, lattice, GRID, 60.0 - kji[:, 2]).unclear)
    assert unclear == [False, True]


def test_a_piece_of_four_diagonals_has_no_course_of_its_own():
    starts = []
    for length in (6, 11):
        kji = block((0, 0, 0), (1, 1, length))
        parent = Reference(GRID.ras_of_kji(block((0, 3, -5), (1, 4, 30))))
        followed = drain(
            shortening.follow_branch_steps(
                Lattice(kji, GRID),
                np.full(length, np.inf),
                parent,
                Reference(np.zeros((0, 3))),
                attach_distance_mm=10.0,
            )
        )
        starts.append(len(followed.pieces[0].start) == length)
    assert starts == [True, False]


# --- The bifurcation --------------------------------------------------------------------------------


def limb_at(trunk_kji, height):
    """Return the lower end of a trunk along k, and a limb that reaches lower and touches it from a height on."""
    blocks = coarse.Blocks(trunk_kji, GRID, 10**6)
    end = drain(bifurcation._lower_end_steps(blocks, np.ones(len(trunk_kji), bool), None))
    facing = np.flatnonzero((trunk_kji[:, 0] >= height) & (trunk_kji[:, 0] < height + 4))
    return end, bifurcation._Limb([0], np.zeros((1, 3)), np.zeros(len(trunk_kji)), facing, -1e9)


def test_an_aorta_goes_on_below_a_limb_for_more_than_its_width():
    trunk = block((0, 0, 0), (100, 14, 14))  # 15.8 mm wide
    goes_on = [end.goes_on(end.below_mm(limb)) for end, limb in (limb_at(trunk, at) for at in (14, 22))]
    assert goes_on == [False, True]


def test_below_a_limb_an_aorta_has_half_of_its_section_above():
    is_bifurcation = []
    for wide in (5, 10):  # of 14: 36 and 71 % of the section
        trunk = joined(block((0, 0, 0), (30, 14, wide)), block((30, 0, 0), (120, 14, 14)))
        end, limb = limb_at(trunk, 30)
        is_bifurcation.append(end.is_bifurcation_at(limb))
    assert is_bifurcation == [True, False]
