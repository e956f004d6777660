"""Images that are written in parts are those that ITK writes in one go."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reporting.images import sitk_image, write_volume_steps
from placements import OBLIQUE

GRID = Grid.from_spacing((3, 4, 5), (0.7, 0.8, 2.0), (10, 20, -30), OBLIQUE)


def volume(kind) -> Volume:
    array = np.random.default_rng(2).integers(0, 2 if kind is bool else 100, GRID.shape).astype(kind)
    return Volume(np.asfortranarray(array), GRID)  # voxels in another order in memory


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha"])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.int16, np.float32])
def test_images_that_are_written_in_parts_are_those_that_itk_writes(tmp_path, suffix, kind):
    written = volume(kind)
    assert len(list(write_volume_steps(tmp_path / f"a{suffix}", written))) > len(written.array)
    image = sitk_image(written)
    sitk.WriteImage(image, str(tmp_path / f"b{suffix}"), useCompression=suffix in (".nii.gz", ".nrrd"))
    ours, theirs = (_unpacked((tmp_path / f"{name}{suffix}").read_bytes()) for name in "ab")
    assert ours == theirs
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / f"a{suffix}"))), written.array)


def _unpacked(content: bytes) -> bytes:
    """Return an image file with its voxels unpacked: packers differ in how well they pack."""
    header, mark, voxels = content.partition(b"\n\n") if content.startswith(b"NRRD") else (b"", b"", content)
    return header + mark + (gzip.decompress(voxels) if voxels.startswith(b"\x1f\x8b") else voxels)


def test_an_image_that_nobody_wants_any_more_is_not_there(tmp_path):
    steps = write_volume_steps(tmp_path / "a.nii.gz", volume(np.uint8))
    next(steps)
    assert len(list(tmp_path.iterdir())) == 1
    steps.close()
    assert list(tmp_path.iterdir()) == []
