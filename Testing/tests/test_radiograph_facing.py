"""Which way the patient faces: the dark behind the back, and the side on which more of a spine is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.radiograph import facing
from AbdominalCalcificationLib.radiograph.facing import Seen, lead_of_left, nearer_back, pedicles_behind
from AbdominalCalcificationLib.radiograph.image import Radiograph
from AbdominalCalcificationLib.radiograph.resampling import Raster
from AbdominalCalcificationLib.radiograph.spine import bulge, vertebrae_of
from radiograph_cases import PIXEL_MM, SHAPE, drawn_labels

STEP_MM = 1.2


def bodies(faces="left", labels=None):
    """Return the bodies on a film that faces a side, once it is turned to have that side on the left, at 1.2 mm."""
    shown = (drawn_labels() if labels is None else labels) > 0
    shown = shown if faces == "left" else shown[:, ::-1]
    coarse = shown.reshape(SHAPE[0] // 2, 2, SHAPE[1] // 2, 2).mean(axis=(1, 3))
    return Raster(coarse, (STEP_MM, STEP_MM), (PIXEL_MM / 2, PIXEL_MM / 2))


def seen(left=5.0, right=5.0, **drawn):
    """Return what the network sees on a film that faces left, on both sides as well."""
    return {"left": Seen(bodies(**drawn), left), "right": Seen(bodies("right", **drawn), right)}


def a_film(front_mm=None, back_mm=None, faces="left", step=(PIXEL_MM, PIXEL_MM)):
    """Return a film that is dark from so far before and behind the middle of the spine on."""
    x = PIXEL_MM * np.arange(SHAPE[1])
    grey = np.full(SHAPE, 900.0)
    rows = np.flatnonzero(drawn_labels().any(axis=1))
    middle = np.interp(np.arange(SHAPE[0]), rows, [x[each].mean() for each in drawn_labels()[rows] > 0])[:, None]
    # Skin is no straight line.
    wave = 6.0 * np.sin(PIXEL_MM * np.arange(SHAPE[0]) / 30)[:, None]
    if front_mm is not None:
        grey[middle - x > front_mm + wave] = 20.0
    if back_mm is not None:
        grey[x - middle > back_mm + wave] = 20.0
    grey[:20, 250:] = 2000.0  # a letter of lead
    grey += np.random.default_rng(0).normal(0, 5, SHAPE)
    return Radiograph(grey if faces == "left" else grey[:, ::-1].copy(), step, None)


def test_the_back_is_where_the_dark_is_nearer():
    assert nearer_back(a_film(back_mm=45), seen()) > 0.8
    assert nearer_back(a_film(front_mm=85, back_mm=45), seen()) > 0.8
    assert nearer_back(a_film(front_mm=45), seen()) < -0.8
    mirrored = {"left": Seen(bodies("right"), 5.0), "right": Seen(bodies(), 5.0)}
    assert nearer_back(a_film(front_mm=85, back_mm=45, faces="right"), mirrored) < -0.8


def test_tissue_that_becomes_dark_by_and_by_is_no_skin():
    film = a_film(back_mm=60)
    x = PIXEL_MM * np.arange(SHAPE[1])
    thin = replace(film, pixels=film.pixels * np.clip(x / 120, 0, 1))
    assert nearer_back(thin, seen()) > 0.7
    skin = 50 + 6.0 * np.sin(PIXEL_MM * np.arange(SHAPE[0]) / 30)[:, None]
    assert nearer_back(replace(film, pixels=film.pixels * (x > skin)), seen()) < -0.8


def test_films_without_dark_without_a_spine_and_of_no_contrast_tell_nothing():
    assert nearer_back(a_film(), seen()) == 0
    assert nearer_back(a_film(back_mm=45), seen(labels=np.zeros(SHAPE))) == 0
    assert nearer_back(Radiograph(np.full(SHAPE, 7.0), (PIXEL_MM, PIXEL_MM), None), seen()) == 0


def test_a_spine_that_only_one_side_shows_tells_as_well():
    one = {"left": seen()["left"], "right": Seen(bodies(labels=np.zeros(SHAPE)), 0.0)}
    assert nearer_back(a_film(back_mm=45), one) > 0.8
    other = {"left": Seen(bodies(labels=np.zeros(SHAPE)), 0.0), "right": seen()["right"]}
    assert nearer_back(a_film(back_mm=45), other) > 0.8


def test_bodies_of_a_pixel_or_two_do_not_blow_the_film_up(monkeypatch):
    asked = []
    resample = facing.raster_at
    monkeypatch.setattr(facing, "raster_at", lambda *args: asked.append(args[2]) or resample(*args))
    tiny = replace(bodies(), step=(0.01, 0.01))
    nearer_back(a_film(back_mm=45), {"left": Seen(tiny, 1.0), "right": Seen(tiny, 1.0)})
    assert asked == [PIXEL_MM]


def test_what_the_network_names_counts_in_vertebrae_and_the_back_as_one():
    film = a_film(front_mm=85, back_mm=45)
    back = nearer_back(film, seen())
    assert lead_of_left(film, seen(5.0, 3.0)) == pytest.approx(2.0 + back)
    assert lead_of_left(film, seen(4.0, 4.5)) > 0 > lead_of_left(film, seen(3.0, 5.0))
    assert lead_of_left(a_film(), seen(3.0, 5.0)) == pytest.approx(-2.0)


@pytest.mark.parametrize("lean", [0.0, 0.05, -0.08])
def test_a_straight_edge_of_the_picture_or_of_the_field_is_no_skin(lean):
    film = a_film(back_mm=60)
    x, y = PIXEL_MM * np.arange(SHAPE[1]), PIXEL_MM * np.arange(SHAPE[0])[:, None]
    middle = x[np.nonzero(drawn_labels())[1]].mean()
    framed = replace(film, pixels=np.where(x < middle - 40 + lean * (y - y.mean()), 10.0, film.pixels))
    assert 0.5 < nearer_back(framed, seen()) == pytest.approx(nearer_back(film, seen()))
    # The same edge follows the back of a patient: it is no straight line.
    bent = 12 * np.sin(y / 25)
    curved = replace(film, pixels=np.where(x < middle - 40 + bent, 10.0, film.pixels))
    assert nearer_back(curved, seen()) < 0


def vertebrae(faces="left"):
    """Return the bodies on a film that faces left, once it is turned to have a side on the left."""
    labels = drawn_labels() if faces == "left" else drawn_labels()[:, ::-1]
    return vertebrae_of(labels, (PIXEL_MM, PIXEL_MM))


def with_pedicles(brightness=300.0):
    """Return a film that faces left, with a pedicle behind the upper half of each body."""
    x, y = np.meshgrid(PIXEL_MM * np.arange(SHAPE[1]), PIXEL_MM * np.arange(SHAPE[0]))
    grey = 500.0 + np.random.default_rng(0).normal(0, 15, SHAPE)
    for each in vertebrae().values():
        _, back_top, back_bottom, _ = np.asarray(each.corners)
        middle = back_top + 0.27 * (back_bottom - back_top)
        grey[(x > middle[0]) & (x < middle[0] + 12) & (np.abs(y - middle[1]) < 0.2 * each.height)] += brightness
    return Radiograph(grey, (PIXEL_MM, PIXEL_MM), None)


def test_pedicles_are_seen_behind_the_bodies_and_not_before_them():
    film = with_pedicles()
    assert pedicles_behind(film, vertebrae()) > 0.5
    turned = replace(film, faces="right").facing_left()
    assert pedicles_behind(turned, vertebrae("right")) < -0.5
    assert abs(pedicles_behind(with_pedicles(0.0), vertebrae())) < 0.3
    assert pedicles_behind(film, {}) == 0
    assert pedicles_behind(replace(film, pixels=np.full(SHAPE, 7.0)), vertebrae()) == 0
    few = {name: each for name, each in vertebrae().items() if name in ("L1", "L2", "S1")}
    assert pedicles_behind(film, few) == 0


def test_pedicles_and_the_lordosis_count_for_the_side_that_shows_them():
    both = {side: Seen(bodies(side), 5.0, vertebrae(side)) for side in ("left", "right")}
    plain, marked = lead_of_left(with_pedicles(0.0), both), lead_of_left(with_pedicles(), both)
    assert marked > plain + 0.3
    assert lead_of_left(with_pedicles(-300.0), both) < plain - 0.3
    # What is taken for the sacrum on the wrong side does not follow the curve.
    assert bulge(both["left"].vertebrae) == pytest.approx(bulge(both["right"].vertebrae) * -1)
    other = {**both, "right": replace(both["right"], vertebrae={})}
    lordotic = lead_of_left(a_film(), {**other, "left": replace(both["left"], vertebrae=bent_spine(-1))})
    kyphotic = lead_of_left(a_film(), {**other, "left": replace(both["left"], vertebrae=bent_spine(1))})
    assert lordotic - kyphotic == pytest.approx(2 * facing.BULGE_WEIGHT * abs(bulge(bent_spine(1))), abs=0.4)


def bent_spine(side):
    """Return bodies in an arc that bulges by half a height to a side."""
    found = vertebrae()
    moved = {}
    for n, (name, each) in enumerate(found.items()):
        away = side * 0.5 * each.height * np.sin(np.pi * n / (len(found) - 1))
        corners = tuple((x + away, y) for x, y in each.corners)
        moved[name] = replace(each, center=(each.center[0] + away, each.center[1]), corners=corners)
    return moved
