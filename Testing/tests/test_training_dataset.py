"""Corrected cases become an nnU-Net raw dataset: all of them or none, each on one side only."""

import json
import re

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import anatomy
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.training import dataset
from AbdominalCalcificationLib.training.tasks import TASKS, open_dataset
from dataset_cases import LPS, SHAPE, a_patient, export, files_below
from dicom_files import write_series
from placements import OBLIQUE


def test_a_dataset_has_nnunets_layout_and_our_names_and_no_name_of_a_patient(cases, tmp_path):
    folder = tmp_path / "raw" / "Dataset101_Arteries"
    done = export([cases], folder)
    assert (done.added, done.training, done.test) == (3, 3, 0)
    assert done.labels["aorta"] == 3
    assert done.labels["celiac_trunk"] == 0
    document = json.loads((folder / "dataset.json").read_text())
    assert document["labels"] == {"background": 0, **{t.name: t.label for t in anatomy.TERRITORIES}}
    assert document["numTraining"] == 3
    assert document["channel_names"] == {"0": "CT"}
    names = sorted(each.name for each in (folder / "labelsTr").iterdir())
    assert len(names) == 3
    assert all(re.fullmatch(r"case_[0-9a-f]{12}\.nii\.gz", name) for name in names)
    images = sorted(each.name for each in (folder / "imagesTr").iterdir())
    assert images == [name.replace(".nii.gz", "_0000.nii.gz") for name in names]
    everything = b"".join(name.encode() + content for name, content in files_below(folder).items())
    assert b"Doe" not in everything
    assert len(open_dataset(folder, TASKS["arteries"]).cases) == 3
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("directions", [LPS, np.eye(3)[:, [2, 0, 1]], np.eye(3), OBLIQUE], ids=str)
def test_images_are_turned_to_the_axes_of_dicom_slices_and_no_voxel_changes(tmp_path, directions):
    ct, arteries = a_patient(tmp_path / "case", 1, directions)
    folder = tmp_path / "Dataset101_Arteries"
    export([tmp_path / "case"], folder)
    (image,), (label,) = (list((folder / name).iterdir()) for name in ("imagesTr", "labelsTr"))
    read, mask = read_ct(image).volume, read_mask(label)
    assert read.grid.same_as(mask.grid)
    steps = read.grid.ijk_to_ras[:3, :3] / read.grid.spacing_mm
    assert (np.diag(steps) * (-1, -1, 1) > 0.7).all()
    # Each voxel, found by its place in the patient.
    for before, after in ((ct, read), (arteries, mask)):
        indices = np.argwhere(np.ones(SHAPE))
        there = np.rint(after.grid.kji_of_ras(before.grid.ras_of_kji(indices))).astype(int)
        assert np.array_equal(after.array[tuple(there.T)], before.array[tuple(indices.T)])


def test_the_same_ct_is_known_again_however_it_is_stored(tmp_path):
    ct, _ = a_patient(tmp_path / "one", 1)
    turned = np.ascontiguousarray(ct.array.transpose(2, 0, 1)[::-1]).astype(np.float32)
    i_left, j_back, k_up = ct.grid.ijk_to_ras[:3, :3].T
    origin = ct.grid.ras_of_kji([[0, 0, SHAPE[2] - 1]])[0]
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([j_back, k_up, -i_left])
    matrix[:3, 3] = origin
    other = Volume(turned, Grid(turned.shape, matrix))
    assert dataset.same_voxels_checksum(other) == dataset.same_voxels_checksum(ct)
    changed = ct.array.copy()
    changed[0, 0, 0] += 1
    assert dataset.same_voxels_checksum(ct.with_array(changed)) != dataset.same_voxels_checksum(ct)


