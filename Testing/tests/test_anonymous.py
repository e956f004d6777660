"""Anonymous results name nobody: every byte of every written file is searched for what was planted in the inputs."""

from __future__ import annotations

import gzip
import io
import json
import re
import socket
import zipfile
import zlib

import numpy as np
import pytest
import SimpleITK as sitk
from test_cli import as_segments

from AbdominalCalcificationLib import cli, resources
from AbdominalCalcificationLib.flags import KINDS, Flag
from AbdominalCalcificationLib.reporting import measurements_schema
from AbdominalCalcificationLib.reporting.anonymous import (
    _OWN_WORDS,
    anonymous_analysis,
    anonymous_flag,
    anonymous_provenance,
)
from dicom_files import write_series

# Told apart by their last letters; each stands where a person or a hospital would be named.
WORD = "Plantedword"
UID = "1.2.826.0.1.99999"


def contents_of(name: str, content: bytes):
    """Yield name and content of a file, and of all that is packed in it."""
    yield name, content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                yield from contents_of(f"{name}/{info.filename} {info.comment!r}", archive.read(info))
    elif content[:2] == b"\x1f\x8b":
        yield from contents_of(f"{name}!", gzip.decompress(content))
    elif content.startswith(b"NRRD") and b"encoding: gzip" in content:
        _, packed = content.split(b"\n\n", 1)
        yield f"{name}!", zlib.decompressobj(31).decompress(packed)


def found_in(folder, words) -> set[str]:
    """Return which of `words` stand anywhere in a folder, in names or in contents, in any encoding and case."""
    found = set()
    codes = ("utf-8", "utf-16-le", "utf-16-be")
    forms = {word: [word.lower().encode(code) for code in codes] for word in words}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder).as_posix()
        for name, content in contents_of(relative, path.read_bytes() if path.is_file() else b""):
            content = content.lower()
            for word in forms.keys() - found:
                if word.lower() in name.lower() or any(form in content for form in forms[word]):
                    found.add(word)
    return found


@pytest.fixture
def case(tmp_path, monkeypatch):
    """A DICOM series and masks that name a patient, a hospital, a user and places wherever they can."""
    home = tmp_path / f"{WORD}home"
    (home / "temporary").mkdir(parents=True)
    for variable in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(variable, f"{WORD}user")
    monkeypatch.setattr("tempfile.tempdir", str(home / "temporary"))
    _, j, i = np.indices((24, 50, 60))
    aorta = (i - 30) ** 2 + (j - 25) ** 2 <= 100
    plaques = np.zeros(aorta.shape, np.uint8)
    plaques[10:13, 25, 38:42] = 1
    ct = np.where(plaques, 800, np.where(aorta, 350, -50)).astype(np.int16)
    ct[:, :10] = -1000
    extra = {
        (0x0008, 0x0080): ("LO", f"{WORD}hospital"),
        (0x0008, 0x1010): ("SH", f"{WORD}sta"),
        (0x0008, 0x1030): ("LO", f"{WORD}study"),
        (0x0008, 0x103E): ("LO", f"{WORD}series"),
        (0x0010, 0x0010): ("PN", f"{WORD}^Patient"),
        (0x0010, 0x0020): ("LO", f"{WORD}id"),
        (0x0020, 0x000D): ("UI", f"{UID}.1"),
    }
    folder = home / f"{WORD}ct"
    positions = [(-20.0, -30.0, 1.25 * k) for k in range(24)]
    options = {"extra": extra, "pixel_mm": (0.7, 0.8)}
    write_series(folder, ct, positions, series=f"{UID}.2", **options)
    write_series(folder, ct[:5], positions[:5], series=f"{UID}.3", **options)

    def mask(name, array, *segments):
        path = as_segments(home / name, array, *segments)
        image = sitk.ReadImage(str(path))
        image.SetSpacing((0.8, 0.7, 1.25))
        image.SetOrigin(positions[0])
        image.SetMetaData(f"{WORD}key", f"{WORD}value")
        sitk.WriteImage(image, str(path))
        return path

    labels = aorta.astype(np.uint8)
    labels[:3][labels[:3] > 0] = 2
    return {
        "ct": folder,
        "arteries": mask(f"{WORD}arteries.seg.nrrd", labels, "Aorta", f"{WORD}segment"),
        "calcification": mask(f"{WORD}plaques.seg.nrrd", plaques, "calcification"),
        "home": home,
    }


