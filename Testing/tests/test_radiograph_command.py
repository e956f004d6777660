"""``abdominal-calcification radiograph``: what it writes, what it refuses, and that it can be read back."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.radiograph.document import (
    document_checksum,
    radiograph_document,
    radiograph_schema,
    thinned,
)
from AbdominalCalcificationLib.radiograph.files import RADIOGRAPH_FILES, export_steps
from AbdominalCalcificationLib.radiograph.overlay import overlay_picture, part_color
from AbdominalCalcificationLib.radiograph.reading import read_radiograph
from AbdominalCalcificationLib.radiograph.sense import sensible
from AbdominalCalcificationLib.radiograph.severity import TABLES
from AbdominalCalcificationLib.radiograph.stored import read_stored
from AbdominalCalcificationLib.radiograph.tables import line_length
from radiograph_cases import EXTENTS, NAMES, PIXEL_MM, a_radiograph, a_result, drawn_labels, of_extents, write_dicom
from radiograph_commands import drawn_analysis, score

__all__ = ["drawn_analysis"]


@pytest.fixture(scope="module")
def radiograph(tmp_path_factory):
    """A DICOM file that faces right."""
    return write_dicom(tmp_path_factory.mktemp("given") / "a.dcm", a_radiograph("right"))


def document_in(folder) -> dict:
    return json.loads((folder / "radiograph.json").read_text(encoding="utf-8"))


def test_a_radiograph_is_scored(radiograph, drawn_analysis, tmp_path, capsys):
    assert score(radiograph, tmp_path / "out", "--report") == 0
    said = capsys.readouterr().out
    assert "Kauppila score: 9 of 24 (90 % interval 6–13), severity high (ml-aac24)" in said
    assert {each.name for each in (tmp_path / "out").iterdir()} == set(RADIOGRAPH_FILES)
    document = document_in(tmp_path / "out")
    jsonschema.validate(document, radiograph_schema())
    assert document["score"] == 9
    assert [each["score"] for each in document["segments"]] == of_extents(EXTENTS)
    assert document["trust"]["verdict"] == "ok"
    assert document["severity"]["group"] == "high"
    assert document["image"] == {
        "rows": 420, "columns": 300, "spacing_mm": [PIXEL_MM] * 2, "aspect": [1.0, 1.0], "unit": "mm", "faces": "right",
    }  # fmt: skip
    assert [each["name"] for each in document["vertebrae"]] == list(NAMES)
    assert document["vertebrae"][3]["height"] == pytest.approx(24.0, abs=1.5)
    mask = sitk.ReadImage(str(tmp_path / "out" / "vertebrae.nii.gz"))
    assert np.array_equal(sitk.GetArrayFromImage(mask)[0], drawn_labels()[:, ::-1])
    assert mask.GetSpacing()[:2] == pytest.approx(sitk.ReadImage(str(radiograph)).GetSpacing()[:2])
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<b>9 of 24</b>" in page
    assert "ID4711" in page


def test_the_table_has_the_parts_and_their_sum(radiograph, drawn_analysis, tmp_path):
    assert score(radiograph, tmp_path / "out", "--quiet") == 0
    rows = list(csv.DictReader((tmp_path / "out" / "segments.csv").open(encoding="utf-8")))
    assert [int(row["score"]) for row in rows] == [*of_extents(EXTENTS), 9]
    lengths = [float(row["wall_length_mm"]) for row in rows[:8]]
    assert min(lengths) > 25
    assert float(rows[3]["deposit_length_mm"]) == pytest.approx(0.5 * lengths[3], abs=0.02)
    assert rows[8]["vertebra"] == "total"


def test_without_a_size_there_is_nothing_in_mm(drawn_analysis, tmp_path):
    image = write_dicom(tmp_path / "a.dcm", a_radiograph(), ImagerPixelSpacing=None)
    assert score(image, tmp_path / "out", "--quiet", "--report") == 0
    document = document_in(tmp_path / "out")
    assert document["image"]["unit"] == "pixel"
    assert [flag["code"] for flag in document["flags"]] == ["pixel_size_unknown"]
    rows = list(csv.DictReader((tmp_path / "out" / "segments.csv").open(encoding="utf-8")))
    assert {row["wall_length_mm"] for row in rows} == {""}
    assert "L3 –" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert score(image, tmp_path / "sized", "--quiet", "--pixel-spacing", "0.6") == 0
    assert document_in(tmp_path / "sized")["image"]["spacing_mm"] == [0.6, 0.6]
    assert document_in(tmp_path / "sized")["parameters"] == {"pixel_spacing_mm": [0.6, 0.6]}


def test_what_the_user_says_reaches_the_analysis(radiograph, drawn_analysis, tmp_path):
    assert score(radiograph, tmp_path / "out", "--quiet", "--flip", "--device", "cpu") == 0
    (given,) = drawn_analysis.given
    assert given["radiograph"].faces == "left"
    assert given["choices"].device == "cpu"
    assert document_in(tmp_path / "out")["parameters"] == {"flip": True}
    assert document_in(tmp_path / "out")["trust"]["verdict"] == "ok"


def test_models_are_told_apart_by_what_they_hold(radiograph, drawn_analysis, tmp_path, capsys):
    for name in ("spine", "score", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "score" / "model.json").write_text("{}", encoding="utf-8")
    both = ("--model", tmp_path / "score", tmp_path / "spine")
    assert score(radiograph, tmp_path / "out", "--quiet", *both) == 0
    chosen = drawn_analysis.given[0]["choices"]
    assert (chosen.kauppila_model, chosen.vertebra_model) == (tmp_path / "score", tmp_path / "spine")
    assert score(radiograph, tmp_path / "again", "--quiet", *both, tmp_path / "other") == 2
    assert "both models of vertebrae" in capsys.readouterr().err


def test_an_unusable_result_shows_no_number_anywhere(radiograph, drawn_analysis, tmp_path, capsys):
    drawn_analysis.names = ("L4", "L5", "S1")
    assert score(radiograph, tmp_path / "out", "--report") == 0
    said = capsys.readouterr().out
    assert said.startswith("Do not use these numbers.")
    assert "Kauppila score: –" in said
    document = document_in(tmp_path / "out")
    jsonschema.validate(document, radiograph_schema())
    assert (document["score"], document["score_interval"], document["severity"]["group"]) == (None, None, None)
    assert {each["score"] for each in document["segments"]} == {None}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "There is no result" in page
    assert "of 24" not in page


def test_a_result_is_kept_unless_it_is_to_be_replaced(radiograph, drawn_analysis, tmp_path, capsys):
    output = tmp_path / "out"
    assert score(radiograph, output, "--quiet", "--report") == 0
    before = (output / "radiograph.json").read_bytes()
    assert score(radiograph, output) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert (output / "radiograph.json").read_bytes() == before
    assert score(radiograph, output, "--quiet", "--overwrite") == 0
    assert not (output / "report.pdf").exists(), "of the result that was replaced"
    assert len(drawn_analysis.given) == 2


def test_a_folder_with_the_result_of_a_ct_is_left_alone(radiograph, drawn_analysis, tmp_path, capsys):
    (tmp_path / "measurements.json").write_text("{}", encoding="utf-8")
    (tmp_path / "report.pdf").write_bytes(b"of the CT")
    assert score(radiograph, tmp_path, "--overwrite", "--report") == 2
    assert "holds the result of a CT" in capsys.readouterr().err
    assert (tmp_path / "report.pdf").read_bytes() == b"of the CT"


def test_the_image_is_not_replaced_by_its_result(drawn_analysis, tmp_path, capsys):
    shutil.copy(write_dicom(tmp_path / "x" / "a.dcm", a_radiograph()), tmp_path / "overlay.png")
    assert score(tmp_path / "overlay.png", tmp_path, "--overwrite") == 2
    assert "is read and would be replaced" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--pixel-spacing", "0.1,x"), "no pixel spacing; write one number of mm"),
        (("--pixel-spacing", "9"), "those of no radiograph"),
        (("--pixel-spacing", "1,2,3"), "or two like 0.15,0.15"),
        (("--pixel-spacing", "1,2"), "write 1.2 for one"),
        (("--faces", "up"), "invalid choice"),
        (("--faces", "left", "--flip"), "give one of them"),
        (("--template", "x"), "add --report"),
        (("--report", "--template", "x"), "no folder"),
        (("--severity-groups", "x"), "no table of severity"),
        (("--model", "gone"), ""),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(radiograph, drawn_analysis, tmp_path, capsys, options, says):
    code = score(radiograph, tmp_path / "out", *options)
    if says:
        assert code == 2
        assert says in capsys.readouterr().err
        assert not (tmp_path / "out").exists()
        assert drawn_analysis.given == []


def test_a_cancelled_run_leaves_nothing(radiograph, drawn_analysis, tmp_path, monkeypatch, capsys):
    from AbdominalCalcificationLib.radiograph import files

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "overlay_picture", interrupted)
    assert score(radiograph, tmp_path / "deep" / "out") == 130
    assert list(tmp_path.iterdir()) == []
    assert "nothing was written" in capsys.readouterr().err


def test_an_anonymous_result_names_nobody(drawn_analysis, tmp_path, capsys):
    given = write_dicom(tmp_path / "Mustermann" / "Mustermann.dcm", a_radiograph(), ViewPosition="AP MUSTERMANN")
    assert score(given, tmp_path / "out", "--anonymous", "--report", "--quiet", "--faces", "left") == 0
    document = document_in(tmp_path / "out")
    jsonschema.validate(document, radiograph_schema())
    assert document["provenance"]["anonymous"] is True
    assert [flag["code"] for flag in document["flags"]] == ["view_overruled"]
    for path in (tmp_path / "out").iterdir():
        content = path.read_bytes().lower()
        for word in (b"mustermann", b"secret", b"id4711", b"1.2.826."):
            assert word not in content, path.name
    read_stored(tmp_path / "out")


@pytest.fixture(scope="module")
def written(radiograph, tmp_path_factory):
    """The folder of a result, which nobody changes."""
    image = read_radiograph(radiograph)
    folder = tmp_path_factory.mktemp("written") / "out"
    drain(export_steps(a_result("right", identity=image.identity), image, folder))
    return folder


@pytest.fixture
def stored(written, tmp_path):
    """A copy of it."""
    return shutil.copytree(written, tmp_path / "out")


def test_a_result_is_read_back_as_it_was(stored, radiograph):
    image = read_radiograph(radiograph)
    found = read_stored(stored)
    result = found.result(image.radiograph)
    assert result.score.total == 9
    assert radiograph_document(result, found.groups) == found.document
    assert np.array_equal(found.labels, result.labels)
    other = replace(image.radiograph, pixels=image.radiograph.pixels + 1)
    with pytest.raises(InputError, match="not the radiograph that the result was made of"):
        found.result(other)


def changed(folder, change, with_checksum: bool) -> None:
    document = document_in(folder)
    change(document)
    if with_checksum:
        document["checksum"] = document_checksum(document)
    (folder / "radiograph.json").write_text(json.dumps(document), encoding="utf-8")


ALTERED = {
    "a score": lambda d: d.update(score=3),
    "a part": lambda d: d["segments"][5].update(score=0),
    "the verdict": lambda d: d["trust"].update(verdict="review"),
    "a group": lambda d: d["severity"].update(group="low"),
    "an interval": lambda d: d.update(score_interval=[0.0, 1.0]),
    "a line": lambda d: d["segments"][0].update(line="x"),
    "an order": lambda d: d["segments"].reverse(),
    "a number": lambda d: d["segments"][1].update(score=7),
    "a vertebra": lambda d: d["vertebrae"][0].update(corners=None),
    "a version": lambda d: d.update(schema_version="9.0"),
}


@pytest.mark.parametrize("what", ALTERED)
@pytest.mark.parametrize("with_checksum", [False, True])
def test_altered_numbers_are_refused(stored, what, with_checksum):
    changed(stored, ALTERED[what], with_checksum)
    with pytest.raises(InputError, match="score the radiograph again") as caught:
        read_stored(stored)
    assert "\n" not in str(caught.value)


def test_another_label_map_is_refused(stored):
    path = stored / "vertebrae.nii.gz"
    image = sitk.ReadImage(str(path))
    image[0, 0, 0] = 1
    sitk.WriteImage(image, str(path))
    with pytest.raises(InputError, match="not the label map"):
        read_stored(stored)
    path.unlink()
    with pytest.raises(InputError, match=r"holds no vertebrae\.nii\.gz"):
        read_stored(stored)
    with pytest.raises(InputError, match=r"holds no radiograph\.json"):
        read_stored(stored / "..")


@pytest.mark.parametrize("orientation", [["F", "A"], ["A", "H"]])
def test_a_turned_image_gets_its_mask_as_it_lies_and_reads_back(tmp_path, orientation, drawn_analysis):
    upright = a_radiograph("right")
    pixels = upright.pixels.astype(np.uint16)
    lying = pixels.T if orientation[0] == "F" else pixels[::-1]
    path = write_dicom(tmp_path / "a.dcm", upright, np.ascontiguousarray(lying), PatientOrientation=orientation)
    assert score(path, tmp_path / "out", "--quiet") == 0
    labels = drawn_labels()[:, ::-1]
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "vertebrae.nii.gz")))[0]
    assert np.array_equal(mask, labels.T if orientation[0] == "F" else labels[::-1])
    assert np.array_equal(read_stored(tmp_path / "out").labels, labels)


def test_lines_are_thinned_without_moving_what_lies_on_them():
    line = [(10.0 + 0.1 * y, 0.25 * y) for y in range(140)]
    few = thinned(line)
    assert len(few) == 21
    assert line_length(few) == pytest.approx(line_length(line), rel=1e-4)
    assert thinned(few) == few


def test_the_picture_shows_walls_by_their_scores_and_none_where_there_is_no_result():
    result = a_result()
    picture = overlay_picture(result)
    colours = {tuple(colour) for colour in picture.reshape(-1, 3)}
    for value in (0, 1, 2, 3):
        assert tuple((np.array(part_color(value)) * 255).round().astype(int)) in colours
    unusable = overlay_picture(sensible(a_result(names=("L4", "L5"))))
    left = unusable[60:, :700].reshape(-1, 3)
    assert tuple((np.array(part_color(3)) * 255).round().astype(int)) not in {tuple(colour) for colour in left}


def test_another_table_of_severity_is_told_with_its_source(tmp_path, radiograph, drawn_analysis):
    assert score(radiograph, tmp_path / "out", "--quiet", "--severity-groups", "dialysis", "--report") == 0
    severity = document_in(tmp_path / "out")["severity"]
    assert (severity["table"], severity["group"]) == ("dialysis", TABLES["dialysis"].group_of(9))
    assert TABLES["dialysis"].name in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_bundled_model_is_said_in_the_report(tmp_path, radiograph):
    image = read_radiograph(radiograph)
    result = a_result("right", flags=(Flag("bundled_model", "Trained on simulated radiographs."),))
    from AbdominalCalcificationLib.radiograph.report import RadiographReportChoices

    drain(export_steps(result, image, tmp_path / "out", report=RadiographReportChoices()))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "trained on simulated radiographs" in page
