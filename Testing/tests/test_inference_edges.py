"""Thin arteries filled up to their edges: read from dataset.json, added where the CT says so, and nowhere else."""

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.errors import ModelError
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.inference.edges import KEY, LEAST_CONTRAST_HU, filled_to_edges
from tiny_models import a_model_folder_without_weights, a_noisy_ct, a_tiny_model_folder, let_it_say

LABELS = ["aorta", "inferior_mesenteric"]


def says(folder, edges):
    """Let the dataset.json of a model folder say edges, and open it."""
    let_it_say(folder, KEY, edges)
    return ModelFolder.open(folder)


def test_edges_are_those_of_the_label_and_part_of_the_checksum(tmp_path):
    folder = a_model_folder_without_weights(tmp_path, LABELS)
    plain = ModelFolder.open(folder)
    assert plain.edges == {}
    before = plain.checksum
    model = says(folder, {"inferior_mesenteric": 0.4})
    assert model.edges == {2: 0.4}
    assert model.checksum != before


@pytest.mark.parametrize("wrong", [[], {"lumen": 0.4}, {"aorta": 0.0}, {"aorta": 1.0}, {"aorta": 1}, {"aorta": "0.4"}])
def test_what_can_be_no_edge_is_refused_and_says_what_to_do(tmp_path, wrong):
    folder = a_model_folder_without_weights(tmp_path, LABELS)
    with pytest.raises(ModelError, match=f"{KEY}.*correct the file"):
        says(folder, wrong)


class Vessel:
    """A vessel of 2.6 mm radius along k in fat, blurred, and a mask that lacks its rim."""

    def __init__(self, spacing_mm=(1.0, 1.0, 1.0), blood_hu=300.0, fat_hu=-80.0):
        self.spacing_mm = np.array(spacing_mm)
        shape = np.rint(np.array([24, 30, 30]) / self.spacing_mm).astype(int)
        place = (np.indices(shape) - (np.array(shape).reshape(3, 1, 1, 1) - 1) / 2) * self.spacing_mm.reshape(
            3, 1, 1, 1
        )
        self.right = place[2]
        radius = np.hypot(place[1], place[2])
        self.true = radius <= 2.6
        hu = ndimage.gaussian_filter(np.where(self.true, blood_hu, fat_hu), 0.7 / self.spacing_mm)
        self.hu = np.rint(hu).astype(np.int16)
        self.labels = np.where(radius <= 1.6, 2, 0).astype(np.uint8)

    def filled(self, **more):
        return filled_to_edges(self.hu, self.labels, self.spacing_mm, **{"contrast": {2: 0.4}, **more})


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.7, 0.7, 0.7), (3.0, 0.8, 0.8)])
def test_a_thin_vessel_is_filled_up_to_its_edges(spacing_mm):
    vessel = Vessel(spacing_mm)
    before = vessel.labels.copy()
    filled = vessel.filled()
    assert np.array_equal(vessel.labels, before)

    def overlap(labels):
        return 2 * np.count_nonzero((labels == 2) & vessel.true) / (np.count_nonzero(labels) + vessel.true.sum())

    assert overlap(before) < 0.75
    assert overlap(filled) > overlap(before) + 0.15
    assert not filled[ndimage.distance_transform_edt(before == 0, sampling=spacing_mm) > 1.01].any()


def test_what_is_dark_stays_out_and_more_is_added_at_less_contrast():
    vessel = Vessel()
    vessel.hu[vessel.right > 1.6] = -80  # there it ends in fat
    filled = vessel.filled()
    assert not filled[vessel.right > 1.6].any()
    assert filled[vessel.right < -1.6].any()
    counts = [np.count_nonzero(Vessel().filled(contrast={2: part})) for part in (0.9, 0.4)]
    assert counts[0] < counts[1]


def test_only_named_labels_are_filled_and_others_keep_what_they_have():
    vessel = Vessel()
    assert np.array_equal(vessel.filled(contrast={}), vessel.labels)
    assert np.array_equal(vessel.filled(contrast={1: 0.4, 3: 0.4}), vessel.labels)
    vessel.labels[(vessel.labels == 0) & (vessel.right > 0)] = 1
    filled = vessel.filled()
    assert np.array_equal(filled == 1, vessel.labels == 1)
    assert np.count_nonzero(filled == 2) > np.count_nonzero(vessel.labels == 2)


def test_a_vessel_that_hardly_stands_out_is_left_alone():
    faint = Vessel(blood_hu=40 + 0.5 * LEAST_CONTRAST_HU, fat_hu=40)
    assert np.array_equal(faint.filled(), faint.labels)
    enhanced = Vessel(blood_hu=300, fat_hu=40)
    assert not np.array_equal(enhanced.filled(), enhanced.labels)
    unenhanced = Vessel(blood_hu=45, fat_hu=-100)
    assert np.array_equal(unenhanced.filled(), unenhanced.labels)


@pytest.mark.parametrize("gas_hu", [-1000, -3024])
def test_gas_beside_a_vessel_does_not_swell_it(gas_hu):
    vessel = Vessel()
    alone = vessel.filled()
    vessel.hu[abs(vessel.right) > 5] = gas_hu
    assert np.array_equal(vessel.filled(), alone)


def test_a_spacing_that_is_not_exact_fills_as_one_that_is():
    vessel = Vessel()
    exact = vessel.filled()
    vessel.spacing_mm = vessel.spacing_mm * 1.00001
    assert np.array_equal(vessel.filled(), exact)


def test_a_bright_neighbour_is_no_surroundings_of_a_vessel_beside_another_label():
    vessel = Vessel()
    alone = vessel.filled()
    beside = vessel.right > 5
    vessel.hu[beside] = 900
    vessel.labels[beside] = 1
    filled = vessel.filled()
    near = abs(vessel.right) < 3
    assert np.array_equal(filled[near], alone[near])


def test_where_all_around_is_labelled_nothing_is_added():
    vessel = Vessel()
    ring = (vessel.labels == 0) & ~vessel.true
    vessel.labels[ring] = 1
    assert np.array_equal(vessel.filled(), vessel.labels)


@pytest.mark.nnunet
@pytest.mark.parametrize("transpose", [[0, 1, 2], [2, 0, 1]])
def test_a_model_fills_what_it_finds_on_both_looks_and_not_on_the_plain_road(tmp_path, transpose):
    pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    from AbdominalCalcificationLib.inference.predictor import Predictor

    folder, ct = a_tiny_model_folder(tmp_path / "own", LABELS, transpose=transpose), a_noisy_ct()
    spacing_mm, said = ct.grid.spacing_mm[::-1], []
    plain = Predictor(ModelFolder.open(folder), precision="float32")
    found = plain.predict(ct.array, spacing_mm, "cpu")[0]
    filling = Predictor(says(folder, {"inferior_mesenteric": 0.1}), precision="float32")
    filled = filling.predict(ct.array, spacing_mm, "cpu")[0]
    assert np.array_equal(filled, filled_to_edges(ct.array, found, spacing_mm, {2: 0.1}))
    assert not np.array_equal(filled, found)
    region = np.ones(ct.array.shape, bool)
    again, more = (each.look_again(ct.array, spacing_mm, "cpu", region)[0] for each in (plain, filling))
    assert np.array_equal(more, filled_to_edges(ct.array, again, spacing_mm, {2: 0.1}))
    roads = [Predictor(model, plain_nnunet=True) for model in (plain.model, filling.model)]
    one, other = (road.predict(ct.array, spacing_mm, "cpu", say=said.append)[0] for road in roads)
    assert np.array_equal(one, other)
    assert sum("is left out on this road" in line for line in said) == 1
