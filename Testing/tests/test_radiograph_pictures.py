"""Radiographs as pictures and NIfTI files (``radiograph.md``)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.radiograph.files import placed_labels
from AbdominalCalcificationLib.radiograph.picture import exposed
from AbdominalCalcificationLib.radiograph.reading import ReadingChoices, read_radiograph
from radiograph_cases import a_radiograph, drawn_labels

PIXELS = a_radiograph().pixels
GREY16 = (PIXELS * 10).astype(np.uint16)
GREY8 = (PIXELS / 16).astype(np.uint8)


def codes(image) -> list[str]:
    return [flag.code for flag in image.flags]


def write(path, array, vector: bool = False):
    sitk.WriteImage(sitk.GetImageFromArray(array, isVector=vector), str(path))
    return path


def png_parts(*parts: tuple[bytes, bytes]) -> bytes:
    made = b"\x89PNG\r\n\x1a\n"
    for name, data in parts:
        made += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return made


def a_png(array: np.ndarray = GREY8, kind: int = 0, bits: int = 8, interlaced: int = 0, more=()) -> bytes:
    """A PNG of bytes (rows, bytes of a line)."""
    rows, columns = array.shape
    header = struct.pack(">IIBBBBB", columns, rows, bits, kind, 0, 0, interlaced)
    lines = np.hstack([np.zeros((rows, 1), np.uint8), array]).tobytes()
    return png_parts((b"IHDR", header), *more, (b"IDAT", zlib.compress(lines)), (b"IEND", b""))


def a_tiff(
    array: np.ndarray, photometric: int = 1, more: dict | None = None, order: str = "<", next_at: int = 0
) -> bytes:
    """A TIFF of one strip; `more` adds and replaces entries: tag to (type, count, value or offset)."""
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    formats = {"u": 1, "i": 2, "f": 3}
    entries = {
        256: (4, 1, array.shape[1]), 257: (4, 1, array.shape[0]), 258: (3, 1, 8 * array.dtype.itemsize), 259: (3, 1, 1),
        262: (3, 1, photometric), 273: (4, 1, 8), 277: (3, 1, 1), 278: (4, 1, array.shape[0]), 279: (4, 1, len(data)),
        339: (3, 1, formats[array.dtype.kind]), **(more or {}),
    }  # fmt: skip
    body = struct.pack(order + "H", len(entries))
    for tag in sorted(entries):
        kind, count, value = entries[tag]
        place = struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
        body += struct.pack(order + "HHI", tag, kind, count) + place
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(data))
    return head + data + body + struct.pack(order + "I", next_at)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("array", [GREY8, GREY16], ids=["8", "16"])
def test_pictures_are_read_value_by_value(tmp_path, name, array):
    image = read_radiograph(write(tmp_path / name, array))
    assert np.array_equal(image.radiograph.pixels, array)
    assert image.radiograph.faces is None
    assert codes(image) == (["eight_bit"] if array is GREY8 else []) + ["pixel_size_unknown"]
    shown = sitk.ReadImage(str(tmp_path / name))
    assert placed_labels(drawn_labels(), image).grid.spacing_mm[:2] == pytest.approx((1.0, 1.0)) == shown.GetSpacing()


def test_the_ending_does_not_say_what_a_file_is(tmp_path):
    write(tmp_path / "a.png", GREY8).rename(tmp_path / "a.dcm")
    assert read_radiograph(tmp_path / "a.dcm").identity["format"] == "PNG"


def test_a_photograph_is_read_and_told(tmp_path):
    image = read_radiograph(write(tmp_path / "a.jpg", GREY8))
    assert codes(image) == ["lossy_compression", "eight_bit", "pixel_size_unknown"]
    assert np.abs(image.radiograph.pixels - GREY8).mean() < 4
    grey = read_radiograph(write(tmp_path / "b.png", np.dstack([GREY8] * 3), vector=True))
    assert "colour_as_grey" in codes(grey)
    with pytest.raises(InputError, match="colour picture"):
        read_radiograph(write(tmp_path / "c.png", np.dstack([GREY8, GREY8 // 2, GREY8]), vector=True))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.uint32, np.float32])
def test_tiffs_of_every_kind_of_number(tmp_path, kind, order):
    array = GREY8.astype(kind)
    path = tmp_path / "a.tif"
    path.write_bytes(a_tiff(array, order=order))
    assert np.array_equal(read_radiograph(path).radiograph.pixels, array)
    path.write_bytes(a_tiff(array, photometric=0, order=order))
    turned = read_radiograph(path).radiograph.pixels
    assert np.array_equal(turned, array.max() + array.min() - array.astype(float))


WRONG_TIFFS = {
    "several images": {"next_at": 8},
    "to be turned": {"more": {274: (3, 1, 6)}},
    "tiled": {"more": {322: (3, 1, 64)}},
    "not all there": {"more": {279: (4, 1, 10**9)}},
    "too few": {"more": {256: (4, 1, 8)}},
    "more than any": {"more": {256: (4, 1, 60000), 257: (4, 1, 60000)}},
    "not known here": {"photometric": 5},
}


@pytest.mark.parametrize("says", WRONG_TIFFS)
def test_tiffs_that_are_not_one_grey_image_are_refused(tmp_path, says):
    (tmp_path / "a.tif").write_bytes(a_tiff(GREY8, **WRONG_TIFFS[says]))
    with pytest.raises(InputError, match=says):
        read_radiograph(tmp_path / "a.tif")


def test_values_that_are_no_numbers_are_refused(tmp_path):
    array = GREY8.astype(np.float32)
    array[5, 5] = np.nan
    (tmp_path / "a.tif").write_bytes(a_tiff(array))
    with pytest.raises(InputError, match="NaN"):
        read_radiograph(tmp_path / "a.tif")


def test_a_resolution_on_paper_is_no_size_but_says_the_shape_of_a_pixel(tmp_path):
    (tmp_path / "a.png").write_bytes(a_png(more=[(b"pHYs", struct.pack(">IIB", 2000, 1000, 1))]))
    image = read_radiograph(tmp_path / "a.png")
    assert image.radiograph.spacing_mm is None
    assert image.radiograph.aspect == (2.0, 1.0)
    assert "square" not in image.flags[-1].message
    given = read_radiograph(tmp_path / "a.png", ReadingChoices((0.4, 0.2)))
    assert given.radiograph.spacing_mm == (0.4, 0.2)


WRONG_PNGS = {
    "interlaced": a_png(interlaced=1),
    "transparency": a_png(np.repeat(GREY8, 2, axis=1)[:, : 2 * (GREY8.shape[1] // 2)], kind=4),
    "no end": a_png()[:-12],
    "its part IDAT": a_png()[:-20] + b"\0\0\0\0\0\0\0\0" + a_png()[-12:],
    "bytes of pixels": png_parts(
        (b"IHDR", struct.pack(">IIBBBBB", 300, 420, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 1000)),
        (b"IEND", b""),
    ),
    "more than any": png_parts((b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 0, 0, 0, 0)), (b"IEND", b"")),
    "too few": png_parts((b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IEND", b"")),
    "blank": a_png(np.full_like(GREY8, 9)),
}


@pytest.mark.parametrize("says", WRONG_PNGS)
def test_pngs_that_are_not_one_whole_image_are_refused(tmp_path, says):
    (tmp_path / "a.png").write_bytes(WRONG_PNGS[says])
    with pytest.raises(InputError, match=says):
        read_radiograph(tmp_path / "a.png")


def test_a_jpeg_that_was_cut_is_refused_and_not_filled_up(tmp_path):
    content = write(tmp_path / "a.jpg", GREY8).read_bytes()
    for part in (content[: len(content) // 2], content[: len(content) // 2] + b"\xff\xd9", content[:30]):
        (tmp_path / "b.jpg").write_bytes(part)
        with pytest.raises(InputError, match="damaged"):
            read_radiograph(tmp_path / "b.jpg")


def test_what_is_something_else_is_refused(tmp_path):
    for name, content in (
        ("a.png", b""),
        ("b.txt", b"hello"),
        ("c.pdf", b"%PDF-1.4"),
        ("d.gif", b"GIF89a" + b"\0" * 99),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=r"empty|no radiograph"):
            read_radiograph(tmp_path / name)
    with pytest.raises(InputError, match="does not exist"):
        read_radiograph(tmp_path / "gone.png")


def test_thumbnails_and_drawings_are_told(tmp_path):
    assert "coarse_image" in codes(read_radiograph(write(tmp_path / "a.png", GREY16[::3, ::3])))
    assert "few_grey_values" in codes(read_radiograph(write(tmp_path / "b.png", GREY8 // 64)))


def a_slice(array: np.ndarray, spacing=(0.4, 0.5), direction=None) -> sitk.Image:
    """A volume of one slice, columns and rows so far apart."""
    image = sitk.GetImageFromArray(array[None])
    image.SetSpacing((*spacing, 1.0))
    if direction is not None:
        image.SetDirection(direction)
    return image


def test_nifti_of_two_dimensions_and_of_one_slice(tmp_path):
    flat = sitk.GetImageFromArray(GREY16)
    flat.SetSpacing((0.4, 0.5))
    for name, image in (("a.nii.gz", flat), ("b.nii", a_slice(GREY16))):
        sitk.WriteImage(image, str(tmp_path / name))
        read = read_radiograph(tmp_path / name)
        assert np.array_equal(read.radiograph.pixels, GREY16)
        assert read.radiograph.spacing_mm == pytest.approx((0.5, 0.4))
        assert read.radiograph.faces is None
    sitk.WriteImage(sitk.GetImageFromArray(np.stack([GREY16] * 3)), str(tmp_path / "c.nii"))
    with pytest.raises(InputError, match="3 slices"):
        read_radiograph(tmp_path / "c.nii")


def test_a_nifti_that_lies_in_a_sagittal_plane_says_the_side(tmp_path):
    # i runs to the back, j upwards (LPS): the picture is upside down, its front on the left.
    sitk.WriteImage(a_slice(GREY16[::-1].copy(), direction=(0, 0, 1, 1, 0, 0, 0, 1, 0)), str(tmp_path / "a.nii.gz"))
    image = read_radiograph(tmp_path / "a.nii.gz")
    assert image.radiograph.faces == "left"
    assert np.array_equal(image.radiograph.pixels, GREY16)
    assert codes(image) == ["turned_upright"]
    mask = placed_labels(drawn_labels(), image)
    assert np.array_equal(mask.array[0], drawn_labels()[::-1])
    assert mask.grid.same_as(image.grid)


def test_a_slice_of_a_ct_is_told_by_its_values(tmp_path):
    hu = np.where(drawn_labels() > 0, 700, 40).astype(np.int16)
    hu[:, :30] = -1000
    hu += np.random.default_rng(0).integers(0, 60, hu.shape).astype(np.int16)
    sitk.WriteImage(a_slice(hu), str(tmp_path / "a.nii.gz"))
    assert "looks_like_ct" in codes(read_radiograph(tmp_path / "a.nii.gz"))


@pytest.mark.parametrize("bar", [0.0, 700.0, 5000.0])
def test_frames_and_bars_of_one_grey_value_are_no_part_of_the_film(bar):
    film = PIXELS[40:-30, 20:-10]
    framed = np.full((film.shape[0] + 30, film.shape[1] + 50), bar)
    framed[12:-18, 20:-30] = film
    outer = np.pad(framed, 7, constant_values=4000.0)
    rows, columns = exposed(outer)
    assert np.array_equal(outer[rows, columns], film)
    assert exposed(film) == (slice(0, film.shape[0]), slice(0, film.shape[1]))


def test_a_film_with_a_pixel_brighter_than_all_else_by_far_is_a_film():
    hot = PIXELS.copy()
    hot[100, 100] = 1e3 * PIXELS.max()
    assert exposed(hot) == exposed(PIXELS) == (slice(0, hot.shape[0]), slice(0, hot.shape[1]))


def test_an_even_picture_has_no_film_in_it():
    assert exposed(np.full((30, 20), 3.0)) is None
    assert exposed(np.pad(np.full((30, 20), 3.0), 4)) is None
    striped = np.zeros((30, 20))
    striped[:, 8:] = 100.0
    assert exposed(striped) is None
