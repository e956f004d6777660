"""Whatever is written is whole, or it is said that it could not be written, and all is as it was before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.durable import write_bytes, write_text
from AbdominalCalcificationLib.errors import AbdominalCalcificationError, WriteError
from AbdominalCalcificationLib.export import export_steps
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import import_model
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain, drained
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.reporting import ResultFolder, write_volume
from AbdominalCalcificationLib.reporting.views import render_views
from AbdominalCalcificationLib.retraining.offering import offer
from AbdominalCalcificationLib.simulation import files, simulate
from cohorts import a_cohort
from full_disks import contents_below, largest_file, sizes_below, small_disk
from tiny_models import TRAINER_FOLDER, a_model_folder_without_weights

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="limits are POSIX's"),
]
SHAPE = (24, 28, 26)
PACKAGE_FOLDER = Path(cli.__file__).resolve().parents[1]


def a_case() -> tuple[Volume, Volume, Volume]:
    """A CT with an aorta and plaques in it, noisy, so that it does not shrink to nothing."""
    grid = Grid.from_spacing(SHAPE, (1.0, 1.1, 1.5))
    rng = np.random.default_rng(0)
    _, j, i = np.indices(SHAPE)
    arteries = ((i - 13) ** 2 + (j - 13) ** 2 <= 49).astype(np.uint8) * territory("aorta").label
    calcification = (arteries > 0) & (rng.random(SHAPE) > 0.9)
    ct = np.where(calcification, 900, np.where(arteries > 0, 300, 0)) + rng.normal(0, 20, SHAPE)
    return tuple(Volume(each, grid) for each in (ct.astype(np.int16), arteries, calcification.astype(np.uint8)))


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """What writers write: an analysis, a virtual patient, and a folder for files that they start from."""
    ct, arteries, calcification = a_case()
    analysis = drain(analyze_steps(ct, Choices(), Given(arteries, calcification)))
    patient = simulate(5, spacing_mm=(4.0,) * 3, shape=(20, 16, 20))
    return SimpleNamespace(analysis=analysis, patient=patient, folder=tmp_path_factory.mktemp("given"))


def write_result(folder, given):
    drain(export_steps(given.analysis, a_case()[0], folder / "out", overwrite=True))


def write_dicom(folder, given):
    pytest.importorskip("highdicom", reason="writes DICOM objects")
    from AbdominalCalcificationLib.reporting.dicom import wish_for, write_dicom_steps
    from AbdominalCalcificationLib.reporting.dicom.names import DICOM_FILES
    from dicom_cases import a_case as a_dicom_case
    from dicom_cases import read_series

    source = given.folder / "ct"
    if not source.exists():
        given.dicom = a_dicom_case(read_series("axial", source))
    case = given.dicom
    with ResultFolder(folder / "out", overwrite=True, names=DICOM_FILES) as unfinished:
        headers = wish_for(case.ct.source).headers(case.result.document, anonymous=False)
        drained(write_dicom_steps(unfinished, case.result, headers))


def write_views(folder, given):
    ct, arteries, calcification = a_case()
    render_views(ct, arteries, None, calcification, folder / "views.png", panel_pixels=64)


def write_scene(folder, given):
    pytest.importorskip("slicer", reason="needs slicer-core")
    from AbdominalCalcificationLib.scene.bundle import write_bundle

    write_bundle(given.analysis, a_case()[0], folder / "scene.mrb")


def write_patient(folder, given):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_simulated", lambda seed, arguments: given.patient)
        drain(files.simulate_steps([(5, folder / "p")], overwrite=True))


def write_radiograph(folder, given):
    from AbdominalCalcificationLib.radiograph.simulation import files, simulate_radiograph

    if not hasattr(given, "radiograph"):
        given.radiograph = simulate_radiograph(5, device="vfa")
    files.write_radiograph(given.radiograph, folder / "r", overwrite=True)


def write_score(folder, given):
    from AbdominalCalcificationLib.radiograph import files
    from AbdominalCalcificationLib.radiograph.reading import RadiographImage
    from AbdominalCalcificationLib.radiograph.reading.placement import Placement
    from AbdominalCalcificationLib.radiograph.reading.raw import plane_grid
    from radiograph_cases import a_result

    result = a_result()
    image = RadiographImage(result.radiograph, (), {}, Placement(), plane_grid(result.labels.shape, None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            files, "overlay_picture", lambda result, groups: np.arange(9600, dtype=np.uint8).reshape(40, 80, 3)
        )
        drain(files.export_steps(result, image, folder / "s", overwrite=True))


def write_kauppila(folder, given):
    from AbdominalCalcificationLib.radiograph.from_ct import files
    from radiograph_cases import a_result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            files, "overlay_picture", lambda result, groups: np.arange(9600, dtype=np.uint8).reshape(40, 80, 3)
        )
        drain(files.write_kauppila_steps(a_result(), folder / "k", overwrite=True))


def write_dataset(folder, given, update=False):
    from AbdominalCalcificationLib.training.cases import find_sources
    from AbdominalCalcificationLib.training.dataset import export_steps
    from AbdominalCalcificationLib.training.tasks import TASKS

    case = given.folder / "case"
    if not case.exists():
        case.mkdir()
        for name, volume in zip(("ct", "arteries", "calcification"), a_case(), strict=True):
            write_volume(case / f"{name}.nii.gz", volume)
    drain(export_steps(find_sources([case]), [], folder / "Dataset101_A", TASKS["arteries"], update=update))


def write_evaluation(folder, given):
    from AbdominalCalcificationLib.evaluation import Settings, evaluate_steps, read_cohort

    cohort = given.folder / "cohort"
    table = cohort / "cohort.csv" if cohort.exists() else a_cohort(cohort, count=2)
    drain(evaluate_steps(read_cohort(table), folder / "evaluation", Settings(resamples=5), jobs=1))


def write_evaluation_of_radiographs(folder, given):
    from radiograph_cohorts import a_radiograph_cohort, evaluate_radiographs

    films = given.folder / "films"
    table = films / "radiographs.csv" if films.exists() else a_radiograph_cohort(films, count=2)
    evaluate_radiographs(table, folder / "evaluation", resamples=5)


def write_association(folder, given):
    pytest.importorskip("statsmodels", reason="curves of outcomes")
    from AbdominalCalcificationLib.outcomes.run import associate_steps
    from AbdominalCalcificationLib.outcomes.settings import Settings
    from AbdominalCalcificationLib.outcomes.table import read_table
    from outcome_tables import rows_of_patients, write_rows

    table = given.folder / "patients.csv"
    if not table.exists():
        write_rows(table, rows_of_patients())
    settings = Settings("event", "years", covariates=("age",), exact=("sex",), resamples=2)
    drain(associate_steps(read_table(table), folder / "association", settings))


def write_model(folder, given):
    source = given.folder / "model.zip"
    if not source.exists():
        trainer = a_model_folder_without_weights(given.folder / "source", ["aorta"])
        (trainer / "fold_0" / "checkpoint_final.pth").write_bytes(np.random.default_rng(0).bytes(50_000))
        with zipfile.ZipFile(source, "w") as archive:
            for file in trainer.rglob("*"):
                archive.write(file, f"{TRAINER_FOLDER}/{file.relative_to(trainer).as_posix()}")
    import_model(source, folder)


def offer_model(folder, given):
    source = given.folder / "candidate"
    if not source.exists():
        trainer = a_model_folder_without_weights(source, ["aorta"])
        (trainer / "fold_0" / "checkpoint_final.pth").write_bytes(np.random.default_rng(0).bytes(50_000))
    shutil.rmtree(folder / "offered", ignore_errors=True)  # nothing is ever replaced
    offer(next(source.glob("*/*")), folder / "offered" / TRAINER_FOLDER)


def write_checkpoint(folder, given):
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    from AbdominalCalcificationLib.inference.checkpoint import save_checkpoint

    content = {"network_weights": {"a": torch.rand(5000), "b": torch.rand(3000)}, "trainer_name": "x"}
    save_checkpoint(folder / "checkpoint_latest.pth", lambda file: torch.save(content, str(file)))


def volume_writer(suffix):
    return lambda folder, given: write_volume(folder / f"ct{suffix}", a_case()[0])


WRITERS = {
    "text": lambda folder, given: write_text(folder / "t.csv", "a,b\n" * 5000),
    "bytes": lambda folder, given: write_bytes(folder / "b", bytes(range(256)) * 99),
    **{f"image {suffix}": volume_writer(suffix) for suffix in (".nii.gz", ".nii", ".nrrd", ".mha")},
    "picture": write_views,
    "scene": write_scene,
    "result": write_result,
    "dicom": write_dicom,
    "patient": write_patient,
    "radiograph": write_radiograph,
    "score": write_score,
    "kauppila": write_kauppila,
    "dataset": write_dataset,
    "evaluation": write_evaluation,
    "evaluation of radiographs": write_evaluation_of_radiographs,
    "association": write_association,
    "model": write_model,
    "offered model": offer_model,
    "checkpoint": write_checkpoint,
}


def limits_below(sizes: list[int], slack: int = 1) -> list[int]:
    """Sizes at which something is cut: at once, in the header, in the middle, before the last bytes."""
    return sorted({0, 100, min(sizes) - slack, max(sizes) // 2, nearly_whole(sizes)})


# How much better a scene packs the next time, and more.
_SLACK = 16


def nearly_whole(sizes) -> int:
    """Return a size that the largest file does not fit into, also where it packs a little better next time.

    A scene has numbers of its process in it: its size differs by a byte or two from one writing to the next.
    """
    return max(sizes) - _SLACK


def left_in(folder: Path) -> dict[str, bytes | None]:
    """What is below a folder, without the finished cases of an evaluation, which stay so that it goes on from there."""
    found = contents_below(folder)
    records = [name for name in found if name.startswith("evaluation/cases/")]
    for name in records:
        assert json.loads(found.pop(name))["error"] is None
    return {name: content for name, content in found.items() if not (records and content is None)}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_may_not_grow_is_never_taken_for_whole(tmp_path, name, given):
    write = WRITERS[name]
    for each in ("whole", "nothing", "earlier"):
        (tmp_path / each).mkdir()
    write(tmp_path / "whole", given)
    sizes = list(sizes_below(tmp_path / "whole").values())
    (tmp_path / "earlier" / "notes.txt").write_text("mine")
    # Where nothing was and where something else was, in turn.
    for number, limit in enumerate(limits_below(sizes, _SLACK if name in ("scene", "dicom") else 1)):
        place = ("earlier", "nothing")[number % 2]
        before = left_in(tmp_path / place)
        with pytest.raises(AbdominalCalcificationError) as caught, largest_file(limit):
            write(tmp_path / place, given)
        assert "\n" not in str(caught.value)
        assert ".unfinished-" not in str(caught.value)
        assert left_in(tmp_path / place) == before, f"at {limit} bytes"
    with largest_file(10 * max(sizes) + 100_000):
        write(tmp_path / "nothing", given)
    assert sizes_below(tmp_path / "nothing").keys() == sizes_below(tmp_path / "whole").keys()


@pytest.mark.parametrize("name", ["result", "dicom", "patient", "radiograph", "kauppila", "evaluation", "scene"])
def test_an_earlier_result_outlives_a_full_disk(tmp_path, name, given):
    write = WRITERS[name]
    (tmp_path / "here").mkdir()
    write(tmp_path / "here", given)
    before = contents_below(tmp_path / "here")
    for limit in (500, nearly_whole(sizes_below(tmp_path / "here").values())):
        with pytest.raises(WriteError) as caught, largest_file(limit):
            write(tmp_path / "here", given)
        assert "free some space" in str(caught.value)
        assert contents_below(tmp_path / "here") == before


def test_an_earlier_dataset_outlives_a_full_disk(tmp_path, given):
    (tmp_path / "here").mkdir()
    write_dataset(tmp_path / "here", given)
    before = contents_below(tmp_path / "here")
    arteries = given.folder / "case" / "arteries.nii.gz"
    mask = read_mask(arteries)
    write_volume(arteries, mask.with_array(np.roll(mask.array, 3, 2)))
    for limit in (500, nearly_whole(sizes_below(tmp_path / "here").values())):
        with pytest.raises(WriteError), largest_file(limit):
            write_dataset(tmp_path / "here", given, update=True)
        assert contents_below(tmp_path / "here") == before
    write_dataset(tmp_path / "here", given, update=True)
    assert contents_below(tmp_path / "here") != before


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_fills_up_is_noticed(tmp_path, name, given):
    write = WRITERS[name]
    for each in ("whole", "again"):
        (tmp_path / each).mkdir()
    write(tmp_path / "whole", given)
    needed = sum(size // 4096 + 1 for size in sizes_below(tmp_path / "whole").values())
    for pages in sorted({1, needed // 2, needed - 1} - {0}):
        with small_disk(tmp_path / f"disk{pages}", pages * 4096) as disk:
            (disk / "in").mkdir()
            with pytest.raises(AbdominalCalcificationError):
                write(disk / "in", given)
            assert left_in(disk / "in") == {}


def test_the_command_line_does_not_report_success_of_a_cut_result(tmp_path, capsys):
    for name, volume in zip(("ct", "arteries", "calcification"), a_case(), strict=True):
        write_volume(tmp_path / f"{name}.nii.gz", volume)
    command = ["analyze", str(tmp_path / "ct.nii.gz")]
    command += [each for n in ("arteries", "calcification") for each in (f"--{n}", str(tmp_path / f"{n}.nii.gz"))]
    command += ["--output", str(tmp_path / "out"), "--overwrite"]
    assert cli.main(command) == 0
    capsys.readouterr()
    before = contents_below(tmp_path)
    command += ["--kept-length", "renal=10", "--quiet"]

    def is_told(code: int, said: str) -> None:
        assert code == 2, said
        (line,) = said.splitlines()
        assert "File too large" in line
        assert "nothing of it was" in line
        assert contents_below(tmp_path) == before

    sizes = list(sizes_below(tmp_path / "out").values())
    for limit in limits_below(sizes, _SLACK):
        with largest_file(limit):
            code = cli.main(command)
        is_told(code, capsys.readouterr().err)

    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER), "TMPDIR": str(tmp_path)}
    program = [sys.executable, "-m", "AbdominalCalcificationLib", *command]
    limited = ["sh", "-c", 'ulimit -f 12; exec "$@"', "sh", *program]
    ended = subprocess.run(limited, env=environment, capture_output=True, text=True)
    is_told(ended.returncode, ended.stderr)


def test_bytecode_is_not_cut_where_files_may_not_grow(tmp_path):
    shutil.copytree(PACKAGE_FOLDER / "AbdominalCalcificationLib", tmp_path / "AbdominalCalcificationLib")
    for each in tmp_path.rglob("__pycache__"):
        shutil.rmtree(each)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "--version"]
    subprocess.run(["sh", "-c", 'ulimit -f 16; exec "$@"', "sh", *command], env=environment, check=True)
    assert subprocess.run(command, env=environment).returncode == 0


def test_cut_cases_of_a_training_are_made_again(tmp_path, monkeypatch):
    from AbdominalCalcificationLib.training import simulated
    from AbdominalCalcificationLib.training.simulated import raw_dataset_steps

    small = simulated.Protocol(1005, (3.0, 3.0, 3.0), (24, 32, 36), None, "arterial")
    monkeypatch.setattr(simulated, "draw_protocol", lambda seed: small)
    drain(raw_dataset_steps(tmp_path, [1005]))
    whole = contents_below(tmp_path)
    for name in whole:
        if name.endswith(".nii.gz"):
            path = tmp_path / name
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    drain(raw_dataset_steps(tmp_path, [1005]))
    assert contents_below(tmp_path) == whole


def test_a_training_dataset_whose_images_are_cut_is_refused(tmp_path, given):
    from AbdominalCalcificationLib.training.tasks import TASKS, check_cases, open_dataset

    write_dataset(tmp_path, given)
    dataset = open_dataset(tmp_path / "Dataset101_A", TASKS["arteries"])
    assert list(check_cases(dataset)) == [1]
    image = dataset.image(dataset.cases[0])
    image.write_bytes(image.read_bytes()[:-500])
    with pytest.raises(AbdominalCalcificationError, match="not whole"):
        list(check_cases(dataset))
