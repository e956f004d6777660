"""Files of radiographs to be damaged: images of every kind, and results that are read back; see ``fuzzing.py``."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from AbdominalCalcificationLib.radiograph.image import Radiograph
from radiograph_cases import a_radiograph, a_result, write_dicom

# A part of the drawn radiograph, large enough to be one.
_PART = slice(100, 196), slice(80, 170)


def _part() -> Radiograph:
    drawn = a_radiograph()
    return replace(drawn, pixels=drawn.pixels[_PART])


def a_dicom_radiograph(folder: Path) -> bytes:
    """Return a DX image with all that its reader looks at."""
    more = {"WindowCenter": 1000, "WindowWidth": 400, "PresentationLUTShape": "IDENTITY", "PixelPaddingValue": 0}
    return write_dicom(folder / "x.dcm", _part(), **more).read_bytes()


def a_compressed_radiograph(folder: Path) -> bytes:
    """Return a DX image as RLE."""
    import pydicom

    said = {"PhotometricInterpretation": "MONOCHROME1", "PixelIntensityRelationshipSign": 1}
    path = write_dicom(folder / "x.dcm", _part(), **said)
    data_set = pydicom.dcmread(path)
    data_set.compress(pydicom.uid.RLELossless)
    data_set.save_as(path)
    return path.read_bytes()


def a_picture(ending: str) -> Callable[[Path], bytes]:
    """Return what makes a picture of a format."""

    def make(folder: Path) -> bytes:
        values = _part().pixels
        stored = (values / 16).astype(np.uint8) if ending == "jpg" else values.astype(np.uint16)
        sitk.WriteImage(sitk.GetImageFromArray(stored), str(folder / f"x.{ending}"))
        return (folder / f"x.{ending}").read_bytes()

    return make


def a_stored_result(folder: Path) -> bytes:
    """Return ``radiograph.json``, beside which lies its label map."""
    from AbdominalCalcificationLib.geometry import Volume
    from AbdominalCalcificationLib.radiograph.document import radiograph_document
    from AbdominalCalcificationLib.radiograph.files import LABELS_FILE
    from AbdominalCalcificationLib.radiograph.reading.raw import plane_grid
    from AbdominalCalcificationLib.reporting.images import write_volume

    result = a_result()
    write_volume(folder / LABELS_FILE, Volume(result.labels[None], plane_grid(result.labels.shape, None)))
    return json.dumps(radiograph_document(result)).encode()


def odd_of(odd: Callable[[bytes, random.Random], bytes]) -> Callable[[bytes, random.Random], bytes]:
    """Return a change of a result's document after which its checksum is right most often."""

    def change(content: bytes, rng: random.Random) -> bytes:
        from AbdominalCalcificationLib.radiograph.document import document_checksum

        changed = odd(content, rng)
        try:
            document = json.loads(changed)
            document["checksum"] = document_checksum(document)
        except (ValueError, TypeError, RecursionError):
            return changed
        return changed if rng.random() < 0.1 else json.dumps(document).encode()

    return change


def read_image(path: Path) -> None:
    """Read a radiograph."""
    from AbdominalCalcificationLib.radiograph.reading import read_radiograph

    read_radiograph(path)


def read_result(path: Path) -> None:
    """Read a result back."""
    from AbdominalCalcificationLib.radiograph.stored import read_stored

    read_stored(path.parent)
