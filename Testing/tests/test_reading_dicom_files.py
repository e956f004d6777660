"""Every file of a DICOM folder is accounted for: read, or counted in a message with the reason."""

from __future__ import annotations

import builtins
import os
import socket
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import uid

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import KINDS, Effect
from AbdominalCalcificationLib.reading import read_ct
from dicom_files import REPORT, a_vessel, at_heights, element, write_file, write_series, write_slice

HU = a_vessel(20)
POSITIONS = at_heights(2.0 * np.arange(20))


def a_series(folder: Path, slices=range(20), **options) -> Path:
    for n in slices:
        write_slice(folder / f"{n:03}.dcm", HU[n], POSITIONS[n], **options)
    return folder


def messages(ct, code: str) -> list[str]:
    return [flag.message for flag in ct.flags if flag.code == code]


def codes(ct) -> set[str]:
    return {flag.code for flag in ct.flags}


LOST, PASSED = "files_left_out", "files_passed_over"


def test_what_may_be_a_slice_is_for_review_and_what_is_none_is_a_note():
    assert KINDS[LOST].effect is Effect.REVIEW
    assert KINDS[PASSED].effect is Effect.NOTE


def test_a_folder_of_slices_alone_has_nothing_to_report(tmp_path):
    assert codes(read_ct(a_series(tmp_path))) == set()


def test_dangling_links_are_counted(tmp_path):
    a_series(tmp_path, range(15))
    for n in range(15, 20):
        (tmp_path / f"{n:03}.dcm").symlink_to("objects/none")
    ct = read_ct(tmp_path)
    assert messages(ct, LOST) == [
        "5 of 20 files could not be read and may belong to the series: 5 links that lead nowhere."
    ]


@pytest.mark.parametrize("slices", [range(5), range(15, 20), [9]])
def test_wherever_a_lost_slice_belongs_it_is_said(tmp_path, slices):
    a_series(tmp_path, [n for n in range(20) if n not in slices])
    for n in slices:
        (tmp_path / f"{n:03}").symlink_to(tmp_path / "gone" / str(n))
    ct = read_ct(tmp_path)
    assert len(messages(ct, LOST)) == 1
    assert ("missing_slices" in codes(ct)) == (slices == [9])


def test_a_link_to_itself_is_dangling(tmp_path):
    a_series(tmp_path)
    (tmp_path / "loop.dcm").symlink_to("loop.dcm")
    assert "1 link that leads nowhere" in messages(read_ct(tmp_path), LOST)[0]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("020.dcm", b"", "1 empty file"),
        ("020.dcm", bytes(5000), "1 file that is called like a slice and is no DICOM"),
        ("020.dcm", b"<html>404 Not Found</html>", "1 file that is called like a slice and is no DICOM"),
        ("IM0020", bytes(5000), "1 file that is called like a slice and is no DICOM"),
        ("1.2.840.113619.2", bytes(5000), "1 file that is called like a slice and is no DICOM"),
        ("020.dcm.part", b"half", "1 file that is called like a slice and is no DICOM"),
    ],
)
def test_files_that_were_to_be_slices_are_counted(tmp_path, name, content, reason):
    a_series(tmp_path)
    (tmp_path / name).write_bytes(content)
    ct = read_ct(tmp_path)
    assert messages(ct, LOST) == [f"1 of 21 files could not be read and may belong to the series: {reason}."]


