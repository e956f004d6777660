"""Which images make the volume: series, patients and phases are told apart, and never mixed or guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.cli import main
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import KINDS, Effect
from AbdominalCalcificationLib.reading import read_ct
from dicom_files import a_vessel, at_heights, element, write_enhanced, write_slice

ARTERIAL, VENOUS = a_vessel(20, lumen_hu=350), a_vessel(20, lumen_hu=150, seed=1)
NUMBER, TIME, DATE, MOMENT = (0x0020, 0x0012), (0x0008, 0x0032), (0x0008, 0x0022), (0x0008, 0x002A)
TEMPORAL, TRIGGER, CONTENT, INSTANCE = (0x0020, 0x0100), (0x0018, 0x1060), (0x0008, 0x0033), (0x0020, 0x0013)
KERNEL, DESCRIPTION, VOLTAGE, THICKNESS = (0x0018, 0x1210), (0x0008, 0x103E), (0x0018, 0x0060), (0x0018, 0x0050)
PATIENT = (0x0010, 0x0020)


def a_series(folder: Path, hu=ARTERIAL, start=0.0, step=2.0, tag="", each=lambda n: {}, **options) -> Path:
    """Write a slice for each of `hu`; `each` gives elements of the n-th."""
    extra = options.pop("extra", {})
    for n, position in enumerate(at_heights(start + step * np.arange(len(hu)))):
        write_slice(folder / f"{tag}{n:03}.dcm", hu[n], position, extra={**extra, **each(n)}, **options)
    return folder


def codes(ct) -> set[str]:
    return {flag.code for flag in ct.flags}


# Copies and UIDs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [lambda n: n // 2, lambda n: n // 5, lambda n: 0, lambda n: n % 2])
def test_different_images_that_share_a_uid_are_all_read(tmp_path, share):
    for n, position in enumerate(at_heights(2.0 * np.arange(20))):
        write_slice(tmp_path / f"{n:03}.dcm", ARTERIAL[n], position, instance=f"1.2.9.{share(n)}")
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, ARTERIAL)
    assert ct.volume.grid.spacing_mm[2] == pytest.approx(2)
    assert codes(ct) == {"repeated_uids"}


@pytest.mark.parametrize("same_uid", [True, False])
def test_copies_agree_in_position_and_pixels_whatever_their_uid(tmp_path, same_uid):
    for copy in range(2):
        for n, position in enumerate(at_heights(2.0 * np.arange(20))):
            uid = f"1.2.9.{n}" if same_uid else f"1.2.9.{copy}.{n}"
            write_slice(tmp_path / str(copy) / f"{n:03}.dcm", ARTERIAL[n], position, instance=uid)
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, ARTERIAL)
    assert [flag.message for flag in ct.flags] == ["Not part of the volume that was read: 20 copies of images."]


@pytest.mark.parametrize("number", [0, 7, 19])
def test_one_image_with_two_contents_is_refused(tmp_path, number):
    a_series(tmp_path)
    write_slice(tmp_path / "other.dcm", VENOUS[number], at_heights([2.0 * number])[0], instance="1.2.9.1")
    with pytest.raises(InputError, match="21 images at 20 positions, so it holds several volumes"):
        read_ct(tmp_path)


def test_what_two_phases_have_in_common_is_no_copy(tmp_path):
    """Slices of air alone are the same in both phases; each phase keeps its own."""
    arterial, venous = ARTERIAL.copy(), VENOUS.copy()
    arterial[:3] = venous[:3] = -1000
    a_series(tmp_path, arterial, tag="a", extra={NUMBER: ("IS", 1)})
    a_series(tmp_path, venous, tag="b", extra={NUMBER: ("IS", 2)})
    ct = read_ct(tmp_path, acquisition="2")
    assert np.array_equal(ct.volume.array, venous)


# Several volumes in one series -----------------------------------------------------------------------------------

MARKS = {
    "acquisition number": ({NUMBER: ("IS", 1)}, {NUMBER: ("IS", 2)}, "2"),
    "acquisition time": ({TIME: ("TM", "101500")}, {TIME: ("TM", "101610.25")}, "101610"),
    "acquisition moment": ({MOMENT: ("DT", "20260101101500")}, {MOMENT: ("DT", "20260101101610")}, "101610"),
    "temporal position": ({TEMPORAL: ("IS", 1)}, {TEMPORAL: ("IS", 2)}, "2"),
    "trigger time": ({TRIGGER: ("DS", 0)}, {TRIGGER: ("DS", 450)}, "450"),
    "content time": ({CONTENT: ("TM", "101700")}, {CONTENT: ("TM", "101800")}, "101800"),
    "kernel": ({KERNEL: ("SH", "B30f")}, {KERNEL: ("SH", "B60f")}, "B60f"),
    "tube voltage": ({VOLTAGE: ("DS", 100)}, {VOLTAGE: ("DS", 140)}, "140"),
    "series description": ({DESCRIPTION: ("LO", "arterial")}, {DESCRIPTION: ("LO", "venous")}, "venous"),
    "slice thickness": ({THICKNESS: ("DS", 1)}, {THICKNESS: ("DS", 3)}, "3"),
}


@pytest.mark.parametrize("offset", [0.0, 0.9, 1.0])
@pytest.mark.parametrize("name", sorted(MARKS))
def test_phases_in_one_series_are_refused_and_can_be_chosen(tmp_path, name, offset):
    first, second, label = MARKS[name]
    a_series(tmp_path, ARTERIAL, 0, tag="a", extra=first)
    a_series(tmp_path, VENOUS, offset, tag="b", extra=second)
    with pytest.raises(InputError, match=rf"2 volumes, told apart by their .*--acquisition: .*{label} \(20 images"):
        read_ct(tmp_path)
    ct = read_ct(tmp_path, acquisition=label)
    assert np.array_equal(ct.volume.array, VENOUS)
    assert ct.volume.grid.ijk_to_ras[2, 3] == pytest.approx(offset)
    assert [flag.message for flag in ct.flags] == [
        "Not part of the volume that was read: 20 images of other volumes of the series."
    ]


def test_times_of_single_images_are_clustered(tmp_path):
    """Some scanners give each image its own time: a phase is what lies before a pause."""

    def times(start):
        return lambda n: {TIME: ("TM", f"{start + n // 10:06}.{n % 10}")}

    a_series(tmp_path, ARTERIAL, tag="a", each=times(101500))
    a_series(tmp_path, VENOUS, 1, tag="b", each=times(101530))
    with pytest.raises(InputError, match=r"acquisition time.*101500 \(20 images.*101530 \(20 images"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="101530").volume.array, VENOUS)


def test_runs_of_instance_numbers_are_volumes(tmp_path):
    a_series(tmp_path, ARTERIAL, tag="a", each=lambda n: {INSTANCE: ("IS", 1 + n)})
    a_series(tmp_path, VENOUS, 1, tag="b", each=lambda n: {INSTANCE: ("IS", 21 + n)})
    with pytest.raises(InputError, match=r"instance number.*1-20 \(20 images.*21-40 \(20 images"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="21-40").volume.array, VENOUS)


def test_folders_of_one_series_are_volumes(tmp_path):
    a_series(tmp_path / "art", ARTERIAL)
    a_series(tmp_path / "ven", VENOUS, 1)
    with pytest.raises(InputError, match=r"folder.*art \(20 images.*ven \(20 images"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="ven").volume.array, VENOUS)


@pytest.mark.parametrize("offset", [0.5, 0.6, 0.8, 1.3, 1.7])
def test_distances_that_alternate_are_two_volumes(tmp_path, offset):
    """Nothing in the headers tells the phases apart, but two scans lie there, each evenly."""
    a_series(tmp_path, ARTERIAL, tag="a")
    a_series(tmp_path, VENOUS, offset, tag="b")
    if offset == 0.5:  # as with two of every four slices missing, so there is nothing to choose
        with pytest.raises(InputError, match="slices are missing or several stacks are mixed"):
            read_ct(tmp_path)
        return
    with pytest.raises(InputError, match=r"position.*1of2 \(20 images.*2of2 \(20 images"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="1of2").volume.array, ARTERIAL)


@pytest.mark.parametrize("offset", [0.95, 1.0, 1.05])
def test_phases_half_a_slice_apart_are_told_by_their_pixels(tmp_path, offset):
    a_series(tmp_path, ARTERIAL, tag="a")
    a_series(tmp_path, VENOUS, offset, tag="b")
    with pytest.raises(
        InputError, match=r"alternate between 2 phases that differ by at least 1[89]\d HU.*2of2 \(20 images"
    ):
        read_ct(tmp_path)
    ct = read_ct(tmp_path, acquisition="2of2")
    assert np.array_equal(ct.volume.array, VENOUS)
    assert ct.volume.grid.spacing_mm[2] == pytest.approx(2)


def test_one_scan_is_not_halved(tmp_path):
    a_series(tmp_path)
    with pytest.raises(InputError, match="no acquisition '1of2'; it is a single volume"):
        read_ct(tmp_path, acquisition="1of2")


def test_three_phases_are_told_by_their_pixels(tmp_path):
    for phase, lumen_hu in enumerate((40, 350, 180)):
        a_series(tmp_path, a_vessel(12, lumen_hu=lumen_hu, seed=phase), phase, step=3.0, tag=str(phase))
    with pytest.raises(InputError, match="alternate between 3 phases"):
        read_ct(tmp_path)
    assert np.median(read_ct(tmp_path, acquisition="3of3").volume.array[:, 24, 24]) == pytest.approx(180, abs=15)


def test_a_few_slices_of_another_phase_are_found(tmp_path):
    a_series(tmp_path, ARTERIAL, tag="a", extra={NUMBER: ("IS", 1)})
    a_series(tmp_path, VENOUS[:4], 7, tag="b", extra={NUMBER: ("IS", 2)})
    with pytest.raises(InputError, match=r"1 \(20 images.*2 \(4 images"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="1").volume.array, ARTERIAL)


def test_volumes_that_two_marks_together_tell_apart(tmp_path):
    for phase, hu in enumerate((ARTERIAL, VENOUS)):
        for number, kernel in enumerate(("B30f", "B60f")):
            extra = {NUMBER: ("IS", phase + 1), KERNEL: ("SH", kernel)}
            a_series(tmp_path, hu + 5 * number, tag=f"{phase}{kernel}", extra=extra)
    with pytest.raises(InputError, match=r"4 volumes, told apart by their acquisition number and kernel"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="2/B60f").volume.array, VENOUS + 5)


def test_an_acquisition_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    a_series(tmp_path, ARTERIAL, tag="a", extra={NUMBER: ("IS", 1)})
    with pytest.raises(InputError, match="no acquisition '7'; it is a single volume"):
        read_ct(tmp_path, acquisition="7")
    assert np.array_equal(read_ct(tmp_path, acquisition="1").volume.array, ARTERIAL)
    a_series(tmp_path, VENOUS, 1, tag="b", extra={NUMBER: ("IS", 2)})
    with pytest.raises(InputError, match=r"no acquisition '7'; it has 1 \(20 images, 0 to 38 mm\), 2 \(20 images"):
        read_ct(tmp_path, acquisition="7")


@pytest.mark.parametrize("content", [{"number": 1}, {"moment": 1}, {"position": 1}])
def test_phases_of_one_enhanced_file_are_refused_and_can_be_chosen(tmp_path, content):
    def of(phase):
        return {
            "number": element(0x0020, 0x9156, "US", phase + 1),
            "moment": element(0x0018, 0x9074, "DT", f"2026010110{15 + phase}00"),
            "position": element(0x0020, 0x9128, "UL", phase + 1),
        }[next(iter(content))]

    positions = at_heights(2.0 * np.arange(20))
    write_enhanced(
        tmp_path / "both.dcm",
        np.concatenate([ARTERIAL, VENOUS]),
        positions + positions,
        frame_content=[of(0)] * 20 + [of(1)] * 20,
    )
    with pytest.raises(InputError, match="2 volumes, told apart by their"):
        read_ct(tmp_path / "both.dcm")
    label = {"number": "2", "moment": "101600", "position": "2"}[next(iter(content))]
    assert np.array_equal(read_ct(tmp_path / "both.dcm", acquisition=label).volume.array, VENOUS)


def test_enhanced_files_of_one_series_are_volumes(tmp_path):
    for name, hu in (("art.dcm", ARTERIAL), ("ven.dcm", VENOUS)):
        write_enhanced(tmp_path / name, hu, at_heights(2.0 * np.arange(20)))
    with pytest.raises(InputError, match=r"file.*art\.dcm \(20 images.*ven\.dcm"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="ven.dcm").volume.array, VENOUS)


# One volume after all --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "each",
    [
        lambda n: {TIME: ("TM", f"1015{n:02}.5")},
        lambda n: {CONTENT: ("TM", f"1015{(n * 7) % 20:02}")},
        lambda n: {NUMBER: ("IS", n + 1)},
        lambda n: {INSTANCE: ("IS", 100 - n)},
        lambda n: {INSTANCE: ("IS", int(np.random.default_rng(0).permutation(20)[n]))},
        lambda n: {NUMBER: ("IS", n // 2)},
    ],
)
def test_what_changes_along_one_scan_does_not_divide_it(tmp_path, each):
    ct = read_ct(a_series(tmp_path, each=each))
    assert np.array_equal(ct.volume.array, ARTERIAL)
    assert codes(ct) == set()


def test_acquisitions_one_after_the_other_are_flagged(tmp_path):
    a_series(tmp_path, each=lambda n: {TIME: ("TM", "101500" if n < 9 else "101612"), NUMBER: ("IS", 1 + n // 9)})
    assert codes(read_ct(tmp_path)) == {"joined_acquisitions"}
    assert KINDS["joined_acquisitions"].effect is Effect.REVIEW


def test_slices_of_a_scan_that_name_another_acquisition_are_flagged(tmp_path):
    a_series(tmp_path, each=lambda n: {NUMBER: ("IS", 2 if n in (7, 12) else 1)})
    assert codes(read_ct(tmp_path)) == {"interleaved_acquisitions"}


# Which series ----------------------------------------------------------------------------------------------------


def test_a_series_that_names_two_studies_is_one_series_for_review(tmp_path):
    ct = read_ct(a_series(tmp_path, each=lambda n: {(0x0020, 0x000D): ("UI", "1.2.8") if n == 19 else ("UI", "1.2.3")}))
    assert np.array_equal(ct.volume.array, ARTERIAL)
    assert codes(ct) == {"header_warning"}


def test_series_without_uid_are_told_apart_by_what_else_they_say(tmp_path):
    """As after an anonymisation that empties all UIDs."""
    uid = {(0x0020, 0x000E): None, (0x0020, 0x000D): None}
    a_series(tmp_path, ARTERIAL, tag="a", extra={**uid, DESCRIPTION: ("LO", "art")})
    a_series(tmp_path, VENOUS, tag="b", extra={**uid, DESCRIPTION: ("LO", "ven")})
    with pytest.raises(InputError, match=r"series description.*art \(20 images.*ven \(20 images"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, acquisition="ven").volume.array, VENOUS)


@pytest.mark.parametrize("counts", [(20, 20), (20, 19)])
def test_series_of_about_the_same_size_are_refused_with_a_list(tmp_path, counts):
    a_series(tmp_path / "a", ARTERIAL[: counts[0]], series="1.2.3.1")
    a_series(tmp_path / "b", VENOUS[: counts[1]], series="1.2.3.2")
    with pytest.raises(InputError, match=r"2 CT series of about the same size: 1\.2\.3\.1 .*1\.2\.3\.2 .*--series"):
        read_ct(tmp_path)
    assert np.array_equal(read_ct(tmp_path, series="1.2.3.2").volume.array, VENOUS[: counts[1]])


@pytest.mark.parametrize(
    "image_type",
    ["DERIVED\\SECONDARY\\MIP", "DERIVED\\SECONDARY\\AXIAL\\MPR", "ORIGINAL\\SECONDARY\\REFORMATTED\\AVERAGE"],
)
def test_the_original_series_is_taken_before_larger_derived_ones(tmp_path, image_type):
    a_series(tmp_path / "a", ARTERIAL, series="1.2.3.1")
    a_series(tmp_path / "b", np.concatenate([VENOUS, VENOUS[:, :, ::-1]]), series="1.2.3.2", image_type=image_type)
    ct = read_ct(tmp_path)
    assert ct.identity["series_uid"] == "1.2.3.1"
    assert codes(ct) == {"several_series"}
    assert codes(read_ct(tmp_path, series="1.2.3.2")) == {"derived_series", "files_passed_over"}


def test_an_axial_series_is_taken_before_a_larger_coronal_one(tmp_path):
    a_series(tmp_path / "a", ARTERIAL, series="1.2.3.1")
    for n in range(30):
        write_slice(
            tmp_path / f"{n}", VENOUS[n % 20], (0, 2.0 * n, 0), orientation=(1.0, 0, 0, 0, 0, -1.0), series="1.2.3.2"
        )
    assert read_ct(tmp_path).identity["series_uid"] == "1.2.3.1"


def test_a_few_original_images_are_not_taken_for_the_scan(tmp_path):
    """Bolus tracking: one position again and again."""
    a_series(tmp_path / "a", ARTERIAL, series="1.2.3.1", image_type="DERIVED\\PRIMARY\\AXIAL")
    a_series(tmp_path / "b", VENOUS, series="1.2.3.2", step=0.0)
    ct = read_ct(tmp_path)
    assert ct.identity["series_uid"] == "1.2.3.1"
    assert codes(ct) == {"several_series", "derived_series"}


def test_two_patients_with_a_scan_each_are_refused(tmp_path):
    a_series(tmp_path / "a", ARTERIAL, series="1.2.3.1", extra={PATIENT: ("LO", "17")})
    a_series(tmp_path / "b", VENOUS[:15], series="1.2.3.2", extra={PATIENT: ("LO", "18")})
    with pytest.raises(InputError, match="CT series of 2 patients") as raised:
        read_ct(tmp_path)
    assert "Secret" not in str(raised.value)
    assert np.array_equal(read_ct(tmp_path, series="1.2.3.2").volume.array, VENOUS[:15])


@pytest.mark.parametrize("series", ["1.2.3.2", "1.2.3.1"])
def test_some_images_of_another_patient_are_left_out_and_said(tmp_path, series):
    a_series(tmp_path / "a", ARTERIAL, series="1.2.3.1", extra={PATIENT: ("LO", "17")})
    a_series(tmp_path / "b", VENOUS[:5], 100, series=series, extra={PATIENT: ("LO", "18")})
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, ARTERIAL)
    assert "several_patients" in codes(ct)
    assert "5 images of another patient" in " ".join(flag.message for flag in ct.flags)


def test_images_that_name_no_patient_belong_to_the_one_of_their_series(tmp_path):
    a_series(tmp_path, each=lambda n: {PATIENT: ("LO", "17") if n % 2 else None, (0x0010, 0x0010): None})
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, ARTERIAL)
    assert codes(ct) == set()


def test_two_sizes_in_one_series_are_refused_and_can_be_chosen(tmp_path):
    a_series(tmp_path, ARTERIAL, tag="a")
    a_series(tmp_path, VENOUS[:15], tag="b", pixel_mm=(0.5, 0.5))
    with pytest.raises(InputError, match=r"size and direction.*axial-48x48-0\.5mm \(15 images"):
        read_ct(tmp_path)
    ct = read_ct(tmp_path, acquisition="axial-48x48-0.5mm")
    assert np.array_equal(ct.volume.array, VENOUS[:15])
    assert ct.volume.grid.spacing_mm[0] == pytest.approx(0.5)


def test_the_command_line_takes_the_acquisition(tmp_path, capsys):
    a_series(tmp_path / "ct", ARTERIAL, tag="a", extra={NUMBER: ("IS", 1)})
    a_series(tmp_path / "ct", VENOUS, 1, tag="b", extra={NUMBER: ("IS", 2)})
    arguments = ["analyze", str(tmp_path / "ct"), "--output", str(tmp_path / "out"), "--acquisition", "7"]
    assert main(arguments) == 2
    assert "no acquisition '7'; it has 1 (20 images" in capsys.readouterr().err
