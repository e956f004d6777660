"""Slices that do not go on from each other, or are there twice, are flagged; slices of a body are not."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading.continuity import check_slices

SHAPE = 24, 60, 64


@pytest.fixture(scope="module")
def body() -> np.ndarray:
    """Air, fat, organs and an artery, with noise; the organs grow and shrink."""
    k, j, i = np.indices(SHAPE)
    radius = np.hypot(j - 30, i - 32)
    hu = np.full(SHAPE, -1000.0)
    hu[radius < 28] = -100
    hu[radius < 18 + 5 * np.sin(k / 3)] = 50
    hu[np.hypot(j - 25, i - 30 - k / 4) < 4] = 320
    return np.rint(hu + np.random.default_rng(4).normal(0, 12, SHAPE)).astype(np.int16)


def volume_of(array, spacing_mm=2.0) -> Volume:
    return Volume(array, Grid(array.shape, np.diag([0.8, 0.8, spacing_mm, 1.0])))


def messages(array, **more) -> list[str]:
    flags = check_slices(volume_of(array, **more))
    assert {flag.code for flag in flags} <= {"slices_doubtful"}
    return [flag.message for flag in flags]


@pytest.mark.parametrize("part", [slice(None), slice(None, None, 2), slice(5, 8)])
def test_a_body_is_not_flagged(body, part):
    assert messages(body[part]) == []


CHANGES = {
    "offset": lambda hu: hu + 1024,
    "small offset": lambda hu: hu + 60,
    "doubled": lambda hu: hu * 2,
    "halved": lambda hu: hu // 2,
    "upside down": lambda hu: -hu,
    "blank": lambda hu: np.full_like(hu, -1024),
    "zero": lambda hu: np.zeros_like(hu),
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("slices", [slice(9, 10), slice(9, 13), slice(18, None)], ids=["one", "four", "the rest"])
def test_slices_of_other_values_are_flagged_with_their_numbers(body, what, slices):
    changed = body.copy()
    changed[slices] = CHANGES[what](changed[slices])
    if what == "blank" and slices.stop is None:
        assert messages(changed) == []  # nothing was measured there
        return
    (text,) = messages(changed)[:1]
    assert f"from {slices.start} to {slices.start + 1}" in text


def test_slices_are_those_across_the_body_however_they_are_stored(body):
    changed = body.copy()
    changed[9] += 1024
    turned = np.ascontiguousarray(np.moveaxis(changed, 0, 2))
    matrix = np.zeros((4, 4))
    matrix[2, 0], matrix[0, 1], matrix[1, 2], matrix[3, 3] = 2.0, 0.8, 0.8, 1.0
    (flag,) = check_slices(Volume(turned, Grid(turned.shape, matrix)))
    assert "HU from 9 to 10;" in flag.message


def test_thick_slices_may_differ_more(body):
    changed = body.copy()
    changed[9:] += 60
    assert messages(changed, spacing_mm=6.0) == []
    assert len(messages(changed, spacing_mm=3.0)) == 1


def test_a_slice_that_is_there_twice_is_flagged(body):
    changed = body.copy()
    changed[14] = changed[3]
    assert any("4 and 15" in text for text in messages(changed))


def test_slices_that_were_repeated_throughout_are_not_flagged(body):
    assert messages(np.repeat(body, 2, axis=0)) == []


def test_drawn_slices_may_be_alike():
    drawn = np.full((9, 40, 40), -100, np.int16)
    drawn[:, 10:20, 10:20] = 300
    assert messages(drawn) == []
