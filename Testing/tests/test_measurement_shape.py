"""Pieces and calibre that are kept up with edits are those found anew, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.measurement import shape
from AbdominalCalcificationLib.measurement.shape import shape_steps
from AbdominalCalcificationLib.progress import drain

GRID = Grid.from_spacing((40, 20, 20), (0.7, 0.9, 1.3))


def a_tube():
    k, j, i = np.indices(GRID.shape)
    return ((j - 9) ** 2 + (i - 9) ** 2 <= 16) & (k > 2) & (k < 38)


def shape_of(mask, *before):
    return drain(shape_steps(np.argwhere(mask).astype(np.int32), GRID, *before))


def same(one, other):
    return (
        one.count == other.count
        and np.array_equal(one.piece, other.piece)
        and one.calibre.diameters_mm == other.calibre.diameters_mm
        and np.array_equal(one.calibre.filled_count, other.calibre.filled_count)
        and np.array_equal(one.calibre.distance_mm, other.calibre.distance_mm)
    )


@given(seed=st.integers(0, 10_000), most_cells=st.sampled_from([500_000, 2000]))
@settings(max_examples=60, deadline=None)
def test_a_shape_after_edits_is_that_found_anew(seed, most_cells):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shape, "_MOST_CELLS", most_cells)
        rng = np.random.default_rng(seed)
        mask = a_tube()
        known = shape_of(mask)
        for _ in range(4):
            low = rng.integers((2, 2, 2), np.array(GRID.shape) - 4)
            box = tuple(slice(int(a), int(a + n)) for a, n in zip(low, rng.integers(1, 7, 3), strict=True))
            before = mask[box].copy()
            mask[box] = rng.random() < 0.4
            if not mask.any():
                mask[box] = before
            known = shape_of(mask, known, box)
            assert same(known, shape_of(mask))


@pytest.mark.parametrize(
    ("box", "count"),
    [
        ((slice(20, 22), slice(0, 20), slice(0, 20)), 2),  # cut through
        ((slice(20, 22), slice(0, 9), slice(0, 20)), 1),  # half through
        ((slice(3, 38), slice(0, 20), slice(0, 20)), 0),
    ],
)
def test_a_tube_that_is_cut_is_two_pieces(box, count):
    mask = a_tube()
    known = shape_of(mask)
    mask[box] = False
    if count:
        assert shape_of(mask, known, box).count == count
    mask[18:24, 2, 2] = True  # a speck that touches nothing
    assert shape_of(mask, known, (slice(0, 40),) * 3).count == count + 1


def test_a_small_edit_is_not_found_anew(monkeypatch):
    mask = a_tube()
    known = shape_of(mask)
    monkeypatch.setattr(shape, "pieces_steps", lambda *_: pytest.fail("all pieces were found anew"))
    monkeypatch.setattr(shape, "calibre_of", lambda *_: pytest.fail("the calibre was found anew"))
    box = (slice(20, 23), slice(12, 16), slice(8, 11))
    mask[box] = True
    edited = shape_of(mask, known, box)
    monkeypatch.undo()
    assert same(edited, shape_of(mask))
