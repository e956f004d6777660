"""Headers of MetaImage files (https://itk.org/Wiki/ITK/MetaIO/Documentation), attached and detached.

ITK takes a missing voxel size for 1, missing directions for those of LPS, every unit for mm, and leaves the function
from stored to meant values to the reader. Coordinates are LPS, as ITK defines them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from .data_files import held_by, listed_files
from .said import (
    SAME_LENGTH,
    Said,
    check_dimensions,
    check_held,
    check_lengths,
    check_same_lengths,
    contradiction,
    damaged,
    directions_shown,
    grid_of_columns,
    no_origin,
    no_sizes,
    strange_scaling,
    unit_in_mm,
    unknown_orientation,
)
from .stored import Encoding, Stored

ENDINGS = (".mha", ".mhd")
_LINE = re.compile(r"\s*([^=:]+?)\s*[=:]\s*(.*?)\s*")
_LONGEST_LINE, _MOST_LINES = 1 << 16, 10_000
_LPS = np.array([-1.0, -1.0, 1.0])
_TYPES = {
    **{"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_ASCII_CHAR": "i1", "MET_SHORT": "i2", "MET_USHORT": "u2"},
    **{"MET_INT": "i4", "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_FLOAT": "f4"},
    **{"MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_DOUBLE": "f8"},
}
_DIRECTIONS, _ORIGIN = ("TransformMatrix", "Rotation", "Orientation"), ("Offset", "Position", "Origin")
_KNOWN = {"NDims", "DimSize", "ElementSpacing", "ElementSize", "ElementType", "ElementNumberOfChannels"}
_KNOWN |= {*_DIRECTIONS, *_ORIGIN, "DistanceUnits", "AnatomicalOrientation", "HeaderSize", "CompressedData"}
_KNOWN |= {"CompressedDataSize"}
_KNOWN |= {"ElementToIntensityFunctionSlope", "ElementToIntensityFunctionOffset", "ElementDataFile", "BinaryData"}
# A direction at less than 60 degrees to an axis of the patient may be called after it.
_LEAST_COSINE = 0.5


@dataclass(frozen=True, eq=False)
class MetaHeader:
    """What is needed of a header: `said`, the `layers` (channels) in each voxel, and how these are `stored`."""

    said: Said
    layers: int
    stored: Stored


def parse_meta(path: Path) -> MetaHeader:
    """Return what the header of a MetaImage file says.

    Raises
    ------
    InputError
        For what is no header, is no 3D image, contradicts itself, gives no voxel sizes or an unknown unit, or claims
        more voxels than its files hold.
    """
    fields, data_lines, end = _fields(path)
    if fields.get("ObjectType", "Image") != "Image":
        raise damaged(path, f"a MetaIO {fields['ObjectType']}")
    dimensions = _whole(path, fields, "NDims", 1)[0]
    sizes = _whole(path, fields, "DimSize", dimensions)
    layers = _whole(path, fields, "ElementNumberOfChannels", 1)[0] if "ElementNumberOfChannels" in fields else 1
    kept = check_dimensions(path, sizes)
    stored = _stored(path, fields, data_lines, end, math.prod(sizes) * layers)
    return MetaHeader(_said(path, fields, dimensions, kept), layers, stored)


def _fields(path: Path) -> tuple[dict[str, str], list[str], int]:
    """Return the fields, lines that name files of voxels, and where the header ends."""
    fields: dict[str, str] = {}
    with open(path, "rb") as file:
        for _ in range(_MOST_LINES):
            raw = file.readline(_LONGEST_LINE)
            match = _LINE.fullmatch(raw.decode("utf-8", "surrogateescape"))
            if not raw.endswith(b"\n") and not (match and match[1] == "ElementDataFile"):
                break
            if match is None:  # the second line of a comment
                continue
            if match[1] in fields and match[1] in _KNOWN:
                raise damaged(path, f"a second {match[1]}")
            fields[match[1]] = match[2]
            if match[1] == "ElementDataFile":
                end = file.tell()
                rest = file.read(_LONGEST_LINE * 16) if match[2].split()[:1] == ["LIST"] else b""
                lines = rest.decode("utf-8", "surrogateescape").splitlines()
                return fields, [line.strip() for line in lines if line.strip()], end
    raise damaged(path)


def _said(path: Path, fields: dict[str, str], dimensions: int, sizes: tuple[int, int, int]) -> Said:
    unit_mm = unit_in_mm(path, fields.get("DistanceUnits", ""))
    lengths = _lengths(path, fields, dimensions, unit_mm)
    directions = _one_of(path, fields, _DIRECTIONS, dimensions**2)
    origin = _one_of(path, fields, _ORIGIN, dimensions)
    stated = fields.get("AnatomicalOrientation", "").upper()[:3]
    flags = []
    columns = np.eye(3)
    if directions is not None:
        columns = directions.reshape(dimensions, dimensions)[:3, :3].T
        if not np.abs(np.linalg.norm(columns, axis=0) - 1).max() <= SAME_LENGTH:
            raise damaged(path, "TransformMatrix " + " ".join(f"{value:g}" for value in directions))
    agrees = _agrees(stated, _LPS[:, None] * columns)
    if directions is None and not agrees:
        flags.append(unknown_orientation(path, "no TransformMatrix"))
    elif agrees is False:
        points = directions_shown(_LPS[:, None] * columns)
        flags.append(
            unknown_orientation(path, f"AnatomicalOrientation {stated}, but its TransformMatrix points {points}")
        )
    if origin is None:
        flags.append(no_origin(path, "Offset"))
        origin = np.zeros(dimensions)
    grid = grid_of_columns(path, sizes, _LPS[:, None] * columns * lengths * unit_mm, _LPS * origin[:3] * unit_mm)
    slope, intercept = (
        _numbers(path, fields, f"ElementToIntensityFunction{name}", 1, default)[0]
        for name, default in (("Slope", 1.0), ("Offset", 0.0))
    )
    if not (np.isfinite([slope, intercept]).all() and slope > 0):
        raise strange_scaling(path, f"slope {slope:g}, offset {intercept:g}")
    placed = not any(flag.code == "unknown_orientation" for flag in flags)
    return Said(grid, tuple(flags), (unit_mm,) * 3, placed, slope, intercept)


def _agrees(stated: str, columns_ras: np.ndarray) -> bool | None:
    """Return whether an AnatomicalOrientation names these directions; None for one that names none.

    ITK names where the axes come from (RAI is the identity in LPS), others where they go to (LPS).
    """
    rows = [next((row for row, pair in enumerate(("RL", "AP", "SI")) if letter in pair), None) for letter in stated]
    if sorted(row for row in rows if row is not None) != [0, 1, 2]:
        return None
    signs = np.array([1.0 if letter in "RAS" else -1.0 for letter in stated])
    cosines = signs * columns_ras[rows, [0, 1, 2]]
    return bool(cosines.min() >= _LEAST_COSINE or cosines.max() <= -_LEAST_COSINE)


def _lengths(path: Path, fields: dict[str, str], dimensions: int, unit_mm: float) -> np.ndarray:
    """Return the voxel sizes in the file's unit: spacing, or size where that alone is given."""
    spacing, size = (_numbers(path, fields, name, dimensions) for name in ("ElementSpacing", "ElementSize"))
    if spacing is None and size is None:
        raise no_sizes(path, "no ElementSpacing, no ElementSize")
    for name, lengths in (("ElementSpacing", spacing), ("ElementSize", size)):
        if lengths is not None:
            check_lengths(path, lengths[:3], name)
    if spacing is not None and size is not None:
        check_same_lengths(path, spacing[:3] * unit_mm, "ElementSpacing", size[:3] * unit_mm, "ElementSize")
    return (size if spacing is None else spacing)[:3]


