"""One case in the worker, with predictors that need no network: order, merging, restriction, axes."""

import itertools

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError, ModelError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.sides import split_left_right
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.inference.job import REACH_MM, Job, ModelUse, near, run_job
from AbdominalCalcificationLib.inference.merging import ArteryMerger
from AbdominalCalcificationLib.inference.orientation import Turn
from AbdominalCalcificationLib.inference.segment import plan_job
from inference_cases import ThresholdPredictor
from tiny_models import a_model_folder_without_weights

SPACING_MM = (0.8, 1.0, 2.0)


def run(
    ct,
    arteries=None,
    artery=None,
    calcification=None,
    axes="LPS",
    messages=None,
    progress=None,
    plain_nnunet=False,
    territories=("aorta",),
):
    predictors = {"a": artery, "c": calcification}
    job = Job(
        [ModelUse("a", ["0"], {"1": list(territories)})] if artery else [],
        ModelUse("c", ["0"], {"1": []}) if calcification else None,
        "cpu",
        False,
        plain_nnunet=plain_nnunet,
    )
    return run_job(
        job,
        ct,
        arteries,
        lambda use: (predictors[use.path], axes),
        lambda device: device,
        split_left_right,
        (lambda *step: progress.append(step)) if progress is not None else lambda *step: None,
        (messages if messages is not None else []).append,
    )


def every_grid(shape_xyz, spacing_mm):
    """Every way to store the same block of space: 6 orders of axes, 8 flips."""
    size = np.array(shape_xyz) * spacing_mm
    for order in itertools.permutations(range(3)):
        for flips in itertools.product((1, -1), repeat=3):
            directions = np.zeros((3, 3))
            for axis, x in enumerate(order):
                directions[x, axis] = flips[axis]
            spacing = [spacing_mm[x] for x in order]
            shape_ijk = [shape_xyz[x] for x in order]
            first = [(0 if flips[order.index(x)] > 0 else size[x] - spacing_mm[x]) for x in range(3)]
            yield Grid.from_spacing(shape_ijk[::-1], spacing, first, directions)


def painted(grid, function) -> Volume:
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1).reshape(-1, 3)
    return Volume(function(grid.ras_of_kji(indices)).reshape(grid.shape).astype(np.int16), grid)


def position_code(points):
    """A different number at every voxel centre of the test block."""
    return (np.round(points) @ [1, 17, 400]).astype(np.int16)


def test_islands_are_left_out_and_said_and_no_calcification_is_looked_for_near_them():
    ct = Volume(np.zeros((30, 40, 60), np.int16), Grid.from_spacing((30, 40, 60), (1.0, 1.0, 1.0)))
    ct.array[:, 18:22, 10:14] = 300
    ct.array[3:5, 18:20, 40:42] = 300
    ct.array[10, 20, 14] = ct.array[4, 18, 42] = 900
    for plain_nnunet in (False, True):
        messages = []
        found = run(ct, artery=ThresholdPredictor(100), calcification=ThresholdPredictor(600), messages=messages,
                    plain_nnunet=plain_nnunet)  # fmt: skip
        arteries, calcification = found[0].array, found[1].array
        assert arteries[:, :, :20].any()
        assert arteries[:, :, 30:].any() == plain_nnunet
        assert np.argwhere(calcification).tolist() == [[4, 18, 42]] * plain_nnunet + [[10, 20, 14]]
        assert any("1 piece more than 10 mm from the aorta" in each for each in messages) != plain_nnunet


@pytest.mark.parametrize("axes", ["LPS", "RAS"])
def test_every_orientation_of_the_grid_shows_the_network_the_same_image(axes):
    shape, spacing = (5, 6, 7), (1.0, 1.5, 2.0)
    shown = []
    for grid in every_grid(shape, spacing):
        predictor = ThresholdPredictor(1000)
        ct = painted(grid, position_code)
        arteries, _, _ = run(ct, artery=predictor, axes=axes)
        shown.append(predictor.seen[0])
        assert np.array_equal(arteries.array, ct.array > 1000), "labels come back to the grid's own axes"
    assert len(shown) == 48
    image, seen_spacing, _ = shown[0]
    assert image.shape == (7, 6, 5)
    assert seen_spacing == (2.0, 1.5, 1.0)
    for other, other_spacing, _ in shown[1:]:
        assert np.array_equal(image, other)
        assert other_spacing == pytest.approx(seen_spacing)


def test_the_axes_run_to_the_left_the_back_and_the_head():
    grid = Grid.from_spacing((4, 4, 4))  # i to the right, j to the front
    turned = Turn.to("LPS", grid).forward(np.arange(64).reshape(4, 4, 4))
    assert np.array_equal(turned, np.arange(64).reshape(4, 4, 4)[:, ::-1, ::-1])


def test_an_oblique_grid_goes_to_the_nearest_axes_without_interpolation():
    angle = np.radians(20)
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    grid = Grid.from_spacing((3, 4, 5), (1, 1, 1), directions_ras=rotation @ np.diag([-1, -1, 1]))
    array = np.arange(60).reshape(3, 4, 5)
    assert np.array_equal(Turn.to("LPS", grid).forward(array), array)


