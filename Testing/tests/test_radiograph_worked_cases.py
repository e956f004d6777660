"""The Kauppila score of plaques of known extent, by three roads: points, voxels, and line integrals."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Volume, bounding_box
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.radiograph.coverage import coverage, score_of
from AbdominalCalcificationLib.radiograph.from_ct.ray_sums import detector_for, ray_sum_steps
from AbdominalCalcificationLib.radiograph.from_ct.scoring import AortaMask, score_masks
from kauppila_cases import CASES, PLAQUE_MM, WorkedCase

# Where the field of view or the aorta's end decides, it is masks that know it.
OF_MASKS = {"begins within L1", "begins within L2"}


def scores(score) -> tuple[int | None, ...]:
    return tuple(each.score for each in score.segments)


def test_there_are_more_than_fifty_cases_and_each_has_a_name():
    assert len(CASES) >= 50
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in OF_MASKS], ids=lambda case: case.name)
def test_points_of_the_wall_give_the_score_by_hand(case: WorkedCase):
    step = 0.2
    half = step / 2 * (1.25 if case.geometry or np.isfinite(case.bend_mm) else 1.0)
    covered = coverage(case.deposit_points(step), case.walls(), case.borders(), half)
    assert scores(score_of(covered)) == case.scores


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_ct_in_voxels_gives_the_score_by_hand(case: WorkedCase):
    wall, calcified = case.painted()
    found = score_masks(AortaMask.cropped(wall, calcified), case.borders(), case.view())
    assert scores(found.score) == case.scores
    missing = {flag.territory for flag in found.flags if flag.code == "part_not_assessed"}
    assert missing == {each.vertebra for each in found.score.segments if each.score is None}


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.exact and case.name not in OF_MASKS], ids=lambda case: case.name
)
def test_line_integrals_of_the_calcium_give_the_score_by_hand(case: WorkedCase):
    wall, calcified = case.painted()
    view, box = case.view(), bounding_box(calcified) or (slice(0, 2),) * 3
    calcium = Volume(calcified[box].astype(np.float32), wall.grid.cropped(box))
    detector = detector_for(calcium.grid, view)
    length_mm = drain(ray_sum_steps(calcium, view, detector))
    seen = np.argwhere(length_mm > PLAQUE_MM / 2)
    places = seen[:, ::-1] * detector.pixel_mm + detector.corner
    assert scores(score_of(coverage(places, case.walls(), case.borders(), detector.pixel_mm / 2))) == case.scores
