"""DICOM segmentations and reports of results: valid, read back voxel by voxel, digit by digit, with their history.

Programs that are not there are skipped: dciodvfy (dicom3tools), dicom-validator, segimage2itkimage (dcmqi).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.reading import read_arteries, read_calcification
from AbdominalCalcificationLib.reporting.dicom import codes, read_headers, write_dicom_steps
from AbdominalCalcificationLib.reporting.dicom.names import ARTERIES, CALCIFICATION, MEASUREMENTS
from dicom_cases import EDIT, MOVED, SERIES, a_case, read_series
from dicom_files import at_heights, write_series
from dicom_standard import standard_errors

highdicom = pytest.importorskip("highdicom", reason="writes the objects of these tests")
import pydicom  # noqa: E402


def written(case, folder, key=None, kind="BINARY"):
    """Write the objects of a case, and return notes."""
    folder.mkdir(exist_ok=True)
    steps = write_dicom_steps(folder, case.result, read_headers(case.ct.source, key), kind)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def items_of(dataset):
    """Yield every data set in one, itself included."""
    yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from items_of(item)


def texts_of(report) -> str:
    """Return what a report says in words."""
    return "\n".join(str(each.TextValue) for each in items_of(report) if "TextValue" in each)


def segments_of(group) -> set[int]:
    """Return the segments that a group of a report refers to."""
    items = (item for each in group for item in items_of(each))
    return {int(item.ReferencedSegmentNumber) for item in items if "ReferencedSegmentNumber" in item}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Each kind of series with its objects, made when it is asked for."""
    made = {}

    def get(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name.replace(" ", "_"))
            case = a_case(read_series(name, folder / "ct"))
            made[name] = case, folder / "result", written(case, folder / "result")
        return made[name]

    return get


@pytest.mark.parametrize("name", SERIES)
def test_masks_read_back_are_the_same_voxel_by_voxel(cases, name):
    case, folder, notes = cases(name)
    grid = case.ct.volume.grid
    arteries, calcification = read_arteries(folder / ARTERIES), read_calcification(folder / CALCIFICATION)
    assert np.array_equal(align_labels(arteries.volume, grid).array, case.result.arteries.array)
    assert np.array_equal(align_labels(calcification.volume, grid).array != 0, case.result.calcification.array != 0)
    assert not arteries.flags
    assert not calcification.flags
    assert arteries.drawn_on[0].series_uid == case.ct.identity["series_uid"]
    assert bool(notes) == (name in MOVED)


@pytest.mark.parametrize("name", SERIES)
def test_other_readers_find_the_same_voxels(cases, name):
    case, folder, _ = cases(name)
    segmentation = highdicom.seg.segread(folder / ARTERIES)
    volume = segmentation.get_volume(combine_segments=True, allow_missing_positions=True)
    array, lps = volume.array, volume.affine
    indices = np.argwhere(array)
    points = (np.column_stack([indices, np.ones(len(indices))]) @ lps.T)[:, :3] * (-1, -1, 1)
    there = case.ct.volume.grid.kji_of_ras(points)
    expected = np.argwhere(case.result.arteries.array)
    assert np.abs(there - np.rint(there)).max() < 0.1
    assert {tuple(each) for each in np.rint(there).astype(int)} == {tuple(each) for each in expected}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize("name", SERIES)
def test_dciodvfy_finds_no_error(cases, name):
    _, folder, _ = cases(name)
    for file in (ARTERIES, CALCIFICATION, MEASUREMENTS):
        said = subprocess.run(["dciodvfy", "-new", folder / file], capture_output=True, text=True).stderr
        assert "Error" not in said
        assert "Segmentation" in said or "Comprehensive3DSR" in said


@pytest.fixture(scope="module")
def errors_of():
    return standard_errors()


@pytest.mark.parametrize("name", SERIES)
def test_dicom_validator_finds_no_error(cases, errors_of, name):
    _, folder, _ = cases(name)
    for file in (ARTERIES, CALCIFICATION, MEASUREMENTS):
        assert errors_of(folder / file) == []


def test_dicom_validator_would_find_errors(cases, errors_of, tmp_path):
    _, folder, _ = cases("axial")
    made = pydicom.dcmread(folder / ARTERIES)
    del made.PatientName, made.SegmentSequence[0].SegmentLabel
    made.Modality = "CT"
    made.save_as(tmp_path / "broken.dcm")
    assert len(errors_of(tmp_path / "broken.dcm")) >= 3


