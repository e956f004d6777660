"""A scene written as a .mrb in small steps: Slicer's own way does all in one, and its window stands still meanwhile.

A .mrb is a zip of a folder with the .mrml and a file for each node that has one.
"""

from __future__ import annotations

import os
import re
import time
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from vtkmodules.vtkCommonCore import vtkOutputWindow, vtkStringOutputWindow
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..durable import CutShort, cannot_write, settle
from ..geometry import Grid, Volume
from ..leftovers import unfinished_folder
from ..paths import native_path
from ..reporting.images import image_header, packed_parts
from .bundle_check import check_bundle_steps
from .nodes import nodes_of
from .volumes import array_of_image, array_of_matrix

_PIECE = 1 << 20
# So much is handed to the disk at once: less takes longer in all, more stands still.
_SYNC = 16 << 20
# A CT with noise packs little better the longer it takes.
_LEVEL = 1
# A part of the work that is done when all is written: looking at it takes the rest.
_WRITTEN = 0.9


def write_scene_steps(scene, path: Path | str) -> Generator[float, None, None]:
    """Write a scene as a .mrb, whole or not at all; yield which part of it is done, 0 to 1.

    Parameters
    ----------
    scene : vtkMRMLScene
        Made to be written: its storage nodes name places in the .mrb afterwards.
    path : path

    Raises
    ------
    WriteError
        Where the file cannot be written, or does not hold what it is to hold.
    """
    path = Path(path).resolve()
    try:
        with unfinished_folder(path.parent, path.name) as folder:
            written, problem = folder / path.name, None
            try:
                with open(written, "wb") as file, zipfile.ZipFile(file, "w") as archive:
                    for done in _Bundle(scene, folder, archive, file, path.stem).steps():
                        yield _WRITTEN * done
                for _ in check_bundle_steps(written, scene):
                    yield _WRITTEN
            except CutShort as found:
                problem = found

            def check(_file: Path) -> None:
                if problem is not None:
                    raise problem

            settle(written, path, check)
    except OSError as error:
        raise cannot_write(path, error) from None


class _Bundle:
    """One .mrb that is being written.

    Parameters
    ----------
    scene : vtkMRMLScene
    folder : Path
        For the files of single nodes, until they are packed.
    archive : zipfile.ZipFile
    file : binary file
        That the archive is written to.
    root : str
        The folder inside the archive.
    """

    def __init__(self, scene, folder: Path, archive: zipfile.ZipFile, file, root: str):
        self._scene, self._folder, self._archive, self._file = scene, folder, archive, file
        self._root = root
        self._names: set[str] = set()
        self._synced = 0

    def steps(self) -> Iterator[float]:
        (self._folder / "Data").mkdir()
        self._scene.SetRootDirectory(native_path(self._folder))
        nodes = [node for node in _storable(self._scene) if _has_storage(node)]
        volumes = [node for node in nodes if _is_plain_volume(node)]
        others = [node for node in nodes if node not in volumes]
        for node in others:
            self._write(node)
            yield 0.0
            yield from self._pack(0.0)
        for number, node in enumerate(volumes):
            for done in self._stream(node):
                yield (number + done) / len(volumes)
        described = self._folder / f"{self._root}.mrml"
        with _quiet_vtk():
            if not self._scene.Commit(native_path(described)):
                raise CutShort("a part of the scene could not be saved")
        yield from self._pack(1.0)

    def _name(self, node) -> Path:
        """Return where the file of a node will be, under a name that every file system takes."""
        ending = node.GetStorageNode().GetDefaultWriteFileExtension() or "dat"
        plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", node.GetName() or "")[:80].strip(" .") or "node"
        number, name = 0, f"{plain}.{ending}"
        while name.lower() in self._names:
            number += 1
            name = f"{plain}_{number}.{ending}"
        self._names.add(name.lower())
        return self._folder / "Data" / name

    def _write(self, node) -> None:
        """Write a node as Slicer does."""
        storage, place = node.GetStorageNode(), self._name(node)
        storage.SetFileName(native_path(place))
        if node.IsA("vtkMRMLSegmentationNode"):
            storage.SetCropToMinimumExtent(True)  # the grid is kept with it; all around takes seconds to pack
        with _quiet_vtk():
            if not storage.WriteData(node):
                raise CutShort("a part of the scene could not be saved")

    def _stream(self, node) -> Iterator[float]:
        """Pack a volume as it is being written."""
        place = self._name(node).with_suffix(".nrrd")
        node.GetStorageNode().SetFileName(native_path(place))
        volume = _volume_of(node)
        header = image_header(volume, ".nrrd", place)
        place.unlink()
        with self._member(place, zipfile.ZIP_STORED) as member:
            for done, part in packed_parts(volume, ".nrrd", header, _LEVEL):
                member.write(part)
                self._sync()
                yield done

    def _pack(self, done: float) -> Iterator[float]:
        """Pack what lies in the folder, and remove it there."""
        for path in sorted(self._folder.rglob("*.*")):
            if not path.is_file() or path == Path(self._file.name):
                continue
            packing = zipfile.ZIP_STORED if path.name.endswith(".nrrd") else zipfile.ZIP_DEFLATED
            with open(path, "rb") as source, self._member(path, packing) as member:
                while piece := source.read(_PIECE):
                    member.write(piece)
                    self._sync()
                    yield done
            path.unlink()

    def _member(self, path: Path, packing: int):
        name = f"{self._root}/{path.relative_to(self._folder).as_posix()}"
        info = zipfile.ZipInfo(name, time.localtime()[:6])
        info.compress_type, info.external_attr = packing, 0o644 << 16
        return self._archive.open(info, "w", force_zip64=True)

    def _sync(self) -> None:
        """Hand to the disk what was written, a part at a time: all of it at the end would stand still."""
        if self._file.tell() - self._synced >= _SYNC:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._synced = self._file.tell()


def _storable(scene) -> list:
    return [node for node in nodes_of(scene, "vtkMRMLStorableNode") if node.GetSaveWithScene()]


def _has_storage(node) -> bool:
    """Return whether a node is kept in a file of its own; small texts are kept in the .mrml."""
    if node.GetStorageNode() is None:
        node.AddDefaultStorageNode()
    return node.GetStorageNode() is not None


def _is_plain_volume(node) -> bool:
    """Return whether a node is an image that can be written voxel by voxel."""
    image = node.GetImageData() if node.GetClassName() == "vtkMRMLScalarVolumeNode" else None
    return image is not None and image.GetNumberOfScalarComponents() == 1 and _volume_of(node).grid.is_rectangular


def _volume_of(node) -> Volume:
    """Return the voxels of a volume node in its own coordinates: its transform is kept with the scene."""
    matrix, array = vtkMatrix4x4(), array_of_image(node.GetImageData())
    node.GetIJKToRASMatrix(matrix)
    return Volume(array, Grid(array.shape, array_of_matrix(matrix)))


@contextmanager
def _quiet_vtk():
    """Keep off the terminal what VTK tells of its work; errors are passed on."""
    shown, said = vtkOutputWindow.GetInstance(), vtkStringOutputWindow()
    vtkOutputWindow.SetInstance(said)
    try:
        yield
    finally:
        vtkOutputWindow.SetInstance(shown)
        if "ERROR" in (text := said.GetOutput()):
            shown.DisplayErrorText(text)
