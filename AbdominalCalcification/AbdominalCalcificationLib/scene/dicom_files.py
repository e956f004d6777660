"""The DICOM files that Slicer has read the voxels of a node from."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError

# Of volumes that Slicer's DICOM module has loaded: UIDs with blanks between them.
_INSTANCES = "DICOM.instanceUIDs"


def is_from_dicom(node) -> bool:
    """Return whether Slicer has loaded a node through its DICOM database."""
    return node is not None and bool(node.GetAttribute(_INSTANCES))


def files_of_node(node) -> tuple[Path, ...]:
    """Return the files that Slicer has read a CT node from; none where it is not from DICOM.

    Raises
    ------
    InputError
        Where they are not in the database any more.
    """
    if not is_from_dicom(node):
        return ()
    import slicer

    database = getattr(slicer, "dicomDatabase", None)
    names = node.GetAttribute(_INSTANCES).split()
    files = [] if database is None else [database.fileForInstance(name) for name in names]
    if not files or not all(files):
        raise InputError("The DICOM database lacks files of the CT; import its series again.")
    return tuple(Path(each) for each in dict.fromkeys(files))
