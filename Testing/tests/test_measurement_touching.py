"""An artery that bends back until its walls touch is measured along its course, or flagged."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from folded import folded
from phantoms import ORIENTATIONS, Phantom, Tube, aorta, grid_over, label_of, reoriented, rotation_about

TILTED = rotation_about((1, 2, -3), 25)
CODE = "territory_touches_itself"


def flags_of(result):
    return [flag for flag in result.flags if flag.code == CODE]


def measured(artery, spacing_mm=1.0, rotation=TILTED, plaque_mm=None, kept_mm=40.0):
    """Measure a folded artery with a plaque between two true lengths; return also the voxels' true lengths."""
    ct, labels = artery.painted(spacing_mm, rotation)
    kji = np.argwhere(labels.array == label_of(artery.name))
    true_mm = artery.lengths_mm(labels.grid.ras_of_kji(kji))
    calcified = np.zeros(labels.array.shape, bool)
    if plaque_mm is not None:
        inside = (true_mm >= plaque_mm[0]) & (true_mm < plaque_mm[1])
        calcified[tuple(kji[inside].T)] = True
    groups = ("common_iliac", "mesenteric", "renal")
    parameters = MeasurementParameters(dict.fromkeys(groups, kept_mm))
    result = measure(ct, labels, Volume(calcified, labels.grid), parameters)
    kept = result.kept_arteries.array[tuple(kji.T)] > 0
    return result, true_mm, kept


def test_what_lies_beyond_a_kink_is_not_kept():
    # The plaque lies 70 mm along the artery and, by the short cut, 20.
    kinked = folded("hairpin", 3.0, limb_mm=22)
    result, true_mm, kept = measured(kinked, plaque_mm=(67, 69))
    assert result.territory("common_iliac_left").calcified_volume_mm3 == 0
    assert result.beyond_kept_length_calcified_volume_mm3 > 40
    assert (kept & (true_mm > 45)).sum() < 0.01 * kept.sum()
    [flag] = flags_of(result)
    assert flag.territory == "common_iliac_left"
    assert flag.effect.name == "REVIEW"


@pytest.mark.parametrize(
    ("shape", "radius_mm", "spacing_mm", "limb_mm"),
    [
        ("hairpin", 2.0, 1.0, 25),
        ("hairpin", 4.5, 1.5, 25),
        ("hairpin", 6.0, 1.0, 15),
        ("drop", 2.0, 1.5, 25),
        ("drop", 4.0, (0.8, 0.8, 1.5), 40),
        ("loop", 3.0, 0.7, 40),
        ("zigzag", 3.0, 1.0, 15),
        ("zigzag", 5.0, 1.3, 25),
    ],
)
@pytest.mark.parametrize("name", ["common_iliac_left", "superior_mesenteric"])
def test_lengths_follow_an_artery_that_touches_itself(shape, radius_mm, spacing_mm, limb_mm, name):
    artery = folded(shape, radius_mm, limb_mm=limb_mm, name=name)
    end = artery.along_mm[-1]
    place = (end - 20, end - 16)
    result, _, _ = measured(artery, spacing_mm, plaque_mm=place, kept_mm=np.inf)
    [flag] = flags_of(result)
    assert "lengths follow the artery" in flag.message
    [cluster] = result.clusters
    # Tight bends shorten a course, touching or not: by up to a tenth.
    assert cluster.path_distance_mm == pytest.approx(end - 18, rel=0.12)


def test_where_the_walls_are_uncertain_lengths_stay_and_it_is_said():
    thin = folded("hairpin", 2.0, limb_mm=25)
    result, true_mm, kept = measured(thin, 1.5)
    [flag] = flags_of(result)
    assert "may touch" in flag.message
    assert (kept & (true_mm > 60)).any()


@pytest.mark.parametrize("shape", ["hairpin", "zigzag", "loop", "drop"])
def test_limbs_that_lie_apart_are_no_limbs_that_touch(shape):
    result, _, _ = measured(folded(shape, 3.0, overlap_mm=-3.0, limb_mm=30), kept_mm=np.inf)
    assert flags_of(result) == []


def test_a_touch_beyond_the_kept_length_changes_nothing():
    artery = folded("drop", 3.0)
    assert flags_of(measured(artery, kept_mm=40.0)[0])
    assert flags_of(measured(artery, kept_mm=12.0)[0]) == []


