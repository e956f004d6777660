"""Radiographs of patients made from label maps."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.radiograph.from_ct.bodies import first_sacral
from AbdominalCalcificationLib.radiograph.projection import Detector, LateralGeometry
from AbdominalCalcificationLib.radiograph.simulation.labelled import LabelledScene
from AbdominalCalcificationLib.radiograph.simulation.screen import Screen
from AbdominalCalcificationLib.radiograph.spine import vertebrae_of
from AbdominalCalcificationLib.simulation import simulate
from AbdominalCalcificationLib.simulation.drawn import draw_patient
from AbdominalCalcificationLib.simulation.labelled import AnatomyMix
from AbdominalCalcificationLib.simulation.labelled.anatomy import make_anatomy
from AbdominalCalcificationLib.simulation.labelled.atlas import make_atlas
from AbdominalCalcificationLib.simulation.labelled.vertebrae import vertebra_of_name
from AbdominalCalcificationLib.simulation.painting import axes_of
from label_maps import NAMES, label_map, write_label_map

# Some calcium and cone beam, facing left; a bone densitometer, facing right.

# Middles of vertebrae in the small label map, z in mm, and values and names of its own.
LEVELS = {"L1": 108.0, "L2": 84.0, "L3": 60.0, "L4": 36.0}
FRONT_MM, BACK_MM, ARCH_MM, HALF_MM = -10.0, -34.0, -43.0, 9.5


def label_map_with_vertebrae(levels=LEVELS):
    volume = label_map()
    names = {**{value: name for value, name in NAMES.items() if value != 503}, 600: "intervertebral_disc"}
    array = np.where(volume.array == 503, 0, volume.array)
    x, y, z = np.moveaxis(volume.grid.ras_of_kji(np.argwhere(np.ones(array.shape))).reshape(*array.shape, 3), -1, 0)
    array[(np.abs(x) < 16) & (y < FRONT_MM) & (y > BACK_MM)] = 600
    for number, (name, level) in enumerate(levels.items(), start=501):
        names[number] = f"vertebrae_{name}"
        body = (np.abs(x) < 16) & (y < FRONT_MM) & (y > BACK_MM)
        arch = (np.abs(x) < 10) & (y < ARCH_MM)
        array[(body | arch) & (np.abs(z - level) < HALF_MM)] = number
        array[(np.abs(np.abs(x) - 13) < 3) & (y < BACK_MM) & (np.abs(z - level) < 4)] = number
    return volume.with_array(array), names


def test_a_radiograph_of_a_label_map_shows_its_vertebrae_and_our_plaques(tmp_path, capsys):
    volume, names = label_map_with_vertebrae()
    labels, table = write_label_map(tmp_path, volume, names)
    output = tmp_path / "out"
    arguments = ["simulate", "--radiograph", "--seed", "3", "--output", str(output), "--device", "vfa"]
    arguments += ["--anatomy", str(labels), "--anatomy-labels", str(table)]
    assert cli.main(arguments) == 0
    capsys.readouterr()
    truth = json.loads((output / "truth.json").read_text())
    assert truth["labels_sha256"]
    assert truth["person"] is None
    assert truth["score"] == sum(each["score"] for each in truth["segments"] if each["score"] is not None)
    found = sitk.GetArrayFromImage(sitk.ReadImage(str(output / "vertebrae.nii.gz")))[0]
    vertebrae = vertebrae_of(found, truth["spacing_mm"], truth["faces"])
    assert list(vertebrae) == list(LEVELS)
    # Deformed and rescaled by up to a fifth; the arch behind the canal is no body.
    depth, height = BACK_MM - FRONT_MM, 2 * HALF_MM
    for own in vertebrae.values():
        assert 0.7 * abs(depth) < own.depth < 1.35 * abs(depth)
        assert 0.6 * height < own.height < 1.45 * height
    gaps = np.diff([own.center[1] for own in vertebrae.values()])
    assert np.all((gaps > 15) & (gaps < 33))
    # The same patient as the CT of the same label map.
    mix = AnatomyMix((str(labels),), str(table))
    ct = simulate(3, anatomy=mix.anatomy_of(3), spacing_mm=(4.0, 4.0, 4.0))
    assert truth["deformation"] == ct.truth["deformation"]
    assert truth["severity"] == ct.truth["severity"]
    assert cli.main([*arguments, "--count", "1", "--output", str(tmp_path / "many")]) == 0
    assert (
        cli.main(["simulate", "--radiograph", "--seed", "3", "--count", "1", "--output", str(tmp_path / "many")]) == 2
    )
    assert "label map" in capsys.readouterr().err


def test_label_maps_without_named_vertebrae_are_refused_for_radiographs(tmp_path, capsys):
    labels, table = write_label_map(tmp_path)
    arguments = ["simulate", "--radiograph", "--seed", "3", "--output", str(tmp_path / "out")]
    assert cli.main([*arguments, "--anatomy", str(labels), "--anatomy-labels", str(table)]) == 2
    said = capsys.readouterr().err
    assert "L1, L2, L4" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("slices_mm", "is_told"), [(1.0, False), (0.5, True), (2.5, True)])
def test_label_maps_whose_vertebrae_lie_as_those_of_nobody_are_told(slices_mm, is_told):
    volume, names = label_map_with_vertebrae()
    matrix = np.array(volume.grid.ijk_to_ras)
    matrix[:3, 2] *= slices_mm
    anatomy = make_anatomy(make_atlas(Volume(volume.array, Grid(volume.array.shape, matrix)), names))
    assert anatomy.vertebra_pitch_mm() == pytest.approx(24.0 * slices_mm, abs=0.5)
    said = [remark for remark in anatomy.remarks() if "lumbar vertebrae" in remark]
    assert len(said) == is_told
    assert all(f"{24 * slices_mm:.0f} mm" in remark for remark in said)


def test_a_label_map_without_named_vertebrae_says_nothing_of_their_distance():
    anatomy = make_anatomy(make_atlas(label_map(), {**NAMES, 503: "bone"}))
    assert anatomy.vertebra_pitch_mm() is None


@pytest.mark.parametrize("pixel_mm", [0.31, 0.47, 0.83, 1.9])
def test_rows_of_voxels_leave_no_stripes_on_the_film(pixel_mm, tmp_path):
    """A slab as wide as the label map is, of one density: its line integrals are even wherever it is as thick."""
    volume, names = label_map_with_vertebrae()
    labels, table = write_label_map(tmp_path, volume, names)
    patient = draw_patient(3, anatomy=AnatomyMix((str(labels),), str(table)).anatomy_of(3))
    scene = LabelledScene.of(patient, patient.body)
    geometry = LateralGeometry(tuple(scene.middles().mean(axis=0)), 1150.0, 250.0, "left")
    screen = Screen(geometry, Detector((round(60 / pixel_mm),) * 2, pixel_mm, (-30.0, -30.0)))
    every, grid = scene._grid(screen)
    x, y, z = axes_of(grid)
    points = np.stack([each.ravel() for each in np.meshgrid(x, y, z, indexing="ij")], axis=1)
    screen.add("water", points, np.full(len(points), grid.voxel_volume_mm3, np.float32), every)
    image = screen.image("water")
    middle = image[len(image) // 4 : -len(image) // 4, len(image) // 4 : -len(image) // 4]
    assert middle.mean() == pytest.approx(np.ptp(x) + abs(x[1] - x[0]), rel=0.05)
    assert middle.std() < 0.01 * middle.mean()


@pytest.mark.parametrize(
    ("name", "vertebra"),
    [
        ("vertebrae_L1", "L1"), ("lumbar4", "L4"), ("thoracic12", "T12"), ("Lendenwirbel 3", "L3"), ("sacrum", "S1"),
        ("vertebrae_T10", "T10"), ("rib_left_12", None), ("l5_l4_intervertebraldisc", None), ("vertebrae", None),
        ("left_quadratus_lumborum_muscle", None), ("lumbar_vein_2", None), ("lumbar9", None),
    ],
)  # fmt: skip
def test_names_of_vertebrae_in_label_maps(name, vertebra):
    assert vertebra_of_name(name) == vertebra


@pytest.mark.parametrize("slope_degrees", [0, 20, 40, 60])
@pytest.mark.parametrize("is_whole", [True, False])
def test_the_first_sacral_body_is_told_from_the_rest_of_a_sacrum(slope_degrees, is_whole):
    """A sacrum of 100 mm whose endplate, 34 mm deep, falls to the front by its slope; behind a canal lies its arch."""
    pixel_mm, slope = 0.5, np.deg2rad(slope_degrees)
    rows, columns = np.indices((320, 320)) * pixel_mm
    corner = np.array([60.0, 60.0])  # of the promontory
    along, below = np.array([np.cos(slope), -np.sin(slope)]), np.array([np.sin(slope), np.cos(slope)])
    depth = (columns - corner[0]) * along[0] + (rows - corner[1]) * along[1]
    down = (columns - corner[0]) * below[0] + (rows - corner[1]) * below[1]
    first = (depth >= 0) & (depth <= 34) & (down >= 0) & (down <= 30)
    rest = (depth >= 0.4 * down - 12) & (depth <= 34) & (down > 30) & (down <= 100)
    arch = (depth > 46) & (depth <= 55) & (down >= 18) & (down <= 100) | (depth > 34) & (depth <= 55) & (down > 45)
    arch &= down <= 100
    found = first_sacral(first | rest | arch if is_whole else first, pixel_mm)
    overlap = 2 * (found & first).sum() / (found.sum() + first.sum())
    assert overlap > 0.93
    assert not found[~(first | rest | arch)].any()


def test_a_picture_without_a_sacrum_has_no_first_body():
    assert not first_sacral(np.zeros((5, 5), bool), 0.5).any()
