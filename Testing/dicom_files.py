"""DICOM CT files made on the fly: a minimal writer (Part 10, explicit little endian) for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
REPORT = "1.2.840.10008.5.1.4.1.1.88.22"
_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_LONG = (b"OB", b"OW", b"SQ", b"UC", b"UN", b"UT")


def element(group: int, number: int, vr: str, value) -> bytes:
    """Return one data element; a list of bytes is a sequence's items."""
    if vr == "SQ":
        data = b"".join(b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item for item in value)
    elif isinstance(value, bytes):
        data = value
    elif vr == "US":
        data = int(value).to_bytes(2, "little")
    elif vr == "UL":
        data = int(value).to_bytes(4, "little")
    else:
        parts = value if isinstance(value, list | tuple | np.ndarray) else [value]
        data = "\\".join(f"{part:.10g}" if isinstance(part, float) else str(part) for part in parts).encode("latin-1")
    if len(data) % 2:
        data += b"\0" if vr in ("UI", "OB") else b" "
    head = group.to_bytes(2, "little") + number.to_bytes(2, "little") + vr.encode()
    if vr.encode() in _LONG:
        return head + b"\0\0" + len(data).to_bytes(4, "little") + data
    return head + len(data).to_bytes(2, "little") + data


def write_file(
    path: Path, sop_class: str, sop_instance: str, elements: dict[tuple[int, int], tuple | None], preamble: bool = True
) -> Path:
    """Write a DICOM file; `elements` maps (group, element) to (VR, value), or to None to leave it out."""
    meta = (
        element(0x0002, 0x0001, "OB", b"\0\1")
        + element(0x0002, 0x0002, "UI", sop_class)
        + element(0x0002, 0x0003, "UI", sop_instance)
        + element(0x0002, 0x0010, "UI", _EXPLICIT_LITTLE_ENDIAN)
        + element(0x0002, 0x0012, "UI", "1.2.3")
    )
    elements = {(0x0008, 0x0016): ("UI", sop_class), (0x0008, 0x0018): ("UI", sop_instance), **elements}
    body = b"".join(element(*tag, *elements[tag]) for tag in sorted(elements) if elements[tag] is not None)
    head = b"\0" * 128 + b"DICM" + element(0x0002, 0x0000, "UL", len(meta)) + meta if preamble else b""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + body)
    return path


def pixel_elements(pixels: np.ndarray, intercept: float = -1024, slope: float = 1) -> dict:
    """Return the elements of 16-bit pixels, shape (row, column) or (frame, row, column), stored as they are."""
    pixels = np.ascontiguousarray(pixels, "<u2" if pixels.dtype == np.uint16 else "<i2")
    elements = {
        (0x0028, 0x0002): ("US", 1),
        (0x0028, 0x0004): ("CS", "MONOCHROME2"),
        (0x0028, 0x0010): ("US", pixels.shape[-2]),
        (0x0028, 0x0011): ("US", pixels.shape[-1]),
        (0x0028, 0x0100): ("US", 16),
        (0x0028, 0x0101): ("US", 16),
        (0x0028, 0x0102): ("US", 15),
        (0x0028, 0x0103): ("US", int(pixels.dtype.kind == "i")),
        (0x0028, 0x1052): ("DS", float(intercept)),
        (0x0028, 0x1053): ("DS", float(slope)),
        (0x7FE0, 0x0010): ("OW", pixels.tobytes()),
    }
    if pixels.ndim == 3:
        elements[(0x0028, 0x0008)] = ("IS", pixels.shape[0])
    return elements


def write_slice(
    path: Path,
    hu: np.ndarray,
    position,
    orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    pixel_mm=(0.8, 0.8),
    series="1.2.3.1",
    modality="CT",
    intercept=-1024,
    slope=1,
    image_type="ORIGINAL\\PRIMARY\\AXIAL",
    instance: str | None = None,
    extra: dict | None = None,
    preamble: bool = True,
) -> Path:
    """Write one slice with whole HU (row, column); `extra` adds and replaces elements, or leaves them out (None)."""
    stored = np.rint((hu - intercept) / slope).astype(np.int16)
    elements = {
        (0x0008, 0x0008): ("CS", image_type),
        (0x0008, 0x0060): ("CS", modality),
        (0x0008, 0x0070): ("LO", "Maker"),
        (0x0008, 0x103E): ("LO", f"Series {series[-1]}"),
        (0x0010, 0x0010): ("PN", "Secret^Patient"),
        (0x0018, 0x1210): ("SH", "B30f"),
        (0x0020, 0x000D): ("UI", "1.2.3"),
        (0x0020, 0x000E): ("UI", series),
        (0x0020, 0x0032): ("DS", [float(x) for x in position]),
        (0x0020, 0x0037): ("DS", [float(x) for x in orientation]),
        (0x0028, 0x0030): ("DS", [float(x) for x in pixel_mm]),
        **pixel_elements(stored, intercept, slope),
        **(extra or {}),
    }
    instance = instance or f"1.2.9.{abs(hash((series, str(path)))) % 10**12}"
    return write_file(path, CT_IMAGE if modality == "CT" else MR_IMAGE, instance, elements, preamble)


