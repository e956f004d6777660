"""CT volumes between the scene and plain arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..display import CTA_LEVEL_HU, CTA_WINDOW_HU
from ..errors import InputError
from ..geometry import Grid, Volume

_OPENED_FROM = "AbdominalCalcification.OpenedFrom"


def array_of_matrix(matrix: vtkMatrix4x4) -> np.ndarray:
    """Return a VTK matrix as an array, shape (4, 4)."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def matrix_of_array(array: np.ndarray) -> vtkMatrix4x4:
    """Return an array, shape (4, 4), as a VTK matrix."""
    matrix = vtkMatrix4x4()
    matrix.DeepCopy([float(value) for value in np.asarray(array, float).ravel()])
    return matrix


def array_of_image(image: vtkImageData) -> np.ndarray:
    """Return the voxels of a scalar image as an array k, j, i that shares its memory.

    Raises
    ------
    InputError
        For an image without voxels or with several components.
    """
    scalars = None if image is None else image.GetPointData().GetScalars()
    if scalars is None or scalars.GetNumberOfTuples() == 0:
        raise InputError("The volume holds no voxels; load it again.")
    if scalars.GetNumberOfComponents() != 1:
        raise InputError("The volume is a colour or vector image; choose a CT volume.")
    return vtk_to_numpy(scalars).reshape(image.GetDimensions()[::-1])


def image_of_array(
    array: np.ndarray, image: vtkImageData | None = None, start_ijk=(0, 0, 0), copy: bool = True
) -> vtkImageData:
    """Return a VTK image of an array k, j, i; its extent begins at `start_ijk`.

    Without `copy` it shares the memory of the array where that lies in one piece.
    """
    image = vtkImageData() if image is None else image
    if array.dtype == bool:
        array = array.view(np.uint8)
    extent = []
    for start, size in zip(start_ijk, array.shape[::-1], strict=True):
        extent += [int(start), int(start) + size - 1]
    image.SetExtent(extent)
    image.GetPointData().SetScalars(
        numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=copy or not array.flags.c_contiguous)
    )
    return image


def world_matrix(node) -> np.ndarray:
    """Return the linear transform, shape (4, 4), from a node's coordinates to the world.

    Raises
    ------
    InputError
        Where a transform on the way is not linear.
    """
    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    matrix = vtkMatrix4x4()
    if not transform.IsTransformToWorldLinear() or not transform.GetMatrixTransformToWorld(matrix):
        raise InputError(
            f"'{node.GetName()}' is under a non-linear transform; harden the transform (right-click the node in the "
            "Data module, 'Harden transform') and try again."
        )
    return array_of_matrix(matrix)


def grid_of_node(volume_node) -> Grid:
    """Return the grid of a volume node in world coordinates, parent transforms applied.

    Raises
    ------
    InputError
        For an empty volume and under a non-linear transform.
    """
    image = volume_node.GetImageData()
    if image is None:
        raise InputError(f"The volume '{volume_node.GetName()}' holds no voxels; load it again.")
    ijk_to_ras = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(ijk_to_ras)
    return Grid(image.GetDimensions()[::-1], world_matrix(volume_node) @ array_of_matrix(ijk_to_ras))


def volume_from_node(volume_node) -> Volume:
    """Return a volume node as a :class:`Volume` in world RAS coordinates.

    The array shares its memory with the node. Parent linear transforms, also chains of them,
    are applied to the grid.

    Raises
    ------
    InputError
        For an empty volume, a colour image, and under a non-linear transform.
    """
    return Volume(array_of_image(volume_node.GetImageData()), grid_of_node(volume_node))


def volume_node_from(volume: Volume, name: str, scene=None, copy: bool = True):
    """Add a CT to the scene and return its node, shown in a window for CT angiograms.

    Parameters
    ----------
    volume : Volume
    name : str
    scene : vtkMRMLScene, optional
        ``slicer.mrmlScene`` by default.
    copy : bool
        Otherwise the node shares the memory of the volume where that lies in one piece.
    """
    import slicer

    scene = slicer.mrmlScene if scene is None else scene
    node = slicer.vtkMRMLScalarVolumeNode()
    node.SetName(scene.GenerateUniqueName(name))
    node.SetIJKToRASMatrix(matrix_of_array(volume.grid.ijk_to_ras))
    scene.AddNode(node)
    # Before there are voxels: with them it would look for a window of its own in all of them.
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(CTA_WINDOW_HU, CTA_LEVEL_HU)
    node.SetAndObserveImageData(image_of_array(volume.array, copy=copy))
    return node


def identity_of_node(volume_node) -> dict:
    """Return what tells which image it is: its name and, where it came from DICOM, its series UID."""
    identity = {"name": volume_node.GetName(), "format": "scene"}
    hierarchy = volume_node.GetScene().GetSubjectHierarchyNode()
    item = hierarchy.GetItemByDataNode(volume_node) if hierarchy is not None else 0
    uid = hierarchy.GetItemUID(item, "DICOM") if item else ""
    if uid:
        identity["series_uid"] = uid
    opened = volume_node.GetAttribute(_OPENED_FROM)
    return identity | ({"opened_from": json.loads(opened)} if opened else {})


def remember_file(volume_node, identity: Mapping) -> None:
    """Keep with a node what tells which files its voxels were read from, where not Slicer but we have read them."""
    volume_node.SetAttribute(_OPENED_FROM, json.dumps(dict(identity)))
