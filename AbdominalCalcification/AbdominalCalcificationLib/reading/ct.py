"""CT volumes from DICOM folders and image files."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..flags import Flag
from ..geometry import Volume
from ..geometry.plausible import check_body_size
from ..paths import native_path
from ..progress import drained
from .continuity import check_slices
from .dicom import SourceSeries, is_dicom, read_dicom
from .hounsfield import as_hounsfield
from .images import read_flagged

# Slices whose checksum is taken in one step.
_SLICES = 16
_IDENTITY = (
    *("study_uid", "series_uid", "frame_of_reference_uid"),
    *("modality", "description", "manufacturer", "kernel", "image_count"),
)
# Only where the series holds several volumes, and one was named.
_CHOSEN = ("acquisition",)


@dataclass(frozen=True, eq=False)
class CtImage:
    """A CT as it was read.

    Attributes
    ----------
    volume : Volume
        HU, int16 or float32.
    flags : tuple of Flag
        What is unusual about the input.
    identity : dict
        What reproduces the input: UIDs, what the scanner says about itself, the file's or
        folder's name and a checksum of the voxels; nothing about the patient. JSON values.
    source : SourceSeries or None
        Which DICOM images the planes are; None for other files.
    """

    volume: Volume
    flags: tuple[Flag, ...] = ()
    identity: dict = field(default_factory=dict)
    source: SourceSeries | None = None


def read_ct(path: str | Path, series: str | None = None, acquisition: str | None = None) -> CtImage:
    """Read a CT.

    Parameters
    ----------
    path : str or Path
        A folder with DICOM files (searched with all folders in it), or a file: NIfTI, NRRD,
        MetaImage or multi-frame DICOM.
    series : str, optional
        Series Instance UID; by default the largest original CT series.
    acquisition : str, optional
        Which volume of a DICOM series that holds several: what the message that refuses them calls it.

    Raises
    ------
    InputError
        Where there is nothing that can be read as one CT volume with a geometry to trust.
    """
    path = Path(path)
    native_path(path)
    if not (path.is_dir() or path.is_file()):
        what = "is neither a folder nor a file" if path.exists() else "does not exist"
        raise InputError(f"'{path}' {what}; name a DICOM folder or an image file.")
    try:
        if path.is_dir() or is_dicom(path):
            volume, flags, said, source = read_dicom(path, series, acquisition)
            kind = "DICOM"
        else:
            if series is not None or acquisition is not None:
                raise InputError(f"'{path.name}' is no DICOM; --series and --acquisition are for DICOM folders.")
            volume, flags = read_flagged(path)
            said, source, kind = {}, None, "file"
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read ({error.strerror or error}); check its permissions.") from None
    if min(volume.grid.shape) < 2:
        raise InputError(f"'{path.name}' is a single slice; give a CT volume of several slices.")
    if not volume.grid.is_rectangular:
        raise InputError(f"The axes of '{path.name}' are not at right angles; resample it onto a rectangular grid.")
    check_body_size(volume.grid, f"'{path.name}'")
    array, doubts = as_hounsfield(volume.array, f"'{path.name}'")
    volume = volume.with_array(array)
    identity = {
        "name": path.name,
        "format": kind,
        **{key: said.get(key) for key in _IDENTITY},
        **{key: said[key] for key in _CHOSEN if key in said},
        "voxels_sha256": voxel_checksum(volume),
    }
    return CtImage(volume, (*flags, *doubts, *check_slices(volume)), identity, source)


def voxel_checksum(volume: Volume) -> str:
    """Return the SHA-256 of the voxels in memory order (k, j, i; little endian), in hexadecimal."""
    return drained(voxel_checksum_steps(volume))


def voxel_checksum_steps(volume: Volume) -> Generator[None, None, str]:
    """Do as :func:`voxel_checksum`, a few slices at a time."""
    total = hashlib.sha256()
    for first in range(0, len(volume.array), _SLICES):
        part = np.ascontiguousarray(volume.array[first : first + _SLICES])
        total.update(part.astype(part.dtype.newbyteorder("<"), copy=False).data)
        yield
    return total.hexdigest()
