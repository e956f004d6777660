"""Radiographs as NIfTI files: an image of two dimensions, or a volume of one slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import InputError
from ...reading.nifti import read_nifti
from .choices import is_plausible
from .raw import Raw, check_size

# Of a direction, the part along one axis of the patient from which on it is that axis: 25 degrees off.
_ALONG = 0.9
_LETTERS = (("R", "L"), ("A", "P"), ("H", "F"))


def read_nifti_radiograph(path: Path) -> Raw:
    """Read a NIfTI file of one slice.

    Its axes say how the patient lies only where they are those of a sagittal plane: programs that convert radiographs
    write axes that mean nothing.

    Raises
    ------
    InputError
        As :func:`...reading.nifti.read_nifti`, and for more than one slice.
    """
    volume, said = read_nifti(path, plane=True)
    slices, rows, columns = volume.array.shape
    if slices > 1:
        thin = min(volume.array.shape) == 1
        what = "its slice is not along its last axis" if thin else f"it has {slices} slices"
        raise InputError(f"'{path.name}' is no radiograph ({what}); give an image of two dimensions.")
    check_size(path, rows, columns)
    pixels = volume.array[0]
    if not np.isfinite(pixels).all():
        raise InputError(f"'{path.name}' has pixels without a value (NaN or infinite); export it again.")
    directions, spacing = None, said.grid.spacing_mm
    if said.placed:
        columns_of = said.grid.ijk_to_ras[:3, :2] / spacing[:2]
        directions = _lateral(_letter(columns_of[:, 0]), _letter(columns_of[:, 1]))
    rows_mm, columns_mm = spacing[1], spacing[0]
    known = is_plausible((rows_mm, columns_mm)) and (rows_mm, columns_mm) != (1.0, 1.0)
    return Raw(
        pixels,
        said.grid,
        spacing_mm=(rows_mm, columns_mm) if known else None,
        aspect=(rows_mm / columns_mm, 1.0),
        directions=directions,
        said={"format": "NIfTI", **({"spacing_source": "pixdim"} if known else {})},
    )


def _letter(direction: np.ndarray) -> str:
    """Return the direction of the patient in which a step leads; empty where it is none of the six."""
    axis = int(np.argmax(np.abs(direction)))
    return _LETTERS[axis][int(direction[axis] < 0)] if abs(direction[axis]) >= _ALONG else ""


def _lateral(along_rows: str, along_columns: str) -> tuple[str, str] | None:
    pair = {along_rows, along_columns}
    return (along_rows, along_columns) if pair & {"A", "P"} and pair & {"H", "F"} else None
