"""Corrected masks out of saved scenes, in plain Python: what Slicer wrote is what is read."""

import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import SimpleITK as sitk
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.scene.saved import read_saved_cases
from placements import OBLIQUE

SHAPE = (12, 20, 24)
AORTA, RENAL = territory("aorta"), territory("renal_left")


def a_case():
    """An aorta with a renal artery and a plaque, on an oblique grid."""
    grid = Grid.from_spacing(SHAPE, (0.9, 0.8, 2.0), (40.0, -60.0, 800.0), OBLIQUE)
    arteries = np.zeros(SHAPE, np.uint8)
    arteries[:, 8:14, 6:12] = AORTA.label
    arteries[5:7, 10:12, 12:20] = RENAL.label
    calcification = np.zeros(SHAPE, np.uint8)
    calcification[3:5, 13, 7:10] = 1
    ct = (np.where(arteries > 0, 300, -50) + 600 * (calcification > 0)).astype(np.int16)
    arrays = {"ct": ct, "arteries": arteries, "calcification": calcification}
    return {name: Volume(array, grid) for name, array in arrays.items()}


def only(path, **arguments):
    (case,) = read_saved_cases(path, **arguments)
    return case


@pytest.fixture
def in_slicer(scene):
    """A case in Slicer's scene: volume and both segmentation nodes."""
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    case = a_case()
    volume = volume_node_from(case["ct"], "Doe^Jane CTA")
    return SimpleNamespace(
        scene=scene,
        volume=volume,
        arteries=show_arteries(volume, case["arteries"]),
        calcification=show_calcification(volume, case["calcification"]),
        masks=case,
    )


def saved(tmp_path, name="case.mrb"):
    from scene_files import save_scene

    path = tmp_path / name
    save_scene(path)
    return path


def add_segment(node, array, volume_node, name, value=1):
    import slicer

    from AbdominalCalcificationLib.scene.volumes import image_of_array

    image = slicer.vtkOrientedImageData()
    image_of_array(array.astype(np.uint8), image, [0, 0, 0])
    matrix = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    image.SetImageToWorldMatrix(matrix)
    segment = slicer.vtkSegment()
    segment.SetName(name)
    segment.SetLabelValue(value)
    segment.AddRepresentation(slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName(), image)
    node.GetSegmentation().AddSegment(segment, f"id_{name}")


def box(*slices):
    array = np.zeros(SHAPE, np.uint8)
    array[slices] = 1
    return array


@pytest.mark.scene
def test_ct_and_masks_come_back_voxel_for_voxel(in_slicer, tmp_path):
    case = only(saved(tmp_path))
    assert case.name == "Doe^Jane CTA"
    assert "Doe" not in str(case.ct.identity)
    assert np.array_equal(case.ct.volume.array, in_slicer.masks["ct"].array)
    assert case.ct.volume.grid.same_as(in_slicer.masks["ct"].grid)
    assert np.array_equal(case.arteries.array, in_slicer.masks["arteries"].array)
    assert np.array_equal(case.calcification.array, in_slicer.masks["calcification"].array)


@pytest.mark.scene
def test_a_scene_reads_alike_with_and_without_slicer_where_segments_overlap(in_slicer, tmp_path):
    from AbdominalCalcificationLib.scene.masks import arteries_from_node

    overlapping = box(slice(4, 8), slice(9, 13), slice(8, 22))
    in_slicer.arteries.GetSegmentation().RemoveSegment("renal_left")
    add_segment(in_slicer.arteries, overlapping, in_slicer.volume, "Left renal artery")
    expected = arteries_from_node(in_slicer.arteries, in_slicer.volume).array
    assert (expected[overlapping > 0] == RENAL.label).all()
    assert np.array_equal(only(saved(tmp_path)).arteries.array, expected)


@pytest.mark.scene
def test_a_segment_that_stands_for_nothing_is_not_dropped_in_silence(in_slicer, tmp_path):
    add_segment(in_slicer.arteries, box(5, 5, slice(2, 6)), in_slicer.volume, "Lumbar")
    path = saved(tmp_path)
    with pytest.raises(InputError, match="Lumbar"):
        only(path)
    case = only(path, label_names={"lumbar": "inferior_mesenteric"})
    assert case.arteries.array[5, 5, 3] == territory("inferior_mesenteric").label


