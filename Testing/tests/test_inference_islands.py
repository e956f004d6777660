"""Islands of arteries are left out; what can be a piece of an artery stays."""

from __future__ import annotations

import numpy as np

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import islands
from AbdominalCalcificationLib.inference.islands import without_islands

GRID = Grid.from_spacing((30, 40, 60), (1.0, 2.0, 1.0), (0, 0, 0), np.eye(3))


def a_map(*blocks):
    """A label map of blocks: label, then k, j, i from and to."""
    array = np.zeros(GRID.shape, np.uint8)
    for label, *bounds in blocks:
        array[tuple(slice(a, b) for a, b in bounds)] = label
    return Volume(array, GRID)


AORTA = (1, (0, 30), (18, 22), (10, 20))


def test_a_small_piece_far_away_goes_and_the_rest_stays_as_it_was():
    labels = a_map(AORTA, (1, (0, 2), (18, 20), (50, 53)), (5, (10, 12), (18, 20), (20, 30)))
    cleaned, number = without_islands(labels)
    assert number == 1
    assert not cleaned.array[:, :, 45:].any()
    assert np.array_equal(cleaned.array[:, :, :45], labels.array[:, :, :45])
    assert labels.array[:, :, 45:].any()  # the given map is not changed


def test_a_piece_behind_a_gap_stays_and_carries_the_next_one():
    # 8 mm to the aorta, then 8 mm to the piece before: each gap alone is short enough.
    chain = [(5, (10, 30), (18, 20), (20, 27)), (5, (10, 12), (18, 20), (34, 36)), (5, (10, 12), (18, 20), (43, 45))]
    cleaned, number = without_islands(a_map(AORTA, *chain))
    assert number == 0
    assert np.count_nonzero(cleaned.array[:, :, 40:]) == 8


def test_gaps_are_measured_in_mm():
    # Six voxels along j are 12 mm apart, along i they would be 6.
    along_j = a_map(AORTA, (1, (5, 7), (27, 29), (12, 14)))
    along_i = a_map(AORTA, (1, (5, 7), (19, 21), (25, 27)))
    assert without_islands(along_j)[1] == 1
    assert without_islands(along_i)[1] == 0


def test_large_pieces_stay_wherever_they_lie():
    # Below the bifurcation both common iliac arteries are seen, far apart, without the aorta.
    labels = a_map((7, (0, 30), (18, 22), (0, 6)), (8, (0, 30), (18, 22), (50, 54)))
    assert without_islands(labels)[1] == 0
    # The only piece of a territory is its largest.
    assert without_islands(a_map(AORTA, (3, (0, 2), (0, 2), (55, 57))))[1] == 0


def test_an_island_with_two_names_stays_where_one_of_them_is_large_there():
    island = [(1, (0, 2), (18, 20), (50, 52)), (6, (0, 2), (18, 20), (52, 54))]
    assert without_islands(a_map(AORTA, *island))[1] == 0
    elsewhere = (6, (10, 20), (22, 26), (12, 16))
    assert without_islands(a_map(AORTA, elsewhere, *island))[1] == 1


def test_a_network_gone_wrong_does_not_fill_the_memory(monkeypatch):
    labels = a_map(AORTA, (1, (0, 2), (18, 20), (50, 53)))
    monkeypatch.setattr(islands, "MOST_VOXELS", np.count_nonzero(labels.array) - 1)
    assert without_islands(labels) == (labels, 0)
    monkeypatch.setattr(islands, "MOST_VOXELS", np.count_nonzero(labels.array))
    assert without_islands(labels)[1] == 1


def test_nothing_has_no_islands():
    empty = a_map()
    assert without_islands(empty) == (empty, 0)
