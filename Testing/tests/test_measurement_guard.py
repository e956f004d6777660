"""Calcification that cannot be: left out of what a model made, told of what was given; blood called calcium."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib import pipeline
from AbdominalCalcificationLib.comparison import measure_lumen
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import Segmentation
from AbdominalCalcificationLib.measurement import guard, measure
from AbdominalCalcificationLib.measurement.guard import guarded_steps
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.trust import Verdict
from phantoms import label_of

GRID = Grid.from_spacing((60, 64, 64), (1.0, 1.0, 1.0))
SLICE, ROW, COLUMN = np.indices(GRID.shape)
RADIUS = np.hypot(ROW - 32, COLUMN - 32)
ARTERY = RADIUS <= 10
# In the wall at the right side, 6 voxels long.
PLAQUE = (RADIUS > 8) & (RADIUS <= 10.5) & (COLUMN > 32) & (abs(ROW - 32) < 5) & (SLICE >= 20) & (SLICE < 26)


class Scan:
    """An aorta in fat with a plaque in its wall, blurred and noisy."""

    def __init__(self, blood_hu=350.0, plaque_hu=900.0, noise_hu=15.0, seed=1):
        hu = np.where(ARTERY, blood_hu, -60.0)
        hu[PLAQUE] = plaque_hu
        hu = ndimage.gaussian_filter(hu, 0.7)
        self.rng = np.random.default_rng(seed)
        self.ct = Volume(np.rint(hu + self.rng.normal(0, noise_hu, hu.shape)).astype(np.int16), GRID)
        self.arteries = Volume(ARTERY.astype(np.uint8), GRID)

    def guarded(self, calcification):
        """Return what stays of a model's calcification, and what was left out."""
        mask = Volume(np.asarray(calcification, np.uint8), GRID)
        before = mask.array.copy()
        lumen = measure_lumen(self.ct, ARTERY)
        kept, found = drain(guarded_steps(self.ct, mask, self.arteries, lumen))
        assert (mask.array == before).all()
        assert found.count == np.count_nonzero(mask.array) - np.count_nonzero(kept.array)
        assert found.volume_mm3 == pytest.approx(found.count * GRID.voxel_volume_mm3)
        return kept.array != 0, found

    def flags(self, calcification, **more):
        result = measure(self.ct, self.arteries, Volume(np.asarray(calcification, np.uint8), GRID), **more)
        return {flag.code: flag for flag in result.flags}, result


@pytest.mark.parametrize(("blood_hu", "plaque_hu"), [(350, 900), (180, 500), (45, 350), (480, 620)])
def test_a_plaque_keeps_its_rim(blood_hu, plaque_hu):
    scan = Scan(blood_hu, plaque_hu)
    drawn = ndimage.binary_dilation(PLAQUE) & (scan.ct.array > guard.RIM_HU)  # a rim that blur has made dark
    assert (scan.ct.array[drawn] < max(blood_hu, 130)).any()
    kept, found = scan.guarded(drawn)
    assert (kept == drawn).all()
    assert found.what == ""


def test_a_faint_plaque_in_the_wall_stays_though_the_blood_is_as_bright():
    scan = Scan(blood_hu=460, plaque_hu=430)
    kept, _ = scan.guarded(PLAQUE)
    assert (kept == PLAQUE).all()


@pytest.mark.parametrize("noise_hu", [10, 25, 45])
def test_in_an_unenhanced_scan_blood_is_left_out(noise_hu):
    scan = Scan(blood_hu=45, noise_hu=noise_hu)
    blood = (RADIUS < 6) & (SLICE >= 35) & (SLICE < 45)
    kept, found = scan.guarded(PLAQUE | blood)
    bright = PLAQUE & (scan.ct.array >= 130)
    assert (kept & bright == bright).all()
    assert np.count_nonzero(kept & blood) <= 1
    assert found.dark_count + found.blood_count >= np.count_nonzero(blood) - 1


def test_voxels_at_62_hu_are_left_out_also_beside_a_plaque():
    scan = Scan(blood_hu=45, noise_hu=0)
    scan.ct.array[32, 32, 45:52] = 62
    scan.ct.array[24, 32, 43] = 62
    called = PLAQUE.copy()
    called[32, 32, 45:52] = True
    called[24, 32, 43] = True
    assert called[23:26, 31:34, 42:45].sum() > 1  # it touches the plaque
    kept, found = scan.guarded(called)
    assert not (kept & called & (scan.ct.array == 62)).any()
    assert "below 130 HU" in found.what