@pytest.mark.scene
def test_cut_off_ends_and_helper_segmentations_are_passed_over(in_slicer, tmp_path):
    from AbdominalCalcificationLib.scene.segmentations import show_cut_off

    show_cut_off(in_slicer.volume, in_slicer.masks["arteries"])
    assert np.array_equal(only(saved(tmp_path)).arteries.array, in_slicer.masks["arteries"].array)


@pytest.mark.scene
def test_empty_segments_are_empty_masks_and_no_strangers(in_slicer, tmp_path):
    from AbdominalCalcificationLib.scene.segmentations import add_territory, show_calcification

    nothing = np.zeros(SHAPE, np.uint8)
    show_calcification(in_slicer.volume, in_slicer.masks["calcification"].with_array(nothing), in_slicer.calcification)
    add_territory(in_slicer.arteries, "celiac_trunk")
    add_segment(in_slicer.arteries, nothing, in_slicer.volume, "helper")
    case = only(saved(tmp_path))
    assert np.array_equal(case.arteries.array, in_slicer.masks["arteries"].array)
    assert np.array_equal(case.calcification.array, nothing)


@pytest.mark.scene
def test_two_masks_of_the_same_kind_are_not_chosen_between(in_slicer, tmp_path):
    from AbdominalCalcificationLib.scene.segmentations import show_calcification

    show_calcification(in_slicer.volume, in_slicer.masks["calcification"]).SetName("second reader")
    with pytest.raises(InputError, match="second reader"):
        only(saved(tmp_path))


@pytest.mark.scene
def test_a_common_transform_is_no_matter_but_one_of_its_own_is(in_slicer, tmp_path):
    transform = in_slicer.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    for node in (in_slicer.volume, in_slicer.arteries, in_slicer.calcification):
        node.SetAndObserveTransformNodeID(transform.GetID())
    assert np.array_equal(only(saved(tmp_path, "a.mrb")).arteries.array, in_slicer.masks["arteries"].array)
    in_slicer.arteries.SetAndObserveTransformNodeID(None)
    with pytest.raises(InputError, match="harden"):
        only(saved(tmp_path, "b.mrb"))


@pytest.mark.scene
def test_two_cts_in_a_scene_are_two_cases(in_slicer, tmp_path):
    from AbdominalCalcificationLib.scene.segmentations import show_arteries
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    other = volume_node_from(in_slicer.masks["ct"], "second")
    show_arteries(other, in_slicer.masks["arteries"])
    volume_node_from(in_slicer.masks["ct"], "without masks")
    cases = list(read_saved_cases(saved(tmp_path)))
    assert [(case.name, case.calcification is None) for case in cases] == [("Doe^Jane CTA", False), ("second", True)]


@pytest.mark.scene
def test_the_series_uid_comes_from_the_result_that_lies_in_the_scene(scene, tmp_path):
    from AbdominalCalcificationLib.scene.bundle import write_bundle

    case = a_case()
    masks = case["arteries"], case["calcification"]
    measurement = measure(case["ct"], *masks, provenance={"input": {"series_uid": "1.2.3.4", "study_uid": "1.2"}})
    analysis = SimpleNamespace(measurement=measurement, arteries=masks[0], calcification=masks[1], origins={})
    write_bundle(analysis, case["ct"], tmp_path / "a.mrb")
    identity = only(tmp_path / "a.mrb").ct.identity
    assert (identity["series_uid"], identity["study_uid"]) == ("1.2.3.4", "1.2")


@pytest.mark.scene
def test_the_uids_come_from_the_subject_hierarchy_where_the_ct_was_loaded_from_dicom(in_slicer, tmp_path):
    hierarchy = in_slicer.scene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "a study")
    series = hierarchy.CreateItem(study, in_slicer.volume)
    for item, uid in ((study, "1.2"), (series, "1.2.3")):
        hierarchy.SetItemUID(item, "DICOM", uid)
    identity = only(saved(tmp_path)).ct.identity
    assert (identity["series_uid"], identity["study_uid"]) == ("1.2.3", "1.2")


