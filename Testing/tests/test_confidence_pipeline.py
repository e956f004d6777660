"""Confidence in an analysis: what has a number, what has a word, and how it stays with the masks."""

from __future__ import annotations

import numpy as np
import pytest
from test_sense_metal import GRID, a_vessel

from AbdominalCalcificationLib import pipeline
from AbdominalCalcificationLib.confidence import weighing
from AbdominalCalcificationLib.confidence.calibration import Calibration
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.inference import Segmentation
from AbdominalCalcificationLib.inference.certainty import packed_signs
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reporting.anonymous import anonymous_analysis

# Three quarters, and as much that says neither yes nor no as 10 mm³ do beside a plaque of 6 mm³.
PLAQUE = 0.594


@pytest.fixture
def ct(monkeypatch):
    """A CT in which the models find a vessel and a plaque in it; asked for, they are certain by three quarters."""
    ct, mask, _ = a_vessel()
    kji = np.argwhere(mask.array)
    plaque = np.zeros(GRID.shape, np.uint8)
    wall = kji[kji[:, 0] == int(np.median(kji[:, 0]))][:6]
    plaque[tuple(wall.T)] = 1
    array = ct.array.copy()
    array[plaque != 0] = 900

    def steps(*_, signs_of=(), **__):
        asked = set(signs_of)
        signs = {"aorta": (0.75, 0.75)} if "arteries" in asked else None
        packed = packed_signs(plaque, np.full(GRID.shape, 22, np.uint8), plaque) if "calcification" in asked else None
        return Segmentation(mask, Volume(plaque, GRID), "cpu", (), {}, signs, packed)
        yield

    monkeypatch.setattr(pipeline, "segment_steps", steps)
    monkeypatch.setattr(weighing, "calibration_of", lambda model, effort: Calibration("right", (1.0, 0.0), 0.0))
    return Volume(array, GRID)


def told(analysis) -> tuple:
    measurement = analysis.measurement
    aorta = measurement.territory("aorta")
    clusters = {(each.confidence, each.confidence_basis) for each in measurement.clusters}
    return (aorta.confidence, aorta.confidence_basis), clusters


def test_calibrated_models_give_numbers_that_stay_with_their_masks(ct):
    analysis = drain(analyze_steps(ct))
    assert told(analysis) == ((0.75, "model"), {(PLAQUE, "model")})
    origins = list(analysis.origins.values())
    again = drain(analyze_steps(analysis.ct, None, Given(analysis.arteries, analysis.calcification, origins=origins)))
    assert told(again) == told(analysis)
    nameless = list(anonymous_analysis(analysis).origins.values())
    again = drain(analyze_steps(analysis.ct, None, Given(analysis.arteries, analysis.calcification, origins=nameless)))
    assert told(again) == told(analysis), "numbers name nobody"


def test_the_same_masks_from_files_are_given_ones(ct):
    analysis = drain(analyze_steps(ct))
    again = drain(analyze_steps(analysis.ct, None, Given(analysis.arteries, analysis.calcification)))
    assert told(again) == ((None, "given"), {(None, "given")})


def test_masks_that_were_corrected_meanwhile_have_none(ct):
    analysis = drain(analyze_steps(ct))
    array = analysis.arteries.array.copy()
    array[tuple(np.argwhere(array)[0])] = 0
    given = Given(analysis.arteries.with_array(array), analysis.calcification, origins=list(analysis.origins.values()))
    assert told(drain(analyze_steps(analysis.ct, None, given))) == ((None, "corrected"), {(PLAQUE, "model")})


def test_models_without_a_calibration_say_so(ct, monkeypatch):
    monkeypatch.setattr(weighing, "calibration_of", lambda model, effort: None)
    assert told(drain(analyze_steps(ct))) == ((None, "uncalibrated"), {(None, "uncalibrated")})


def test_merged_models_have_none(ct):
    from AbdominalCalcificationLib.resources import bundled_artery_model

    both = Choices(artery_models=[bundled_artery_model()] * 2)
    assert told(drain(analyze_steps(ct, both)))[0] == (None, "uncalibrated")


def test_who_does_not_ask_is_not_told(ct):
    assert told(drain(analyze_steps(ct, Choices(confidence=False)))) == ((None, "not_asked"), {(None, "not_asked")})


def test_the_plain_road_is_not_calibrated(ct):
    assert told(drain(analyze_steps(ct, Choices(plain_nnunet=True))))[0] == (None, "uncalibrated")


def test_a_threshold_is_no_model(ct):
    analysis = drain(analyze_steps(ct, Choices(calcification_threshold="700")))
    assert told(analysis)[0] == (0.75, "model")
    assert analysis.origins["calcification"]["confidence"] == {"calcification": {"basis": "threshold"}}


def test_numbers_are_the_same_with_and_without_confidence(ct):
    with_it, without = (drain(analyze_steps(ct, Choices(confidence=each))).measurement for each in (True, False))
    assert with_it.total == without.total
    assert [each.volume_mm3 for each in with_it.clusters] == [each.volume_mm3 for each in without.clusters]
