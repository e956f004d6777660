"""Volumes in single files (NIfTI, NRRD, MetaImage) through SimpleITK."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..geometry.volume import LPS_FROM_RAS, Grid, Volume
from .nifti import check_voxels, is_nifti
from .quiet import quiet_libraries


def grid_of(image: sitk.Image) -> Grid:
    """Return the grid of a 3D SimpleITK image (LPS there, RAS here)."""
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    lps[:3, 3] = image.GetOrigin()
    return Grid(tuple(reversed(image.GetSize())), LPS_FROM_RAS @ lps)


def read_image(path: Path) -> tuple[Volume, dict[str, str]]:
    """Read a scalar 3D image.

    Returns
    -------
    volume : Volume
        Of the file's own voxel type; 64-bit numbers as 32-bit ones where none is lost.
    header : dict of str to str
        What else the file's header says.

    Raises
    ------
    InputError
        For files that cannot be read, and for images that are not 3D or not scalar.
    """
    if path.stat().st_size == 0:
        raise InputError(f"'{path.name}' is empty; copy or export it again.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    with quiet_libraries():
        try:
            reader.ReadImageInformation()
        except RuntimeError:
            raise InputError(
                f"'{path.name}' is not an image this program can read, or it is damaged; "
                "give NIfTI, NRRD, MetaImage or a DICOM folder."
            ) from None
        size = [int(n) for n in reader.GetSize()]
        if reader.GetNumberOfComponents() > 1:
            raise InputError(f"'{path.name}' is a colour or vector image; give a scalar CT volume or label map.")
        if len(size) < 3 or (len(size) > 3 and max(size[3:]) > 1):
            raise InputError(f"'{path.name}' has {len(size)} dimensions ({_times(size)}); give one 3D volume.")
        header = {key: reader.GetMetaData(key) for key in reader.GetMetaDataKeys()}
        if is_nifti(path):
            check_voxels(path)
        if reader.GetPixelID() == sitk.sitkFloat64:
            reader.SetOutputPixelType(sitk.sitkFloat32)
        try:
            image = reader.Execute()
        except RuntimeError:
            raise InputError(f"'{path.name}' is truncated or damaged; copy or export it again.") from None
    if len(size) > 3:
        image = sitk.Extract(image, [*size[:3], *[0] * (len(size) - 3)])
    return Volume(sitk.GetArrayFromImage(image), grid_of(image)), header


def _times(size: list[int]) -> str:
    return " × ".join(str(n) for n in size)
