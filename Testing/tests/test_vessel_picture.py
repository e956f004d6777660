"""The picture of a vessel that is laid out straight, above its areas."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.profiles import Vessels
from AbdominalCalcificationLib.reporting.drawing import rgb_bytes
from AbdominalCalcificationLib.reporting.vessel_picture import vessel_picture
from phantoms import followed_from

PLAQUE = (255, 217, 51)


@pytest.fixture(scope="module")
def drawn():
    """A straight aorta of 100 mm, calcified from 40 to 60 mm on its right side."""
    shape = (100, 40, 40)
    k, j, i = np.indices(shape)
    inside = np.hypot(j - 20, i - 20) <= 8
    plaque = inside & (i >= 26) & (k >= 40) & (k < 60)
    grid = Grid.from_spacing(shape, (1.0, 1.0, 1.0))
    labels = Volume(inside.astype(np.uint8), grid)
    ct = Volume(np.where(plaque, 900, np.where(inside, 350, 40)).astype(np.int16), grid)
    kji = np.argwhere(inside)
    course = followed_from(kji, grid, np.where(kji[:, 0] == 0, 0.0, np.inf))
    result = measure(ct, labels, Volume(plaque, grid))
    vessels = Vessels(result, {"aorta": course})
    laid_out, profile = vessels.laid_out("aorta"), vessels.profile("aorta")
    return lambda **options: vessel_picture(laid_out, ct, result, profile, **options)


def columns_of(image: np.ndarray, color) -> np.ndarray:
    return np.flatnonzero((image == np.array(color, np.uint8)).all(axis=-1).any(axis=0))


def test_path_length_runs_from_left_to_right(drawn):
    picture = drawn()
    assert picture.pixels.shape[1] == 380
    for length in (10.0, 55.0):
        assert picture.length_of(picture.column_of(length)) == pytest.approx(length, abs=picture.mm_per_pixel)
    lengths = picture.length_of(columns_of(picture.pixels, PLAQUE))
    assert lengths.min() == pytest.approx(40, abs=2)
    assert lengths.max() == pytest.approx(60, abs=2)


def test_plaque_lies_on_its_side_of_the_cut(drawn):
    picture = drawn(width=600)
    cut = picture.pixels[: len(picture.pixels) - 130]
    rows = np.flatnonzero((cut == np.array(PLAQUE, np.uint8)).all(axis=-1).any(axis=1))
    wall = np.flatnonzero((cut == rgb_bytes(territory("aorta").color)).all(axis=-1).any(axis=1))
    assert rows.max() < (wall.min() + wall.max()) / 2  # R is at the top
    turned = drawn(width=600, angle_deg=90.0).pixels[: len(cut)]
    assert not (turned == np.array(PLAQUE, np.uint8)).all(axis=-1).any()


def test_cursor_is_a_line_at_its_path_length(drawn):
    picture = drawn()
    shown = picture.with_cursor(30.0)
    changed = np.flatnonzero((shown != picture.pixels).any(axis=(0, 2)))
    assert changed.tolist() == [picture.column_of(30.0)]
    assert np.array_equal(picture.with_cursor(1000.0), picture.pixels)
    assert np.array_equal(picture.with_cursor(-1000.0), picture.pixels)


def test_nothing_is_drawn_in_the_areas_beyond_the_vessel(drawn):
    picture = drawn()
    graph = picture.pixels[-112:-22]
    colored = columns_of(graph, np.uint8(0.55 * rgb_bytes(territory("aorta").color)))
    assert picture.length_of(colored.max()) <= 100.5