@pytest.mark.parametrize("name", SERIES)
def test_what_modules_require_is_there(cases, name):
    """By highdicom's tables of PS3.3: attributes of type 1 have a value, those of type 2 are there."""
    tables = Path(highdicom.__file__).parent / "_standard"
    if not tables.is_dir():
        pytest.skip("this highdicom keeps its tables elsewhere")
    iods, modules, attributes = (
        json.loads((tables / f"{table}.json").read_text())
        for table in ("sop_class_iod_map", "iod_module_map", "module_attribute_map")
    )
    _, folder, _ = cases(name)
    for file in (ARTERIES, CALCIFICATION, MEASUREMENTS):
        made = pydicom.dcmread(folder / file)
        for module in modules[iods[made.SOPClassUID]]:
            if module["usage"] != "M" or module["key"] == "sr-document-content":  # by the kind of item
                continue
            for attribute in attributes[module["key"]]:
                if attribute["path"] or attribute["type"] not in ("1", "2"):
                    continue
                assert attribute["keyword"] in made, (file, module["key"], attribute)
                assert attribute["type"] == "2" or not made[attribute["keyword"]].is_empty


@pytest.mark.parametrize("name", ["axial", "multi-frame", "tilted", "slice missing"])
def test_frames_refer_to_their_images(cases, name):
    case, folder, _ = cases(name)
    made = pydicom.dcmread(folder / ARTERIES)
    source = [pydicom.dcmread(image.path) for image in case.ct.source.images]
    (series,) = made.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == case.ct.identity["series_uid"]
    assert {each.ReferencedSOPInstanceUID for each in series.ReferencedInstanceSequence} == {
        each.SOPInstanceUID for each in source
    }
    assert made.FrameOfReferenceUID
    for frame in made.PerFrameFunctionalGroupsSequence:
        (derivation,) = frame.DerivationImageSequence
        position = list(frame.PlanePositionSequence[0].ImagePositionPatient)
        exact = [each for each in derivation.SourceImageSequence if each.SpatialLocationsPreserved == "YES"]
        assert len(derivation.SourceImageSequence) in (1, 2)
        if name in ("axial", "multi-frame"):
            (item,) = exact
        for item in exact:
            numbers = {
                n
                for n, image in enumerate(case.ct.source.images)
                if image.sop_instance == item.ReferencedSOPInstanceUID
                and item.get("ReferencedFrameNumber", image.frame + 1) == image.frame + 1
            }
            (number,) = numbers
            assert position == pytest.approx(case.ct.source.images[number].position)
    if name == "tilted":
        assert not exact


def test_segments_are_described(cases):
    _, folder, _ = cases("axial")
    made = pydicom.dcmread(folder / ARTERIES)
    assert made.SegmentationType == "BINARY"
    assert [each.SegmentLabel for each in made.SegmentSequence] == [
        "Aorta",
        "Coeliac trunk",
        "Right common iliac artery",
    ]
    right = made.SegmentSequence[2]
    (kind,) = right.SegmentedPropertyTypeCodeSequence
    assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("73634005", "SCT")
    assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeValue == "24028007"
    assert right.RecommendedDisplayCIELabValue
    # Of a given mask nothing is known but that somebody gave it.
    assert right.SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert right.SegmentAlgorithmName == "Given mask"
    assert made["ContentCreatorName"].is_empty  # type 2 in some editions of PS3.3, type 3 in others
    (plaque,) = pydicom.dcmread(folder / CALCIFICATION).SegmentSequence
    assert plaque.SegmentedPropertyTypeCodeSequence[0].CodeValue == "18115005"


def _drawn(*added_removed):
    return {**EDIT, "entries": [{"added_removed_voxels": each} for each in added_removed]}


@pytest.mark.parametrize(
    ("provenance", "kind"),
    [
        ({"models": [{"role": "calcification", "name": "m", "checksum": "c"}]}, "AUTOMATIC"),
        ({"models": [{"role": "calcification", "name": "m", "checksum": "c"}], "edits": [EDIT]}, "SEMIAUTOMATIC"),
        ({"calcification_source": {"kind": "threshold", "method": "fixed:300"}}, "AUTOMATIC"),
        ({"edits": [EDIT]}, "SEMIAUTOMATIC"),
        ({"edits": [_drawn({"calcification": [25, 5]})]}, "MANUAL"),
        ({"edits": [_drawn({"calcification": [25, 6]})]}, "SEMIAUTOMATIC"),
        ({"edits": [_drawn({"aorta": [25, 15]}, {"renal_left": [10, 0]})]}, "MANUAL"),
        ({"edits": [{**EDIT, "structure": "arteries"}]}, "SEMIAUTOMATIC"),
        ({}, "SEMIAUTOMATIC"),
    ],
)
def test_how_a_mask_was_made_is_told(provenance, kind):
    from AbdominalCalcificationLib.reporting.dicom.origin import mask_origin

    assert mask_origin({"provenance": provenance}, "calcification", voxels=20).kind == kind


