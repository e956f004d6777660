"""What objects made of a CT series take over from its files: order, patient, study, UIDs."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reporting.dicom import new_object, read_headers, write_object
from AbdominalCalcificationLib.reporting.report.patients import patient_of
from AbdominalCalcificationLib.reporting.result_folder import ResultFolder
from dicom_files import a_vessel, at_heights, write_enhanced, write_series

PDF = "1.2.840.10008.5.1.4.1.1.104.1"
HU = a_vessel(8, 24)
NAMED = {
    (0x0008, 0x0005): ("CS", "ISO_IR 192"),
    (0x0010, 0x0010): ("PN", "Müller^Jörg".encode()),
    (0x0010, 0x0020): ("LO", "4711"),
    (0x0010, 0x0030): ("DA", "19500101"),
    (0x0010, 0x0040): ("CS", "m"),
    (0x0008, 0x0020): ("DA", "20240230"),
    (0x0008, 0x1030): ("LO", "Aorta of Mr Mueller"),
    (0x0020, 0x0052): ("UI", "1.2.3.52"),
}


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    folder = write_series(tmp_path_factory.mktemp("ct"), HU, at_heights(range(8)), extra=NAMED)
    return read_ct(folder)


def test_images_come_in_slice_order(series):
    assert series.source.planes == tuple(range(8))
    assert series.source.is_as_stored
    for k, image in enumerate(series.source.images):
        assert np.array_equal(pydicom.dcmread(image.path).pixel_array - 1024, series.volume.array[k])


def test_frames_of_one_file_are_images(tmp_path):
    source = read_ct(write_enhanced(tmp_path / "ct.dcm", HU[::-1], at_heights(range(7, -1, -1)))).source
    headers = read_headers(source)
    assert headers.numbers == tuple((0, frame) for frame in range(7, -1, -1))
    assert len(headers.files) == 1


def test_planes_that_were_interpolated_are_no_images(tmp_path):
    heights = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13]
    source = read_ct(write_series(tmp_path / "gap", a_vessel(13, 24), at_heights(heights))).source
    assert source.planes == (0, 1, 2, 3, 4, None, *range(5, 13))
    tilted = [(-20.0, -20.0 + 0.3 * k, 2.0 * k) for k in range(8)]
    source = read_ct(write_series(tmp_path / "tilted", HU, tilted)).source
    assert source.planes == (None,) * 8


def test_an_object_has_patient_and_study_of_the_source(tmp_path, series):
    made = new_object(read_headers(series.source), PDF, "DOC", series_number=900, description="Report")
    write_object(tmp_path / "a.dcm", made)
    back = pydicom.dcmread(tmp_path / "a.dcm")
    assert str(back.PatientName) == "Müller^Jörg"
    assert (back.PatientID, back.PatientBirthDate, back.PatientSex) == ("4711", "19500101", "M")
    assert back.StudyDate == ""  # there is no 30th of February
    assert back.StudyInstanceUID == "1.2.3"
    assert back.SeriesInstanceUID not in ("1.2.3.1", "")
    for keyword in ("AccessionNumber", "StudyID", "StudyTime", "ReferringPhysicianName"):
        assert back[keyword].is_empty


@pytest.mark.parametrize(
    ("tag", "vr", "written", "keyword", "taken"),
    [
        ((0x0008, 0x0020), "DA", "2024.01.02", "StudyDate", "20240102"),
        ((0x0008, 0x0030), "TM", "10:11:12", "StudyTime", "101112"),
        ((0x0008, 0x0030), "TM", "101112.25", "StudyTime", "101112.25"),
        ((0x0008, 0x0030), "TM", "noon", "StudyTime", ""),
        ((0x0010, 0x0030), "DA", "19500101-19510101", "PatientBirthDate", ""),
        ((0x0010, 0x0040), "CS", "W", "PatientSex", ""),
        ((0x0010, 0x0010), "PN", "N" * 200, "PatientName", "N" * 200),
        ((0x0010, 0x0020), "LO", "4" * 100, "PatientID", "4" * 100),
        ((0x0008, 0x1030), "LO", "x" * 90, "StudyDescription", "x" * 64),
        ((0x0010, 0x1010), "AS", "74", "PatientAge", None),
        ((0x0010, 0x1010), "AS", "074Y", "PatientAge", "074Y"),
    ],
)
def test_values_are_taken_over_as_they_may_be(tmp_path, tag, vr, written, keyword, taken):
    source = read_ct(write_series(tmp_path / "ct", HU, at_heights(range(8)), extra={tag: (vr, written)})).source
    found = read_headers(source).first.get(keyword)
    assert (None if found is None else str(found)) == taken


@pytest.mark.parametrize(
    ("said", "name", "taken"),
    [
        (None, "Müller^Jörg".encode(), "Müller^Jörg"),
        ("UNKNOWN", "山田^太郎".encode(), "山田^太郎"),
        (None, "Müller^Jörg".encode("latin-1"), "Müller^Jörg"),
        ("ISO_IR 100", "Müller^Jörg".encode("latin-1"), "Müller^Jörg"),
        ("ISO_IR 100", "MÃ¼ller".encode("latin-1"), "MÃ¼ller"),
        ("\\ISO 2022 IR 87", b"Yamada=\x1b$B;3ED\x1b(B", "Yamada=山田"),
    ],
)
def test_names_are_read_in_the_characters_that_they_are_in(tmp_path, said, name, taken):
    extra = {(0x0008, 0x0005): said and ("CS", said), (0x0010, 0x0010): ("PN", name)}
    source = read_ct(write_series(tmp_path / "ct", HU, at_heights(range(8)), extra=extra)).source
    assert str(read_headers(source).first.PatientName) == taken


def test_a_backslash_does_not_change_an_identifier(tmp_path):
    extra = {(0x0010, 0x0020): ("LO", b"A 4711\\B"), (0x0008, 0x1030): ("LO", b"Aorta\\iliac")}
    headers = read_headers(read_ct(write_series(tmp_path / "ct", HU, at_heights(range(8)), extra=extra)).source)
    write_object(tmp_path / "a.dcm", new_object(headers, PDF, "DOC", series_number=900, description="Report"))
    assert b"A 4711\\B" in (tmp_path / "a.dcm").read_bytes()
    assert b"Aorta\\iliac" in (tmp_path / "a.dcm").read_bytes()
    facts = dict(patient_of(headers.first).facts)
    assert (facts["Patient ID"], facts["Study"]) == ("A 4711\\B", "Aorta\\iliac")


def test_an_anonymous_object_has_nothing_of_them(series):
    headers = read_headers(series.source, "checksum")
    text = str(new_object(headers, PDF, "DOC", series_number=900, description="Report"))
    for secret in ("ller", "4711", "1950", "'1.2.3'", "1.2.3.1", "1.2.3.52"):
        assert secret not in text
    assert read_headers(series.source, "checksum").first == headers.first
    assert read_headers(series.source, "another").first.StudyInstanceUID != headers.first.StudyInstanceUID


def test_files_that_nothing_can_refer_to_are_refused(tmp_path):
    folder = write_series(tmp_path / "ct", HU, at_heights(range(8)), instance="1.2.9.1")
    with pytest.raises(InputError, match="same SOP Instance UID"):
        read_headers(read_ct(folder).source)
    no_study = write_series(tmp_path / "other", HU, at_heights(range(8)), extra={(0x0020, 0x000D): None})
    source = read_ct(no_study).source
    with pytest.raises(InputError, match="no Study UID"):
        read_headers(source)
    source.images[0].path.unlink()
    with pytest.raises(InputError, match="cannot be read any more"):
        read_headers(source)


def test_a_result_may_have_files_in_folders(tmp_path):
    names = ("dicom/a.dcm", "measurements.json")
    with ResultFolder(tmp_path / "result", names=names) as unfinished:
        (unfinished / "dicom").mkdir()
        for name in names:
            (unfinished / name).write_text("1")
    with ResultFolder(tmp_path / "result", overwrite=True, names=names) as unfinished:
        (unfinished / "measurements.json").write_text("2")
    assert (tmp_path / "result" / "measurements.json").read_text() == "2"
    assert not (tmp_path / "result" / "dicom" / "a.dcm").exists()
    with ResultFolder(tmp_path / "result", overwrite=True, names=names) as unfinished:
        (unfinished / "dicom").mkdir()
        for name in names:
            (unfinished / name).write_text("3")
    assert (tmp_path / "result" / "dicom" / "a.dcm").read_text() == "3"


def headers_with(folder, extra, key=None):
    return read_headers(read_ct(write_series(folder, HU, at_heights(range(8)), extra=extra)).source, key).first


def test_values_that_are_none_are_made_into_what_objects_may_have(tmp_path):
    first = headers_with(
        tmp_path,
        {
            (0x0008, 0x0090): ("PN", "Refer^A\\B"),
            (0x0008, 0x1030): ("LO", b"two\nlines\x00" + b"x" * 80),
            (0x0010, 0x0010): ("PN", b"A\x07^B\\C^D\x00"),
            (0x0010, 0x0020): ("LO", b"ID\x00\x01"),
            (0x0012, 0x0062): ("CS", "MAYBE"),
            (0x0012, 0x0063): ("LO", "m" * 100 + "\\n"),
            (0x0012, 0x0064): ("SQ", [b""]),
            (0x0018, 0x0050): ("DS", "thick"),
            (0x0020, 0x0052): ("UI", "1." + "3" * 80),
            (0x0020, 0x1040): ("LO", "x" * 80),
            (0x0028, 0x0303): ("CS", "PERHAPS"),
        },
    )
    assert str(first.PatientName) == "A ^B C^D"
    assert str(first.ReferringPhysicianName) == "Refer^A B"
    assert first.PatientID == "ID"
    assert first.StudyDescription == ("two lines " + "x" * 80)[:64]
    assert list(first.DeidentificationMethod) == ["m" * 64, "n"]
    assert first.PositionReferenceIndicator == "x" * 64
    assert len(first.FrameOfReferenceUID) <= 64
    for keyword in ("PatientIdentityRemoved", "DeidentificationMethodCodeSequence", "SliceThickness"):
        assert keyword not in first
    assert "LongitudinalTemporalInformationModified" not in first


@pytest.mark.parametrize("tag", [(0x0020, 0x000D), (0x0020, 0x000E)], ids=["study", "series"])
@pytest.mark.parametrize("uid", ["1." + "3" * 80, "1.2.abc", "1.2-3"])
def test_uids_that_are_none_are_refused_where_objects_would_have_them(tmp_path, tag, uid):
    with pytest.raises(InputError, match="UID that is none"):
        headers_with(tmp_path, {tag: ("UI", uid)})
    assert len(headers_with(tmp_path, {tag: ("UI", uid)}, key="checksum").StudyInstanceUID) <= 64


def test_uids_that_only_have_zeros_before_numbers_stay(tmp_path):
    assert headers_with(tmp_path, {(0x0020, 0x000D): ("UI", "1.02.003")}).StudyInstanceUID == "1.02.003"
