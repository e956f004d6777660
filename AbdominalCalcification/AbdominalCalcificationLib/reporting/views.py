"""One picture of a result: the arteries in 3D, and three slices through the largest calcification.

Drawn with numpy and VTK alone, without a scene and without a window. Where the machine has no
OpenGL the 3D view is left out, and the picture and the caller are told so.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkLookupTable, vtkObject
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData

from ..anatomy import CALCIFICATION_COLOR, TERRITORIES, territory
from ..display import ARTERY_OPACITY, CTA_LEVEL_HU, CTA_WINDOW_HU, CUT_OFF_COLOR
from ..durable import write_bytes
from ..errors import InputError
from ..geometry import Grid, Volume
from ..geometry.faces import can_be_drawn

PANEL_PIXELS = 700
NO_OPENGL = "The 3D view was left out of the picture: this machine has no OpenGL (install Mesa's libEGL or libOSMesa)."
TOO_MANY_FACES = "The 3D view was left out of the picture: the masks are in too many pieces for surfaces."
_MARGIN_MM = 20.0
_SMALLEST_VIEW_MM = 80.0
_AIR_HU = -1024.0


@dataclass(frozen=True)
class Plane:
    """A slice plane: how the screen lies in the patient.

    `right` and `up` are RAS directions; `letters` are those of the left, right, top and bottom
    edge. Radiological convention: the patient's right is at the left.
    """

    name: str
    right: tuple[float, float, float]
    up: tuple[float, float, float]
    letters: str


AXIAL = Plane("Axial", (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), "RLAP")
CORONAL = Plane("Coronal", (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0), "RLSI")
SAGITTAL = Plane("Sagittal", (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), "APSI")


@dataclass(frozen=True, eq=False)
class Picture:
    """A finished picture.

    Attributes
    ----------
    image : ndarray, shape (rows, columns, 3), uint8
        RGB, first row at the top.
    notes : tuple of str
        What could not be drawn on this machine, and why.
    """

    image: np.ndarray
    notes: tuple[str, ...]


def render_views(
    ct: Volume,
    arteries: Volume,
    cut: Volume | None,
    calcification: Volume,
    path: Path | str | None = None,
    *,
    panel_pixels: int = PANEL_PIXELS,
) -> Picture:
    """Draw a 3D view and an axial, a coronal and a sagittal slice, two by two.

    The slices pass through the largest cluster of calcification, else through the middle of
    the aorta. They are planes in the patient, not of the voxel grid, so that oblique, flipped
    and anisotropic scans all look alike.

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        uint8 territory labels of the kept arteries.
    cut : Volume or None
        uint8 labels of what was cut off; drawn grey.
    calcification : Volume
        Non-zero where calcified; all volumes on one grid. Empty masks are drawn as such.
    path : path, optional
        PNG file to write: whole or not at all.
    panel_pixels : int
        Edge of each of the four square panels.

    Raises
    ------
    InputError
        Where the volumes lie on different grids, or `path` cannot be written.
    """
    given = [mask for mask in (arteries, cut, calcification) if mask is not None]
    if not all(mask.grid.same_as(ct.grid) for mask in given):
        raise InputError("The CT and the masks lie on different grids; align the masks with the CT first.")
    masks = _Masks.cropped_to_what_is_there(arteries, cut, calcification)

    notes = []
    if not masks.shown.any():
        front = _empty_panel(panel_pixels, "No artery and no calcification found")
    elif not masks.can_be_drawn:
        notes.append(TOO_MANY_FACES)
        front = _empty_panel(panel_pixels, "No 3D view: the masks are dust")
    elif opengl_works():
        front = _render_3d(masks, panel_pixels)
    else:
        notes.append(NO_OPENGL)
        front = _empty_panel(panel_pixels, "No 3D view: no OpenGL")
    _legend(front, masks)

    low, high = _bounds(masks)
    centre = _point_of_interest(masks)
    slices = [_slice(plane, ct, masks, centre, low, high, panel_pixels) for plane in (AXIAL, CORONAL, SAGITTAL)]
    image = np.vstack([np.hstack([front, slices[0]]), np.hstack(slices[1:])])
    if path is not None:
        _write_png(image, Path(path))
    return Picture(image, tuple(notes))


def opengl_works() -> bool:
    """Return whether VTK can draw on this machine.

    VTK ends in a segmentation fault where it renders with no OpenGL library at all, so this is
    asked before.
    """
    from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  registers the render windows
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    with _quiet_vtk():
        window = vtkRenderWindow()
        window.SetOffScreenRendering(True)
        window.Initialize()
        works = bool(window.GetInitialized())
        window.Finalize()
    return works


@contextmanager
def _quiet_vtk():
    """Keep VTK's warnings about the windows that it tried in vain off the terminal."""
    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)