def write_series(folder: Path, hu: np.ndarray, positions, **options) -> Path:
    """Write the slices ``hu[k]`` at ``positions[k]`` (LPS, mm) in shuffled file order."""
    names = np.random.default_rng(0).permutation(len(hu))
    series = options.get("series", "1.2.3.1")
    for number, (pixels, position) in enumerate(zip(hu, positions, strict=True)):
        write_slice(folder / f"{series[-1]}-{names[number]:03}.dcm", pixels, position, **options)
    return folder


def write_enhanced(
    path: Path,
    hu: np.ndarray,
    positions,
    orientation=(1.0, 0, 0, 0, 1.0, 0),
    pixel_mm=(0.8, 0.8),
    rescale=(1.0, -1024.0, "HU"),
    frame_rescales=None,
    frame_content=None,
    extra: dict | None = None,
) -> Path:
    """Write an enhanced multi-frame CT whose frames ``hu[n]`` lie at ``positions[n]``.

    `rescale` is slope, intercept and type for all frames, or None; `frame_rescales` has one for each frame, and
    `frame_content` the elements of each frame's Frame Content.
    """
    shared = element(0x0020, 0x9116, "SQ", [element(0x0020, 0x0037, "DS", [float(x) for x in orientation])])
    shared += element(0x0028, 0x9110, "SQ", [element(0x0028, 0x0030, "DS", [float(x) for x in pixel_mm])])
    if rescale and not frame_rescales:
        shared += _value_transformation(*rescale)
    frames = []
    for number, position in enumerate(positions):
        content = frame_content[number] if frame_content else b""
        frame = element(0x0020, 0x9111, "SQ", [content]) if content else b""
        frame += element(0x0020, 0x9113, "SQ", [element(0x0020, 0x0032, "DS", [float(x) for x in position])])
        frames.append(frame + (_value_transformation(*frame_rescales[number]) if frame_rescales else b""))
    scales = [frame[:2] for frame in frame_rescales] if frame_rescales else [(rescale or (1.0, 0.0))[:2]] * len(hu)
    stored = [np.rint((plane - intercept) / slope) for plane, (slope, intercept) in zip(hu, scales, strict=True)]
    elements = {
        (0x0008, 0x0008): ("CS", "ORIGINAL\\PRIMARY\\VOLUME\\NONE"),
        (0x0008, 0x0060): ("CS", "CT"),
        (0x0020, 0x000D): ("UI", "1.2.3"),
        (0x0020, 0x000E): ("UI", "1.2.3.8"),
        (0x5200, 0x9229): ("SQ", [shared]),
        (0x5200, 0x9230): ("SQ", frames),
        **pixel_elements(np.stack(stored).astype(np.int16)),
    }
    del elements[(0x0028, 0x1052)], elements[(0x0028, 0x1053)]
    return write_file(path, ENHANCED_CT, "1.2.9.77", {**elements, **(extra or {})})


def _value_transformation(slope: float, intercept: float, unit: str) -> bytes:
    item = element(0x0028, 0x1052, "DS", float(intercept)) + element(0x0028, 0x1053, "DS", float(slope))
    return element(0x0028, 0x9145, "SQ", [item + element(0x0028, 0x1054, "LO", unit)])


def a_vessel(slices: int = 20, size: int = 48, lumen_hu: float = 350, seed: int = 0) -> np.ndarray:
    """Return HU of a vertical artery with a plaque of 900 HU in a box of fat with noise, air around it: (k, j, i)."""
    k, j, i = np.indices((slices, size, size))
    radius = np.hypot(i - size / 2, j - size / 2)
    rng = np.random.default_rng(seed)
    hu = rng.normal(-60, 12, k.shape)
    hu[radius <= size / 6] += lumen_hu + 60
    hu[(radius <= size / 6) & (radius > size / 10) & (i > size / 2) & (k > slices // 4) & (k < slices // 2)] = 900
    hu[:, :2], hu[:, -2:] = -1000, -1000
    return np.rint(hu).astype(np.int16)


def at_heights(zs) -> list[tuple[float, float, float]]:
    """Return positions of slices above each other, LPS, mm."""
    return [(-20.0, -20.0, float(z)) for z in zs]
