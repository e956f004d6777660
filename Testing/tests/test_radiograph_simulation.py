"""Virtual radiographs: the patient is that of the CT, the truth is that of the definition, files are what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.radiograph.coverage import Walls, is_anterior
from AbdominalCalcificationLib.radiograph.kauppila import PARTS, part_score
from AbdominalCalcificationLib.radiograph.projection import Detector, LateralGeometry, integrate
from AbdominalCalcificationLib.radiograph.reading.read import read_radiograph
from AbdominalCalcificationLib.radiograph.simulation import TEST_SEEDS, lumbar, scenes, simulate_radiograph, trunk
from AbdominalCalcificationLib.radiograph.simulation.attenuation import Beam, mineral_per_mm, water_per_mm
from AbdominalCalcificationLib.radiograph.simulation.calcium import LEAST_DEPTH_MM, plaque_points
from AbdominalCalcificationLib.radiograph.simulation.device import draw_device
from AbdominalCalcificationLib.radiograph.simulation.dicom import radiograph_object
from AbdominalCalcificationLib.radiograph.simulation.files import RADIOGRAPH_FILES
from AbdominalCalcificationLib.radiograph.simulation.processing import draw_processing
from AbdominalCalcificationLib.radiograph.simulation.screen import Screen, enlarged
from AbdominalCalcificationLib.radiograph.simulation.truth import visible_places
from AbdominalCalcificationLib.radiograph.simulation.view import choose_screen
from AbdominalCalcificationLib.radiograph.spine import LABELS, ORDER, borders_of, vertebrae_of
from AbdominalCalcificationLib.simulation import simulate
from AbdominalCalcificationLib.simulation.canvas import Canvas
from AbdominalCalcificationLib.simulation.drawn import draw_patient
from AbdominalCalcificationLib.simulation.fields import default_grid
from AbdominalCalcificationLib.simulation.spine import SpineCurve
from AbdominalCalcificationLib.training.simulated import is_kept

# Some calcium and cone beam, facing left; a bone densitometer, facing right.
SEEDS = (2000, 2009)
DEVICES = ("radiography", "vfa")


@pytest.fixture(scope="module")
def made():
    return {
        device: simulate_radiograph(seed, device=device, faces=faces)
        for seed, device, faces in zip(SEEDS, DEVICES, ("left", "right"), strict=True)
    }


def geometry_of(truth) -> tuple[LateralGeometry, Detector]:
    device = truth["device"]
    geometry = LateralGeometry(
        tuple(truth["isocenter_ras"]), device["source_detector_mm"] or float("inf"), device["object_detector_mm"],
        device["side"], device["rotation_deg"], device["tilt_deg"], device["lean_deg"],
    )  # fmt: skip
    return geometry, Detector(tuple(truth["shape"]), truth["spacing_mm"][0], tuple(truth["corner_mm"]))


def facing_left(truth, points) -> np.ndarray:
    points = np.array(points, float)
    if truth["faces"] == "right":
        points[..., 0] = (truth["shape"][1] - 1) * truth["spacing_mm"][1] - points[..., 0]
    return points


def test_the_same_seed_is_the_same_radiograph(made):
    again = simulate_radiograph(SEEDS[0], device=DEVICES[0], faces="left")
    first = made[DEVICES[0]]
    assert np.array_equal(again.radiograph.pixels, first.radiograph.pixels)
    assert np.array_equal(again.labels, first.labels)
    assert again.truth == first.truth
    assert json.loads(json.dumps(again.truth, allow_nan=False)) == again.truth


@pytest.mark.parametrize("device", DEVICES)
def test_the_patient_is_that_of_the_ct_and_the_aorta_lies_where_the_ct_has_it(made, device):
    virtual = made[device]
    truth = virtual.truth
    shape, spacing = (70, 60, 60), (2.4, 2.4, 2.4)
    ct = simulate(truth["seed"], spacing_mm=spacing, shape=shape, center_ras=(0.0, 25.0, 60.0))
    assert truth["severity"] == ct.truth["severity"]
    assert truth["conditions"] == ct.truth["conditions"]
    assert truth["person"] == ct.truth["person"]
    voxels = np.argwhere(ct.arteries.array == territory("aorta").label)
    points = ct.arteries.grid.ras_of_kji(voxels)
    points = points[(points[:, 2] > 8) & (points[:, 2] < 125)]
    geometry, detector = geometry_of(truth)
    places = detector.points(geometry.project(points)[0])
    walls = {wall: facing_left(truth, line) for wall, line in truth["walls"].items()}

    def wall_at(wall, rows):
        line = walls[wall]
        return np.interp(rows, line[:, 1], line[:, 0])

    inside = (places[:, 0] > wall_at("anterior", places[:, 1]) - 2.0) & (
        places[:, 0] < wall_at("posterior", places[:, 1]) + 2.0
    )
    assert inside.mean() > 0.985
    # And they touch both walls: the contour is no wider than the vessel.
    for level in np.linspace(places[:, 1].min() + 15, places[:, 1].max() - 15, 5):
        near = places[np.abs(places[:, 1] - level) < 2.0]
        assert abs(near[:, 0].min() - wall_at("anterior", level)) < 2.5
        assert abs(near[:, 0].max() - wall_at("posterior", level)) < 2.5


@pytest.mark.parametrize("device", DEVICES)
def test_the_score_is_that_of_the_definition_from_the_plaques_worked_out_another_way(made, device):
    truth = made[device].truth
    geometry, detector = geometry_of(truth)
    patient = draw_patient(truth["seed"])
    aorta, line = patient.drawn.arteries[0], patient.drawn.arteries[0].centerline
    # Every half millimetre along and every two degrees around the wall: is there calcium, and where is it seen?
    arc = np.arange(0.25, line.length_mm, 0.5)
    angle = np.deg2rad(np.arange(-179.0, 180.0, 2.0))
    depth = np.zeros((len(arc), len(angle)))
    for plaque in patient.plaques[0]:
        own = plaque.depth_mm(arc[:, None], angle[None, :])
        depth = np.maximum(depth, np.where(own >= min(LEAST_DEPTH_MM, 0.5 * plaque.thickness_mm), own, 0.0))
    index = np.clip(np.rint(arc / line.length_mm * (len(line.points) - 1)), 0, len(line.points) - 1).astype(int)
    rows, columns = np.nonzero(depth)
    radius = (aorta.outer_mm[index] - 0.15)[rows] - 0.5 * depth[rows, columns]
    points = (
        line.points[index][rows]
        + (radius * np.cos(angle[columns]))[:, None] * line.normals[index][rows]
        + (radius * np.sin(angle[columns]))[:, None] * line.binormals[index][rows]
    )
    places = detector.points(geometry.project(points)[0])
    walls = Walls(*(facing_left(truth, truth["walls"][wall]) for wall in ("anterior", "posterior")))
    labels = made[device].labels if truth["faces"] == "left" else made[device].labels[:, ::-1]
    borders = borders_of(vertebrae_of(labels, truth["spacing_mm"]))
    seen, scale = geometry.project(line.points[index])
    middle = detector.points(seen)
    ahead = np.gradient(middle, axis=0)
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / np.linalg.norm(ahead, axis=1, keepdims=True)
    edge = (aorta.outer_mm[index] * scale)[:, None] * across
    contour = {"anterior": middle + edge, "posterior": middle - edge}
    front = is_anterior(places, walls)
    for segment, part in zip(truth["segments"], PARTS, strict=True):
        assert (segment["vertebra"], segment["wall"]) == part
        above, below = borders[part[0]]

        def beyond(border, points):
            way = np.asarray(border.direction)
            return (points - np.asarray(border.point)) @ np.array([way[1], -way[0]])

        own = contour[part[1]]
        level = (beyond(above, own) >= 0) & (beyond(below, own) <= 0)
        # Each piece of the contour is covered where it is the nearest of a calcified place.
        mine = places[front == (part[1] == "anterior")]
        mine = mine[np.abs(mine[:, 1] - own[level, 1].mean()) < 60]
        away = np.linalg.norm(mine[:, None] - own[None], axis=2) if len(mine) else np.zeros((0, len(own)))
        hit = np.zeros(len(arc), bool)
        hit[np.unique(away.argmin(axis=1))] = True
        # Places are half a millimetre apart on the vessel: what lies between two of them is covered too.
        hit = ndimage.binary_closing(hit, np.ones(3))
        length = np.linalg.norm(np.gradient(own, axis=0), axis=1)
        fraction = float((hit * length)[level].sum() / length[level].sum())
        assert segment["extent_fraction"] == pytest.approx(fraction, abs=0.06), part
        if min(abs(fraction - edge) for edge in (1 / 3, 2 / 3)) > 0.06 and (fraction > 0.03 or fraction == 0):
            assert segment["score"] == part_score(fraction), part
    assert truth["score"] == sum(each["score"] for each in truth["segments"])
    assert truth["visible_score"] <= truth["score"]


def test_without_calcium_there_is_nothing_to_score_and_a_porcelain_aorta_is_calcified_throughout():
    healthy = simulate_radiograph(41, severity=0.0).truth
    assert (healthy["score"], healthy["visible_score"], healthy["affected_walls"]) == (0, 0, 0)
    worst = simulate_radiograph(41, severity=1.0).truth
    assert worst["score"] >= 20
    assert worst["affected_segments"] == 4


@pytest.mark.parametrize("device", DEVICES)
def test_the_vertebrae_lie_in_the_field_one_below_the_other(made, device):
    virtual = made[device]
    vertebrae = vertebrae_of(virtual.labels, virtual.radiograph.spacing_mm, virtual.truth["faces"])
    order = [name for name in ORDER if name in vertebrae]
    assert {"L1", "L2", "L3", "L4", "L5", "S1"} <= set(order)
    assert np.all(np.diff([vertebrae[name].center[1] for name in order]) > 15)
    for name in ("L1", "L2", "L3", "L4", "L5"):
        assert 14 < vertebrae[name].height < 38
        assert 24 < vertebrae[name].depth < 44
        mask = virtual.labels == LABELS[name]
        assert not any(edge.any() for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    # Bone is denser, and so brighter, than the discs between.
    grey = virtual.radiograph.pixels
    bodies = np.median(grey[np.isin(virtual.labels, [LABELS[n] for n in ("L2", "L3", "L4")])])
    gaps = []
    for upper, lower in (("L2", "L3"), ("L3", "L4")):
        x, y = (np.array(vertebrae[upper].corners)[2:].mean(0) + np.array(vertebrae[lower].corners)[:2].mean(0)) / 2
        gaps.append(grey[round(y / virtual.radiograph.spacing_mm[0]), round(x / virtual.radiograph.spacing_mm[1])])
    assert bodies > np.mean(gaps)


def test_facing_the_other_way_is_the_mirror_image():
    left, right = (simulate_radiograph(2006, faces=faces) for faces in ("left", "right"))
    assert np.array_equal(left.labels, right.labels[:, ::-1])
    assert left.truth["score"] == right.truth["score"]
    for one, other in zip(left.truth["segments"], right.truth["segments"], strict=True):
        assert np.allclose(facing_left(right.truth, other["line"]), one["line"], atol=0.01)
    there = left.radiograph.facing_left().pixels, right.radiograph.facing_left().pixels
    assert np.corrcoef(there[0].ravel(), there[1].ravel())[0, 1] > 0.98


@pytest.mark.parametrize("device", DEVICES)
def test_the_dicom_file_is_read_back_as_what_it_is(made, device, tmp_path):
    from AbdominalCalcificationLib.reporting.dicom.objects import write_object

    virtual = made[device]
    write_object(tmp_path / "radiograph.dcm", radiograph_object(virtual))
    read = read_radiograph(tmp_path / "radiograph.dcm")
    assert {flag.code for flag in read.flags} <= ({"eight_bit"} if virtual.truth["processing"]["bits"] == 8 else set())
    assert read.radiograph.faces == virtual.radiograph.faces
    assert read.radiograph.spacing_mm == pytest.approx(virtual.radiograph.spacing_mm, rel=1e-5)
    top = 2.0 ** virtual.truth["processing"]["bits"] - 1
    own, other = virtual.radiograph.pixels / top, read.radiograph.pixels
    assert np.corrcoef(own.ravel(), other.ravel())[0, 1] > 0.9999
    image = sitk.ReadImage(str(tmp_path / "radiograph.dcm"))
    assert image.GetSize()[:2] == virtual.labels.shape[::-1]
    assert image.GetSpacing()[0] == pytest.approx(virtual.truth["imager_spacing_mm"][1], rel=1e-5)


def test_the_command_writes_all_files_and_keeps_what_is_there(tmp_path, capsys):
    output = tmp_path / "out"

    def run(*arguments):
        return cli.main(["simulate", "--radiograph", *map(str, arguments)])

    assert run("--seed", 2009, "--count", 1, "--output", output) == 0
    folder = output / "seed_02009"
    assert sorted(each.name for each in folder.iterdir()) == sorted(RADIOGRAPH_FILES)
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    truth = json.loads(before["truth.json"])
    mask = sitk.ReadImage(str(folder / "vertebrae.nii.gz"))
    shown = sitk.ReadImage(str(folder / "radiograph.dcm"))
    assert mask.GetSize() == shown.GetSize()
    assert np.allclose(mask.GetSpacing()[:2], shown.GetSpacing()[:2], rtol=1e-4)
    assert np.allclose(mask.GetOrigin(), shown.GetOrigin())
    assert np.allclose(mask.GetDirection(), shown.GetDirection())
    assert truth["device"]["name"] in DEVICES
    assert run("--seed", 2009, "--count", 1, "--output", output) == 0
    assert "1 were there already" in capsys.readouterr().out
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before
    assert run("--seed", 2009, "--output", folder) == 2
    assert "overwrite" in capsys.readouterr().err
    other = "vfa" if truth["device"]["name"] == "radiography" else "radiography"
    assert run("--seed", 2009, "--count", 1, "--output", output, "--device", other) == 2
    assert run("--seed", 2009, "--count", 1, "--output", output, "--device", other, "--overwrite") == 0
    assert json.loads((folder / "truth.json").read_text())["device"]["name"] == other


@pytest.mark.parametrize(
    "arguments",
    [
        ["--radiograph", "--spacing", "1"],
        ["--radiograph", "--size", "100,100,100"],
        ["--device", "vfa"],
        ["--radiograph", "--count", "0"],
    ],
)
def test_options_that_do_not_belong_together_are_refused(arguments, tmp_path, capsys):
    assert cli.main(["simulate", "--seed", "1", "--output", str(tmp_path / "out"), *arguments]) == 2
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [{"seed": -1}, {"seed": 1, "device": "ct"}, {"seed": 1, "severity": 2}, {"seed": 1, "faces": "up"}]
)
def test_what_cannot_be_made_is_refused(arguments):
    with pytest.raises(InputError):
        simulate_radiograph(**arguments)


def test_the_patients_of_the_test_are_kept_from_training():
    assert len(TEST_SEEDS) == 200
    assert all(is_kept(seed) for seed in TEST_SEEDS)


@pytest.mark.parametrize("count", [4, 5, 6])
def test_transitional_vertebrae_are_counted_from_the_ribs_down(count, monkeypatch):
    curve = SpineCurve(np.random.default_rng(5))
    monkeypatch.setattr(lumbar, "_count", lambda rng: count)
    spine = lumbar.draw_lumbar(curve, np.random.default_rng(3))
    names = [bone.name for bone in spine.bones if bone.name[0] == "L"]
    assert names == [f"L{n}" for n in range(count, 0, -1)]
    # Whatever is below, the aorta divides before the lower part of L4, and L1 is the first below the last rib.
    assert spine.bone("L4").center[2] == pytest.approx(curve.phase_mm + curve.vertebra_pitch_mm / 2, abs=1.5)
    heights = [bone.center[2] for bone in spine.bones]
    assert np.all(np.diff(heights) > 5)
    kinds = [each["kind"] for each in spine.found]
    assert ("transitional vertebra" in kinds) == (count != 5)


def test_a_screen_loses_nothing_and_agrees_with_the_projection_that_all_share():
    rng = np.random.default_rng(1)
    points = rng.uniform(-20, 20, (500, 3)).astype(np.float32)
    amounts = rng.uniform(0.5, 2.0, 500).astype(np.float32)
    geometry = LateralGeometry((0.0, 0.0, 0.0), 1100.0, 250.0, "right", 4.0, -3.0, 2.0)
    detector = Detector((90, 96), 0.5, (-24.0, -22.5))
    screen = Screen(geometry, detector)
    screen.add("mineral", points, amounts)
    assert np.allclose(screen.image("mineral"), integrate(points, amounts, geometry, detector), atol=2e-2, rtol=1e-3)
    coarse = Screen(geometry, detector)
    coarse.add("mineral", points, amounts, 4)
    assert coarse.image("mineral").sum() == pytest.approx(screen.image("mineral").sum(), rel=0.03)


def test_enlarging_keeps_what_is_even_and_where_things_are():
    assert np.allclose(enlarged(np.full((6, 7), 3.0, np.float32), 5)[10:-10, 10:-10], 3.0)
    ramp = np.tile(np.arange(8, dtype=np.float32), (6, 1))
    for every in (2, 5):
        line = enlarged(ramp, every)[3 * every, 2 * every : -2 * every]
        assert np.allclose(line, (np.arange(8 * every) + 0.5)[2 * every : -2 * every] / every - 0.5, atol=1e-4)


def test_beams_harden_and_mineral_is_brighter_at_low_voltages():
    soft, hard = Beam.of(62.0), Beam.of(90.0)
    assert soft.share.sum() == pytest.approx(1.0)
    depth = np.array([10.0, 100.0, 300.0], np.float32)
    zero = np.zeros(3, np.float32)
    per_mm = -np.log(soft.transmitted(depth, zero)) / depth
    assert np.all(np.diff(per_mm) < 0)
    assert np.all(soft.transmitted(depth, zero) < hard.transmitted(depth, zero))
    # NIST's own numbers for water at 60 and at 80 keV.
    assert water_per_mm(60.0) == pytest.approx(0.02059)
    assert water_per_mm(80.0) == pytest.approx(0.01837)
    # 1000 HU at the energy of the CT are as much again as water.
    assert mineral_per_mm(63.0) == pytest.approx(water_per_mm(63.0))
    assert mineral_per_mm(45.0) > 1.6 * mineral_per_mm(63.0)


def test_plaques_are_sampled_without_losing_calcium():
    patient = draw_patient(2000)
    aorta = patient.drawn.arteries[0]
    plaque = max(patient.plaques[0], key=lambda each: each.half_length_mm)
    points, amounts = plaque_points(aorta, plaque)
    # Against a finer lattice of the same formulas.
    arc = np.arange(
        plaque.center_mm - 1.25 * plaque.half_length_mm, plaque.center_mm + 1.25 * plaque.half_length_mm, 0.1
    )
    angle = np.arange(-np.pi, np.pi, 0.01)
    depth = plaque.depth_mm(arc[:, None], angle[None, :])
    outer = float(np.interp(plaque.center_mm, aorta.centerline.arc_mm, aorta.outer_mm)) - 0.15
    surface = outer + plaque.bulge_mm * depth / plaque.thickness_mm
    volume = float((0.5 * (surface**2 - (surface - depth) ** 2)).sum() * 0.1 * 0.01)
    mean = amounts.sum() * 1000 / volume + 45
    assert plaque.rim_hu * 0.95 < mean < plaque.hu * (1 + plaque.mottling) * 1.05
    away = aorta.centerline.tree.query(points)[0]
    assert np.all(away < aorta.outer_mm.max() + 4.0)


def test_deposits_are_visible_where_they_stand_out_from_the_noise():
    contrast = np.zeros((60, 60), np.float32)
    contrast[10:20, 10:20], contrast[40:50, 40:50] = 0.05, 0.02
    places = np.array([[15.0, 15.0], [45.0, 45.0], [30.0, 30.0]]) * 0.5
    quiet, loud = np.full((60, 60), 0.01, np.float32), np.full((60, 60), 0.03, np.float32)
    assert len(visible_places(places, contrast, quiet, 0.5)) == 2
    assert len(visible_places(places, contrast, loud, 0.5)) == 1
    assert len(visible_places(places, contrast, 3 * loud, 0.5)) == 0
    assert len(visible_places(np.zeros((0, 2)), contrast, quiet, 0.5)) == 0


def test_buttocks_lie_behind_the_trunk_and_change_nothing_within_it():
    grid = default_grid((5.0, 5.0, 5.0), (40, 64, 84), (0.0, 0.0, -120.0))
    canvas = trunk.TrunkCanvas(grid, Canvas(grid), np.random.default_rng(1))
    x, y, z = canvas.axes
    body = np.broadcast_to(np.hypot(x[None, :] / 160, y[:, None] / 110) < 1, (len(z), len(y), len(x)))
    canvas.hu[:] = np.where(body, 40.0, -1000.0)
    trunk._paint_buttocks(canvas, np.random.default_rng(2))
    assert (canvas.hu[body] == 40.0).all()
    k, j, i = np.nonzero((canvas.hu > -500) & ~body)
    assert len(k) * 0.125 > 300, "mL"
    assert y[j].max() < 0
    assert z[k].max() < -30
    assert abs((x[i] > 0).mean() - 0.5) < 0.02
    above = canvas.hu[z > -30].copy()
    trunk._paint_buttocks(canvas, np.random.default_rng(2))
    assert np.array_equal(above, canvas.hu[z > -30])


def test_some_radiographs_show_all_that_a_plate_holds_and_some_are_shown_as_the_whole_body_needs():
    patient = draw_patient(SEEDS[0])
    scene = scenes.ProceduralScene(
        patient, patient.body, lumbar.draw_lumbar(patient.body.vessels.spine, np.random.default_rng(1)), *[None] * 2
    )
    device = draw_device(np.random.default_rng(3), "radiography")
    screens = [choose_screen(scene, device, np.random.default_rng(n)) for n in range(60)]
    widths_mm, heights_mm = (np.array([s.detector.shape[axis] * device.pixel_mm for s in screens]) for axis in (1, 0))
    wide = (widths_mm > 280) & (heights_mm > 300)
    assert 0.1 < wide.mean() < 0.5
    assert widths_mm[~wide].min() < 160
    drawn = [draw_processing(np.random.default_rng(n), device) for n in range(100)]
    assert 0.2 < np.mean([each.whole for each in drawn]) < 0.5
    assert max(each.latitude for each in drawn if not each.whole) < 0.6 < max(each.latitude for each in drawn)