def test_files_called_like_the_slices_that_were_read_are_counted(tmp_path):
    a_series(tmp_path)
    for file in sorted(tmp_path.glob("*.dcm")):
        file.rename(file.with_suffix(".ct"))
    (tmp_path / "020.ct").write_bytes(b"nothing")
    assert len(messages(read_ct(tmp_path), LOST)) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("README", b"About this disc", "1 other file"),
        ("viewer.exe", bytes(500), "1 other file"),
        ("ct.nii.gz", b"\x1f\x8b", "1 other file"),
        (".DS_Store", b"\0\0\0\1Bud1", "1 file of the operating system"),
        ("Thumbs.db", b"\xd0\xcf", "1 file of the operating system"),
        ("._003.dcm", b"\0\5\x16\7", "1 file of the operating system"),
        ("__MACOSX/003.dcm", b"", "1 file of the operating system"),
    ],
)
def test_files_that_never_were_slices_are_a_note(tmp_path, name, content, reason):
    a_series(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    ct = read_ct(tmp_path)
    assert codes(ct) == {PASSED}
    assert messages(ct, PASSED) == [f"Not part of the volume that was read: {reason}."]


def test_files_that_cannot_be_opened_are_counted(tmp_path, monkeypatch):
    a_series(tmp_path)
    open_ = builtins.open

    def closed(file, *arguments, **options):
        if str(file).endswith("019.dcm"):
            raise PermissionError(13, "Permission denied")
        return open_(file, *arguments, **options)

    monkeypatch.setattr(builtins, "open", closed)
    assert "1 file that cannot be opened" in messages(read_ct(tmp_path), LOST)[0]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything is open to this user")
def test_folders_that_cannot_be_opened_are_counted(tmp_path):
    a_series(tmp_path)
    (tmp_path / "closed").mkdir(mode=0)
    assert "1 folder that cannot be opened" in messages(read_ct(tmp_path), LOST)[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_sockets_do_not_stop_the_reading(tmp_path):
    a_series(tmp_path)
    os.mkfifo(tmp_path / "pipe.dcm")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert messages(read_ct(tmp_path), PASSED) == ["Not part of the volume that was read: 2 pipes or devices."]


def test_links_out_of_the_folder_are_followed(tmp_path):
    """As git-annex and DVC keep large files."""
    store = a_series(tmp_path / "store", range(10, 20))
    folder = a_series(tmp_path / "case", range(10))
    for file in store.iterdir():
        (folder / file.name).symlink_to(file)
    ct = read_ct(folder)
    assert ct.volume.grid.shape[0] == 20
    assert codes(ct) == set()


def test_linked_folders_are_followed_and_loops_end(tmp_path):
    a_series(tmp_path / "store", range(10, 20))
    folder = a_series(tmp_path / "case", range(10))
    (folder / "more").symlink_to(tmp_path / "store", target_is_directory=True)
    (folder / "again").symlink_to(folder, target_is_directory=True)
    link = tmp_path / "link"
    link.symlink_to(folder, target_is_directory=True)
    for path in (folder, link):
        ct = read_ct(path)
        assert ct.volume.grid.shape[0] == 20
        assert codes(ct) == set()


def test_two_links_to_one_file_are_copies(tmp_path):
    a_series(tmp_path)
    for n in (3, 4):
        (tmp_path / f"again-{n}.dcm").symlink_to(f"{n:03}.dcm")
    ct = read_ct(tmp_path)
    assert messages(ct, PASSED) == ["Not part of the volume that was read: 2 copies of images."]
    assert np.array_equal(ct.volume.array, HU)


@pytest.mark.parametrize("which", [[0], [7], range(20)])
def test_files_without_preamble_are_read(tmp_path, which):
    a_series(tmp_path, [n for n in range(20) if n not in which])
    a_series(tmp_path, which, preamble=False)
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, HU)
    assert codes(ct) == set()


@pytest.mark.parametrize(
    "syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian, uid.RLELossless]
)
@pytest.mark.parametrize("which", [[7], range(20)])
def test_codings_of_the_standard_give_the_same_pixels(tmp_path, syntax, which):
    for file in a_series(tmp_path).glob("*.dcm"):
        if int(file.stem) in which:
            image = pydicom.Dataset()
            image.update(pydicom.dcmread(file))
            image.file_meta = pydicom.dataset.FileMetaDataset()
            image.file_meta.TransferSyntaxUID = syntax
            if syntax is uid.RLELossless:
                image.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
                image.compress(syntax)
            elif syntax is uid.ExplicitVRBigEndian:
                image.PixelData = np.frombuffer(image.PixelData, "<i2").astype(">i2").tobytes()
            image.save_as(file, enforce_file_format=True)
    ct = read_ct(tmp_path)
    assert np.array_equal(ct.volume.array, HU)
    assert codes(ct) == set()


def test_other_objects_are_told_apart(tmp_path):
    a_series(tmp_path)
    write_file(tmp_path / "DICOMDIR", "1.2.840.10008.1.3.10", "1.2.9.1", {})
    write_file(tmp_path / "report", REPORT, "1.2.9.2", {(0x0008, 0x0060): ("CS", "SR")})
    write_slice(tmp_path / "scout", HU[0], (0, 0, 0), image_type="ORIGINAL\\PRIMARY\\LOCALIZER")
    write_slice(tmp_path / "mr", HU[0], (0, 0, 0), modality="MR", series="1.2.3.7")
    colour = {(0x0028, 0x0004): ("CS", "RGB"), (0x0028, 0x0002): ("US", 3), (0x0028, 0x0100): ("US", 8)}
    write_slice(tmp_path / "screen", HU[0], (0, 0, 0), series="1.2.3.9", extra={**colour, (0x0028, 0x0101): ("US", 8)})
    assert messages(read_ct(tmp_path), PASSED) == [
        "Not part of the volume that was read: 1 table of contents (DICOMDIR), 1 DICOM object that is no image, "
        "1 image of another modality, 1 screenshot or other picture, 1 localizer."
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"extra": {(0x0020, 0x0032): None}}, "1 slice without position, direction or pixel size"),
        ({"extra": {(0x0020, 0x0032): ("DS", "nan\\0\\0")}}, "1 slice without position, direction or pixel size"),
        ({"pixel_mm": (0.0, 0.8)}, "1 slice without position, direction or pixel size"),
        ({"extra": {(0x0008, 0x0060): ("CS", "MR")}}, "1 image that is not marked as a CT slice"),
        ({"image_type": "DERIVED\\SECONDARY\\MIP"}, "1 derived slice"),
        ({"pixel_mm": (0.9, 0.9)}, "1 slice of another size or direction"),
    ],
)
@pytest.mark.parametrize("number", [8, 19])
def test_images_of_the_series_that_do_not_fit_are_for_review(tmp_path, options, reason, number):
    a_series(tmp_path)
    write_slice(tmp_path / f"{number:03}.dcm", HU[number], POSITIONS[number], **options)
    ct = read_ct(tmp_path)
    assert messages(ct, "mixed_series") == [f"Images of the series were left out: {reason}."]
    assert KINDS["mixed_series"].effect is Effect.REVIEW


