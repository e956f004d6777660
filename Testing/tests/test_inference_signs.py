"""Signs of certainty: how sure the network is of what it says, and whether a second look finds it again."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.sides import split_left_right
from AbdominalCalcificationLib.inference import ModelFolder, segment_steps
from AbdominalCalcificationLib.inference.certainty import unpacked_signs
from AbdominalCalcificationLib.inference.job import Job, ModelUse, run_job
from AbdominalCalcificationLib.inference.tiles import around
from AbdominalCalcificationLib.progress import drain
from inference_cases import ThresholdPredictor, ct_of_a_block, stand_in
from tiny_models import a_model_folder_without_weights


@dataclass
class CertainPredictor(ThresholdPredictor):
    """Is sure by 3 of all that it says, and does not find the last slices along k again."""

    looked: list = field(default_factory=list)

    def predict(self, image, spacing_mm, device, region=None, wanted=None, report=None, say=None, margins=None):
        labels, device = super().predict(image, spacing_mm, device, region, wanted, report, say)
        if margins is not None:
            margins[labels != 0] = 60
        return labels, device

    def look_again(self, image, spacing_mm, device, region, wanted=None, report=None, say=None, mirrored=False):
        self.looked.append((np.count_nonzero(region), mirrored))
        report(0.5, 1.0)
        labels = (image > self.threshold).astype(np.uint8)
        labels[20:] = 0
        return labels, device


def test_signs_come_with_what_was_found_and_change_nothing_of_it():
    ct = Volume(np.zeros((30, 40, 60), np.int16), Grid.from_spacing((30, 40, 60), (1.0, 1.0, 1.0)))
    ct.array[:, 18:22, 10:14] = 300
    ct.array[10, 20, 12:14] = ct.array[25, 20, 12] = 900
    predictors = {"a": CertainPredictor(100), "c": CertainPredictor(600)}
    job = Job([ModelUse("a", ["0"], {"1": ["aorta"]})], ModelUse("c", ["0"], {"1": []}), "cpu", False)
    found, signs = [], {}
    for signs_of in ([], ["arteries", "calcification"]):
        assert not signs
        assert not predictors["a"].looked
        found.append(
            run_job(
                Job.from_json({**job.to_json(), "signs_of": signs_of}),
                ct,
                None,
                lambda use: (predictors[use.path], "LPS"),
                lambda device: device,
                split_left_right,
                lambda *step: None,
                lambda text: None,
                sign=signs.__setitem__,
            )
        )
    assert all(np.array_equal(one.array, other.array) for one, other in zip(found[0][:2], found[1][:2], strict=True))
    # Two thirds of the aorta were found again.
    assert signs["arteries"] == {"aorta": pytest.approx((1 / (1 + np.exp(-3)), 2 * 20 / (30 + 20)))}
    calcified = np.argwhere(found[1][1].array)
    assert calcified.tolist() == [[10, 20, 12], [10, 20, 13], [25, 20, 12]]
    probability, again = unpacked_signs(signs["calcification"][tuple(calcified.T)])
    assert probability == pytest.approx(1 / (1 + np.exp(-3)))
    assert again.tolist() == [True, True, False]
    assert np.count_nonzero(signs["calcification"]) == 3
    # Sides are not exchanged where they have names; at calcification only what was found is looked at again.
    assert [mirrored for _, mirrored in predictors["a"].looked] == [False]
    assert predictors["c"].looked == [(3, True)]


def test_signs_come_through_the_process(tmp_path):
    """Of the arteries with the last event, of calcification as an array beside it; only where they are wanted."""
    look = """
import AbdominalCalcificationLib.inference.job as job
job.sensible_arteries = lambda ct, arteries, **_: job.Sensible(arteries)
class All:
    def of(self, mask):
        return mask
def everything(arteries):
    return All()
    yield
job.plausible_arteries_steps = everything
def predict(self, image, spacing_mm, device, region=None, wanted=None, report=None, say=None, margins=None):
    if margins is not None:
        margins[image > 100] = 40
    return (image > 100).astype(np.uint8), device
def look_again(self, image, spacing_mm, device, region, wanted=None, report=None, say=None, mirrored=False):
    report(0.5, 1.0)
    return ((image > 100) & region).astype(np.uint8), device
Predictor.predict, Predictor.look_again = predict, look_again
"""
    look = look.replace(
        "job.Sensible", "__import__('AbdominalCalcificationLib.sense.arteries', fromlist=['x']).Sensible"
    )
    ct, both = ct_of_a_block(), ("arteries", "calcification")
    model, of_calcification = (
        ModelFolder.open(a_model_folder_without_weights(tmp_path / label, [label]))
        for label in ("aorta", "calcification")
    )
    with stand_in(look) as worker:
        without = drain(segment_steps(ct, [model], of_calcification, worker=worker))
        found = drain(segment_steps(ct, [model], of_calcification, worker=worker, signs_of=both))
        plain = segment_steps(ct, [model], None, worker=worker, signs_of=both, plain_nnunet=True)
        assert drain(plain).artery_signs is None
    assert without.artery_signs is without.calcification_signs is None
    assert found.artery_signs == {"aorta": (pytest.approx(1 / (1 + np.exp(-2))), 1.0)}
    assert np.array_equal(found.calcification_signs != 0, ct.array > 100)
    assert np.array_equal(found.calcification.array, without.calcification.array)


def test_a_second_look_needs_few_tiles_and_they_hold_all_that_is_looked_at():
    rng = np.random.default_rng(3)
    for _ in range(30):
        voxels = rng.integers(20, 60, 3)
        shape, patch = (voxels * rng.uniform(0.5, 1.6, 3)).astype(int), rng.integers(8, 24, 3)
        mask = np.zeros(voxels, bool)
        place = rng.integers(0, voxels)
        for _ in range(60):  # a thread
            place = np.clip(place + rng.integers(-1, 2, 3), 0, voxels - 1)
            mask[tuple(place)] = True
        tiles = around(mask, shape, patch)
        assert tiles == sorted(tiles)
        size = np.maximum(shape, patch)
        held = np.zeros(size, bool)
        for tile in tiles:
            assert all(0 <= at <= n - width for at, n, width in zip(tile, size, patch, strict=True))
            held[tuple(slice(at, at + width) for at, width in zip(tile, patch, strict=True))] = True
        middles = np.floor((np.argwhere(mask) + 0.5) * shape / voxels).astype(int) + (size - shape) // 2
        assert held[tuple(middles.T)].all()
    thread = np.zeros((96, 96, 96), bool)
    thread[:, 40:50, 30:60] = True
    assert len(around(thread, (96, 96, 96), (32, 32, 32))) == 3
    assert around(np.zeros((9, 9, 9), bool), (9, 9, 9), (4, 4, 4)) == []
