"""Corrected cases become an nnU-Net raw dataset: all of them or none, each on one side only."""

import json
import re

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import anatomy, cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.training import dataset
from AbdominalCalcificationLib.training.cases import find_sources
from AbdominalCalcificationLib.training.tasks import TASKS, check_cases, open_dataset
from dicom_files import write_series
from placements import OBLIQUE

SHAPE = (10, 16, 18)
LPS = np.diag([-1.0, -1.0, 1.0])


def a_patient(folder, number, directions=LPS, empty=False, ending=".nii.gz"):
    """Write a case folder whose voxels depend on `number`; return its CT and artery mask."""
    noise = np.random.default_rng(number).normal(0, 20, SHAPE)
    arteries = np.zeros(SHAPE, np.uint8)
    arteries[:, 5:11, 6:12] = 1
    arteries[4:6, 7:9, 12:17] = 5
    calcification = np.zeros(SHAPE, np.uint8)
    if not empty:
        calcification[2:4, 10, 7:9] = 1
    ct = (np.where(arteries > 0, 300, -50) + noise + 600 * (calcification > 0)).astype(np.int16)
    grid = Grid.from_spacing(SHAPE, (0.8, 0.9, 2.0), (10.0, 20.0, 30.0), directions)
    folder.mkdir(parents=True)
    for name, array in (("ct", ct), ("arteries", arteries), ("calcification", calcification)):
        write_volume(folder / f"{name}{ending}", Volume(array, grid))
    return Volume(ct, grid), Volume(arteries, grid)


@pytest.fixture
def cases(tmp_path):
    """Three case folders below one folder; a name that no file may have."""
    root = tmp_path / "corrected"
    for number in range(3):
        a_patient(root / f"Jane Doe {number}", number)
    return root


def export(training, folder, test=(), task="arteries", **options):
    return drain(dataset.export_steps(find_sources(training), find_sources(test), folder, TASKS[task], **options))


def files_below(folder):
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


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
    (tmp_path / "case" / "truth.json").write_text(json.dumps({"seed": 90003}))
    with pytest.raises(InputError, match="90003"):
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


def test_an_interrupted_export_leaves_everything_as_it_was(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    steps = dataset.export_steps(find_sources([cases]), [], folder, TASKS["arteries"])
    for _ in range(3):
        next(steps)
    steps.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corrected"]


def test_a_failure_while_files_are_moved_is_undone(cases, tmp_path, monkeypatch):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    before = files_below(folder)
    a_patient(cases / "new", 7)
    real, left = dataset.os.rename, [3]

    def failing(source, target):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(dataset.os, "rename", failing)
    with pytest.raises(InputError, match="No space left"):
        export([cases], folder)
    assert files_below(folder) == before


def corrected_again(cases, folder):
    """Export, and correct a mask of one case; return what the dataset holds."""
    export([cases], folder)
    path = cases / "Jane Doe 1" / "arteries.nii.gz"
    mask = read_mask(path)
    mask.array[0, 0, 0] = 1
    write_volume(path, mask)
    return files_below(folder)


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_around_any_move_is_undone(cases, tmp_path, monkeypatch, when, count):
    folder = tmp_path / "Dataset101_Arteries"
    before = corrected_again(cases, folder)
    real, left = dataset.os.rename, [count]

    def interrupted(source, target):
        left[0] -= 1
        if left[0] == 0 and when == "before":
            raise KeyboardInterrupt
        real(source, target)
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(dataset.os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export([cases], folder, update=True)
    assert left[0] <= 0
    assert files_below(folder) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == [folder.name, "corrected"]


def test_what_cannot_be_put_back_is_kept_and_its_place_is_said(cases, tmp_path, monkeypatch):
    folder = tmp_path / "Dataset101_Arteries"
    before = corrected_again(cases, folder)
    real = dataset.os.rename

    def failing(source, target):
        if dataset.INDEX_FILE in str(source) and ".unfinished-" in str(source):
            raise OSError(28, "No space left on device")
        if ".replaced-" in str(source) and "labelsTr" in str(source):
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(dataset.os, "rename", failing)
    with pytest.raises(InputError, match="Permission denied") as caught:
        export([cases], folder, update=True)
    (kept,) = folder.glob(".replaced-*")
    assert str(kept) in str(caught.value)
    (name,) = files_below(kept).keys() - {".journal"}
    assert files_below(kept)[name] == before[name]
    assert {each: content for each, content in files_below(folder).items() if each in before and each != name} == {
        each: content for each, content in before.items() if each != name
    }


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (lambda here: here.mkdir(), "holds no cases"),
        (lambda here: None, "does not exist"),
        (lambda here: a_result_without_ct(here), "without its CT"),
    ],
)
def test_where_there_is_nothing_to_export_it_is_said(tmp_path, prepare, complaint):
    prepare(tmp_path / "here")
    with pytest.raises(InputError, match=complaint):
        export([tmp_path / "here"], tmp_path / "Dataset101_Arteries")