def test_a_mask_on_another_grid_is_put_onto_the_cts(tmp_path):
    _, arteries = a_patient(tmp_path / "case", 1)
    part = (slice(1, 9), slice(3, 12), slice(4, 18))
    cropped = arteries.cropped(part)
    write_volume(tmp_path / "case" / "arteries.nii.gz", Volume(cropped.array.copy(), cropped.grid))
    export([tmp_path / "case"], tmp_path / "Dataset101_Arteries")
    (label,) = (tmp_path / "Dataset101_Arteries" / "labelsTr").iterdir()
    expected = np.zeros(SHAPE, np.uint8)
    expected[part] = arteries.array[part]
    assert np.array_equal(read_mask(label).array, expected)


def test_cases_are_added_and_what_is_there_stays(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    before = files_below(folder)
    a_patient(cases / "new", 7)
    done = export([cases], folder)
    assert (done.added, done.unchanged, done.training) == (1, 3, 4)
    after = files_below(folder)
    kept = {name for name in before if name not in ("dataset.json", "cases.json")}
    assert all(after[name] == before[name] for name in kept)
    assert json.loads(after["dataset.json"])["numTraining"] == 4


def test_a_mask_that_was_corrected_again_replaces_the_old_one_only_when_asked(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    before = files_below(folder)
    path = cases / "Jane Doe 1" / "arteries.nii.gz"
    mask = read_mask(path)
    mask.array[0, 0, 0] = 1
    write_volume(path, mask)
    with pytest.raises(InputError, match="--update"):
        export([cases], folder)
    assert files_below(folder) == before
    done = export([cases], folder, update=True)
    assert (done.added, done.updated, done.unchanged) == (0, 1, 2)
    changed = {name for name, content in files_below(folder).items() if before[name] != content}
    assert {name.split("/")[0] for name in changed} <= {"labelsTr", "imagesTr", "cases.json"}
    assert any(read_mask(label).array[0, 0, 0] == 1 for label in (folder / "labelsTr").iterdir())


def regrid(folder, spacing=(0.8, 0.9, 2.0), origin=(10.0, 20.0, 30.0), directions=LPS, ending=".nii.gz"):
    """Give the CT and the masks of a case folder another grid; no voxel changes."""
    for name in ("ct", "arteries", "calcification"):
        path = folder / f"{name}.nii.gz"
        array = read_ct(path).volume.array if name == "ct" else read_mask(path).array
        path.unlink()
        write_volume(folder / f"{name}{ending}", Volume(array, Grid.from_spacing(SHAPE, spacing, origin, directions)))


@pytest.mark.parametrize(
    "change",
    [{"spacing": (0.8, 0.9, 3.0)}, {"origin": (10.0, 20.0, 0.0)}, {"directions": OBLIQUE @ LPS}],
    ids=lambda change: next(iter(change)),
)
def test_a_grid_that_was_corrected_replaces_the_old_one_only_when_asked(tmp_path, change):
    case, folder = tmp_path / "case", tmp_path / "Dataset101_Arteries"
    a_patient(case, 1)
    export([case], folder)
    before = files_below(folder)
    regrid(case, **change)
    with pytest.raises(InputError, match=r"another grid .* --update"):
        export([case], folder)
    assert files_below(folder) == before
    done = export([case], folder, update=True)
    assert (done.added, done.updated, done.unchanged) == (0, 1, 0)
    expected = dataset.canonical(read_ct(case / "ct.nii.gz").volume).grid
    (image,), (label,) = (list((folder / name).iterdir()) for name in ("imagesTr", "labelsTr"))
    assert read_ct(image).volume.grid.same_as(expected)
    assert read_mask(label).grid.same_as(expected)
    assert export([case], folder).unchanged == 1


def test_a_grid_that_another_file_format_rounds_is_not_another(tmp_path):
    case, folder = tmp_path / "case", tmp_path / "Dataset101_Arteries"
    a_patient(case, 1)
    export([case], folder)
    regrid(case, ending=".nrrd")
    assert export([case], folder).unchanged == 1


def test_a_dataset_that_does_not_say_its_grids_is_brought_up_to_date(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    index = json.loads((folder / "cases.json").read_text())
    for entry in index["cases"].values():
        del entry["grid"]
    (folder / "cases.json").write_text(json.dumps(index))
    assert export([cases], folder, update=True).updated == 3
    assert export([cases], folder).unchanged == 3


def test_the_same_voxels_are_refused_on_both_sides(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    again = tmp_path / "again"
    a_patient(again, 2, ending=".nrrd")
    with pytest.raises(InputError, match="training cases already"):
        export([cases], folder, test=[again])
    assert not folder.exists()
    assert not list(tmp_path.glob(".unfinished*"))
    export([cases], folder)
    before = files_below(folder)
    with pytest.raises(InputError, match="training cases already"):
        export([], folder, test=[again])
    assert files_below(folder) == before


def a_table(tmp_path, name, rows):
    path = tmp_path / name
    path.write_text("case,ct,arteries\n" + "".join(f"{case},{ct},{mask}\n" for case, ct, mask in rows))
    return path


def a_dicom_series(tmp_path, name, value, series, study):
    """Write a series and a mask for it; return the row of a table."""
    array = np.full((4, 6, 7), value, np.int16)
    array[:, 2:4, 2:5] = 300
    positions = [(0.0, 0.0, 2.0 * k) for k in range(len(array))]
    write_series(tmp_path / name, array, positions, series=series, extra={(0x0020, 0x000D): ("UI", study)})
    ct = read_ct(tmp_path / name).volume
    write_volume(tmp_path / f"{name}.nii.gz", ct.with_array((ct.array == 300).astype(np.uint8)))
    return name, name, f"{name}.nii.gz"


def test_the_same_series_and_another_of_the_same_study_are_refused_on_both_sides(tmp_path):
    first = a_dicom_series(tmp_path, "first", -50, series="1.2.3", study="1.2")
    same = a_dicom_series(tmp_path, "same", -51, series="1.2.3", study="1.9")
    study = a_dicom_series(tmp_path, "study", -52, series="1.2.4", study="1.2")
    other = a_dicom_series(tmp_path, "other", -53, series="1.3.3", study="1.3")
    training = a_table(tmp_path, "training.csv", [first])
    folder = tmp_path / "Dataset101_Arteries"
    with pytest.raises(InputError, match="training cases already"):
        export([training], folder, test=[a_table(tmp_path, "same.csv", [same])])
    with pytest.raises(InputError, match="of a study"):
        export([training], folder, test=[a_table(tmp_path, "study.csv", [study])])
    done = export([training], folder, test=[a_table(tmp_path, "other.csv", [other])])
    assert (done.training, done.test) == (1, 1)
    assert len(list((folder / "labelsTs").iterdir())) == len(list((folder / "imagesTs").iterdir())) == 1
    everything = b"".join(files_below(folder).values())
    assert b"1.2.3" not in everything
    assert b"Secret" not in everything


def test_virtual_test_patients_are_never_trained_on(tmp_path):
    a_patient(tmp_path / "case", 1)
    (tmp_path / "case" / "truth.json").write_text(json.dumps({"seed": 91003}))
    with pytest.raises(InputError, match="91003"):
        export([tmp_path / "case"], tmp_path / "Dataset101_Arteries")
    assert export([], tmp_path / "Dataset101_Arteries", test=[tmp_path / "case"]).test == 1


def test_an_empty_mask_is_refused_unless_the_patient_has_no_calcification(tmp_path):
    a_patient(tmp_path / "cases" / "one", 1)
    a_patient(tmp_path / "cases" / "two", 2, empty=True)
    folder = tmp_path / "Dataset102_Calcification"
    with pytest.raises(InputError, match="--allow-empty"):
        export([tmp_path / "cases"], folder, task="calcification")
    assert not folder.exists()
    done = export([tmp_path / "cases"], folder, task="calcification", allow_empty=True)
    assert done.labels == {"calcification": 1}
    write_volume(tmp_path / "cases" / "two" / "arteries.nii.gz", read_mask(tmp_path / "cases/two/calcification.nii.gz"))
    with pytest.raises(InputError, match="is empty"):
        export([tmp_path / "cases"], tmp_path / "Dataset101_Arteries", allow_empty=True)


@pytest.mark.parametrize("name", ["ct", "arteries"])
def test_a_case_without_orientation_teaches_nothing(tmp_path, name):
    case = tmp_path / "case"
    a_patient(case, 1, ending=".nrrd")
    content = (case / f"{name}.nrrd").read_bytes()
    assert b"space: left-posterior-superior" in content
    (case / f"{name}.nrrd").write_bytes(content.replace(b"left-posterior-superior", b"scanner-xyz"))
    with pytest.raises(InputError, match=r"cannot be learned from\. .*how the patient lies in it"):
        export([case], tmp_path / "Dataset101_Arteries")
    assert not (tmp_path / "Dataset101_Arteries").exists()


def test_masks_that_teach_something_wrong_are_refused(tmp_path):
    _, arteries = a_patient(tmp_path / "case", 1)
    path = tmp_path / "case" / "arteries.nii.gz"
    folder = tmp_path / "Dataset101_Arteries"
    write_volume(path, arteries.with_array(arteries.array * 9))
    with pytest.raises(InputError, match="no territory"):
        export([tmp_path / "case"], folder)
    away = Grid.from_spacing(SHAPE, (0.8, 0.9, 2.0), (16.0, 20.0, 30.0), LPS)
    write_volume(path, Volume(arteries.array, away))
    with pytest.raises(InputError, match="% of the mask"):
        export([tmp_path / "case"], folder)
    path.unlink()
    with pytest.raises(InputError, match="has no mask of arteries"):
        export([tmp_path / "case"], folder)
    assert not folder.exists()


def as_segments(plain, names):
    """Put a file of segments in the place of a label map; `names` are those of its values."""
    image = sitk.ReadImage(str(plain))
    plain.unlink()
    for number, (value, name) in enumerate(names.items()):
        image.SetMetaData(f"Segment{number}_ID", f"Segment_{number}")
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_LabelValue", str(value))
    sitk.WriteImage(image, str(plain.with_name(plain.name.replace(".nii.gz", ".seg.nrrd"))))


def test_a_segmentation_of_something_else_teaches_nothing_by_its_numbers(tmp_path):
    a_patient(tmp_path / "case", 1)
    as_segments(tmp_path / "case" / "arteries.nii.gz", {1: "Liver", 5: "Spleen"})
    folder = tmp_path / "Dataset101_Arteries"
    with pytest.raises(InputError, match=r"'Liver' \(1\), 'Spleen' \(5\).*--label-names"):
        export([tmp_path / "case"], folder)
    assert not folder.exists()


def test_of_a_segmentation_with_arteries_only_the_calcification_is_taught(tmp_path):
    _, arteries = a_patient(tmp_path / "case", 1)
    plain = tmp_path / "case" / "calcification.nii.gz"
    expected = read_mask(plain).array
    write_volume(tmp_path / "all.nii.gz", arteries.with_array(np.where(expected, 9, arteries.array).astype(np.uint8)))
    (tmp_path / "all.nii.gz").replace(plain)
    as_segments(plain, {1: "Aorta", 5: "Left renal artery", 9: "white stuff"})
    folder = tmp_path / "Dataset102_Calcification"
    with pytest.raises(InputError, match=r"no segment of calcification.*'white stuff'"):
        export([tmp_path / "case"], folder, task="calcification")
    export([tmp_path / "case"], folder, task="calcification", label_names={"white stuff": "calcification"})
    (label,) = (folder / "labelsTr").iterdir()
    assert np.array_equal(read_mask(label).array, expected)


def test_a_segment_without_a_meaning_is_not_dropped_in_silence(tmp_path):
    _, arteries = a_patient(tmp_path / "case", 1)
    as_segments(tmp_path / "case" / "arteries.nii.gz", {1: "Aorta", 5: "left one"})
    folder = tmp_path / "Dataset101_Arteries"
    with pytest.raises(InputError, match="left one"):
        export([tmp_path / "case"], folder)
    export([tmp_path / "case"], folder, label_names={"left one": "renal_left"})
    (label,) = (folder / "labelsTr").iterdir()
    assert np.array_equal(read_mask(label).array, arteries.array)
