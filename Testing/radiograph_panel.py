"""The page of radiographs with a drawn radiograph, worked with as its user does; no network runs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

# Before anything it takes from other modules is replaced for a test.
import AbdominalCalcificationLib.radiograph.case  # noqa: F401
from AbdominalCalcificationLib.progress import Progress
from radiograph_cases import PIXEL_MM, a_result


@cache
def drawn(faces: str = "left", spacing_mm=(PIXEL_MM, PIXEL_MM)):
    """Return the result of the drawn radiograph; nobody changes it."""
    return a_result(faces, spacing_mm=spacing_mm)


def load(faces: str = "left", name: str = "drawn"):
    """Put the drawn radiograph into the scene and return its node."""
    from AbdominalCalcificationLib.scene.radiograph.images import image_node_of

    return image_node_of(drawn(faces).radiograph, name)


@contextmanager
def drawn_result_for_networks(faces: str = "left", work=None):
    """Let the drawn result stand for what the networks find; `work` is done before it is there.

    Yields a list: how each analysis was to be run, its models among it.
    """
    import sys

    given: list[dict] = []

    def analyze_radiograph_steps(radiograph, choices=None, *, identity=None, flags=(), parameters=None, **_about):
        given.append(choices)
        yield Progress("Finding vertebrae", 0.4)
        if work is not None:
            yield from work()
        made = drawn(faces, radiograph.spacing_mm)
        return replace(
            made,
            radiograph=replace(radiograph, faces=faces),
            flags=(*made.flags, *flags),
            parameters=dict(parameters or {}),
            provenance={**made.provenance, "input": identity},
        )

    stand_in = ModuleType("AbdominalCalcificationLib.radiograph.analysis")
    stand_in.analyze_radiograph_steps = analyze_radiograph_steps
    stand_in.RadiographChoices = lambda **about: about
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, stand_in.__name__, stand_in)
        # Of a drawing no picture has to be like a patient's.
        patch.setattr("AbdominalCalcificationLib.radiograph.sense.sensible", lambda result: result)
        yield given


def page_of(widget):
    """Open the page of radiographs and return it."""
    widget.enter()
    widget.pages.currentIndex = 1
    return widget.radiographPage


def score(widget) -> None:
    """Press Run, and wait."""
    from host.application import run_until

    widget.radiographUi.runButton.click()
    assert run_until(lambda: not widget.isBusy)


def settle(widget) -> None:
    """Wait until what was dragged or painted is noted."""
    from host.application import run_until

    assert run_until(lambda: widget.radiographPage.edits.is_settled)


def choose(widget, vertebra: str, wall: str) -> None:
    """Click on the score of a part."""
    from AbdominalCalcificationLib.radiograph.kauppila import VERTEBRAE, WALLS

    view = widget.radiographUi.scoresTable
    view.setCurrentIndex(view.model().index(VERTEBRAE.index(vertebra), WALLS.index(wall)))


def scores(widget) -> list:
    """The eight scores of the result in the scene."""
    return [each.score for each in widget.radiographPage.state.record.result.score.segments]


def curve(widget, wall: str):
    return widget.radiographPage.state.record.part(wall)


def drag(node, index: int, *offsets) -> None:
    """Drag a point of a curve over places, as a mouse does, and leave it."""
    place = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(index, place)
    node.InvokeEvent(node.PointStartInteractionEvent)
    for offset in offsets:
        node.SetNthControlPointPositionWorld(index, *(a + b for a, b in zip(place, offset, strict=True)))
    node.InvokeEvent(node.PointEndInteractionEvent)


def marks() -> list[str]:
    """What stands beside the walls in the views."""
    nodes = [node for node in slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode") if "scores" in node.GetName()]
    return [nodes[-1].GetNthControlPointLabel(number) for number in range(nodes[-1].GetNumberOfControlPoints())]


# What the drawn result has.
MADE = [0, 1, 0, 2, 1, 3, 2, 0]


def status(page) -> str:
    return page.radiographUi.statusLabel.text


def summary(page) -> str:
    return page.radiographUi.summaryLabel.text


def segments_of(page):
    node = page.radiographPage.state.record.part("vertebrae")
    segmentation = node.GetSegmentation()
    return node, {each: segmentation.GetSegment(each).GetName() for each in segmentation.GetSegmentIDs()}


def curve_of(wall):
    return slicer.util.getNode(f"drawn {wall} wall")
