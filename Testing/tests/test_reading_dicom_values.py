"""What DICOM headers say about the values: HU or something else, padding, and places that are said twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import KINDS, Effect
from AbdominalCalcificationLib.reading import read_ct
from dicom_files import a_vessel, at_heights, write_enhanced, write_slice

HU = a_vessel(20)
POSITIONS = at_heights(2.0 * np.arange(20))
INTERCEPT, SLOPE, UNIT = (0x0028, 0x1052), (0x0028, 0x1053), (0x0028, 0x1054)
PADDING, LIMIT = (0x0028, 0x0120), (0x0028, 0x0121)


def a_series(folder: Path, hu=HU, positions=POSITIONS, each=lambda n: {}, **options) -> Path:
    extra = options.pop("extra", {})
    for n, position in enumerate(positions):
        write_slice(folder / f"{n:03}.dcm", hu[n], position, extra={**extra, **each(n)}, **options)
    return folder


def codes(ct) -> set[str]:
    return {flag.code for flag in ct.flags}


def the_message(ct, code: str) -> str:
    (message,) = [flag.message for flag in ct.flags if flag.code == code]
    return message


# Hounsfield units ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [(INTERCEPT,), (SLOPE,), (INTERCEPT, SLOPE)])
def test_a_ct_without_rescaling_is_unusable(tmp_path, missing):
    a_series(tmp_path, intercept=0, extra=dict.fromkeys(missing))
    ct = read_ct(tmp_path)
    assert "missing" in the_message(ct, "not_hu")
    assert KINDS["not_hu"].effect is Effect.UNUSABLE


def test_an_enhanced_ct_without_rescaling_is_unusable(tmp_path):
    ct = read_ct(write_enhanced(tmp_path / "multi.dcm", HU, POSITIONS, rescale=None))
    assert "not_hu" in codes(ct)


@pytest.mark.parametrize("number", [0, 9])
def test_rescaling_that_some_slices_lack_is_refused(tmp_path, number):
    a_series(tmp_path, each=lambda n: {INTERCEPT: None} if n == number else {})
    with pytest.raises(InputError, match="1 of 20 images have no slope and intercept"):
        read_ct(tmp_path)


@pytest.mark.parametrize("unit", ["MGML", "ED", "Z_EFF", "OD", "HU_MOD", "PCT", "mm"])
def test_values_of_another_unit_are_refused(tmp_path, unit):
    with pytest.raises(InputError, match=f"maps of another quantity than HU \\({unit.upper()}\\)"):
        read_ct(a_series(tmp_path / "single", extra={UNIT: ("LO", unit)}))
    file = write_enhanced(tmp_path / "multi.dcm", HU, POSITIONS, rescale=(1.0, -1024.0, unit))
    with pytest.raises(InputError, match=unit.upper()):
        read_ct(file)


@pytest.mark.parametrize("unit", ["HU", "hu", "Hounsfield Units", ""])
def test_hounsfield_units_in_other_words_are_read(tmp_path, unit):
    assert codes(read_ct(a_series(tmp_path, extra={UNIT: ("LO", unit)}))) == set()


def test_values_of_an_unspecified_unit_are_unusable(tmp_path):
    assert codes(read_ct(a_series(tmp_path, extra={UNIT: ("LO", "US")}))) == {"not_hu"}


@pytest.mark.parametrize("kind", ["MAT_SPECIFIC", "EFF_ATOMIC_NUM", "CT_SOM5 DE IODINE", "ELECTRON_DENSITY"])
def test_material_maps_are_left_out_or_refused(tmp_path, kind):
    a_series(tmp_path / "map", HU, series="1.2.3.2", image_type=f"DERIVED\\PRIMARY\\AXIAL\\{kind}")
    with pytest.raises(InputError, match="maps of another quantity"):
        read_ct(tmp_path)
    a_series(tmp_path / "ct", HU[:6], POSITIONS[:6], series="1.2.3.1")
    ct = read_ct(tmp_path)
    assert ct.identity["series_uid"] == "1.2.3.1"
    assert "20 maps of another quantity" in the_message(ct, "files_passed_over")


@pytest.mark.parametrize("kind", ["VMI", "CT_SOM5 DE MONOENERGETIC", "MAT_REMOVED"])
def test_hu_of_a_computed_energy_are_flagged(tmp_path, kind):
    ct = read_ct(a_series(tmp_path, image_type=f"DERIVED\\PRIMARY\\AXIAL\\{kind}"))
    assert kind in the_message(ct, "derived_series")


@pytest.mark.parametrize(
    ("tag", "value"), [(SLOPE, 0), (SLOPE, -1), (SLOPE, "nan"), (INTERCEPT, "1e400"), (SLOPE, "1\\2")]
)
def test_slopes_and_intercepts_that_are_none_are_refused(tmp_path, tag, value):
    with pytest.raises(InputError, match="which makes no HU"):
        read_ct(a_series(tmp_path, extra={tag: ("DS", value)}))


def test_brightness_that_is_inverted_is_refused(tmp_path):
    """GDCM would turn it round, but the HU of CT are not to be turned."""
    with pytest.raises(InputError, match="MONOCHROME1"):
        read_ct(a_series(tmp_path, extra={(0x0028, 0x0004): ("CS", "MONOCHROME1")}))


def test_a_table_of_values_is_refused(tmp_path):
    with pytest.raises(InputError, match="Modality LUT"):
        read_ct(a_series(tmp_path, extra={(0x0028, 0x3000): ("SQ", [b""])}))


def test_every_slice_has_a_scale_of_its_own(tmp_path):
    for n, position in enumerate(POSITIONS):
        slope, intercept = (1, -1024) if n % 2 else (2, -1000)
        write_slice(tmp_path / f"{n}.dcm", HU[n] // 2 * 2, position, slope=slope, intercept=intercept)
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, HU // 2 * 2)
    assert "intercepts -1024 to -1000" in the_message(ct, "header_warning")


@pytest.mark.parametrize("first", [(1.0, -1000.0), (2.0, -1024.0), (0.5, -1024.0)])
def test_every_frame_has_a_scale_of_its_own(tmp_path, first):
    scales = [(*(first if n == 0 else (1.0, -1024.0 + 2 * n)), "HU") for n in range(20)]
    ct = read_ct(write_enhanced(tmp_path / "multi.dcm", HU // 2 * 2, POSITIONS, frame_rescales=scales))
    assert np.array_equal(ct.volume.array, HU // 2 * 2)
    assert "header_warning" in codes(ct)


def test_a_scale_for_the_file_and_another_for_its_frames_is_refused(tmp_path):
    extra = {INTERCEPT: ("DS", 0.0), SLOPE: ("DS", 1.0)}
    with pytest.raises(InputError, match="slope and intercept for the file and others for its frames"):
        read_ct(write_enhanced(tmp_path / "multi.dcm", HU, POSITIONS, extra=extra))


def test_frames_that_are_counted_otherwise_are_refused(tmp_path):
    file = write_enhanced(tmp_path / "multi.dcm", HU, POSITIONS, extra={(0x0028, 0x0008): ("IS", 18)})
    with pytest.raises(InputError, match="says that it has 18 frames and describes 20"):
        read_ct(file)


# Padding ---------------------------------------------------------------------------------------------------------


def padded(value: int) -> np.ndarray:
    hu = HU.astype(np.int32).copy()
    hu[:, :5, :] = value
    return hu


@pytest.mark.parametrize("stored", [-2000, -1024, 0])
@pytest.mark.parametrize("vr", ["SS", "US"])
def test_padding_counts_as_air_whatever_its_vr(tmp_path, stored, vr):
    """Stored with an intercept of -1024: the value of the header is one before rescaling."""
    value = (stored % 65536).to_bytes(2, "little")
    ct = read_ct(a_series(tmp_path, padded(stored - 1024), extra={PADDING: (vr, value)}))
    assert np.array_equal(ct.volume.array, padded(-1024))
    message = the_message(ct, "padding")
    assert message.startswith(f"4800 pixels (10.4 %) have the value that the headers call padding ({stored - 1024} HU)")


def test_padding_of_unsigned_pixels(tmp_path):
    for n, position in enumerate(POSITIONS):
        hu = padded(64000 - 1024)[n]
        extra = {(0x0028, 0x0103): ("US", 0), PADDING: ("SS", (64000).to_bytes(2, "little"))}
        file = write_slice(tmp_path / f"{n}.dcm", HU[n], position, extra=extra)
        file.write_bytes(file.read_bytes()[: -HU[n].nbytes] + (hu + 1024).astype("<u2").tobytes())
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, padded(-1024))
    assert codes(ct) == {"padding_like_tissue"}


@pytest.mark.parametrize("limit", [-1900, -2100])
def test_a_range_of_padding_counts_as_air(tmp_path, limit):
    hu = padded(-3024)
    hu[:, 0, :] = limit - 1024
    hu[:, 1, :] = (limit - 2000) // 2 - 1024
    extra = {
        PADDING: ("SS", (-2000 % 65536).to_bytes(2, "little")),
        LIMIT: ("SS", (limit % 65536).to_bytes(2, "little")),
    }
    assert np.array_equal(read_ct(a_series(tmp_path, hu, extra=extra)).volume.array, padded(-1024))


@pytest.mark.parametrize("value", [-400, 40, 350])
def test_padding_within_the_range_of_tissue_is_air_and_for_review(tmp_path, value):
    stored = value + 1024
    ct = read_ct(a_series(tmp_path, padded(value), extra={PADDING: ("US", stored)}))
    expected = padded(value)
    expected[expected == value] = -1024
    assert np.array_equal(ct.volume.array, expected)
    assert "padding_like_tissue" in codes(ct)
    assert KINDS["padding_like_tissue"].effect is Effect.REVIEW


def test_padding_that_no_pixel_has_is_nothing_to_report(tmp_path):
    ct = read_ct(a_series(tmp_path, extra={PADDING: ("SS", (-2000 % 65536).to_bytes(2, "little"))}))
    assert np.array_equal(ct.volume.array, HU)
    assert codes(ct) == set()


def test_a_header_that_calls_nearly_everything_padding_is_refused(tmp_path):
    extra = {PADDING: ("US", 0), LIMIT: ("US", 3000)}
    with pytest.raises(InputError, match="call 100 % of the pixels padding"):
        read_ct(a_series(tmp_path, extra=extra))


TWELVE_BITS = {(0x0028, 0x0101): ("US", 12), (0x0028, 0x0102): ("US", 11), (0x0028, 0x0103): ("US", 0)}


def test_padding_beyond_the_bits_that_count_is_air(tmp_path):
    """GDCM would cut it down to the 12 bits: to 1072 HU."""
    extra = {**TWELVE_BITS, PADDING: ("SS", (-2000 % 65536).to_bytes(2, "little"))}
    ct = read_ct(a_series(tmp_path, padded(-3024), extra=extra))
    assert np.array_equal(ct.volume.array, padded(-1024))


@pytest.mark.parametrize("value", [4000, -1500])
def test_values_beyond_the_bits_that_count_are_refused(tmp_path, value):
    """Metal of 4000 HU would become -96."""
    hu = HU.astype(np.int32).copy()
    hu[9, 20:23, 20:23] = value
    with pytest.raises(InputError, match="do not fit into the 12 bits"):
        read_ct(a_series(tmp_path, hu, extra=TWELVE_BITS))


def test_values_stored_with_their_sign_beyond_the_bits_that_count_are_read(tmp_path):
    ct = read_ct(a_series(tmp_path, HU, intercept=0, extra={**TWELVE_BITS, (0x0028, 0x0103): ("US", 1)}))
    assert np.array_equal(ct.volume.array, HU)


@pytest.mark.parametrize("bits", [(12, 15), (0, 0), (17, 16), (16, 11)])
def test_bits_that_contradict_each_other_are_refused(tmp_path, bits):
    extra = {(0x0028, 0x0101): ("US", bits[0]), (0x0028, 0x0102): ("US", bits[1])}
    with pytest.raises(InputError, match=rf"stores {bits[0]} of 16 bits, the highest being bit {bits[1]}"):
        read_ct(a_series(tmp_path, extra=extra))


def test_pixels_of_unknown_sign_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not say whether its pixels have a sign"):
        read_ct(a_series(tmp_path, extra={(0x0028, 0x0103): None}))


@pytest.mark.parametrize("declared", [True, False])
def test_padding_is_not_mixed_into_tissue_by_tilt(tmp_path, declared):
    """Slices moved by fractions of a pixel: beside padding there is tissue or air, and nothing in between."""
    angle = np.radians(10)
    hu = np.full((20, 48, 48), 50)
    hu[:, :, :9] = -2024
    extra = {PADDING: ("SS", (-1000 % 65536).to_bytes(2, "little"))} if declared else {}
    a_series(
        tmp_path,
        hu,
        at_heights(3.0 * np.arange(20)),
        orientation=(1, 0, 0, 0, float(np.cos(angle)), float(np.sin(angle))),
        extra=extra,
    )
    ct = read_ct(tmp_path)
    assert set(np.unique(ct.volume.array)) == {-1024, 50}
    assert "gantry_tilt" in codes(ct)


def test_padding_is_not_mixed_into_tissue_between_slices(tmp_path):
    hu = HU.astype(np.int32).copy()
    hu[11:, 10:20, 10:20] = -2024
    gap = [n for n in range(20) if n != 10]
    extra = {PADDING: ("SS", (-1000 % 65536).to_bytes(2, "little"))}
    ct = read_ct(a_series(tmp_path, hu[gap], [POSITIONS[n] for n in gap], extra=extra))
    # Half-way between tissue and padding there is what was measured.
    assert np.array_equal(ct.volume.array[10, 10:20, 10:20], hu[9, 10:20, 10:20])


# Said twice ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "value", "said"),
    [
        ((0x0018, 0x0088), 5.0, "spacing is given as 5 mm, and their positions lie 2 mm apart"),
        ((0x0018, 0x0088), 1.0, "spacing is given as 1 mm, and their positions lie 2 mm apart"),
        ((0x0018, 0x1120), 12.0, "tilt is given as 12 degrees, and by their positions it is 0.0"),
        ((0x0018, 0x1164), [0.4, 0.4], "pixels are given as 0.8 × 0.8 mm and, at the detector, as 0.4 × 0.4 mm"),
    ],
)
def test_places_that_are_said_twice_and_differ_are_for_review(tmp_path, tag, value, said):
    ct = read_ct(a_series(tmp_path, extra={tag: ("DS", value)}))
    assert said in the_message(ct, "header_warning")
    assert KINDS["header_warning"].effect is Effect.REVIEW


@pytest.mark.parametrize(
    ("tag", "value"),
    [((0x0018, 0x0088), 2.0), ((0x0018, 0x0088), -2.0), ((0x0018, 0x0050), 5.0), ((0x0018, 0x1164), [0.8, 0.8])],
)
def test_places_that_agree_or_mean_something_else_are_not_flagged(tmp_path, tag, value):
    assert codes(read_ct(a_series(tmp_path, extra={tag: ("DS", value)}))) == set()


@pytest.mark.parametrize("each", [lambda n: n, lambda n: n // 10])
def test_positions_of_several_frames_of_reference_are_for_review(tmp_path, each):
    ct = read_ct(a_series(tmp_path, each=lambda n: {(0x0020, 0x0052): ("UI", f"1.2.{each(n)}")}))
    assert "frames of reference" in the_message(ct, "header_warning")


@pytest.mark.parametrize(
    "orientation", [(0.9, 0, 0, 0, 1, 0), (1, 0, 0, 0.3, 1, 0), (0, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0)]
)
def test_directions_that_are_none_are_refused_with_their_numbers(tmp_path, orientation):
    with pytest.raises(InputError, match="not of length 1 and at right angles"):
        read_ct(a_series(tmp_path, orientation=orientation))


def test_slices_displaced_otherwise_than_by_tilt_are_for_review(tmp_path):
    positions = [list(position) for position in POSITIONS]
    positions[9][0] += 8.0
    ct = read_ct(a_series(tmp_path, positions=positions))
    assert "up to 8.0 mm" in the_message(ct, "displaced_slices")
    assert np.array_equal(ct.volume.array[9, :, 10:58], HU[9])
    assert np.array_equal(ct.volume.array[8, :, :48], HU[8])


@pytest.mark.parametrize("mm", [500.0, 1e9])
def test_slices_that_do_not_lie_above_each_other_are_refused(tmp_path, mm):
    positions = [list(position) for position in POSITIONS]
    positions[9][1] += mm
    with pytest.raises(InputError, match="so they are no stack"):
        read_ct(a_series(tmp_path, positions=positions))


def test_settings_that_change_within_a_volume_are_for_review(tmp_path):
    ct = read_ct(a_series(tmp_path, each=lambda n: {(0x0018, 0x1210): ("SH", "B60f" if n > 12 else "B30f")}))
    assert the_message(ct, "mixed_series") == "The slices differ in kernel: B30f, B60f."