MRML = """<MRML>
<Volume id="vtkMRMLScalarVolumeNode1" name="CT" references="storage:vtkMRMLVolumeArchetypeStorageNode1;"></Volume>
<VolumeArchetypeStorage id="vtkMRMLVolumeArchetypeStorageNode1" fileName="{ct}"></VolumeArchetypeStorage>
<Segmentation id="vtkMRMLSegmentationNode1" name="masks"
 references="storage:vtkMRMLSegmentationStorageNode1;referenceImageGeometryRef:vtkMRMLScalarVolumeNode1;"></Segmentation>
<SegmentationStorage id="vtkMRMLSegmentationStorageNode1" fileName="Data/my%20masks.seg.nrrd"></SegmentationStorage>
<SubjectHierarchy id="vtkMRMLSubjectHierarchyNode1"><SubjectHierarchyItem id="3" name="Scene">
<SubjectHierarchyItem id="5" name="study" uids="DICOM^1.2.840|"><SubjectHierarchyItem id="7"
 dataNode="vtkMRMLScalarVolumeNode1" uids="DICOM^1.2.840.7|DICOMInstance^1.1 1.2|"></SubjectHierarchyItem>
</SubjectHierarchyItem></SubjectHierarchyItem></SubjectHierarchy>
</MRML>"""


@pytest.fixture
def a_scene(tmp_path):
    """Makes a .mrb by hand, as Slicer writes it."""
    case = a_case()
    write_volume(tmp_path / "ct.nrrd", case["ct"])
    image = sitk.GetImageFromArray(case["arteries"].array)
    write_volume(tmp_path / "plain.nrrd", case["arteries"])
    image.CopyInformation(sitk.ReadImage(str(tmp_path / "plain.nrrd")))
    for number, each in enumerate((AORTA, RENAL)):
        image.SetMetaData(f"Segment{number}_ID", each.name)
        image.SetMetaData(f"Segment{number}_Name", each.title)
        image.SetMetaData(f"Segment{number}_LabelValue", str(each.label))
        image.SetMetaData(f"Segment{number}_Layer", "0")
    sitk.WriteImage(image, str(tmp_path / "masks.seg.nrrd"))

    def make(ct="Data/ct.nrrd", mrml=MRML):
        path = tmp_path / "scene.mrb"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("scene/scene.mrml", mrml.format(ct=ct))
            archive.write(tmp_path / "ct.nrrd", "scene/Data/ct.nrrd")
            archive.write(tmp_path / "masks.seg.nrrd", "scene/Data/my masks.seg.nrrd")
            archive.write(tmp_path / "ct.nrrd", "../outside.nrrd")
        return path

    return make


def test_a_scene_needs_no_slicer_to_be_read(a_scene):
    case = only(a_scene())
    expected = a_case()
    assert np.array_equal(case.arteries.array, expected["arteries"].array)
    assert case.calcification is None
    assert (case.ct.identity["series_uid"], case.ct.identity["study_uid"]) == ("1.2.840.7", "1.2.840")


def test_a_mask_that_lies_partly_outside_its_ct_was_drawn_on_another(a_scene, tmp_path):
    image = sitk.ReadImage(str(tmp_path / "masks.seg.nrrd"))
    image.SetOrigin(image.TransformIndexToPhysicalPoint((0, 0, 2)))
    sitk.WriteImage(image, str(tmp_path / "masks.seg.nrrd"))
    with pytest.raises(InputError, match=r"% of the mask 'masks' in 'scene\.mrb' lies outside its CT"):
        only(a_scene())


def test_a_file_name_that_leaves_the_scene_writes_nothing_outside(a_scene, tmp_path):
    path = a_scene("../../outside.nrrd")
    before = sorted(tmp_path.parent.iterdir())
    only(path)  # unpacked under a name of our own
    assert sorted(tmp_path.parent.iterdir()) == before


@pytest.mark.parametrize("ct", ["/etc/hostname", "Data/other.nrrd"])
def test_a_file_that_is_not_in_the_scene_is_named(a_scene, ct):
    with pytest.raises(InputError, match="not stored in"):
        only(a_scene(ct))


def test_a_scene_of_another_kind_or_a_damaged_one_is_refused_in_one_line(a_scene, tmp_path):
    (tmp_path / "text.mrb").write_text("no zip")
    with pytest.raises(InputError, match="damaged or no"):
        only(tmp_path / "text.mrb")
    with pytest.raises(InputError, match="damaged or no"):
        only(a_scene(mrml="<MRML>"))
    whole = a_scene().read_bytes()
    (tmp_path / "cut.mrb").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged or no"):
        only(tmp_path / "cut.mrb")
