"""What leaves the program: documents, tables, and folders that appear whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from AbdominalCalcificationLib import __version__
from AbdominalCalcificationLib.anatomy import KEPT_LENGTH_GROUPS, KEPT_LENGTHS, TERRITORIES
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement.parameters import MeasurementParameters
from AbdominalCalcificationLib.measurement.result import Cluster, Measurement, TerritoryMeasurement
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.reporting import (
    RESULT_FILES,
    ResultFolder,
    build_provenance,
    measurement_document,
    measurements_schema,
    write_results,
    write_volume,
)
from AbdominalCalcificationLib.reporting.documents import document_notes, document_trust, json_safe, json_text
from AbdominalCalcificationLib.reporting.tables import clusters_csv, territories_csv
from AbdominalCalcificationLib.trust import Verdict, headline, notes_of, trust_of

GRID = Grid.from_spacing((3, 4, 5), (0.7, 0.8, 2.0), (10, 20, -30))


@pytest.fixture
def measurement() -> Measurement:
    """An aorta with one cluster; the other territories were not found."""
    rows = [TerritoryMeasurement(t.name, False, 0.0, 0.0, None, 0, None, None, None) for t in TERRITORIES]
    rows[0] = TerritoryMeasurement("aorta", True, 120.5, 12.25, 12.25 / 120.5, 1, 12.25, 12.25, 12.25)
    cluster = Cluster(1, "aorta", 7, 12.25, (1.5, -2.5, 3.0), np.float64(512.5), 900.0, 4.5, None)
    empty = Volume(np.zeros(GRID.shape, np.uint8), GRID)
    return Measurement(
        tuple(rows),
        TerritoryMeasurement("total", True, 120.5, 12.25, 12.25 / 120.5, 1, 12.25, 12.25, 12.25),
        (cluster,),
        (Flag("territory_missing", "There is no right renal artery.", "renal_right"), Flag("thick_slices", "5 mm.")),
        1.5,
        2.5,
        0.0,
        MeasurementParameters({"renal": float("inf")}),
        empty,
        empty,
        empty,
        empty,
        build_provenance({"name": "case"}, models=[{"name": "m", "checksum": "c"}]),
    )


def volume(dtype=np.uint8, seed=0) -> Volume:
    return Volume(np.random.default_rng(seed).integers(0, 2, GRID.shape).astype(dtype), GRID)


def test_the_document_is_what_the_schema_says(measurement):
    schema = measurements_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(json_text(measurement_document(measurement)))
    jsonschema.validate(document, schema)
    assert [each["name"] for each in document["territories"]] == [t.name for t in TERRITORIES]
    assert document["territories"][1]["burden"] is None
    assert document["total"]["burden"] == pytest.approx(0.10166, abs=1e-5)
    assert document["clusters"][0]["centroid_ras"] == [1.5, -2.5, 3.0]
    assert document["beyond_kept_length_calcified_volume_mm3"] == 2.5
    assert document["parameters"]["kept_length_mm"]["renal"] is None
    assert document["flags"][0]["code"] == "territory_missing"


def test_the_schema_is_strict(measurement):
    schema = measurements_schema()

    def refuses(change) -> bool:
        document = json.loads(json_text(measurement_document(measurement)))
        change(document)
        return not jsonschema.Draft202012Validator(schema).is_valid(document)

    assert refuses(lambda d: d.pop("total"))
    assert refuses(lambda d: d.update(extra=1))
    assert refuses(lambda d: d["territories"].reverse())
    assert refuses(lambda d: d["territories"].pop())
    assert refuses(lambda d: d["territories"][2].pop("burden"))
    assert refuses(lambda d: d["territories"][0].update(burden=1.2))
    assert refuses(lambda d: d["clusters"][0].update(volume_mm3=0))
    assert refuses(lambda d: d["clusters"][0].update(territory="total"))
    assert refuses(lambda d: d["flags"][0].update(code="No Code"))
    assert refuses(lambda d: d.update(schema_version="0.9"))


def test_the_schema_follows_the_territory_table():
    schema = measurements_schema()
    assert schema["$defs"]["territory_name"]["enum"] == [t.name for t in TERRITORIES]
    lengths = schema["$defs"]["parameters"]["properties"]["kept_length_mm"]
    assert sorted(lengths["required"]) == sorted(KEPT_LENGTH_GROUPS)
    assert sorted(lengths["properties"]) == sorted(KEPT_LENGTHS)


def test_json_holds_only_what_every_parser_reads():
    value = {"a": np.float32(0.5), "b": float("nan"), "c": (np.int16(3), float("inf")), 4: Path("x"), "d": np.arange(2)}
    assert json_safe(value) == {"a": 0.5, "b": None, "c": [3, None], "4": "x", "d": [0, 1]}


def test_the_territory_table_leaves_empty_what_was_not_measured(measurement):
    rows = list(csv.DictReader(io.StringIO(territories_csv(measurement))))
    assert [row["territory"] for row in rows] == [t.name for t in TERRITORIES] + ["total"]
    assert float(rows[0]["burden_percent"]) == pytest.approx(10.166, abs=1e-3)
    assert float(rows[0]["artery_volume_mm3"]) == 120.5
    missing = rows[1]
    assert missing.pop("territory") == "celiac_trunk"
    assert missing.pop("found") == "no"
    assert (missing.pop("trust"), missing.pop("flags")) == ("review", "thick_slices")
    assert set(missing.values()) == {""}


def test_the_territory_table_has_the_verdict_on_each_row_and_what_made_it(measurement):
    flags = (
        Flag("bundled_model", "Bundled."),
        Flag("territory_missing", "No.", "renal_left"),
        Flag("territory_detached", "Far.", "renal_right"),
    )
    rows = csv.DictReader(io.StringIO(territories_csv(replace(measurement, flags=flags))))
    found = {row["territory"]: (row["trust"], row["flags"]) for row in rows}
    assert found["aorta"] == ("ok", "bundled_model")
    assert found["renal_left"] == ("review", "bundled_model territory_missing")
    assert found["total"] == ("review", "bundled_model territory_missing territory_detached")


def test_a_document_tells_its_trust_and_its_notes(measurement):
    flags = (Flag("bundled_model", "Bundled."), Flag("territory_missing", "Left renal artery: no.", "renal_left"))
    document = measurement_document(replace(measurement, flags=flags))
    assert document_trust(document) == trust_of(flags)
    assert document_notes(document) == notes_of(flags)


def test_an_old_document_without_trust_gets_it_from_its_flags(measurement):
    document = measurement_document(replace(measurement, flags=(Flag("not_hu", "Stored values."),)))
    del document["trust"]
    document["flags"].append({"code": "of_another_version", "message": "Strange."})
    assert document_trust(document) == trust_of([Flag("not_hu", "Stored values.")])
    assert [note.message for note in document_notes(document)] == ["Stored values.", "Strange."]


def test_the_verdict_of_a_newer_version_is_kept_where_its_flags_are_not_known(measurement):
    document = measurement_document(replace(measurement, flags=()))
    flag = {"code": "of_another_version", "message": "Strange.", "territory": None}
    document["flags"], document["trust"] = [flag], {"verdict": "unusable", "reasons": [flag]}
    trust = document_trust(document)
    assert trust.verdict is Verdict.UNUSABLE
    assert headline(trust) == "Do not use these numbers."
    assert [note.message for note in document_notes(document)] == ["Strange."]


def test_the_cluster_table_has_one_row_per_cluster(measurement):
    (row,) = csv.DictReader(io.StringIO(clusters_csv(measurement)))
    assert (row["territory"], row["mean_hu"], row["centroid_a_mm"], row["path_distance_mm"]) == (
        "aorta",
        "512.5",
        "-2.5",
        "",
    )


def test_the_provenance_says_what_made_the_numbers():
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    provenance = build_provenance(
        {"series_uid": "1.2", "name": "case"},
        models=[{"name": "arteries", "checksum": "ab", "path_is_not_needed": True}],
        calcification_source={"method": "fixed:300", "threshold_hu": np.float64("nan")},
        edits=[{"who": "A", "voxels": np.int64(3)}],
        time=time,
    )
    assert provenance["software"] == {"name": "AbdominalCalcification", "version": __version__}
    assert provenance["time"] == "2026-01-02T03:04:05Z"
    assert provenance["calcification_source"]["threshold_hu"] is None
    assert provenance["edits"] == [{"who": "A", "voxels": 3}]
    json_text(provenance)


def test_a_result_holds_its_files_and_the_masks_keep_their_place(tmp_path, measurement):
    arteries, calcification = volume(), volume(bool, seed=1)
    with ResultFolder(tmp_path / "new" / "result") as temporary:
        write_results(temporary, measurement, arteries, calcification)
        assert not (tmp_path / "new" / "result").exists()
    folder = tmp_path / "new" / "result"
    wanted = {name for name in RESULT_FILES if "/" not in name} - {
        "views.png",
        "scene.mrb",
        "report.html",
        "report.pdf",
    }
    assert {p.name for p in folder.iterdir()} == wanted
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["result"]
    for name, expected in (("arteries.nii.gz", arteries), ("calcification.nii.gz", calcification)):
        again = read_mask(folder / name)
        assert again.grid.same_as(GRID)
        assert again.array.dtype == np.uint8
        assert np.array_equal(again.array, expected.array)


def test_an_existing_result_is_refused_before_any_work(tmp_path):
    (tmp_path / "measurements.json").write_text("old")
    with pytest.raises(InputError, match="--overwrite"):
        ResultFolder(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["measurements.json"]


def test_overwriting_replaces_our_files_and_no_others(tmp_path):
    for name in ("measurements.json", "scene.mrb", "thesis.docx"):
        (tmp_path / name).write_text("old")
    (tmp_path / "images").mkdir()
    with ResultFolder(tmp_path, overwrite=True) as temporary:
        (temporary / "measurements.json").write_text("new")
    assert (tmp_path / "measurements.json").read_text() == "new"
    assert (tmp_path / "thesis.docx").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["images", "measurements.json", "thesis.docx"]


def test_a_folder_with_other_files_takes_a_first_result(tmp_path):
    (tmp_path / "ct.nrrd").write_text("mine")
    with ResultFolder(tmp_path) as temporary:
        (temporary / "measurements.json").write_text("new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ct.nrrd", "measurements.json"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("existing", [False, True])
def test_after_an_error_everything_is_as_before(tmp_path, error, existing):
    folder = tmp_path / "a" / "b" / "result"
    if existing:
        folder.mkdir(parents=True)
        (folder / "measurements.json").write_text("old")

    def work():
        with ResultFolder(folder, overwrite=True) as temporary:
            (temporary / "measurements.json").write_text("half")
            raise error

    with pytest.raises(error):
        work()
    if existing:
        assert [p.name for p in folder.iterdir()] == ["measurements.json"]
        assert (folder / "measurements.json").read_text() == "old"
    else:
        assert list(tmp_path.iterdir()) == []


def test_a_failure_while_replacing_puts_the_old_result_back(tmp_path, monkeypatch):
    for name in ("measurements.json", "territories.csv", "clusters.csv"):
        (tmp_path / name).write_text("old")
    rename = os.rename

    def failing(source, target):
        if Path(target) == tmp_path / "clusters.csv" and ".unfinished-" in str(source):
            raise OSError(28, "No space left on device")
        rename(source, target)

    def work():
        with ResultFolder(tmp_path, overwrite=True) as temporary:
            for name in ("measurements.json", "territories.csv", "clusters.csv", "views.png"):
                (temporary / name).write_text("new")
            monkeypatch.setattr(os, "rename", failing)

    with pytest.raises(InputError, match="No space left"):
        work()
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == dict.fromkeys(
        ("measurements.json", "territories.csv", "clusters.csv"), "old"
    )


def overwrite(folder, *names):
    with ResultFolder(folder, overwrite=True) as temporary:
        for name in names:
            (temporary / name).write_text("new")


@pytest.mark.parametrize("side", [".replaced-", ".unfinished-"], ids=["moving out", "moving in"])
@pytest.mark.parametrize("name", ["measurements.json", "arteries.nii.gz"])
def test_an_interrupt_right_after_a_file_was_moved_loses_nothing(tmp_path, monkeypatch, side, name):
    rename, left = os.rename, [1]

    def interrupted(source, target):
        rename(source, target)
        moved = target if side == ".replaced-" else source
        if side in str(moved) and Path(moved).name == name and left:
            left.clear()
            raise KeyboardInterrupt

    for each in ("measurements.json", "arteries.nii.gz"):
        (tmp_path / each).write_text("old")
    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        overwrite(tmp_path, "measurements.json", "arteries.nii.gz", "clusters.csv")
    assert not left
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"measurements.json": "old", "arteries.nii.gz": "old"}


@pytest.mark.parametrize(
    ("problem", "reason"), [(PermissionError(13, "Permission denied"), "denied"), (KeyboardInterrupt(), "interrupted")]
)
def test_what_cannot_be_put_back_is_kept_and_its_place_is_said(tmp_path, monkeypatch, problem, reason):
    rename = os.rename

    def failing(source, target):
        if ".unfinished-" in str(source):
            raise OSError(28, "No space left on device")
        if ".replaced-" in str(source) and Path(source).name == "measurements.json":
            raise problem
        rename(source, target)

    for each in ("measurements.json", "arteries.nii.gz"):
        (tmp_path / each).write_text("old")
    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(InputError, match=reason) as caught:
        overwrite(tmp_path, "measurements.json", "arteries.nii.gz")
    assert (tmp_path / "arteries.nii.gz").read_text() == "old"
    (kept,) = tmp_path.glob(".replaced-*")
    assert str(kept) in str(caught.value)
    files = {each.name: each.read_text() for each in kept.iterdir() if each.name != ".journal"}
    assert files == {"measurements.json": "old"}
    assert sorted(each.name for each in tmp_path.iterdir()) == [kept.name, "arteries.nii.gz"]


def test_a_result_that_appeared_meanwhile_is_not_overwritten(tmp_path):
    folder = tmp_path / "result"

    def work():
        with ResultFolder(folder) as temporary:
            (temporary / "measurements.json").write_text("mine")
            folder.mkdir()
            (folder / "measurements.json").write_text("theirs")

    with pytest.raises(InputError, match="holds a result already"):
        work()
    assert (folder / "measurements.json").read_text() == "theirs"


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "result").write_text("a file")
    with pytest.raises(InputError, match="is a file"):
        ResultFolder(tmp_path / "result")
    with pytest.raises(InputError, match="cannot be written"):
        ResultFolder(tmp_path / "result" / "deeper")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a_result_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual" / "file").write_text("")
    with ResultFolder(tmp_path / "result") as temporary:
        write_volume(temporary / "arteries.nii.gz", volume())

    def mode(name):
        return stat.S_IMODE((tmp_path / name).stat().st_mode)

    assert mode("result") == mode("usual")
    assert mode("result/arteries.nii.gz") == mode("usual/file")


def test_a_volume_with_sheared_axes_is_refused(tmp_path):
    matrix = np.eye(4)
    matrix[0, 2] = 0.3
    with pytest.raises(InputError, match="right angles"):
        write_volume(tmp_path / "x.nii.gz", Volume(np.zeros((2, 3, 4), np.uint8), Grid((2, 3, 4), matrix)))
    with pytest.raises(InputError, match="no known image ending"):
        write_volume(tmp_path / "x.txt", volume())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_called_like_a_file_of_the_result_is_not_replaced(tmp_path):
    inner = tmp_path / "arteries.nii.gz"
    inner.mkdir()
    (inner / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is a folder"):
        ResultFolder(tmp_path, overwrite=True)
    assert (inner / "notes.txt").read_text() == "mine"
