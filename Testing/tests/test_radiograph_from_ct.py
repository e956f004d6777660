"""A CT as a radiograph: line integrals, vertebrae and levels, and the score of its masks."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.radiograph.document import radiograph_schema
from AbdominalCalcificationLib.radiograph.from_ct.bodies import projected_bodies
from AbdominalCalcificationLib.radiograph.from_ct.case import CtCase, kauppila_of_ct_steps, lateral_geometry
from AbdominalCalcificationLib.radiograph.from_ct.drr import attenuation_per_mm
from AbdominalCalcificationLib.radiograph.from_ct.files import KAUPPILA_FILES, comparison_rows, kauppila_schema
from AbdominalCalcificationLib.radiograph.from_ct.level_files import read_levels
from AbdominalCalcificationLib.radiograph.from_ct.levels import Levels, disc_middles
from AbdominalCalcificationLib.radiograph.from_ct.ray_sums import averaged_along_rays, detector_for, ray_sum_steps
from AbdominalCalcificationLib.radiograph.from_ct.vertebra_masks import read_vertebrae, vertebra_of_name
from AbdominalCalcificationLib.radiograph.kauppila import KauppilaScore
from AbdominalCalcificationLib.radiograph.projection import LateralGeometry, integrate
from AbdominalCalcificationLib.radiograph.spine import LABELS, vertebrae_of
from AbdominalCalcificationLib.reporting.images import write_volume
from kauppila_cases import LEVELS_MM, MIXED_SCORES
from kauppila_ct import DISC_MM, NAMES, SPINE_A_MM, spine_ct
from phantoms import rotation_about

CONE = {"source_detector_mm": 1000.0, "object_detector_mm": 300.0}
NEIGHBOURS = (("T12", "L1"), ("L1", "L2"), ("L2", "L3"), ("L3", "L4"), ("L4", "L5"))
DISCS = {f"{upper}/{lower}": -level for (upper, lower), level in zip(NEIGHBOURS, LEVELS_MM, strict=True)}


@pytest.fixture(scope="module")
def spine():
    return spine_ct()


def scored(spine, **how):
    case = CtCase(spine.ct, spine.arteries, spine.calcification.array, **how)
    return drain(kauppila_of_ct_steps(case))


def scores(result) -> tuple[int | None, ...]:
    return tuple(each.score for each in result.score.segments)


def codes(result) -> set[str]:
    return {flag.code for flag in result.flags}


# Line integrals


@pytest.mark.parametrize("view", [{}, CONE, {**CONE, "side": "right", "rotation_deg": 8.0, "tilt_deg": 5.0}])
@pytest.mark.parametrize(
    "directions",
    [np.eye(3), np.diag([-1.0, 1.0, -1.0]), np.eye(3)[:, [2, 0, 1]], rotation_about((1, 1, 1), 25.0)],
    ids=["plain", "flipped", "permuted", "oblique"],
)
def test_sums_along_rays_are_those_of_points(view, directions):
    grid = Grid.from_spacing((40, 40, 40), (1.0, 1.0, 1.0), directions @ np.full(3, -19.5), directions)
    points = grid.ras_of_kji(np.indices(grid.shape).reshape(3, -1).T)
    values = np.exp(-0.5 * ((points - [3.0, -2.0, 4.0]) ** 2).sum(axis=1) / 5.0**2)
    geometry = LateralGeometry((1.0, 2.0, 3.0), **view)
    volume = Volume(values.reshape(grid.shape).astype(np.float32), grid)
    detector = detector_for(grid, geometry)
    image = drain(ray_sum_steps(volume, geometry, detector))
    expected = integrate(points, values, geometry, detector)
    # What points are spread over is no wider than two pixels.
    smooth = [ndimage.gaussian_filter(each, 2.0) for each in (image, expected)]
    assert np.abs(smooth[0] - smooth[1]).max() < 0.02 * smooth[1].max()
    assert image.max() == pytest.approx(5.0 * np.sqrt(2 * np.pi), rel=0.03)


def test_voxels_averaged_along_the_rays_leave_their_sums():
    rng = np.random.default_rng(1)
    for directions in (np.eye(3), np.diag([-1.0, -1.0, 1.0]), np.eye(3)[:, [1, 2, 0]]):
        grid = Grid.from_spacing((22, 21, 23), (0.6, 0.6, 0.6), (0, 0, 0), directions)
        volume = Volume(rng.random(grid.shape).astype(np.float32), grid)
        geometry = LateralGeometry((3.0, 3.0, 3.0))
        fewer = averaged_along_rays(volume, geometry)
        assert fewer.array.size < 0.4 * volume.array.size
        detector = detector_for(grid, geometry)
        assert drain(ray_sum_steps(fewer, geometry, detector)) == pytest.approx(
            drain(ray_sum_steps(volume, geometry, detector)), rel=1e-4, abs=1e-4
        )


def test_bone_attenuates_more_than_its_hu_say_and_air_nothing():
    air, water, muscle, bone = attenuation_per_mm(np.array([-1000.0, 0.0, 60.0, 1000.0]))
    assert air == 0.0
    assert water == pytest.approx(0.02269)  # NIST, 50 keV
    assert muscle == pytest.approx(1.06 * water)
    assert bone > 2.3 * water  # on a CT twice


# Vertebrae


def test_of_a_vertebra_with_its_arch_the_body_is_shown(spine):
    geometry = LateralGeometry((0.0, 0.0, -80.0))
    detector = detector_for(spine.ct.grid, geometry)
    labels = projected_bodies(spine.vertebrae, geometry, detector)
    found = vertebrae_of(labels, (detector.pixel_mm,) * 2)
    assert list(found) == list(NAMES)
    for name in ("L1", "L2", "L3", "L4"):  # the others are cut by the field
        each = found[name]
        assert each.height == pytest.approx(36.0 - DISC_MM, abs=2.0), name
        assert each.depth == pytest.approx(30.0, abs=2.0), name
        front = min(x for x, _ in each.corners) + detector.corner[0]
        assert front == pytest.approx(-SPINE_A_MM, abs=2.0), name


def test_the_score_of_a_ct_with_a_mask_of_its_vertebrae(spine):
    result = scored(spine, vertebrae=spine.vertebrae)
    assert scores(result) == MIXED_SCORES
    assert result.interval() is None
    assert "part_not_assessed" not in codes(result)
    image, step = result.radiograph.pixels, result.radiograph.spacing_mm[0]
    x, y = (int(value / step) for value in result.vertebrae["L3"].center)
    assert image[y, x] > image[y, x - int(22 / step)] > image[2, 2]  # bone, what lies before it, air
    line = np.array(result.score.part("L2", "anterior").line)
    assert line[0, 1] < result.vertebrae["L2"].center[1] < line[-1, 1]
    assert line[:, 0].max() < min(corner[0] for corner in result.vertebrae["L2"].corners)


def test_the_score_of_a_ct_on_an_oblique_grid():
    spine = spine_ct(2.4, rotation=rotation_about((0, 1, 0.4), 8.0))
    assert scores(scored(spine, vertebrae=spine.vertebrae)) == MIXED_SCORES


def test_the_score_of_a_ct_with_levels_set_by_hand(spine):
    result = scored(spine, levels=Levels(DISCS, {}))
    assert scores(result) == MIXED_SCORES
    assert "levels_by_hand" in codes(result)
    tilted = {name: (0.0, -45.0, s) for name, s in DISCS.items()}
    assert scores(scored(spine, levels=Levels(DISCS, tilted))) == MIXED_SCORES


def test_middles_of_vertebrae_tell_those_of_discs():
    centers = {name: -28.0 - 36.0 * n for n, name in enumerate(("L1", "L2", "L3", "L4"))}
    found = {name: point[2] for name, point in disc_middles(Levels(centers, {})).items()}
    assert found == pytest.approx(DISCS)


def test_a_vertebra_that_the_mask_lacks_is_not_scored(spine):
    without = np.where(spine.vertebrae.array == LABELS["L2"], 0, spine.vertebrae.array)
    result = scored(spine, vertebrae=spine.vertebrae.with_array(without))
    assert scores(result)[2:4] == (None, None)
    assert result.score.total is None
    assert {flag.territory for flag in result.flags if flag.code == "part_not_assessed"} == {"L2"}
    assert {flag.territory for flag in result.flags if flag.code == "level_assumed"} == {"L1", "L3"}


def test_what_lies_above_the_field_of_view_is_not_scored():
    spine = spine_ct(top_mm=30.0)
    result = scored(spine, vertebrae=spine.vertebrae)
    assert scores(result)[:2] == (None, None)
    assert scores(result)[2:] == MIXED_SCORES[2:]
    (flag,) = [flag for flag in result.flags if flag.code == "part_not_assessed"]
    assert "field of view" in flag.message


def test_a_ct_without_an_aorta_has_no_score(spine):
    nothing = spine.arteries.with_array(np.zeros_like(spine.arteries.array))
    case = CtCase(spine.ct, nothing, nothing.array, vertebrae=spine.vertebrae)
    result = drain(kauppila_of_ct_steps(case))
    assert scores(result) == (None,) * 8
    assert "part_not_assessed" in codes(result)


def test_a_cone_of_rays_gives_the_same_score(spine):
    case = CtCase(spine.ct, spine.arteries, spine.calcification.array, vertebrae=spine.vertebrae)
    result = drain(kauppila_of_ct_steps(case, lateral_geometry(case, cone=True)))
    assert scores(result) == MIXED_SCORES
    assert result.parameters["source_detector_mm"] == 1150.0


def test_a_mask_of_another_place_is_refused(spine):
    moved = np.array(spine.vertebrae.grid.ijk_to_ras)
    moved[2, 3] += 2000.0
    far = Volume(spine.vertebrae.array, Grid(spine.vertebrae.grid.shape, moved))
    with pytest.raises(InputError, match="outside the CT"):
        CtCase(spine.ct, spine.arteries, spine.calcification.array, vertebrae=far)
    with pytest.raises(InputError, match="where L1 to L4 are"):
        CtCase(spine.ct, spine.arteries, spine.calcification.array)


# Files of vertebrae and levels


@pytest.mark.parametrize(
    ("name", "vertebra"),
    [("vertebrae_L1", "L1"), ("vertebra L4", "L4"), ("lumbar_vertebra_3", "L3"), ("thoracic12", "T12"), ("L2", "L2"),
     ("Sacrum", "S1"), ("vertebrae_S1", "S1"), ("vertebrae_T11", None), ("rib_right_12", None), ("disc_L1_L2", None),
     ("l2_l1_intervertebraldisc", None), ("aorta", None), ("spinal_cord", None), ("kidney_left", None)],
)  # fmt: skip
def test_names_of_vertebrae(name, vertebra):
    assert vertebra_of_name(name) == vertebra


def test_masks_of_vertebrae_in_every_form_are_the_same(spine, tmp_path):
    total = {"S1": 26, "L5": 27, "L4": 28, "L3": 29, "L2": 30, "L1": 31, "T12": 32}
    labels = np.zeros_like(spine.vertebrae.array)
    folder = tmp_path / "segmentations"
    folder.mkdir()
    for name in NAMES:
        own = spine.vertebrae.array == LABELS[name]
        labels[own] = total[name]
        write_volume(folder / f"vertebrae_{name}.nii.gz", spine.vertebrae.with_array(own.astype(np.uint8)))
    write_volume(folder / "aorta.nii.gz", spine.arteries)
    write_volume(tmp_path / "labels.nii.gz", spine.vertebrae.with_array(labels))
    table = tmp_path / "table.csv"
    table.write_text("label,name\n" + "".join(f"{total[name]},vertebrae_{name}\n" for name in NAMES), encoding="utf-8")
    for found in (
        read_vertebrae(folder),
        read_vertebrae(tmp_path / "labels.nii.gz", table),
        read_vertebrae(tmp_path / "labels.nii.gz", Path("totalsegmentator")),
    ):
        assert np.array_equal(found.array, spine.vertebrae.array)
        assert found.grid.same_as(spine.vertebrae.grid)


def test_masks_that_do_not_say_what_they_are_are_refused(spine, tmp_path):
    path = tmp_path / "labels.nii.gz"
    write_volume(path, spine.vertebrae)
    with pytest.raises(InputError, match="--vertebra-labels"):
        read_vertebrae(path)
    upside_down = tmp_path / "table.csv"
    upside_down.write_text("label,name\n1,L4\n2,L3\n3,L2\n4,L1\n", encoding="utf-8")
    with pytest.raises(InputError, match="lies above"):
        read_vertebrae(path, upside_down)
    other = tmp_path / "other.csv"
    other.write_text("label,name\n1,liver\n2,spleen\n", encoding="utf-8")
    with pytest.raises(InputError, match="no lumbar vertebra"):
        read_vertebrae(path, other)
    with pytest.raises(InputError, match="does not exist"):
        read_vertebrae(tmp_path / "nothing.nii.gz")
    with pytest.raises(InputError, match="no file of a lumbar vertebra"):
        read_vertebrae(tmp_path)


def test_levels_of_tables_and_of_slicer_are_the_same(tmp_path):
    table = tmp_path / "levels.csv"
    lines = [f"{name.replace('/', '-')},1.5,-40,{s}" for name, s in DISCS.items()]
    table.write_text("\n".join(["level,r_mm,a_mm,s_mm", *lines]), encoding="utf-8-sig")
    points = [{"label": name, "position": [-1.5, 40.0, s]} for name, s in DISCS.items()]
    markups = tmp_path / "levels.mrk.json"
    document = {"markups": [{"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": points}]}
    markups.write_text(json.dumps(document), encoding="utf-8")
    for found in (read_levels(table), read_levels(markups)):
        assert dict(found.heights_mm) == DISCS
        assert found.points_ras["L1/L2"] == (1.5, -40.0, DISCS["L1/L2"])
    heights = tmp_path / "heights.csv"
    heights.write_text("vertebra;s_mm\nL1;100\nL2;64\n", encoding="utf-8")
    assert read_levels(heights) == Levels({"L1": 100.0, "L2": 64.0}, {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("level,s_mm\nL1/L2,10\n", "at least two"),
        ("level,s_mm\nL1/L2,10\nL2/L3,40\n", "the upper with the larger S"),
        ("level,s_mm\nL1/L2,100\nL2/L3,95\n", "mm apart"),
        ("level,s_mm\nL1/L2,100\nL1/L2,60\n", "twice"),
        ("level,s_mm\nL1/L2,100\nL2,60\n", "mixed"),
        ("level,s_mm\nL1/L2,high\nL2/L3,60\n", "no place in mm"),
        ("level,s_mm\nL1/L2,1e999\nL2/L3,60\n", "not finite"),
        ("level,s_mm\nhip,100\nL2/L3,60\n", "no level"),
        ("level,s_mm\n", "none in it"),
        ("a,b\n1,2\n", "no columns"),
        ("", "no columns"),
    ],
)
def test_levels_that_cannot_be_are_refused(tmp_path, text, told):
    path = tmp_path / "levels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read_levels(path)


def test_points_that_do_not_say_their_axes_are_refused(tmp_path):
    path = tmp_path / "levels.mrk.json"
    short = {"markups": [{"coordinateSystem": "RAS", "controlPoints": [{"label": "L1", "position": [1, 2]}]}]}
    for content in ("{}", "[]", "{", '{"markups": [{"controlPoints": []}]}', json.dumps(short)):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError):
            read_levels(path)


def test_a_comparison_has_no_difference_where_a_part_is_not_known():
    own = KauppilaScore.of([1, 2, None, 0, 0, 0, 3, 3], origin="geometry")
    rows = comparison_rows(own, {"radiograph": KauppilaScore.of([2, 2, 1, None, 0, 0, 0, 3])})
    assert [row["radiograph_minus_ct"] for row in rows] == [1, 0, None, None, 0, 0, -3, 0, None]
    assert (rows[-1]["vertebra"], rows[-1]["ct"], rows[-1]["radiograph"]) == ("total", None, None)


# The command


@pytest.fixture(scope="module")
def analyzed(spine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kauppila")
    for name in ("ct", "arteries", "calcification", "vertebrae"):
        write_volume(folder / f"{name}.nii.gz", getattr(spine, name))
    masks = [part for name in ("arteries", "calcification") for part in (f"--{name}", str(folder / f"{name}.nii.gz"))]
    assert cli.main(["analyze", str(folder / "ct.nii.gz"), *masks, "--output", str(folder / "result"), "--quiet"]) == 0
    rows = "".join(f"{LABELS[name]},vertebrae_{name}\n" for name in NAMES)
    (folder / "table.csv").write_text(f"label,name\n{rows}", encoding="utf-8")
    return folder


def kauppila(folder, *more: str) -> int:
    masks = ["--vertebrae", str(folder / "vertebrae.nii.gz"), "--vertebra-labels", str(folder / "table.csv")]
    ct = ["--ct", str(folder / "ct.nii.gz")]
    return cli.main(["kauppila", str(folder / "result"), *ct, *masks, *more])


def test_the_command_writes_the_score_and_puts_a_radiograph_beside_it(analyzed, tmp_path, capsys):
    assert kauppila(analyzed, "--output", str(tmp_path / "first")) == 0
    assert "Kauppila score: 13 of 24" in capsys.readouterr().out
    assert {each.name for each in (tmp_path / "first").iterdir() if not each.name.startswith(".")} == set(
        KAUPPILA_FILES
    )
    document = json.loads((tmp_path / "first" / "kauppila.json").read_text(encoding="utf-8"))
    assert document["ct"]["score"] == sum(MIXED_SCORES) == 13
    jsonschema.validate(document["ct"], radiograph_schema())
    jsonschema.validate(document, kauppila_schema())
    assert "radiograph" not in document
    radiograph = tmp_path / "radiograph"
    radiograph.mkdir()
    other = dict(document["ct"], segments=[dict(each, score=1) for each in document["ct"]["segments"]], score=8)
    (radiograph / "radiograph.json").write_text(json.dumps(other), encoding="utf-8")
    (radiograph / "overlay.png").write_bytes((tmp_path / "first" / "kauppila.png").read_bytes())
    assert kauppila(analyzed, "--output", str(tmp_path / "second"), "--radiograph", str(radiograph), "--quiet") == 0
    document = json.loads((tmp_path / "second" / "kauppila.json").read_text(encoding="utf-8"))
    assert document["radiograph"]["score"] == 8
    jsonschema.validate(document, kauppila_schema())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "second" / "kauppila.csv").read_text(encoding="utf-8"))))
    assert [int(row["radiograph_minus_ct"]) for row in rows] == [1 - score for score in MIXED_SCORES] + [8 - 13]
    page = (tmp_path / "second" / "kauppila.html").read_text(encoding="utf-8")
    assert page.count("data:image/png") == 2
    assert "<script" not in page


def test_the_command_refuses_before_it_works(analyzed, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "kauppila.json").write_text("{}", encoding="utf-8")
    assert kauppila(analyzed, "--output", str(tmp_path / "there")) == 2
    assert "--overwrite" in capsys.readouterr().err
    result = str(analyzed / "result")
    assert cli.main(["kauppila", result, "--output", str(tmp_path / "a")]) == 2
    assert "--vertebrae" in capsys.readouterr().err
    assert cli.main(["kauppila", str(tmp_path), "--output", str(tmp_path / "a"), "--levels", "x.csv"]) == 2
    assert "measurements.json" in capsys.readouterr().err
    assert kauppila(analyzed, "--output", str(tmp_path / "a"), "--radiograph", str(tmp_path)) == 2
    assert "radiograph.json" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
