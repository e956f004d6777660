"""The DICOM files that Slicer has read the voxels of a node from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..reporting.dicom.wish import DicomWish, wish_for

if TYPE_CHECKING:
    from ..reading.dicom import SourceSeries

# Of volumes that Slicer's DICOM module has loaded: UIDs with blanks between them.
_INSTANCES = "DICOM.instanceUIDs"


def is_from_dicom(node) -> bool:
    """Return whether Slicer has loaded a node through its DICOM database."""
    return node is not None and bool(node.GetAttribute(_INSTANCES))


def dicom_wish(node) -> DicomWish:
    """Return the wish for DICOM objects of a CT node.

    Raises
    ------
    InputError
        Where it is not from DICOM, or its files are not in the database any more.
    """
    return wish_for(source_of_node(node))


def source_of_node(node) -> SourceSeries | None:
    """Return the images that a CT node was read from; None where it is not from DICOM.

    Raises
    ------
    InputError
        Where its files are not in the database any more.
    """
    if not is_from_dicom(node):
        return None
    import slicer

    from ..reading.dicom import source_of_files

    database = getattr(slicer, "dicomDatabase", None)
    names = node.GetAttribute(_INSTANCES).split()
    files = [] if database is None else [database.fileForInstance(name) for name in names]
    if not files or not all(files):
        raise InputError("The DICOM database lacks files of the CT; import its series again.")
    return source_of_files([Path(each) for each in dict.fromkeys(files)])