@pytest.mark.parametrize(
    ("tag", "value"), [((0x0020, 0x0032), None), ((0x0028, 0x0030), ("DS", "0\\0")), ((0x0020, 0x0037), ("DS", "1\\0"))]
)
def test_a_series_without_a_place_is_refused_with_what_it_says(tmp_path, tag, value):
    a_series(tmp_path, extra={tag: value})
    with pytest.raises(InputError, match=r"no axial slices with a position.*(missing|0\\0|Orientation 1\\0)"):
        read_ct(tmp_path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_slice_is_refused_but_not_one_of_another_series(tmp_path, share):
    a_series(tmp_path)
    other = write_slice(tmp_path / "other.dcm", HU[0], (0, 0, 0), series="1.2.3.2")
    other.write_bytes(other.read_bytes()[:-10])
    assert "several_series" in codes(read_ct(tmp_path))
    victim = tmp_path / "004.dcm"
    content = victim.read_bytes()
    victim.write_bytes(content[: max(150, int(len(content) * share))])
    with pytest.raises(InputError, match=r"004\.dcm"):
        read_ct(tmp_path)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text here")
def test_names_that_are_no_text_are_refused_for_slices_only(tmp_path):
    """GDCM would end the process."""
    a_series(tmp_path)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    odd.write_text("menu")
    assert codes(read_ct(tmp_path)) == {PASSED}
    (tmp_path / "004.dcm").rename(odd)
    with pytest.raises(InputError, match=r"caf\\xe9"):
        read_ct(tmp_path)


def test_pixels_that_are_missing_altogether_are_refused(tmp_path):
    a_series(tmp_path)
    write_slice(tmp_path / "004.dcm", HU[4], POSITIONS[4], extra={(0x7FE0, 0x0010): None})
    with pytest.raises(InputError, match=r"004\.dcm' is truncated"):
        read_ct(tmp_path)


def test_pixels_that_gdcm_cannot_decode_are_refused_with_their_coding(tmp_path):
    """A file that pydicom understands, in a transfer syntax that GDCM does not."""
    a_series(tmp_path)
    file = tmp_path / "004.dcm"
    native, other = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"  # MPEG-like: unknown
    file.write_bytes(file.read_bytes().replace(element(2, 0x10, "UI", native), element(2, 0x10, "UI", other)))
    with pytest.raises(InputError, match=r"004\.dcm' cannot be decoded"):
        read_ct(tmp_path)


def test_the_numbers_of_files_add_up(tmp_path):
    """100 files of every kind: what was read and what is counted is all of them."""
    write_series(tmp_path / "a", HU, POSITIONS)
    write_series(tmp_path / "b", HU[:6], POSITIONS[:6], series="1.2.3.2")
    write_series(tmp_path / "c", HU, POSITIONS)  # copies
    for n in range(4):
        (tmp_path / f"{n}.dcm").symlink_to("gone")
        (tmp_path / f"{n}.txt").write_text("text")
        (tmp_path / f"empty{n}.dcm").touch()
    count = sum(1 for file in tmp_path.rglob("*") if not file.is_dir())
    ct = read_ct(tmp_path)
    text = " ".join(flag.message for flag in ct.flags)
    assert count == 58
    for said in (
        "8 of 58 files",
        "4 links",
        "4 empty",
        "4 other files",
        "20 copies",
        "6 images of others",
        "20 images",
    ):
        assert said in text
