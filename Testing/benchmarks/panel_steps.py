"""How long Slicer's window stands still in Run, Recompute, Compare and Export: a 512 x 512 x 500 case.

Run it from the repository root: ``python Testing/benchmarks/panel_steps.py [--slices 500] [--models] [WORK ...]``. The
panel is driven in the test host. For every kind of work it prints the longest steps, each with the stage that the
window showed meanwhile and the line of code at which it ended, and what the click and the showing of the result took:
seconds of processor, and in brackets seconds on the wall, which grow with what else the computer does. Without
``--models`` the masks are given, so that everything but the networks runs. ``documents`` is Export with the boxes for
DICOM objects and report, of a CT from DICOM; ``cancel`` begins such an export again and again, and says how long it
takes from Cancel, pressed at each stage of the process that makes them, until all is as it was.
"""

from __future__ import annotations

import argparse
import heapq
import inspect
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / folder) for folder in ("AbdominalCalcification", "Testing", "Testing/benchmarks")]

from measure_large_case import grid_of_the_case, painted_case  # noqa: E402

SHOWN = 6
NOISE_HU = 12.0


class Clock:
    """Seconds of processor, which do not depend on what else the computer does, and on the wall."""

    def __init__(self):
        self._began = time.process_time(), time.perf_counter()

    def seconds(self) -> tuple[float, float]:
        return time.process_time() - self._began[0], time.perf_counter() - self._began[1]


class Watched:
    """A generator of Progress whose steps are timed."""

    def __init__(self, steps, spent: list):
        self._steps, self._spent, self._stage = steps, spent, "Starting"

    def __iter__(self):
        return self

    def __next__(self):
        clock, where = Clock(), "end"
        try:
            step = next(self._steps)
            where = place_of(self._steps)
        finally:
            self._spent.append((*clock.seconds(), self._stage, where))
        self._stage = step.stage
        return step

    def close(self):
        self._steps.close()


def place_of(steps) -> str:
    """Return file and line at which a generator, and what it yields from, waits."""
    while inspect.isgenerator(steps.gi_yieldfrom):
        steps = steps.gi_yieldfrom
    frame = steps.gi_frame
    own = frame.f_locals.get("steps")  # progress.scaled hands on by hand
    if frame.f_code.co_name == "scaled" and inspect.isgenerator(own):
        return place_of(own)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"


def timed(spent: list, what: str, function):
    def run(*arguments):
        clock = Clock()
        try:
            return function(*arguments)
        finally:
            spent.append((*clock.seconds(), what, ""))

    return run


def prepared_panel(slices: int):
    """Return the panel with a large, noisy CT and its masks."""
    from host import start

    module = start().module
    import slicer

    from AbdominalCalcificationLib.geometry import Volume
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationLib.scene.volumes import volume_node_from
    from AbdominalCalcificationPanel.parameters import ArterySource, CalcificationSource

    slicer.mrmlScene.GetSubjectHierarchyNode()
    grid = grid_of_the_case((slices, 512, 512))
    ct, arteries, calcification = painted_case(grid)
    rng = np.random.default_rng(0)
    for slab in ct:
        slab += rng.normal(0, NOISE_HU, slab.shape).astype(np.int16)
    ct[:, :40] = -1000  # air around the patient
    widget = module.AbdominalCalcificationWidget()
    parameters = widget.logic.getParameterNode()
    parameters.ct = volume_node_from(Volume(ct, grid), "large case")
    parameters.arteries = show_arteries(parameters.ct, Volume(arteries, grid))
    parameters.calcification = show_calcification(parameters.ct, Volume(calcification.astype(np.uint8), grid))
    parameters.arterySource = ArterySource.EXISTING
    parameters.calcificationSource = CalcificationSource.EXISTING
    return widget, parameters