def test_names_of_people_and_models_are_one_value_each():
    from AbdominalCalcificationLib.reporting.dicom.origin import editors, mask_origin
    from AbdominalCalcificationLib.reporting.dicom.segmentation import person_name

    assert person_name("A^B^C^D^E^F=G\\H") == "A^B^C^D^E F G H"
    assert person_name("Dr. Ö\x1b$B\n山") == "Dr. Ö $B 山^"
    assert editors({"provenance": {"edits": [{"editor": " ^ "}, {"editor": "Ö"}, {"editor": ""}]}}) == ["Ö"]
    for name, written in (("C:\\models\\a", "C:/models/a"), (" ", "unnamed model"), (None, "unnamed model")):
        models = [{"role": "arteries", "name": name, "checksum": None}]
        assert mask_origin({"provenance": {"models": models}}, "arteries").name == written


def test_label_maps_are_read_back(cases, tmp_path):
    case, _, _ = cases("oblique")
    written(case, tmp_path / "result", kind="LABELMAP")
    made = pydicom.dcmread(tmp_path / "result" / ARTERIES)
    assert made.SegmentationType == "LABELMAP"
    back = read_arteries(tmp_path / "result" / ARTERIES)
    assert np.array_equal(align_labels(back.volume, case.ct.volume.grid).array, case.result.arteries.array)
    assert not back.flags


def test_the_report_has_the_numbers_to_the_last_digit(cases):
    case, folder, _ = cases("axial")
    report = highdicom.sr.srread(folder / MEASUREMENTS)
    groups = {each.tracking_identifier: each for each in report.content.get_volumetric_roi_measurement_groups()}
    assert set(groups) == {"aorta", "celiac_trunk", "common_iliac_right"}
    segments = {each.TrackingID: each.SegmentNumber for each in pydicom.dcmread(folder / ARTERIES).SegmentSequence}
    for name, group in groups.items():
        said = next(each for each in case.result.document["territories"] if each["name"] == name)
        found = {
            (each.name.value, each.derivation and each.derivation.value): (each.value, each.unit.value)
            for each in group.get_measurements()
        }
        assert found[("118565006", None)] == (said["artery_volume_mm3"], "mm3")
        assert found[("112197", None)] == (said["calcified_volume_mm3"], "mm3")
        assert found[("112198", None)] == (100 * said["burden"], "%")
        assert found[("111038", None)] == (said["cluster_count"], "1")
        largest = said["largest_cluster_volume_mm3"]
        assert found.get(("112197", codes.MAXIMUM.value), (None,))[0] == largest
        assert group.finding_type.value == "237897009"
        (site,) = group.finding_sites
        assert site.value.value == territory(name).code.value
        assert group.reference_type.value == "121191"  # a referenced segment
        assert segments_of(group) == {segments[name]}
    assert ("121211", codes.MAXIMUM.value) in {
        (each.name.value, each.derivation and each.derivation.value)
        for each in groups["celiac_trunk"].get_measurements()
    }
    for flag in case.result.document["flags"]:
        assert flag["message"] in texts_of(report)


def test_after_a_correction_what_is_tracked_stays_and_the_rest_is_new(tmp_path):
    ct = read_series("axial", tmp_path / "ct")
    before, after = a_case(ct), a_case(ct, edits=[EDIT], grow=True)
    written(before, tmp_path / "before")
    written(after, tmp_path / "after")
    reports = [highdicom.sr.srread(tmp_path / name / MEASUREMENTS) for name in ("before", "after")]
    tracked = [
        {each.tracking_identifier: each.tracking_uid for each in report.content.get_volumetric_roi_measurement_groups()}
        for report in reports
    ]
    assert tracked[0] == tracked[1]
    assert len(set(tracked[0].values())) == len(tracked[0])
    assert reports[0].SOPInstanceUID != reports[1].SOPInstanceUID
    assert reports[0].SeriesInstanceUID != reports[1].SeriesInstanceUID
    masks = [pydicom.dcmread(tmp_path / name / CALCIFICATION) for name in ("before", "after")]
    assert masks[0].SOPInstanceUID != masks[1].SOPInstanceUID
    assert masks[0].SegmentSequence[0].TrackingUID == masks[1].SegmentSequence[0].TrackingUID
    assert masks[1].SegmentSequence[0].SegmentAlgorithmType == "SEMIAUTOMATIC"
    assert masks[1].ContentCreatorName.family_name == "Erika Musterfrau"
    burdens = [
        [m.value for g in report.content.get_volumetric_roi_measurement_groups() for m in g.get_measurements()]
        for report in reports
    ]
    assert burdens[0] != burdens[1]
    assert "17 voxels changed, by Erika Musterfrau" in texts_of(reports[1])
    assert "corrected by hand" not in texts_of(reports[0])