@pytest.mark.parametrize("seed", range(4))
def test_blood_deep_inside_the_lumen_is_left_out_of_an_enhanced_scan(seed):
    scan = Scan(blood_hu=400, noise_hu=20, seed=seed)
    blood = (RADIUS < 5) & (SLICE >= 35) & (SLICE < 45)
    kept, found = scan.guarded(PLAQUE | blood)
    assert (kept == PLAQUE).all()
    assert found.blood_count == np.count_nonzero(blood)
    assert "no brighter than the blood (4" in found.what


def test_what_is_brighter_than_800_hu_is_calcium_however_bright_and_noisy_the_blood():
    scan = Scan(blood_hu=650, noise_hu=80)
    inside = (RADIUS < 3) & (SLICE >= 35) & (SLICE < 40)
    scan.ct.array[inside] = 805
    kept, _ = scan.guarded(inside)
    assert (kept == inside).all()


def test_the_guard_does_nothing_a_second_time():
    scan = Scan(blood_hu=45, noise_hu=40)
    called = PLAQUE | (scan.rng.random(GRID.shape) < 0.05) & ARTERY
    once, found = scan.guarded(called)
    assert found.count
    again, found = scan.guarded(once)
    assert found.count == 0
    assert (again == once).all()


@pytest.mark.parametrize("limit", ["MOST_VOXELS", "MOST_RUNS"])
def test_a_mask_too_large_for_the_memory_is_held_against_130_hu_alone(limit, monkeypatch):
    monkeypatch.setattr(guard, limit, 10)
    scan = Scan(blood_hu=45, noise_hu=0)
    kept, found = scan.guarded(PLAQUE | (RADIUS < 6))
    assert found.blood_count == 0
    assert not (kept & (RADIUS < 6)).any()
    assert (kept & (scan.ct.array > 130) == PLAQUE & (scan.ct.array > 130)).all()


def segmented(arteries, calcification, monkeypatch):
    """Let the models find these masks."""

    def steps(*_, **__):
        return Segmentation(arteries, calcification, "cpu", ())
        yield

    monkeypatch.setattr(pipeline, "segment_steps", steps)


def test_what_a_model_calls_calcium_at_62_hu_is_gone_from_the_mask_and_told(monkeypatch):
    scan = Scan(blood_hu=45, noise_hu=0)
    halo = (RADIUS < 5) & (SLICE >= 35) & (SLICE < 45)
    scan.ct.array[halo] = 62
    segmented(scan.arteries, Volume((PLAQUE | halo).astype(np.uint8), GRID), monkeypatch)
    analysis = drain(analyze_steps(scan.ct))
    assert not (analysis.calcification.array.astype(bool) & halo).any()
    assert analysis.calcification.array.any()
    (flag,) = [flag for flag in analysis.measurement.flags if flag.code == "implausible_hu"]
    left = np.count_nonzero(PLAQUE | halo) - np.count_nonzero(analysis.calcification.array)
    assert f"{left} voxels" in flag.message
    assert f"{left:.1f} mm³ below 130 HU" in flag.message
    assert flag.message in analysis.messages
    assert analysis.measurement.total.calcified_volume_mm3 == pytest.approx(
        np.count_nonzero(analysis.calcification.array)
    )
    # Measured again, as a mask that is there already, the result still tells it.
    again = drain(
        analyze_steps(
            scan.ct,
            None,
            Given(analysis.arteries, analysis.calcification, origins=list(analysis.origins.values())),
        )
    )
    assert [f.message for f in again.measurement.flags if f.code == "implausible_hu"] == [flag.message]
    assert again.measurement.total == analysis.measurement.total


def test_a_given_mask_is_told_of_and_never_changed():
    scan = Scan(blood_hu=45, noise_hu=0)
    halo = (RADIUS < 3) & (SLICE >= 35) & (SLICE < 38)
    drawn = Volume((PLAQUE | halo).astype(np.uint8), GRID)
    analysis = drain(analyze_steps(scan.ct, None, Given(scan.arteries, drawn)))
    assert (analysis.calcification.array == drawn.array).all()
    assert analysis.measurement.total.calcified_volume_mm3 == pytest.approx(np.count_nonzero(drawn.array))
    (flag,) = [flag for flag in analysis.measurement.flags if flag.code == "implausible_hu"]
    assert flag.territory == "aorta"
    assert f"of {np.count_nonzero(drawn.array)}.0 mm³" in flag.message
    assert analysis.measurement.trust.verdict is Verdict.REVIEW


