"""Volumes in single files (NIfTI, NRRD, MetaImage) through SimpleITK."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..geometry.volume import LPS_FROM_RAS, Grid, Volume
from .nifti import check_voxels, is_nifti
from .quiet import quiet_libraries

# What SimpleITK reads beside NIfTI and is known to say how large voxels are and where: a stack of
# TIFF images would pass for a volume of 1 mm voxels.
_WITH_GEOMETRY = ("NrrdImageIO", "MetaImageIO")


def grid_of(image: sitk.Image | sitk.ImageFileReader) -> Grid:
    """Return the grid of a 3D SimpleITK image, or of the header that a reader has read (LPS there, RAS here)."""
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    lps[:3, 3] = image.GetOrigin()
    return Grid(tuple(reversed(image.GetSize())), LPS_FROM_RAS @ lps)


def read_image(path: Path) -> Volume:
    """Read a scalar 3D image.

    Returns
    -------
    Volume
        Of the file's own voxel type; 64-bit fractions as 32-bit ones.

    Raises
    ------
    InputError
        For files that cannot be read, and for images that are not 3D or not scalar.
    """
    with quiet_libraries():
        reader = _open(path)
        if is_nifti(path):
            check_voxels(path)
        if reader.GetPixelID() == sitk.sitkFloat64:
            reader.SetOutputPixelType(sitk.sitkFloat32)
        try:
            image = reader.Execute()
        except RuntimeError:
            raise InputError(f"'{path.name}' is truncated or damaged; copy or export it again.") from None
    image = _without_time(image)
    return Volume(sitk.GetArrayFromImage(image), grid_of(image))


def read_layers(path: Path) -> tuple[np.ndarray, Grid]:
    """Read a file of segments, which holds several label maps where segments overlap.

    Returns
    -------
    layers : ndarray, shape (layer, k, j, i)
    grid : Grid

    Raises
    ------
    InputError
        As :func:`read_image`, but for the label maps beside each other.
    """
    with quiet_libraries():
        reader = _open(path, layers=True)
        try:
            image = reader.Execute()
        except RuntimeError:
            raise InputError(f"'{path.name}' is truncated or damaged; save it again from Slicer.") from None
    image = _without_time(image)
    array = sitk.GetArrayFromImage(image)
    return (array[None] if array.ndim == 3 else np.moveaxis(array, -1, 0)), grid_of(image)


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


def read_grid(path: Path) -> Grid:
    """Return the grid of an image from its header alone; raises as :func:`read_image` does."""
    with quiet_libraries():
        return grid_of(_open(path))


def read_header(path: Path) -> dict[str, str]:
    """Return what the header of an image says beyond its geometry; raises as :func:`read_layers` does."""
    with quiet_libraries():
        reader = _open(path, layers=True)
        return {key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys()}


def _without_time(image: sitk.Image) -> sitk.Image:
    """Return the 3D image of one whose further dimensions have size 1."""
    size = image.GetSize()
    return image if len(size) == 3 else sitk.Extract(image, [*size[:3], *[0] * (len(size) - 3)])


def _open(path: Path, layers: bool = False) -> sitk.ImageFileReader:
    """Return a reader that knows the header of a 3D image: scalar, or of several `layers` where that is said."""
    if path.stat().st_size == 0:
        raise InputError(f"'{path.name}' is empty; copy or export it again.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        if not (is_nifti(path) or reader.GetImageIOFromFileName(str(path)) in _WITH_GEOMETRY):
            raise RuntimeError("a format without a place in the patient")
        reader.ReadImageInformation()
    except RuntimeError as error:
        if "orthonormal" in str(error):
            raise InputError(
                f"The axes of '{path.name}' are not at right angles; resample it onto a rectangular grid."
            ) from None
        raise InputError(
            f"'{path.name}' is not an image this program can read, or it is damaged; "
            "give NIfTI, NRRD, MetaImage or a DICOM folder."
        ) from None
    size = reader.GetSize()
    if reader.GetNumberOfComponents() > 1 and not layers:
        if path.name.lower().endswith(".seg.nrrd"):
            raise InputError(f"The segments in '{path.name}' overlap; export them from Slicer as a label map.")
        raise InputError(f"'{path.name}' is a colour or vector image; give a scalar CT volume or label map.")
    if len(size) < 3 or (len(size) > 3 and max(size[3:]) > 1):
        shape = " × ".join(str(n) for n in size)
        raise InputError(f"'{path.name}' has {len(size)} dimensions ({shape}); give one 3D volume.")
    return reader
