"""How long Slicer's window stands still under review: a 512 x 512 x 600 case with a million voxels of arteries.

Run it from the repository root: ``python Testing/benchmarks/review_steps.py [--slices 600] [WORK ...]``. The panel is
driven in the test host. For every kind of work it prints what a click took and the longest turns of the event loop
after it, those in which numbers and histories follow too, in seconds of processor of its thread; what all of it took,
in those of the whole process; and the work itself, with its longest step.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / folder) for folder in ("AbdominalCalcification", "Testing", "Testing/benchmarks")]

import measure_large_case as large  # noqa: E402
from panel_steps import Watched, timed  # noqa: E402

SHAPE, SPACING_MM = (600, 512, 512), (0.47, 0.47, 0.8)
NOISE_HU = 12.0
SHOWN = 3
RENAL, ILIAC = 5, 7


def broken_case(grid):
    """Return CT, artery labels and calcification; a renal and an iliac artery have gaps, two pieces hang on nothing."""
    hu, labels, calcified = large.painted_case(grid)
    for label, axis, low, high in ((RENAL, 0, 32, 38), (ILIAC, 2, -134, -122)):
        kji = np.argwhere(labels == label)
        along = grid.ras_of_kji(kji)[:, axis]
        labels[tuple(kji[(along > low) & (along < high)].T)] = 0
    labels[50:54, 100:104, 400:404] = 1
    labels[300:303, 60:64, 60:64] = ILIAC
    calcified &= np.random.default_rng(2).random(grid.shape[0])[:, None, None] > 0.1
    rng = np.random.default_rng(0)
    for plane in hu:
        plane += rng.normal(0, NOISE_HU, plane.shape).astype(np.int16)
    hu[:, :40] = -1000
    return hu, labels, calcified.astype(np.uint8)


def middle_of(grid, where) -> tuple[float, ...]:
    points = grid.ras_of_kji(np.argwhere(where))
    return tuple(points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()].tolist())


def prepared_panel(shape=SHAPE):
    """Return the panel with the case, measured, and places to click on by what is done there."""
    from host import start

    module = start().module
    import slicer

    from AbdominalCalcificationLib.geometry import Volume
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationLib.scene.volumes import volume_node_from
    from AbdominalCalcificationPanel.parameters import ArterySource, CalcificationSource

    slicer.mrmlScene.GetSubjectHierarchyNode()
    large.SPACING_MM = SPACING_MM
    grid = large.grid_of_the_case(shape)
    ct, labels, calcified = broken_case(grid)
    widget = module.AbdominalCalcificationWidget()
    parameters = widget.logic.getParameterNode()
    parameters.ct = volume_node_from(Volume(ct, grid), "large case")
    parameters.arteries = show_arteries(parameters.ct, Volume(labels, grid))
    parameters.calcification = show_calcification(parameters.ct, Volume(calcified, grid))
    parameters.arterySource = ArterySource.EXISTING
    parameters.calcificationSource = CalcificationSource.EXISTING
    k, _, i = np.indices(labels.shape, sparse=True)
    x = grid.ras_of_kji([[0, 0, 0]])[0, 0] + i * SPACING_MM[0]
    level = np.abs(k - shape[0] // 2 - 25) < 4
    missed = (calcified == 0) & (ct > 250) & (labels == 1) & level
    places = {
        "piece": middle_of(grid, (labels == RENAL) & (x > 45)),
        "aorta": middle_of(grid, (labels == 1) & level),
        "plaque": middle_of(grid, missed),
    }
    return widget, parameters, places


def erode(parameters, segment_id: str) -> None:
    """Take the outermost voxels of an artery away, as Margin and Smoothing change all of its surface."""
    import slicer

    from AbdominalCalcificationLib.geometry import bounding_box

    array = slicer.util.arrayFromSegmentBinaryLabelmap(parameters.arteries, segment_id, parameters.ct)
    box = bounding_box(array)
    array[box] = ndimage.binary_erosion(array[box] != 0)
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, parameters.arteries, segment_id, parameters.ct)


class Turns:
    """The turns of the event loop, and what each took of the window's thread."""

    def __init__(self, widget):
        import slicer

        self._widget, self._turn = widget, slicer.app.processEvents

    def timed(self, what: str, begin, until=None) -> None:
        """Do something, wait until all that follows from it is done, and print what it took."""
        panel, spent = self._widget.panel, [(0.0, 0.0, "", "")]
        start = panel.state.runner.start
        panel.state.runner.start = lambda steps, done: start(Watched(steps, spent), timed(spent, "shown", done))
        began, turns = time.process_time(), []
        clock = time.thread_time()
        begin()
        click, quiet = time.thread_time() - clock, 0
        while quiet < 20:
            clock = time.thread_time()
            self._turn()
            turns.append(time.thread_time() - clock)
            busy = self._widget.isBusy or panel.live.is_following or not panel.live.is_settled
            busy = busy or not panel.history.is_written
            busy = busy or panel.review.is_preparing
            quiet = 0 if busy else quiet + 1
        longest = ", ".join(f"{each:.2f}" for each in sorted(turns)[: -SHOWN - 1 : -1])
        panel.state.runner.start = start
        step = max(spent)
        print(f"{what:16s} click {click:5.2f}, turns {longest}; all {time.process_time() - began:6.2f} s; ", end="")
        print(f"steps of the work {sum(each[0] for each in spent):5.2f}, longest {step[0]:5.2f} {step[2:]}; ", end="")
        print(self._widget.ui.statusLabel.text, flush=True)


