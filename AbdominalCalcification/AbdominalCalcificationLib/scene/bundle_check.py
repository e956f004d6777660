"""Whether a .mrb holds the scene that was saved in it.

Slicer writes every part into a folder of its own and packs that; a part that a full disk has cut is packed as it is.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from ..durable import CutShort
from ..reporting.packed import is_whole_nrrd

_PIECE = 1 << 20


def check_bundle(path: Path, scene) -> None:
    """Look at every file of a .mrb in one go, see :func:`check_bundle_steps`."""
    for _ in check_bundle_steps(path, scene):
        pass


def check_bundle_steps(path: Path, scene) -> Iterator[None]:
    """Look at every file of a .mrb.

    Parameters
    ----------
    path : Path
    scene : vtkMRMLScene
        What was saved in it.

    Raises
    ------
    CutShort
        Where a file is missing or damaged, an image lacks voxels, a text is another, or a table has other rows.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            (described,) = (name for name in archive.namelist() if name.endswith(".mrml"))
            elements = {each.get("id"): each for each in ElementTree.fromstring(archive.read(described))}
            for element in elements.values():
                for name in _files_of(element, elements):
                    member = posixpath.normpath(posixpath.join(posixpath.dirname(described), name))
                    if not (yield from _is_whole_steps(archive, member, scene.GetNodeByID(element.get("id")))):
                        raise CutShort(f"'{name}' of the scene is not whole")
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, ElementTree.ParseError) as error:
        raise CutShort(f"a part of the scene is missing or damaged: {error}") from None


def _files_of(element: ElementTree.Element, elements: dict) -> Iterator[str]:
    """Yield the files in which a node is stored, relative to the .mrml."""
    for reference in element.get("references", "").split(";"):
        role, _, keys = reference.partition(":")
        for storage in (elements.get(key) for key in keys.split() if role == "storage"):
            if storage is not None:
                names = (value for name, value in storage.items() if name.lower().startswith(("filename", "filelist")))
                yield from (unquote(name) for name in names)


def _is_whole_steps(archive: zipfile.ZipFile, member: str, node) -> Generator[None, None, bool]:
    with archive.open(member) as stream:  # it checks the sum of what is read to the end
        begin = stream.read(_PIECE)
        ending, size = begin[-8:], len(begin)
        while piece := stream.read(_PIECE):
            ending, size = (ending + piece)[-8:], size + len(piece)
            yield
    if member.endswith(".nrrd"):
        return is_whole_nrrd(begin, ending, size)
    if node is not None and node.IsA("vtkMRMLTextNode") and size <= len(begin):
        return begin.decode("utf-8") == node.GetText()
    if node is not None and node.IsA("vtkMRMLTableNode") and member.endswith(".tsv") and ".schema." not in member:
        return begin.count(b"\n") >= node.GetNumberOfRows() + 1 and ending.endswith(b"\n")
    return size > 0
