"""Small cohorts with known numbers for the tests of evaluation."""

from __future__ import annotations

import csv

import numpy as np
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.evaluation import Settings, evaluate_steps, read_cohort
from AbdominalCalcificationLib.progress import drain

SPACING_MM = (0.8, 0.7, 1.25)

SHAPE = (16, 24, 24)


def write(path, array):
    image = sitk.GetImageFromArray(array.astype(np.uint8) if array.dtype == bool else array)
    image.SetSpacing(SPACING_MM)
    sitk.WriteImage(image, str(path))
    return path.name


def a_cohort(folder, count=4):
    """An aorta with plaques in each case, a CT, and two readers: one exact, one who shifts and forgets."""
    folder.mkdir()
    _, j, i = np.indices(SHAPE)
    aorta = (i - 12) ** 2 + (j - 12) ** 2 <= 49
    rows = []
    for number in range(count):
        rng = np.random.default_rng(number)
        plaques = np.zeros(SHAPE, bool)
        for _ in range(number):  # the first case has none
            k, corner = rng.integers(1, 12), rng.integers(8, 14, 2)
            plaques[k : k + 2, corner[0] : corner[0] + 2, corner[1] : corner[1] + 3] = True
        ct = np.where(plaques, 900, np.where(aorta, 300, 0)) + rng.normal(0, 10, SHAPE)
        rows.append(
            {
                "case": f"case {number}",
                "patient": f"patient {number // 2}",
                "ct": write(folder / f"ct{number}.nrrd", ct.astype(np.int16)),
                "arteries": write(folder / f"aorta{number}.nrrd", aorta),
                "calcification": write(folder / f"plaques{number}.nrrd", plaques),
                "calcification:exact": write(folder / f"exact{number}.nrrd", plaques),
                "calcification:careless": write(folder / f"careless{number}.nrrd", np.roll(plaques, 1, axis=2)),
                "group:phase": "arterial" if number % 2 else "venous",
            }
        )
    return write_table(folder / "cohort.csv", rows)


def write_table(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_in(table):
    with open(table, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def evaluate(table, output, *, jobs=1, **settings):
    """Evaluate a cohort, in so many processes, or within this one."""
    settings = Settings(resamples=100, **settings)
    return drain(evaluate_steps(read_cohort(table), output, settings, jobs=jobs))


def give_air(path):
    """Let a CT of an artery have fat and air around it, as HU have."""
    image = sitk.ReadImage(str(path))
    array = sitk.GetArrayFromImage(image)
    array[array < 150] -= 100
    array[:, :3] = -1000
    changed = sitk.GetImageFromArray(array)
    changed.CopyInformation(image)
    sitk.WriteImage(changed, str(path))


def run_cohort(table, output, *options):
    """Run the command ``cohort``; return its exit status."""
    arguments = ["cohort", table, "--output", output, "--calcification-threshold", "fixed:500", "--quiet", *options]
    return cli.main([str(each) for each in arguments])
