"""Diseases, implants and imperfect scans of virtual patients: what they are called, and that no metal is calcium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib import anatomy
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.simulation import BYSTANDERS, CONDITIONS, default_grid, simulate
from AbdominalCalcificationLib.simulation.conditions import CHANCES, draw_conditions, fainter
from AbdominalCalcificationLib.simulation.diseases import dissected, layered, occluded, thickened, widened
from AbdominalCalcificationLib.simulation.drawn import draw_patient
from AbdominalCalcificationLib.simulation.enhancement import draw_phase, vary_timing
from AbdominalCalcificationLib.simulation.grafts import draw_make
from AbdominalCalcificationLib.simulation.implants import CHANCES as IMPLANTS
from AbdominalCalcificationLib.simulation.painting import axes_of, paint_arteries
from AbdominalCalcificationLib.simulation.physics import (
    Physics,
    blotched,
    distort,
    draw_physics,
    odd_kernel,
    starved_noise,
)
from AbdominalCalcificationLib.simulation.plaques import Plaque
from AbdominalCalcificationLib.simulation.scanner import Scanner
from AbdominalCalcificationLib.simulation.tubes import Centerline, Tube

LABEL = {t.name: t.label for t in anatomy.TERRITORIES}
GRID = default_grid((0.8, 0.8, 0.8), (40, 40, 40), center_ras=(0.2, 0.1, 0.3))
# A slab about the lower aorta and the iliac arteries.
SLAB = {"spacing_mm": (1.2, 1.2, 1.2), "shape": (75, 60, 75), "center_ras": (0.0, 15.0, 5.0), "phase": "arterial"}


def a_tube(radius=8.0, wall=1.5):
    line = Centerline.through([[0, 0, 60], [0, 0, 0], [0, 0, -60]])
    ones = np.ones(len(line.points))
    return Tube("aorta", 1, line, radius * ones, (radius - wall) * ones, 300.0 * ones)


def painted(tube, metal=(), plaques=()):
    hu = np.full(GRID.shape, -98.0, np.float32)
    return hu, paint_arteries(hu, GRID, [tube], [list(plaques)], [tuple(metal)])


def away_of(grid=GRID):
    x, y, _ = axes_of(grid)
    return np.broadcast_to(np.hypot(x[None, None, :], y[None, :, None]), grid.shape)


def blood_share(hu):
    return float(((hu > 200) & (hu < 400)).mean())


@pytest.fixture(scope="module")
def a_grafted_patient():
    return simulate(7, severity=1.0, conditions=["stent graft"], **SLAB)


def test_a_dissected_aorta_is_one_aorta_with_two_lumens_and_a_flap():
    rng = np.random.default_rng(3)
    tube = a_tube(12.0)
    false = np.full(len(tube.outer_mm), 180.0)
    whole = painted(tube)
    hu, found = painted(dissected(rng, tube, 0.0, 200.0, false))
    assert np.array_equal(found.labels, whole[1].labels)
    assert found.artery_mm3 == whole[1].artery_mm3
    deep = away_of() < 9.0
    true, other, flap = ((np.abs(hu - value) < 15) & deep for value in (300, 180, 45))
    assert min(true.sum(), other.sum()) > 0.1 * deep.sum()
    assert true.sum() + other.sum() + (deep & (hu < 175)).sum() > 0.6 * deep.sum()
    # The flap is thinner than a voxel is wide twice over: few hold nothing else, many hold some.
    assert (deep & (hu < 150)).any()
    assert flap.sum() < other.sum()


def test_contrast_medium_in_a_false_lumen_lies_at_its_back_alone():
    tube = dissected(np.random.default_rng(3), a_tube(12.0), 0.0, 200.0, np.full(241, 180.0))
    flap = replace(tube.flap, angle_rad=np.zeros(241), offset=np.zeros(241), bow=0.0, false_hu=np.full(241, 180.0))
    # The first normal points to the front: the false lumen is the front half.
    hu = {
        layers: painted(replace(tube, flap=replace(flap, layers=layers)))[0] for layers in (0.0, 0.5)
    }  # fmt: skip
    x, y, _ = axes_of(GRID)
    middle = np.abs(x) < 1.5
    false, true = (y > 2.5) & (y < 9), (y < -2.5) & (y > -9)
    plain, settled = (each[20][:, middle].mean(axis=1) for each in (hu[0.0], hu[0.5]))
    assert np.allclose(plain[false], 180.0, atol=2)
    assert np.allclose(settled[true], 300.0, atol=2)
    order = settled[false][np.argsort(y[false])]
    assert (np.diff(order) < 0).all()
    # Its middle, half way between flap and wall, is as it was.
    assert order[0] > 200
    assert order[-1] < 150
    assert order.mean() == pytest.approx(180, abs=12)


def test_clot_has_no_layers_and_settled_contrast_is_hardly_brighter_than_the_true_lumen():
    tube, count = a_tube(12.0), 241
    clot = dissected(np.random.default_rng(3), tube, 0.0, 200.0, np.full(count, 50.0))
    late = dissected(np.random.default_rng(3), tube, 0.0, 200.0, np.full(count, 290.0))
    for made, least, most in ((clot, 40.0, 305.0), (late, 40.0, 1.1 * 300.0 + 2)):
        plain, settled = (
            painted(replace(made, flap=replace(made.flap, layers=layers)))[0][away_of() < 9] for layers in (0.0, 0.6)
        )
        assert settled.min() > least
        assert settled.max() < most
        assert np.array_equal(plain, settled) is (made is clot)


def test_a_dissected_aorta_is_wider_where_its_false_lumen_is_and_open_there():
    wide = widened(np.random.default_rng(1), a_tube(), 60.0, 20.0, 6.0, open_share=1.0)
    assert wide.outer_mm.max() > 13.5
    assert np.allclose(wide.outer_mm - wide.lumen_mm, 1.5, atol=0.01)


@pytest.mark.parametrize("seed", [3, 12])
def test_a_flap_that_goes_on_into_the_iliac_arteries_reaches_the_end_of_a_widened_aorta(seed):
    patient = draw_patient(seed, conditions=["dissection"])
    aorta = patient.drawn.arteries[0]
    told = next(each for each in patient.drawn.found if each["territory"] == "aorta")
    if told["to_mm"] >= round(float(aorta.centerline.length_mm), 2) - 0.02:
        assert aorta.flap.offset[-3:].max() < 2.0
    assert told["to_mm"] <= aorta.centerline.length_mm + 0.02


def test_a_dissection_ends_where_it_ends():
    tube = a_tube(12.0)
    false = np.full(len(tube.outer_mm), 100.0)
    hu, _ = painted(dissected(np.random.default_rng(3), tube, 90.0, 200.0, false))
    core = hu[away_of()[0][None].repeat(40, 0) < 7.0].reshape(40, -1)
    heights = axes_of(GRID)[2]
    above = core[heights > -28 + 0]  # path lengths below 90 mm lie above z = -30
    assert np.allclose(above, 300.0, atol=2.0)


def test_thrombus_belongs_to_the_artery_and_calcium_lies_outside_the_blood():
    tube = widened(np.random.default_rng(1), a_tube(), 60.0, 20.0, 6.0)
    outer = float(tube.outer_mm.max())
    assert 13.5 < outer < 14.2
    at = int(np.argmax(tube.outer_mm))
    plaque = Plaque("ring", 60.0, 0.0, 4.0, np.pi, 1.5, 0.0, 900.0, 900.0, 0.0)
    hu, found = painted(tube, plaques=[plaque])
    assert found.calcified_mm3[1] > 100
    calcium, blood = found.calcification > 0, (np.abs(hu - 300) < 5) & (found.labels > 0)
    assert calcium.any()
    assert blood.any()
    clot = (found.labels > 0) & (np.abs(hu - tube.wall_hu) < 5)
    assert clot.sum() > 0.3 * blood.sum()
    middle = tube.centerline.points[at]
    points = GRID.ras_of_kji(np.argwhere(calcium))
    assert np.median(np.linalg.norm((points - middle)[:, :2], axis=1)) > 0.8 * outer
    assert tube.centerline.points[at, 1] > 3  # it grows to the front, away from the spine


def test_walls_thicken_and_occlude_within_the_artery():
    tube = a_tube()
    whole, plain = painted(tube)
    for changed in (
        thickened(np.random.default_rng(5), tube),
        occluded(np.random.default_rng(5), tube, 50.0, 70.0),
    ):
        hu, found = painted(changed)
        assert np.array_equal(found.labels, plain.labels)
        assert blood_share(hu) < 0.98 * blood_share(whole)
        assert not found.calcification.any()
    at_once = layered(np.random.default_rng(5), tube)
    hu, _ = painted(at_once)
    y = axes_of(GRID)[1]
    front, back = (hu[20, np.argmin(np.abs(y - value)), 20] for value in (4.0, -4.0))
    assert back > front + 10  # it sinks


def test_rings_of_a_stent_graft_are_metal_on_its_fabric_and_never_calcium():
    tube = a_tube()
    make = draw_make(np.random.default_rng(2))
    count = len(tube.outer_mm)
    ring = make.rings(44.0, 76.0, 0.0, np.zeros((count, 2)), np.full(count, 6.0))
    # Calcium all around, also where the struts are.
    plaque = Plaque("ring", 60.0, 0.0, 1e4, np.pi, 3.9, 0.0, 900.0, 900.0, 0.0)
    hu, found = painted(tube, [ring], [plaque])
    inside = away_of() < 5.2
    assert found.calcification.any()
    assert not (found.calcification.astype(bool) & inside).any()
    metal = np.zeros(GRID.shape, bool)
    metal.reshape(-1)[found.metal] = True
    assert np.array_equal(found.grafts, found.metal)
    assert 0.02 < metal.sum() / (np.abs(away_of() - 6.0) < 1.0).sum() < 0.9
    assert hu[metal].max() > 1000
    assert (np.abs(away_of()[metal] - 6.0) < 1.4).all()
    # Between its rings there is none, along every line.
    assert not metal.all(axis=0).any()


def test_struts_of_grafted_patients_are_no_calcium(a_grafted_patient):
    patient = a_grafted_patient
    graft = patient.bystanders.array == BYSTANDERS["stent graft"]
    assert graft.sum() > 500
    # A voxel that a strut touches can hold half a voxel of calcium, outside the fabric.
    assert (graft & (patient.calcification.array > 0)).sum() < 0.1 * graft.sum()
    assert (graft & (patient.arteries.array == LABEL["aorta"])).any()
    for side in ("left", "right"):
        assert (graft & (patient.arteries.array == LABEL[f"common_iliac_{side}"])).any()
    items = [item for item in patient.truth["not_to_count"] if item["kind"] == "stent graft"]
    assert {item["territory"] for item in items} == {"aorta", "common_iliac_left", "common_iliac_right"}
    assert np.percentile(patient.ct.array[graft], 90) > 800
    assert any(found["kind"] == "stent graft" for found in patient.truth["conditions"])


def test_arteries_below_a_graft_are_whole_and_touch(a_grafted_patient):
    labels = a_grafted_patient.arteries.array
    for side in ("left", "right"):
        grown = ndimage.binary_dilation(labels == LABEL[f"common_iliac_{side}"], np.ones((3, 3, 3)))
        assert (grown & (labels == LABEL["aorta"])).any()
    assert ndimage.label(labels == LABEL["aorta"], np.ones((3, 3, 3)))[1] == 1


def test_a_bypass_is_no_native_artery():
    patient = simulate(11, severity=0.0, conditions=["bypass"], **SLAB)
    bypass = patient.bystanders.array == BYSTANDERS["bypass"]
    assert bypass.sum() > 1000
    assert not patient.arteries.array[bypass].any()
    assert np.median(patient.ct.array[ndimage.binary_erosion(bypass, iterations=2)]) > 150
    items = [item for item in patient.truth["not_to_count"] if item["kind"] == "bypass"]
    assert len(items) == 3


@pytest.mark.parametrize("kind", sorted(IMPLANTS))
def test_implants_are_metal_that_does_not_count(kind):
    center = {"hip prosthesis": (-40.0, 0.0, -135.0), "coils": (0.0, 20.0, 40.0)}.get(kind, (15.0, -10.0, 60.0))
    grid = {"spacing_mm": (2.8, 2.8, 2.8), "shape": (50, 50, 60), "center_ras": center}
    for seed in range(4, 8):
        patient = simulate(seed, severity=0.0, conditions=[kind], phase="unenhanced", **grid)
        assert not patient.calcification.array.any()
        kinds = {"spinal implant": {"screw", "spinal cage"}, "cholecystectomy": {"surgical clip"}, "coils": {"coil"}}
        kinds = kinds.get(kind, {kind})
        assert kinds & {item["kind"] for item in patient.truth["not_to_count"]}
        metal = np.isin(patient.bystanders.array, [BYSTANDERS[each] for each in kinds])
        if metal.any():
            assert np.median(patient.ct.array[metal]) > 700
            return
    pytest.fail("no implant of four lies in the field")


def test_conditions_do_not_depend_on_the_grid():
    every = {"conditions": [*CHANCES, *IMPLANTS]}
    grids = [
        {"spacing_mm": (4.0, 4.0, 4.0), "shape": (20, 20, 20)},
        {"spacing_mm": (3.0, 3.0, 5.0), "shape": (10, 30, 12)},
    ]
    one, other = (simulate(4, **every, **grid).truth for grid in grids)
    assert one["conditions"] == other["conditions"]
    assert one["imperfections"] == other["imperfections"]
    # All but the bystanders that the arteries of the field cover.
    keys = [{str(item) for item in truth["not_to_count"] if item["kind"] != "lymph node"} for truth in (one, other)]
    assert keys[0] == keys[1]
    assert {item["kind"] for item in one["conditions"]} >= {"dissection", "aneurysm"} or one["conditions"]


def test_unknown_conditions_are_refused_in_one_line():
    with pytest.raises(InputError, match="choose from"):
        simulate(1, conditions=["gout"])
    assert set(CONDITIONS) == {*CHANCES, *IMPLANTS}


def test_most_patients_are_ordinary_and_every_disease_occurs():
    tubes = [a_tube()]
    drawn = [draw_conditions(np.random.default_rng(n), tubes, [0.0], "arterial") for n in range(300)]
    kinds = [{item["kind"] for item in each.found} for each in drawn]
    serious = {"aneurysm", "dissection", "stent graft", "bypass"}
    assert 0.02 < np.mean(["stent graft" in each for each in kinds]) < 0.12
    assert np.mean([bool(each & serious) for each in kinds]) < 0.3
    assert set.union(*kinds) >= serious | {"thick wall", "layered contrast", "faint calcium"}


def test_faint_calcium_stays_brighter_than_blood():
    plaque = Plaque("spot", 60.0, 0.0, 3.0, 0.4, 1.5, 0.0, 900.0, 500.0, 0.0)
    (faint,) = fainter([plaque], 0.4, 150.0)
    assert 210 <= faint.rim_hu <= faint.hu == pytest.approx(360.0)
    (bright,) = fainter([replace(plaque, hu=420.0, rim_hu=400.0)], 0.4, 350.0)
    assert bright.rim_hu <= bright.hu == pytest.approx(410.0)
    assert fainter([plaque], 1.0, 150.0) == [plaque]


def test_every_third_scan_is_plain_and_none_is_extreme():
    drawn = [draw_physics(np.random.default_rng(seed)) for seed in range(300)]
    assert 0.28 < np.mean([each == Physics() for each in drawn]) < 0.45
    assert max(abs(each.offset_hu) for each in drawn) <= 9
    assert all(abs(each.gain - 1) <= 0.03 for each in drawn)
    assert all(each.motion_share <= 0.45 for each in drawn)
    assert Physics().document() == {}


def test_calibration_and_cupping_change_hu_and_nothing_moves():
    axes = tuple(np.arange(-100.0, 101.0, 5.0) for _ in range(3))
    flat = np.full((41, 41, 41), 50.0, np.float32)
    distort(flat, axes, Physics(offset_hu=8.0, gain=1.02), np.zeros((2, 3)))
    assert flat == pytest.approx(50.0 * 1.02 + 8.0)
    cupped = np.full((41, 41, 41), 50.0, np.float32)
    distort(cupped, axes, Physics(cupping_hu=20.0), np.zeros((2, 3)))
    assert cupped[20, 20, 20] == pytest.approx(30.3, abs=1.0)
    assert cupped[20, 20, 0] > cupped[20, 20, 20] + 5
    air = np.full((41, 41, 41), -1000.0, np.float32)
    distort(air, axes, Physics(cupping_hu=20.0), np.zeros((2, 3)))
    assert (air == -1000).all()


def test_motion_doubles_contours_where_it_is_and_only_there():
    axes = tuple(np.arange(-30.0, 31.0, 1.0) for _ in range(3))
    disc = np.hypot(axes[0][None, :], axes[1][:, None]) < 10
    image = np.where(disc, 300.0, 0.0).astype(np.float32)[None].repeat(61, 0)
    still = image.copy()
    moved = Physics(motion_mm=(3.0, 0.0), motion_share=0.4, motion_from_mm=-5.0, motion_to_mm=5.0)
    distort(image, axes, moved, np.array([[0, 0, -30.0], [0, 0, 30.0]]))
    assert np.array_equal(image[0], still[0])
    row = image[30, 30]
    assert row[30 + 11] == pytest.approx(120, abs=5)  # beyond the right rim
    assert row[30 - 9] == pytest.approx(180, abs=5)
    assert row[30] == pytest.approx(300, abs=1)


def test_starved_rays_streak_from_side_to_side_at_the_hips_alone():
    axes = (np.arange(-60.0, 60.0, 1.5), np.arange(-60.0, 60.0, 1.5), np.arange(-160.0, 160.0, 8.0))
    noise = np.zeros((40, 80, 80), np.float32)
    starved_noise(noise, axes, (1.5, 1.5, 8.0), Physics(starvation=1.0), np.random.default_rng(0))
    spread = noise.std(axis=(1, 2))
    assert spread[np.argmin(np.abs(axes[2] + 115))] > 0.5
    assert spread[axes[2] > 30].max() < 0.05
    at = noise[np.argmin(np.abs(axes[2] + 115))]
    assert np.abs(np.diff(at, axis=1)).mean() < 0.3 * np.abs(np.diff(at, axis=0)).mean()
    plain = np.random.default_rng(1).standard_normal((20, 40, 40), dtype=np.float32)
    wide = blotched(plain, (1.0, 1.0, 1.0), 0.7)
    assert wide.std() == pytest.approx(1.0, abs=0.02)
    assert np.abs(np.diff(wide, axis=2)).mean() < 0.9 * np.abs(np.diff(plain, axis=2)).mean()
    assert blotched(plain, (1.0, 1.0, 1.0), 0.0) is plain


def test_kernels_reach_from_smooth_to_overshooting():
    usual = Scanner(0.6, 0.5, 0.05, 12.0, 0.6)
    drawn = [odd_kernel(np.random.default_rng(seed), usual) for seed in range(200)]
    assert 0.6 < np.mean([each == usual for each in drawn]) < 0.9
    assert max(each.blur_mm for each in drawn) > 1.0
    assert max(each.edge for each in drawn) > 0.7


def test_veins_range_from_unenhanced_to_as_bright_as_arteries():
    phases = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        phases.append(vary_timing(rng, draw_phase(rng, "arterial")))
    veins = np.array([phase.cava / phase.artery for phase in phases])
    assert veins.min() < 0.15
    assert 0.85 < veins.max() < 1.1
    assert np.median(veins) < 0.4
    rng = np.random.default_rng(0)
    plain = draw_phase(rng, "unenhanced")
    assert all(vary_timing(np.random.default_rng(seed), plain) is plain for seed in range(20))
