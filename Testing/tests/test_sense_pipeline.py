"""Anatomical sense in an analysis: what it says travels with the masks, and no abdomen has no numbers."""

from __future__ import annotations

import numpy as np
import pytest
from test_sense_metal import GRID, SHAPE, a_vessel

from AbdominalCalcificationLib import pipeline
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.inference import Segmentation
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reporting.anonymous import anonymous_analysis
from AbdominalCalcificationLib.trust import Verdict

TOLD = Flag("pieces_left_out", "Left renal artery: left out of what the model found, 42 mm³ in 1 piece.", "renal_left")
NONE = Flag("no_abdominal_aorta", "No abdominal aorta: nothing that the model found is one.", "aorta")


@pytest.fixture
def segmented(monkeypatch):
    """Let the models find a vessel with what is bright in it, and say what a test wants."""

    def with_flags(*flags, arteries=None):
        ct, mask, metal = a_vessel()
        found = mask if arteries is None else arteries

        def steps(*_, **__):
            return Segmentation(found, Volume(metal.astype(np.uint8), GRID), "cpu", (), {"arteries": flags})
            yield

        monkeypatch.setattr(pipeline, "segment_steps", steps)
        return ct

    return with_flags


def test_what_was_left_out_is_told_with_the_result_and_again_where_the_masks_are_given(segmented):
    analysis = drain(analyze_steps(segmented(TOLD)))
    assert TOLD in analysis.measurement.flags
    assert analysis.measurement.trust.verdict is Verdict.REVIEW
    origins = list(analysis.origins.values())
    again = drain(analyze_steps(analysis.ct, None, Given(analysis.arteries, analysis.calcification, origins=origins)))
    assert again.measurement.flags.count(TOLD) == 1
    known, _ = pipeline.known_of_given(Given(origins=origins), Choices().measurement)
    assert TOLD in known
    assert anonymous_analysis(analysis).origins["arteries"]["flags"][0]["message"] == TOLD.message


def test_without_an_abdominal_aorta_nothing_looks_like_a_result_and_the_masks_stay(segmented):
    analysis = drain(analyze_steps(segmented(NONE)))
    measurement = analysis.measurement
    assert measurement.trust.verdict is Verdict.UNUSABLE
    assert measurement.trust.reasons[0] == NONE
    assert measurement.total.burden is None
    assert all(each.burden is None and not each.artery_volume_mm3 for each in measurement.territories)
    assert [flag for flag in measurement.flags if flag.code in ("no_abdominal_aorta", "territory_missing")] == [NONE]
    assert measurement.clusters == ()
    assert measurement.unassigned_calcified_volume_mm3 == np.count_nonzero(analysis.calcification.array)
    assert analysis.arteries.array.any()


def test_masks_that_were_drawn_are_measured_whatever_is_said_of_them(segmented):
    ct = segmented()
    _, mask, metal = a_vessel()
    drawn = Given(mask, Volume(metal.astype(np.uint8), GRID), flags=[NONE])
    measurement = drain(analyze_steps(ct, None, drawn)).measurement
    assert measurement.trust.verdict is Verdict.UNUSABLE
    assert measurement.total.calcified_volume_mm3 == np.count_nonzero(metal)
    assert [flag.territory for flag in measurement.flags if flag.code == "stent"] == ["aorta"]


def test_struts_above_a_threshold_are_no_calcium_and_that_stays_known():
    ct, mask, _ = a_vessel()
    ct.array[2:5, 20:24, 31:33] = 900
    analysis = drain(analyze_steps(ct, Choices(calcification_threshold="700"), Given(mask)))
    assert np.argwhere(analysis.calcification.array)[:, 0].max() < 5
    assert np.count_nonzero(analysis.calcification.array) == 24
    (flag,) = [flag for flag in analysis.measurement.flags if flag.code == "stent"]
    assert "left out" in flag.message
    origins = list(analysis.origins.values())
    again = drain(analyze_steps(ct, None, Given(mask, analysis.calcification, origins=origins)))
    assert [each for each in again.measurement.flags if each.code == "stent"] == [flag]
    assert analysis.calcification.array.shape == SHAPE
