"""An aorta in the chest is no abdominal one."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.measurement.chest import chest_flags
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