# --- What to look at ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Masks:
    """Labels of the arteries and of their cut-off ends, truth values of the calcification: uint8, on `grid`."""

    arteries: np.ndarray
    cut: np.ndarray
    calcification: np.ndarray
    grid: Grid

    @classmethod
    def cropped_to_what_is_there(cls, arteries: Volume, cut: Volume | None, calcification: Volume) -> _Masks:
        given = [mask.array for mask in (arteries, cut, calcification) if mask is not None]
        box = []
        for axis in range(3):
            others = tuple(each for each in range(3) if each != axis)
            filled = np.flatnonzero(np.any([array.any(axis=others) for array in given], axis=0))
            box.append(slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(None))
        box = tuple(box)
        kept = arteries.cropped(box)
        ends = np.zeros(kept.array.shape, np.uint8) if cut is None else cut.array[box]
        return cls(kept.array, ends, (calcification.array[box] != 0).astype(np.uint8), kept.grid)

    @property
    def shown(self) -> np.ndarray:
        return (self.arteries | self.cut | self.calcification) != 0

    @property
    def can_be_drawn(self) -> bool:
        """Whether surfaces of all masks can be made in little time."""
        return all(map(can_be_drawn, (self.arteries, self.cut, self.calcification)))


def _bounds(masks: _Masks) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper RAS corner, in mm, of the voxels that are shown (of the grid, if none is)."""
    grid, shown = masks.grid, masks.shown
    last = np.array(grid.shape) - 1
    if not shown.any():
        points = grid.ras_of_kji([[k, j, i] for k in (0, last[0]) for j in (0, last[1]) for i in (0, last[2])])
    else:
        # What lies outermost in any direction lies at an end of a row of voxels.
        k, j = np.nonzero(shown.any(axis=2))
        rows = shown[k, j]
        ends = (rows.argmax(axis=1), last[2] - rows[:, ::-1].argmax(axis=1))
        points = grid.ras_of_kji(np.concatenate([np.column_stack([k, j, i]) for i in ends]))
    return points.min(axis=0), points.max(axis=0)


def _point_of_interest(masks: _Masks) -> np.ndarray:
    """Return the RAS coordinates, in mm, of the sagittal, the coronal and the axial slice."""
    grid = masks.grid
    calcified = masks.calcification != 0
    if calcified.any():
        clusters, _count = ndimage.label(calcified, np.ones((3, 3, 3)))
        points = grid.ras_of_kji(np.argwhere(clusters == np.bincount(clusters[calcified]).argmax()))
        # Each slice where it cuts most of the cluster.
        return np.array([_most_common(points[:, axis], max(grid.plane_distances_mm)) for axis in range(3)])
    for chosen in (masks.arteries == territory("aorta").label, masks.arteries != 0):
        if chosen.any():
            points = grid.ras_of_kji(np.argwhere(chosen))
            return points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]
    return np.mean(_bounds(masks), axis=0)


def _most_common(values: np.ndarray, width: float) -> float:
    """Return the mean of the fullest bin, `width` wide, of `values`."""
    bins = np.round((values - values.min()) / width).astype(int)
    return float(values[bins == np.bincount(bins).argmax()].mean())


# --- Slices -----------------------------------------------------------------------------------------


def _slice(plane: Plane, ct: Volume, masks: _Masks, centre, low, high, pixels: int) -> np.ndarray:
    right, up = np.array(plane.right), np.array(plane.up)
    middle = (low + high) / 2
    # In the plane through `centre`, looking at the middle of what is shown.
    middle = centre + right * (right @ (middle - centre)) + up * (up @ (middle - centre))
    width = max(abs(right) @ (high - low), abs(up) @ (high - low)) + 2 * _MARGIN_MM
    width = max(width, _SMALLEST_VIEW_MM)
    step = width / pixels
    across = (np.arange(pixels) - (pixels - 1) / 2) * step
    points = middle + across[None, :, None] * right - across[:, None, None] * up
    points = points.reshape(-1, 3)
    kji, inside = _indices(ct.grid, points)
    hu = np.full(pixels * pixels, _AIR_HU, np.float32)
    hu[inside] = ndimage.map_coordinates(ct.array, kji[:, inside], np.float32, order=1, mode="nearest")
    grey = np.clip((np.nan_to_num(hu) - (CTA_LEVEL_HU - CTA_WINDOW_HU / 2)) / CTA_WINDOW_HU, 0, 1)
    image = np.repeat((grey * 255).astype(np.uint8).reshape(pixels, pixels, 1), 3, axis=2)

    kji, inside = _indices(masks.grid, points)
    nearest = tuple(np.round(kji[:, inside]).astype(int))

    def on_plane(array):
        found = np.zeros(pixels * pixels, array.dtype)
        found[inside] = array[nearest]
        return found.reshape(pixels, pixels)

    image[_outline(on_plane(masks.cut))] = _bytes(CUT_OFF_COLOR)
    labels = on_plane(masks.arteries)
    outline = _outline(labels)
    for each in TERRITORIES:
        image[outline & (labels == each.label)] = _bytes(each.color)
    image[_outline(on_plane(masks.calcification))] = _bytes(CALCIFICATION_COLOR)

    _cross_marks(image, (np.array([right, -up]) @ (centre - middle)) / step + (pixels - 1) / 2)
    _letters(image, plane.letters)
    axis = int(np.flatnonzero(np.cross(right, up))[0])
    _write(image, f"{plane.name}  {'RAS'[axis]} {centre[axis]:.1f} mm", (10, 16), size=16)
    _scale_bar(image, step)
    return image


def _indices(grid: Grid, points_ras: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the fractional indices, shape (3, n), of points, and whether each lies in a voxel of `grid`."""
    kji = grid.kji_of_ras(points_ras).T
    nearest = np.round(kji)
    return kji, ((nearest >= 0) & (nearest < np.array(grid.shape)[:, None])).all(axis=0)