def _one_of(path: Path, fields: dict[str, str], names: tuple[str, ...], count: int) -> np.ndarray | None:
    """Return the numbers of a field that goes by several names; None where it is absent."""
    given = {name: _numbers(path, fields, name, count) for name in names if name in fields}
    if not given:
        return None
    (first, values), *others = given.items()
    for name, other in others:
        if not np.allclose(values, other, rtol=SAME_LENGTH, atol=SAME_LENGTH):
            raise contradiction(path, f"{first} is {fields[first]}, and {name} {fields[name]}")
    if not np.isfinite(values).all():
        raise damaged(path, f"{first} {fields[first]}")
    return values


def _numbers(
    path: Path, fields: dict[str, str], name: str, count: int, default: float | None = None
) -> np.ndarray | None:
    """Return `count` numbers of a field; without it None, or `count` times `default`."""
    if name not in fields:
        return None if default is None else np.full(count, default)
    try:
        values = np.array([float(part) for part in fields[name].split()])
    except ValueError:
        values = np.empty(0)
    if len(values) != count:
        raise damaged(path, f"{name} {fields[name]}")
    return values


def _whole(path: Path, fields: dict[str, str], name: str, count: int) -> list[int]:
    """Return the whole numbers of a field that must be there, 1 or more."""
    parts = fields.get(name, "").split()
    right = len(parts) == count and all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts)
    if not right or any(int(part) < 1 for part in parts):
        raise damaged(path, f"{name} {fields[name]}" if name in fields else f"no {name}")
    return [int(part) for part in parts]


def _stored(path: Path, fields: dict[str, str], data_lines: list[str], end: int, count: int) -> Stored:
    """Return where and how `count` numbers are stored; refuse files that cannot hold them."""
    dtype = _TYPES.get(fields.get("ElementType", ""))
    if dtype is None:
        raise damaged(path, f"voxels of type '{fields.get('ElementType', '')}'")
    data = fields["ElementDataFile"]
    local = data.upper() == "LOCAL"
    files = [path] if local else listed_files(path, data, data_lines)
    is_text = fields.get("BinaryData", "True").upper().startswith("F")
    size, skipped = None, fields.get("HeaderSize", "0")
    encoding = Encoding.TEXT if is_text else Encoding.RAW
    if fields.get("CompressedData", "False").upper().startswith("T"):
        encoding = Encoding.COMPRESSED
        said = fields.get("CompressedDataSize", "0")
        size = int(said) if re.fullmatch(r"\d{1,18}", said) else 0
        if size == 0:
            raise InputError(
                f"'{path.name}' does not say how many bytes its compressed voxels take (CompressedDataSize); "
                "save it again."
            )
    if not re.fullmatch(r"-1|\d{1,9}", skipped):
        raise damaged(path, f"HeaderSize {skipped}")
    start = (end if local else 0) if skipped in ("0", "-1") else int(skipped)
    start = -1 if skipped == "-1" else start
    stored = Stored(files, np.dtype(dtype), count, encoding, start, beside_header=not local, compressed_bytes=size)
    check_held(path, stored.least, held_by(path, files) - max(start, 0), size is not None)
    return stored
