"""The worker process: reads commands from standard input, appends events to a file.

Commands and events are JSON, one a line; arrays lie beside as ``.npy``. The process ends
itself, and removes its folder, when standard input closes: its parent has gone.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..processes.worker import EVENTS_FILE

# Bytes of an array that are written in one go.
_PART_BYTES = 16 << 20
CT_FILE, ARTERIES_FILE, CALCIFICATION_FILE = "ct.npy", "arteries.npy", "calcification.npy"
SIGNS_FILE = "calcification_signs.npy"
PIXELS_FILE, LABELS_FILE = "pixels.npy", "labels.npy"

# nnU-Net asks for these on import: folders that prediction does not use, and numbers of
# processes, for which it otherwise runs a program to learn the name of the computer.
NNUNET_ENVIRONMENT = {"nnUNet_n_proc_DA": "1", "nnUNet_compile": "f"}
# Threads that wait for each other sleep: spinning, they would take the cores from the rest of the
# computer, and a core that is taken from one of them would cost them both.
THREADS_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE"}
NNUNET_FOLDERS = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")


def main(folder: str, session: type[Session] | None = None) -> None:
    """Work until standard input closes; `folder` is private to this process and its parent.

    Another `session` answers other commands.
    """
    commands: queue.SimpleQueue[dict] = queue.SimpleQueue()
    stdin = os.fdopen(os.dup(0), encoding="utf-8")
    # Nobody else may see the pipe: on Windows, loading a library hangs while a thread reads from
    # the process's standard input.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    threading.Thread(target=_listen, args=(stdin, commands, Path(folder)), daemon=True).start()
    os.environ.update(NNUNET_ENVIRONMENT)
    for name, value in {**THREADS_ENVIRONMENT, **dict.fromkeys(NNUNET_FOLDERS, folder)}.items():
        os.environ.setdefault(name, value)
    answering = (session or Session)(Path(folder) / EVENTS_FILE)
    while True:
        answering.answer(commands.get())


def _listen(stdin, commands: queue.SimpleQueue, folder: Path) -> None:
    for line in stdin:
        commands.put(json.loads(line))
    shutil.rmtree(folder, ignore_errors=True)
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)  # what this process has started does not look after itself
    os._exit(0)


def save_array(path: Path, array) -> None:
    """Write an array as ``numpy.save`` does; where that fails, the OSError says why, which numpy's does not."""
    for _ in save_array_steps(path, array):
        pass


def save_array_steps(path: Path, array) -> Iterator[None]:
    """Write an array as :func:`save_array` does, in parts that each take little time."""
    import numpy as np

    array = np.asanyarray(array)
    form = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    written = 0
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, form)
        for plane in array:
            file.write(np.ascontiguousarray(plane).data)
            written += plane.nbytes
            if written >= _PART_BYTES:
                written = 0
                yield