def another_reader(parameters):
    """Return the calcification without its lower half."""
    from AbdominalCalcificationLib.scene.masks import calcification_from_node
    from AbdominalCalcificationLib.scene.segmentations import show_calcification

    mask = calcification_from_node(parameters.calcification, parameters.ct)
    array = mask.array.copy()
    array[: len(array) // 2] = 0
    return show_calcification(parameters.ct, mask.with_array(array))


def from_dicom(ct, folder: Path) -> None:
    """Let a CT node be one that Slicer has loaded from its DICOM database."""
    import slicer

    from AbdominalCalcificationLib.scene.volumes import volume_from_node
    from dicom_files import write_slice

    volume = volume_from_node(ct)
    lps = volume.grid.ijk_to_lps
    steps = np.linalg.norm(lps[:3, :3], axis=0)
    files = {}
    for k, plane in enumerate(volume.array):
        name = f"1.2.9.{k + 1}"
        position, orientation = lps[:3, 3] + k * lps[:3, 2], (lps[:3, :2] / steps[:2]).T.ravel()
        files[name] = write_slice(
            folder / f"{k}.dcm", plane, position, orientation, (steps[1], steps[0]), instance=name
        )
    ct.SetAttribute("DICOM.instanceUIDs", " ".join(files))
    slicer.dicomDatabase = SimpleNamespace(fileForInstance=lambda name: str(files.get(name, "")))


def work_on(widget, what: str, folder: Path) -> list[tuple[float, float, str, str]]:
    """Do one kind of work in the panel; return its steps: seconds of processor, of the wall, stage, where it ended."""
    from host.application import run_until

    runner, spent = widget.panel.state.runner, []
    start = runner.start
    runner.start = lambda steps, done: start(Watched(steps, spent), timed(spent, "result shown", done))
    begin = {
        "run": widget.ui.runButton.click,
        "recompute": widget.ui.recomputeButton.click,
        "compare": widget.ui.compareButton.click,
        "export": lambda: widget.panel.export.export_to(folder / "result", overwrite=False),
        "documents": lambda: widget.panel.export.export_to(folder / "documents", overwrite=False),
    }[what]
    timed(spent, "click", begin)()
    assert run_until(lambda: not widget.isBusy, 3600)
    runner.start = start
    cpu, wall = (sum(each[number] for each in spent) for number in (0, 1))
    print(f"\n{what}: {cpu:.1f} s ({wall:.1f} s), {widget.ui.statusLabel.text}")
    return spent


def cancelled(widget, folder: Path) -> None:
    """Cancel an export at each stage of its process, and print how long that takes."""
    from host.application import run_until

    for stage in ("Rendering views", "Making the report", "Writing DICOM"):
        widget.panel.export.export_to(folder / "cancelled", overwrite=False)
        assert run_until(lambda stage=stage: widget.ui.statusLabel.text.startswith(stage), 3600)
        clock = Clock()
        widget.ui.cancelButton.click()
        cpu, wall = clock.seconds()
        left = [each.name for each in folder.iterdir() if "cancelled" in each.name or each.name.startswith(".")]
        print(f"cancelled while {stage}: {cpu:.2f} s ({wall:.2f} s), left {left}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", nargs="*", default=["run", "recompute", "compare", "export"])
    parser.add_argument("--slices", type=int, default=500)
    parser.add_argument("--models", action="store_true", help="let the bundled models make the masks")
    options = parser.parse_args()
    widget, parameters = prepared_panel(options.slices)
    parameters.comparedB = another_reader(parameters)
    if options.models:
        from AbdominalCalcificationPanel.parameters import ArterySource, CalcificationSource

        parameters.arterySource, parameters.calcificationSource = ArterySource.BUNDLED, CalcificationSource.BUNDLED
        parameters.arteries = parameters.calcification = None
    with tempfile.TemporaryDirectory() as folder:
        for what in options.work:
            if what in ("documents", "cancel") and not (Path(folder) / "ct").exists():
                from_dicom(parameters.ct, Path(folder) / "ct")
            parameters.exportDicom = parameters.exportReport = what in ("documents", "cancel")
            if what == "cancel":
                cancelled(widget, Path(folder))
                continue
            for cpu, wall, stage, where in heapq.nlargest(SHOWN, work_on(widget, what, Path(folder))):
                print(f"  {cpu:6.2f} s  ({wall:6.2f} s)  {stage:32s} {where}", flush=True)
    widget.cleanup()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