def a_ct_with_two_spots() -> Volume:
    """An artery along k of 300 HU with a spot of 900 HU in it, and another 15 mm away."""
    array = np.zeros((20, 40, 60), np.int16)
    array[:, 18:22, 10:14] = 300
    array[8:11, 19:21, 11:13] = 900
    array[8:11, 19:21, 33:35] = 900
    return Volume(array, Grid.from_spacing(array.shape, SPACING_MM))


def test_calcification_away_from_the_arteries_is_left_out():
    ct = a_ct_with_two_spots()
    arteries = ct.with_array(((ct.array > 200) & (np.arange(60) < 20)).astype(np.uint8))
    _, calcification, _ = run(ct, arteries, calcification=ThresholdPredictor(500))
    assert calcification.array.sum() == 3 * 2 * 2
    assert calcification.array[:, :, 30:].sum() == 0


def test_the_region_shown_to_the_calcification_network_is_a_little_wider_than_what_is_kept():
    ct = a_ct_with_two_spots()
    arteries = ct.with_array((ct.array > 200).astype(np.uint8))
    predictor = ThresholdPredictor(500, spacing_mm=(1.5, 1.5, 1.5))
    run(ct, arteries, calcification=predictor)
    _, _, region = predictor.seen[0]
    region = Turn.to("LPS", ct.grid).backward(region)
    assert np.array_equal(region, near(arteries.array != 0, ct, REACH_MM + 3.0))


def test_near_is_the_euclidean_distance_in_mm():
    grid = Grid.from_spacing((15, 17, 19), SPACING_MM)
    mask = np.zeros(grid.shape, bool)
    mask[3, 5, 7] = mask[10, 2, 18] = True
    points = np.argwhere(np.ones(grid.shape, bool)) * SPACING_MM[::-1]
    distances = np.min(
        [np.linalg.norm(points - at * np.array(SPACING_MM[::-1]), axis=1) for at in np.argwhere(mask)], 0
    )
    expected = (distances <= 4.1).reshape(grid.shape)
    assert np.array_equal(near(mask, Volume(np.zeros(grid.shape), grid), 4.1), expected)


def test_without_an_artery_no_calcification_network_is_run():
    ct = a_ct_with_two_spots()
    messages, predictor = [], ThresholdPredictor(500)
    _, calcification, _ = run(ct, artery=ThresholdPredictor(5000), calcification=predictor, messages=messages)
    assert not calcification.array.any()
    assert not predictor.seen
    assert "No artery" in messages[0]


def test_progress_grows_over_both_models_to_one():
    progress = []
    run(a_ct_with_two_spots(), artery=ThresholdPredictor(200), calcification=ThresholdPredictor(500), progress=progress)
    fractions = [fraction for _, fraction, _ in progress]
    assert fractions == sorted(fractions)
    assert 0.25 in fractions
    assert 0.75 in fractions
    assert fractions[-1] == 1.0


def merged(*models, shape=(1, 1, 8)):
    grid = Grid.from_spacing(shape)
    mappings = [
        {label: tuple(territory(n) for n in names) for label, names in mapping.items()} for mapping, _ in models
    ]
    merger = ArteryMerger(grid, mappings, split_left_right)
    for number, (_, labels) in enumerate(models):
        merger.add(number, np.array(labels, np.uint8).reshape(shape))
    return merger.result().array.ravel().tolist()


def test_a_later_model_fills_in_territories_that_are_not_there_yet():
    first = ({1: ["aorta"], 2: ["celiac_trunk"]}, [1, 1, 0, 2, 0, 0, 0, 0])
    second = ({1: ["aorta"], 2: ["superior_mesenteric"]}, [0, 0, 1, 0, 0, 2, 2, 0])
    assert merged(first, second) == [1, 1, 0, 2, 0, 3, 3, 0]


@pytest.mark.parametrize("aorta_first", [True, False])
def test_a_branch_wins_over_the_aorta(aorta_first):
    aorta = ({5: ["aorta"]}, [5, 5, 5, 5, 0, 0, 0, 0])
    branch = ({1: ["superior_mesenteric"]}, [0, 0, 0, 1, 1, 1, 0, 0])
    assert merged(*((aorta, branch) if aorta_first else (branch, aorta))) == [1, 1, 1, 3, 3, 3, 0, 0]


def test_among_branches_the_earlier_model_wins():
    first = ({1: ["celiac_trunk"]}, [0, 1, 1, 0, 0, 0, 0, 0])
    second = ({1: ["superior_mesenteric"]}, [0, 0, 1, 1, 0, 0, 0, 0])
    assert merged(first, second) == [0, 2, 2, 3, 0, 0, 0, 0]


