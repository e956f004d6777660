"""An aorta in the chest is no abdominal one."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.measurement.chest import chest_flags, lungs_and_body
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.trust import Verdict

RNG = np.random.default_rng(7)


def a_trunk(chest_mm, abdomen_mm, gas_mm=0, flipped=False):
    """Return CT and mask of an aorta of 20 mm that lies beside lung in its upper part, in fat below it."""
    shape = ((chest_mm + abdomen_mm) // 2, 40, 40)
    height = 2 * np.arange(shape[0])[:, None, None]
    j, i = np.indices(shape[1:])
    inside = np.broadcast_to(np.hypot(j - 20, i - 20) <= 5, shape)
    hu = RNG.normal(-100, 15, shape)
    hu = np.where((height >= abdomen_mm) & (i < 18), RNG.normal(-840, 40, shape), hu)
    hu = np.where((height < gas_mm) & (j < 13), -1000, hu)  # a loop of bowel with gas, 4 mm from the wall
    hu = np.where((height < gas_mm) & (j == 13), -700, hu)  # and its blurred edge
    hu = np.where(inside, 350, hu)
    grid = Grid.from_spacing(shape, (2, 2, 2))
    labels = inside.astype(np.uint8)
    if flipped:
        matrix = np.array(grid.ijk_to_ras)
        matrix[:3, 2] *= -1
        matrix[2, 3] = 2 * (shape[0] - 1)
        grid, hu, labels = Grid(shape, matrix), hu[::-1].copy(), labels[::-1].copy()
    return Volume(np.rint(hu).astype(np.int16), grid), Volume(labels, grid)


@pytest.mark.parametrize(
    ("chest_mm", "abdomen_mm", "has_limbs", "expected"),
    [
        (0, 160, True, None),
        (20, 140, True, None),  # only the recesses of the lungs
        (120, 160, True, "thoracic_aorta"),
        (120, 160, False, "thoracic_aorta"),
        (200, 120, True, "thoracic_aorta"),
        (200, 120, False, "no_abdominal_aorta"),
        (60, 40, False, "no_abdominal_aorta"),
        (200, 0, False, "no_abdominal_aorta"),
    ],
)
@pytest.mark.parametrize("flipped", [False, True])
def test_lungs_beside_the_aorta_tell_the_chest(chest_mm, abdomen_mm, has_limbs, expected, flipped):
    flags = chest_flags(*a_trunk(chest_mm, abdomen_mm, flipped=flipped), has_limbs)
    assert [flag.code for flag in flags] == ([] if expected is None else [expected])


def test_the_message_says_how_much_lies_in_the_chest():
    (flag,) = chest_flags(*a_trunk(120, 160), True)
    assert "12 cm of it lie beside the lungs" in flag.message


def test_bowel_gas_beside_the_aorta_is_no_lung():
    assert chest_flags(*a_trunk(0, 160, gas_mm=100), False) == []


def test_a_ct_of_the_chest_is_unusable_whatever_else_was_found():
    ct, arteries = a_trunk(200, 20)
    trust = measure(ct, arteries, arteries.with_array(np.zeros(ct.grid.shape, bool))).trust
    assert trust.verdict is Verdict.UNUSABLE
    assert trust.reasons[0].code == "no_abdominal_aorta"


def test_without_an_aorta_nothing_can_be_used():
    ct, arteries = a_trunk(0, 100)
    branch = arteries.with_array(np.where(arteries.array, 5, 0).astype(np.uint8))
    trust = measure(ct, branch, arteries.with_array(np.zeros(ct.grid.shape, bool))).trust
    assert trust.verdict is Verdict.UNUSABLE
    assert [flag.code for flag in trust.reasons].count("no_abdominal_aorta") == 1


@pytest.mark.real_ct
def test_a_real_aorta_from_the_arch_to_the_coeliac_trunk(real_cta):
    ct = read_ct(real_cta / "ct.nii.gz").volume
    aorta = align_labels(read_mask(real_cta / "aorta.nii.gz"), ct.grid)
    (flag,) = chest_flags(ct, aorta, has_limbs=False)
    assert flag.code == "no_abdominal_aorta"
    assert "20 cm of the aorta lie beside the lungs" in flag.message


def a_wide_trunk(chest_mm, abdomen_mm, fat_mm, lung_mm=(90, 90), recess_mm=12, axes=(0, 1, 2), outside_hu=-1000):
    """Return CT and mask of a trunk 360 mm wide, whose lungs lie `fat_mm` from the aorta's wall at each of its sides.

    `lung_mm` are their widths to the left and right of the image; below, recesses lie at the flanks.
    """
    shape = ((chest_mm + abdomen_mm) // 4, 60, 100)
    height = 4 * np.arange(shape[0])[:, None, None]
    j, i = (4 * each for each in np.indices(shape[1:]))
    inside = np.broadcast_to(np.hypot(j - 120, i - 200) <= 11, shape)
    hu = RNG.normal(-90, 15, shape)
    left, right = 200 - 11 - fat_mm - i, i - 200 - 11 - fat_mm
    lungs = ((left > 0) & (left < lung_mm[0])) | ((right > 0) & (right < lung_mm[1]))
    recess = (i > 20 + 6) & (i < 26 + recess_mm) | (i < 380 - 6) & (i > 374 - recess_mm)
    hu = np.where((height >= abdomen_mm) & lungs, RNG.normal(-840, 40, shape), hu)
    hu = np.where((height < abdomen_mm) & recess, -800, hu)
    hu = np.where((i < 20) | (i > 380), RNG.normal(outside_hu, 12, shape), hu)
    hu = np.where(inside, 350, hu)
    matrix = np.diag([4.0, 4.0, 4.0, 1.0])
    ijk = [2 - axis for axis in axes[::-1]]
    matrix[:3, :3] = matrix[:3, :3][:, ijk]
    hu, inside = hu.transpose(axes), np.ascontiguousarray(inside.transpose(axes))
    grid = Grid(hu.shape, matrix)
    return Volume(np.rint(hu).astype(np.int16), grid), Volume(inside.astype(np.uint8), grid)


@pytest.mark.parametrize("fat_mm", [4, 12, 20, 30])
@pytest.mark.parametrize("lung_mm", [(90, 90), (0, 130), (110, 0), (60, 60)])
def test_fat_that_keeps_the_lungs_off_the_aorta_makes_no_abdomen_of_a_chest(fat_mm, lung_mm):
    (flag,) = chest_flags(*a_wide_trunk(200, 0, fat_mm, lung_mm), False)
    assert flag.code == "no_abdominal_aorta"
    (flag,) = chest_flags(*a_wide_trunk(120, 160, fat_mm, lung_mm), True)
    assert flag.code == "thoracic_aorta"
    assert "12 cm of it" in flag.message


@pytest.mark.parametrize("outside_hu", [-1000, -1024, -2000, -960])
def test_recesses_and_what_lies_outside_are_no_chest(outside_hu):
    assert chest_flags(*a_wide_trunk(20, 180, 20, recess_mm=24, outside_hu=outside_hu), False) == []


@pytest.mark.parametrize("axes", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_width_of_the_lungs_is_that_from_side_to_side_on_any_grid(axes):
    (flag,) = chest_flags(*a_wide_trunk(200, 40, 16, axes=axes), False)
    assert flag.code == "no_abdominal_aorta"
    assert chest_flags(*a_wide_trunk(0, 200, 16, axes=axes), False) == []


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("fat_mm", [12, 20])
def test_measuring_sees_lungs_far_from_the_aorta(fat_mm, axes):
    ct, aorta = a_wide_trunk(200, 0, fat_mm, axes=axes)
    trust = measure(ct, aorta, aorta.with_array(np.zeros(ct.grid.shape, bool))).trust
    assert trust.verdict is Verdict.UNUSABLE
    assert trust.reasons[0].code == "no_abdominal_aorta"


def test_an_aorta_at_its_place_in_the_ct_is_told_as_in_a_mask_of_all_of_it():
    ct, aorta = a_wide_trunk(120, 160, 16)
    box = (slice(3, 68), slice(20, 41), slice(38, 63))
    assert chest_flags(ct, aorta.cropped(box), True, [part.start for part in box]) == chest_flags(
        ct,
        Volume(
            np.where(np.arange(70)[:, None, None] < 3, 0, aorta.array) * (np.arange(70) < 68)[:, None, None], ct.grid
        ),
        True,
    )


def test_thick_slices_and_a_ct_upside_down_are_no_other_patient():
    ct, aorta = a_wide_trunk(200, 40, 16)
    matrix = np.array(ct.grid.ijk_to_ras)
    matrix[:3, 3] = matrix[:3, 2] * (ct.grid.shape[0] - 1)
    matrix[:3, 2] *= -1
    turned = Grid(ct.grid.shape, matrix)
    flags = chest_flags(ct, aorta, False)
    assert chest_flags(Volume(ct.array[::-1], turned), Volume(aorta.array[::-1].copy(), turned), False) == flags
    thick = Grid.from_spacing((30, *ct.grid.shape[1:]), (4, 4, 8))
    (flag,) = chest_flags(Volume(ct.array[::2], thick), Volume(aorta.array[::2].copy(), thick), False)
    assert flag.code == "no_abdominal_aorta"


# --- A band from side to side at the aorta's level: samples of 3 mm ----------------------------------


def a_band(parts, rows=9, noise_hu=12.0):
    """Return a band of parts from side to side, each so many mm of one HU, with noise."""
    row = np.concatenate([np.full(width // 3, float(hu)) for width, hu in parts])
    return np.random.default_rng(5).normal(row, noise_hu, (rows, len(row))).astype(np.float32)


def lung_mm(*parts, **kwargs):
    lung, _ = lungs_and_body(a_band(parts, **kwargs))
    return 3 * float(np.median(lung.sum(axis=1)))


AIR, WALL, LUNG, SPINE = (60, -1000), (30, 30), (90, -850), (60, 100)


@pytest.mark.parametrize(
    "parts",
    [
        (AIR, WALL, LUNG, SPINE, LUNG, WALL, AIR),
        ((60, -1024), WALL, LUNG, SPINE, LUNG, WALL, (60, -1024)),
        (LUNG, SPINE, LUNG),  # a field narrower than the chest
        ((30, -1024), LUNG, SPINE, LUNG, (30, -1024)),  # round, too
        (AIR, WALL, (90, -925), SPINE, (90, -925), WALL, AIR),  # emphysema
    ],
)
def test_lungs_are_seen_in_any_field(parts):
    assert lung_mm(*parts) == pytest.approx(180, abs=13)


def test_emphysema_with_bullae_is_lung():
    bulla = (21, -1000)
    assert lung_mm(AIR, WALL, (36, -900), bulla, (33, -900), SPINE, LUNG, WALL, AIR) == pytest.approx(180, abs=13)


@pytest.mark.parametrize(
    "parts",
    [
        (AIR, WALL, (300, 30), WALL, AIR),
        ((60, -970), WALL, (300, 30), WALL, (60, -970)),
        (AIR, WALL, (60, 40), (90, -1000), (60, 40), (90, -990), WALL, AIR),  # colon on both sides
        (AIR, (60, 40), (60, -1000), WALL, (200, 30), WALL, (60, -1000), (60, 40), AIR),  # arms beside the trunk
        ((30, -1024), (240, 30), (30, -1024)),
        (AIR, WALL, (90, -1000), (60, 40), WALL, AIR),  # a pneumothorax
    ],
)
def test_gas_and_the_air_beside_the_patient_are_no_lung(parts):
    assert lung_mm(*parts) == 0
    assert lung_mm(*parts, noise_hu=25.0) < 10  # as much as thin slices have after averaging


def test_recesses_of_both_lungs_are_no_chest_but_one_lung_is():
    assert lung_mm(AIR, WALL, (18, -800), (240, 30), (18, -800), WALL, AIR) <= 40
    assert lung_mm(AIR, WALL, (100, 20), SPINE, (130, -850), WALL, AIR) > 90


def test_what_is_beside_the_patient_is_no_body():
    _, body = lungs_and_body(a_band((AIR, WALL, LUNG, SPINE, WALL, AIR)))
    assert 3 * float(np.median(body.sum(axis=1))) == pytest.approx(30 + 90 + 60 + 30, abs=7)
