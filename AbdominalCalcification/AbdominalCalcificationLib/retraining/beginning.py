"""What a retraining starts from, and how it is trained: nothing here takes long, or needs PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..inference import ModelFolder
from ..inference.plans import ct_intensities, network_of
from ..resources import bundled_artery_model, bundled_calcification_model
from ..training.job import Job
from ..training.small import SmallConfiguration, configuration_from
from .plan import Plan
from .work import RAW_FOLDER

TRAINING_FOLDER = "training"
# A fine-tuning takes smaller steps than a training from scratch (1.5e-3), or it forgets what it knew.
LEARNING_RATE = 4e-4


def initial_model(plan: Plan) -> ModelFolder:
    """Return the model that a retraining starts from, which is also the present one; ModelError."""
    bundled = bundled_artery_model() if plan.task_name == "arteries" else bundled_calcification_model()
    return ModelFolder.open(plan.initial or bundled)


def job_of(plan: Plan, work: Path, model: ModelFolder) -> Job:
    """Return the training: with the small configuration where the model has its network, else with the model's own."""
    return Job(
        task_name=plan.task_name,
        work=str(work / TRAINING_FOLDER),
        raw=str(work / RAW_FOLDER),
        dataset=plan.dataset,
        small=small_of(model, plan.settings),
        # Who judges is held out already: all cases are learnt from.
        fold="all",
        device=plan.device,
        minutes=plan.minutes,
        initial=str(model.path),
        trust=plan.trust,
        processes=plan.processes,
        threads=plan.threads,
    )


def small_of(model: ModelFolder, settings: Mapping) -> SmallConfiguration | None:
    """Return the small configuration with a model's patch and intensities; None where its network is another.

    Raises
    ------
    InputError
        For settings that are unknown, or given for a network of another kind.
    """
    name, network, _ = network_of(model.settings)
    features = tuple(int(each) for each in network.get("features_per_stage", ()))
    if not name.endswith("PlainConvUNet") or features != SmallConfiguration().features:
        if settings:
            raise InputError(
                f"--settings changes the small configuration, and {model.name} has another network; leave it out."
            )
        return None
    said = {"patch": list(model.patch_size), "learning_rate": LEARNING_RATE}
    if intensities := ct_intensities(model.plans):
        said["window_hu"] = [intensities["percentile_00_5"], intensities["percentile_99_5"]]
        said |= {"mean_hu": intensities["mean"], "std_hu": intensities["std"]}
    return configuration_from({**said, **settings}, "the settings", SmallConfiguration())
