"""Headers of NRRD files (https://teem.sourceforge.net/nrrd/format.html), attached and detached.

ITK takes a missing voxel size for 1, every unit for mm and every space it does not know for LPS.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...flags import Flag
from .data_files import held_by, listed_files
from .said import (
    Said,
    check_dimensions,
    check_held,
    check_lengths,
    contradiction,
    damaged,
    grid_of_columns,
    no_origin,
    no_sizes,
    plain,
    unit_in_mm,
    unknown_orientation,
)
from .stored import Encoding, Stored

_MAGIC = re.compile(rb"NRRD00\d\d|NRRD00\.01")
_BLANK_LINE = re.compile(rb"\n\r?\n")
# ITK's NRRD library begins a new line at a carriage return, two of which end its header, and passes over a NUL: it
# would read other fields, and other voxels, than stand there.
_READ_DIFFERENTLY = re.compile(rb"\r(?!\n)|\0")
_USUAL_HEADER, _LONGEST_HEADER = 1 << 16, 1 << 25
# ITK's NRRD library has no room for a line of about 1000 characters in the message that it is wrong, and crashes.
_LONGEST_LINE = 500
# All that the format defines, without the blanks that some are written with.
_FIELDS = {
    *("dimension", "type", "blocksize", "encoding", "endian", "content", "min", "max", "oldmin", "oldmax", "datafile"),
    *("lineskip", "byteskip", "number", "sampleunits", "sizes", "spacings", "thicknesses", "axismins", "axismaxs"),
    *("centers", "labels", "units", "kinds", "space", "spacedimension", "spaceunits", "spaceorigin"),
    *("spacedirections", "measurementframe"),
}
# What the coordinates of a space grow towards, as factors to RAS.
_SPACES = {
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
}
_LPS = (-1, -1, 1)
_TYPES = {
    **dict.fromkeys(("signedchar", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsignedchar", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "shortint", "signedshort", "signedshortint", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsignedshort", "unsignedshortint", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signedint", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsignedint", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "longlongint", "signedlonglong", "signedlonglongint", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsignedlonglong", "unsignedlonglongint", "uint64", "uint64_t"), "u8"),
    **{"float": "f4", "double": "f8"},
}
_ENCODINGS = {
    "raw": Encoding.RAW,
    **dict.fromkeys(("gz", "gzip"), Encoding.COMPRESSED),
    **dict.fromkeys(("txt", "text", "ascii"), Encoding.TEXT),
    "hex": Encoding.HEX,
}
_SAID_KINDS = {"domain", "space"}
_SPATIAL_KINDS = _SAID_KINDS | {"???", "none"}
_VECTOR = re.compile(r"\(([^()]*)\)|(none)", re.IGNORECASE)
_SAME_STEP = 0.01
_ESCAPES = {"\\\\": "\\", "\\n": "\n"}
_ESCAPED = re.compile(r"\\[\\n]")


@dataclass(frozen=True, eq=False)
class NrrdHeader:
    """What is needed of a header.

    Attributes
    ----------
    said : Said
    layers : int
        Label maps beside each other in each voxel.
    pairs : dict of str to str
        Key/value pairs.
    stored : Stored
    """

    said: Said
    layers: int
    pairs: dict[str, str]
    stored: Stored


def is_nrrd(path: Path) -> bool:
    """Return whether the file begins as a NRRD file does."""
    with open(path, "rb") as file:
        return _MAGIC.match(file.read(10)) is not None


def parse_nrrd(path: Path) -> NrrdHeader:
    """Return what the header of a NRRD file says.

    Raises
    ------
    InputError
        For what is no header, is no 3D image, contradicts itself, gives no voxel sizes or an unknown unit, or claims
        more voxels than its files hold.
    """
    fields, pairs, data_lines, end = _fields(path)
    dimensions = _whole(path, fields, "dimension", 1)[0]
    sizes = _whole(path, fields, "sizes", dimensions)
    if min(sizes) < 1:
        raise damaged(path, "sizes " + " × ".join(map(str, sizes)))
    axes = _spatial_axes(path, fields, dimensions)
    others = [axis for axis in range(dimensions) if axis not in axes]
    layers = math.prod(sizes[axis] for axis in others)
    if len(axes) < 3 or len(others) > 1:
        shape = " × ".join(str(size) for size in sizes)
        raise InputError(f"'{path.name}' has {dimensions} dimensions ({shape}); give one 3D volume.")
    kept = check_dimensions(path, [sizes[axis] for axis in axes])
    stored = _stored(path, fields, data_lines, end, math.prod(sizes))
    return NrrdHeader(_said(path, fields, axes, kept), layers, pairs, stored)


def _fields(path: Path) -> tuple[dict[str, str], dict[str, str], list[str], int]:
    """Return fields by name without blanks, key/value pairs, lines that name files of voxels, and the header's end."""
    with open(path, "rb") as file:
        content = file.read(_USUAL_HEADER)
        if not _MAGIC.match(content):
            raise damaged(path)
        blank = _BLANK_LINE.search(content)
        if blank is None:
            content += file.read(_LONGEST_HEADER)
            blank = _BLANK_LINE.search(content)
    header, end = (content[: blank.start()], blank.end()) if blank else (content, len(content))
    if odd := _READ_DIFFERENTLY.search(header, 0, len(header.removesuffix(b"\r"))):
        line = header[header.rfind(b"\n", 0, odd.start()) + 1 :][:40].decode("utf-8", "surrogateescape")
        what = "a bare carriage return" if odd[0] == b"\r" else "a NUL"
        raise damaged(path, f"{what} in the line '{line}'")
    lines = [line.removesuffix(b"\r").decode("utf-8", "surrogateescape") for line in header.split(b"\n")[1:]]
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        name, colon, text = line.partition(":")
        if not line or line.startswith("#"):
            continue
        if text.startswith("="):
            pairs[_readable(name)] = _ESCAPED.sub(lambda match: _ESCAPES[match[0]], _readable(text[1:]))
            continue
        name = name.lower().replace(" ", "")
        name = {"centerings": "centers"}.get(name, name)
        if not colon or name in fields:
            raise damaged(path, f"a second '{name}'" if colon else f"the line '{line[:40]}'")
        if name not in _FIELDS or (name != "content" and len(line) > _LONGEST_LINE):
            raise damaged(path, f"the line '{line[:40]}'")
        fields[name] = text.strip()
        if name == "datafile" and text.split()[:1] == ["LIST"]:
            return fields, pairs, [each.strip() for each in lines[number:] if each.strip()], end
    return fields, pairs, [], end


