"""A training of the Kauppila network from films to a model folder; runs in the process that trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import ModelError
from ...inference.checkpoint import load_checkpoint
from ...inference.devices import choose_device
from ...inference.kauppila_model import CHECKPOINT_FILE, KauppilaModel
from ...inference.kauppila_network import KauppilaArchitecture
from ...progress import Progress, drain
from ...radiograph.region import RegionGeometry
from ..radiographs import FILMS_FOLDER, radiograph_steps
from .calibration import Calibration, calibrate
from .films import Film, read_film
from .job import KauppilaJob
from .learning import FINE_TUNING_RATE, LEARNING_RATE, Learner
from .readings import read_scored_images, reading_steps
from .ship import ship

Report = Callable[[str, float | None, float | None], None]
# Every so manieth film is held out, to calibrate by.
_HELD_OUT = 7


def train(
    job: KauppilaJob, stopped: Callable[[], bool], ship_to: Path | None, overwrite: bool, report: Report, say
) -> dict:
    """Train and ship; return how it ended, as :class:`..run.Trained` has it."""
    import torch

    if job.threads:
        torch.set_num_threads(job.threads)
    _make_films(job, report, say)
    names = sorted(path.stem for path in (job.raw / FILMS_FOLDER).glob("*.npz"))
    films = []
    for n, name in enumerate(names):
        report("Reading films", n / len(names), None)
        films.append(read_film(job.raw / FILMS_FOLDER / f"{name}.npz"))
    learnt, held_out = divided(films)
    initial = None if job.initial is None else KauppilaModel.open(job.initial)
    architecture = KauppilaArchitecture() if initial is None else initial.architecture
    geometry = RegionGeometry() if initial is None else initial.geometry
    rate = job.learning_rate or (LEARNING_RATE if initial is None else FINE_TUNING_RATE)
    learner = Learner(architecture, geometry, learnt, job.device, job.results, job.minutes, rate)
    if learner.resume():
        say(f"Going on after {learner.steps} steps.")
    elif initial is not None:
        _load_initial(learner, initial)
    finished = learner.part_done >= 1.0 or learner.learn(report, stopped)
    result = {"finished": finished, "steps": learner.steps, "seconds": learner.spent_s, "dice": {}}
    if finished and ship_to is not None and not stopped():
        report("Calibrating on films held out", None, None)
        calibration = calibrate(*learner.said_of(held_out)) if held_out else Calibration()
        if not calibration.films:
            say("Too few films are held out to calibrate by: probabilities are as the network says them.")
        report("Writing the model", None, None)
        training = {
            "source": "simulated radiographs" if job.seeds else "radiographs scored by readers",
            "seeds": [min(job.seeds), max(job.seeds)] if job.seeds else None,
            "label_maps": None if job.anatomy is None else len(job.anatomy.labels),
            "label_map_share": None if job.anatomy is None else job.anatomy.share,
            "films": len(learnt),
            "held_out": len(held_out),
            "steps": learner.steps,
            "seconds": round(learner.spent_s, 1),
            "initial": None if initial is None else initial.identity(),
        }
        ship(learner.network, architecture, geometry, calibration, training, ship_to, overwrite)
    return result


def divided(films: list[Film]) -> tuple[list[Film], list[Film]]:
    """Return films to learn from and films held out: every seventh, none of few."""
    held_out = films[_HELD_OUT - 1 :: _HELD_OUT]
    return [film for n, film in enumerate(films) if n % _HELD_OUT != _HELD_OUT - 1], held_out


def _make_films(job: KauppilaJob, report: Report, say) -> None:
    def told(step: Progress) -> None:
        if not step.waiting:
            report(step.stage, step.fraction, step.seconds_left)

    if job.seeds:
        for remark in [] if job.anatomy is None else job.anatomy.remarks(job.seeds):
            say(remark)
        drain(radiograph_steps(job.raw, job.seeds, job.processes, job.anatomy), told)
        return
    assert job.readings is not None
    assert job.images is not None
    assert job.vertebra_model is not None
    scored = read_scored_images(Path(job.readings), Path(job.images))
    steps = reading_steps(scored, job.raw / FILMS_FOLDER, Path(job.vertebra_model), choose_device(job.device))
    for left_out in drain(steps, told):
        say(left_out)


def _load_initial(learner: Learner, model: KauppilaModel) -> None:
    weights = load_checkpoint(model.path / CHECKPOINT_FILE)["network_weights"]
    try:
        learner.network.load_state_dict(weights)
    except RuntimeError:
        raise ModelError(
            f"The weights of {model.path} do not fit its model.json; copy the folder again from the trained model."
        ) from None
