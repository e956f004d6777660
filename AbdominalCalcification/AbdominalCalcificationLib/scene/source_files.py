"""What the files behind the nodes of a scene say: Slicer shows only what its own readers made of them."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..flags import Flag
from ..geometry import Grid, Volume
from ..geometry.plausible import check_body_size, sizes_shown
from ..progress import drained
from ..reading.continuity import check_slices_steps
from ..reading.headers.said import SAME_LENGTH
from ..reading.hounsfield import as_hounsfield
from ..reading.images import header_flags, read_grid
from .volumes import volume_from_node

_READING = "AbdominalCalcification.Reading"
_ENDINGS = (".nii", ".nii.gz", ".hdr", ".img", ".nrrd", ".nhdr", ".mha", ".mhd")


def ct_from_node(volume_node) -> tuple[Volume, tuple[Flag, ...]]:
    """Read the CT of a node in one go, see :func:`ct_from_node_steps`."""
    return drained(ct_from_node_steps(volume_node))


def ct_from_node_steps(volume_node) -> Generator[None, None, tuple[Volume, tuple[Flag, ...]]]:
    """Return the CT of a node in HU, checked as one that is read from a file, and what is doubtful about it.

    Returns
    -------
    volume : Volume
        In world RAS coordinates, with air where nothing was measured. It shares its memory with the node where
        nothing had to be changed.
    flags : tuple of Flag

    Raises
    ------
    InputError
        As :func:`.volumes.volume_from_node`; for values that are no HU, a grid that is that of no body, a file whose
        header contradicts itself, and one that Slicer reads in another way than its format defines.
    """
    volume = volume_from_node(volume_node)
    title = f"'{volume_node.GetName()}'"
    flags = file_flags(volume_node)
    check_body_size(volume.grid, title)
    yield
    array, doubts = as_hounsfield(volume.array, title)
    volume = volume.with_array(array)
    yield
    slices = yield from check_slices_steps(volume)
    return volume, tuple(dict.fromkeys((*flags, *reading_flags(volume_node), *doubts, *slices)))


def remember_reading(node, flags: Sequence[Flag]) -> None:
    """Keep with a node what reading its files had to say, where not Slicer but we have read them."""
    node.SetAttribute(_READING, json.dumps([[flag.code, flag.message, flag.territory] for flag in flags]))


def reading_flags(node) -> tuple[Flag, ...]:
    """Return what :func:`remember_reading` kept; nothing for a node that Slicer has read."""
    return tuple(Flag(*flag) for flag in json.loads(node.GetAttribute(_READING) or "[]"))


def file_flags(node) -> tuple[Flag, ...]:
    """Return what is doubtful about the header of the file that a volume or segmentation was loaded from.

    Nothing where the file is not there any more, or the node was changed since.

    Raises
    ------
    InputError
        Where the header contradicts itself or gives no voxel size, or Slicer has read other voxel sizes from it.
    """
    path = _file_of(node)
    if path is None:
        return ()
    flags = header_flags(path)
    if node.IsA("vtkMRMLVolumeNode"):
        _check_same_sizes(node, path, read_grid(path))
    return flags


def _file_of(node) -> Path | None:
    storage = node.GetStorageNode()
    name = None if storage is None else storage.GetFileName()
    if not name or not name.lower().endswith(_ENDINGS) or node.GetModifiedSinceRead():
        return None
    path = Path(name)
    return path if path.is_file() else None


def _check_same_sizes(node, path: Path, said: Grid) -> None:
    """Refuse a volume whose voxels Slicer has made another size of than the file says.

    Raises
    ------
    InputError
    """
    own = node.GetSpacing()
    if not np.allclose(np.sort(own), np.sort(said.spacing_mm), rtol=SAME_LENGTH, atol=0):
        raise InputError(
            f"Slicer shows '{node.GetName()}' with voxels of {sizes_shown(own)} mm, and its file '{path.name}' says "
            f"{sizes_shown(said.spacing_mm)} mm (other units of length are not read by Slicer); convert it to mm."
        )
