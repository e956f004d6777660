"""Whether what was found on a radiograph can be a lumbar spine, and what follows for its numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.geometry.lines import evenly
from AbdominalCalcificationLib.radiograph.image import Radiograph
from AbdominalCalcificationLib.radiograph.kauppila import KauppilaScore
from AbdominalCalcificationLib.radiograph.picture import centred_symmetry
from AbdominalCalcificationLib.radiograph.sense import (
    EXTENT_DISAGREES,
    WIDEST_INTERVAL,
    bulge,
    flags_of,
    of_interval,
    of_walls,
    sensible,
    solidity,
)
from AbdominalCalcificationLib.radiograph.spine import LABELS, vertebrae_of
from AbdominalCalcificationLib.radiograph.verdict import headline
from AbdominalCalcificationLib.trust import Verdict, trust_of
from radiograph_cases import NAMES, PIXEL_MM, SHAPE, a_result, drawn_labels


def flags(result) -> list[Flag]:
    return flags_of(result.radiograph, result.labels, result.vertebrae, result.score)


def codes(result) -> list[str]:
    return [flag.code for flag in flags(result)]


def with_labels(labels: np.ndarray, result=None, faces: str = "left"):
    """The drawn result with other vertebrae."""
    result = result or a_result()
    return replace(result, labels=labels, vertebrae=vertebrae_of(labels, result.radiograph.step, faces))


@pytest.mark.parametrize("faces", ["left", "right"])
@pytest.mark.parametrize("spacing", [(PIXEL_MM, PIXEL_MM), None])
def test_a_lateral_lumbar_spine_raises_nothing(faces, spacing):
    assert codes(a_result(faces, spacing_mm=spacing)) == []


@pytest.mark.parametrize("names", [(), ("L4",), ("L3", "L4"), ("T12", "L1", "L2"), ("L5", "S1")])
def test_fewer_than_three_lumbar_vertebrae_are_no_lumbar_spine(names):
    result = sensible(with_labels(drawn_labels(names=names)))
    assert [flag.code for flag in result.flags] == ["no_lumbar_spine"]
    assert result.trust.verdict is Verdict.UNUSABLE
    assert result.score.total is None
    assert result.interval() is None
    assert all(each.extent_fraction is None and each.probabilities is None for each in result.score.segments)


def test_a_vertebra_that_is_missing_is_named():
    result = a_result(names=tuple(name for name in NAMES if name not in ("L1", "T12")))
    found = flags(result)
    assert [(flag.code, flag.territory) for flag in found] == [("vertebra_missing", "L1")]
    assert headline(trust_of(found)) == "Look at L1 first."


def test_levels_that_do_not_follow_one_another_are_worth_nothing():
    labels = drawn_labels()
    swapped = labels.copy()
    swapped[labels == LABELS["L2"]], swapped[labels == LABELS["L3"]] = LABELS["L3"], LABELS["L2"]
    assert codes(with_labels(swapped)) == ["levels_out_of_order"]
    upside = with_labels(np.ascontiguousarray(labels[::-1]))
    assert codes(upside) == ["levels_out_of_order"]


def test_a_spine_that_lies_is_told():
    labels = np.ascontiguousarray(drawn_labels().T)
    radiograph = Radiograph(np.ascontiguousarray(a_result().radiograph.pixels.T), (PIXEL_MM, PIXEL_MM), "left")
    result = replace(a_result(), radiograph=radiograph)
    assert codes(with_labels(labels, result)) == ["spine_not_upright"]


def test_without_the_sacrum_nobody_counts():
    assert codes(a_result(names=NAMES[:-1])) == ["sacrum_not_seen"]


def test_transitional_vertebrae_are_told_apart():
    labels = drawn_labels()
    four = labels.copy()
    four[labels == LABELS["L5"]], four[labels == LABELS["S1"]] = LABELS["S1"], 0
    assert codes(with_labels(four)) == ["transitional_vertebra"]
    six = labels.copy()
    six[labels == LABELS["S1"]] = LABELS["L6"]
    assert codes(with_labels(six)) == ["sacrum_not_seen", "transitional_vertebra"]


def test_an_outline_that_is_no_body_is_told():
    labels = drawn_labels()
    rows = np.argwhere(labels == LABELS["L2"])[:, 0]
    labels[: int(np.percentile(rows, 75))][labels[: int(np.percentile(rows, 75))] == LABELS["L2"]] = 0
    found = flags(with_labels(labels))
    assert ("vertebra_implausible", "L2") in [(flag.code, flag.territory) for flag in found]


def test_bodies_of_no_size_tell_that_the_spacing_is_wrong():
    result = a_result()
    small = replace(result.radiograph, spacing_mm=(0.1, 0.1))
    assert "pixel_size_implausible" in codes(with_labels(result.labels, replace(result, radiograph=small)))


def test_the_side_that_the_lordosis_bulges_to_is_the_front():
    assert bulge(a_result("left").vertebrae) < -0.12
    assert bulge(a_result("right").vertebrae) > 0.12
    wrong = a_result("left")
    wrong = replace(wrong, radiograph=replace(wrong.radiograph, faces="right"))
    assert codes(wrong) == ["facing_doubtful"]
    straight = {name: replace(each, center=(50.0, each.center[1])) for name, each in wrong.vertebrae.items()}
    assert bulge(straight) == pytest.approx(0.0)


def test_an_image_of_which_dark_is_dense_is_told():
    result = a_result()
    inverted = replace(result.radiograph, pixels=4095 - result.radiograph.pixels)
    assert codes(replace(result, radiograph=inverted)) == ["looks_inverted"]


def frontal(seed: int) -> np.ndarray:
    """Ribs and pelvis on both sides, as a frontal view has them, about column 157.5."""
    rng = np.random.default_rng(seed)
    columns = np.indices(SHAPE)[1] - 157.5
    side = np.abs(columns).astype(float)
    rows = np.indices(SHAPE)[0].astype(float)
    pixels = 900.0 + rng.normal(0, 3, SHAPE)
    for rib in range(5):
        pixels += 300 * np.exp(-(((rows - 90 * rib - 0.25 * side) / 12) ** 2)) * (side > 30)
    return pixels + 500 * (drawn_labels() > 0)


def test_a_frontal_view_is_the_same_on_both_sides():
    result = a_result()
    radiograph = replace(result.radiograph, pixels=frontal(0))
    labels = np.zeros(SHAPE, np.uint8)
    for number, name in enumerate(NAMES):
        labels[8 + 55 * number : 48 + 55 * number, 130:186] = LABELS[name]
    shown = with_labels(labels, replace(result, radiograph=radiograph))
    assert centred_symmetry(radiograph, shown.vertebrae) > 0.7
    assert codes(shown) == ["frontal_view"]
    assert abs(centred_symmetry(result.radiograph, result.vertebrae)) < 0.4


def test_what_lies_in_front_has_to_be_in_the_image():
    result = a_result()
    cut = 140  # columns
    radiograph = replace(result.radiograph, pixels=result.radiograph.pixels[:, cut - 20 :])
    found = flags(with_labels(result.labels[:, cut - 20 :], replace(result, radiograph=radiograph)))
    assert {(flag.code, flag.territory) for flag in found} >= {("front_outside", "L3"), ("front_outside", "L4")}
    burnt = result.radiograph.pixels.copy()
    burnt[:, :125] = burnt.max()
    found = flags(replace(result, radiograph=replace(result.radiograph, pixels=burnt)))
    assert ("saturated", "L3") in {(flag.code, flag.territory) for flag in found}


def ragged(labels: np.ndarray, *names: str) -> np.ndarray:
    """Return labels of which some bodies have lost two fifths from a corner, as a network that is lost leaves them."""
    labels = labels.copy()
    for name in names:
        rows, columns = np.nonzero(labels == LABELS[name])
        low, right = rows > np.quantile(rows, 0.35), columns > np.quantile(columns, 0.35)
        labels[rows[low & right], columns[low & right]] = 0
    return labels


@pytest.mark.parametrize("faces", ["left", "right"])
def test_a_ragged_body_is_implausible_and_two_are_no_spine(faces):
    made = a_result(faces)
    one = sensible(with_labels(ragged(made.labels, "L5"), made, faces))
    assert [(flag.code, flag.territory) for flag in one.flags] == [("vertebra_implausible", "L5")]
    assert one.score.total == made.score.total
    two = sensible(with_labels(ragged(made.labels, "L5", "L2"), made, faces))
    assert two.trust.verdict is Verdict.UNUSABLE
    assert "L2, L5" in headline(two.trust)
    assert two.score.total is None
    assert two.vertebrae, "the outlines stay to be looked at"


def test_solidity_of_masks():
    assert solidity(np.zeros((9, 9), bool)) == 1.0
    assert solidity(np.eye(1, 9, 4, dtype=bool)) == 1.0
    assert solidity(np.ones((1, 9), bool)) == 1.0
    corner = np.ones((10, 10), bool)
    corner[5:, 5:] = False
    assert solidity(corner) == pytest.approx(75 / 87.5)


def test_a_part_without_a_score_is_named():
    result = a_result()
    found = flags(result.with_score(result.score.with_score("L2", "posterior", None)))
    assert [(flag.code, flag.message) for flag in found] == [
        ("part_not_assessed", "L2: no score of the posterior wall.")
    ]


def unsure(result, share: float):
    """Return a result whose parts have a score of 2, and of the others a share each."""
    shares = (share, share, 1 - 3 * share, share)
    return result.with_score(
        KauppilaScore(
            tuple(replace(each, score=2, probabilities=shares, extent_fraction=None) for each in result.score.segments)
        )
    )


def test_a_score_of_which_little_is_known_is_not_fit_to_read():
    sure, guessed = unsure(a_result(), 0.01), unsure(a_result(), 0.22)
    low, high = guessed.interval()
    assert high - low > WIDEST_INTERVAL > 2 * (sure.interval()[1] - sure.interval()[0])
    assert of_interval(sure) == []
    judged = sensible(guessed)
    assert judged.trust.verdict is Verdict.REVIEW
    assert judged.score.total == 16, "a flag takes no number away"
    assert (
        headline(judged.trust)
        == f"The score may be anything from {low:.0f} to {high:.0f} (with a probability of 90 %)."
    )


@pytest.mark.parametrize("share", [0.05, 0.15, 0.25])
def test_a_score_that_may_be_anything_is_none(share):
    """Half of the scale, whatever the parts are most likely to be; what a reader is told has no number of it."""
    known = set()
    for inflation in np.linspace(0.3, 3.0, 28):
        result = replace(unsure(a_result(), share), inflation=float(inflation))
        low, high = result.interval()
        judged = sensible(result)
        is_known = high - low <= 12.0
        known.add(is_known)
        assert judged.score.total == (16 if is_known else None)
        if not is_known:
            assert judged.trust.verdict is Verdict.UNUSABLE
            assert all(part.score is None and part.probabilities is None for part in judged.score.segments)
            assert [flag.code for flag in judged.flags] == ["score_unknown"]
            assert not any(letter.isdigit() for letter in judged.flags[0].message.replace("90 %", ""))
    assert known == {True, False}


def with_part(score, extent, origin="model"):
    """A result of which the anterior wall in front of L3 has a score and an extent of its own."""
    result = a_result()
    parts = [
        replace(each, score=score, extent_fraction=extent, origin=origin)
        if (each.vertebra, each.wall) == ("L3", "anterior")
        else replace(each, score=each.extent_score)
        for each in result.score.segments
    ]
    return result.with_score(KauppilaScore(tuple(parts)))


@pytest.mark.parametrize(("score", "extent"), [(3, 0.2), (0, 0.4), (2, 0.0), (1, 1.0)])
def test_a_score_that_the_drawn_deposits_contradict_is_not_fit_to_read(score, extent):
    judged = sensible(with_part(score, extent))
    (flag,) = (each for each in judged.flags if each.code == EXTENT_DISAGREES)
    drawn = {0.2: 1, 0.4: 2, 0.0: 0, 1.0: 3}[extent]
    assert flag.message == f"L3 anterior: its score is {score}, and the deposits drawn come to {drawn}."
    assert judged.trust.verdict is Verdict.REVIEW
    assert judged.score.part("L3", "anterior").score == score


@pytest.mark.parametrize(
    ("score", "extent", "origin"),
    [(3, 0.5, "model"), (0, 0.2, "model"), (None, 0.9, "model"), (3, None, "model"), (3, 0.0, "reader")],
)
def test_scores_one_off_from_what_is_drawn_and_those_of_readers_are_let_be(score, extent, origin):
    judged = sensible(with_part(score, extent, origin))
    assert EXTENT_DISAGREES not in {each.code for each in judged.flags}


def test_nothing_is_told_of_scores_that_are_withdrawn_or_of_walls_that_are_not_there():
    contradicted = with_part(3, 0.2)
    part = contradicted.score.part("L3", "anterior")
    segments = [replace(each, line=(), deposits=()) if each is part else each for each in contradicted.score.segments]
    undrawn = sensible(contradicted.with_score(KauppilaScore(tuple(segments))))
    assert EXTENT_DISAGREES not in {each.code for each in undrawn.flags}
    unusable = sensible(replace(unsure(contradicted, 0.22), flags=(Flag("looks_like_ct", "Its values are HU."),)))
    assert unusable.score.total is None
    assert not {EXTENT_DISAGREES, "score_uncertain"} & {each.code for each in unusable.flags}


def test_the_headline_says_what_is_wrong_first():
    assert headline(trust_of([])) == "Fit to read."
    unusable = [Flag("vertebra_missing", "L1: it was not found.", "L1"), Flag("frontal_view", "Both sides are alike.")]
    assert headline(trust_of(unusable)) == "Do not use these numbers. Both sides are alike."
    unproven = Flag("score_unproven", "Of little worth.")
    assert headline(trust_of([Flag("score_uncertain", "From 1 to 20."), unproven])) == "Of little worth. From 1 to 20."
    two = [Flag("secondary_capture", "A picture."), Flag("modality_other", "Its modality is OT.")]
    assert headline(trust_of(two)) == "2 notes are about the image."


def test_flags_are_told_once_however_often_it_is_looked_at():
    result = a_result(names=NAMES[:-1])
    assert sensible(sensible(result)).flags == sensible(result).flags


def with_walls(change, result=None, origin: str = "model"):
    """The drawn result with other walls: `change` takes the points (n, 2) of a wall and its name."""
    result = result or a_result()
    dense = [
        replace(each, line=tuple(map(tuple, change(evenly(each.line, 25)[0], each.wall))), origin=origin)
        for each in result.score.segments
    ]
    return result.with_score(KauppilaScore(tuple(dense)))


def to_and_fro(points, wall):
    """Fifteen millimetres to either side, on the anterior wall."""
    return points + np.stack([15.0 * np.sin(np.arange(len(points)) * 1.3) * (wall == "anterior"), 0 * points[:, 0]], 1)


def test_walls_that_run_to_and_fro_are_those_of_no_aorta():
    assert codes(with_walls(lambda points, wall: points)) == []
    result = sensible(with_walls(to_and_fro))
    assert [flag.code for flag in result.flags] == ["aorta_not_recognised"]
    assert "anterior" in result.flags[0].message
    assert result.score.total is None
    # What a reader drew stands.
    assert codes(with_walls(to_and_fro, origin="reader")) == []


def test_a_winding_or_widened_aorta_is_one_still():
    def bent(points, wall):
        way = (points[:, 1] - 100.0) / 100.0
        return points + np.stack([-12.0 * np.sin(2.5 * way), 0 * way], axis=1)

    def wide(points, wall):
        return points - np.array([30.0 * (wall == "anterior"), 0.0])

    def aneurysm(points, wall):
        bulge = 22.0 * np.exp(-(((points[:, 1] - 130.0) / 22.0) ** 2) / 2) * (1 if wall == "anterior" else -0.2)
        return points - np.stack([bulge, 0 * bulge], axis=1)

    assert "aorta_not_recognised" not in codes(with_walls(bent))
    assert "aorta_not_recognised" not in codes(with_walls(aneurysm))
    assert "aorta_not_recognised" not in codes(with_walls(wide))


@pytest.mark.parametrize(("wall", "share"), [("anterior", 0.5), ("posterior", 0.15)])
def test_walls_of_neighbouring_levels_meet(wall, share):
    """Beyond a share of a body's height, either wall alone is that of no aorta; what a reader drew stands."""

    height = 30.0

    def told(by, origin="model"):
        moved = [
            replace(each, line=tuple((x - by * height, y) for x, y in each.line), origin=origin)
            if each.vertebra in ("L3", "L4") and each.wall == wall
            else replace(each, origin=origin)
            for each in a_result().score.segments
        ]
        return of_walls(KauppilaScore(tuple(moved)), height)

    (flag,) = told(1.1 * share)
    assert flag.code == "aorta_not_recognised"
    assert f"the {wall} one, of neighbouring levels do not meet" in flag.message
    assert told(0.9 * share) == []
    assert told(1.1 * share, "reader") == []


@pytest.mark.parametrize("shift_mm", [14.0, -80.0])
def test_walls_upon_or_far_from_each_other_are_told(shift_mm):
    moved = with_walls(lambda points, wall: points + np.array([shift_mm * (wall == "anterior"), 0.0]))
    assert "aorta_not_recognised" in codes(moved)
