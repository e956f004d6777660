"""Volumes written as image files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..durable import CutShort, written
from ..errors import InputError
from ..geometry import Volume
from ..paths import native_path
from .packed import holds

_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def write_volume(path: str | Path, volume: Volume) -> None:
    """Write `volume` so that a reader finds every voxel where it was; truth values as uint8.

    The file appears complete or not at all, and only after a look at what it holds.

    Raises
    ------
    InputError
        Where the axes are not at right angles (image files cannot say so), and, as a WriteError, where the file
        cannot be written.
    """
    path = Path(path)
    suffix = next((suffix for suffix in _SUFFIXES if path.name.lower().endswith(suffix)), None)
    if suffix is None:
        raise InputError(f"'{path.name}' has no known image ending; use {', '.join(_SUFFIXES)}.")
    image = sitk_image(volume)
    with written(path, lambda file: _check(file, image, suffix), suffix) as temporary:
        try:
            sitk.WriteImage(image, native_path(temporary), useCompression=suffix != ".nii")
        except RuntimeError:
            raise CutShort("the disk may be full or read-only") from None


def sitk_image(volume: Volume) -> sitk.Image:
    """Return `volume` as a SimpleITK image (LPS); truth values become uint8."""
    array = volume.array
    image = sitk.GetImageFromArray(array.astype(np.uint8) if array.dtype == bool else array)
    if not volume.grid.is_rectangular:
        raise InputError("The axes of the volume are not at right angles; resample it onto a rectangular grid first.")
    lps = volume.grid.ijk_to_lps
    spacing = np.array(volume.grid.spacing_mm)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


def _check(file: Path, image: sitk.Image, suffix: str) -> None:
    """Raise CutShort where a file does not have the size of `image` in its header, or does not hold its voxels."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(file))
    try:
        reader.ReadImageInformation()
        with open(file, "rb") as stream:
            is_whole = holds(stream, suffix, sitk.GetArrayViewFromImage(image))
    except RuntimeError:
        is_whole = False
    if not is_whole or reader.GetSize() != image.GetSize():
        raise CutShort("the file is not whole")
