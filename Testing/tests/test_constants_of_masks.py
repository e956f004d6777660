"""Probes of the constants that decide what is an artery, calcium, metal, lung: each fails where its constant is moved.

The table in measurement.md names them; test_measurement_constants.py moves the constants.
"""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.comparison.lumen import Lumen
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import (
    bifurcation,
    branches,
    chest,
    coarse,
    confident,
    guard,
    measure,
    plausibility,
    quality,
)
from AbdominalCalcificationLib.measurement.result import Cluster, TerritoryMeasurement
from AbdominalCalcificationLib.progress import drain

# --- What can be an artery --------------------------------------------------------------------------


def judged(array, name, spacing_mm=(1.0, 1.0, 1.0)):
    """Return the flags of a mask of one territory, by code."""
    labels = Volume(
        array.astype(np.uint8) * np.uint8(territory(name).label), Grid.from_spacing(array.shape, spacing_mm)
    )
    flags = drain(plausibility.plausible_arteries_steps(labels)).flags
    return {flag.code: flag.message for flag in flags if flag.territory == name}


def ball(diameter_mm, voxel_mm=2.0):
    size = int(diameter_mm / voxel_mm) + 3
    offset = (np.indices((size,) * 3) - (size - 1) / 2) * voxel_mm
    return np.linalg.norm(offset, axis=0) <= diameter_mm / 2


def test_an_artery_is_doubtful_from_seven_tenths_of_the_largest_width_on():
    # A common iliac artery: at most 100 mm wide, and below 200 mL not doubtful for its volume.
    assert not judged(ball(65), "common_iliac_left", (2, 2, 2))
    assert "mask_implausible" in judged(ball(72), "common_iliac_left", (2, 2, 2))


def test_an_artery_is_doubtful_from_four_tenths_of_the_largest_volume_on():
    assert not judged(np.ones((110, 40, 40), bool), "common_iliac_left")  # 176 mL
    assert "mask_implausible" in judged(np.ones((140, 40, 40), bool), "common_iliac_left")  # 224 mL


def test_an_artery_has_five_voxels():
    array = np.zeros((3, 3, 9), bool)
    array[1, 1, 1:5] = True
    assert "territory_tiny" in judged(array, "aorta", (5, 5, 5))
    array[1, 1, 5] = True
    assert not judged(array, "aorta", (5, 5, 5))


