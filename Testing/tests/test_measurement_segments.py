"""The nearest place on the segments of a course."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.measurement import segments
from AbdominalCalcificationLib.measurement.segments import Segments


def an_angle():
    """Return two segments at a right angle, from the origin 4 mm along x, then 4 mm along y."""
    centres = np.array([[0.0, 0, 0], [4, 0, 0], [4, 4, 0]])
    return Segments(centres, np.array([10.0, 14, 18]), [(1, 0), (2, 1)], [(1.0, 0.0), (0.0, 2.0)])


@pytest.mark.parametrize(
    ("point", "length"),
    [
        ((2, -1, 0), 12.0),
        ((5, 3, 1), 17.0),
        ((-0.5, 0, 0), 9.5),  # on beyond the first centre
        ((-5, 0, 0), 9.0),  # but so far only
        ((4, 9, 0), 20.0),
        ((3, 1, 0), 14.0),  # as near to 3 mm along the first as to 1 mm along the second: their mean
    ],
)
def test_a_place_has_the_length_of_the_nearest_place_on_the_course(point, length):
    assert an_angle().path_lengths_mm(np.array([point], float), np.array([[0], [1]])) == pytest.approx([length])


def test_a_point_has_the_same_length_in_any_company(monkeypatch):
    rng = np.random.default_rng(0)
    centres = np.cumsum(rng.normal(1, 0.4, (40, 3)), axis=0)
    lengths = np.cumsum(rng.random(40))
    ends = [(each + 1, each) for each in range(39)]
    course = Segments(centres, lengths, ends, [(0.3, 0.4)] * 39)
    points = rng.uniform(0, 40, (200, 3))
    together = course.path_lengths_mm(points, np.arange(39)[:, None])
    alone = np.concatenate([course.path_lengths_mm(each[None], np.arange(39)[:, None]) for each in points])
    assert np.array_equal(together, alone)
    monkeypatch.setattr(segments, "_AT_ONCE", 100)
    assert np.array_equal(together, course.path_lengths_mm(points, np.arange(39)[:, None]))
