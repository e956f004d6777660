"""Volumes written as NIfTI files."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..geometry import Volume

_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def write_volume(path: str | Path, volume: Volume) -> None:
    """Write `volume` so that a reader finds every voxel where it was; truth values as uint8.

    The file appears complete or not at all.

    Raises
    ------
    InputError
        Where the axes are not at right angles (image files cannot say so), and where the file
        cannot be written.
    """
    path = Path(path)
    suffix = next((suffix for suffix in _SUFFIXES if path.name.lower().endswith(suffix)), None)
    if suffix is None:
        raise InputError(f"'{path.name}' has no known image ending; use {', '.join(_SUFFIXES)}.")
    image = sitk_image(volume)
    # Not mkstemp, whose files are readable by their owner alone.
    temporary = path.with_name(f".writing-{uuid4().hex}{suffix}")
    try:
        sitk.WriteImage(image, str(temporary), useCompression=suffix != ".nii")
        os.replace(temporary, path)
    except (RuntimeError, OSError) as error:
        reason = getattr(error, "strerror", None) or "the disk may be full or read-only"
        raise InputError(f"'{path}' cannot be written ({reason}).") from None
    finally:
        temporary.unlink(missing_ok=True)


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