def specks(count, size_mm3=20_000):
    """Return an artery and so many single voxels."""
    array = np.zeros((50, 60, 60), bool)
    array[10:, :, :][:, :20, : size_mm3 // 800] = True
    apart = np.argwhere(np.ones((25, 15, 15), bool))[:count] * 2 + [0, 30, 30]
    array[tuple(apart.T)] = True
    return array


def test_an_artery_in_more_than_100_pieces_is_followed_without_specks():
    assert not judged(specks(97), "aorta")
    assert "specks_left_out" in judged(specks(104), "aorta")


def test_specks_are_no_more_than_a_tenth_of_an_artery():
    assert "specks_left_out" in judged(specks(300, 4000), "aorta")  # 7 %
    assert "mask_shredded" in judged(specks(600, 4000), "aorta")  # 13 %


def test_a_million_runs_are_no_artery():
    array = np.zeros((10, 400, 520), bool)
    array[:, :, :490:2] = True
    assert "runs" not in judged(array, "aorta", (0.6, 1, 1))["mask_shredded"]  # 980 000
    array[:, :, :508:2] = True
    assert "runs" in judged(array, "aorta", (0.6, 1, 1))["mask_shredded"]  # 1 016 000


def test_an_artery_is_at_most_three_metres_long():
    assert "mask_shredded" not in judged(np.ones((4, 115, 115), bool), "aorta")
    assert "sponge" in judged(np.ones((4, 130, 130), bool), "aorta")["mask_shredded"]


def test_twelve_million_voxels_can_be_measured():
    # So small voxels that as an artery both are tiny.
    assert "territory_tiny" in judged(np.ones((119, 1000, 100), bool), "aorta", (0.02, 0.02, 0.02))
    assert (
        "12 million voxels" in judged(np.ones((121, 1000, 100), bool), "aorta", (0.02, 0.02, 0.02))["mask_implausible"]
    )


def most_of(monkeypatch):
    """Return how many voxels of a branch and of the aorta are followed as they are."""
    asked = {}

    class Spied(coarse.Blocks):
        def __init__(self, kji, grid, most, *origin):
            asked[int(kji[:, 2].min())] = most
            super().__init__(kji, grid, most, *origin)

    monkeypatch.setattr(branches, "Blocks", Spied)
    monkeypatch.setattr(bifurcation, "Blocks", Spied)
    labels = np.zeros((20, 12, 24), np.uint8)
    labels[:, :10, :10], labels[8:12, 3:7, 10:] = 1, territory("renal_left").label
    volume = Volume(labels, Grid.from_spacing(labels.shape))
    measure(None, volume, volume)
    return sorted(asked.values())


def test_so_many_voxels_are_followed_as_they_are():
    with pytest.MonkeyPatch.context() as patched:
        assert most_of(patched) == [60_000, 200_000]


# --- What can be calcification ----------------------------------------------------------------------


def why(hu_by_voxel, lumen=None, arteries=None):
    kji = np.array(sorted(hu_by_voxel))
    hu = np.array([hu_by_voxel[tuple(each)] for each in kji.tolist()], float)
    arteries = Volume(
        np.ones((30, 30, 30), np.uint8) if arteries is None else arteries, Grid.from_spacing((30, 30, 30))
    )
    return drain(guard.implausible_steps(kji, hu, arteries, lumen)).tolist()


def test_calcium_has_130_hu():
    assert why({(5, 5, 5): 126, (5, 5, 9): 134}) == [1, 0]


def test_a_rim_has_65_hu():
    assert why({(5, 5, 4): 62, (5, 5, 5): 400, (5, 5, 6): 68}) == [1, 0, 0]


def a_lumen(median_hu, spread_hu):
    return Lumen(median_hu=median_hu, spread_hu=spread_hu, voxel_count=1000)


def test_what_has_800_hu_is_calcium_however_noisy_the_blood():
    assert why({(5, 5, 5): 780, (5, 5, 15): 820}, a_lumen(700.0, 400.0)) == [2, 0]


def test_two_millimetres_inside_there_is_no_wall():
    arteries = np.zeros((30, 30, 30), np.uint8)
    arteries[:, :, 10:] = 1  # voxels 11 and 12 lie 2 and 3 mm from what is outside
    assert why({(5, 5, 11): 300, (15, 15, 12): 300}, a_lumen(300.0, 50.0), arteries) == [0, 2]


def a_case(size=24):
    """Return HU, artery labels and calcification, changed in place by what is tried: an aorta of 12 x 12 voxels."""
    labels = np.zeros((size, size, size), np.uint8)
    labels[2:-2, 4:16, 4:16] = 1
    hu = np.where(labels, 300, 30).astype(np.int16)
    return hu, labels, np.zeros(labels.shape, bool)


def codes_of(hu, labels, calcified):
    grid = Grid.from_spacing(labels.shape)
    return {flag.code for flag in measure(Volume(hu, grid), Volume(labels, grid), Volume(calcified, grid)).flags}


def test_five_per_cent_of_a_plaque_may_be_too_dark():
    for dark, told in ((4, False), (7, True)):
        hu, labels, calcified = a_case()
        calcified[4:14, 4:14, 4] = True  # 100 voxels in one piece
        hu[calcified] = 700
        hu[4, 4 : 4 + dark, 4] = 30
        assert ("implausible_hu" in codes_of(hu, labels, calcified)) == told


def test_nine_tenths_of_an_artery_may_be_calcified():
    def flagged(share):
        grid = Grid.from_spacing((10, 10, 10), (1.0, 1.0, 1.0))
        labels = np.full(grid.shape, territory("aorta").label, np.uint8)
        calcified = np.arange(1000).reshape(grid.shape) < 1000 * share
        flags = measure(None, Volume(labels, grid), Volume(calcified, grid)).flags
        return "all_calcified" in {flag.code for flag in flags}

    assert not flagged(0.85)
    assert flagged(0.95)


def test_no_disease_makes_more_than_5000_clusters():
    assert not quality.shredded_calcification(5000)
    assert quality.shredded_calcification(5001)


# --- The image --------------------------------------------------------------------------------------


def test_an_enhanced_lumen_has_150_hu():
    for lumen_hu, flagged in ((149, True), (150, False)):
        hu, labels, calcified = a_case()
        hu[labels > 0] = lumen_hu
        assert ("no_arterial_enhancement" in codes_of(hu, labels, calcified)) == flagged


def test_slices_are_at_most_3_mm_thick():
    assert not quality.thick_slices(Grid.from_spacing((4, 4, 4), (1, 1, 3.0)))
    assert quality.thick_slices(Grid.from_spacing((4, 4, 4), (1, 1, 3.1)))


def test_metal_has_3071_hu():
    for value, flagged in ((3070, False), (3071, True)):
        hu, labels, calcified = a_case()
        hu[12, 10, 17] = value
        assert ("metal" in codes_of(hu, labels, calcified)) == flagged


def test_metal_counts_within_5_mm_of_an_artery():
    for distance_mm, flagged in ((4, True), (6, False)):
        hu, labels, calcified = a_case()
        hu[12, 10, 15 + distance_mm] = 3071
        assert ("metal" in codes_of(hu, labels, calcified)) == flagged


# --- The chest --------------------------------------------------------------------------------------


def chest_codes(*, lung_hu=-800, gap_mm=2, count=None, chest_mm=60, abdomen_mm=80, has_limbs=True):
    """Return the flags of an aorta, 20 mm wide, with lung at a distance behind it, along its upper part."""
    height = (chest_mm + abdomen_mm) // 2
    grid = Grid.from_spacing((height, 40, 40), (2, 2, 2))
    aorta = np.zeros(grid.shape, bool)
    aorta[:, 14:24, 14:24] = True
    hu = np.full(grid.shape, 40, np.int16)
    ring = np.argwhere(_beside(aorta[0], gap_mm))
    if count is not None:  # nearest first, so that all of them lie in the ring
        ring = ring[np.argsort(np.abs(ring - 18.5).max(axis=1), kind="stable")]
    for j, i in ring[:count]:
        hu[abdomen_mm // 2 :, j, i] = lung_hu
    flags = chest.chest_flags(Volume(hu, grid), Volume(aorta, grid), has_limbs)
    return {flag.code for flag in flags}


def _beside(inside, gap_mm):
    """Return which voxels of a slice lie beyond a gap from the aorta, up to 10 mm: lungs are no wider beside it."""
    j, i = np.indices(inside.shape)
    dj, di = (np.maximum(np.maximum(14 - axis, axis - 23), 0) for axis in (j, i))
    away = 2 * np.hypot(dj, di)
    return ~inside & (away >= gap_mm) & (away <= 10)


def test_lung_has_at_least_minus_950_hu():
    assert chest_codes(lung_hu=-930)
    assert not chest_codes(lung_hu=-970)


def test_lung_has_at_most_minus_600_hu():
    assert chest_codes(lung_hu=-620)
    assert not chest_codes(lung_hu=-580)


def test_lung_is_looked_for_within_8_mm():
    assert chest_codes(gap_mm=8)
    assert not chest_codes(gap_mm=8.5)


def test_lung_fills_three_per_cent_of_the_ring():
    # 4 rows of 10 voxels on each side, and the corners.
    ring = 4 * 40 + np.count_nonzero(np.hypot(*np.indices((4, 4)) + 1) <= 4) * 4
    for share, flagged in ((0.024, False), (0.036, True)):
        assert bool(chest_codes(count=round(share * ring))) == flagged


def wide_codes(width_mm, body_mm):
    """Return the flags of an aorta far from two lungs of a width together, in a body that fills the field."""
    grid = Grid.from_spacing((70, 40, body_mm // 2), (2, 2, 2))
    middle = body_mm // 4
    aorta = np.zeros(grid.shape, bool)
    aorta[:, 14:24, middle - 5 : middle + 5] = True
    hu = np.full(grid.shape, 40, np.int16)
    lung = width_mm // 4
    hu[:, :, 5 : 5 + lung] = hu[:, :, -5 - lung : -5] = -800
    return {flag.code for flag in chest.chest_flags(Volume(hu, grid), Volume(aorta, grid), True)}


def test_lungs_90_mm_wide_together_tell_the_chest():
    assert not wide_codes(80, 400)
    assert wide_codes(104, 400)


def test_lungs_that_fill_three_tenths_of_the_body_tell_the_chest():
    assert not wide_codes(40, 160)
    assert wide_codes(64, 160)


def test_recesses_of_the_lungs_reach_down_30_mm():
    assert not chest_codes(chest_mm=28)
    assert chest_codes(chest_mm=32)


def test_less_than_50_mm_of_abdominal_aorta_is_none():
    assert chest_codes(chest_mm=40, abdomen_mm=46, has_limbs=False) == {"no_abdominal_aorta"}
    assert chest_codes(chest_mm=40, abdomen_mm=54, has_limbs=False) == {"thoracic_aorta"}


# --- How certain the models were --------------------------------------------------------------------


def doubted(confidence, cluster_confidence, share=1.0):
    """Return whether a territory is flagged of which, and of a share of whose calcification, a model was so certain."""
    numbers = TerritoryMeasurement("aorta", True, 500.0, 100.0, 0.2, 2, 50.0, 50.0, 50.0, confidence, "model")
    volumes = {100.0 * share: cluster_confidence, 100.0 * (1 - share): 1.0}
    clusters = [
        Cluster(number, "aorta", 1, mm3, (0.0, 0.0, 0.0), None, None, 0.0, None, certain, "model")
        for number, (mm3, certain) in enumerate(volumes.items(), 1)
        if mm3
    ]
    return bool(confident.low_confidence([numbers], clusters))


def test_a_confidence_below_a_half_is_low():
    assert doubted(0.45, 1.0)
    assert not doubted(0.55, 1.0)
    assert doubted(1.0, 0.45)
    assert doubted(1.0, 0.0)
    assert not doubted(1.0, 0.55)


def test_a_quarter_of_the_calcification_may_be_doubted():
    assert not doubted(1.0, 0.1, share=0.2)
    assert doubted(1.0, 0.1, share=0.3)


def test_an_aorta_of_a_confidence_below_a_tenth_is_none():
    def codes(name, confidence):
        numbers = TerritoryMeasurement(name, True, 500.0, 0.0, 0.0, 0, None, None, None, confidence, "model")
        return [flag.code for flag in confident.low_confidence([numbers], [])]

    assert codes("aorta", 0.08) == ["aorta_doubtful"]
    assert codes("aorta", 0.12) == ["low_confidence"]
    assert codes("renal_left", 0.08) == ["low_confidence"], "what hangs on it may still be right"
    assert codes("aorta", None) == []
