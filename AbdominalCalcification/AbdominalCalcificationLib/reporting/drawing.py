"""Text, colours and files of pictures that are drawn with numpy: uint8 arrays, rows from the top, RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData

from ..durable import write_bytes


def empty_panel(pixels: int, text: str) -> np.ndarray:
    """Return a black square that says why there is nothing in it."""
    image = np.zeros((pixels, pixels, 3), np.uint8)
    write(image, text, (pixels // 2, pixels // 2), centred=True)
    return image


def rgb_bytes(color) -> np.ndarray:
    """Return a colour, 0 to 1, as bytes."""
    return (np.array(color) * 255).round().astype(np.uint8)


def write_directions(image: np.ndarray, letters: str) -> None:
    """Write the directions at the left, right, top and bottom edge."""
    size, edge = len(image), 14
    half = size // 2
    for letter, place in zip(
        letters, ((edge, half), (size - edge, half), (half, edge), (half, size - edge)), strict=True
    ):
        write(image, letter, place, size=20, centred=True)


def write(image: np.ndarray, text: str, place: tuple[int, int], *, size: int = 16, centred: bool = False) -> None:
    """Write `text` into `image`, white with a dark shadow, its middle line at `place` (column, row).

    What of it lies outside of the image is left out.
    """
    opacity = _drawn(text, size)
    for shift, shade in ((1, 0.0), (0, 255.0)):
        top = place[1] - opacity.shape[0] // 2 + shift
        left = place[0] - (opacity.shape[1] // 2 if centred else 0) + shift
        above, before = max(-top, 0), max(-left, 0)
        # An end before the image's edge would count from the other one.
        low, right = max(top + opacity.shape[0], 0), max(left + opacity.shape[1], 0)
        part = image[top + above : low, left + before : right]
        weight = opacity[above : above + part.shape[0], before : before + part.shape[1], None]
        part[:] = (part * (1 - weight) + shade * weight).round().astype(np.uint8)


def _drawn(text: str, size: int) -> np.ndarray:
    """Return a line of text as opacities, 0 to 1; of no pixel where it cannot be drawn."""
    from vtkmodules import vtkRenderingFreeType  # noqa: F401  registers the text renderer
    from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer

    style = vtkTextProperty()
    style.SetFontSize(size)
    style.SetColor(1.0, 1.0, 1.0)
    drawn, extent = vtkImageData(), [0, 0]
    if not vtkTextRenderer.GetInstance().RenderString(style, text, drawn, extent, 72):
        return np.zeros((0, 0))
    columns, rows, _ = drawn.GetDimensions()
    rgba = vtk_to_numpy(drawn.GetPointData().GetScalars()).reshape(rows, columns, 4)
    return rgba[: extent[1], : extent[0], 3][::-1] / 255.0


def banner(width: int, text: str, color, *, size: int = 18) -> np.ndarray:
    """Return a dark strip with `text` in as many lines as it needs, and a mark of a colour at its left."""
    lines: list[str] = []
    edge, height = 28, size + 12
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width - 2 * edge:
            lines[-1] = longer
        else:
            lines.append(word)
    image = np.full((height * len(lines) + 8, width, 3), 32, np.uint8)
    image[:, : edge // 2] = rgb_bytes(color)
    for number, line in enumerate(lines):
        write(image, line, (edge, 4 + height * number + height // 2), size=size)
    return image


def width_of(text: str, size: int) -> int:
    """Return how wide a line of text is, in pixels."""
    return _drawn(text, size).shape[1]


def write_png(image: np.ndarray, path: Path) -> None:
    """Write a picture as a file, whole or not at all; WriteError where that is impossible."""
    write_bytes(path, png_bytes(image))


def png_bytes(image: np.ndarray) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    from vtkmodules.vtkIOImage import vtkPNGWriter

    rows, columns, _ = image.shape
    data = vtkImageData()
    data.SetDimensions(columns, rows, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(image[::-1]).reshape(-1, 3), deep=True))
    writer = vtkPNGWriter()
    writer.SetInputData(data)
    writer.WriteToMemoryOn()
    writer.Write()
    return vtk_to_numpy(writer.GetResult()).tobytes()
