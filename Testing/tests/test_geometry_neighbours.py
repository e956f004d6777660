"""Neighbours without lists of pairs say what such lists say; repaired paths are those found anew, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from AbdominalCalcificationLib.geometry import Grid, shortest
from AbdominalCalcificationLib.geometry.neighbours import Lattice, Neighbours
from AbdominalCalcificationLib.geometry.voxels import neighbour_pairs

GRID = Grid.from_spacing((24, 14, 14), (0.7, 0.9, 1.3))


def a_vessel(rng, filled=0.9):
    """Return the mask of a bent tube with holes."""
    k, j, i = np.indices(GRID.shape)
    tube = (j - 6 - 2 * np.sin(k / 5)) ** 2 + (i - 6) ** 2 <= 20
    return tube & (rng.random(tube.shape) < filled)


def lattice_of(mask):
    return Lattice(np.argwhere(mask), GRID)


def listed(lattice):
    return Neighbours(len(lattice), neighbour_pairs(lattice.kji, GRID))


def start_of(lattice, rng=None):
    """Return the lowest voxels as starts, a few of them left out at random."""
    rows = np.flatnonzero(lattice.kji[:, 0] <= 1)
    rows = rows if rng is None else rows[rng.random(len(rows)) < 0.8]
    rows = rows if len(rows) else np.zeros(1, int)
    return rows, 0.3 * lattice.kji[rows, 0]


def same_parts(one, other):
    """Return whether two numberings are equal, which they are where both begin with the first voxel."""
    return np.array_equal(one, other)


@pytest.mark.parametrize("filled", [1.0, 0.7, 0.25])
def test_a_lattice_says_what_a_list_of_its_pairs_says(filled):
    rng = np.random.default_rng(1)
    lattice = lattice_of(a_vessel(rng, filled))
    pairs = listed(lattice)
    assert np.array_equal(lattice.degree, pairs.degree)
    start, start_mm = start_of(lattice)
    assert np.array_equal(lattice.paths_from(start, start_mm).length_mm, pairs.paths_from(start, start_mm).length_mm)
    some = rng.random(len(lattice)) < 0.4
    assert same_parts(lattice.pieces(some)[some], _renumbered(pairs.pieces(some)[some]))
    level = rng.integers(0, 3, len(lattice))
    (part, touching), (same, others) = lattice.cut(level), pairs.cut(level)
    assert same_parts(part, same)
    assert set(map(frozenset, touching.T.tolist())) == set(map(frozenset, others.T.tolist()))
    assert (
        level[np.unique(part, return_index=True)[1]][touching[0]]
        != level[np.unique(part, return_index=True)[1]][touching[1]]
    ).all()


def _renumbered(part):
    """Return numbers in the order of the first voxels that have them."""
    found, first = np.unique(part, return_index=True)
    number = np.empty(len(found), int)
    number[np.argsort(first)] = np.arange(len(found))
    return number[np.searchsorted(found, part)]


@given(seed=st.integers(0, 10_000), filled=st.sampled_from([1.0, 0.9, 0.6]), edits=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_repaired_paths_are_those_found_anew(seed, filled, edits):
    rng = np.random.default_rng(seed)
    mask = a_vessel(rng, filled)
    lattice = lattice_of(mask)
    paths = lattice.paths_from(*start_of(lattice))
    for _ in range(edits):
        low = rng.integers(0, np.array(GRID.shape) - 3)
        box = tuple(slice(int(a), int(a + n)) for a, n in zip(low, rng.integers(1, 6, 3), strict=True))
        mask[box] = rng.random() < 0.5
        if not mask.any():
            return
        lattice = lattice_of(mask)
        start = start_of(lattice, rng)
        anew = lattice.paths_from(*start)
        repaired = lattice.paths_from(*start, paths)
        assert np.array_equal(repaired.shifted_mm, anew.shifted_mm)
        came = repaired.before
        through = came >= 0  # each length is that of the voxel before and one step more
        step = np.linalg.norm((lattice.kji[through] - lattice.kji[came[through]]) * GRID.spacing_mm[::-1], axis=1)
        assert np.allclose(repaired.shifted_mm[through], repaired.shifted_mm[came[through]] + step)
        paths = repaired


def test_a_small_change_is_repaired_and_not_found_anew(monkeypatch):
    mask = a_vessel(np.random.default_rng(0), 1.0)
    lattice = lattice_of(mask)
    paths = lattice.paths_from(*start_of(lattice))
    looked_at = []
    look_again = shortest._Repair.look_again
    monkeypatch.setattr(
        shortest._Repair, "look_again", lambda self, rows: (looked_at.append(len(rows)), look_again(self, rows))[1]
    )
    mask[12, 6, 6] = False
    lattice = lattice_of(mask)
    repaired = shortest.repaired(lattice, *start_of(lattice), paths)
    assert repaired is not None
    assert 0 < sum(looked_at) < len(lattice) / 4
    assert np.array_equal(repaired.length_mm, lattice.paths_from(*start_of(lattice)).length_mm)


def test_paths_through_voxels_of_another_size_are_found_anew():
    mask = a_vessel(np.random.default_rng(0), 1.0)
    lattice = lattice_of(mask)
    paths = lattice.paths_from(*start_of(lattice))
    other = Lattice(lattice.kji, Grid.from_spacing(GRID.shape, (0.7, 0.9, 1.0)))
    assert shortest.repaired(other, *start_of(lattice), paths) is None
    assert not np.array_equal(other.paths_from(*start_of(lattice), paths).length_mm, paths.length_mm)


def test_the_nearest_voxels_are_those_of_a_search_among_all():
    rng = np.random.default_rng(3)
    lattice = lattice_of(a_vessel(rng, 0.5))
    corners = GRID.ras_of_kji(lattice.kji[:50] + 0.5)  # equally near to several
    far = GRID.ras_of_kji(rng.uniform(-20, 40, (40, 3)))
    points = np.concatenate([corners, far, GRID.ras_of_kji(lattice.kji[::9] + rng.uniform(-1, 1, 3))])
    away = np.linalg.norm(points[:, None] - lattice.points_ras, axis=2)
    for rows, distance in zip(lattice.nearest(points), away, strict=True):
        assert rows.tolist() == np.flatnonzero(distance <= distance.min() + 1e-6).tolist()
