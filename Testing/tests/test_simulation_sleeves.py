"""Fat around the arteries of the gut, which run through no organ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.radiograph.simulation.trunk import TrunkCanvas
from AbdominalCalcificationLib.simulation import default_grid, simulate
from AbdominalCalcificationLib.simulation.canvas import FAT_HU, Canvas
from AbdominalCalcificationLib.simulation.person import draw_person
from AbdominalCalcificationLib.simulation.sleeves import paint_sleeves
from AbdominalCalcificationLib.simulation.tubes import Centerline, Tube

LIVER_HU, RADIUS_MM = 110.0, 3.0
GRID = default_grid((1.0, 1.0, 1.0), (60, 60, 60), center_ras=(0.0, 0.0, 0.0))


def a_tube(name, label=0):
    line = Centerline.through([[0, 0, 40], [0, 0, 0], [0, 0, -40]])
    return Tube(name, label, line, *(np.full(len(line.points), each) for each in (RADIUS_MM, 2.5, 150.0)))


def painted(seed, *tubes, within=None, canvas=None):
    """Return a canvas of liver with the sleeves of a person, and how far each voxel is from the middle line."""
    canvas = canvas or Canvas(GRID)
    canvas.hu[:] = LIVER_HU
    person = draw_person(np.random.default_rng(seed))
    paint_sleeves(canvas, list(tubes), person, np.ones(GRID.shape, np.float32) if within is None else within)
    x, y, _ = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    return canvas, np.broadcast_to(np.hypot(x, y), GRID.shape)


COELIAC = a_tube("celiac_trunk", territory("celiac_trunk").label)


@pytest.mark.parametrize("seed", range(8))
def test_most_of_an_artery_of_the_gut_lies_in_fat_and_what_is_far_is_left(seed):
    canvas, away = painted(seed, COELIAC)
    around = canvas.hu[(away > RADIUS_MM) & (away < RADIUS_MM + 1.5)]
    fat = around < LIVER_HU - 60
    assert fat.mean() > 0.3
    assert around.min() >= FAT_HU
    assert (canvas.hu[away > RADIUS_MM + 32] == LIVER_HU).all()


def test_it_is_uneven_and_differs_from_person_to_person():
    shares = []
    for seed in range(24):
        canvas, away = painted(seed, COELIAC)
        shell = (away > RADIUS_MM + 2) & (away < RADIUS_MM + 4)
        shares.append(float((canvas.hu[shell] < 0).mean()))
    assert np.ptp(shares) > 0.5
    # In most of them it is here thick, there thin.
    assert np.mean([(each > 0.05) & (each < 0.95) for each in shares]) > 0.5


def test_the_same_person_has_the_same_fat_on_any_grid():
    fine, _ = painted(3, COELIAC)
    coarse = Canvas(default_grid((2.0, 2.0, 2.0), (30, 30, 30), center_ras=(0.0, 0.0, 0.0)))
    coarse.hu[:] = LIVER_HU
    paint_sleeves(coarse, [COELIAC], draw_person(np.random.default_rng(3)), np.ones(coarse.hu.shape, np.float32))
    mean = fine.hu.reshape(30, 2, 30, 2, 30, 2).mean(axis=(1, 3, 5))
    assert np.corrcoef(mean.ravel(), coarse.hu.ravel())[0, 1] > 0.97


@pytest.mark.parametrize("name", ["aorta", "renal_left", "common_iliac_right"])
def test_other_arteries_have_none(name):
    canvas, _ = painted(1, a_tube(name, territory(name).label), a_tube("lumbar"))
    assert (canvas.hu == LIVER_HU).all()


def test_only_the_beginning_of_what_the_trunk_divides_into_has_some():
    canvas, _away = painted(1, a_tube("splenic"))
    changed = (canvas.hu != LIVER_HU).any(axis=(1, 2))
    z = canvas.axes[2]
    assert changed[z > 20].any()
    assert not changed[z < -20].any()


def test_nothing_is_painted_where_it_may_not():
    within = np.ones(GRID.shape, np.float32)
    within[:, :30] = 0.0
    canvas, _ = painted(1, COELIAC, within=within)
    assert (canvas.hu[:, :30] == LIVER_HU).all()
    assert (canvas.hu[:, 30:] < 0).any()


def test_films_whose_cells_are_larger_than_sleeves_show_none():
    canvas = TrunkCanvas(GRID, Canvas(GRID), np.random.default_rng(0))
    canvas, _ = painted(1, COELIAC, canvas=canvas)
    assert (canvas.hu == LIVER_HU).all()
    assert not canvas.shapes


@pytest.mark.parametrize("seed", [91000, 91015, 91038])
def test_the_coeliac_trunk_of_a_patient_lies_in_fat_not_in_the_liver(seed):
    patient = simulate(
        seed,
        spacing_mm=(1.5, 1.5, 1.5),
        shape=(40, 60, 50),
        center_ras=(0.0, 50.0, 125.0),
        phase="portal_venous",
    )
    trunk = patient.arteries.array == territory("celiac_trunk").label
    assert trunk.sum() > 60
    near = ndimage.binary_dilation(trunk, iterations=2) & ~ndimage.binary_dilation(patient.arteries.array > 0)
    assert np.mean(ndimage.uniform_filter(patient.ct.array.astype(float), 2)[near] < 40) > 0.4
