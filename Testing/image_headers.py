"""Small CTs and masks as files, whose headers a test can write field by field."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reading.images import header_flags, read_grid

SHAPE = (8, 10, 12)
SPACING = (0.8, 0.7, 2.0)
ORIGIN_RAS = (-25.0, 12.0, -400.0)
# Of NIfTI files as they are written here, and of NRRD and MetaImage, whose i grows to the left and j to the back.
AXIAL = Grid.from_spacing(SHAPE, SPACING, ORIGIN_RAS)
AXIAL_LPS = Grid.from_spacing(SHAPE, SPACING, ORIGIN_RAS, np.diag([-1, -1, 1]))
# Offsets and codes of NIfTI-1, from its header file nifti1.h.
NIFTI1 = {
    "sizeof_hdr": (0, "i"),
    "dim": (40, "8h"),
    "intent_code": (68, "h"),
    "datatype": (70, "h"),
    "bitpix": (72, "h"),
    "pixdim": (76, "8f"),
    "vox_offset": (108, "f"),
    "scl_slope": (112, "f"),
    "scl_inter": (116, "f"),
    "xyzt_units": (123, "B"),
    "qform_code": (252, "h"),
    "sform_code": (254, "h"),
    "quatern": (256, "3f"),
    "qoffset": (268, "3f"),
    "srow": (280, "12f"),
    "magic": (344, "4s"),
}


def a_ct(shape=SHAPE, seed=0) -> np.ndarray:
    """A body in HU, int16: fat, organs, a bright vessel and a plaque."""
    rng = np.random.default_rng(seed)
    hu = rng.normal(-90, 10, shape)
    _, j, i = np.indices(shape)
    centre = [(n - 1) / 2 for n in shape]
    radius = np.hypot((j - centre[1]) / shape[1], (i - centre[2]) / shape[2])
    hu[radius < 0.4] = rng.normal(50, 10, int((radius < 0.4).sum()))
    hu[radius < 0.15] = rng.normal(320, 12, int((radius < 0.15).sum()))
    hu[centre[0].__trunc__(), 5, 6] = 800
    return np.rint(hu).astype(np.int16)


def a_mask(shape=SHAPE) -> np.ndarray:
    """An aorta (1), uint8."""
    mask = np.zeros(shape, np.uint8)
    mask[1:-1, 3:7, 4:8] = 1
    return mask


def nifti_fields(array: np.ndarray, spacing=SPACING, origin=ORIGIN_RAS) -> dict:
    """Return the fields of a header as dcm2niix writes it: qform and sform, RAS axes, mm."""
    code, bits = {"int16": (4, 16), "uint8": (2, 8), "float32": (16, 32)}[array.dtype.name]
    i, j, k = spacing
    return {
        "sizeof_hdr": 348,
        "dim": (3, *array.shape[::-1], 1, 1, 1, 1),
        "intent_code": 0,
        "datatype": code,
        "bitpix": bits,
        "pixdim": (1, i, j, k, 0, 0, 0, 0),
        "vox_offset": 352,
        "scl_slope": 1,
        "scl_inter": 0,
        "xyzt_units": 10,
        "qform_code": 1,
        "sform_code": 1,
        "quatern": (0, 0, 0),
        "qoffset": origin,
        "srow": (i, 0, 0, origin[0], 0, j, 0, origin[1], 0, 0, k, origin[2]),
        "magic": b"n+1\0",
    }


def nifti_bytes(array: np.ndarray, order="<", **changed) -> bytes:
    """Return a NIfTI-1 file of one piece, with fields of :data:`NIFTI1` changed."""
    fields = {**nifti_fields(array), **changed}
    header = bytearray(352)
    for name, value in fields.items():
        offset, code = NIFTI1[name]
        struct.pack_into(order + code, header, offset, *(value if isinstance(value, tuple) else (value,)))
    return bytes(header) + array.astype(array.dtype.newbyteorder(order)).tobytes()


def write_nifti(path: Path, array: np.ndarray, **changed) -> Path:
    """Write :func:`nifti_bytes`, compressed where the name says so."""
    content = nifti_bytes(array, **changed)
    path.write_bytes(gzip.compress(content, 1) if path.name.endswith(".gz") else content)
    return path


_NRRD_TYPES = {"int16": "short", "uint8": "unsigned char", "float32": "float"}
_META_TYPES = {"int16": "MET_SHORT", "uint8": "MET_UCHAR", "float32": "MET_FLOAT"}


def nrrd_fields(array: np.ndarray) -> dict[str, str | None]:
    """Return the fields of a header as Slicer writes it."""
    i, j, k = SPACING
    return {
        "type": _NRRD_TYPES[array.dtype.name],
        "dimension": str(array.ndim),
        "space": "left-posterior-superior",
        "sizes": " ".join(map(str, array.shape[::-1])),
        "space directions": f"({i},0,0) (0,{j},0) (0,0,{k})",
        "kinds": "domain domain domain",
        "endian": "little",
        "encoding": "raw",
        "space origin": f"({-ORIGIN_RAS[0]},{-ORIGIN_RAS[1]},{ORIGIN_RAS[2]})",
    }


def nrrd_header(fields: dict[str, str | None]) -> bytes:
    """Return a header of the fields that are not None."""
    ordered = sorted(fields, key=lambda name: name != "space dimension")  # before the directions
    lines = [f"{name}: {fields[name]}\n" for name in ordered if fields[name] is not None]
    ending = [] if "data file" in fields else ["\n"]
    return "".join(["NRRD0005\n", *lines, *ending]).encode("utf-8", "surrogateescape")


def write_nrrd(path: Path, array: np.ndarray, **changed) -> Path:
    """Write a NRRD file; keywords change fields (blanks as underscores), None leaves one out."""
    fields = {**nrrd_fields(array), **{name.replace("_", " "): value for name, value in changed.items()}}
    content = array.tobytes()
    if path.suffix == ".nhdr":
        path.with_suffix(".raw").write_bytes(content)
        fields.setdefault("data file", path.with_suffix(".raw").name)
        content = b""
    elif fields["encoding"] == "gzip":
        content = gzip.compress(content, 1)
    path.write_bytes(nrrd_header(fields) + content)
    return path


def meta_fields(array: np.ndarray) -> dict[str, str | None]:
    """Return the fields of a header as ITK writes it."""
    return {
        "ObjectType": "Image",
        "NDims": str(array.ndim),
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1",
        "Offset": f"{-ORIGIN_RAS[0]} {-ORIGIN_RAS[1]} {ORIGIN_RAS[2]}",
        "CenterOfRotation": "0 0 0",
        "AnatomicalOrientation": "RAI",
        "ElementSpacing": " ".join(map(str, SPACING)),
        "DimSize": " ".join(map(str, array.shape[::-1])),
        "ElementType": _META_TYPES[array.dtype.name],
    }


def write_meta(path: Path, array: np.ndarray, **changed) -> Path:
    """Write a MetaImage file; keywords change fields, None leaves one out."""
    fields = {**meta_fields(array), **changed}
    content = array.tobytes()
    if path.suffix == ".mhd":
        path.with_suffix(".raw").write_bytes(content)
        fields.setdefault("ElementDataFile", path.with_suffix(".raw").name)
        content = b""
    else:
        fields.setdefault("ElementDataFile", "LOCAL")
    lines = [f"{name} = {value}\n" for name, value in fields.items() if value is not None]
    path.write_bytes("".join(lines).encode("utf-8", "surrogateescape") + content)
    return path


def codes(flags) -> list[str]:
    """Return the codes of flags."""
    return [flag.code for flag in flags]


def refused(path, *parts):
    """Check that CT and mask are refused, each in one line with all of `parts`, by every way to their header."""
    for read in (read_ct, read_mask, read_grid, header_flags):
        with pytest.raises(InputError) as refusal:
            read(path)
        text = str(refusal.value)
        assert text.isprintable()
        assert f"'{path.name}'" in text
        for part in parts:
            assert part in text
