"""CT and masks of different voxels: the drawn volumes are the measured ones, or both values are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from AbdominalCalcificationLib import common_grid
from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.common_grid import bring, bring_together
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.lattice import covering, filling, voxels_match
from AbdominalCalcificationLib.geometry.resample import nearest_hu
from AbdominalCalcificationLib.measurement import measure
from examples import tried

THICK = Grid.from_spacing((12, 40, 40), (0.8, 0.8, 5.0), (-16, -16, -30))
AORTA = territory("aorta").label


def turned(degrees: float) -> np.ndarray:
    a = np.deg2rad(degrees)
    return np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])


def centred(shape, spacing_mm, directions=None) -> Grid:
    """Return a grid whose middle is that of the CT."""
    directions = np.eye(3) if directions is None else directions
    half = (np.array(shape[::-1]) - 1) / 2 * spacing_mm
    middle = THICK.ras_of_kji([(np.array(THICK.shape) - 1) / 2])[0]
    return Grid.from_spacing(shape, spacing_mm, middle - directions @ half, directions)


def a_ct(grid: Grid = THICK) -> Volume:
    k, j, i = np.indices(grid.shape)
    return Volume((k * 100 + j + i - 1000).astype(np.int16), grid)


def tube(grid: Grid, radius_mm: float, label: int = 1) -> Volume:
    """Return a tube along S through the middle of the CT, 30 mm long."""
    ras = grid.ras_of_kji(np.indices(grid.shape).reshape(3, -1).T) - THICK.ras_of_kji([(5.5, 19.5, 19.5)])[0]
    inside = (np.hypot(ras[:, 0], ras[:, 1]) <= radius_mm) & (np.abs(ras[:, 2]) <= 15)
    return Volume((inside.reshape(grid.shape) * label).astype(np.uint8), grid)


def specks(grid: Grid) -> Volume:
    """Return single voxels, far from each other, within the tube."""
    array = tube(grid, 6.0).array.copy()
    keep = np.zeros(grid.shape, bool)
    keep[1::5, 2::5, 3::5] = True
    array[~keep] = 0
    return Volume(array, grid)


def volume_mm3(mask: Volume) -> float:
    return float(np.count_nonzero(mask.array)) * mask.grid.voxel_volume_mm3


FINE = {
    "thinner slices": centred((110, 40, 40), (0.8, 0.8, 0.5)),
    "thinner slices, shifted": Grid.from_spacing((110, 40, 40), (0.8, 0.8, 0.5), (-16, -16, -29.9)),
    "smaller pixels": centred((12, 120, 120), (0.25, 0.25, 5.0)),
    "smaller everywhere": centred((100, 60, 60), (0.5, 0.5, 0.5)),
    "turned": centred((90, 60, 60), (0.5, 0.5, 0.5), turned(20)),
    "turned, as large": centred((40, 30, 30), (1.2, 1.2, 2.2222), turned(35)),
    "flipped": Grid.from_spacing((110, 40, 40), (0.8, 0.8, 0.5), (16, 16, 25), np.diag([-1, -1, -1])),
    "another axis first": centred((60, 60, 100), (0.5, 0.5, 0.5), np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])),
}


@pytest.mark.parametrize("grid", FINE.values(), ids=FINE)
def test_what_is_drawn_in_finer_voxels_keeps_its_volume_and_its_clusters(grid):
    drawn, arteries = specks(grid), tube(grid, 6.0, AORTA)
    together = bring_together(a_ct(), arteries, drawn)
    result = measure(together.ct, together.arteries, together.calcification)
    aorta = result.territory("aorta")
    assert aorta.calcified_volume_mm3 == pytest.approx(volume_mm3(drawn), rel=1e-6)
    assert aorta.artery_volume_mm3 == pytest.approx(volume_mm3(arteries), rel=1e-6)
    assert len(result.clusters) == np.count_nonzero(drawn.array) > 5
    codes = [flag.code for flag in together.flags]
    assert codes.count("mask_grid") == 1
    assert set(codes) <= {"mask_grid", "thick_slices", "truncated_field_of_view"}
    assert "calcification mask" in together.flags[0].message


@pytest.mark.parametrize("grid", FINE.values(), ids=FINE)
def test_every_voxel_has_the_hu_of_the_voxel_of_the_ct_it_lies_in(grid):
    drawn = specks(grid)
    together = bring_together(a_ct(), None, drawn)
    assert together.ct.array.dtype == np.int16
    for kji in np.argwhere(together.calcification.array):
        ras = together.ct.grid.ras_of_kji([kji])
        k, j, i = np.rint(THICK.kji_of_ras(ras)[0])
        assert together.ct.array[tuple(kji)] == k * 100 + j + i - 1000


def test_thick_slices_of_the_ct_are_still_flagged():
    together = bring_together(a_ct(), tube(THICK, 6.0, AORTA), specks(FINE["smaller everywhere"]))
    (flag,) = [flag for flag in together.flags if flag.code == "thick_slices"]
    assert "5.0 mm" in flag.message
    coarse = bring_together(a_ct(), tube(THICK, 6.0, AORTA), specks(FINE["smaller pixels"]))  # measuring flags it there
    assert "thick_slices" not in {flag.code for flag in coarse.flags}


@pytest.mark.parametrize(
    "grid",
    [
        THICK,
        THICK.cropped((slice(2, 11), slice(5, 33), slice(3, 40))),
        Grid.from_spacing((12, 40, 40), (0.8, 0.8, 5.0), (15.2, 15.2, 25.0), -np.eye(3)),
        Grid.from_spacing((12, 40, 40), (0.8, 0.8, 5.0), (-16.3, -16.1, -31.0)),
        Grid.from_spacing((12, 40, 40), (0.80001, 0.8, 5.0001), (-16, -16, -30)),
    ],
    ids=["same", "cropped", "flipped", "shifted by less than half a voxel", "rounded header"],
)
def test_masks_with_the_voxels_of_the_ct_leave_its_grid_alone(grid):
    drawn = specks(grid)
    ct = a_ct()
    together = bring_together(ct, tube(grid, 6.0, AORTA), drawn)
    assert together.ct.grid.same_as(THICK)
    assert together.ct.array is ct.array
    assert np.count_nonzero(together.calcification.array) == np.count_nonzero(drawn.array)
    assert together.flags == ()


def test_a_coarser_mask_is_brought_to_the_ct_and_both_volumes_are_told():
    coarse = centred((9, 12, 12), (2.5, 2.5, 6.0))
    drawn = tube(coarse, 6.0)
    together = bring_together(a_ct(), None, drawn)
    assert together.ct.grid is THICK
    (flag,) = together.flags
    assert flag.code == "mask_resampled"
    before, after = volume_mm3(drawn), volume_mm3(together.calcification)
    assert f"{before:.1f} mm³ there, {after:.1f} mm³ here" in flag.message
    assert "clusters: " in flag.message


def test_of_two_other_grids_the_finer_is_measured_on_and_the_other_told():
    fine, middling = FINE["smaller everywhere"], centred((60, 40, 40), (0.8, 0.8, 1.1))
    arteries = tube(middling, 6.0, AORTA)
    arteries.array[20, 10, 10] = territory("renal_left").label
    together = bring_together(a_ct(), arteries, specks(fine))
    assert volume_mm3(together.calcification) == pytest.approx(volume_mm3(specks(fine)))
    told = {flag.code: flag.message for flag in together.flags}
    assert "Left renal artery: 0.7 and" in told["mask_resampled"]
    assert "calcification mask (0.5 × 0.5 × 0.5 mm)" in told["mask_grid"]


def test_a_mask_without_a_voxel_changes_no_grid():
    together = bring_together(
        a_ct(), tube(THICK, 6, AORTA), Volume(np.zeros((60, 60, 60), np.uint8), centred((60,) * 3, (0.4,) * 3))
    )
    assert together.ct.grid is THICK
    assert together.flags == ()


def test_without_a_ct_the_finer_mask_says_the_grid():
    drawn = specks(FINE["thinner slices"])
    together = bring_together(None, tube(THICK, 6.0, AORTA), drawn)
    assert together.ct is None
    assert volume_mm3(together.calcification) == pytest.approx(volume_mm3(drawn))


@pytest.mark.parametrize("grid", [FINE["smaller everywhere"], FINE["turned"]], ids=["parallel", "turned"])
def test_what_lies_outside_the_ct_is_not_measured_on_any_grid(grid):
    part = THICK.cropped((slice(0, 6), slice(0, 40), slice(0, 40)))
    drawn = tube(grid, 6.0)
    together = bring_together(a_ct(part), drawn, drawn)
    codes = {flag.code for flag in together.flags}
    assert "mask_outside_image" in codes
    ras = grid.ras_of_kji(np.argwhere(drawn.array))
    inside = (part.kji_of_ras(ras) < np.array(part.shape) - 0.5).all(axis=1)
    assert np.count_nonzero(together.calcification.array) == np.count_nonzero(inside)
    if not voxels_match(grid, part) and grid is FINE["turned"]:
        assert "truncated_field_of_view" in codes
    with pytest.raises(InputError, match=r"outside the image|does not overlap"):
        bring_together(a_ct(THICK.cropped((slice(0, 1), slice(0, 2), slice(0, 2)))), None, drawn)


def test_too_many_voxels_are_measured_near_the_masks_only_or_on_the_ct(monkeypatch):
    drawn, arteries = specks(FINE["smaller everywhere"]), tube(THICK, 3.0, AORTA)
    whole = bring_together(a_ct(), arteries, drawn)
    monkeypatch.setattr(common_grid, "_MARGIN_MM", 1.0)
    monkeypatch.setattr(common_grid, "MAX_VOXELS", int(np.prod(whole.ct.grid.shape)) - 1)
    near = bring_together(a_ct(), arteries, drawn)
    assert np.prod(near.ct.grid.shape) < np.prod(whole.ct.grid.shape)
    assert "near the masks only" in near.flags[0].message
    results = [measure(each.ct, each.arteries, each.calcification) for each in (whole, near)]
    assert results[0].total.calcified_volume_mm3 == results[1].total.calcified_volume_mm3
    assert results[0].total.artery_volume_mm3 == results[1].total.artery_volume_mm3
    monkeypatch.setattr(common_grid, "MAX_VOXELS", 1000)
    on_ct = bring_together(a_ct(), arteries, drawn)
    assert on_ct.ct.grid is THICK
    (flag,) = [flag for flag in on_ct.flags if flag.code == "mask_resampled"]
    assert f"{volume_mm3(drawn):.1f} mm³ there, {volume_mm3(on_ct.calcification):.1f} mm³ here" in flag.message


def test_a_small_change_on_another_grid_is_a_note():
    mask = tube(centred((40, 60, 60), (0.5, 0.5, 1.3)), 6.0, AORTA)
    _, (flag,) = bring(mask, centred((150, 150, 150), (0.23, 0.23, 0.23)), "artery mask", common_grid.ARTERY_TITLES)
    assert flag.code == "mask_grid"


def test_air_surrounds_the_ct():
    wide = covering(THICK, [centred((30, 90, 90), (0.8, 0.8, 5.0))])
    moved = nearest_hu(a_ct(), wide)
    assert moved.array[0, 0, 0] == -1024
    assert (moved.array > -1024).sum() == np.prod(THICK.shape)


@tried(40)
@given(
    st.tuples(*[st.floats(0.3, 2.5) for _ in range(3)]),
    st.floats(-40, 40),
    st.tuples(*[st.floats(-3, 3) for _ in range(3)]),
)
def test_no_grid_changes_a_volume_in_silence(spacing_mm, degrees, shift_mm):
    size = tuple(max(2, int(24 / step)) for step in spacing_mm[::-1])
    grid = centred(size, spacing_mm, turned(degrees))
    moved = np.array(grid.ijk_to_ras)
    moved[:3, 3] += shift_mm
    grid = Grid(size, moved)
    drawn = Volume((np.random.default_rng(3).random(size) < 0.02).astype(np.uint8), grid)
    if not drawn.array.any():
        return
    together = bring_together(a_ct(), None, drawn)
    before, after = volume_mm3(drawn), volume_mm3(together.calcification)
    if abs(after - before) > 1e-6 * before:
        told = [flag for flag in together.flags if flag.code in ("mask_resampled", "mask_grid", "mask_outside_image")]
        assert told
        if not any(flag.code == "mask_outside_image" for flag in told):
            assert any(f"{before:.1f} mm³ there, {after:.1f} mm³ here" in flag.message for flag in told)


def test_a_grid_that_fills_a_box_has_every_centre_in_it():
    small = Grid.from_spacing((3, 3, 3), (0.5, 0.5, 0.5), (0.1, 0.2, 0.3))
    filled = filling(small, THICK)
    first, last = filled.ras_of_kji([(0, 0, 0), np.array(filled.shape) - 1])
    assert (THICK.kji_of_ras([first])[0] >= -0.5 - 1e-3).all()
    assert (THICK.kji_of_ras([first - 0.5])[0] < -0.5).all()
    assert (THICK.kji_of_ras([last])[0] <= np.array(THICK.shape) - 0.5 + 1e-3).all()
    assert (THICK.kji_of_ras([last + 0.5])[0] > np.array(THICK.shape) - 0.5).all()
