"""Volumes keep their place in the patient on their way through the scene."""

import numpy as np
import pytest
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonTransforms import vtkThinPlateSplineTransform

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.scene.application import ensure_application
from AbdominalCalcificationLib.scene.volumes import grid_of_node, matrix_of_array, volume_from_node, volume_node_from
from placements import FLIPPED, MIRRORED, OBLIQUE, PLAIN, affine, rotation

pytestmark = pytest.mark.scene


@pytest.fixture
def a_ct():
    def make(directions=PLAIN, dtype=np.int16):
        grid = Grid.from_spacing((4, 5, 6), (0.7, 0.8, 2.5), (11.0, -20.0, 300.0), directions)
        return Volume(np.arange(120).reshape(4, 5, 6).astype(dtype), grid)

    return make


@pytest.fixture
def a_transform(scene):
    def make(matrix, parent=None):
        node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        node.SetMatrixTransformToParent(matrix_of_array(matrix))
        if parent is not None:
            node.SetAndObserveTransformNodeID(parent.GetID())
        return node

    return make


def test_the_application_is_set_up_once(scene):
    import slicer

    application = ensure_application()
    assert ensure_application() is application
    assert slicer.mrmlScene is application.scene
    assert slicer.modules.segmentations.logic().GetMRMLScene() is application.scene


def test_slicer_util_works_on_the_application(scene):
    import slicer

    node = slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.int16))
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(node)
    segment = segmentation.GetSegmentation().AddEmptySegment()
    mask = np.zeros((2, 3, 4), np.uint8)
    mask[1, 2, 3] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, segment, node)
    assert np.array_equal(slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment, node), mask)


@pytest.mark.parametrize(
    "directions", [np.eye(3), OBLIQUE, FLIPPED, MIRRORED], ids=["plain", "oblique", "flipped", "mirrored"]
)
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.uint8])
def test_a_volume_comes_back_from_its_node_as_it_was(scene, a_ct, directions, dtype):
    ct = a_ct(directions, dtype)
    back = volume_from_node(volume_node_from(ct, "CT"))
    assert back.array.dtype == dtype
    assert np.array_equal(back.array, ct.array)
    assert np.allclose(back.grid.ijk_to_ras, ct.grid.ijk_to_ras, atol=1e-9)


def test_the_array_is_a_view_of_the_node(scene, a_ct):
    node = volume_node_from(a_ct(), "CT")
    volume_from_node(node).array[1, 2, 3] = -777
    assert volume_from_node(node).array[1, 2, 3] == -777


def test_a_chain_of_linear_transforms_moves_the_grid(scene, a_ct, a_transform):
    ct = a_ct(OBLIQUE)
    node = volume_node_from(ct, "CT")
    outer = affine(rotation(1, 30), (5.0, -7.0, 9.0))
    inner = affine(rotation(2, 70), (-50.0, 1.0, 2.0))
    node.SetAndObserveTransformNodeID(a_transform(inner, parent=a_transform(outer)).GetID())
    grid = volume_from_node(node).grid
    assert np.allclose(grid.ijk_to_ras, outer @ inner @ ct.grid.ijk_to_ras, atol=1e-9)
    node.HardenTransform()
    assert np.allclose(grid_of_node(node).ijk_to_ras, grid.ijk_to_ras, atol=1e-9)


def test_a_non_linear_transform_is_refused_with_what_to_do(scene, a_ct):
    node = volume_node_from(a_ct(), "Warped CT")
    warp = scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")

    # A displacement that grows with the product of x and y: no matrix does that.
    spline, source, target = vtkThinPlateSplineTransform(), vtkPoints(), vtkPoints()
    for x, y, z in [(0, 0, 0), (50, 0, 0), (0, 50, 0), (0, 0, 50), (20, 20, 20)]:
        source.InsertNextPoint(x, y, z)
        target.InsertNextPoint(x, y + 0.1 * x * (x > 10) * (y > 10), z)
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    spline.SetBasisToR()
    warp.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(warp.GetID())
    with pytest.raises(InputError, match=r"'Warped CT'.*non-linear.*arden"):
        volume_from_node(node)


def test_an_empty_volume_node_is_refused(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Nothing")
    with pytest.raises(InputError, match="holds no voxels"):
        volume_from_node(node)


def test_a_colour_image_is_refused(scene):
    image = vtkImageData()
    image.SetDimensions(3, 3, 3)
    image.AllocateScalars(3, 3)  # unsigned char, three components
    node = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "Photograph")
    node.SetAndObserveImageData(image)
    with pytest.raises(InputError, match="colour"):
        volume_from_node(node)


def test_the_ct_is_shown_in_a_window_for_vessels(scene, a_ct):
    display = volume_node_from(a_ct(), "CT").GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (800, 250)
