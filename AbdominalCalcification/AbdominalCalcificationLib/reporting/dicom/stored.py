"""A result in its folder, and the CT that it was made of, brought together again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...geometry import Grid, Volume
from ...geometry.lattice import is_finer
from ...reading import read_ct
from ...reading.images import read_image
from ..anonymous import anonymous_document
from .result import Result
from .wish import DicomWish, wish_for

# Of the volume: sums of products in another order differ in the last digits.
_SAME_VOLUME = 1e-6
_COUNTED = (
    *("unassigned_calcified_volume_mm3", "beyond_kept_length_calcified_volume_mm3"),
    "below_minimum_calcified_volume_mm3",
)


def stored_result(folder: Path, anonymous: bool = False) -> Result:
    """Read a result from its folder.

    Parameters
    ----------
    folder : Path
    anonymous : bool
        Leave out of its document what names anybody.

    Raises
    ------
    InputError
        Where it is none, or its masks are not those that were measured.
    """
    try:
        document = json.loads((folder / "measurements.json").read_text(encoding="utf-8"))
        masks = [read_image(folder / name) for name in ("arteries.nii.gz", "calcification.nii.gz")]
        counted = document["total"]["calcified_volume_mm3"] + sum(document[name] for name in _COUNTED)
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"'{folder}' holds no whole result; name the folder that analyze or Export wrote.") from None
    arteries, calcification = (mask.with_array(mask.array.astype(np.uint8)) for mask in masks)
    _check(folder, counted, calcification)
    if anonymous and not (document.get("provenance") or {}).get("anonymous"):
        document = anonymous_document(document)
    return Result(document, arteries, calcification)


def source_of_result(
    result: Result, folder: Path, series: str | None = None, acquisition: str | None = None, kind: str = "BINARY"
) -> DicomWish:
    """Return the images in `folder` that a result was made of.

    Parameters
    ----------
    result : Result
    folder : Path
        DICOM, searched with all its folders.
    series, acquisition : str, optional
        Which series and which of its volumes; what the result says by default.
    kind : {'BINARY', 'LABELMAP'}

    Raises
    ------
    InputError
        Where there is another CT: its voxels are not those that were measured.
    """
    said = (result.document.get("provenance") or {}).get("input") or {}
    said = said.get("opened_from") or said  # a case that was opened in a scene
    image = read_ct(folder, series or said.get("series_uid"), acquisition or said.get("acquisition"))
    known = said.get("voxels_sha256")
    other = known is not None and known != image.identity["voxels_sha256"]
    if other or not _fills(result.arteries.grid, image.volume.grid):
        raise InputError(f"'{folder}' holds another CT than the one that was measured; name the folder of that one.")
    if known is None and said.get("series_uid") != image.identity["series_uid"]:
        raise InputError(f"Nothing says that the result was made of the CT in '{folder}'; analyze it from there.")
    return wish_for(image.source, kind)


def _fills(grid: Grid, ct: Grid) -> bool:
    """Return whether masks on `grid` can have been measured on `ct`: on its voxels or finer ones, and all of it."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in ct.shape])).reshape(3, -1).T
    there = grid.kji_of_ras(ct.ras_of_kji(corners))
    reaches = (there > -1.5).all() and (there < np.array(grid.shape) + 0.5).all()
    return bool(reaches) and not is_finer(ct, grid)


def _check(folder: Path, counted_mm3: float, calcification: Volume) -> None:
    drawn = float(np.count_nonzero(calcification.array)) * calcification.grid.voxel_volume_mm3
    if abs(drawn - counted_mm3) > _SAME_VOLUME * max(drawn, counted_mm3, 1.0):
        raise InputError(
            f"The calcification mask in '{folder}' has {drawn:.1f} mm³, and measurements.json counts "
            f"{counted_mm3:.1f} mm³: they do not belong together; measure the masks anew."
        )
