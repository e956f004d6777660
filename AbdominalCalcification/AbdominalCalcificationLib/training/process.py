"""The process that trains: PyTorch and nnU-Net are imported here and nowhere else.

It speaks as the segmentation process does (see :mod:`inference.worker`). Its parent asks it to stop by a
file: it ends the step at hand, saves a checkpoint and says so.
"""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from ..errors import WriteError
from ..explanations import is_out_of_memory
from ..inference.worker import Session, explain
from ..progress import Progress, drain
from .tasks import VERTEBRAE_TASK

STOP_FILE = "stop"
TIMED_STEPS = 3
# Of the cases that a dry run prepares to learn how long one takes.
_DRY_CASES = 2


class TrainingSession(Session):
    """Answers the commands ``train``, ``train_kauppila`` and ``estimate``."""

    def _explain(self, error: BaseException) -> tuple[str, str]:
        return explain_training(error)

    def _run(self, command: dict) -> None:
        from .job import Job
        from .kauppila.job import KauppilaJob

        for package in ("torch", "nnunetv2"):
            if find_spec(package) is None:
                raise ModuleNotFoundError(f"No module named '{package}'", name=package)
        folder = Path(command["folder"])
        # Else PyTorch leaves a folder of its own among the computer's temporary files.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "torch"))
        if command["do"] == "train_kauppila":
            of_score = KauppilaJob.from_json(command["job"])
            self._send(
                "done", **self._train_kauppila(of_score, folder / STOP_FILE, command["ship"], command["overwrite"])
            )
            return
        job = Job.from_json(command["job"])
        if command["do"] == "estimate":
            self._send("done", estimate=self._estimate(job, folder))
        else:
            self._send("done", **self._train(job, folder / STOP_FILE, command["ship"], command["overwrite"]))

    def _train_kauppila(self, job, stop: Path, ship_to: str | None, overwrite: bool) -> dict:
        from .kauppila.work import train

        self._report("Loading PyTorch")
        return train(
            job,
            stop.exists,
            None if ship_to is None else Path(ship_to),
            overwrite,
            self._report,
            lambda message: self._send("message", message=message),
        )

    def _report(self, stage: str, fraction: float | None = None, left: float | None = None) -> None:
        self._send("progress", stage=stage, fraction=fraction, seconds_left=left)

    def _report_work(self, step: Progress) -> None:
        if not step.waiting:
            self._report(step.stage, step.fraction, step.seconds_left)

    def _simulate(self, job) -> None:
        from .radiographs import radiograph_steps
        from .simulated import raw_dataset_steps

        if job.seeds:
            for remark in [] if job.anatomy is None else job.anatomy.remarks(job.seeds):
                self._send("message", message=remark)
            steps = radiograph_steps if job.task is VERTEBRAE_TASK else raw_dataset_steps
            drain(steps(job.raw, job.seeds, job.processes, job.anatomy), self._report_work)

    def _train(self, job, stop: Path, ship_to: str | None, overwrite: bool) -> dict:
        self._simulate(job)
        from .pickles import check_properties
        from .prepare import point_nnunet, prepare

        point_nnunet(job)
        self._report("Loading nnU-Net")
        prepare(job, self._report)
        check_properties(job.prepared, job.trust)
        from .trainer import FINAL, checkpoint_of, make_trainer, resume

        trainer = make_trainer(job)
        resumed = resume(trainer, job)
        if resumed:
            self._send("message", message=f"Going on after {trainer.steps_done} steps.")
        finished = trainer.part_done >= 1.0 and checkpoint_of(job) == job.fold_folder / FINAL
        if not finished:
            finished = trainer.train_on(self._report, stop.exists)
        result = {"finished": finished, "steps": trainer.steps_done, "seconds": trainer.spent_s, "dice": {}}
        watched = trainer.logger.get_value("dice_per_class_or_region", step=None)
        if watched:
            names = [name for name in trainer.dataset_json["labels"] if name not in ("background", "ignore")]
            result["dice"] = {n: float(d) for n, d in zip(names, watched[-1], strict=False) if d == d}
        # Whoever stopped it meanwhile is told that it was stopped: then it is not shipped either.
        if finished and ship_to is not None and not stop.exists():
            from .ship import ship

            self._report("Writing the model")
            ship(job, Path(ship_to), overwrite)
        return result

    def _estimate(self, job, folder: Path) -> dict:
        """Try a few steps on a few cases in `folder`, which goes when this process goes."""
        from .prepare import fingerprint_and_plan, plans_manager, point_nnunet, split
        from .tasks import open_dataset

        seconds = {"simulating": 0.0}
        cases = len(job.seeds)
        trial = replace(job, work=str(folder / "work"), fold="all")
        if job.seeds:
            trial = replace(trial, raw=str(folder / "work" / "raw"), seeds=job.seeds[:_DRY_CASES])
            begin = time.monotonic()
            self._simulate(trial)
            seconds["simulating"] = (time.monotonic() - begin) / len(trial.seeds) * cases
        raw = open_dataset(Path(trial.raw) / trial.dataset, trial.task)
        cases = cases or len(raw.cases)
        point_nnunet(trial)
        self._report("Loading nnU-Net")
        import nnunetv2.training.nnUNetTrainer.nnUNetTrainer  # noqa: F401 - so that its import is not timed

        begin = time.monotonic()
        fingerprint_and_plan(trial, self._report)
        configuration = plans_manager(trial).get_configuration(job.task.configuration)
        per_case = self._prepare_some(trial, raw, configuration)
        seconds["preparing"] = time.monotonic() - begin + per_case * cases / max(1, job.processes)
        from .trainer import make_trainer

        trainer = make_trainer(trial)
        trainer.initialize()
        train, _ = trainer.get_dataloaders()
        trainer.on_train_epoch_start()
        steps = []
        for number in range(1 + TIMED_STEPS):
            self._report("Timing steps", number / (1 + TIMED_STEPS))
            begin = time.monotonic()
            trainer.train_step(trainer._on_device(next(train)))
            steps.append(time.monotonic() - begin)
        step = sum(steps[1:]) / TIMED_STEPS  # the first one makes room
        # Watching a step takes about a third of learning from it: forward without backward.
        epoch = trainer.num_iterations_per_epoch * step + trainer.num_val_iterations_per_epoch * step / 3
        epochs = None if job.minutes is not None else trainer.num_epochs
        length = 60.0 * job.minutes if epochs is None else epochs * epoch
        folds = split(tuple(str(n) for n in range(cases)), job.small is not None)
        watched = cases if job.fold == "all" else len(folds[0]["val"]) if folds else -(-cases // 5)
        return {
            "cases": cases,
            "learnt": len(folds[0]["train"]) if folds and job.fold != "all" else cases - watched or cases,
            "watched": watched,
            "test_cases": raw.test_cases,
            "network": type(trainer.network).__name__,
            "features": [int(n) for n in configuration.network_arch_init_kwargs["features_per_stage"]],
            "weights": sum(parameter.numel() for parameter in trainer.network.parameters()),
            "patch": [int(n) for n in configuration.patch_size],
            "spacing_mm": [float(s) for s in configuration.spacing],
            "batch": int(configuration.batch_size),
            "device": str(trainer.device),
            "steps": None if epochs is None else epochs * trainer.num_iterations_per_epoch,
            "steps_in_time": int(length / epoch * trainer.num_iterations_per_epoch),
            "step_s": step,
            "seconds": {**seconds, "training": length},
        }

    def _prepare_some(self, job, raw, configuration) -> float:
        """Preprocess a few cases and return the seconds that one took."""
        from .prepare import plans_manager

        output = job.prepared / configuration.data_identifier
        output.mkdir(parents=True)
        preprocessor = configuration.preprocessor_class(verbose=False)
        chosen = raw.cases[:_DRY_CASES]
        begin = time.monotonic()
        for number, case in enumerate(chosen):
            self._report("Timing the preparation of cases", number / len(chosen))
            preprocessor.run_case_save(
                str(output / case),
                [str(raw.image(case))],
                str(raw.label(case)),
                plans_manager(job),
                configuration,
                str(job.prepared / "dataset.json"),
            )
        return (time.monotonic() - begin) / len(chosen)


def explain_training(error: BaseException) -> tuple[str, str]:
    """Return the kind of `error` and one line for the user, as :func:`inference.worker.explain` does."""
    if is_out_of_memory(error):
        return "inference", (
            "There is not enough memory to train this network; train with --small, with --device cpu, with fewer "
            "--processes, or on a computer with more memory."
        )
    if isinstance(error, WriteError):
        return "input", f"{error} The same command goes on from where it was."
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or "PytorchStreamWriter" in str(error):
        return "inference", "The disk is full; free some space and give the same command again, it goes on from there."
    kind, message = explain(error)
    if message.startswith("Segmentation failed"):
        message = message.replace("Segmentation", "Training", 1)
    return kind, message
