"""Regions in front of vertebrae: where their rows lie, what is cut out, and what a network is to say of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.radiograph.image import Radiograph
from AbdominalCalcificationLib.radiograph.kauppila import PARTS, VERTEBRAE, Segment
from AbdominalCalcificationLib.radiograph.kauppila_parts import decided, parts_of
from AbdominalCalcificationLib.radiograph.region import RegionGeometry, film_step, images_of, regions_of
from AbdominalCalcificationLib.radiograph.resampling import Raster, raster_at, raster_onto
from AbdominalCalcificationLib.radiograph.spine import Vertebra, borders_of
from AbdominalCalcificationLib.training.kauppila.films import Film, film_of, read_film, write_film
from AbdominalCalcificationLib.training.kauppila.targets import crossings, targets_of
from AbdominalCalcificationLib.training.kauppila.varied import Variation, varied_images, varied_vertebrae

GEOMETRY = RegionGeometry()


def straight_spine(names=("T12", "L1", "L2", "L3", "L4", "L5")) -> dict[str, Vertebra]:
    """Bodies of 34 mm by 28 mm, discs of 10 mm: the anterior border is at x = 100, the disc above L1 at y = 0."""
    found = {}
    for n, name in enumerate(("T12", "L1", "L2", "L3", "L4", "L5")):
        top = 5.0 + 38.0 * (n - 1)
        corners = ((100.0, top), (134.0, top), (134.0, top + 28.0), (100.0, top + 28.0))
        if name in names:
            found[name] = Vertebra(name, (117.0, top + 14.0), corners, 34.0 * 28.0)
    return found


def segments(line_x=80.0, deposits=((0.25, 0.75),)):
    """A straight wall in front of L1 to L4; the posterior one 10 mm behind it and without calcium."""
    made = []
    for vertebra, wall in PARTS:
        top = 38.0 * VERTEBRAE.index(vertebra)
        x = line_x + (10.0 if wall == "posterior" else 0.0)
        own = deposits if wall == "anterior" else ()
        made.append(Segment(vertebra, wall, 2 if own else 0, None, None, ((x, top), (x, top + 38.0)), own))
    return tuple(made)


def a_film(**options) -> Film:
    radiograph = Radiograph(np.random.default_rng(1).normal(size=(260, 200)), (1.0, 1.0), "left")
    return film_of(radiograph, straight_spine(), segments(**options))


def test_coarser_pixels_are_means_of_the_same_places():
    y, x = np.mgrid[:90, :120] * 1.0
    raster = raster_at(2 * x - y, (0.5, 0.5), 1.7)
    rows, columns = np.indices(raster.pixels.shape)
    at_y, at_x = (
        origin + n * step for origin, n, step in zip(raster.origin, (rows, columns), raster.step, strict=True)
    )
    inner = (slice(2, -2),) * 2
    assert raster.pixels[inner] == pytest.approx((2 * at_x / 0.5 - at_y / 0.5)[inner], abs=1e-3)
    noise = np.random.default_rng(0).normal(size=(400, 400))
    assert raster_at(noise, (0.2, 0.2), 1.2).pixels.std() < 0.3  # single pixels would keep 1


def test_a_raster_is_brought_back_onto_an_image():
    y, x = np.mgrid[:80, :100] * 0.4
    raster = raster_at(x + 3 * y, (0.4, 0.4), 1.3)
    back = raster_onto(raster, (np.arange(80), np.arange(100)), (0.4, 0.4))
    assert back[8:-8, 8:-8] == pytest.approx((x + 3 * y)[8:-8, 8:-8], abs=1e-3)
    points = np.array([[10.3, 12.7], [20.0, 5.5]])
    assert raster.at(points) == pytest.approx(points[:, 0] + 3 * points[:, 1], abs=1e-3)


def test_rows_run_from_disc_to_disc_and_go_on_in_the_neighbour():
    regions = regions_of(straight_spine(), GEOMETRY)
    assert list(regions) == list(VERTEBRAE)
    points = regions["L2"].points()
    level = points[GEOMETRY.margin_rows : -GEOMETRY.margin_rows]
    assert level[0, 0, 1] == pytest.approx(38.0 + 38.0 / GEOMETRY.level_rows / 2)
    assert level[-1, 0, 1] == pytest.approx(76.0 - 38.0 / GEOMETRY.level_rows / 2)
    assert np.array_equal(regions["L2"].corners[1], regions["L3"].corners[0])
    # Columns: two depths before the anterior border at x = 100, half a depth behind it.
    ends = regions["L2"].row_ends(np.array([0.5]))[0]
    assert ends[:, 0] == pytest.approx([100 - 2.0 * 34, 100 + 0.5 * 34])


def test_a_turned_spine_has_the_same_regions_turned():
    angle = np.deg2rad(20)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    spine = straight_spine()
    turned = {
        name: replace(each, corners=tuple(tuple(turn @ np.array(c)) for c in each.corners))
        for name, each in spine.items()
    }
    here, there = (regions_of(each, GEOMETRY)["L3"].points() for each in (spine, turned))
    assert there == pytest.approx(here @ turn.T, abs=1e-6)


def test_images_show_film_and_bodies_and_nothing_where_a_vertebra_is_missing():
    spine = straight_spine(("L1", "L2", "L4", "L5"))
    radiograph = Radiograph(np.random.default_rng(1).normal(5, 2, (260, 200)), (1.0, 1.0), "left")
    film = raster_at(radiograph.pixels, radiograph.step, film_step(spine))
    images = images_of(film, regions_of(spine, GEOMETRY), spine)
    assert images.shape == (4, 2, GEOMETRY.rows, GEOMETRY.columns)
    assert not images[2].any()
    film_seen = images[[0, 1, 3], 0]
    assert np.median(film_seen) == pytest.approx(0, abs=0.01)
    body = images[1, 1]
    middle = GEOMETRY.rows // 2
    behind = int(GEOMETRY.columns * 2.0 / 2.5)  # the anterior border
    assert body[middle, behind + 4] == 1
    assert body[middle, behind - 4] == 0
    assert 0.4 < body[0, behind + 4] <= 0.5  # L1, in the margin


def test_pixels_without_contrast_make_no_infinite_image():
    spine = straight_spine()
    film = Raster(np.full((200, 200), 7.0, np.float32), (1.0, 1.0))
    assert not images_of(film, regions_of(spine, GEOMETRY), spine)[:, 0].any()


def test_targets_are_rows_with_calcium_and_places_of_walls():
    film = a_film()
    targets = targets_of(film, regions_of(film.vertebrae, GEOMETRY), GEOMETRY)
    assert targets.scores.tolist() == [[2, 0]] * 4
    assert targets.calcium[1, 0, 6:18] == pytest.approx(np.ones(12), abs=0.1)
    assert targets.calcium[1, 0].mean() == pytest.approx(0.5, abs=0.02)
    assert not np.nan_to_num(targets.calcium[:, 1]).any()
    level = slice(4, -4)
    assert targets.walls[2, 0, level] == pytest.approx(np.full(24, (80 - 32) / 85), abs=1e-3)
    assert targets.walls[2, 1, level] == pytest.approx(np.full(24, (90 - 32) / 85), abs=1e-3)
    assert np.isnan(targets.walls[0, 0, :4]).all()  # above L1 the wall is not known


def test_targets_follow_regions_that_are_cut_out_a_little_lower():
    film = a_film()
    lower = {
        name: replace(each, corners=tuple((x, y + 38.0 / 24 * 3) for x, y in each.corners))
        for name, each in film.vertebrae.items()
    }
    targets = targets_of(film, regions_of(lower, GEOMETRY), GEOMETRY)
    assert targets.calcium[1, 0, 3:15] == pytest.approx(np.ones(12), abs=0.1)
    assert np.isnan(targets.calcium[3, 0, -3:]).all()  # below L4 nothing is known
    assert targets.scores.tolist() == [[2, 0]] * 4


def test_what_is_not_known_is_no_target():
    radiograph = Radiograph(np.zeros((260, 200)), (1.0, 1.0), "left")
    read = tuple(Segment(*part, None if n == 3 else 1, origin="reader") for n, part in enumerate(PARTS))
    film = film_of(radiograph, straight_spine(("L1", "L2", "L3", "L5")), read)
    targets = targets_of(film, regions_of(film.vertebrae, GEOMETRY), GEOMETRY)
    assert targets.scores.tolist() == [[1, 1], [1, -1], [1, 1], [-1, -1]]
    assert np.isnan(targets.calcium).all()
    assert np.isnan(targets.walls).all()


def test_a_line_that_does_not_reach_a_row_does_not_cross_it():
    region = regions_of(straight_spine(), GEOMETRY)["L1"]
    line = np.array([[80.0, 10.0], [80.0, 20.0]])
    places, across = crossings(region, line, np.array([0.1, 0.4, 0.9]))
    assert np.isnan(places[[0, 2]]).all()
    assert np.isnan(across[[0, 2]]).all()
    assert places[1] == pytest.approx((0.4 * 38 - 10) / 10)


def test_films_are_read_as_they_were_written(tmp_path):
    film = a_film()
    write_film(tmp_path / "a.npz", film)
    read = read_film(tmp_path / "a.npz")
    assert np.array_equal(read.raster.pixels, film.raster.pixels)
    assert read.vertebrae == film.vertebrae
    assert read.walls == pytest.approx(film.walls, abs=1e-4)
    assert np.array_equal(read.calcium, film.calcium)
    assert np.array_equal(read.scores, film.scores)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 nothing", b"\x93NUMPY"])
def test_a_damaged_film_is_told(tmp_path, content):
    from AbdominalCalcificationLib.errors import InputError

    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read_film(tmp_path / "a.npz")


def test_vertebrae_vary_as_a_network_errs_and_the_same_way_again():
    spine, variation = straight_spine(), Variation(missing=0.0)
    first, again = (varied_vertebrae(spine, variation, np.random.default_rng(5)) for _ in range(2))
    assert first == again
    moved = np.array([np.subtract(first[name].corners, spine[name].corners) for name in spine])
    assert 0.1 < np.abs(moved).max() < 8.0
    missing = [varied_vertebrae(spine, Variation(missing=1.0), np.random.default_rng(n)) for n in range(3)]
    assert all("T12" not in each and "L5" not in each and "L4" in each for each in missing)


def test_other_looks_leave_the_bodies_alone():
    images = np.random.default_rng(0).normal(size=(4, 2, 32, 32)).astype(np.float32)
    varied = varied_images(images, Variation(), np.random.default_rng(1))
    assert np.array_equal(varied[:, 1], images[:, 1])
    assert not np.allclose(varied[:, 0], images[:, 0])
    assert np.corrcoef(varied[:, 0].ravel(), images[:, 0].ravel())[0, 1] > 0.9


def test_decisions_by_probabilities():
    shares = np.array([[0.4, 0.15, 0.1, 0.35], [0.6, 0.1, 0.1, 0.2]])
    assert decided(shares, "median").tolist() == [1, 0]
    assert decided(shares, "mode").tolist() == [0, 0]
    assert decided(shares, "mean").tolist() == [1, 1]


def test_parts_have_lines_and_deposits_and_are_not_assessed_without_a_region():
    regions = regions_of(straight_spine(("L1", "L2", "L4", "L5")), GEOMETRY)
    probabilities = np.tile([0.7, 0.1, 0.1, 0.1], (4, 2, 1))
    probabilities[1, 0] = [0.1, 0.1, 0.7, 0.1]
    probabilities[3, 1] = [0.1, 0.7, 0.1, 0.1]
    calcium = np.full((4, 2, 24), 0.1)
    calcium[1, 0, 6:18] = 0.9
    calcium[3, 1, 5] = 0.3  # a score without a row that is sure: the likeliest row
    across = np.full((4, 2, 24), (80 - 32) / 85)
    parts = parts_of(regions, probabilities, calcium, across, "median")
    found = {(each.vertebra, each.wall): each for each in parts}
    assert [each.score for each in parts] == [0, 0, 2, 0, None, None, 0, 1]
    assert found["L2", "anterior"].deposits == ((0.25, 0.75),)
    assert found["L2", "anterior"].extent_fraction == pytest.approx(0.5)
    assert found["L4", "posterior"].deposits == ((5 / 24, 6 / 24),)
    assert found["L1", "anterior"].deposits == ()
    assert found["L1", "anterior"].extent_fraction == 0
    line = np.array(found["L2", "anterior"].line)
    # Below L2 nothing tells where the disc is: the end is that of the region.
    assert line[0] == pytest.approx([80, 38])
    assert line[-1] == pytest.approx([80, regions["L2"].corners[1, 0, 1]])
    missing = found["L3", "anterior"]
    assert missing.probabilities is None
    assert missing.line == ()
    assert missing.extent_fraction is None


def test_borders_are_those_of_the_definition():
    regions, borders = regions_of(straight_spine(), GEOMETRY), borders_of(straight_spine())
    for name, region in regions.items():
        for row, border in zip(region.corners, borders[name], strict=True):
            away = (row - np.array(border.point)) @ np.array([border.direction[1], -border.direction[0]])
            assert away == pytest.approx([0, 0], abs=1e-9)
