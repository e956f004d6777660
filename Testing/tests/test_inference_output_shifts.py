"""What is added to logits by the distance of slices: read from dataset.json, interpolated, and added everywhere."""

import math

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import ModelError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.inference.output_shifts import KEY, logits_at
from tiny_models import a_model_folder_without_weights, a_noisy_ct, a_tiny_model_folder, let_it_say

LABELS = ["aorta", "calcification"]


def says(folder, shifts):
    """Let the dataset.json of a model folder say shifts, and open it."""
    let_it_say(folder, KEY, shifts)
    return ModelFolder.open(folder)


def test_a_folder_without_shifts_has_none(tmp_path):
    assert ModelFolder.open(a_model_folder_without_weights(tmp_path, LABELS)).shifts == {}


def test_shifts_are_those_of_the_label_and_part_of_the_checksum(tmp_path):
    folder = a_model_folder_without_weights(tmp_path, LABELS)
    before = ModelFolder.open(folder).checksum
    model = says(folder, {"calcification": [[1, 0], [2.0, 0.5]]})
    assert model.shifts == {2: [(1.0, 0.0), (2.0, 0.5)]}
    assert model.checksum != before


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"calcium": [[1, 0]]},
        {"calcification": []},
        {"calcification": 0.5},
        {"calcification": [[1, 0.5], 2]},
        {"calcification": [[1, 0.5, 2]]},
        {"calcification": [["1", 0.5]]},
        {"calcification": [[True, 0.5]]},
        {"calcification": [[0, 0.5]]},
        {"calcification": [[1, 11]]},
        {"calcification": [[1, math.nan]]},
        {"calcification": [[2, 0.5], [1, 0]]},
        {"calcification": [[1, 0.5], [1, 0]]},
    ],
)
def test_what_can_be_no_shift_is_refused_and_says_what_to_do(tmp_path, wrong):
    folder = a_model_folder_without_weights(tmp_path, LABELS)
    with pytest.raises(ModelError, match=f"{KEY}.*correct the file"):
        says(folder, wrong)


def test_between_distances_it_is_interpolated_over_their_logarithm_and_beyond_it_stays():
    shifts = {2: [(1.0, 0.2), (4.0, 1.0)]}
    found = [logits_at(shifts, 3, (mm, 0.7, 0.8)) for mm in (0.8, 1.0, 2.0, 4.0, 9.0)]
    np.testing.assert_allclose([each[2] for each in found], [0.2, 0.2, 0.6, 1.0, 1.0], rtol=1e-6)
    assert not np.any([each[:2] for each in found])
    # The slices, along whichever axis they lie.
    np.testing.assert_array_equal(logits_at(shifts, 3, (0.7, 0.8, 2.0)), found[2])
    assert logits_at({}, 3, (1, 1, 1)) is None
    assert logits_at({2: [(1.0, 0.0), (2.0, 0.5)]}, 3, (1.0, 1.0, 1.0)) is None


@pytest.mark.nnunet
@pytest.mark.parametrize("transpose", [[0, 1, 2], [2, 0, 1]])
def test_a_shift_is_the_bias_of_the_last_layer_by_another_road(tmp_path, transpose):
    """On the first look and the second one, and only at that distance of slices."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    from AbdominalCalcificationLib.inference.predictor import Predictor

    folder = a_tiny_model_folder(tmp_path / "own", LABELS, transpose=transpose)
    biased = a_tiny_model_folder(tmp_path / "biased", LABELS, transpose=transpose)
    path = biased / "fold_0" / "checkpoint_final.pth"
    checkpoint = torch.load(path, map_location="cpu", weights_only=False)
    name = max(key for key in checkpoint["network_weights"] if ".seg_layers." in key and key.endswith("bias"))
    checkpoint["network_weights"][name][2] += 0.5
    torch.save(checkpoint, path)
    own = says(folder, {"calcification": [[1.0, 0.0], [2.5, 0.5]]})
    thick = a_noisy_ct(spacing_mm=(0.9, 0.9, 2.5))
    thin = Volume(thick.array, Grid.from_spacing(thick.array.shape, (0.9, 0.9, 1.0)))
    found, expected = Predictor(own, precision="float32"), Predictor(ModelFolder.open(biased), precision="float32")
    plain = Predictor(
        ModelFolder.open(a_tiny_model_folder(tmp_path / "plain", LABELS, transpose=transpose)), precision="float32"
    )
    everywhere = np.ones(thick.array.shape, bool)
    for ct, like in ((thick, expected), (thin, plain)):
        spacing = ct.grid.spacing_mm[::-1]
        one, other = (each.predict(ct.array, spacing, "cpu")[0] for each in (found, like))
        assert np.count_nonzero(one != other) <= 2  # sums are rounded to half precision
        one, other = (each.look_again(ct.array, spacing, "cpu", everywhere)[0] for each in (found, like))
        assert np.count_nonzero(one != other) <= 2
    spacing = thick.grid.spacing_mm[::-1]
    more, less = (np.count_nonzero(each.predict(thick.array, spacing, "cpu")[0] == 2) for each in (found, plain))
    assert more > 1.05 * less
