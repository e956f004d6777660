"""The real CT slab against a count that shares no code with the library."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial import cKDTree

from AbdominalCalcificationLib.comparison.thresholds import threshold_calcification
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import artery_labels, read_ct, read_mask
from AbdominalCalcificationLib.reporting import write_volume

pytestmark = pytest.mark.real_ct


class Counted:
    """Voxels above 300 HU within 2 mm of label 52 and outside the vertebrae, counted plainly."""

    def __init__(self, folder):
        names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder / "dicom"))
        ct = sitk.ReadImage(names)
        labels = sitk.ReadImage(str(folder / "totalsegmentator_labels.nii.gz"))
        hu, points = self.voxels(ct)
        values, label_points = self.voxels(labels)
        low, high = (f(label_points[values == 52], axis=0) for f in (np.min, np.max))
        near = ((points >= low - 5) & (points <= high + 5)).all(axis=1)
        # Each CT voxel takes the label of the label voxel at the same place.
        around = ((label_points >= low - 6) & (label_points <= high + 6)).all(axis=1)
        off, nearest = cKDTree(label_points[around]).query(points[near], distance_upper_bound=0.1)
        assert np.isfinite(off).all()
        label = np.zeros(len(hu), int)
        label[near] = values[around][nearest]
        aorta = label == 52
        away = np.full(len(hu), np.inf)
        away[near], _ = cKDTree(points[aorta]).query(points[near])
        self.plaque = (hu > 300) & (away <= 2.0) & ~((label >= 25) & (label <= 50))
        self.voxel_mm3 = float(np.prod(ct.GetSpacing()))
        self.calcified_mm3 = np.count_nonzero(self.plaque) * self.voxel_mm3
        self.artery_mm3 = np.count_nonzero(self.plaque | aorta) * self.voxel_mm3
        self.mask = sitk.GetImageFromArray(self.plaque.reshape(ct.GetSize()[::-1]).astype(np.uint8))
        self.mask.CopyInformation(ct)

    @staticmethod
    def voxels(image: sitk.Image) -> tuple[np.ndarray, np.ndarray]:
        array = sitk.GetArrayFromImage(image)
        k, j, i = np.indices(array.shape).reshape(3, -1)
        turn = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
        return array.ravel(), np.column_stack([i, j, k]) @ turn.T + image.GetOrigin()


@pytest.fixture(scope="module")
def counted(real_ct) -> Counted:
    return Counted(real_ct)


def turned_over(mask: Volume) -> Volume:
    """The same mask stored upside down and mirrored, its axes permuted."""
    matrix = np.array(mask.grid.ijk_to_ras)
    for axis in range(3):
        matrix[:3, 3] += matrix[:3, axis] * (mask.grid.shape[2 - axis] - 1)
    matrix[:3, :3] = -matrix[:3, [2, 0, 1]]
    array = np.ascontiguousarray(mask.array[::-1, ::-1, ::-1].transpose(1, 2, 0))
    return Volume(array, Grid(array.shape, matrix))


def test_the_plain_count_is_what_the_readme_of_the_slab_says(counted):
    assert np.count_nonzero(counted.plaque) == 1060
    assert counted.calcified_mm3 == pytest.approx(2022, abs=0.5)


@pytest.mark.parametrize("stored", ["as delivered", "turned over"])
def test_measured_volume_and_burden_equal_the_plain_count(real_ct, counted, tmp_path, stored):
    ct = read_ct(real_ct / "dicom").volume
    labels = read_mask(real_ct / "totalsegmentator_labels.nii.gz")
    sitk.WriteImage(counted.mask, str(tmp_path / "plaque.nii.gz"))
    plaque = read_mask(tmp_path / "plaque.nii.gz")
    if stored == "turned over":
        for name, mask in (("labels.nrrd", labels), ("plaque.nrrd", plaque)):
            write_volume(tmp_path / name, turned_over(mask))
        labels, plaque = read_mask(tmp_path / "labels.nrrd"), read_mask(tmp_path / "plaque.nrrd")
        assert labels.grid.shape != ct.grid.shape
    arteries = align_labels(artery_labels(labels, {52: "aorta"}), ct.grid)
    result = measure(ct, arteries, align_labels(plaque, ct.grid))
    assert result.total.calcified_volume_mm3 == pytest.approx(counted.calcified_mm3, rel=1e-6)
    assert result.total.burden == pytest.approx(counted.calcified_mm3 / counted.artery_mm3, rel=1e-6)
    assert result.territory("aorta").artery_volume_mm3 == pytest.approx(counted.artery_mm3, rel=1e-6)
    assert result.unassigned_calcified_volume_mm3 == 0


@pytest.mark.parametrize(
    ("method", "threshold_hu", "dice"),
    [
        ("realistic", 300, 0.998),
        ("adaptive", 247, 0.898),
        ("fixed:130", 130, 0.198),
        ("fixed:300", 300, 0.998),
        ("fixed:500", 500, 0.689),
        ("fixed:800", 800, 0.293),
        ("idealised", 300, 0.998),
    ],
)
def test_threshold_methods_side_by_side_are_those_of_the_docs(real_ct, counted, method, threshold_hu, dice):
    ct = read_ct(real_ct / "dicom").volume
    labels = artery_labels(read_mask(real_ct / "totalsegmentator_labels.nii.gz"), {52: "aorta"})
    reference = ct.with_array(counted.plaque.reshape(ct.array.shape))
    found = threshold_calcification(ct, align_labels(labels, ct.grid), method, reference)
    assert found.threshold_hu == pytest.approx(threshold_hu, abs=0.5)
    both = np.count_nonzero(found.mask.array & reference.array)
    assert 2 * both / (np.count_nonzero(found.mask.array) + 1060) == pytest.approx(dice, abs=6e-4)


def test_the_threshold_finds_the_plaques_that_were_counted(real_ct, counted):
    image = read_ct(real_ct / "dicom")
    labels = artery_labels(read_mask(real_ct / "totalsegmentator_labels.nii.gz"), {52: "aorta"})
    arteries = align_labels(labels, image.volume.grid)
    choices, given = Choices(calcification_threshold="realistic"), Given(arteries)
    found = drain(analyze_steps(image.volume, choices, given)).calcification
    both = np.count_nonzero(found.array.ravel().astype(bool) & counted.plaque)
    assert 2 * both / (np.count_nonzero(found.array) + np.count_nonzero(counted.plaque)) >= 0.8
