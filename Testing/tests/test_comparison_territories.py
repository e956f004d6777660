"""Overlap by territory: two measurements of one case."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.comparison.territories import calcification_rows
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure

AORTA, ILIAC = territory("aorta").label, territory("common_iliac_left").label
GRID = Grid.from_spacing((40, 12, 12))


def rows(reference_labels, prediction_labels, reference, prediction):
    """Return the rows by territory; masks are of shape (k, j, i)."""
    measured = [
        measure(None, Volume(labels, GRID), Volume(mask, GRID))
        for labels, mask in ((reference_labels, reference), (prediction_labels, prediction))
    ]
    masks = [Volume(mask, GRID) for mask in (reference, prediction)]
    return {row["territory"]: row for row in calcification_rows(*measured, *masks)}


def a_vessel(border: int):
    """An aorta that becomes an iliac artery below the slice `border`."""
    labels = np.zeros(GRID.shape, np.uint8)
    labels[:, 3:9, 3:9] = AORTA
    labels[:border, 3:9, 3:9] = ILIAC
    return labels


def test_a_lesion_that_a_method_puts_into_another_artery_is_missed_in_one_and_extra_in_the_other():
    plaque = np.zeros(GRID.shape, np.uint8)
    plaque[10:12, 4:6, 4:6] = 1
    found = rows(a_vessel(5), a_vessel(20), plaque, plaque)
    aorta, iliac, total = (found[name] for name in ("aorta", "common_iliac_left", "total"))
    assert (aorta["state"], aorta["lesion_sensitivity"], aorta["lesion_f1"]) == ("missed", 0, 0)
    assert aorta["lesion_precision"] is None
    assert (iliac["state"], iliac["lesion_precision"], iliac["lesion_f1"]) == ("extra", 0, 0)
    assert iliac["lesion_sensitivity"] is None
    assert total["lesions"] == {"reference_count": 1, "found_count": 1, "prediction_count": 1, "true_count": 1}
    assert total["lesion_f1"] == total["dice"] == 1


@pytest.mark.parametrize("seed", range(3))
def test_lesions_by_territory_are_those_of_a_count_lesion_by_lesion(seed):
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    labels = a_vessel(20)
    reference, prediction = ((rng.random(GRID.shape) < 0.05) & (labels > 0) for _ in range(2))
    found = rows(labels, labels, reference.astype(np.uint8), prediction.astype(np.uint8))

    def lesions(mask):
        ids, count = ndimage.label(mask, np.ones((3, 3, 3)))
        pieces = [ids == number for number in range(1, count + 1)]
        return [(piece, min((-(labels[piece] == t).sum(), t) for t in (AORTA, ILIAC))[1]) for piece in pieces]

    ours, theirs = lesions(reference), lesions(prediction)
    for name, label in (("aorta", AORTA), ("common_iliac_left", ILIAC), ("total", None)):
        a, b = ([piece for piece, of in side if label in (None, of)] for side in (ours, theirs))
        expected = {
            "reference_count": len(a),
            "found_count": sum(any((one & other).any() for other in b) for one in a),
            "prediction_count": len(b),
            "true_count": sum(any((one & other).any() for other in a) for one in b),
        }
        assert found[name]["lesions"] == expected