class Session:
    """Answers commands one after the other and keeps the models of the last one loaded."""

    def __init__(self, events: Path):
        self._events = open(events, "a", encoding="utf-8", newline="\n")  # noqa: SIM115 - open as long as the process lives
        self._predictors: dict[tuple, object] = {}
        self._radiograph_predictors: dict[str, tuple[tuple, Any]] = {}

    def answer(self, command: dict) -> None:
        """Run the job of `command` and report how it ended; never raises."""
        try:
            self._run(command)
        except BaseException as error:
            kind, message = self._explain(error)
            self._send("error", kind=kind, message=message, details=traceback.format_exc()[-4000:])

    def _explain(self, error: BaseException) -> tuple[str, str]:
        return explain(error)

    def _send(self, event: str, **values) -> None:
        self._events.write(json.dumps({"event": event, **values}) + "\n")
        self._events.flush()

    def _run(self, command: dict) -> None:
        import numpy as np

        from ..geometry import Grid, Volume
        from ..geometry.sides import split_left_right
        from .devices import choose_device
        from .job import Job, run_job
        from .packages import check_imports

        check_imports()
        folder = Path(command["folder"])
        if command.get("do") == "radiograph":
            self._read_radiograph(command, folder)
            return
        job = Job.from_json(command["job"])
        wanted = [use.path for use in (*job.arteries, job.calcification) if use is not None]
        self._predictors = {key: value for key, value in self._predictors.items() if key[0] in wanted}
        ct = np.load(folder / CT_FILE, mmap_mode="r")
        grid = Grid(ct.shape, np.array(command["ijk_to_ras"]))
        given = Volume(np.load(folder / ARTERIES_FILE), grid) if command["arteries_given"] else None
        flags: list[dict] = []
        signs: dict[str, object] = {}
        arteries, calcification, device = run_job(
            job,
            Volume(ct, grid),
            given,
            lambda use: self._predictor(use, job),
            choose_device,
            split_left_right,
            lambda stage, fraction, left: self._send("progress", stage=stage, fraction=fraction, seconds_left=left),
            lambda message: self._send("message", message=message),
            lambda role, flag: flags.append({"role": role, **asdict(flag)}),
            signs.__setitem__,
        )
        if given is None:
            save_array(folder / ARTERIES_FILE, arteries.array)
        if calcification is not None:
            save_array(folder / CALCIFICATION_FILE, calcification.array)
        if "calcification" in signs:
            save_array(folder / SIGNS_FILE, signs["calcification"])
        self._send("done", device=device, flags=flags, artery_signs=signs.get("arteries"))

    def _read_radiograph(self, command: dict, folder: Path) -> None:
        import numpy as np

        from ..radiograph.image import Radiograph
        from .devices import choose_device
        from .radiograph_job import read, to_json

        said, choices = command["radiograph"], command["choices"]
        device = choose_device(choices["device"])
        spacing = None if said["spacing_mm"] is None else tuple(said["spacing_mm"])
        pixels = np.load(folder / PIXELS_FILE)
        radiograph = Radiograph(pixels, spacing, said["faces"], tuple(said["aspect"]))
        self._send("progress", stage="Loading the models", fraction=0.0, seconds_left=None)
        vertebrae = self._vertebra_predictor(choices["vertebra_model"], device, choices["trust"])
        kauppila = self._kauppila_predictor(choices["kauppila_model"], device)
        self._send("progress", stage="Finding the vertebrae", fraction=0.1, seconds_left=None)
        found = read(radiograph, vertebrae, kauppila)
        save_array(folder / LABELS_FILE, found.labels)
        self._send("done", device=device, found=to_json(found))

    def _vertebra_predictor(self, path: str, device: str, trust: bool):
        from .model_folder import RADIOGRAPH, ModelFolder
        from .vertebra_predictor import VertebraPredictor

        model = ModelFolder.open(path, kind=RADIOGRAPH)
        key = (path, model.checksum, device, trust)
        return self._kept("vertebrae", key, lambda: VertebraPredictor(model, device, trust))

    def _kauppila_predictor(self, path: str, device: str):
        from .kauppila_model import KauppilaModel
        from .kauppila_predictor import KauppilaPredictor

        model = KauppilaModel.open(path)
        return self._kept("kauppila", (path, model.checksum, device), lambda: KauppilaPredictor(model, device))

    def _kept(self, role: str, key: tuple, make):
        """Return the predictor of a role, made where the last one was another."""
        if role not in self._radiograph_predictors or self._radiograph_predictors[role][0] != key:
            self._radiograph_predictors[role] = (key, make())
        return self._radiograph_predictors[role][1]

    def _predictor(self, use, job):
        """Return the predictor of a model, loaded once, and the axes it was trained on."""
        from .model_folder import ModelFolder

        model = ModelFolder.open(use.path, tuple(use.folds))
        how = (job.trust, job.precision, job.plain_nnunet, job.tile_step, job.mirroring)
        key = (use.path, model.checksum, *how)
        if key not in self._predictors:
            from .predictor import CONTINUED_MM, Predictor

            # The same network for other settings need not stay in memory.
            self._predictors = {other: kept for other, kept in self._predictors.items() if other[0] != use.path}
            self._predictors[key] = Predictor(model, *how, CONTINUED_MM)
        return self._predictors[key], model.orientation


def explain(error: BaseException) -> tuple[str, str]:
    """Return the kind of `error` (a key of :data:`client.ERRORS`) and one line for the user."""
    from ..errors import InferenceError, InputError, ModelError
    from ..explanations import explanation, first_line, is_out_of_memory

    if isinstance(error, ModelError):
        return "model", str(error)
    if isinstance(error, InputError):
        return "input", str(error)
    if isinstance(error, InferenceError):
        return "inference", str(error)
    if is_out_of_memory(error):
        return "inference", (
            "There is not enough memory for this image and model; close other programs, crop the image to the abdomen, "
            "or use a smaller model."
        )
    if isinstance(error, ImportError):
        return "inference", (
            f"The package '{(error.name or 'torch').partition('.')[0]}' is missing or broken in {sys.executable} "
            f"({first_line(error)}); install PyTorch and nnunetv2 (pip install torch nnunetv2; "
            "in Slicer: the module's Install button)."
        )
    if (line := explanation(error)) is not None:
        return "inference", line
    return (
        "unexpected",
        f"Segmentation failed: {type(error).__name__}: {first_line(error)}; please report this with the log.",
    )
