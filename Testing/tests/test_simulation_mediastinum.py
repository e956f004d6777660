"""Lungs of virtual patients lie against the spine and the descending aorta, as those of people do."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.measurement.chest import chest_flags
from AbdominalCalcificationLib.simulation import simulate
from AbdominalCalcificationLib.simulation.canvas import BYSTANDERS
from AbdominalCalcificationLib.simulation.mediastinum import mediastinum_of
from AbdominalCalcificationLib.simulation.spine import SpineCurve
from AbdominalCalcificationLib.simulation.tubes import Centerline


@pytest.fixture(scope="module")
def chest():
    return simulate(
        6102, phase="arterial", spacing_mm=(1.5, 1.5, 6), shape=(12, 140, 160), center_ras=(0, -20, 310), conditions=[]
    )


def of_aorta(patient):
    """Return the mask of the descending aorta: the part that lies farther back."""
    mask = patient.arteries.array == 1
    for plane in mask:
        parts, count = ndimage.label(plane)
        if count > 1:
            j = [np.argwhere(parts == each + 1)[:, 0].mean() for each in range(count)]
            back = np.argmin(np.array(j) * np.sign(patient.ct.grid.ijk_to_ras[1, 1]))
            plane &= parts == back + 1
    return mask


def test_the_lungs_touch_the_descending_aorta(chest):
    hu, aorta = chest.ct.array, of_aorta(chest)
    assert aorta.any(axis=(1, 2)).all()
    near = np.stack([ndimage.distance_transform_edt(~plane, sampling=1.5) for plane in aorta])
    lung = (hu > -950) & (hu < -600)
    nearest = [away[plane].min() for away, plane in zip(near, lung, strict=True)]
    assert np.median(nearest) <= 6.0  # the wall has no label, and half a voxel on each side is blurred
    assert not (lung & aorta).any()


def test_lungs_are_no_bone(chest):
    bone = chest.bystanders.array == BYSTANDERS["bone"]
    inner = np.stack([ndimage.binary_erosion(plane) for plane in bone])
    assert inner.any()
    assert (chest.ct.array[inner] > -300).all()


def test_an_aorta_in_the_chest_is_told(chest):
    (flag,) = chest_flags(chest.ct, chest.arteries.with_array(of_aorta(chest).astype(np.uint8)), False)
    assert flag.code == "no_abdominal_aorta"


def mediastinum(seed):
    spine = SpineCurve(np.random.default_rng(seed))
    z = np.linspace(420.0, 0.0, 40)
    line = Centerline.through(np.stack([0 * z - 20, spine.front(z), z], 1))
    aorta = SimpleNamespace(centerline=line, outer_mm=np.full(len(line.points), 12.0))
    person = SimpleNamespace(rng=lambda part: np.random.default_rng([seed, part]))
    return mediastinum_of(person, spine, aorta, 140.0)


def test_fat_keeps_some_lungs_off_the_aorta_by_up_to_20_mm():
    fat = np.array([mediastinum(seed).fat_mm for seed in range(200)])
    assert fat.min() >= 0.5
    assert fat.max() <= 20.0
    assert 0.6 < np.mean(fat < 2.0) < 0.9
    assert np.mean(fat > 8.0) > 0.05


@pytest.mark.parametrize("seed", range(8))
def test_spine_and_aorta_lie_in_the_mediastinum(seed):
    here, z = mediastinum(seed), 330.0
    front = here.spine.front(z)
    turn = np.linspace(0, 2 * np.pi, 60)
    assert (here.depth(-20 + 12 * np.cos(turn), front + 12 * np.sin(turn), z) >= here.fat_mm - 0.1).all()
    x = here.spine.middle(z) + np.linspace(-1, 1, 21) * here.spine.half_width_mm
    assert (here.depth(x, front - 0.5 * here.spine.depth_mm, z) > 1.0).all()
    # Beside the vertebra, and to the left of the aorta, is lung; where the crura hold the aorta there is none.
    aside = here.spine.half_width_mm + 8.0 + here.fat_mm
    assert here.depth(here.spine.middle(z) + aside, front - 15.0, z) < 0
    assert here.depth(-20.0 - 14.0 - here.fat_mm, front, z) < 0
    assert here.depth(-20.0 - 14.0 - here.fat_mm, here.spine.front(150.0), 150.0) > 0