def test_without_calcification_and_without_arteries_what_is_empty_is_not_written(tmp_path):
    from dataclasses import replace

    ct = read_series("axial", tmp_path / "ct")
    case = a_case(ct)
    empty = case.result.calcification.with_array(np.zeros_like(case.result.calcification.array))
    none = replace(case, result=replace(case.result, calcification=empty))
    notes = written(none, tmp_path / "one")
    assert not (tmp_path / "one" / CALCIFICATION).exists()
    assert (tmp_path / "one" / MEASUREMENTS).exists()
    assert "calcification is empty" in notes[0]
    nothing = replace(case, result=replace(case.result, calcification=empty, arteries=empty))
    assert len(written(nothing, tmp_path / "two")) == 3
    assert not list((tmp_path / "two" / "dicom").iterdir())


def test_names_of_any_length_and_script_are_kept(tmp_path):
    name = "山田^太郎=やまだ^たろう"
    extra = {(0x0008, 0x0005): ("CS", "ISO_IR 192"), (0x0010, 0x0010): ("PN", name.encode())}
    extra |= {(0x0010, 0x0040): ("CS", "X"), (0x0010, 0x0030): ("DA", "unknown")}
    from AbdominalCalcificationLib.reading import read_ct
    from dicom_cases import HU

    folder = write_series(tmp_path / "ct", HU, at_heights(range(len(HU))), extra=extra)
    written(a_case(read_ct(folder)), tmp_path / "result")
    for file in (ARTERIES, CALCIFICATION, MEASUREMENTS):
        made = pydicom.dcmread(tmp_path / "result" / file)
        assert str(made.PatientName) == name
        assert made.PatientSex == ""
        assert made.PatientBirthDate == ""


@pytest.mark.skipif(shutil.which("segimage2itkimage") is None, reason="segimage2itkimage (dcmqi) is not installed")
@pytest.mark.parametrize("name", SERIES)
def test_dcmqi_reads_the_same_voxels(cases, tmp_path, name):
    import SimpleITK as sitk

    case, folder, _ = cases(name)
    command = ["segimage2itkimage", "--inputDICOM", folder / ARTERIES, "--outputDirectory", tmp_path, "-t", "nrrd"]
    assert subprocess.run(command, capture_output=True).returncode == 0
    for number, each in enumerate(pydicom.dcmread(folder / ARTERIES).SegmentSequence, start=1):
        image = sitk.ReadImage(str(next(tmp_path.glob(f"*{number}.nrrd"))))
        indices = np.argwhere(sitk.GetArrayFromImage(image))
        lps = np.array([image.TransformContinuousIndexToPhysicalPoint(p[::-1].tolist()) for p in indices.astype(float)])
        there = case.ct.volume.grid.kji_of_ras(lps * (-1, -1, 1))
        expected = np.argwhere(case.result.arteries.array == territory(each.TrackingID).label)
        assert {tuple(p) for p in np.rint(there).astype(int)} == {tuple(p) for p in expected}


def test_masks_that_are_finer_than_the_ct_keep_their_voxels(tmp_path):
    from dataclasses import replace

    from AbdominalCalcificationLib.geometry import Grid

    ct = read_series("oblique", tmp_path / "ct")
    case = a_case(ct)
    matrix = ct.volume.grid.ijk_to_ras.copy()
    matrix[:3, :3] /= 2
    fine = Grid(tuple(2 * n for n in ct.volume.grid.shape), matrix)
    rng = np.random.default_rng(0)
    arteries = align_labels(case.result.arteries, fine)
    arteries = arteries.with_array(arteries.array * (rng.random(fine.shape) < 0.9))
    calcification = align_labels(case.result.calcification, fine)
    finer = replace(case, result=replace(case.result, arteries=arteries, calcification=calcification))
    notes = written(finer, tmp_path / "result")
    assert "planes of their own" in notes[0]
    back = read_arteries(tmp_path / "result" / ARTERIES)
    assert np.array_equal(align_labels(back.volume, fine).array, arteries.array)
    made = pydicom.dcmread(tmp_path / "result" / ARTERIES)
    for frame in made.PerFrameFunctionalGroupsSequence:
        sources = frame.DerivationImageSequence[0].SourceImageSequence
        assert 1 <= len(sources) <= 2
        assert {each.SpatialLocationsPreserved for each in sources} == {"NO"}