def a_result_without_ct(folder):
    folder.mkdir()
    (folder / "measurements.json").write_text("{}")


def test_a_dataset_of_another_kind_is_not_added_to(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    with pytest.raises(InputError, match="other labels"):
        export([cases], folder, task="calcification")
    (folder / "cases.json").unlink()
    with pytest.raises(InputError, match=r"no cases\.json"):
        export([cases], folder)
    with pytest.raises(InputError, match="Dataset101_Arteries"):
        export([cases], tmp_path / "my cases")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"labels": {"background": 0, "liver": 1}}, "'liver'"),
        ({"labels": {"background": 0}}, "nothing among its labels"),
        ({"labels": {"aorta": 1}}, "background 0"),
        ({"labels": {"background": 0, "aorta": [1, 2]}}, "region-based"),
        ({"channel_names": {"0": "MR"}}, "CT as its only channel"),
    ],
)
def test_a_dataset_that_does_not_teach_the_task_is_refused(cases, tmp_path, change, complaint):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    document = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**document, **change}))
    with pytest.raises(InputError, match=complaint):
        open_dataset(folder, TASKS["arteries"])


def test_an_image_without_a_label_is_refused(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    with pytest.raises(InputError, match="learns 'calcification' alone"):
        open_dataset(folder, TASKS["calcification"])
    next((folder / "labelsTr").iterdir()).unlink()
    with pytest.raises(InputError, match="lacks its label"):
        open_dataset(folder, TASKS["arteries"])


def test_label_maps_that_nnunet_would_stumble_over_are_found_first(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    raw = open_dataset(folder, TASKS["arteries"])
    assert list(check_cases(raw)) == [1, 2, 3]
    label = folder / "labelsTr" / f"{raw.cases[1]}.nii.gz"
    mask = read_mask(label)
    moved = Grid.from_spacing(SHAPE, (0.8, 0.9, 2.0), (11.0, 20.0, 30.0), LPS)
    for wrong, complaint in (
        (mask.with_array(mask.array * 3), "holds 15"),
        (Volume(mask.array, moved), "one grid"),
    ):
        write_volume(label, wrong)
        with pytest.raises(InputError, match=f"{raw.cases[1]}.*{complaint}|{complaint}.*{raw.cases[1]}"):
            list(check_cases(raw))
    for case in raw.cases:
        write_volume(folder / "labelsTr" / f"{case}.nii.gz", mask.with_array(mask.array * 0))
    with pytest.raises(InputError, match="nothing to learn"):
        list(check_cases(raw))


@pytest.mark.scene
def test_a_result_folder_with_its_scene_is_a_case(tmp_path, capsys):
    pytest.importorskip("slicer", reason="needs slicer-core")
    _, arteries = a_patient(tmp_path / "case", 1)
    masks = [arg for name in ("arteries", "calcification") for arg in (f"--{name}", tmp_path / f"case/{name}.nii.gz")]
    command = ["analyze", tmp_path / "case" / "ct.nii.gz", "--output", tmp_path / "results" / "a", *masks]
    assert cli.main([str(part) for part in command]) == 0
    folder = tmp_path / "Dataset101_Arteries"
    command = ["export-dataset", tmp_path / "results", "--task", "artery", "--output", folder]
    assert cli.main([str(part) for part in command]) == 0
    assert "aorta: in 1 of 1" in capsys.readouterr().out
    (label,) = (folder / "labelsTr").iterdir()
    assert np.array_equal(read_mask(label).array, arteries.array)