def _readable(text: str) -> str:
    """Return text of which bytes that are no UTF-8 are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _spatial_axes(path: Path, fields: dict[str, str], dimensions: int) -> list[int]:
    """Return the axes that lie in the patient: not those of time, colour or segments."""
    kinds = [kind.lower() for kind in fields["kinds"].split()] if "kinds" in fields else []
    vectors = _vectors(path, fields, "spacedirections")
    if (kinds and len(kinds) != dimensions) or (vectors and len(vectors) != dimensions):
        raise damaged(path, f"{dimensions} dimensions, {len(kinds)} kinds, {len(vectors)} space directions")
    spatial = [axis for axis in range(dimensions) if not kinds or kinds[axis] in _SPATIAL_KINDS]
    if dimensions > 3:
        spatial = [
            axis
            for axis in spatial
            if (kinds and kinds[axis] in _SAID_KINDS) or not vectors or vectors[axis] is not None
        ]
    return spatial


def _said(path: Path, fields: dict[str, str], axes: list[int], sizes: tuple[int, int, int]) -> Said:
    """Return grid and flags of the spatial axes."""
    vectors = _vectors(path, fields, "spacedirections")
    spacings = _numbers(path, fields, "spacings")
    if not vectors:
        return _without_directions(path, fields, axes, sizes, spacings)
    given = [vectors[axis] for axis in axes]
    if any(vector is None for vector in given):
        missing = ", ".join("ijk"[n] for n, vector in enumerate(given[:3]) if vector is None)
        raise no_sizes(path, f"no space direction for {missing or 'an axis'}")
    if len({len(vector) for vector in given}) > 1 or len(given[0]) != len(axes):
        raise damaged(path, f"space directions {fields['spacedirections']}")
    columns, origin, flags = _placed(path, fields, given)
    lengths = np.linalg.norm(columns, axis=0)
    check_lengths(path, lengths, "space directions")
    for axis, length in zip(axes, lengths, strict=False):
        if axis < len(spacings) and np.isfinite(spacings[axis]):
            shown = f"{length:.4g} by space directions and {spacings[axis]:.4g} by spacings"
            raise contradiction(path, f"a voxel size is given twice, {shown}")
    space = fields.get("space", "").lower()
    factors = _SPACES.get(space, _LPS)
    if space not in _SPACES:
        flags = (unknown_orientation(path, f"space '{fields['space']}'" if space else "no space"), *flags)
    unit_lps = tuple(unit_in_mm(path, text) for text in _quoted(path, fields, "spaceunits", len(given[0]))[:3])
    to_ras = np.array(factors, float) * unit_lps
    grid = grid_of_columns(path, sizes, to_ras[:, None] * columns, to_ras * origin)
    return Said(grid, flags, unit_lps, space in _SPACES)


def _placed(path: Path, fields: dict[str, str], given) -> tuple[np.ndarray, np.ndarray, tuple[Flag, ...]]:
    """Return directions (columns) and origin of three dimensions of space; a fourth, of size 1, is time."""
    columns = np.array(given, float).T
    origin = _vectors(path, fields, "spaceorigin")
    if len(origin) > 1 or (origin and (origin[0] is None or len(origin[0]) != len(columns))):
        raise damaged(path, f"space origin {fields['spaceorigin']}")
    start = np.array(origin[0] if origin else [np.nan] * len(columns), float)
    if len(columns) > 3:
        if len(columns) > 4 or np.abs(columns[3, :3]).max() > 0 or np.abs(columns[:3, 3]).max() > 0:
            raise damaged(path, f"space directions {fields['spacedirections']}")
        columns, start = columns[:3, :3], start[:3]
    if np.isnan(start).all():
        return columns, np.zeros(3), (no_origin(path, "space origin"),)
    return columns, start, ()


def _without_directions(path: Path, fields: dict[str, str], axes, sizes, spacings) -> Said:
    """Return what a header with spacings alone says."""
    if not spacings:
        also = f"axis maxs: {fields['axismaxs']}" if "axismaxs" in fields else "no spacings either"
        raise no_sizes(path, f"no space directions; {also}")
    if max(axes) >= len(spacings):
        raise damaged(path, f"spacings {fields['spacings']}")
    lengths = np.array([spacings[axis] for axis in axes[:3]], float)
    check_lengths(path, lengths, "spacings")
    _check_ends(path, fields, axes, sizes, lengths)
    texts = _quoted(path, fields, "units", len(spacings))
    unit = tuple(unit_in_mm(path, texts[axis]) for axis in axes[:3])
    grid = grid_of_columns(path, sizes, np.diag(_LPS * lengths * unit), np.zeros(3))
    return Said(grid, (unknown_orientation(path, "no space directions"),), unit, False)


def _check_ends(path: Path, fields: dict[str, str], axes, sizes, lengths) -> None:
    """Refuse ends of axes that give other voxel sizes than the spacings, whether they are centres or borders."""
    least, most = (_numbers(path, fields, name) for name in ("axismins", "axismaxs"))
    for axis, size, length in zip(axes, sizes, lengths, strict=False):
        if axis >= min(len(least), len(most)) or not np.isfinite(most[axis] - least[axis]):
            continue
        extent = abs(most[axis] - least[axis])
        steps = [extent / size, extent / max(1, size - 1)]
        if all(abs(step - length) > _SAME_STEP * length for step in steps):
            shown = f"{length:.4g} by spacings and {steps[0]:.4g} by axis mins and maxs"
            raise contradiction(path, f"its voxels are {shown}")


def _quoted(path: Path, fields: dict[str, str], name: str, count: int) -> list[str]:
    """Return the `count` quoted texts of a field; empty ones where it is absent."""
    texts = re.findall(r'"([^"]*)"', fields[name]) if name in fields else [""] * count
    if len(texts) != count:
        raise damaged(path, f"{name} {fields[name]}")
    return texts


def _vectors(path: Path, fields: dict[str, str], name: str) -> list[tuple[float, ...] | None]:
    """Return the vectors of a field, None for ``none``; an empty list where the field is absent."""
    text = fields.get(name, "")
    found = []
    for match in _VECTOR.finditer(text):
        try:
            found.append(None if match[2] else tuple(float(part) for part in match[1].split(",")))
        except ValueError:
            raise damaged(path, f"{name} {text}") from None
    if _VECTOR.sub("", text).strip():
        raise damaged(path, f"{name} {text}")
    return found


def _numbers(path: Path, fields: dict[str, str], name: str) -> list[float]:
    try:
        return [float(part) for part in fields.get(name, "").split()]
    except ValueError:
        raise damaged(path, f"{name} {fields[name]}") from None


def _whole(path: Path, fields: dict[str, str], name: str, count: int) -> list[int]:
    """Return the whole numbers of a field that must be there."""
    parts = fields.get(name, "").split()
    if len(parts) != count or not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise damaged(path, f"{name} {fields[name]}" if name in fields else f"no {name}")
    return [int(part) for part in parts]


def _stored(path: Path, fields: dict[str, str], data_lines: list[str], end: int, count: int) -> Stored:
    """Return where and how `count` numbers are stored; refuse files that cannot hold them."""
    dtype = _TYPES.get(fields.get("type", "").lower().replace(" ", ""))
    if dtype is None:
        raise damaged(path, f"voxels of type '{fields.get('type', '')}'")
    said = fields.get("encoding", "").lower()
    if said not in _ENCODINGS:
        raise InputError(
            f"'{path.name}' is stored in an encoding that is not read ('{plain(said)}'); save it with gzip."
        )
    detached = "datafile" in fields
    files = listed_files(path, fields["datafile"], data_lines) if detached else [path]
    stored = Stored(
        files,
        np.dtype(dtype),
        count,
        _ENCODINGS[said],
        0 if detached else end,
        _skip(path, fields, "lineskip", 0),
        _skip(path, fields, "byteskip", -1),
        detached,
    )
    check_held(path, stored.least, held_by(path, files) - stored.start, stored.encoding is Encoding.COMPRESSED)
    return stored


def _skip(path: Path, fields: dict[str, str], name: str, least: int) -> int:
    text = fields.get(name, "0")
    if not re.fullmatch(r"-?\d{1,9}", text) or int(text) < least:
        raise damaged(path, f"{name} {text}")
    return int(text)
