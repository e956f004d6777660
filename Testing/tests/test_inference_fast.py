"""The quick road against the plain one: every short cut leads to the same labels."""

import json
import shutil
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import ModelFolder, predictor, segment_steps
from AbdominalCalcificationLib.inference.edges import KEY as EDGES
from AbdominalCalcificationLib.inference.output_shifts import KEY as SHIFTS
from AbdominalCalcificationLib.inference.predictor import Predictor
from AbdominalCalcificationLib.inference.resampling import axis_maps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.resources import bundled_artery_model, bundled_calcification_model, sample_case
from tiny_models import a_noisy_ct, a_tiny_model_folder

pytestmark = pytest.mark.nnunet


def labels_of(predictor, ct: Volume, **arguments) -> np.ndarray:
    return predictor.predict(ct.array, ct.grid.spacing_mm[::-1], "cpu", **arguments)[0]


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of all labels but the background."""
    both = np.count_nonzero((one == other) & (one != 0))
    return 2 * both / (np.count_nonzero(one) + np.count_nonzero(other))


def tiles_run(predictor: Predictor) -> list[int]:
    """Let `predictor` count in the list that is returned how many tiles its network runs."""
    count, on = [0], predictor._network.quickest_on

    def counting(*arguments):
        run = on(*arguments)

        def counted(tiles):
            count[0] += len(tiles)
            return run(tiles)

        return counted

    predictor._network.quickest_on = counting
    return count


PLANS = {
    "isotropic": {},
    "transposed": {"transpose": [2, 0, 1], "spacing_mm": [1.3, 1.7, 1.1]},
    "thick slices": {"patch_size": [16, 48, 32], "spacing_mm": [4.0, 1.0, 1.0]},
    "small tiles": {"patch_size": [16, 16, 24]},
    "patch larger than the image": {"patch_size": [64, 64, 64]},
    "residual": {"residual": True},
    "two folds": {"folds": ["0", "1"]},
    "many labels": {"number": 24},
}


@pytest.mark.parametrize("plans", PLANS.values(), ids=PLANS)
def test_an_image_that_goes_on_is_seen_as_one_whose_ends_are_repeated(models, plans):
    plans = dict(plans)
    labels = [f"label {number}" for number in range(plans.pop("number", 3))]
    model, noise = models(*labels, **plans), a_noisy_ct((30, 40, 48)).array[3:, :, :-5]
    plain, going_on = Predictor(model, plain_nnunet=True), Predictor(model, precision="float32", continued_mm=7.0)
    spacing_mm = [plain.spacing_mm[plans.get("transpose", [0, 1, 2]).index(axis)] for axis in range(3)]
    n = round(7.0 / spacing_mm[0])
    longer = np.pad(noise, ((n, n), (0, 0), (0, 0)), "edge")
    expected = plain.predict(longer, spacing_mm, "cpu")[0][n:-n]
    ending = Predictor(model, precision="float32").predict(noise, spacing_mm, "cpu")[0]
    found = going_on.predict(noise, spacing_mm, "cpu")[0]
    assert dice(found, expected) > 0.995
    assert dice(ending[[0, -1]], expected[[0, -1]]) < 0.98 < dice(found[[0, -1]], expected[[0, -1]])


@pytest.mark.parametrize("plans", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("air_hu", [-1024, -990])
def test_slices_of_padding_or_air_at_the_ends_change_nothing(models, plans, air_hu):
    plans = dict(plans)
    labels = [f"label {number}" for number in range(plans.pop("number", 3))]
    model, noise = models(*labels, **plans), a_noisy_ct((30, 40, 48)).array[3:, :-5]
    spacing_mm = (1.5, 1.2, 1.2)
    air = np.full((5, *noise.shape[1:]), air_hu, noise.dtype)
    air[:, 3, 4] = 400  # a wire
    padded = np.concatenate([air[:3], noise, air])
    going_on = Predictor(model, precision="float32", continued_mm=7.0)
    found = going_on.predict(padded, spacing_mm, "cpu")[0]
    assert not found[:3].any()
    assert not found[-5:].any()
    assert np.array_equal(found[3:-5], going_on.predict(noise, spacing_mm, "cpu")[0])
    assert not going_on.predict(air, spacing_mm, "cpu")[0].any()


def test_nothing_is_taken_for_padding_where_hardly_anything_else_is_left(models):
    model = models("aorta")
    slices = np.full((25, 40, 48), -1024, np.int16)
    slices[12] = 300
    going_on = Predictor(model, precision="float32", continued_mm=7.0)
    assert going_on.predict(slices, (0.5, 1.2, 1.2), "cpu")[0].shape == slices.shape
    # A thin leg in a wide field is no padding: 1.4 cm2 of each slice.
    slices = np.full((40, 200, 200), -1024, np.int16)
    slices[:, 90:100, 90:100] = 300
    slices[10:30, 50:150, 50:150] = 300
    assert predictor._without_air((slice(None),) * 3, slices, 0, (1.5, 1.2, 1.2))[0] == slice(0, 40)


def test_slices_of_padding_are_found_without_a_copy_of_a_turned_image():
    image = np.full((40, 30, 20), -1024, np.int16)
    image[8:30] = 300
    turned = np.flip(image, (1, 2)).transpose(2, 0, 1)
    taken = []

    class Watched(np.ndarray):
        def take(self, *arguments, **named):
            taken.append(arguments)
            return super().take(*arguments, **named)

    box = predictor._without_air((slice(None),) * 3, turned.view(Watched), 1, (1.0, 2.0, 1.0))
    assert box == (slice(None), slice(8, 30), slice(None))
    assert not taken


@pytest.mark.parametrize("plans", PLANS.values(), ids=PLANS)
def test_labels_agree_with_those_of_the_plain_road(models, plans):
    plans = dict(plans)
    labels = [f"label {number}" for number in range(plans.pop("number", 3))]
    model, ct = models(*labels, **plans), a_noisy_ct()
    plain = labels_of(Predictor(model, plain_nnunet=True), ct)
    assert len(np.unique(plain)) > 2
    assert dice(labels_of(Predictor(model, precision="float32"), ct), plain) > 0.995


def test_bfloat16_gives_the_same_labels(models, monkeypatch):
    monkeypatch.setattr("AbdominalCalcificationLib.inference.network.has_bfloat16", lambda: True)
    model, ct = models("aorta", "renal_left", "renal_right"), a_noisy_ct()
    plain = labels_of(Predictor(model, plain_nnunet=True), ct)
    labels = labels_of(Predictor(model), ct)
    assert dice(labels, plain) > 0.99
    assert not np.array_equal(labels, labels_of(Predictor(model, precision="float32"), ct)), "it is another precision"


@pytest.mark.parametrize("plans", [{}, {"folds": ["0", "1"]}, {"residual": True}], ids=["plain", "folds", "residual"])
def test_openvino_gives_the_same_labels_and_reports_to_nobody(models, monkeypatch, plans):
    if find_spec("openvino") is None:  # not imported here: the library does so in its own way
        pytest.skip("needs openvino")
    monkeypatch.setattr("AbdominalCalcificationLib.inference.exported.LARGE", 0)
    model, ct = models("aorta", "renal_left", "renal_right", **plans), a_noisy_ct()
    plain = labels_of(Predictor(model, plain_nnunet=True), ct)
    predictor = Predictor(model, precision="float32")
    assert dice(labels_of(predictor, ct), plain) > 0.995
    assert predictor._network._exported[False], "OpenVINO did it"
    assert sys.modules["openvino_telemetry"] is None
    assert dice(labels_of(Predictor(model), ct), plain) > 0.99


def test_where_openvino_fails_pytorch_does_it(models, monkeypatch):
    def fail(*_):
        raise RuntimeError("unknown operation")

    monkeypatch.setattr("AbdominalCalcificationLib.inference.network.is_worth_exporting", lambda network: True)
    monkeypatch.setattr("AbdominalCalcificationLib.inference.network.export", fail)
    model, ct = models("aorta", "renal_left"), a_noisy_ct()
    predictor = Predictor(model)
    labels = labels_of(predictor, ct)
    monkeypatch.undo()
    assert np.array_equal(labels, labels_of(Predictor(model), ct))


@pytest.mark.parametrize(
    "scheme", ["CTNormalization", "ZScoreNormalization", "RescaleTo01Normalization", "NoNormalization"]
)
def test_every_normalisation_is_nnunets(tmp_path, scheme):
    folder, ct = a_tiny_model_folder(tmp_path, ["aorta", "renal_left", "renal_right"]), a_noisy_ct()
    plans = json.loads((folder / "plans.json").read_text())
    plans["configurations"]["3d_fullres"]["normalization_schemes"] = [scheme]
    (folder / "plans.json").write_text(json.dumps(plans))
    model = ModelFolder.open(folder)
    plain = labels_of(Predictor(model, plain_nnunet=True), ct)
    assert dice(labels_of(Predictor(model, precision="float32"), ct), plain) > 0.995


@pytest.mark.parametrize(
    "change",
    [{"resampling_fn_data": "resample_torch_fornnunet"}, {"resampling_fn_probabilities_kwargs": {"order": 3}}],
    ids=["another function", "another order"],
)
def test_plans_that_resample_otherwise_go_the_plain_road_and_say_so(tmp_path, change):
    folder, ct, said = a_tiny_model_folder(tmp_path, ["aorta", "renal_left"]), a_noisy_ct(), []
    plans = json.loads((folder / "plans.json").read_text())
    settings = plans["configurations"]["3d_fullres"]
    settings.update(change)
    if "resampling_fn_data" in change:
        settings["resampling_fn_data_kwargs"] = {"is_seg": False, "force_separate_z": False}
    (folder / "plans.json").write_text(json.dumps(plans))
    model = ModelFolder.open(folder)
    assert np.array_equal(
        labels_of(Predictor(model), ct, say=said.append), labels_of(Predictor(model, plain_nnunet=True), ct)
    )
    assert "plain road" in said[0]


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize(
    ("shape", "new_shape", "spacing", "new_spacing"),
    [
        ((40, 50, 60), (20, 31, 70), (1.0, 0.8, 1.5), (2.0, 1.3, 1.28)),
        ((12, 50, 60), (30, 31, 70), (5.0, 0.8, 0.8), (2.0, 1.3, 0.7)),
        ((20, 50, 60), (20, 31, 70), (1.0, 0.8, 1.5), (1.0, 1.3, 1.28)),
    ],
    ids=["every axis", "thick slices", "one axis as it is"],
)
def test_matrices_resample_as_nnunet_does(order, shape, new_shape, spacing, new_spacing):
    from nnunetv2.preprocessing.resampling.default_resampling import resample_data_or_seg_to_shape

    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = resample_data_or_seg_to_shape(image[None], new_shape, spacing, new_spacing, False, order, 0, None)[0]
    maps = axis_maps(shape, new_shape, spacing, new_spacing, order, 0, None)
    for axis, each in enumerate(maps):
        image = np.moveaxis(np.tensordot(each.matrix, image, (1, axis)), 0, axis)
    # nnU-Net keeps slices, not the image, in their range where slices are thick.
    assert np.median(np.abs(image - expected)) < 1e-4
    assert np.abs(image - expected)[np.abs(expected) < 1].max() < 2e-3


def test_within_a_region_labels_are_those_of_the_whole_image_though_tiles_are_left_out(models):
    model, ct = models("aorta", "celiac_trunk", patch_size=[16, 16, 16]), a_noisy_ct((40, 50, 60))
    predictor = Predictor(model, precision="float32")
    region = np.zeros(ct.grid.shape, bool)
    region[10:20, 10:20, 10:20] = True
    grown = np.zeros(ct.grid.shape, bool)
    grown[8:22, 6:24, 6:24] = True  # at least one voxel of 1.5 mm more
    everywhere = Predictor(model, precision="float32")
    some, every = tiles_run(predictor), tiles_run(everywhere)
    labels, whole = labels_of(predictor, ct, region=grown), labels_of(everywhere, ct)
    assert len(np.unique(whole[region])) > 1
    assert np.array_equal(labels[region], whole[region])
    assert some[0] < 0.7 * every[0]


def test_tiles_of_air_are_not_run(models):
    model, body = models("aorta", "renal_left", patch_size=[16, 16, 16]), a_noisy_ct((40, 50, 60))
    array = np.full((80, 120, 100), -1000, np.int16)
    array[20:60, 30:80, 20:80] = body.array
    ct = Volume(array, Grid.from_spacing(array.shape, body.grid.spacing_mm))
    predictor = Predictor(model, precision="float32")
    count = tiles_run(predictor)
    inside = np.s_[22:58, 32:78, 22:78]
    plain = labels_of(Predictor(model, plain_nnunet=True), ct)
    assert dice(labels_of(predictor, ct)[inside], plain[inside]) > 0.99
    in_air = count[0]
    labels_of(predictor, ct.with_array(np.maximum(array, 1)))
    assert in_air < 0.6 * (count[0] - in_air)


def test_only_the_wanted_labels_come_back_where_the_others_do_not_win(models):
    model, ct = models("aorta", "spleen", "renal_left"), a_noisy_ct()
    every = labels_of(Predictor(model), ct)
    some = labels_of(Predictor(model), ct, wanted=[1, 3])
    assert {1, 2, 3} <= set(np.unique(every))
    assert np.array_equal(some, np.where(every == 2, 0, every))


def test_an_image_that_is_a_memory_map_and_turned_is_read_as_it_is(models, tmp_path):
    model, ct = models("aorta", "renal_left"), a_noisy_ct()
    np.save(tmp_path / "ct.npy", np.ascontiguousarray(ct.array[::-1].transpose(2, 0, 1)))
    turned = np.load(tmp_path / "ct.npy", mmap_mode="r").transpose(1, 2, 0)[::-1]
    labels = labels_of(Predictor(model), ct)
    assert np.array_equal(labels_of(Predictor(model), Volume(turned, ct.grid)), labels)


def test_the_number_of_threads_does_not_matter(models):
    import torch

    model, ct, found, before = models("aorta", "renal_left"), a_noisy_ct(), [], torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(labels_of(Predictor(model), ct))
    finally:
        torch.set_num_threads(before)
    assert dice(*found) > 0.999


def test_the_bundled_models_find_the_same_in_the_sample_case_on_both_roads(segmenting_worker, tmp_path):
    arteries = without_what_is_added(bundled_artery_model(), EDGES, tmp_path / "arteries")
    calcification = without_what_is_added(bundled_calcification_model(), SHIFTS, tmp_path / "calcification")
    ct = read_ct(sample_case()).volume.cropped(np.s_[66:122, 35:95, 40:110])
    roads = {"device": "cpu", "worker": segmenting_worker}
    quick = drain(segment_steps(ct, [arteries], calcification, **roads))
    plain = drain(segment_steps(ct, [arteries], calcification, plain_nnunet=True, **roads))
    given = drain(segment_steps(ct, [], calcification, arteries=plain.arteries, **roads))
    inner = np.s_[8:-8]  # the plain road lets the image end, so that its tiles lie elsewhere
    assert dice(quick.arteries.array[inner], plain.arteries.array[inner]) > 0.98
    assert dice(given.calcification.array[inner], plain.calcification.array[inner]) > 0.97
    assert dice(quick.calcification.array[inner], plain.calcification.array[inner]) > 0.97


def without_what_is_added(model, key, folder):
    """Return a bundled model without what the plain road leaves out."""
    shutil.copytree(model, folder)
    file = folder / "dataset.json"
    said = json.loads(file.read_text(encoding="utf-8"))
    assert said.pop(key)
    file.write_text(json.dumps(said), encoding="utf-8")
    return ModelFolder.open(folder)


def test_margins_stand_where_labels_do_and_tell_how_far_the_next_label_is(models):
    model, ct = models("aorta", "renal_left"), a_noisy_ct()
    predictor = Predictor(model, precision="float32")
    plain = labels_of(predictor, ct)
    margins = np.zeros(ct.array.shape, np.uint8)
    assert np.array_equal(labels_of(predictor, ct, margins=margins), plain)
    assert np.array_equal(margins != 0, plain != 0)
    edge = plain != 0
    inner = np.logical_and.reduce([edge, *(np.roll(edge, step, axis) for axis in range(3) for step in (1, -1))])
    assert np.median(margins[inner]) > np.median(margins[edge & ~inner]), "less certain at the border"


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_second_look_finds_about_the_same_on_the_axes_of_the_image(models, mirrored):
    model, ct = models("aorta", "renal_left", transpose=[2, 0, 1]), a_noisy_ct()
    predictor = Predictor(model, precision="float32")
    plain = labels_of(predictor, ct)
    region = np.zeros(ct.array.shape, bool)
    region[4:-4, 4:-4, 4:-4] = True
    again = predictor.look_again(ct.array, ct.grid.spacing_mm[::-1], "cpu", region, mirrored=mirrored)[0]
    assert again.shape == plain.shape
    # Random weights know no symmetry: mirrored they find another thing, and not a mirrored one.
    shares = [dice(np.where(region, each, 0), np.where(region, plain, 0)) for each in (again, again[:, :, ::-1])]
    assert shares[0] > max(shares[1], 0.3 if mirrored else 0.8)
    assert not np.array_equal(again[region], plain[region]), "it is another look"
