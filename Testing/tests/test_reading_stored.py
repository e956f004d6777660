"""Voxels of NRRD and MetaImage files: others than the header says are refused before ITK makes something of them."""

from __future__ import annotations

import gzip
import zlib

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.reading.headers import nrrd
from AbdominalCalcificationLib.reading.headers.stored import _CHUNK_BYTES
from image_headers import a_mask, meta_fields, nrrd_fields, nrrd_header, write_nrrd

MASK = a_mask()
RAW = MASK.tobytes()
HALF = len(RAW) // 2
WORDS = [str(value) for value in MASK.ravel()]


def meta_with(path, content, **changed):
    fields = {**meta_fields(MASK), **changed, "ElementDataFile": "LOCAL"}
    path.write_bytes("".join(f"{name} = {value}\n" for name, value in fields.items()).encode() + content)
    return path


def packed_meta(path, content, size=None):
    size = len(content) if size is None else size
    return meta_with(path, content, CompressedData="True", CompressedDataSize=size)


def nrrd_with(path, content, encoding, **changed):
    path.write_bytes(nrrd_header({**nrrd_fields(MASK), "encoding": encoding, **changed}) + content)
    return path


def spoiled(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


PACKED = zlib.compress(RAW)
PACKED_META = {
    "broken": (spoiled(PACKED), None, "truncated or damaged"),
    "wrong sum": (PACKED[:-1] + bytes([PACKED[-1] ^ 1]), None, "truncated or damaged"),
    "cut": (PACKED[: len(PACKED) // 2], None, "truncated or damaged"),
    "half of the voxels": (zlib.compress(RAW[:HALF]), None, "truncated or damaged"),
    "twice the voxels": (zlib.compress(RAW * 2), None, "contradicts itself"),
    "no size": (PACKED, 0, "does not say how many bytes"),
    "a size too small": (PACKED, len(PACKED) - 9, "contradicts itself"),
    "a size too large": (PACKED + b"\0" * 9, len(PACKED) + 9, "contradicts itself"),
    "no stream": (RAW, None, "truncated or damaged"),
}


@pytest.mark.parametrize("what", PACKED_META)
def test_a_packed_metaimage_that_holds_other_voxels_is_refused(tmp_path, what):
    content, size, says = PACKED_META[what]
    with pytest.raises(InputError, match=says):
        read_mask(packed_meta(tmp_path / "a.mha", content, size))


@pytest.mark.parametrize("content", [PACKED, gzip.compress(RAW)], ids=["zlib", "gzip"])
def test_a_packed_metaimage_is_read(tmp_path, content):
    np.testing.assert_array_equal(read_mask(packed_meta(tmp_path / "a.mha", content)).array, MASK)


STORED_NRRD = {
    "half": ("127.5", "cannot be"),
    "no text": ("yes", "no numbers"),
    "one long word": ("1," * 200_000, "no numbers"),
    "beyond the type": ("300", "cannot be"),
    "below the type": ("-1", "cannot be"),
}


@pytest.mark.parametrize("what", STORED_NRRD)
def test_text_that_is_no_list_of_such_numbers_is_refused(tmp_path, what):
    word, says = STORED_NRRD[what]
    text = " ".join([*WORDS[:-1], word]).encode()
    with pytest.raises(InputError, match=says):
        read_mask(nrrd_with(tmp_path / "a.nrrd", text, "text"))


@pytest.mark.parametrize("count", [-1, 1])
def test_text_with_more_or_fewer_numbers_than_voxels_is_refused(tmp_path, count):
    words = WORDS[:count] if count < 0 else [*WORDS, "0"]
    with pytest.raises(InputError, match=r"truncated|contradicts itself"):
        read_mask(nrrd_with(tmp_path / "a.nrrd", " ".join(words).encode(), "text"))


def test_numbers_that_lie_across_two_parts_of_a_text_are_whole(tmp_path):
    # Blanks in front, so that the first part ends within a number.
    text = b" " * (_CHUNK_BYTES - 2) + b"000" + " ".join(WORDS).encode()[1:]
    assert WORDS[0] == "0"
    np.testing.assert_array_equal(read_mask(nrrd_with(tmp_path / "a.nrrd", text, "text")).array, MASK)


MORE_VOXELS = {
    "raw": (RAW + b"\1" * 600, "raw", {}),
    "gzip": (gzip.compress(RAW * 2), "gzip", {}),
    "two streams": (gzip.compress(RAW) * 2, "gzip", {}),
    "hexadecimal": ((RAW + b"\1" * 600).hex().encode(), "hex", {}),
    "skipped bytes": (RAW * 2, "raw", {"byte skip": "9"}),
}


@pytest.mark.parametrize("what", MORE_VOXELS)
def test_a_nrrd_file_with_more_voxels_than_its_header_says_is_refused(tmp_path, what):
    content, encoding, changed = MORE_VOXELS[what]
    with pytest.raises(InputError, match="contradicts itself"):
        read_mask(nrrd_with(tmp_path / "a.nrrd", content, encoding, **changed))


def test_voxels_in_a_file_of_their_own_have_to_be_all_of_it(tmp_path):
    # A header of 10 bytes that nothing mentions would move every voxel by ten.
    path = write_nrrd(tmp_path / "a.nhdr", MASK)
    (tmp_path / "a.raw").write_bytes(b"\0" * 10 + RAW)
    with pytest.raises(InputError, match="contradicts itself"):
        read_mask(path)


SKIPPED = {
    "bytes": (b"\1" * 10 + RAW, "raw", {"byte skip": "10"}),
    "all that is before": (b"\1" * 999 + RAW, "raw", {"byte skip": "-1"}),
    "lines": (b"one\ntwo\n" + RAW, "raw", {"line skip": "2"}),
    "bytes of a stream": (gzip.compress(b"\1" * 10 + RAW), "gzip", {"byte skip": "10"}),
    "streams one after the other": (gzip.compress(RAW[:HALF]) + gzip.compress(RAW[HALF:]), "gzip", {}),
}


@pytest.mark.parametrize("what", SKIPPED)
def test_what_a_header_says_to_skip_is_skipped(tmp_path, what):
    content, encoding, changed = SKIPPED[what]
    path = nrrd_with(tmp_path / "a.nrrd", content, encoding, **changed)
    np.testing.assert_array_equal(read_mask(path).array, MASK)


@pytest.mark.parametrize("ending", ["1 0 0 0 0", "x"])
def test_a_number_of_bytes_to_skip_that_is_none_is_refused(tmp_path, ending):
    with pytest.raises(InputError, match="byteskip"):
        nrrd.parse_nrrd(nrrd_with(tmp_path / "a.nrrd", RAW, "raw", **{"byte skip": ending}))


def test_slices_in_files_of_their_own_are_counted_one_by_one(tmp_path):
    for k, plane in enumerate(MASK):
        (tmp_path / f"s{k}.raw").write_bytes(plane.tobytes())
    path = write_nrrd(tmp_path / "a.nhdr", MASK, data_file=f"s%d.raw 0 {len(MASK) - 1} 1 2")
    np.testing.assert_array_equal(read_mask(path).array, MASK)
    (tmp_path / "s3.raw").write_bytes(MASK[3].tobytes() + b"\0" * 7)
    with pytest.raises(InputError, match="contradicts itself"):
        read_mask(path)
