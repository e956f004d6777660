"""DICOM objects from the command line: with an analysis, later, anonymously, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.cli import main
from AbdominalCalcificationLib.export import export_steps
from AbdominalCalcificationLib.exporting.documents import Documents
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain, drained
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.reporting.dicom import codes, wish_for
from AbdominalCalcificationLib.reporting.dicom.names import DICOM_FILES
from deidentification import EMPTIED, REMOVED
from dicom_cases import EDIT, SECRETS, SERIES, masks_of, read_series

highdicom = pytest.importorskip("highdicom", reason="writes the objects of these tests")
import pydicom  # noqa: E402

# Of the profile what these objects have of their own, which tells of nobody: which program made them of what.
_OWN_WORDS = {"SeriesDescription"}


def texts_of(dataset):
    """Yield keyword and text of every element at any depth, those of the file included."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from texts_of(item)
        elif element.VR not in ("OB", "OW"):
            values = element.value if element.VM > 1 else [element.value]
            for value in values:
                yield element.keyword, "" if value is None else str(value)


def secrets() -> list[str]:
    found = []
    for tag, (_, value) in SECRETS.items():
        text = value.decode() if isinstance(value, bytes) else value
        if tag not in ((0x0008, 0x0005), (0x0010, 0x0040)):
            found += [text, *text.split("^")]
    return [*found, "Secret", "1.2.3", "Series 1", "Musterfrau"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A DICOM folder, masks and a result with its objects."""
    folder = tmp_path_factory.mktemp("case")
    SERIES["axial"](folder / "ct")
    ct = read_ct(folder / "ct")
    for name, mask in zip(("arteries", "calcification"), masks_of(ct), strict=True):
        write_volume(folder / f"{name}.nii.gz", mask)
    given = ["--arteries", str(folder / "arteries.nii.gz"), "--calcification", str(folder / "calcification.nii.gz")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONUTF8", "1")
        assert main(["analyze", str(folder / "ct"), *given, "--output", str(folder / "result"), "--dicom"]) == 0
    return folder


def test_objects_lie_in_the_result_and_give_the_same_numbers(case, tmp_path):
    assert all((case / "result" / name).is_file() for name in DICOM_FILES)
    masks = [str(case / "result" / name) for name in DICOM_FILES[:2]]
    command = ["analyze", str(case / "ct"), "--output", str(tmp_path / "again")]
    assert main([*command, "--arteries", masks[0], "--calcification", masks[1], "--quiet"]) == 0
    documents = [
        json.loads((folder / "measurements.json").read_text()) for folder in (case / "result", tmp_path / "again")
    ]
    for name in ("territories", "total", "clusters", "flags", "trust"):
        assert documents[0][name] == documents[1][name]


def test_they_can_be_made_again_later_and_are_new_instances(case, tmp_path, capsys):
    command = ["dicom", str(case / "result"), "--source", str(case / "ct")]
    assert main([*command, "--output", str(tmp_path)]) == 0
    for name in DICOM_FILES:
        first, second = pydicom.dcmread(case / "result" / name), pydicom.dcmread(tmp_path / name)
        assert first.SOPInstanceUID != second.SOPInstanceUID
        assert first.StudyInstanceUID == second.StudyInstanceUID == "1.2.3"
    before = (tmp_path / DICOM_FILES[0]).read_bytes()
    assert main([*command, "--output", str(tmp_path)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / DICOM_FILES[0]).read_bytes() == before
    assert main([*command, "--output", str(tmp_path), "--overwrite", "--dicom-labelmap"]) == 0
    assert pydicom.dcmread(tmp_path / DICOM_FILES[0]).SegmentationType == "LABELMAP"


@pytest.mark.parametrize("later", [True, False], ids=["of a result", "with the analysis"])
def test_an_anonymous_object_names_nobody(case, tmp_path, later):
    if later:
        command = ["dicom", str(case / "result"), "--source", str(case / "ct")]
    else:
        masks = [str(case / f"{name}.nii.gz") for name in ("arteries", "calcification")]
        command = ["analyze", str(case / "ct"), "--arteries", masks[0], "--calcification", masks[1], "--dicom"]
    assert main([*command, "--output", str(tmp_path), "--anonymous", "--quiet"]) == 0
    known = {
        text
        for path in (case / "ct").iterdir()
        for keyword, text in texts_of(pydicom.dcmread(path))
        if keyword.endswith("UID") and not keyword.endswith("ClassUID")
    }
    studies = set()
    for name in DICOM_FILES:
        made = pydicom.dcmread(tmp_path / name)
        studies.add(made.StudyInstanceUID)
        for keyword, text in [*texts_of(made), *texts_of(made.file_meta)]:
            assert keyword not in REMOVED or keyword in _OWN_WORDS, keyword
            assert not text or keyword not in EMPTIED, (keyword, text)
            if keyword.endswith("UID"):
                assert text not in known, (keyword, text)
            elif keyword.endswith("Date"):
                assert text in ("", "19000101"), (keyword, text)
            else:
                assert not any(secret in text for secret in secrets()), (keyword, text)
        assert made.PatientIdentityRemoved == "YES"
        assert made.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert len(studies) == 1


def test_objects_of_an_anonymous_result_name_nobody_without_being_told(case, tmp_path):
    masks = [str(case / f"{name}.nii.gz") for name in ("arteries", "calcification")]
    command = ["analyze", str(case / "ct"), "--arteries", masks[0], "--calcification", masks[1], "--anonymous"]
    assert main([*command, "--output", str(tmp_path), "--quiet"]) == 0
    assert main(["dicom", str(tmp_path), "--source", str(case / "ct"), "--quiet"]) == 0
    for name in DICOM_FILES:
        made = pydicom.dcmread(tmp_path / name)
        assert (str(made.PatientName), made.PatientIdentityRemoved) == ("", "YES")


def test_an_anonymous_report_does_not_say_who_corrected_and_when(case, tmp_path):
    from AbdominalCalcificationLib.reporting.dicom import Result, read_headers, write_dicom_steps
    from AbdominalCalcificationLib.reporting.stored_result import read_result

    stored = read_result(case / "result", case / "ct")
    result = Result(stored.document, stored.arteries, stored.calcification)
    document = {**result.document, "provenance": {**result.document["provenance"], "edits": [EDIT]}}
    headers = read_headers(read_ct(case / "ct").source, "checksum")
    for _ in write_dicom_steps(tmp_path, replace(result, document=document), headers):
        pass
    made = [pair for name in DICOM_FILES for pair in texts_of(pydicom.dcmread(tmp_path / name))]
    texts = [text for keyword, text in made if not keyword.endswith("UID")]  # any digits can stand in those
    assert any("17 voxels changed" in text for text in texts)
    assert not any("Musterfrau" in text or "2026" in text for text in texts)


def test_what_does_not_belong_together_is_refused(case, tmp_path, capsys):
    command = ["dicom", str(case / "result"), "--output", str(tmp_path / "out"), "--source"]
    SERIES["not square"](tmp_path / "other")
    assert main([*command, str(tmp_path / "other")]) == 2
    assert "another CT" in capsys.readouterr().err
    assert main(["dicom", str(tmp_path / "other"), "--source", str(case / "ct")]) == 2
    assert "holds no measurements.json" in capsys.readouterr().err
    changed = tmp_path / "changed"
    changed.mkdir()
    for name in ("measurements.json", "arteries.nii.gz"):
        (changed / name).write_bytes((case / "result" / name).read_bytes())
    _, calcification = masks_of(read_ct(case / "ct"))
    write_volume(
        changed / "calcification.nii.gz",
        calcification.with_array(np.roll(calcification.array, 1, 0) | calcification.array),
    )
    assert main(["dicom", str(changed), "--source", str(case / "ct")]) == 2
    assert "do not give the numbers" in capsys.readouterr().err
    arteries, _ = masks_of(read_ct(case / "ct"))
    write_volume(changed / "arteries.nii.gz", arteries.with_array(np.roll(arteries.array, 1, 1) | arteries.array))
    (changed / "calcification.nii.gz").write_bytes((case / "result" / "calcification.nii.gz").read_bytes())
    assert main(["dicom", str(changed), "--source", str(case / "ct")]) == 2
    assert "do not give the numbers" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert not (changed / "dicom").exists()


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (("territories", 0, "burden"), 0.9, "do not give the numbers"),
        (("territories", 0, "found"), False, "do not give the numbers"),
        (("total", "mean_cluster_volume_mm3"), 1.0, "do not give the numbers"),
        (("total", "calcified_volume_mm3"), "x", "do not give the numbers"),
        (("clusters",), [], "do not give the numbers"),
        (("territories",), None, "cannot be read as the document"),
        (("flags",), [{}], "cannot be read as the document"),
        (("provenance",), [1], "cannot be read as the document"),
        (("provenance", "input"), "x", "cannot be read as the document"),
        (("parameters",), {}, "in another form"),
    ],
)
def test_a_document_that_is_not_of_the_masks_is_refused_in_one_line(case, tmp_path, capsys, place, value, complaint):
    for name in ("arteries.nii.gz", "calcification.nii.gz"):
        (tmp_path / name).write_bytes((case / "result" / name).read_bytes())
    document = json.loads((case / "result" / "measurements.json").read_text(encoding="utf-8"))
    within = document
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = value
    (tmp_path / "measurements.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["dicom", str(tmp_path), "--source", str(case / "ct"), "--quiet"]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "dicom").exists()


def test_a_ct_that_is_no_dicom_is_refused_before_any_work(case, tmp_path, capsys):
    write_volume(tmp_path / "ct.nii.gz", read_ct(case / "ct").volume)
    command = ["analyze", str(tmp_path / "ct.nii.gz"), "--output", str(tmp_path / "out")]
    assert main([*command, "--dicom"]) == 2
    assert "not from DICOM" in capsys.readouterr().err
    assert main([*command, "--dicom-labelmap"]) == 2
    assert "add --dicom" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_highdicom_one_line_says_so(case, tmp_path, capsys, monkeypatch):
    from AbdominalCalcificationLib.reporting.dicom import wish

    monkeypatch.setattr(wish, "_NEEDED", "highdicom_that_is_not_there")
    assert main(["dicom", str(case / "result"), "--source", str(case / "ct"), "--output", str(tmp_path / "out")]) == 2
    assert "highdicom" in capsys.readouterr().err


def test_an_unusable_result_leaves_as_its_reasons_alone(case, tmp_path):
    from AbdominalCalcificationLib.reporting.dicom import Result, read_headers, write_dicom_steps
    from AbdominalCalcificationLib.reporting.stored_result import read_result

    stored = read_result(case / "result", case / "ct")
    result = Result(stored.document, stored.arteries, stored.calcification)
    flag = {"code": "not_hu", "message": "Stored values.", "territory": None}
    document = {
        **result.document,
        "trust": {"verdict": "unusable", "reasons": [flag]},
        "flags": [flag],
        "unassigned_calcified_volume_mm3": 4711.5,
    }
    notes = drained(
        write_dicom_steps(tmp_path, replace(result, document=document), read_headers(read_ct(case / "ct").source))
    )
    assert [path.name for path in (tmp_path / "dicom").iterdir()] == ["measurements.sr.dcm"]
    assert ["no segmentation was written" in note for note in notes] == [True]
    made = pydicom.dcmread(tmp_path / DICOM_FILES[2])
    assert made.CompletionFlag == "PARTIAL"
    assert made.CompletionFlagDescription == codes.VERDICTS["unusable"].meaning
    told = [*texts_of(made)]
    assert "NumericValue" not in {keyword for keyword, _ in told}
    assert "MeasuredValueSequence" not in {element.keyword for element in made.iterall()}
    texts = [text for keyword, text in told if keyword == "TextValue"]
    assert any("Stored values." in text for text in texts)
    assert not any("mm" in text or "Not found" in text for text in texts)


def test_an_unusable_result_without_arteries_says_so(case, tmp_path):
    command = ["analyze", str(case / "ct"), "--output", str(tmp_path / "result"), "--dicom", "--quiet"]
    arteries, calcification = masks_of(read_ct(case / "ct"))
    for name, mask in (("arteries", arteries), ("calcification", calcification)):
        write_volume(tmp_path / f"{name}.nii.gz", mask.with_array(np.zeros_like(mask.array)))
        command += [f"--{name}", str(tmp_path / f"{name}.nii.gz")]
    assert main(command) == 0
    assert [(tmp_path / "result" / name).exists() for name in DICOM_FILES] == [False, False, True]
    made = pydicom.dcmread(tmp_path / "result" / DICOM_FILES[2])
    assert made.CompletionFlag == "PARTIAL"
    assert codes.VERDICTS["unusable"].value in {text for keyword, text in texts_of(made) if keyword == "CodeValue"}


def test_progress_of_an_export_with_objects_never_goes_back(tmp_path):
    ct = read_series("axial", tmp_path / "ct")
    given = Given(*masks_of(ct), ct.identity, ct.flags, source=ct.source)
    analysis = drain(analyze_steps(ct.volume, Choices(), given))
    documents = Documents(wish_for(ct.source), source=ct.source)
    steps = list(export_steps(analysis, ct.volume, tmp_path / "out", documents=documents))
    fractions = [step.fraction for step in steps]
    assert "Writing DICOM" in {step.stage for step in steps}
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
