"""DICOM headers patched, and bytes changed, at random: right, or refused, or said.

ABDOMINAL_EXAMPLES sets how many examples are tried.
"""

from __future__ import annotations

import random
import time
import warnings
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_ct
from dicom_files import a_vessel, at_heights, write_enhanced, write_slice
from examples import examples, tried

SLICES, STEP = 14, 2.0
HU = a_vessel(SLICES, size=24)
# These say that voxels lie between slices, where no file has any.
INTERPOLATED = {"missing_slices", "uneven_slices", "gantry_tilt", "displaced_slices"}
# These say that images of the series were left out.
LEFT_OUT = {"mixed_series", "files_left_out"}
# What lies outside of these is taken for filled in, and said so.
AIR_HU, MEASURED_HU = -1024, (-1200, 8000)


def a_series(folder: Path) -> list[Path]:
    return [
        write_slice(folder / f"{n:02}.dcm", HU[n], position, extra={(0x0020, 0x0013): ("IS", n + 1)})
        for n, position in enumerate(at_heights(STEP * np.arange(SLICES)))
    ]


# An independent reading ------------------------------------------------------------------------------------------


class Truth:
    """What one file says, read with pydicom and numpy alone."""

    def __init__(self, path: Path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, force=True)
            self.series = str(header.get("SeriesInstanceUID", ""))
            x, y, z = (float(x) for x in header.ImagePositionPatient)
            self.position = np.array([x, y, z])
            directions = np.array([float(x) for x in header.ImageOrientationPatient]).reshape(6)
            rows_mm, columns_mm = (float(x) for x in header.PixelSpacing)
            self.columns = np.stack([directions[:3] * columns_mm, directions[3:] * rows_mm])
            stored = self._stored(header)
            slope, intercept = header.get("RescaleSlope"), header.get("RescaleIntercept")
            self.hu = stored * float(1 if slope is None else slope) + float(intercept or 0)
            self._pad(header, stored)

    @staticmethod
    def _stored(header) -> np.ndarray:
        kind = np.dtype("<i2" if header.PixelRepresentation == 1 else "<u2")
        return np.frombuffer(header.PixelData, kind)[: header.Rows * header.Columns].reshape(
            header.Rows, header.Columns
        )

    def _pad(self, header, stored: np.ndarray) -> None:
        ends = [header.get(name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
        if ends[0] is None:
            return
        # The fields' own VR says how they are signed, which is often wrong: the pixels' sign counts.
        ends = [np.array(int(end) % 65536, "<u2").view(stored.dtype) for end in ends if end is not None]
        self.hu = np.where((stored >= min(ends)) & (stored <= max(ends)), AIR_HU, self.hu)

    def plane_in(self, volume) -> int | None:
        """Return the plane of `volume` that shows this image in its place; None where none does."""
        inverse = np.linalg.inv(volume.grid.ijk_to_ras)
        shape = np.array(self.hu.shape)
        corners = self.position + np.array([[0, 0], [shape[1] - 1, 0], [0, shape[0] - 1]]) @ self.columns
        ijk = (inverse @ np.c_[corners * [-1, -1, 1], np.ones(3)].T).T[:, :3]
        i, j, k = np.rint(ijk[0]).astype(int)
        expected = np.array([[i, j, k], [i + shape[1] - 1, j, k], [i, j + shape[0] - 1, k]])
        if np.abs(ijk - expected).max() > 0.11 or not 0 <= k < volume.array.shape[0] or min(i, j) < 0:
            return None
        found = volume.array[k, j : j + shape[0], i : i + shape[1]]
        if found.shape != self.hu.shape:
            return None
        alike = np.isclose(found, self.hu, rtol=1e-6, atol=1e-3)
        alike |= ((self.hu < MEASURED_HU[0]) | (self.hu > MEASURED_HU[1])) & (found == AIR_HU)
        return int(k) if alike.all() else None


def check_against_files(ct, folder: Path) -> None:
    """Assert that every plane shows an image in its place, and that no image of the series is missing unsaid."""
    codes = {flag.code for flag in ct.flags}
    truths = []
    for file in folder.rglob("*"):
        if file.is_file():
            with suppress(Exception):
                truths.append(Truth(file))
    planes = {}
    for truth in truths:
        if truth.series == (ct.identity["series_uid"] or ""):
            planes[truth] = truth.plane_in(ct.volume)
    if not codes & INTERPOLATED:
        assert set(planes.values()) >= set(range(ct.volume.grid.shape[0])), f"planes that no file shows; {codes}"
    if not codes & (INTERPOLATED | LEFT_OUT | {"files_passed_over"}):
        assert None not in planes.values(), f"images in no plane; {codes}"


# Random headers --------------------------------------------------------------------------------------------------

numbers = st.one_of(
    st.floats(-5000, 5000, allow_nan=False).map(lambda x: f"{x:.6g}"),
    st.sampled_from(["0", "1", "-1", "1e30", "nan", "inf", "", "abc", "0,8", "1\\2", "-1024", "2", "0.5"]),
)
small = st.floats(-3, 3, allow_nan=False).map(lambda x: round(x, 3))
texts = st.sampled_from(["", "1", "2", "3", "101500", "101700.5", "B30f", "B60f", "abc"])


def tagged(tag: int, form: str, values):
    return st.tuples(st.just("set"), st.just(tag), st.just(form), values)


patches = st.one_of(
    st.tuples(st.just("move"), st.sampled_from([0, 1, 2]), st.sampled_from([0.01, 0.5, 1, 2, 2, 4, 28, 40]), small),
    st.tuples(st.just("turn"), st.floats(-0.7, 0.7).map(lambda x: round(x, 3)), st.sampled_from([0, 1, 2]), st.none()),
    tagged(0x00280030, "DS", st.tuples(numbers, numbers).map("\\".join)),
    tagged(0x00280030, "DS", st.floats(0.3, 1.5).map(lambda x: f"{x:.4g}\\{x:.4g}")),
    tagged(0x00200032, "DS", st.tuples(numbers, numbers, numbers).map("\\".join)),
    tagged(
        0x00200037,
        "DS",
        st.sampled_from(["1\\0\\0\\0\\-1\\0", "0\\1\\0\\1\\0\\0", "1\\0\\0\\0\\0\\-1", "1\\0\\0", "a"]),
    ),
    tagged(0x00281052, "DS", numbers),
    tagged(0x00281053, "DS", numbers),
    tagged(0x00281054, "LO", st.sampled_from(["HU", "US", "OD", "MGML", "", "hu"])),
    tagged(0x00280120, "SS", st.integers(-3000, 3000)),
    tagged(0x00280120, "US", st.integers(0, 65535)),
    tagged(0x00280121, "SS", st.integers(-3000, 3000)),
    tagged(0x00280103, "US", st.sampled_from([0, 1])),
    tagged(0x00280101, "US", st.sampled_from([12, 16, 8, 0, 99])),
    tagged(0x00280100, "US", st.sampled_from([8, 16, 32])),
    tagged(0x00280010, "US", st.sampled_from([0, 1, 12, 24, 48, 65535])),
    tagged(0x00280011, "US", st.sampled_from([0, 1, 12, 24, 48, 65535])),
    tagged(0x00280002, "US", st.sampled_from([1, 3])),
    tagged(0x00280004, "CS", st.sampled_from(["MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", ""])),
    tagged(0x00280008, "IS", st.sampled_from(["1", "2", "0", "14", "x"])),
    tagged(0x00080018, "UI", st.sampled_from(["1.2.9.1", "1.2.9.2", ""])),
    tagged(0x00080016, "UI", st.sampled_from(["1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.7", ""])),
    tagged(0x0020000E, "UI", st.sampled_from(["1.2.3.1", "1.2.3.2", ""])),
    tagged(0x0020000D, "UI", st.sampled_from(["1.2.3", "1.2.4", ""])),
    tagged(0x00200052, "UI", st.sampled_from(["1.2.3", "1.2.4", ""])),
    tagged(0x00100020, "LO", st.sampled_from(["17", "18", ""])),
    tagged(0x00080060, "CS", st.sampled_from(["CT", "MR", "PT", "OT", ""])),
    tagged(
        0x00080008,
        "CS",
        st.sampled_from(
            ["ORIGINAL\\PRIMARY\\AXIAL", "DERIVED\\SECONDARY\\MIP", "ORIGINAL\\PRIMARY\\LOCALIZER", "DERIVED", ""]
        ),
    ),
    tagged(0x00200012, "IS", texts),
    tagged(0x00200013, "IS", texts),
    tagged(0x00200100, "IS", texts),
    tagged(0x00080032, "TM", texts),
    tagged(0x00181060, "DS", texts),
    tagged(0x00181210, "SH", texts),
    tagged(0x00180050, "DS", numbers),
    tagged(0x00180088, "DS", numbers),
    tagged(0x00181120, "DS", numbers),
    tagged(0x00181164, "DS", st.tuples(numbers, numbers).map("\\".join)),
    st.tuples(
        st.just("remove"),
        st.sampled_from(
            sorted(
                {
                    0x00280030,
                    0x00200032,
                    0x00200037,
                    0x00281052,
                    0x00281053,
                    0x00080060,
                    0x0020000E,
                    0x00280103,
                    0x00280101,
                    0x00280004,
                    0x00280010,
                    0x7FE00010,
                }
            )
        ),
        st.none(),
        st.none(),
    ),
    st.tuples(st.just("drop"), st.none(), st.none(), st.none()),
    st.tuples(st.just("copy"), st.booleans(), st.booleans(), st.none()),
    st.tuples(st.just("brighten"), st.sampled_from([1, 50, 200]), st.none(), st.none()),
)
chosen_slices = st.one_of(
    st.just(range(SLICES)),
    st.integers(0, SLICES - 1).map(lambda n: [n]),
    st.sampled_from([range(0, SLICES, 2), range(SLICES // 2, SLICES), [0, SLICES - 1]]),
    st.lists(st.integers(0, SLICES - 1), min_size=1, max_size=5, unique=True),
)


def apply(patch, slices, files: list[Path]) -> None:
    action, one, two, three = patch
    for n in slices:
        file = files[n]
        if not file.exists():
            continue
        if action == "drop":
            file.unlink()
            continue
        header = pydicom.dcmread(file, force=True)
        if action == "set":
            header.add(pydicom.DataElement(one, two, three))
        elif action == "remove" and one in header:
            del header[one]
        elif action == "move":
            with suppress(Exception):
                position = [float(x) for x in header.ImagePositionPatient]
                position[one] = round(position[one] + two * three, 6)
                header.ImagePositionPatient = position
        elif action == "turn":
            axes = np.eye(3)
            first, second = [axis for axis in range(3) if axis != two]
            axes[[first, second], [first, second]] = np.cos(one)
            axes[first, second], axes[second, first] = -np.sin(one), np.sin(one)
            header.ImageOrientationPatient = [round(x, 6) for x in (*axes[:, 0], *axes[:, 1])]
        elif action == "brighten" and "PixelData" in header:
            pixels = np.frombuffer(header.PixelData, "<i2").copy()
            pixels[pixels > 900] += one
            header.PixelData = pixels.tobytes()
        elif action == "copy":
            if one:
                header.SOPInstanceUID = f"1.2.77.{n}"
            file = file.with_name(f"copy-{file.name}")
        header.save_as(file, enforce_file_format=True)
        if action == "copy" and two:
            file.unlink()
            file.symlink_to(files[n].name)


@tried(60)
@given(st.lists(st.tuples(patches, chosen_slices), min_size=1, max_size=3))
def test_whatever_headers_say_the_volume_is_that_of_the_files_or_it_is_said(chosen):
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = a_series(Path(folder))
        with pydicom.config.disable_value_validation():
            for patch, slices in chosen:
                with suppress(ValueError, TypeError, OverflowError, AttributeError):  # that pydicom does not write
                    apply(patch, slices, files)
        try:
            ct = read_ct(folder)
        except InputError:
            return
        check_against_files(ct, Path(folder))


# Random bytes ----------------------------------------------------------------------------------------------------


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return `content` with bytes changed, put in, taken out, or the end cut off."""
    changed = bytearray(content)
    pixels = max(content.rfind(b"\xe0\x7f\x10\x00"), 0) or len(content)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at = rng.randrange(pixels if rng.random() < 0.9 else len(changed))
        kind = rng.randrange(6)
        if kind == 0:
            changed[at % len(changed)] = rng.randrange(256)
        elif kind == 1:
            changed[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
        elif kind == 2:
            del changed[at : at + rng.choice([1, 2, 8, 100])]
        elif kind == 3:
            changed[at:at] = rng.randbytes(rng.choice([1, 2, 8, 100]))
        elif kind == 4:
            other = rng.randrange(len(changed))
            changed[at : at + 16] = changed[other : other + 16]
        else:
            changed[at % len(changed)] ^= 1 << rng.randrange(8)
    return bytes(changed[: rng.randrange(len(changed))] if rng.random() < 0.1 else changed)


@pytest.mark.parametrize("form", ["single", "without preamble", "enhanced"])
def test_damaged_bytes_are_read_or_refused_and_never_break_off(tmp_path, form):
    rng = random.Random(form)
    files = a_series(tmp_path)
    victim = files[6]
    if form == "enhanced":
        for file in files:
            file.unlink()
        victim = write_enhanced(tmp_path / "multi.dcm", HU, at_heights(STEP * np.arange(SLICES)))
    elif form == "without preamble":
        victim = write_slice(files[6], HU[6], at_heights([12.0])[0], preamble=False)
    content = victim.read_bytes()
    for _ in range(examples(20)):
        victim.write_bytes(mutated(content, rng))
        begin = time.process_time()
        with suppress(InputError):
            read_ct(tmp_path)
        assert time.process_time() - begin < 10
