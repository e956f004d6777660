"""What the file behind a node says is asked, since Slicer's readers fill in what is missing and convert no units."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.pipeline import Choices
from AbdominalCalcificationLib.progress import drain
from image_headers import SHAPE, SPACING, a_ct, a_mask, codes, write_meta, write_nifti, write_nrrd

pytestmark = pytest.mark.scene

MICROMETRES = {
    "space_directions": "(800,0,0) (0,700,0) (0,0,2000)",
    "space_origin": "(25000,-12000,-400000)",
    "space_units": '"um" "um" "um"',
}


@pytest.fixture
def loaded(scene):
    def load(path, kind="vtkMRMLScalarVolumeNode"):
        node = scene.AddNewNodeByClass(kind, path.stem)
        storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
        storage.SetFileName(str(path))
        assert storage.ReadData(node)
        node.SetAndObserveStorageNodeID(storage.GetID())
        return node

    return load


def read(node):
    from AbdominalCalcificationLib.scene.source_files import ct_from_node

    return ct_from_node(node)


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz", "ct.nrrd", "ct.mha"])
def test_a_ct_that_slicer_reads_as_its_file_says_is_taken_without_a_word(loaded, tmp_path, name):
    write = {"nii": write_nifti, "gz": write_nifti, "nrrd": write_nrrd, "mha": write_meta}[name.rpartition(".")[2]]
    volume, flags = read(loaded(write(tmp_path / name, a_ct((10, 20, 30)), **shape_of(name, (10, 20, 30)))))
    assert flags == ()
    assert np.array_equal(volume.array, a_ct((10, 20, 30)))


def shape_of(name, shape):
    return {"dim": (3, *shape[::-1], 1, 1, 1, 1)} if ".nii" in name else {}


@pytest.mark.parametrize(
    ("write", "name", "changed", "message"),
    [
        (
            write_nifti,
            "ct.nii",
            {"srow": (0.8, 0, 0, 0, 0, 0.7, 0, 0, 0, 0, 5, 0)},
            "2 mm by pixdim and .* 5 mm by its",
        ),
        (write_nifti, "ct.nii", {"pixdim": (1, 0, 0, 0, 0, 0, 0, 0)}, "does not say how large its voxels are"),
        (write_nrrd, "ct.nrrd", {"space_directions": None, "space": None, "space_origin": None}, "does not say how"),
        (write_meta, "ct.mha", {"ElementSpacing": None}, "does not say how large its voxels are"),
        (write_nrrd, "ct.nrrd", MICROMETRES, "800 × 700 × 2000 mm, and its file 'ct.nrrd' says 0.8 × 0.7 × 2 mm"),
        (write_meta, "ct.mha", {"DistanceUnits": "cm", "ElementSpacing": "0.08 0.07 0.2"}, "file 'ct.mha' says"),
    ],
)
def test_a_header_that_slicer_passes_over_is_refused(loaded, tmp_path, write, name, changed, message):
    node = loaded(write(tmp_path / name, a_ct(), **changed))
    with pytest.raises(InputError, match=message) as refusal:
        read(node)
    assert str(refusal.value).isprintable()
    # What the user has put right is not what the file says any more.
    node.SetSpacing(SPACING)
    assert read(node)[0].grid.spacing_mm == pytest.approx(SPACING)


def test_doubts_about_file_and_values_are_told(loaded, tmp_path):
    path = write_nrrd(tmp_path / "ct.nrrd", a_ct((10, 20, 30)), space="3D-right-handed")
    assert codes(read(loaded(path))[1]) == ["unknown_orientation"]
    stored = a_ct((10, 20, 30))
    stored[:, :2] = -2000
    node = loaded(write_nrrd(tmp_path / "padded.nrrd", stored))
    volume, flags = read(node)
    assert codes(flags) == ["padding"]
    assert volume.array.min() == -1024
    import slicer

    assert slicer.util.arrayFromVolume(node).min() == -2000  # the scene keeps what it had
    with pytest.raises(InputError, match="The values of 'stored' are no Hounsfield units"):
        read(loaded(write_nrrd(tmp_path / "stored.nrrd", a_ct((10, 20, 30)) + 1024)))


def test_the_session_asks_for_ct_and_masks(loaded, tmp_path):
    import slicer

    from AbdominalCalcificationLib.scene.ownership import SceneCase
    from AbdominalCalcificationLib.scene.session import BOTH, Session

    ct = loaded(write_nrrd(tmp_path / "ct.nrrd", a_ct(), space="scanner-xyz"))
    nodes = {}
    for role in ("arteries", "calcification"):
        mask = a_mask()
        if role == "calcification":
            mask[:4] = 0
        labels = loaded(write_nrrd(tmp_path / f"{role}.nrrd", mask), "vtkMRMLLabelMapVolumeNode")
        nodes[role] = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        nodes[role].SetName(role)
        nodes[role].SetReferenceImageGeometryParameterFromVolumeNode(ct)
        slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(labels, nodes[role])
        name = "aorta" if role == "arteries" else "calcification"
        nodes[role].GetSegmentation().GetNthSegment(0).SetName(name)
    outcome = drain(Session().analyze_steps(SceneCase(ct, **nodes), Choices(), BOTH))
    assert "unknown_orientation" in codes(outcome.analysis.measurement.flags)
    assert np.prod(SHAPE) == ct.GetImageData().GetNumberOfPoints()