def hilar_branches():
    """Two branches of a renal artery that fork, run apart, and meet again at their ends."""
    stem = Tube((0.0, 0, 0), (1, 0, 0), 27, 3, path_mm=-9)
    tubes = [stem]
    for side in (1, -1):
        out = Tube((25.0, 0, 0), (1, 0, 0.8 * side), 12, 2, path_mm=16)
        tubes += [out, out.continued(25, 15, (0, 0, -side))]
    return tuple(tubes)


def test_branches_of_a_tree_that_meet_again_change_no_length():
    phantom = Phantom({"aorta": (aorta(40),), "renal_left": hilar_branches()})
    ct, labels, calcified = phantom.painted(grid_over((-12, -11, -22), (66, 11, 22), 0.8, TILTED))
    result = measure(ct, labels, calcified, MeasurementParameters({"renal": np.inf}))
    assert flags_of(result) == []


def test_branches_side_by_side_are_no_limbs_of_one():
    # They leave one stem and are fused over 20 mm.
    stem = Tube((0.0, 0, 0), (1, 0, 0), 20, 3.5, path_mm=-9)
    limbs = [Tube((18.0, 0, 2.0 * side), (1, 0, 0.06 * side), 40, 2.2) for side in (1, -1)]
    phantom = Phantom({"aorta": (aorta(40),), "renal_left": (stem, *limbs)})
    ct, labels, calcified = phantom.painted(grid_over((-12, -11, -22), (66, 11, 22), 0.8, TILTED))
    assert flags_of(measure(ct, labels, calcified, MeasurementParameters({"renal": np.inf}))) == []


@pytest.mark.parametrize("orientation", ORIENTATIONS[5::14])
@pytest.mark.parametrize("spacing_mm", [1.0, 1.5])
def test_walls_do_not_depend_on_the_axes(orientation, spacing_mm):
    ct, labels = folded("drop", 3.0).painted(spacing_mm, TILTED)
    none = Volume(np.zeros(labels.array.shape, bool), labels.grid)
    expected = measure(ct, labels, none)
    assert flags_of(expected)
    result = measure(*(reoriented(volume, *orientation) for volume in (ct, labels, none)))
    kept, turned = reoriented(expected.kept_arteries, *orientation).array > 0, result.kept_arteries.array > 0
    assert (kept != turned).sum() <= 0.002 * kept.sum()
    assert flags_of(result)


@pytest.mark.parametrize(
    ("shape", "radius_mm", "overlap_mm", "spacing_mm", "limb_mm"),
    [
        ("hairpin", 1.3, 0.2, 1.0, 25),
        ("hairpin", 2.0, 1.0, 1.0, 30),
        ("zigzag", 1.8, 0.6, 1.5, 30),
        ("zigzag", 3.0, 0.9, 1.5, 16),
        ("loop", 2.0, 0.8, 1.3, 16),
        ("loop", 3.0, 0.5, 1.5, 38),
        ("drop", 2.5, 0.8, 1.2, 26),
    ],
)
def test_what_the_mask_does_not_show_as_a_wall_is_said(shape, radius_mm, overlap_mm, spacing_mm, limb_mm):
    artery = folded(shape, radius_mm, overlap_mm, limb_mm)
    result, true_mm, kept = measured(artery, spacing_mm, kept_mm=40.0)
    # What lies far along the artery is kept by the short cut,
    assert (kept & (true_mm > 50)).any()
    # and that it is one is said.
    [flag] = flags_of(result)
    assert "short cut" in flag.message
    assert flag.effect.name == "REVIEW"


def test_a_fork_drawn_late_is_no_touch():
    # Two branches in one over 12 mm, which then go on apart.
    stem = Tube((0.0, 0, 0), (1, 0, 0), 12, 2.5, path_mm=-9)
    limbs = [Tube((10.0, 0, 2.0 * side), (1, 0, 0.12 * side), 50, 2.2) for side in (1, -1)]
    phantom = Phantom({"aorta": (aorta(40),), "renal_left": (stem, *limbs)})
    ct, labels, calcified = phantom.painted(grid_over((-12, -11, -22), (76, 11, 22), 1.3, TILTED))
    assert flags_of(measure(ct, labels, calcified, MeasurementParameters({"renal": 45.0}))) == []
