"""Every command of the program that writes, in miniature: its inputs, and what was there before it ran."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "AbdominalCalcification" / "Resources" / "SampleData"
TINY_PATIENT = ("--spacing", "2.8", "--size", "36,32,36")


@dataclass(frozen=True)
class Scenario:
    """One command in miniature.

    Attributes
    ----------
    name : str
    earlier : callable
        Given the inputs' folder and an empty one, makes what was there before.
    arguments : callable
        Given the inputs' folder and that with what was there before, returns the command line.
    inputs : sequence of callable
        Given the inputs' folder, make what the command reads; shared by the scenarios.
    may_stay : callable
        Given a path relative to the folder, says whether an interrupted run may leave or change it on purpose.
    is_dated : callable
        Given such a path, says whether every run gives that file another name, by the time.
    """

    name: str
    earlier: Callable[[Path, Path], None]
    arguments: Callable[[Path, Path], Sequence[object]]
    inputs: Sequence[Callable[[Path], None]] = ()
    may_stay: Callable[[str], bool] = lambda path: False
    is_dated: Callable[[str], bool] = lambda path: False


def program(*arguments: object, **environment: str) -> None:
    """Run the command line to its end, in this process: nobody interrupts what was there before."""
    from AbdominalCalcificationLib import cli

    with mock.patch.dict(os.environ, environment), redirect_stdout(io.StringIO()):
        code = cli.main([str(each) for each in arguments])
    if code != 0:
        raise SystemExit(f"{arguments[0]} fails by itself with {code}.")


def make_case(folder: Path) -> None:
    """Make CT and masks: a part of the sample case."""
    from AbdominalCalcificationLib.reading import read_ct, read_mask
    from AbdominalCalcificationLib.reporting import write_volume

    part = slice(70, 95), slice(50, 95), slice(55, 105)
    for name, volume in (
        ("ct", read_ct(SAMPLE / "simulated_cta.nrrd").volume),
        ("arteries", read_mask(SAMPLE / "simulated_cta_arteries.nrrd")),
        ("calcification", read_mask(SAMPLE / "simulated_cta_calcification.nrrd")),
    ):
        write_volume(folder / f"{name}.nii.gz", volume.cropped(part))


def make_dicom_case(folder: Path) -> None:
    """Make a CT as DICOM with its masks."""
    from report_cases import a_case

    a_case(folder / "dicom")


def make_patients(folder: Path) -> None:
    """Make virtual patients."""
    program("simulate", "--seed", 3, "--count", 3, "--output", folder / "patients", *TINY_PATIENT, "--quiet")


def make_cohort(folder: Path) -> None:
    """Make the table of a cohort of the patients."""
    masks = [folder / "patients" / "seed_{0:05d}" / f"{name}.nii.gz" for name in ("ct", "arteries", "calcification")]
    rows = [",".join(str(each).format(seed) for each in (f"case{seed}", *masks, *masks[1:])) for seed in (3, 4, 5)]
    columns = "case,ct,arteries,calcification,arteries:again,calcification:again"
    (folder / "cohort.csv").write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")


def make_films(folder: Path) -> None:
    """Make the table of radiographs with a truth, a model's results and a reader's scores."""
    from radiograph_cohorts import a_radiograph_cohort

    a_radiograph_cohort(folder / "films", count=6)


def make_outcomes(folder: Path) -> None:
    """Make a table of patients and what came after."""
    from outcome_tables import rows_of_patients, write_rows

    write_rows(folder / "outcomes.csv", rows_of_patients())


def association(inputs: Path, place: Path, *options: object) -> list:
    """Return the command line of an association of these patients."""
    table = ["associate", inputs / "outcomes.csv", "--outcome", "event", "--time", "years", "--output", place / "out"]
    return [*table, "--match", "exact:sex", *options]


def make_dataset(folder: Path) -> None:
    """Make a dataset for training from the patients, and settings for a tiny network."""
    export(folder, folder / "raw" / "Dataset101_Arteries", 3, 4, 5)
    (folder / "tiny.json").write_text('{"features": [4, 8, 8], "patch": [24, 24, 24], "steps_per_epoch": 3}')


def make_models(folder: Path) -> None:
    """Make two models with tiny networks."""
    from tiny_models import a_tiny_model_folder

    a_tiny_model_folder(folder / "model", ["aorta", "iliac_artery_left"])
    a_tiny_model_folder(folder / "plaques", ["calcification"], name="Dataset901_Plaques")


def make_models_to_import(folder: Path) -> None:
    """Make a model folder, and another one in an archive, which are imported without a look at their weights."""
    from tiny_models import a_model_folder_without_weights

    a_model_folder_without_weights(folder / "given", ["calcification"], name="Dataset901_Plaques")
    model = a_model_folder_without_weights(folder / "zipped", ["aorta", "iliac_artery_left"])
    (model / "fold_0" / "checkpoint_final.pth").write_bytes(os.urandom(4 << 20))
    shutil.make_archive(str(folder / "model"), "zip", model.parent, model.name)


def export(inputs: Path, dataset: Path, *seeds: int) -> None:
    cases = [inputs / "patients" / f"seed_{seed:05d}" for seed in seeds]
    program("export-dataset", *cases, "--task", "artery", "--output", dataset, "--quiet")


def given_masks(inputs: Path, place: Path) -> list:
    masks = ["--arteries", inputs / "arteries.nii.gz", "--calcification", inputs / "calcification.nii.gz"]
    return ["analyze", inputs / "ct.nii.gz", *masks, "--output", place / "out", "--overwrite"]


def documents(inputs: Path, place: Path) -> list:
    case = inputs / "dicom"
    masks = ["--arteries", case / "aorta.nii.gz", "--calcification", case / "plaque.nii.gz"]
    return ["analyze", case / "ct", *masks, "--output", place / "out", "--dicom", "--report", "--overwrite"]


def networks(inputs: Path, place: Path) -> list:
    (model,), (plaques,) = (list((inputs / each).glob("*/*")) for each in ("model", "plaques"))
    models = ["--artery-model", model, "--calcification-model", plaques, "--device", "cpu"]
    return ["analyze", inputs / "ct.nii.gz", *models, "--output", place / "out", "--overwrite"]


def an_analysis(inputs: Path, place: Path) -> None:
    program(*given_masks(inputs, place), "--kept-length", "renal=10", "--quiet")


def earlier_documents(inputs: Path, place: Path) -> None:
    program(*documents(inputs, place), "--kept-length", "renal=10", "--quiet")


def a_patient(inputs: Path, place: Path) -> None:
    program("simulate", "--seed", 8, "--output", place / "out", *TINY_PATIENT, "--quiet")


def a_radiograph(inputs: Path, place: Path) -> None:
    program("simulate", "--radiograph", "--seed", 8, "--output", place / "out", "--quiet")


def make_measured(folder: Path) -> None:
    """Make a result of the CT, and levels of its spine."""
    program(*given_masks(folder, folder / "measured"), "--quiet")
    (folder / "levels.csv").write_text("level,s_mm\nL2/L3,40\nL3/L4,5\n", encoding="utf-8")


def kauppila(inputs: Path, place: Path) -> list:
    given = ["--ct", inputs / "ct.nii.gz", "--levels", inputs / "levels.csv"]
    return ["kauppila", inputs / "measured" / "out", *given, "--output", place / "out", "--overwrite"]


def one_of_many(inputs: Path, place: Path) -> None:
    program("simulate", "--seed", 3, "--count", 1, "--output", place / "out", *TINY_PATIENT, "--quiet")


def an_evaluation(inputs: Path, place: Path) -> None:
    options = ["--resamples", 50, "--tolerance", 2, "--jobs", 2, "--quiet"]
    program("evaluate", inputs / "cohort.csv", "--output", place / "out", *options)


def an_evaluation_of_films(inputs: Path, place: Path) -> None:
    options = ["--resamples", 50, "--severity-groups", "dialysis", "--jobs", 1, "--quiet"]
    program("evaluate", "--radiographs", inputs / "films" / "radiographs.csv", "--output", place / "out", *options)


def a_part_of_a_cohort(inputs: Path, place: Path) -> None:
    lines = (inputs / "cohort.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (inputs / "part.csv").write_text("".join(lines[:2]), encoding="utf-8")
    program("cohort", inputs / "part.csv", "--output", place / "out", "--jobs", 1, "--quiet")


def training(inputs: Path, place: Path) -> list:
    tiny = ["--small", "--settings", inputs / "tiny.json", "--device", "cpu", "--threads", 1, "--epochs", 3]
    ship = ["--work", place / "work", "--ship", place / "shipped" / "model", "--overwrite"]
    return ["train", "artery", "--dataset", inputs / "raw" / "Dataset101_Arteries", *tiny, *ship]


def a_shipped_model(inputs: Path, place: Path) -> None:
    (model,) = (inputs / "model").glob("*/*")
    shutil.copytree(model, place / "shipped" / "model")


def an_installed_model(inputs: Path, place: Path) -> None:
    (plaques,) = (inputs / "given").glob("*/*")
    program("models", "import", plaques, ABDOMINAL_CALCIFICATION_MODELS=str(place / "models"))


def whole_patients(path: str) -> bool:
    """Whether a path is that of a patient of ``simulate --count``, which are kept one by one."""
    return path.startswith("out/seed_0000") and "/." not in path


def is_progress(*folders: str) -> Callable[[str], bool]:
    """Return what is true of paths below `folders` that are no temporary files."""
    return lambda path: path.startswith(folders) and "/." not in path and not path.endswith(".unfinished")


SCENARIOS = (
    Scenario("analyze", an_analysis, given_masks, [make_case]),
    Scenario("analyze, documents", earlier_documents, documents, [make_dicom_case]),
    Scenario("analyze, networks", an_analysis, networks, [make_case, make_models]),
    Scenario(
        "simulate",
        a_patient,
        lambda i, p: ["simulate", "--seed", 9, "--output", p / "out", *TINY_PATIENT, "--overwrite"],
    ),
    Scenario(
        "simulate --radiograph",
        a_radiograph,
        lambda i, p: ["simulate", "--radiograph", "--seed", 9, "--output", p / "out", "--overwrite"],
    ),
    Scenario(
        "kauppila",
        lambda i, p: program(*kauppila(i, p), "--keep-contrast", "--quiet"),
        kauppila,
        [make_case, make_measured],
    ),
    Scenario(
        "simulate --processes",
        one_of_many,
        lambda i, p: [
            *("simulate", "--seed", 3, "--count", 4, "--processes", 2, "--output", p / "out", *TINY_PATIENT),
        ],
        may_stay=whole_patients,
    ),
    Scenario(
        "evaluate",
        an_evaluation,
        lambda i, p: [
            *("evaluate", i / "cohort.csv", "--output", p / "out"),
            *("--method", "idealised", "--resamples", 50, "--jobs", 2),
        ],
        [make_patients, make_cohort],
        is_progress("out/cases/"),
    ),
    Scenario(
        "evaluate --radiographs",
        an_evaluation_of_films,
        lambda i, p: [
            *("evaluate", "--radiographs", i / "films" / "radiographs.csv", "--output", p / "out"),
            *("--resamples", 500, "--visible", "--jobs", 1),
        ],
        [make_films],
        is_progress("out/cases/"),
    ),
    Scenario(
        "cohort",
        a_part_of_a_cohort,
        lambda i, p: ["cohort", i / "cohort.csv", "--output", p / "out", "--jobs", 2],
        [make_patients, make_cohort],
        is_progress("out/cases/"),
    ),
    Scenario(
        "associate",
        lambda i, p: program(*association(i, p, "--resamples", 2, "--quiet")),
        lambda i, p: association(i, p, "--resamples", 20, "--covariates", "age"),
        [make_outcomes],
    ),
    Scenario(
        "export-dataset",
        lambda i, p: export(i, p / "Dataset101_Arteries", 3, 4),
        lambda i, p: [
            *("export-dataset", i / "patients", "--task", "artery", "--output", p / "Dataset101_Arteries"),
        ],
        [make_patients],
    ),
    Scenario(
        "train",
        a_shipped_model,
        training,
        [make_patients, make_dataset, make_models],
        is_progress("work/", "work"),
        lambda path: "/training_log_" in path,
    ),
    Scenario(
        "models import",
        an_installed_model,
        lambda i, p: ["models", "import", i / "model.zip"],
        [make_models_to_import],
    ),
)
