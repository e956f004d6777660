"""Names of vertebrae: bodies in their order along the spine, and the names that fit best."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from AbdominalCalcificationLib.radiograph.levels import name_levels
from AbdominalCalcificationLib.radiograph.spine import LABELS, ORDER

FIVE = ("T12", "L1", "L2", "L3", "L4", "L5", "S1")


def shares_of(bodies, gap=5, height=16, width=22, lean=0.0, sure=0.9) -> np.ndarray:
    """Probabilities of bodies one below the other; each a name, or a mapping of names to votes, or None for a gap."""
    rows = (height + gap) * len(bodies) + 20
    shares = np.zeros((1 + len(LABELS), rows, 90))
    shares[0] = 1.0
    for n, body in enumerate(bodies):
        if body is None:
            continue
        votes = {body: 1.0} if isinstance(body, str) else body
        top = 10 + n * (height + gap)
        left = int(30 + lean * n)
        box = slice(top, top + height), slice(left, left + width)
        shares[0][box] = 1 - sure
        for name in ORDER:
            shares[LABELS[name]][box] = sure * (0.98 * votes.get(name, 0.0) / sum(votes.values()) + 0.02 / len(ORDER))
    return shares


@pytest.mark.parametrize(
    "names",
    [FIVE, FIVE[1:], FIVE[:-1], ("T12", "L1", "L2", "L3", "L4", "L5", "L6", "S1"), ("L1", "L2", "L3", "L4", "S1")],
)
def test_what_the_network_is_sure_of_stays(names):
    levels = name_levels(shares_of(names, lean=3.0))
    assert levels.names == names
    assert not levels.is_uncertain
    assert levels.likelihood > -0.1
    for n, name in enumerate(names):
        assert levels.labels[10 + n * 21 + 8, int(30 + 3 * n) + 11] == LABELS[name]
    assert levels.is_transitional == ("L6" in names or "L5" not in names)


def test_two_bodies_never_have_one_name():
    doubtful = {"L2": 0.55, "L3": 0.45}
    levels = name_levels(shares_of(["T12", "L1", "L2", doubtful, "L4", "L5", "S1"]))
    assert levels.names == FIVE


def test_the_votes_of_all_bodies_decide_a_shift():
    shifted = [{a: 0.45, b: 0.55} for a, b in itertools.pairwise(FIVE[1:6])]
    # Each alone would be one level too low; T12 and the sacrum, which are sure, leave no room for that.
    levels = name_levels(shares_of(["T12", *shifted, "L5", "S1"]))
    assert levels.names == FIVE


def test_ribs_and_sacrum_tell_six_lumbar_vertebrae_apart():
    lowest = {"L5": 0.5, "L6": 0.5}
    levels = name_levels(shares_of(["T12", "L1", "L2", "L3", "L4", "L5", lowest, "S1"]))
    assert levels.names[-2:] == ("L6", "S1")
    assert levels.is_transitional


def test_a_doubt_about_all_names_is_told():
    doubtful = [{a: 0.52, b: 0.48} for a, b in itertools.pairwise(FIVE[1:6])]
    levels = name_levels(shares_of(doubtful))
    assert levels.names == ("L1", "L2", "L3", "L4")
    assert levels.is_uncertain


def test_a_missing_body_leaves_its_name_out():
    levels = name_levels(shares_of(["L1", "L2", None, "L4", "L5", "S1"]))
    assert levels.names == ("L1", "L2", "L4", "L5", "S1")


@pytest.mark.parametrize("at", [2, 3, 4])
def test_where_names_are_doubtful_a_gap_with_room_for_a_body_has_a_name(at):
    """Bodies above the gap look as much like the name above as like the one below: there is one body too few."""
    above = [{FIVE[n]: 1.0, FIVE[n + 1]: 1.0} for n in range(at)]
    levels = name_levels(shares_of([*above, None, *FIVE[at + 1 :]], lean=2.0))
    assert levels.names == (*FIVE[:at], *FIVE[at + 1 :])
    # Without the gap there is none too few.
    below = [{FIVE[n]: 1.0, FIVE[n + 1]: 1.0} for n in range(at)]
    assert name_levels(shares_of([*below, *FIVE[at + 1 :]], lean=2.0)).names == FIVE[1:]


def test_bodies_that_touch_are_told_apart():
    shares = shares_of(FIVE[1:], gap=5)
    # A narrow bridge of bone between L2 and L3.
    top = 10 + 21 + 16
    shares[0, top : top + 5, 34:38] = 0.1
    shares[LABELS["L2"], top : top + 5, 34:38] = 0.9
    levels = name_levels(shares)
    assert levels.names == FIVE[1:]
    assert levels.labels[10 + 21 + 8, 41] == LABELS["L2"]
    assert levels.labels[10 + 42 + 8, 41] == LABELS["L3"]


def test_bodies_that_have_grown_together_are_told_apart_by_what_they_look_like():
    shares = shares_of(FIVE[1:], gap=5)
    top = 10 + 3 * 21 + 16  # the whole disc between L4 and L5
    shares[0, top : top + 5, 30:52] = 0.1
    shares[LABELS["L4"], top : top + 3, 30:52] = shares[LABELS["L5"], top + 3 : top + 5, 30:52] = 0.9
    levels = name_levels(shares)
    assert levels.names == FIVE[1:]
    assert levels.labels[10 + 63 + 8, 41] == LABELS["L4"]
    assert levels.labels[10 + 84 + 8, 41] == LABELS["L5"]


def test_parts_of_one_body_are_put_together():
    shares = shares_of(FIVE)
    row = 10 + 6 * 21 + 8  # a line through the sacrum
    shares[:, row : row + 2] = 0
    shares[0, row : row + 2] = 1
    levels = name_levels(shares)
    assert levels.names == FIVE
    assert not levels.is_uncertain
    assert levels.labels[row - 3, 41] == levels.labels[row + 4, 41] == LABELS["S1"]


def test_what_is_no_body_gets_no_name():
    shares = shares_of(FIVE)
    shares[0, 60:63, 5:8], shares[LABELS["L3"], 60:63, 5:8] = 0.1, 0.9
    levels = name_levels(shares)
    assert levels.names == FIVE
    assert not levels.labels[60:63, 5:8].any()


def test_an_image_without_vertebrae_has_no_names():
    shares = np.zeros((9, 40, 40))
    shares[0] = 1
    levels = name_levels(shares)
    assert levels.names == ()
    assert not levels.labels.any()
    assert not levels.is_transitional