def test_both_renal_arteries_in_one_label_are_split_beside_the_aorta_of_another_model():
    renal = ({9: ["renal_left", "renal_right"]}, [9, 9, 0, 0, 0, 9, 9, 0])
    aorta = ({1: ["aorta"]}, [0, 0, 0, 1, 1, 0, 0, 0])
    # The test grid's i axis runs to the patient's right.
    assert merged(renal, aorta) == [5, 5, 0, 1, 1, 6, 6, 0]


def test_of_a_label_of_both_sides_only_the_side_that_is_missing_is_taken():
    left = ({1: ["renal_left"]}, [1, 0, 0, 0, 0, 0, 0, 0])
    both = ({1: ["aorta"], 2: ["renal_left", "renal_right"]}, [0, 2, 0, 1, 1, 2, 2, 0])
    assert merged(left, both) == [5, 0, 0, 1, 1, 6, 6, 0]


def test_without_an_aorta_a_label_of_both_sides_is_left_out_rather_than_halved():
    renal = ({9: ["renal_left", "renal_right"], 2: ["celiac_trunk"]}, [0, 0, 0, 2, 0, 9, 9, 0])
    assert merged(renal) == [0, 0, 0, 2, 0, 0, 0, 0]
    assert merged(renal, ({1: ["aorta"]}, [0] * 8)) == [0, 0, 0, 2, 0, 0, 0, 0]


def test_the_log_says_that_no_aorta_was_found_to_tell_sides_by():
    said = []
    sides = ("renal_left", "renal_right")
    found, _, _ = run(a_ct_with_two_spots(), artery=ThresholdPredictor(200), territories=sides, messages=said)
    assert not found.array.any()
    assert said == ["No aorta was found to tell left from right by; left out: Left renal artery, Right renal artery."]


@pytest.mark.parametrize("aorta_first", [True, False])
def test_the_side_of_a_label_of_both_that_is_not_taken_leaves_the_aorta_whole(aorta_first):
    left = ({1: ["renal_left"]}, [1, 0, 0, 0, 0, 0, 0, 0])
    aorta = ({1: ["aorta"]}, [0, 0, 1, 1, 1, 1, 0, 0])
    both = ({2: ["renal_left", "renal_right"]}, [0, 2, 2, 0, 0, 2, 2, 0])
    found = merged(left, *((aorta, both) if aorta_first else (both, aorta)))
    assert found == [5, 0, 1, 1, 1, 6, 6, 0]


@pytest.fixture
def a_model(tmp_path):
    def make(*labels, name="Dataset900_Tiny"):
        return ModelFolder.open(a_model_folder_without_weights(tmp_path, labels, name=name))

    return make


def test_a_model_none_of_whose_labels_is_known_is_refused_with_its_labels(a_model):
    model = a_model("vessel_7", "vessel_8")
    with pytest.raises(ModelError, match="vessel_7, vessel_8") as caught:
        plan_job([model], None)
    assert "\n" not in str(caught.value)
    job, notes = plan_job([model], None, label_names={"vessel_7": "aorta"})
    assert job.arteries[0].labels == {"1": ["aorta"]}
    assert "vessel_8" in notes[0]


def test_a_mapping_of_a_label_that_no_model_has_is_refused(a_model):
    with pytest.raises(InputError, match="vessel"):
        plan_job([a_model("aorta")], None, label_names={"vessel": "aorta"})


def test_territories_that_two_models_name_are_reported(a_model):
    _, notes = plan_job([a_model("aorta"), a_model("aorta", "renal_left", name="Dataset901_B")], None)
    assert notes == ["Dataset901_B: not used, since an earlier model provides them: aorta."]


def test_a_calcification_model_is_used_by_name_by_mapping_or_as_the_only_label(a_model):
    assert plan_job([], a_model("wall", "plaque"))[0].calcification.labels == {"2": []}
    two = a_model("wall", "lime", name="Dataset901_B")
    assert plan_job([], two, label_names={"lime": "calcification"})[0].calcification.labels == {"2": []}
    assert plan_job([], a_model("lime", name="Dataset902_C"))[0].calcification.labels == {"1": []}
    with pytest.raises(ModelError, match="wall, lime"):
        plan_job([], two)
    with pytest.raises(ModelError, match="aorta"):
        plan_job([], a_model("aorta", name="Dataset903_D"))


def test_a_device_that_does_not_exist_is_refused(a_model):
    with pytest.raises(InputError, match="toaster"):
        plan_job([a_model("aorta")], None, "toaster")


def test_a_job_survives_json(a_model):
    import json

    job, _ = plan_job([a_model("aorta", "renal_arteries")], a_model("calcification", name="Dataset901_C"), "cpu")
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_arrays_are_handed_over_as_numpy_writes_them(tmp_path):
    from AbdominalCalcificationLib.inference.worker import save_array

    whole = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    for number, array in enumerate((whole, whole.T, whole[:, ::-1], whole > 3)):
        save_array(tmp_path / f"{number}.npy", array)
        again = np.load(tmp_path / f"{number}.npy")
        assert again.dtype == array.dtype
        assert np.array_equal(again, array)
