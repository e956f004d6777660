"""Small corrected cases, and a retraining of them in the process of the tests."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.casework import CaseState, Status
from AbdominalCalcificationLib.retraining import work
from dataset_cases import a_patient
from workers_here import training_here

# A network as the bundled ones have, in patches and epochs as small as can be.
SETTINGS = {"patch": [32, 32, 32], "steps_per_epoch": 1}


def a_site(folder, count=4, **options):
    """Write so many case folders; return the folder, which is a list of them."""
    for number in range(count):
        a_patient(folder / f"patient {number}", number, **options)
    return folder


def have_done(store, cases):
    """Save masks of a reader, those that lie beside each CT, and call the cases done."""
    for case in cases:
        store.result_of(case).mkdir(parents=True)
        for role in ("arteries", "calcification"):
            shutil.copy(case.ct.with_name(f"{role}.nii.gz"), store.result_of(case))
        store.keep(case, CaseState(Status.DONE))


def a_settings_file(folder):
    file = folder / "settings.json"
    file.write_text(json.dumps(SETTINGS), encoding="utf-8")
    return file


def retrain(*arguments) -> int:
    return cli.main(["retrain", *(str(each) for each in arguments)])


@contextmanager
def retraining_here():
    """Let a retraining do all its work in this process."""
    with training_here():
        yield


@contextmanager
def quick_nnunet():
    """nnU-Net draws a hundred million voxels to learn about a dataset's HU, of tiny images too: some thousands do.

    And it draws curves after each epoch, which takes longer than one does here.
    """
    from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
    from nnunetv2.training.logging.nnunet_logger import MetaLogger

    def made(extractor, *given, **named):
        make(extractor, *given, **named)
        extractor.num_foreground_voxels_for_intensitystats = 1e5

    make = DatasetFingerprintExtractor.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatasetFingerprintExtractor, "__init__", made)
        patch.setattr(MetaLogger, "plot_progress_png", lambda *_: None)
        yield


def status_of(folder) -> work.Status:
    return work.read_state(folder).status
