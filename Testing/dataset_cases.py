"""Cases with masks, exported as nnU-Net's raw datasets, for the tests of both."""

import numpy as np

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.training import dataset
from AbdominalCalcificationLib.training.cases import find_sources
from AbdominalCalcificationLib.training.tasks import TASKS

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


def export(training, folder, test=(), task="arteries", **options):
    return drain(dataset.export_steps(find_sources(training), find_sources(test), folder, TASKS[task], **options))


def files_below(folder):
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
