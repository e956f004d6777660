"""Masks as smooth surfaces, drawn with VTK alone, without a scene and without a window."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkLookupTable, vtkObject
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData

from ..anatomy import CALCIFICATION_COLOR, TERRITORIES
from ..display import ARTERY_OPACITY, CUT_OFF_COLOR
from ..geometry import Volume
from .drawing import write_directions
from .view_masks import MARGIN_MM, SMALLEST_VIEW_MM, ShownMasks, bounds_of

# Edge of the parts in which a picture is drawn: each takes a machine without a graphics card a fraction of a second.
_TILE = 350


def opengl_works() -> bool:
    """Return whether VTK can draw on this machine.

    VTK ends in a segmentation fault where it renders with no OpenGL library at all, so this is
    asked before.
    """
    from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  registers the render windows
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    with quiet_vtk():
        window = vtkRenderWindow()
        window.SetOffScreenRendering(True)
        window.Initialize()
        works = bool(window.GetInitialized())
        window.Finalize()
    return works


@contextmanager
def quiet_vtk():
    """Keep VTK's warnings about the windows that it tried in vain off the terminal."""
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)


def picture_of_window(window) -> np.ndarray:
    """Render a ``vtkRenderWindow`` and return what it shows: uint8, shape (height, width, 3), the first row on top."""
    from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

    window.Render()
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    width, height, _ = grab.GetOutput().GetDimensions()
    return vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars()).reshape(height, width, -1)[::-1, :, :3].copy()


def surface_view_steps(masks: ShownMasks, pixels: int) -> Generator[None, None, np.ndarray]:
    """Draw smooth surfaces, seen from the front, the patient's right at the left.

    Returns
    -------
    ndarray, shape (pixels, pixels, 3), uint8
    """
    from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  registers the render windows
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    renderer = vtkRenderer()
    renderer.SetBackground(0.0, 0.0, 0.0)
    parts = (
        (masks.arteries, {each.label: each.color for each in TERRITORIES}, ARTERY_OPACITY, 1.5),
        ((masks.cut != 0).astype(np.uint8), {1: CUT_OFF_COLOR}, 0.5, 1.5),
        # Hardly smoothed: a small plaque would shrink away.
        (masks.calcification, {1: CALCIFICATION_COLOR}, 1.0, 0.5),
    )
    for array, colors, opacity, freedom in parts:
        if array.any():
            renderer.AddActor(_actor(_surface(Volume(array, masks.grid), freedom), colors, opacity))
            yield
    # Translucent surfaces are drawn in the order of their depth.
    renderer.UseDepthPeelingOn()
    renderer.SetMaximumNumberOfPeels(6)
    renderer.SetOcclusionRatio(0.0)
    image = np.zeros((pixels, pixels, 3), np.uint8)
    tiles = _tiles(pixels)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetAlphaBitPlanes(True)
    window.SetMultiSamples(0)
    window.AddRenderer(renderer)
    try:
        for rows in tiles:
            for columns in tiles:
                _aim(renderer, masks, pixels, rows, columns)
                with quiet_vtk():
                    image[rows, columns] = _tile(window, rows, columns)
                yield
    finally:
        window.Finalize()
    write_directions(image, "RLSI")
    return image


def _tiles(pixels: int) -> list[slice]:
    """Return the parts of an edge of a picture that are drawn one after the other."""
    return [slice(start, min(start + _TILE, pixels)) for start in range(0, pixels, _TILE)]


def _aim(renderer, masks: ShownMasks, pixels: int, rows: slice, columns: slice) -> None:
    """Let the camera look from in front at one part of a square picture of all that is shown."""
    low, high = bounds_of(masks)
    middle, extent = (low + high) / 2, high - low
    width_mm = max(extent[0], extent[2], SMALLEST_VIEW_MM - 2 * MARGIN_MM) + 2 * MARGIN_MM
    step_mm = width_mm / pixels
    right_mm, down_mm = ((part.start + part.stop - pixels) / 2 * step_mm for part in (columns, rows))
    # The patient's right is at the left: to the right of the picture R falls.
    seen = np.array([middle[0] - right_mm, middle[1], middle[2] - down_mm])
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*seen)
    camera.SetPosition(seen[0], seen[1] + extent.max() + 500.0, seen[2])
    camera.SetViewUp(0.0, 0.0, 1.0)
    camera.SetParallelScale((rows.stop - rows.start) * step_mm / 2)
    renderer.ResetCameraClippingRange()


def _tile(window, rows: slice, columns: slice) -> np.ndarray:
    """Draw one part of a picture: twice as fine, then averaged, for smooth edges on every OpenGL."""
    height, width = rows.stop - rows.start, columns.stop - columns.start
    window.SetSize(2 * width, 2 * height)
    fine = picture_of_window(window)
    return fine.reshape(height, 2, width, 2, 3).mean(axis=(1, 3)).round().astype(np.uint8)


def _actor(surface: vtkPolyData, colors: Mapping[int, Sequence[float]], opacity: float):
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    table = vtkLookupTable()
    table.SetNumberOfTableValues(256)
    table.SetTableRange(0, 255)
    for label in range(256):
        red, green, blue = colors.get(label, (1.0, 1.0, 1.0))
        table.SetTableValue(label, red, green, blue, 1.0)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(surface)
    mapper.SetScalarModeToUseCellData()
    mapper.SetColorModeToMapScalars()  # bytes would be taken for grey values
    mapper.SetLookupTable(table)
    mapper.SetScalarRange(0, 255)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetOpacity(opacity)
    actor.GetProperty().SetSpecular(0.2)
    return actor


def _surface(labels: Volume, freedom: float) -> vtkPolyData:
    """Return smooth closed surfaces of all labels in RAS, the label as cell scalar.

    No point is moved farther than about `freedom` voxels from where the mask has it.
    """
    from vtkmodules.vtkCommonTransforms import vtkTransform
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals, vtkSurfaceNets3D
    from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter

    # A border of background closes surfaces where the mask ends with its box.
    padded = np.pad(labels.array, 1)
    image = vtkImageData()
    image.SetExtent(*(value for size in padded.shape[::-1] for value in (-1, size - 2)))
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(), deep=False))
    nets = vtkSurfaceNets3D()
    nets.SetInputData(image)
    for number, label in enumerate(int(label) for label in np.unique(labels.array) if label):
        nets.SetValue(number, label)
    nets.SetNumberOfIterations(30)
    nets.SetConstraintScale(freedom)
    nets.SetOutputMeshTypeToTriangles()
    transform = vtkTransform()
    transform.SetMatrix(labels.grid.ijk_to_ras.ravel())
    to_ras = vtkTransformPolyDataFilter()
    to_ras.SetTransform(transform)
    to_ras.SetInputConnection(nets.GetOutputPort())
    normals = vtkPolyDataNormals()
    normals.SetInputConnection(to_ras.GetOutputPort())
    normals.SplittingOff()
    normals.ConsistencyOff()  # the nets are consistent, also where three labels meet
    normals.Update()
    surface = normals.GetOutput()
    sides = vtk_to_numpy(surface.GetCellData().GetArray("BoundaryLabels"))
    label = np.where(sides[:, 0] != 0, sides[:, 0], sides[:, 1]).astype(np.uint8)
    surface.GetCellData().SetScalars(numpy_to_vtk(label, deep=True))
    return surface
