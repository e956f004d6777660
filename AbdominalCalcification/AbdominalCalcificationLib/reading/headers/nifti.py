"""Headers of NIfTI-1 and NIfTI-2 files (https://nifti.nimh.nih.gov/nifti-1, /nifti-2).

The standard gives voxel sizes (``pixdim``) and up to two places in the patient (``qform``, ``sform``). A library uses
one of them and is silent about the others; here all that a header gives must agree.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...flags import Flag
from ...geometry import Grid
from ...geometry.plausible import sizes_shown
from .said import (
    AGAIN,
    SAME_DIRECTION,
    Said,
    check_dimensions,
    check_lengths,
    check_same_lengths,
    contradiction,
    damaged,
    directions_shown,
    grid_of_columns,
    strange_scaling,
    unknown_orientation,
)

#: Bytes that hold the header of either version.
HEADER_BYTES = 540
# Field: offset and struct code in NIfTI-1 and in NIfTI-2.
_FIELDS = {
    "dim": ((40, "8h"), (16, "8q")),
    "intent_code": ((68, "h"), (504, "i")),
    "datatype": ((70, "h"), (12, "h")),
    "bitpix": ((72, "h"), (14, "h")),
    "pixdim": ((76, "8f"), (104, "8d")),
    "vox_offset": ((108, "f"), (168, "q")),
    "scl_slope": ((112, "f"), (176, "d")),
    "scl_inter": ((116, "f"), (184, "d")),
    "xyzt_units": ((123, "B"), (500, "i")),
    "qform_code": ((252, "h"), (344, "i")),
    "sform_code": ((254, "h"), (348, "i")),
    "quatern": ((256, "3f"), (352, "3d")),
    "qoffset": ((268, "3f"), (376, "3d")),
    "srow": ((280, "12f"), (400, "12d")),
}
_SINGLES = {"intent_code", "datatype", "bitpix", "vox_offset", "scl_slope", "scl_inter", "xyzt_units"}
_SINGLES |= {"qform_code", "sform_code"}
# Where voxels begin at the earliest in a file that holds header and voxels.
_FIRST_VOXEL = (352, 544)
_DTYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_COLOURS = {32, 128, 1792, 2048, 2304}  # RGB, RGBA and complex numbers
# Most programs write 0 (unknown) and mean mm, as the standard's predecessors did; the size of the grid is checked.
_UNITS_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 1e-3}
# Quaternions in single precision may be a little longer than 1.
_LONGEST_QUATERNION = 1.001


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """What is needed of a header.

    Attributes
    ----------
    said : Said
    dtype : dtype
        Of the stored voxels.
    start : int
        Byte at which they begin.
    slope, intercept : float
        From stored to meant values; 1 and 0 where the file says nothing.
    """

    said: Said
    dtype: np.dtype
    start: int
    slope: float
    intercept: float


def parse_nifti(path: Path, content: bytes, in_one_file: bool, plane: bool = False) -> NiftiHeader:
    """Return what the first bytes of a NIfTI file say.

    Parameters
    ----------
    path : Path
        For messages.
    content : bytes
        :data:`HEADER_BYTES` of them, fewer where the file is shorter.
    in_one_file : bool
        Whether the same file holds the voxels.
    plane : bool
        Whether an image of two dimensions is one too: it has one slice, as thick as its pixels are wide.

    Raises
    ------
    InputError
        For what is no NIfTI header, is no scalar 3D image, contradicts itself or gives no voxel sizes.
    """
    order, version = _version(path, content, in_one_file)
    fields = {}
    for name, places in _FIELDS.items():
        offset, code = places[version - 1]
        values = struct.unpack_from(order + code, content, offset)
        fields[name] = values[0] if name in _SINGLES else values
    dimensions = fields["dim"][0]
    if not 1 <= dimensions <= 7:
        raise damaged(path, f"{dimensions} dimensions")
    dtype = _dtype(path, fields)
    sizes = [n if axis < 3 else max(1, n) for axis, n in enumerate(fields["dim"][1 : 1 + dimensions])]
    if len(sizes) > 4 and sizes[4] > 1:
        raise InputError(f"'{path.name}' is a colour or vector image; give a scalar CT volume or label map.")
    if plane and len(sizes) == 2:
        sizes = [*sizes, 1]
        if not fields["pixdim"][3] > 0:
            fields["pixdim"] = (*fields["pixdim"][:3], fields["pixdim"][1], *fields["pixdim"][4:])
    sizes = check_dimensions(path, sizes)
    unit_code = fields["xyzt_units"] & 7
    if unit_code not in _UNITS_MM:
        raise InputError(
            f"'{path.name}' gives its lengths in a unit that NIfTI does not define ({unit_code}); {AGAIN}."
        )
    unit_mm = _UNITS_MM[unit_code]
    grid, flags = _grid(path, fields, sizes, unit_mm)
    slope, intercept = _scaling(path, fields)
    return NiftiHeader(
        Said(grid, flags, (unit_mm,) * 3, not flags),
        np.dtype(order + dtype),
        _start(path, fields, _FIRST_VOXEL[version - 1] if in_one_file else 0),
        slope,
        intercept,
    )


def _version(path: Path, content: bytes, in_one_file: bool) -> tuple[str, int]:
    """Return byte order and version."""
    for order in "<>":
        if len(content) >= 348 and struct.unpack_from(order + "i", content)[0] == 348:
            magic, version = content[344:348], 1
        elif len(content) >= HEADER_BYTES and struct.unpack_from(order + "i", content)[0] == 540:
            magic, version = content[4:8], 2
        else:
            continue
        if magic == f"n{'+' if in_one_file else 'i'}{version}\0".encode():
            return order, version
        if version == 1 and magic[:1] != b"n":
            raise InputError(
                f"'{path.name}' is an Analyze 7.5 file, which does not say how the patient lies in it; {AGAIN}."
            )
        raise damaged(path, f"it calls itself {magic.decode('ascii', 'replace')!r}")
    raise damaged(path)


def _dtype(path: Path, fields: dict) -> str:
    code, bits = fields["datatype"], fields["bitpix"]
    if code in _COLOURS:
        raise InputError(f"'{path.name}' is a colour or vector image; give a scalar CT volume or label map.")
    if code not in _DTYPES:
        raise damaged(path, f"voxels of type {code}")
    expected = 8 * np.dtype(_DTYPES[code]).itemsize
    if bits != expected:
        raise contradiction(path, f"its voxels have {bits} bits by bitpix and {expected} by datatype")
    return _DTYPES[code]


def _start(path: Path, fields: dict, least: int) -> int:
    start = fields["vox_offset"]
    if not np.isfinite(start) or start != int(start) or start < least:
        raise damaged(path, f"its voxels are said to begin at byte {start:g}, inside its header")
    return int(start)


def _scaling(path: Path, fields: dict) -> tuple[float, float]:
    """Return slope and intercept. A slope of 0 means none (the standard), NaN as well (nibabel)."""
    slope, intercept = fields["scl_slope"], fields["scl_inter"]
    shown = f"scl_slope {slope:g}, scl_inter {intercept:g}"
    if slope == 0 or np.isnan(slope):
        if np.isnan(intercept) or intercept == 0:
            return 1.0, 0.0
        raise InputError(
            f"'{path.name}' has an intercept without a slope ({shown}), so its values are not known; {AGAIN}."
        )
    if not (np.isfinite(slope) and np.isfinite(intercept)) or slope < 0:
        raise strange_scaling(path, shown)
    return float(slope), float(intercept)


def _grid(path: Path, fields: dict, sizes, unit_mm: float) -> tuple[Grid, tuple[Flag, ...]]:
    """Return the grid in mm, and a flag where the header gives no orientation."""
    lengths = np.array(fields["pixdim"][1:4], float)
    rows = np.array(fields["srow"], float).reshape(3, 4)
    has_sform, has_qform = fields["sform_code"] > 0, fields["qform_code"] > 0
    steps = rows[:, :3]
    of_sform = np.linalg.norm(steps, axis=0) if np.isfinite(steps).all() else np.full(3, np.nan)
    check_lengths(path, lengths, "pixdim", f"sform: {sizes_shown(of_sform)}" if has_sform else "")
    if has_sform:
        check_lengths(path, of_sform, "sform", f"pixdim: {sizes_shown(lengths)}")
        check_same_lengths(path, lengths * unit_mm, "pixdim", of_sform * unit_mm, "its sform")
    columns, origin = steps, rows[:, 3]
    if has_qform:
        turned = _rotation(path, fields) * lengths
        placed = np.array(fields["qoffset"], float)
        if has_sform:
            _check_same_place(path, (turned, placed), (columns, origin))
        else:
            columns, origin = turned, placed
    if has_sform or has_qform:
        return grid_of_columns(path, sizes, columns * unit_mm, origin * unit_mm), ()
    # As ITK does: the axes point to the left, to the back and upwards.
    grid = grid_of_columns(path, sizes, np.diag(lengths * (-1, -1, 1)) * unit_mm, np.zeros(3))
    return grid, (unknown_orientation(path, "its qform and sform codes are 0"),)


def _rotation(path: Path, fields: dict) -> np.ndarray:
    """Return the directions of i, j, k as columns (RAS), from the quaternion; the first pixdim is their handedness."""
    b, c, d = fields["quatern"]
    squared = b * b + c * c + d * d
    if not squared <= _LONGEST_QUATERNION:
        raise damaged(path, f"its qform is no rotation ({b:g}, {c:g}, {d:g})")
    handedness = fields["pixdim"][0]
    if np.isnan(handedness):
        raise damaged(path, "its qform says nothing about handedness")
    a = np.sqrt(max(0.0, 1.0 - squared))
    if squared > 1:
        b, c, d = (each / np.sqrt(squared) for each in (b, c, d))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    return rotation * (1, 1, -1 if handedness < 0 else 1)


def _check_same_place(path: Path, qform, sform) -> None:
    """Refuse directions and origins that differ by more than rounding.

    Raises
    ------
    InputError
    """
    (turned, placed), (steps, origin) = qform, sform
    one, two = (each / np.linalg.norm(each, axis=0) for each in (turned, steps))
    if np.abs(one - two).max() > SAME_DIRECTION:
        by_qform, by_sform = directions_shown(one), directions_shown(two)
        if by_qform == by_sform:
            degrees = np.degrees(np.arccos(np.clip((one * two).sum(axis=0).min(), -1, 1)))
            by_qform, by_sform = "otherwise", f"{by_sform}, {degrees:.1f} degrees away,"
        raise contradiction(path, f"its axes point {by_qform} by its qform and {by_sform} by its sform")
    if not np.abs(placed - origin).max() <= 0.5 * np.linalg.norm(steps, axis=0).min():
        raise contradiction(
            path, f"it begins at ({_point(placed)}) mm by its qform and at ({_point(origin)}) mm by its sform"
        )


def _point(values) -> str:
    return ", ".join(f"{value:.5g}" for value in values)