class Reviewer:
    """Clicks and strokes on the panel of the case."""

    def __init__(self, widget, parameters, places):
        self._widget, self._parameters, self._places = widget, parameters, places
        self._panel, self._ui = widget.panel, widget.ui

    def open(self) -> None:
        self._widget.enter()
        self._ui.reviewSection.collapsed = False

    def use(self, button, place: str, artery: str | None = None) -> None:
        """Click on a place with a tool, having chosen what the piece becomes."""
        from host.slice_views import click

        if artery is not None:
            choice = self._ui.pieceTerritory
            choice.currentIndex = [choice.itemText(number) for number in range(choice.count)].index(artery)
        button.checked = True
        click(self._places[place])

    def paint(self, place: str) -> None:
        from host.segment_strokes import stroke

        self._panel.review.editor_widget.setActiveEffectByName("Paint")
        stroke(self._panel.review.editor_widget, [self._places[place]])

    def calcification(self) -> None:
        self._ui.reviewSection.collapsed = False
        self._ui.reviewCalcification.click()

    def keep_version(self) -> None:
        from AbdominalCalcificationLib.progress import drained
        from AbdominalCalcificationLib.scene.versions import keep_version, version_steps

        node = self._parameters.arteries
        keep_version(node, drained(version_steps(node, "arteries", self._parameters.ct, "for the benchmark")))
        self._panel.update()

    def work(self) -> dict:
        """Return what is done, by its name, in its order."""
        ui, undo = self._ui, self._panel.state.undo.undo
        return {
            "open": self.open,
            "first stroke": lambda: self.paint("piece"),
            "second stroke": lambda: self.paint("aorta"),
            "rename": lambda: self.use(ui.renameTool, "piece", "Coeliac trunk"),
            "undo of rename": undo,
            "join": lambda: self.use(ui.joinTool, "piece"),
            "undo of join": undo,
            "loose": ui.removeLoose.click,
            "undo of loose": undo,
            "split aorta": lambda: self.use(ui.splitTool, "aorta", "(removed)"),
            "undo of split": undo,
            "calcification": self.calcification,
            "first of calcium": lambda: self.paint("plaque"),
            "arteries again": ui.reviewArteries.click,
            "erode the aorta": lambda: erode(self._parameters, "aorta"),
            "undo of eroding": undo,
            "keep a version": self.keep_version,
            "restore": lambda: self._panel.versions.restore(),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", nargs="*")
    parser.add_argument("--slices", type=int, default=SHAPE[0])
    options = parser.parse_args()
    widget, parameters, places = prepared_panel((options.slices, *SHAPE[1:]))
    turns = Turns(widget)
    turns.timed("run", widget.ui.runButton.click)
    for what, begin in Reviewer(widget, parameters, places).work().items():
        if not options.work or what in options.work:
            turns.timed(what, begin)
    widget.cleanup()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
