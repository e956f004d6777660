"""A small picture of a case for the contact sheet."""

from __future__ import annotations

from pathlib import Path

_WIDTH = 240
# A long headline above the views does not make it larger than this.
_HEIGHT = 280
_QUALITY = 70


def thumbnail(path: Path) -> bytes:
    """Return a small picture of a PNG file as the bytes of a JPEG file; the same for the same."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkImagingCore import vtkImageResize
    from vtkmodules.vtkIOImage import vtkJPEGWriter, vtkPNGReader

    reader = vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    columns, rows, _ = reader.GetOutput().GetDimensions()
    resize = vtkImageResize()
    resize.SetInputConnection(reader.GetOutputPort())
    scale = min(_WIDTH / columns, _HEIGHT / rows)
    resize.SetOutputDimensions(max(1, round(columns * scale)), max(1, round(rows * scale)), 1)
    writer = vtkJPEGWriter()
    writer.SetInputConnection(resize.GetOutputPort())
    writer.SetQuality(_QUALITY)
    writer.WriteToMemoryOn()
    writer.Write()
    return vtk_to_numpy(writer.GetResult()).tobytes()
