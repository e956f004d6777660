"""Threshold methods on phantoms whose answer is known, and on the real slab."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from AbdominalCalcificationLib.comparison import idealised, measure_lumen, threshold_calcification
from AbdominalCalcificationLib.comparison.thresholds import searched
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.neighbourhood import dilated, eroded
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.reading import artery_labels, read_ct, read_mask
from examples import tried

RADIUS_MM = 9.0


class Phantom:
    """A vertical vessel in soft tissue, with noise; things are added by boxes in mm around its axis."""

    def __init__(self, lumen_hu=350.0, noise_hu=15.0, spacing_mm=(1.0, 1.0, 2.0), seed=1):
        self.grid = Grid.from_spacing((30, 64, 64), spacing_mm, (-32, -32, 0))
        k, j, i = np.indices(self.grid.shape)
        points = self.grid.ras_of_kji(np.column_stack([k.ravel(), j.ravel(), i.ravel()]))
        self.x, self.y, self.z = points.T.reshape(3, *self.grid.shape)
        self.r = np.hypot(self.x, self.y)
        self.artery = self.r <= RADIUS_MM
        self.hu = np.where(self.artery, lumen_hu, 40.0)
        self.noise = np.random.default_rng(seed).normal(0, noise_hu, self.grid.shape)

    def add(self, where, hu):
        self.hu[where] = hu
        return where

    @property
    def ct(self) -> Volume:
        return Volume(np.rint(self.hu + self.noise).astype(np.int16), self.grid)

    @property
    def arteries(self) -> Volume:
        return Volume(self.artery.astype(np.uint8), self.grid)


def dice(a, b) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("lumen_hu", [40, 150, 350, 500])
def test_a_wall_plaque_is_found_at_every_enhancement(lumen_hu):
    phantom = Phantom(lumen_hu)
    plaque = phantom.add((phantom.r > 7.5) & (phantom.r <= 10.5) & (phantom.x > 4) & (abs(phantom.z - 30) < 8), 1200)
    found = threshold_calcification(phantom.ct, phantom.arteries)
    assert np.array_equal(found.mask.array, plaque)


def test_the_lumen_statistics_ignore_plaque_and_thrombus():
    phantom = Phantom(lumen_hu=300, noise_hu=20)
    phantom.add((phantom.r <= RADIUS_MM) & (phantom.y < -3), 40)  # a third of the cross-section is thrombus
    phantom.add((phantom.r <= RADIUS_MM) & (phantom.y > 7), 1000)
    lumen = measure_lumen(phantom.ct, phantom.artery)
    assert lumen.median_hu == pytest.approx(300, abs=5)
    assert lumen.spread_hu == pytest.approx(20, abs=3)


@pytest.mark.parametrize("lumen_hu", [42, 300])
def test_what_lies_outside_the_scanned_field_is_no_lumen(lumen_hu):
    phantom = Phantom(lumen_hu=lumen_hu, noise_hu=12)
    plain = measure_lumen(phantom.ct, phantom.artery)
    ct = phantom.ct
    ct.array[phantom.x > 1] = -1024
    lumen = measure_lumen(ct, phantom.artery)
    assert lumen.median_hu == pytest.approx(plain.median_hu, abs=1)
    assert lumen.spread_hu == pytest.approx(plain.spread_hu, abs=1)
    assert lumen.voxel_count < plain.voxel_count
    ct.array[:] = -1024
    assert measure_lumen(ct, phantom.artery).median_hu == -1024


def test_the_lumen_of_unenhanced_blood_is_not_biased():
    lumen = measure_lumen(Phantom(lumen_hu=42, noise_hu=12).ct, Phantom().artery)
    assert (lumen.median_hu, lumen.spread_hu) == (pytest.approx(42, abs=1), pytest.approx(12, abs=1))


def test_bone_that_touches_the_artery_is_left_out_and_the_plaque_is_kept():
    phantom = Phantom()
    bone = phantom.add((phantom.y < -RADIUS_MM) & (abs(phantom.x) < 14), 900)
    plaque = phantom.add((phantom.r > 7) & (phantom.r <= 10) & (phantom.y > 5), 900)
    found = threshold_calcification(phantom.ct, phantom.arteries).mask.array
    assert not (found & bone & ~phantom.artery).any()
    assert np.array_equal(found, plaque)


def test_a_plaque_that_touches_bone_is_parted_from_it_near_the_middle():
    phantom = Phantom()
    bone = phantom.add((phantom.y < -RADIUS_MM - 1) & (abs(phantom.x) < 14), 900)
    plaque = phantom.add((phantom.r > 7) & (phantom.r <= RADIUS_MM + 1.01) & (phantom.y < -6) & ~bone, 900)
    found = threshold_calcification(phantom.ct, phantom.arteries).mask.array
    assert dice(found, plaque) > 0.9
    assert np.count_nonzero(found & bone) < 0.1 * np.count_nonzero(found)


def test_an_enhanced_vein_beside_the_artery_adds_nothing():
    phantom = Phantom(lumen_hu=180)
    phantom.add((np.hypot(phantom.x - 20, phantom.y) <= 10.5) & ~phantom.artery, 200)
    assert not threshold_calcification(phantom.ct, phantom.arteries).mask.array.any()


def test_calcification_farther_than_the_wall_is_not_the_arterys():
    phantom = Phantom()
    phantom.add(np.hypot(phantom.x - 14, phantom.y) < 2.5, 900)  # a calcified node, 2.5 mm off the wall
    assert not threshold_calcification(phantom.ct, phantom.arteries).mask.array.any()


def test_no_artery_means_nothing_found():
    phantom = Phantom()
    empty = phantom.arteries.with_array(np.zeros(phantom.grid.shape, np.uint8))
    found = threshold_calcification(phantom.ct, empty)
    assert not found.mask.array.any()
    assert np.isnan(found.threshold_hu)


@pytest.mark.parametrize(("lumen_hu", "expected"), [(40, 130), (150, 300), (350, 1.1 * (350 + 3 * 10))])
def test_the_realistic_threshold_follows_the_contrast_phase(lumen_hu, expected):
    phantom = Phantom(lumen_hu, noise_hu=10)
    found = threshold_calcification(phantom.ct, phantom.arteries)
    assert found.threshold_hu == pytest.approx(expected, rel=0.02)
    assert f"{found.threshold_hu:.0f} HU" in found.description


def test_the_fixed_threshold_is_what_it_says_and_warns_below_the_lumen():
    phantom = Phantom(lumen_hu=350)
    assert threshold_calcification(phantom.ct, phantom.arteries, "fixed:700").threshold_hu == 700
    assert "within the range of the blood" in threshold_calcification(phantom.ct, phantom.arteries, "300").description
    assert threshold_calcification(phantom.ct, phantom.arteries, "realistic:2").threshold_hu == pytest.approx(
        2 / 1.1 * threshold_calcification(phantom.ct, phantom.arteries).threshold_hu
    )


@pytest.mark.parametrize("method", ["", "magic", "fixed", "fixed:", "fixed:x", "realistic:x", "realistic:-1", "nan"])
def test_an_unknown_method_is_refused(method):
    phantom = Phantom()
    with pytest.raises(InputError, match="no threshold method"):
        threshold_calcification(phantom.ct, phantom.arteries, method)


def test_masks_on_another_grid_are_refused():
    phantom = Phantom()
    other = Volume(phantom.arteries.array, Grid.from_spacing(phantom.grid.shape))
    with pytest.raises(InputError, match="different grids"):
        threshold_calcification(phantom.ct, other)


@tried(60)
@given(seed=st.integers(0, 10_000))
def test_the_idealised_threshold_is_the_best_of_all_thresholds(seed):
    random = np.random.default_rng(seed)
    grid = Grid.from_spacing((6, 8, 8))
    ct = Volume(random.integers(-50, 60, grid.shape).astype(np.int16), grid)
    arteries = Volume((random.random(grid.shape) < 0.5).astype(np.uint8), grid)
    reference = Volume((ct.array > 20) ^ (random.random(grid.shape) < 0.2), grid)
    if not (arteries.array.any() and reference.array.any()):
        return
    found = idealised(ct, arteries, reference)
    near = idealised(ct, arteries, reference.with_array(np.ones(grid.shape, bool)))  # the whole neighbourhood
    region = near.mask.array
    best = max(dice(region & (ct.array > hu), reference.array) for hu in range(-52, 60))
    assert dice(found.mask.array, reference.array) == pytest.approx(best)
    assert np.array_equal(found.mask.array, region & (ct.array > found.threshold_hu))


def test_the_idealised_threshold_is_fitted_to_what_counts():
    grid = Grid.from_spacing((1, 1, 6))
    ct = Volume(np.array([[[500, 400, 300, 250, 200, 150]]], np.int16), grid)
    arteries = Volume(np.ones(grid.shape, np.uint8), grid)
    reference = Volume(np.array([[[1, 0, 0, 1, 1, 1]]], bool), grid)
    counts = Volume(np.array([[[1, 1, 1, 0, 0, 0]]], bool), grid)
    assert idealised(ct, arteries, reference).threshold_hu < 150
    found = idealised(ct, arteries, reference, counts=counts)
    assert found.threshold_hu == 400
    assert found.mask.array.tolist() == [[[True, False, False, False, False, False]]]
    nowhere = idealised(ct, arteries, reference, counts=counts.with_array(np.zeros(grid.shape, bool)))
    assert not nowhere.mask.array.any()


def test_where_a_method_looks_is_what_it_would_find_without_a_threshold():
    phantom = Phantom()
    ct, arteries = phantom.ct, phantom.arteries
    for method in ("fixed:300", "realistic", "idealised"):
        everything = threshold_calcification(ct, arteries, "fixed:-5000").mask.array
        assert np.array_equal(searched(ct, arteries, method).array, everything)
    assert searched(ct, arteries, "idealised:6").array.sum() > everything.sum()


@tried(8)
@given(
    order=st.permutations([0, 1, 2]),
    flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_the_result_is_the_same_in_every_orientation(order, flips):
    phantom = Phantom(spacing_mm=(0.8, 1.0, 2.5))
    phantom.add((phantom.y < -RADIUS_MM - 1) & (abs(phantom.x) < 14), 900)
    phantom.add((phantom.r > 7) & (phantom.r <= 10.5) & (abs(phantom.z - 30) < 9), 1000)
    expected = threshold_calcification(phantom.ct, phantom.arteries)

    def turned(volume: Volume) -> Volume:
        array, grid = volume.array, volume.grid
        matrix = np.array(grid.ijk_to_ras)
        for axis, flip in enumerate(flips):
            if flip:
                array = np.flip(array, axis)
                matrix[:3, 3] += matrix[:3, 2 - axis] * (grid.shape[axis] - 1)
                matrix[:3, 2 - axis] *= -1
        array = array.transpose(order)
        matrix[:3, :3] = matrix[:3, [2 - axis for axis in order][::-1]]
        return Volume(array, Grid(array.shape, matrix))

    found = threshold_calcification(turned(phantom.ct), turned(phantom.arteries))
    assert found.threshold_hu == expected.threshold_hu
    assert np.array_equal(found.mask.array, turned(expected.mask).array)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 3.0), (0.5, 1.3, 0.9)])
def test_dilation_and_erosion_are_measured_in_millimetres(spacing):
    grid = Grid.from_spacing((15, 20, 25), spacing)
    mask = np.random.default_rng(3).random(grid.shape) < 0.02
    away = ndimage.distance_transform_edt(~mask, sampling=spacing[::-1])
    assert np.array_equal(dilated(mask, grid, 2.0), away <= 2.0 + 1e-9)
    assert np.array_equal(eroded(~mask, grid, 2.0), away > 2.0 + 1e-9)


@pytest.mark.parametrize("shape", [(1, 20, 25), (3, 20, 25), (20, 4, 2)])
def test_a_radius_may_be_longer_than_the_array(shape):
    grid = Grid.from_spacing(shape, (0.5, 0.5, 0.5))
    mask = np.random.default_rng(3).random(shape) < 0.02
    away = ndimage.distance_transform_edt(~mask, sampling=0.5)
    assert np.array_equal(dilated(mask, grid, 2.0), away <= 2.0 + 1e-9)
    assert np.array_equal(eroded(~mask, grid, 2.0), away > 2.0 + 1e-9)


@pytest.mark.parametrize("method", ["realistic", "adaptive", "fixed:500"])
def test_a_slab_thinner_than_the_wall_is_searched(method):
    phantom = Phantom(spacing_mm=(1.0, 1.0, 0.5))
    plaque = phantom.add((phantom.r > 7.5) & (phantom.r <= 10.5) & (phantom.x > 4), 1200)
    slab = (slice(0, 3), slice(None), slice(None))
    found = threshold_calcification(phantom.ct.cropped(slab), phantom.arteries.cropped(slab), method)
    assert found.mask.array[plaque[slab]].all()


@pytest.mark.real_ct
def test_on_the_real_slab_the_default_method_agrees_with_the_plaques(real_ct):
    ct = read_ct(real_ct / "dicom").volume
    labels = align_labels(read_mask(real_ct / "totalsegmentator_labels.nii.gz"), ct.grid)
    arteries = artery_labels(labels, {52: "aorta"})
    away = ndimage.distance_transform_edt(labels.array != 52, sampling=ct.grid.spacing_mm[::-1])
    bone = (labels.array >= 25) & (labels.array <= 50)
    plaques = (ct.array > 300) & (away <= 2) & ~bone
    found = threshold_calcification(ct, arteries)
    assert dice(found.mask.array, plaques) >= 0.8
    best = idealised(ct, arteries, ct.with_array(plaques))
    assert best.threshold_hu == pytest.approx(300, abs=5)


def test_the_adaptive_threshold_is_comp2comps_rule_on_the_aorta():
    phantom = Phantom(lumen_hu=300, noise_hu=20)
    phantom.add((phantom.r > 7) & (phantom.r <= RADIUS_MM) & (phantom.y > 4), 1000)
    ct, branch = phantom.ct, phantom.x > 4
    arteries = phantom.arteries.with_array(
        np.where(phantom.artery & branch, 5, phantom.arteries.array).astype(np.uint8)
    )
    aorta = np.sort(ct.array[phantom.artery & ~branch].astype(float))
    median, low = np.percentile(aorta, 50), np.percentile(aorta, 15.8)
    found = threshold_calcification(ct, arteries, "adaptive")
    assert found.threshold_hu == pytest.approx(median + 3 * (median - low))
    assert threshold_calcification(ct, arteries, "adaptive:2").threshold_hu == pytest.approx(3 * median - 2 * low)


def test_the_adaptive_threshold_takes_all_arteries_where_no_aorta_is_labelled():
    phantom = Phantom()
    branch = phantom.arteries.with_array(phantom.arteries.array * 5)
    expected = threshold_calcification(phantom.ct, phantom.arteries, "adaptive").threshold_hu
    assert threshold_calcification(phantom.ct, branch, "adaptive").threshold_hu == expected


def test_the_idealised_method_needs_a_reference_and_takes_a_distance():
    phantom = Phantom()
    plaque = phantom.add((phantom.r > RADIUS_MM + 2.5) & (phantom.r < 13) & (phantom.y > 4) & (phantom.z < 20), 900)
    reference = Volume(plaque, phantom.grid)
    with pytest.raises(InputError, match="fitted to a reference"):
        threshold_calcification(phantom.ct, phantom.arteries, "idealised")
    near = threshold_calcification(phantom.ct, phantom.arteries, "idealised", reference)
    far = threshold_calcification(phantom.ct, phantom.arteries, "idealised:5", reference)
    assert dice(near.mask.array, plaque) < 0.5
    assert dice(far.mask.array, plaque) == 1
