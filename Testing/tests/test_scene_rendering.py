"""What Slicer's own displayable managers draw of the masks, off screen."""

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reporting.view_surfaces import opengl_works, picture_of_window
from AbdominalCalcificationLib.scene.application import ensure_application
from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification, show_cut_off
from AbdominalCalcificationLib.scene.volumes import volume_node_from

pytestmark = [pytest.mark.scene, pytest.mark.skipif(not opengl_works(), reason="this machine has no OpenGL")]

SHAPE = (50, 20, 40)  # superior, anterior, and, on this grid, the patient's left along i
PIXELS = 300


def box(k, i, radius_k, radius_i):
    mask = np.zeros(SHAPE, bool)
    mask[k - radius_k : k + radius_k, 5:15, i - radius_i : i + radius_i] = True
    return mask


@pytest.fixture
def shown(scene):
    """An artery on the patient's right, one on the left, its end cut off, and a plaque on its own above."""
    matrix = np.diag([-1.0, 1.0, 1.0, 1.0])
    matrix[:3, 3] = 19.5, -9.5, -24.5  # the middle of the grid in the middle of the patient
    grid = Grid(SHAPE, matrix)
    ct = volume_node_from(Volume(np.zeros(SHAPE, np.int16), grid), "CT")
    right, left, end, plaque = box(25, 10, 6, 4), box(25, 30, 6, 4), box(10, 30, 4, 4), box(42, 20, 4, 4)
    arteries = right * np.uint8(territory("renal_right").label) + left * np.uint8(territory("renal_left").label)
    return [
        show_arteries(ct, Volume(arteries, grid)),
        show_cut_off(ct, Volume(end * np.uint8(territory("renal_left").label), grid)),
        show_calcification(ct, Volume(plaque.astype(np.uint8), grid)),
    ]


@pytest.fixture
def front_view(scene):
    """Slicer's 3D view from the front, on white: pixels at a place (R, S) in mm."""
    from vtkmodules.vtkCommonCore import vtkObject

    views = pytest.importorskip("trame_slicer.views", reason="needs trame-slicer")
    warnings = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    view = views.ThreeDView(scene, ensure_application().logic, "front")
    window, camera = view.render_window(), view.renderer().GetActiveCamera()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)
    window.SetSize(PIXELS, PIXELS)
    view.set_box_visible(False)
    view.set_background_color([255, 255, 255])

    def pixel(r, s):
        camera.ParallelProjectionOn()
        camera.SetParallelScale(30)  # mm from the middle to the edge
        camera.SetFocalPoint(0, 0, 0)
        camera.SetPosition(0, 300, 0)
        camera.SetViewUp(0, 0, 1)
        view.renderer().ResetCameraClippingRange()
        image = picture_of_window(window)
        middle = PIXELS / 2
        return image[round(middle - s * middle / 30), round(middle - r * middle / 30)] / 255

    yield pixel
    vtkObject.SetGlobalWarningDisplay(warnings)


def test_slicer_draws_the_masks_where_they_are_in_their_colours(shown, front_view):
    for name, r in (("renal_right", 9.5), ("renal_left", -10.5)):
        seen, color = front_view(r, 0), np.array(territory(name).color)
        assert np.corrcoef(seen, color)[0, 1] > 0.9
        assert seen.min() > color.min() + 0.1, "the white behind shines through"
    grey = front_view(-10.5, -15)
    assert np.ptp(grey) < 0.02
    assert 0.2 < grey[0] < 0.8
    red, green, blue = front_view(0, 17)
    assert red < 0.2 < 0.5 < min(green, blue), "calcification is opaque"
    assert front_view(25, 20).min() > 0.99, "nothing else is drawn"
