"""False positives divided by what they were taken from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from AbdominalCalcificationLib.comparison.mistakes import ARTERY, ELSEWHERE, RIM, mistaken_volumes
from AbdominalCalcificationLib.geometry import Grid, Volume
from examples import tried

KINDS = {"bone": 1, "stent": 2}
SPACING_MM = (0.5, 1.0, 2.0)
GRID = Grid.from_spacing((8, 9, 10), SPACING_MM, (0, 0, 0), np.eye(3))


def volumes(**masks):
    def volume(name):
        array = np.zeros(GRID.shape, np.uint8)
        for place, value in masks.get(name, {}).items():
            array[place] = value
        return Volume(array, GRID)

    return [volume(name) for name in ("prediction", "reference", "bystanders")] + [KINDS, volume("arteries")]


def test_a_false_voxel_goes_to_the_nearest_thing_in_mm():
    # Two voxels along i are 1 mm, one along k is 2 mm.
    found = mistaken_volumes(
        *volumes(prediction={(4, 4, 4): 1}, bystanders={(4, 4, 6): 1, (5, 4, 4): 2}, reference={(4, 6, 4): 1})
    )
    assert found == {"bone": 1.0, "stent": 0.0, RIM: 0.0, ARTERY: 0.0, ELSEWHERE: 0.0}


def test_what_lies_on_nothing_is_artery_or_elsewhere():
    found = mistaken_volumes(
        *volumes(prediction={(1, 1, 1): 1, (6, 6, 6): 1}, arteries={(1, 1, 1): 3}, bystanders={(1, 5, 1): 1})
    )
    assert found == {"bone": 0.0, "stent": 0.0, RIM: 0.0, ARTERY: 1.0, ELSEWHERE: 1.0}


def test_true_positives_and_empty_predictions_are_no_mistakes():
    same = {(4, 4, 4): 1}
    assert sum(mistaken_volumes(*volumes(prediction=same, reference=same)).values()) == 0
    assert sum(mistaken_volumes(*volumes(reference=same)).values()) == 0


@tried(30)
@given(st.integers(0, 10**6))
def test_the_parts_add_up_and_equal_a_search_over_all_pairs(seed):
    rng = np.random.default_rng(seed)
    prediction, reference = (Volume((rng.random(GRID.shape) < 0.03).astype(np.uint8), GRID) for _ in range(2))
    bystanders = Volume(rng.choice((0, 1, 2), GRID.shape, p=(0.96, 0.02, 0.02)).astype(np.uint8), GRID)
    arteries = Volume((rng.random(GRID.shape) < 0.3).astype(np.uint8), GRID)
    found = mistaken_volumes(prediction, reference, bystanders, KINDS, arteries)
    wrong = np.argwhere((prediction.array > 0) & (reference.array == 0))
    assert sum(found.values()) == pytest.approx(len(wrong) * GRID.voxel_volume_mm3)
    things = np.argwhere((bystanders.array > 0) | (reference.array > 0))
    alone = 0
    for voxel in wrong:
        apart = np.linalg.norm((things - voxel) * SPACING_MM[::-1], axis=1) if len(things) else np.array([np.inf])
        alone += apart.min() > 2.0
    assert found[ARTERY] + found[ELSEWHERE] == pytest.approx(alone * GRID.voxel_volume_mm3)