def _outline(labels: np.ndarray) -> np.ndarray:
    """Return the inner edge, two pixels wide, of every labelled region."""
    edge = np.zeros(labels.shape, bool)
    padded = np.pad(labels, 2)
    rows, columns = labels.shape
    for shift in ((0, 1), (1, 0), (0, -1), (-1, 0), (0, 2), (2, 0), (0, -2), (-2, 0)):
        moved = padded[2 + shift[0] : 2 + shift[0] + rows, 2 + shift[1] : 2 + shift[1] + columns]
        edge |= moved != labels
    return edge & (labels != 0)


def _cross_marks(image: np.ndarray, place) -> None:
    """Mark at the four edges where the other two planes cut this one."""
    size = len(image)
    column, row = (int(np.clip(round(float(each)), 0, size - 1)) for each in place)
    mark = slice(max(size // 20, 1))
    for lines in (image[mark, column], image[::-1][mark, column], image[row, mark], image[row, ::-1][mark]):
        lines[:] = _bytes((1.0, 0.85, 0.2))


def _scale_bar(image: np.ndarray, step_mm: float, length_mm: int = 20) -> None:
    size = len(image)
    pixels = round(length_mm / step_mm)
    image[size - 20 : size - 17, size - 20 - pixels : size - 20] = 255
    _write(image, f"{length_mm} mm", (size - 20 - pixels // 2, size - 32), size=14, centred=True)


# --- 3D -----------------------------------------------------------------------------------------------


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


def _render_3d(masks: _Masks, pixels: int) -> np.ndarray:
    """Draw smooth surfaces, seen from the front, the patient's right at the left."""
    from vtkmodules import vtkRenderingOpenGL2  # noqa: F401  registers the render windows
    from vtkmodules.vtkRenderingCore import (
        vtkActor,
        vtkPolyDataMapper,
        vtkRenderer,
        vtkRenderWindow,
    )

    renderer = vtkRenderer()
    renderer.SetBackground(0.0, 0.0, 0.0)
    parts = (
        (masks.arteries, {each.label: each.color for each in TERRITORIES}, ARTERY_OPACITY, 1.5),
        ((masks.cut != 0).astype(np.uint8), {1: CUT_OFF_COLOR}, 0.5, 1.5),
        # Hardly smoothed: a small plaque would shrink away.
        (masks.calcification, {1: CALCIFICATION_COLOR}, 1.0, 0.5),
    )
    for array, colors, opacity, freedom in parts:
        if not array.any():
            continue
        table = vtkLookupTable()
        table.SetNumberOfTableValues(256)
        table.SetTableRange(0, 255)
        for label in range(256):
            table.SetTableValue(label, *colors.get(label, (1.0, 1.0, 1.0)), 1.0)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(_surface(Volume(array, masks.grid), freedom))
        mapper.SetScalarModeToUseCellData()
        mapper.SetColorModeToMapScalars()  # bytes would be taken for grey values
        mapper.SetLookupTable(table)
        mapper.SetScalarRange(0, 255)
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.GetProperty().SetOpacity(opacity)
        actor.GetProperty().SetSpecular(0.2)
        renderer.AddActor(actor)

    low, high = _bounds(masks)
    middle, extent = (low + high) / 2, high - low
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*middle)
    camera.SetPosition(middle[0], middle[1] + extent.max() + 500.0, middle[2])
    camera.SetViewUp(0.0, 0.0, 1.0)
    camera.SetParallelScale(max(extent[0], extent[2], _SMALLEST_VIEW_MM - 2 * _MARGIN_MM) / 2 + _MARGIN_MM)
    renderer.ResetCameraClippingRange()
    # Translucent surfaces are drawn in the order of their depth.
    renderer.UseDepthPeelingOn()
    renderer.SetMaximumNumberOfPeels(6)
    renderer.SetOcclusionRatio(0.0)

    with _quiet_vtk():
        window = vtkRenderWindow()
        window.SetOffScreenRendering(True)
        window.SetAlphaBitPlanes(True)
        window.SetMultiSamples(0)
        # Twice as fine, then averaged: smooth edges on every OpenGL.
        window.SetSize(2 * pixels, 2 * pixels)
        window.AddRenderer(renderer)
        fine = picture_of_window(window)
        window.Finalize()
    image = fine.reshape(pixels, 2, pixels, 2, 3).mean(axis=(1, 3)).round().astype(np.uint8)
    half, edge = pixels // 2, 14
    for letter, place in zip(
        "RLSI", ((edge, half), (pixels - edge, half), (half, edge), (half, pixels - edge)), strict=True
    ):
        _write(image, letter, place, size=20, centred=True)
    return image


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


# --- Drawing ------------------------------------------------------------------------------------------


def _empty_panel(pixels: int, text: str) -> np.ndarray:
    image = np.zeros((pixels, pixels, 3), np.uint8)
    _write(image, text, (pixels // 2, pixels // 2), centred=True)
    return image


def _bytes(color) -> np.ndarray:
    return (np.array(color) * 255).round().astype(np.uint8)


def _letters(image: np.ndarray, letters: str) -> None:
    """Write the directions at the left, right, top and bottom edge."""
    size, edge = len(image), 14
    half = size // 2
    for letter, place in zip(
        letters, ((edge, half), (size - edge, half), (half, edge), (half, size - edge)), strict=True
    ):
        _write(image, letter, place, size=20, centred=True)


def _legend(image: np.ndarray, masks: _Masks) -> None:
    present = set(np.unique(masks.arteries).tolist())
    entries = [(each.title, each.color) for each in TERRITORIES if each.label in present]
    if masks.cut.any():
        entries.append(("Cut off", CUT_OFF_COLOR))
    if masks.calcification.any():
        entries.append(("Calcification", CALCIFICATION_COLOR))
    for row, (title, color) in enumerate(entries):
        top = 10 + 22 * row
        image[top : top + 12, 10:22] = _bytes(color)
        _write(image, title, (28, top + 6), size=14)


def _write(image: np.ndarray, text: str, place: tuple[int, int], *, size: int = 16, centred: bool = False) -> None:
    """Write `text` into `image`, white with a dark shadow, its middle line at `place` (column, row)."""
    from vtkmodules import vtkRenderingFreeType  # noqa: F401  registers the text renderer
    from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer

    style = vtkTextProperty()
    style.SetFontSize(size)
    style.SetColor(1.0, 1.0, 1.0)
    drawn, extent = vtkImageData(), [0, 0]
    if not vtkTextRenderer.GetInstance().RenderString(style, text, drawn, extent, 72):
        return
    columns, rows, _ = drawn.GetDimensions()
    rgba = vtk_to_numpy(drawn.GetPointData().GetScalars()).reshape(rows, columns, 4)
    opacity = rgba[: extent[1], : extent[0], 3][::-1] / 255.0
    for shift, shade in ((1, 0.0), (0, 255.0)):
        top = place[1] - opacity.shape[0] // 2 + shift
        left = place[0] - (opacity.shape[1] // 2 if centred else 0) + shift
        above, before = max(-top, 0), max(-left, 0)
        part = image[top + above : top + opacity.shape[0], left + before : left + opacity.shape[1]]
        weight = opacity[above : above + part.shape[0], before : before + part.shape[1], None]
        part[:] = (part * (1 - weight) + shade * weight).round().astype(np.uint8)


def _write_png(image: np.ndarray, path: Path) -> None:
    from vtkmodules.vtkIOImage import vtkPNGWriter

    rows, columns, _ = image.shape
    data = vtkImageData()
    data.SetDimensions(columns, rows, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(image[::-1]).reshape(-1, 3), deep=True))
    writer = vtkPNGWriter()
    writer.SetInputData(data)
    writer.WriteToMemoryOn()
    writer.Write()
    write_bytes(path, vtk_to_numpy(writer.GetResult()).tobytes())
