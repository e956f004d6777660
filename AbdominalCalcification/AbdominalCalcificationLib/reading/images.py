"""Volumes in single files: NIfTI, and NRRD and MetaImage through SimpleITK.

Where voxels lie is taken from :mod:`.headers`, which reads what a file itself says; ITK must have read the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..flags import Flag
from ..geometry.plausible import check_body_size, sizes_shown
from ..geometry.volume import LPS_FROM_RAS, Grid, Volume
from ..paths import native_path
from .headers.meta import ENDINGS as META_ENDINGS
from .headers.meta import MetaHeader, parse_meta
from .headers.nrrd import NrrdHeader, is_nrrd, parse_nrrd
from .headers.said import SAME_LENGTH, Said, damaged, truncated
from .headers.stored import check_stored
from .nifti import is_nifti, nifti_files, nifti_header, read_nifti
from .quiet import quiet_libraries

# ITK and a header agree on a place up to this, and on a step of the grid up to SAME_LENGTH.
_SAME_PLACE_MM = 1e-3
_LONGEST_LINE = 1 << 20


def read_flagged(path: Path) -> tuple[Volume, tuple[Flag, ...]]:
    """Read a scalar 3D image, and what is doubtful about its header.

    Returns
    -------
    volume : Volume
        Of the file's own voxel type; 64-bit fractions, and values that the header scales, as 32-bit fractions.
    flags : tuple of Flag
        ``unknown_orientation`` and ``header_warning``.

    Raises
    ------
    InputError
        For files that cannot be read, images that are not 3D or not scalar, headers that contradict themselves or give
        no voxel size, and grids that are those of no body.
    """
    _check_file(path)
    if is_nifti(path):
        volume, said = read_nifti(path)
        check_body_size(said.grid, f"'{path.name}'")
        return volume, said.flags
    array, said, flags = _read(path, layers=False)
    return Volume(array, said.grid), flags


def read_image(path: Path) -> Volume:
    """Read a scalar 3D image as :func:`read_flagged` does, whatever is doubtful about it."""
    return read_flagged(path)[0]


def read_layers(path: Path) -> tuple[np.ndarray, Grid, tuple[Flag, ...]]:
    """Read a file of segments, which holds several label maps where segments overlap.

    Returns
    -------
    layers : ndarray, shape (layer, k, j, i)
    grid : Grid
    flags : tuple of Flag
        As for :func:`read_flagged`.

    Raises
    ------
    InputError
        As :func:`read_flagged`, but for the label maps beside each other.
    """
    _check_file(path)
    if is_nifti(path):
        volume, flags = read_flagged(path)
        return volume.array[None], volume.grid, flags
    array, said, flags = _read(path, layers=True)
    return (array[None] if array.ndim == 3 else np.moveaxis(array, -1, 0)), said.grid, flags


def header_flags(path: Path) -> tuple[Flag, ...]:
    """Return what is doubtful about the header of an image, the flags of :func:`read_flagged`; raises as it does."""
    return _open(path)[1]


def read_grid(path: Path) -> Grid:
    """Return the grid of an image from its header alone; raises as :func:`read_flagged` does."""
    return _open(path)[0].grid


def read_header(path: Path) -> dict[str, str]:
    """Return what the header of a NRRD file says beyond its geometry (key/value pairs), nothing for other formats.

    Raises
    ------
    InputError
        As :func:`read_layers` for what is wrong with the header.
    """
    _check_file(path)
    return parse_nrrd(path).pairs if not is_nifti(path) and is_nrrd(path) else {}


def as_labels(array: np.ndarray, name: str) -> np.ndarray:
    """Return a label map as the smallest unsigned integers that hold its values.

    Raises
    ------
    InputError
        For values that are not whole numbers of at least 0; `name` is that of the file.
    """
    if not np.issubdtype(array.dtype, np.integer) and not all(np.array_equal(p, np.rint(p)) for p in array):
        raise InputError(f"'{name}' holds values that are not whole numbers; give a label map, not a probability map.")
    least, most = float(array.min()), float(array.max())
    if least < 0 or most > np.iinfo(np.uint16).max:
        raise InputError(f"'{name}' holds values from {least:g} to {most:g}; give a label map, not an image.")
    return array.astype(np.uint8 if most <= np.iinfo(np.uint8).max else np.uint16, copy=False)


def files_of_image(path: Path) -> list[Path]:
    """Return the files that a volume is read from: `path`, and those of voxels that it names; `path` alone in doubt.

    Raises
    ------
    OSError
        Where it cannot be opened.
    """
    try:
        if is_nifti(path):
            others: Sequence[Path] = nifti_files(path)
        elif path.name.lower().endswith(META_ENDINGS):
            others = parse_meta(path).stored.files
        else:
            others = parse_nrrd(path).stored.files if is_nrrd(path) and _is_detached(path) else ()
    except InputError:
        others = ()
    return list(dict.fromkeys((path, *others)))


def _is_detached(path: Path) -> bool:
    """Return whether a NRRD header names files of voxels: sooner than it is parsed."""
    with open(path, "rb") as file:
        header = itertools.takewhile(bytes.strip, iter(lambda: file.readline(_LONGEST_LINE), b""))
        return any(line.lower().startswith((b"data file:", b"datafile:")) for line in header)


def _check_file(path: Path) -> None:
    native_path(path)
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise InputError(f"'{path}' {what}; name a NIfTI, NRRD or MetaImage file.")
    if path.stat().st_size == 0:
        raise InputError(f"'{path.name}' is empty; copy or export it again.")


def _open(path: Path) -> tuple[Said, tuple[Flag, ...]]:
    """Return what the header of a 3D image says, and its flags."""
    _check_file(path)
    if is_nifti(path):
        said = nifti_header(path)
        check_body_size(said.grid, f"'{path.name}'")
        return said, said.flags
    with quiet_libraries() as heard:
        _, parsed = _header(path)
    said = parsed.said
    return said, (*said.flags, *heard.flags(f"'{path.name}'"))


def _read(path: Path, layers: bool) -> tuple[np.ndarray, Said, tuple[Flag, ...]]:
    """Return the voxels that ITK reads, what the header says of them, and flags."""
    with quiet_libraries() as heard:
        reader, parsed = _header(path)
        said = parsed.said
        if parsed.layers > 1 and not layers:
            if path.name.lower().endswith(".seg.nrrd"):
                raise InputError(f"The segments in '{path.name}' overlap; export them from Slicer as a label map.")
            raise InputError(f"'{path.name}' is a colour or vector image; give a scalar CT volume or label map.")
        check_stored(path, parsed.stored)
        if reader.GetPixelID() == sitk.sitkFloat64:
            reader.SetOutputPixelType(sitk.sitkFloat32)
        try:
            image = reader.Execute()
        except RuntimeError:
            raise truncated(path) from None
        array = sitk.GetArrayFromImage(_without_time(image))
    if (said.slope, said.intercept) != (1, 0):
        array = (array * said.slope + said.intercept).astype(np.float32)
    return array, said, (*said.flags, *heard.flags(f"'{path.name}'"))


def _header(path: Path) -> tuple[sitk.ImageFileReader, NrrdHeader | MetaHeader]:
    """Return ITK's reader of a NRRD or MetaImage file, and what its header says.

    A stack of TIFF images, and other formats that ITK reads, would pass for a volume of 1 mm voxels.
    """
    parsed: NrrdHeader | MetaHeader
    if is_nrrd(path):
        parsed, library = parse_nrrd(path), "NrrdImageIO"
    elif path.name.lower().endswith(META_ENDINGS):
        parsed, library = parse_meta(path), "MetaImageIO"
    else:
        raise damaged(path)
    said = parsed.said
    check_body_size(said.grid, f"'{path.name}'")
    reader = sitk.ImageFileReader()
    reader.SetImageIO(library)
    reader.SetFileName(native_path(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        raise damaged(path) from None
    _check_same(path, reader, said, parsed.layers)
    return reader, parsed


def _check_same(path: Path, reader: sitk.ImageFileReader, said: Said, layers: int) -> None:
    """Refuse a header that ITK reads in another way than the format defines it.

    Raises
    ------
    InputError
    """
    size, spacing = reader.GetSize(), np.array(reader.GetSpacing()[:3])
    dimensions = len(size)
    directions = np.array(reader.GetDirection()).reshape(dimensions, dimensions)[:3, :3]
    to_mm = np.array(said.unit_mm)[:, None]
    columns = LPS_FROM_RAS[:3, :3] @ directions * spacing * to_mm
    own = said.grid.ijk_to_ras
    steps = np.linalg.norm(columns, axis=0)
    same = (
        tuple(reversed(size[:3])) == said.grid.shape
        and all(each == 1 for each in size[3:])
        and reader.GetNumberOfComponents() == layers
        and np.allclose(steps, said.grid.spacing_mm, rtol=SAME_LENGTH, atol=0)
    )
    if same and said.placed:
        origin = LPS_FROM_RAS[:3, :3] @ np.array(reader.GetOrigin()[:3]) * to_mm[:, 0]
        same = np.abs(columns - own[:3, :3]).max() <= SAME_LENGTH * steps.min() and np.allclose(
            origin, own[:3, 3], rtol=1e-6, atol=_SAME_PLACE_MM
        )
    if not same:
        raise InputError(
            f"'{path.name}' can be read in two ways: {' × '.join(map(str, reversed(said.grid.shape)))} voxels of "
            f"{sizes_shown(said.grid.spacing_mm)} mm by its format, {' × '.join(map(str, size))} of "
            f"{sizes_shown(steps)} mm by ITK; export it again."
        )


def _without_time(image: sitk.Image) -> sitk.Image:
    """Return the 3D image of one whose further dimensions have size 1."""
    size = image.GetSize()
    return image if len(size) == 3 else sitk.Extract(image, [*size[:3], *[0] * (len(size) - 3)])