def identifiers(home) -> list[str]:
    host = socket.gethostname()
    return [WORD, UID, str(home), *([host] if len(host) > 5 else [])]  # a short one is in many a word


def analyze(case, output, *options) -> int:
    masks = ["--arteries", case["arteries"], "--calcification", case["calcification"]]
    return cli.main([str(part) for part in ("analyze", case["ct"], "--output", output, *masks, *options)])


def test_an_anonymous_result_names_nobody(case, tmp_path, capsys):
    assert analyze(case, case["home"] / "plain") == 0
    assert {WORD, UID} <= found_in(case["home"] / "plain", identifiers(case["home"])), "there is something to leave out"
    assert analyze(case, case["home"] / "anonymous", "--anonymous") == 0
    assert f"{WORD}segment" in capsys.readouterr().out, "who runs it sees everything"
    written = {path.name for path in (case["home"] / "anonymous").iterdir()}
    assert {"arteries.nii.gz", "calcification.nii.gz", "measurements.json", "territories.csv"} <= written
    assert found_in(case["home"] / "anonymous", identifiers(case["home"])) == set()


def test_numbers_flags_and_verdict_are_those_of_the_full_result(case, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    results = []
    for name, options in (("plain", ()), ("anonymous", ("--anonymous",))):
        assert analyze(case, tmp_path / name, *options) == 0
        results.append(json.loads((tmp_path / name / "measurements.json").read_text(encoding="utf-8")))
    plain, anonymous = results
    jsonschema.validate(anonymous, measurements_schema())
    for part in ("territories", "total", "clusters", "parameters"):
        assert anonymous[part] == plain[part]
    assert [flag["code"] for flag in anonymous["flags"]] == [flag["code"] for flag in plain["flags"]]
    assert anonymous["trust"]["verdict"] == plain["trust"]["verdict"]
    assert {"several_series", "segments_left_out"} <= {flag["code"] for flag in plain["flags"]}
    assert anonymous["provenance"]["input"]["voxels_sha256"] == plain["provenance"]["input"]["voxels_sha256"]
    assert anonymous["provenance"]["anonymous"] is True


def test_models_and_edits_are_told_without_names(tmp_path):
    model = {"role": "arteries", "name": WORD, "configuration": WORD, "folds": ["0"], "checksum": "sha256:1"}
    provenance = {
        "software": {"name": "AbdominalCalcification", "version": "1"},
        "time": "2026-01-01T00:00:00Z",
        "input": {"name": WORD, "series_uid": UID, "added_later": WORD, "modality": "CT"},
        "models": [model],
        "calcification_source": {"kind": "model", "name": WORD},
        "parameters": {
            "device": "cpu",
            "artery_labels": {"52": "aorta", WORD: "renal_left"},
            "calcification_labels": {WORD: "calcification"},
            "label_names": {WORD: "aorta"},
            "added_later": WORD,
        },
        "edits": [
            {
                "mask": f"{WORD} arteries",
                "structure": "arteries",
                "editor": WORD,
                "changed_voxels": 7,
                "time": "2026",
                "entries": [{"editor": WORD, "tool": "Paint", "added_removed_voxels": {"aorta": [7, 0]}, "more": WORD}],
            }
        ],
        "added_later": WORD,
    }
    kept = anonymous_provenance(provenance)
    assert WORD not in json.dumps(kept)
    assert UID not in json.dumps(kept)
    assert kept["models"] == [{"role": "arteries", "name": "left out", "folds": ["0"], "checksum": "sha256:1"}]
    assert kept["edits"][0]["changed_voxels"] == 7
    assert kept["edits"][0]["entries"] == [
        {"editor": "left out", "tool": "Paint", "added_removed_voxels": {"aorta": [7, 0]}}
    ]
    assert kept["input"]["modality"] == "CT"
    assert kept["parameters"] == {"device": "cpu", "artery_labels": {"52": "aorta"}}


def test_an_analysis_with_models_says_their_checksums_alone(case):
    from AbdominalCalcificationLib.measurement import measure
    from AbdominalCalcificationLib.pipeline import Analysis
    from AbdominalCalcificationLib.reading import read_arteries, read_calcification

    arteries = read_arteries(case["arteries"]).volume
    calcification = read_calcification(case["calcification"]).volume
    origin = {"models": [{"name": WORD, "checksum": "sha256:2"}], "bundled": False, "label_names": {WORD: "aorta"}}
    measurement = measure(None, arteries, calcification)
    ct = arteries
    analysis = Analysis(measurement, arteries, calcification, ct, messages=(WORD,), origins={"arteries": origin})
    kept = anonymous_analysis(analysis)
    assert kept.messages == ()
    assert kept.origins == {"arteries": {"models": [{"name": "left out", "checksum": "sha256:2"}], "bundled": False}}


@pytest.mark.parametrize("code", KINDS)
def test_what_a_flag_quotes_is_left_out_whatever_its_code(code):
    flag = anonymous_flag(Flag(code, f"Found in '{WORD}'.", "aorta"))
    assert WORD not in flag.message
    assert (flag.code, flag.territory) == (code, "aorta")


def test_flags_of_unknown_origin_lose_their_message_and_the_list_of_others_is_true():
    assert set(KINDS) >= _OWN_WORDS
    assert WORD not in anonymous_flag(Flag("mixed_series", f"The slices differ in kernel: {WORD}.")).message
    assert "3 of 7" in anonymous_flag(Flag("missing_slices", "3 of 7 slices are missing.")).message


def test_of_every_flag_it_was_decided_whether_its_message_can_name_somebody():
    """Those that read or compare files and segments may; a new flag has to be put on either side."""
    may_name = "slices_doubtful unknown_orientation header_warning derived_series mixed_series joined_acquisitions "
    may_name += (
        "interleaved_acquisitions segments_left_out mask_outside_image mask_resampled mask_grid mask_fractional "
    )
    may_name += "masks_overlap names_overruled segment_assumed values_united mask_of_another_ct view_not_lateral "
    may_name += "view_overruled body_part_other"
    assert set(KINDS) - _OWN_WORDS == set(may_name.split())


def test_an_anonymous_evaluation_names_nobody(case, tmp_path):
    folder = case["home"]
    # Series and segments that are named are flagged; a case that cannot be read is told with its path.
    lines = ["case,patient,ct,arteries,calcification,calcification:net,group:phase"]
    for number in range(3):
        masks = f"{case['arteries'].name},{case['calcification'].name},{case['calcification'].name}"
        lines.append(f"{WORD}{number},{WORD}patient,{case['ct'].name},{masks},arterial")
    lines.append(f"{WORD}3,{WORD}other,{case['ct'].name},{WORD}gone.nrrd,{WORD}gone.nrrd,{WORD}gone.nrrd,venous")
    (folder / "cohort.csv").write_text("\n".join(lines), encoding="utf-8")
    command = ["evaluate", folder / "cohort.csv", "--method", "realistic", "--resamples", "20", "--jobs", "1"]

    def run(*options) -> int:
        return cli.main([str(part) for part in (*command, *options)])

    assert run("--output", folder / "plain") == 0
    assert {WORD, str(folder)} <= found_in(folder / "plain", identifiers(folder))
    assert run("--output", folder / "anonymous", "--anonymous") == 0
    assert found_in(folder / "anonymous", identifiers(folder)) == set()
    document = json.loads((folder / "anonymous" / "evaluation.json").read_text(encoding="utf-8"))
    assert document["settings"]["anonymous"] is True
    assert [(each["case"], each["method"]) for each in document["failed"]] == [("case 4", None)]
    assert document["patients"] == 2
    text = (folder / "anonymous" / "cases.csv").read_text(encoding="utf-8")
    assert re.search(r"^case 3,patient 1,arterial,net", text, re.MULTILINE)


def test_a_dataset_for_training_names_nobody(case):
    folder = case["home"]
    (folder / "cohort.csv").write_text(
        f"case,ct,calcification\n{WORD},{case['ct'].name},{case['calcification'].name}\n",
        encoding="utf-8",
    )
    table = folder / "cohort.csv"
    output = folder / "Dataset102_Calcification"
    command = ["export-dataset", table, "--task", "calcification", "--output", output, "--quiet"]
    assert cli.main([str(part) for part in command]) == 0
    assert found_in(output, [*identifiers(folder), "Secret"]) == set()


def test_the_bundled_models_are_known_by_their_checksums():
    from AbdominalCalcificationLib.inference import ModelFolder

    model = ModelFolder.open(resources.bundled_artery_model())
    kept = anonymous_provenance({"models": [model.identity()]})["models"]
    assert kept[0]["checksum"] == f"sha256:{model.checksum}"
