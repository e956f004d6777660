"""Masks written to files for the tests of reading."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk


def save(image: sitk.Image, path):
    sitk.WriteImage(image, str(path))
    return path


def a_segmentation(path, *segments, array=None):
    """Write a ``.seg.nrrd``: values 0 to 3, or `array`; segments are a name and a value, or what the header says."""
    image = sitk.GetImageFromArray(np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 4 if array is None else array)
    for number, segment in enumerate(segments):
        said = segment
        if not isinstance(segment, dict):
            said = {"ID": f"Segment_{number + 1}", "Name": segment[0], "LabelValue": segment[1], "Layer": 0}
        for key, value in said.items():
            image.SetMetaData(f"Segment{number}_{key}", str(value))
    return save(image, path)


def values(volume) -> list[int]:
    return sorted(np.unique(volume.array).tolist())