def test_one_dark_cluster_is_told_however_much_real_calcium_there_is():
    scan = Scan(noise_hu=0, blood_hu=45)
    called = PLAQUE & (scan.ct.array > 130)
    assert "implausible_hu" not in scan.flags(called)[0]
    called[40, 32, 30:32] = True
    flags, _ = scan.flags(called)
    assert "2.0 mm³ below 130 HU" in flags["implausible_hu"].message


def test_a_dark_territory_is_told_though_the_rest_is_bright():
    scan = Scan(noise_hu=0, blood_hu=45)
    scan.arteries.array[10:14, 30:34, 43:60] = label_of("renal_left")
    scan.ct.array[10:14, 30:34, 43:60] = 45
    called = PLAQUE.copy()
    called[11, 31, 48:52] = True
    flags, _ = scan.flags(called)
    assert flags["implausible_hu"].territory == "renal_left"


def test_an_exact_mask_of_a_plaque_raises_nothing():
    for blood_hu, plaque_hu in ((350, 900), (460, 430), (180, 250), (45, 200)):
        flags, _ = Scan(blood_hu, plaque_hu).flags(PLAQUE)
        assert not flags.keys() & {"implausible_hu", "threshold_below_lumen"}, blood_hu


@pytest.mark.parametrize(
    ("method", "flagged"),
    [("fixed:300", True), ("fixed:385", True), ("fixed:500", False), ("realistic", False), ("realistic:0.6", True)],
)
def test_a_threshold_within_the_blood_makes_the_result_unusable(method, flagged):
    scan = Scan(blood_hu=385, noise_hu=25)
    analysis = drain(analyze_steps(scan.ct, Choices(calcification_threshold=method), Given(scan.arteries)))
    messages = [flag.message for flag in analysis.measurement.flags if flag.code == "threshold_below_lumen"]
    assert len(messages) == flagged
    assert (analysis.measurement.trust.verdict is Verdict.UNUSABLE) == flagged
    if method.startswith("fixed") and flagged:
        assert f"threshold of {method[6:]} HU" in messages[0]
        assert "386 HU, spread 25 HU" in messages[0]


@pytest.mark.parametrize("threshold_hu", [300, 385, 420])
def test_a_given_mask_that_holds_blood_is_unusable_whoever_made_it(threshold_hu):
    scan = Scan(blood_hu=385, noise_hu=25)
    flags, result = scan.flags(ARTERY & (scan.ct.array > threshold_hu))
    message = flags["threshold_below_lumen"].message
    share = 100 * np.mean(scan.ct.array[RADIUS < 7] > threshold_hu)
    assert int(re.search(r"(\d+) % of the blood", message)[1]) == pytest.approx(share, abs=2)
    assert "386 HU, spread 25 HU" in message
    assert result.trust.verdict is Verdict.UNUSABLE


def test_what_is_known_of_the_threshold_is_not_said_twice():
    scan = Scan(blood_hu=385, noise_hu=25)
    analysis = drain(analyze_steps(scan.ct, Choices(calcification_threshold="300"), Given(scan.arteries)))
    assert [flag.code for flag in analysis.measurement.flags].count("threshold_below_lumen") == 1


def test_thresholds_look_only_around_what_can_be_an_artery():
    grid = Grid.from_spacing((60, 60, 60), (3.0, 3.0, 3.0))
    k, j, i = np.indices(grid.shape)
    aorta = np.hypot(j - 30, i - 30) <= 4
    kidney = ((k - 30) / 18) ** 2 + ((j - 30) / 10) ** 2 + ((i - 48) / 10) ** 2 <= 1
    hu = np.where(aorta | kidney, 300, -60).astype(np.int16)
    hu[30, 30, 34] = hu[30, 30, 48] = 1200
    labels = np.where(kidney, label_of("renal_left"), aorta).astype(np.uint8)
    analysis = drain(
        analyze_steps(Volume(hu, grid), Choices(calcification_threshold="800"), Given(Volume(labels, grid)))
    )
    assert np.argwhere(analysis.calcification.array).tolist() == [[30, 30, 34]]
