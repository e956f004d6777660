"""The crura of the diaphragm around the aorta: muscle that touches it and is none of it."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.simulation import default_grid, simulate
from AbdominalCalcificationLib.simulation.canvas import Canvas, Field
from AbdominalCalcificationLib.simulation.crura import draw_crura, paint_crura
from AbdominalCalcificationLib.simulation.labelled.anatomy import make_anatomy
from AbdominalCalcificationLib.simulation.labelled.atlas import make_atlas
from AbdominalCalcificationLib.simulation.tubes import Centerline, Tube
from label_maps import NAMES, label_map

LIGAMENT_MM, RADIUS_MM, MUSCLE_HU, FAT_HU = 20.0, 10.0, 60.0, -98.0
GRID = default_grid((1.0, 1.0, 2.0), (90, 71, 71), center_ras=(0.0, 0.0, 20.0))


def painted(seed, within=None):
    line = Centerline.through([[0, 0, 150], [0, 0, 0], [0, 0, -150]])
    aorta = Tube("aorta", 1, line, *(np.full(len(line.points), each) for each in (RADIUS_MM, 9.0, 300.0)))
    canvas = Canvas(GRID)
    canvas.hu[:] = FAT_HU
    rng = np.random.default_rng(seed)
    paint_crura(canvas, aorta, LIGAMENT_MM, MUSCLE_HU, Field(rng, 9.0, 1.0), rng, within)
    return canvas


def muscle(canvas):
    """Return where muscle is, and of each voxel x, y, and height above the ligament."""
    x, y, z = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    places = np.broadcast_arrays(x, y, z - LIGAMENT_MM)
    return canvas.hu > -20, *places


@pytest.mark.parametrize("seed", range(6))
def test_crura_join_in_front_of_the_aorta_above_the_ligament_and_part_below(seed):
    there, x, y, height = muscle(painted(seed))
    in_front = (np.abs(x) < 2) & (y > RADIUS_MM)
    above = in_front & (height > 12) & (height < 35)
    assert there[above].reshape(-1).any()
    every = [there[above & (height == level)].any() for level in np.unique(height[above])]
    assert all(every)
    # The coeliac trunk leaves where they have parted.
    assert not there[in_front & (height < -26)].any()
    for side in (-1, 1):
        beside = (side * x > RADIUS_MM - 2) & (np.abs(y) < 6) & (np.abs(height) < 10)
        assert there[beside].any()


@pytest.mark.parametrize("seed", range(6))
def test_crura_lie_on_the_aorta_and_end(seed):
    there, x, y, height = muscle(painted(seed))
    away = np.hypot(x, y)
    # What is within the wall is painted over by the artery.
    assert not there[away < RADIUS_MM - 4].any()
    assert not there[away > RADIUS_MM + 25].any()
    assert not there[(height > 90) | (height < -85)].any()
    behind = (np.abs(x) < 3) & (y < 0)
    assert not there[behind].any()
    nearest = away[there & (np.abs(height) < 10)].min()
    assert nearest < RADIUS_MM + 4


def test_the_right_crus_is_thicker_and_reaches_lower():
    pairs = [draw_crura(np.random.default_rng(seed)) for seed in range(200)]
    assert all(left.side == -1 and right.side == 1 for left, right in pairs)
    assert np.mean([right.thick_mm - left.thick_mm for left, right in pairs]) > 1.5
    assert np.mean([right.low_mm - left.low_mm for left, right in pairs]) < -10


def test_crura_are_painted_where_they_may_be():
    within = np.zeros(GRID.shape, np.float32)
    assert (painted(1, within).hu == FAT_HU).all()
    within[:, :, :35] = 1.0
    half = painted(1, within).hu
    assert (half[:, :, 35:] == FAT_HU).all()
    assert (half[:, :, :35] > 0).any()


@pytest.mark.parametrize(("named", "painted_there"), [(False, True), (True, False)])
def test_patients_of_label_maps_have_crura_unless_the_map_names_the_diaphragm(named, painted_there, monkeypatch):
    labels = label_map()
    if named:
        array = labels.array.copy()
        array[tuple(np.argwhere(array == 0)[:: max(1, np.count_nonzero(array == 0) // 50)].T)] = 99
        labels = labels.with_array(array)
    anatomy = make_anatomy(make_atlas(labels, {**NAMES, 99: "diaphragm"}))
    calls = []
    monkeypatch.setattr(
        "AbdominalCalcificationLib.simulation.labelled.body.paint_crura", lambda *given: calls.append(given)
    )
    simulate(4, anatomy=anatomy, severity=0.0, spacing_mm=(3.0, 3.0, 3.0), phase="arterial")
    assert bool(calls) is painted_there
    if calls:
        ligament_mm, unlabelled = calls[0][2], calls[0][-1]
        assert 40 < ligament_mm < 200
        assert 0.0 < unlabelled.mean() < 1.0


def without(names):
    """Return the label map without what is called so."""
    labels = label_map()
    array = labels.array.copy()
    array[np.isin(array, [value for value, name in NAMES.items() if name in names])] = 0
    return make_anatomy(make_atlas(labels.with_array(array), NAMES))


def test_the_ligament_lies_where_the_branches_say_and_without_any_there_is_none(monkeypatch):
    levels = []
    monkeypatch.setattr(
        "AbdominalCalcificationLib.simulation.labelled.body.paint_crura", lambda *given: levels.append(given[2])
    )
    branches = [name for name in NAMES.values() if any(word in name for word in ("celiac", "mesenteric", "renal_art"))]
    assert branches
    for gone, count in (((), 1), (tuple(branches), 0)):
        levels.clear()
        simulate(4, anatomy=without(gone), severity=0.0, spacing_mm=(3.0, 3.0, 3.0), phase="arterial")
        assert len(levels) == count, gone


def test_crura_of_label_maps_lie_in_what_is_not_labelled():
    anatomy = make_anatomy(make_atlas(label_map(), NAMES))
    made = {}
    for painted_there in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not painted_there:
                patch.setattr("AbdominalCalcificationLib.simulation.labelled.body.paint_crura", lambda *given: None)
            made[painted_there] = simulate(
                4, anatomy=anatomy, severity=0.0, spacing_mm=(2.0, 2.0, 2.0), phase="arterial"
            )
    changed = np.abs(made[True].ct.array.astype(int) - made[False].ct.array) > 60
    assert changed.any()
    assert np.median(made[False].ct.array[changed]) < -60
    assert np.array_equal(made[True].arteries.array, made[False].arteries.array)
    assert np.array_equal(made[True].bystanders.array, made[False].bystanders.array)


@pytest.mark.parametrize(
    ("name", "is_known"),
    [("Left crus of diaphragm", True), ("Zwerchfell", True), ("pelvic_diaphragm", False), ("crus_of_penis", False)],
)
def test_a_diaphragm_is_known_by_its_words(name, is_known):
    labels = label_map()
    array = labels.array.copy()
    array[tuple(np.argwhere(array == 0)[::5000].T)] = 99
    assert make_anatomy(make_atlas(labels.with_array(array), {**NAMES, 99: name})).has_crura is is_known
