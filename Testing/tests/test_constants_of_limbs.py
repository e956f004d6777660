"""Probes of the constants by which limbs that touch are told: each fails where its constant is moved.

The table in measurement.md names them; test_measurement_constants.py moves the constants.
"""

from __future__ import annotations

import numpy as np

from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.geometry.neighbours import Lattice
from AbdominalCalcificationLib.measurement import MeasurementParameters, doubled, lumen, measure, touching
from AbdominalCalcificationLib.measurement.course import Sections
from AbdominalCalcificationLib.progress import Progress, drain
from folded import folded
from phantoms import Phantom, Tube, grid_over, rotation_about

TILTED = rotation_about((1, 2, -3), 25)


def said_of(shape, radius_mm, spacing_mm, limb_mm, kept_mm=40.0):
    """Return what is said of the walls between limbs of a folded artery."""
    ct, labels = folded(shape, radius_mm, limb_mm=limb_mm).painted(spacing_mm, TILTED)
    none = Volume(np.zeros(labels.array.shape, bool), labels.grid)
    flags = measure(ct, labels, none, MeasurementParameters({"common_iliac": kept_mm})).flags
    flags = [flag for flag in flags if flag.code == "territory_touches_itself" and "broad" not in flag.message]
    return ["along" if "lengths follow" in flag.message else "uncertain" for flag in flags]


def lumen_of_a_tube(radius_mm):
    """Return how a tube in voxels of 1 mm is looked at, and its number of voxels."""
    tube = Tube((0, 0, 0), (0, 0, 1), 40, radius_mm)
    labels = Phantom({"aorta": (tube,)}).painted(grid_over((-10, -10, -2), (10, 10, 42), 1.0, TILTED))[1]
    kji, grid = np.argwhere(labels.array), labels.grid
    seen = drain(
        lumen.lumen_steps(kji, grid.ras_of_kji(kji), Lattice(kji, grid), np.arange(5), grid, None, Progress(""))
    )
    assert abs(seen.radius_mm - radius_mm) <= 0.25 * radius_mm
    return seen, len(kji)


def test_limbs_lie_seven_radii_apart_along_the_way():
    # The fold of limbs of no length, and of 1 mm.
    assert said_of("hairpin", 3.0, 1.0, 0, np.inf) == []
    assert said_of("hairpin", 3.0, 1.0, 1) == ["along"]


def test_a_wall_goes_on_to_three_radii():
    count = np.arange(5)
    pairs = (count[:-1], count[1:], np.ones(4))
    assert touching._wall_of(pairs, np.array([9.0, 4.0, 2.5, 2.0])).tolist() == [1, 1, 0, 0]


def test_a_wall_is_certain_where_it_opens_nine_tenths_as_wide_as_the_way_round():
    assert said_of("hairpin", 2.0, 1.0, 25) == ["along"]
    assert said_of("hairpin", 2.0, 1.5, 25) == ["uncertain"]


def test_lengths_that_change_by_less_than_3_5_mm_are_no_others():
    short = np.arange(20.0)
    assert touching._touch(short, short + 3.0, True) is None
    touch = touching._touch(short, short + 4.0, True)
    assert touch is not None
    assert (touch.short_mm, touch.along_mm) == (10.0, 14.0)


def goes_round(round_mm):
    """Whether the way takes a detour of so many mm rather than 2 mm with a place 0.8 as deep as the middle."""
    first, second = np.array([0, 2, 0, 3]), np.array([2, 1, 3, 1])
    pairs = (first, second, np.array([1.0, 1.0, round_mm / 2, round_mm / 2]))
    points = np.array([[0, 0, 0], [2, 0, 0], [1, 0, 0], [1, round_mm, 0]], float)
    seen = lumen.Lumen(points, np.arange(4), pairs, np.array([0]), np.array([1, 1, 0.8, 1]), 1.0)
    return drain(lumen.way_steps(seen, Progress(""))).least_depth_mm[1] == 1.0


def test_a_narrow_place_costs_the_16th_power():
    # 0.8 to the power of -16 is 36, of -9 is 7, of -25 is 265.
    assert goes_round(20)
    assert not goes_round(100)


def told_of(areas, elongations, told=doubled.doubled_mm):
    """Return what is told of a row of slices 1 mm thick, of voxels of 0.5 mm."""
    count = len(areas)
    sections = Sections(
        np.arange(count) - 1,
        np.arange(count) + 0.5,
        np.array(areas, float),
        np.array(elongations, float),
        np.zeros((0, 2), int),
        1.0,
        0.5,
    )
    return told(type("Row", (), {"sections": sections})(), np.inf)


def stretch(length, area, elongation):
    return told_of([1] * 20 + [area] * length + [1] * 20, [1] * 20 + [elongation] * length + [1] * 20)


def test_a_section_of_one_and_a_half_may_hold_two_limbs():
    assert stretch(4, 1.6, 2) == 4
    assert stretch(4, 1.4, 2) == 0


def test_a_section_of_two_limbs_is_1_3_times_as_long_as_wide():
    assert stretch(4, 1.9, 1.4) == 4
    assert stretch(4, 1.9, 1.2) == 0


def test_limbs_lie_side_by_side_for_two_diameters():
    # A section of 1 mm2 is 1.13 mm wide.
    assert stretch(3, 1.9, 2) == 3
    assert stretch(2, 1.9, 2) == 0


def test_a_coil_has_twice_the_section():
    assert stretch(1, 2.1, 2) == 1
    assert stretch(1, 1.9, 2) == 0


def test_a_vessel_of_1_1_voxels_to_its_radius_is_too_thin_to_tell():
    radius_mm = np.array([0.5, 0.6])
    told = [told_of([np.pi * each**2] * 20, [1] * 20, doubled.thin_mm) for each in radius_mm]
    np.testing.assert_allclose(told, [1.0, 0.0])


def test_a_vessel_is_wide_where_55_per_cent_of_its_voxels_have_all_neighbours():
    seen, count = lumen_of_a_tube(5)
    assert len(seen.points_ras) == count
    seen, count = lumen_of_a_tube(7)
    assert 0.1 < len(seen.points_ras) / count < 0.15


def test_voxels_are_split_where_a_radius_has_fewer_than_two_and_a_half():
    seen, count = lumen_of_a_tube(2.5)
    assert len(seen.points_ras) == 8 * count
    seen, count = lumen_of_a_tube(3.5)
    assert len(seen.points_ras) == count
