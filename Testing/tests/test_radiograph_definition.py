"""The Kauppila score's definition: parts, sums, what is not assessed, intervals (``radiograph.md``)."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.radiograph import coverage, kauppila, projection, spine
from AbdominalCalcificationLib.radiograph.image import Radiograph


@pytest.mark.parametrize(
    ("fraction", "score"), [(0.0, 0), (1e-6, 1), (0.333, 1), (1 / 3, 2), (0.6666, 2), (2 / 3, 3), (1.0, 3)]
)
def test_a_part_is_scored_by_thirds(fraction, score):
    assert kauppila.part_score(fraction) == score


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_a_share_outside_of_the_wall_is_refused(fraction):
    with pytest.raises(InputError):
        kauppila.part_score(fraction)


def test_sums_are_those_of_kauppila():
    score = kauppila.KauppilaScore.of([0, 1, 2, 3, 0, 0, 1, 1])
    assert (score.total, score.affected_segments, score.affected_walls) == (8, 3, 5)
    assert kauppila.KauppilaScore.of([3] * 8).total == kauppila.MOST_TOTAL == 24


def test_what_was_not_assessed_is_never_0():
    score = kauppila.KauppilaScore.of([None, 1, 2, 3, 0, 0, 1, 1])
    assert score.total is None
    assert score.affected_walls is None
    assert score.affected_segments == 3  # L1 has a deposit on its other wall
    assert kauppila.KauppilaScore.of([None, 0, 2, 3, 0, 0, 1, 1]).affected_segments is None


def test_a_correction_moves_the_sum_and_stays_marked():
    score = kauppila.KauppilaScore.of([0] * 8, origin="geometry").with_score("L3", "posterior", 2)
    assert score.total == 2
    assert score.part("L3", "posterior").origin == "reader"
    assert score.part("L3", "anterior").origin == "geometry"


def test_the_interval_comes_of_the_parts():
    parts = [kauppila.Segment(*part, 1, (0.25, 0.5, 0.25, 0.0)) for part in kauppila.PARTS]
    shares = kauppila.total_distribution(parts)
    drawn = np.random.default_rng(0).choice(4, size=(200_000, 8), p=(0.25, 0.5, 0.25, 0.0)).sum(axis=1)
    assert shares == pytest.approx(np.bincount(drawn, minlength=25) / len(drawn), abs=0.005)
    assert kauppila.interval(parts, 0.9) == (5.0, 11.0)
    assert kauppila.interval(parts, 0.9, inflation=2.0) == (2.0, 14.0)
    assert kauppila.interval(parts, 0.9, inflation=99.0) == (0.0, 24.0)
    read = kauppila.KauppilaScore.of([3] * 8).segments
    assert kauppila.interval(read) == (24.0, 24.0)
    assert kauppila.interval([kauppila.Segment("L1", "anterior", 1)]) is None


def _labels() -> np.ndarray:
    labels = np.zeros((460, 300), np.uint8)
    for at, name in enumerate(("T12", "L1", "L2", "L3", "L4", "L5", "S1")):
        labels[20 + 60 * at : 65 + 60 * at, 150:220] = spine.LABELS[name]
    return labels


def test_vertebrae_have_corners_heights_and_discs_between_them():
    found = spine.vertebrae_of(_labels(), (0.5, 0.5))
    assert list(found) == ["T12", "L1", "L2", "L3", "L4", "L5", "S1"]
    assert found["L1"].corners == ((75.0, 40.0), (109.5, 40.0), (109.5, 62.0), (75.0, 62.0))
    assert (found["L1"].height, found["L1"].depth) == (22.0, 34.5)
    borders = spine.borders_of(found)
    assert borders["L2"][0].point == (92.25, 66.0)
    assert borders["L4"][1].point == (92.25, 156.0)
    assert not any(border.assumed for pair in borders.values() for border in pair)


def test_a_vertebra_that_is_missing_is_no_wide_disc():
    labels = _labels()
    labels[labels == spine.LABELS["L5"]] = 0
    labels[labels == spine.LABELS["T12"]] = 0
    borders = spine.borders_of(spine.vertebrae_of(labels, (0.5, 0.5)))
    assert borders["L4"][1].assumed
    assert borders["L1"][0].assumed
    assert borders["L4"][1].point[1] == pytest.approx(152.0 + 0.15 * 22.0)
    assert borders["L1"][0].point[1] == pytest.approx(40.0 - 0.15 * 22.0)


def test_the_image_that_faces_right_is_measured_alike():
    left = spine.vertebrae_of(_labels(), (0.5, 0.5))
    right = spine.vertebrae_of(_labels()[:, ::-1], (0.5, 0.5), "right")
    for name, vertebra in right.items():
        assert vertebra.mirrored(149.5) == left[name]


def test_deposits_on_a_wall_make_its_share():
    borders = spine.borders_of(spine.vertebrae_of(_labels(), (0.5, 0.5)))
    y = np.arange(0.0, 220.0)
    walls = coverage.Walls(np.stack([40.0 + 0 * y, y], 1), np.stack([60.0 + 0 * y, y], 1))
    at = np.arange(66.25, 81.0, 0.5)  # the upper half of L2's level of 30 mm
    covered = coverage.coverage(np.stack([np.full(len(at), 42.0), at], 1), walls, borders, 0.25)
    assert covered["L2", "anterior"].fraction == pytest.approx(0.5, abs=0.01)
    assert covered["L2", "posterior"].fraction == 0.0
    score = coverage.score_of(covered)
    assert score.total == 2
    assert score.part("L2", "anterior").score == 2
    (piece,) = coverage.deposits_on(*(lambda part: (part.line, part.deposits))(covered["L2", "anterior"]))
    assert piece[[0, -1], 1] == pytest.approx([66.0, 81.0], abs=0.3)


def test_where_the_aorta_ends_above_there_is_no_wall_to_score():
    borders = spine.borders_of(spine.vertebrae_of(_labels(), (0.5, 0.5)))
    y = np.arange(0.0, 110.0)
    walls = coverage.Walls(np.stack([40.0 + 0 * y, y], 1), np.stack([60.0 + 0 * y, y], 1))
    covered = coverage.coverage(np.zeros((0, 2)), walls, borders, 0.25)
    assert ("L4", "anterior") not in covered
    assert covered["L3", "anterior"].wall_share == pytest.approx(13 / 30, abs=0.02)
    assert coverage.score_of(covered).total is None


@pytest.mark.parametrize("offset", [-150.0, 0.0, 200.0])
def test_line_integrals_do_not_depend_on_the_distance_to_the_detector(offset):
    geometry = projection.LateralGeometry((0.0, 0.0, 0.0), 1000.0, 300.0)
    detector = projection.Detector((201, 201), 0.5, (-50.0, -50.0))
    axis = np.linspace(-9.9, 9.9, 100)
    points = np.stack(np.meshgrid(axis + offset, axis, axis), -1).reshape(-1, 3)
    image = projection.integrate(points, np.full(len(points), 0.2**3 * 0.02), geometry, detector)
    assert image[90:111, 90:111].mean() == pytest.approx(0.4, rel=0.03)
    total = image.sum() * 0.5**2  # a body nearer to the source is seen larger, and so its integral over the area
    assert total == pytest.approx(20.0**3 * 0.02 * (700 / (700 - offset)) ** 2, rel=0.03)


def test_a_point_in_front_and_above_lies_left_and_up():
    place, scale = projection.LateralGeometry((0.0, 0.0, 0.0)).project(np.array([5.0, 30.0, 20.0]))
    assert place == pytest.approx([-30.0, -20.0])
    assert scale == 1.0


def test_a_radiograph_that_is_none_is_refused():
    for pixels in (np.zeros((10, 10)), np.zeros((3, 80, 80)), np.full((80, 80), np.nan)):
        with pytest.raises(InputError):
            Radiograph(pixels)
    turned = Radiograph(np.arange(80 * 90).reshape(80, 90), (0.5, 0.4), "right").facing_left()
    assert turned.faces == "left"
    assert turned.pixels[0, 0] == 89
