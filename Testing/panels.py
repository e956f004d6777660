"""What the tests of the panel do with it and read off it; its fixtures are in ``panel_fixtures.py``."""

from __future__ import annotations

import copy
import pickle

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib import pipeline
from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.scene.volumes import volume_node_from
from small_case import small_sample


def load_ct(name: str = "simulated_cta"):
    """Put the CT of :func:`small_sample` into the scene and return its node."""
    return volume_node_from(small_sample()["ct"], name)


def settle(widget):
    from host.application import run_until

    assert run_until(lambda: not widget.isBusy)


def follow(widget):
    """Wait until the numbers have followed all edits, and what waits for a pause is done."""
    from host.application import run_until

    live = widget.panel.live
    assert run_until(lambda: not live.is_following and live.is_settled, 60)


def ready(widget):
    """Wait until the editor has what limits painting."""
    from host.application import run_until

    assert run_until(lambda: not widget.panel.review.is_preparing, 60)


def run(widget):
    widget.ui.runButton.click()
    settle(widget)


def run_as_before(widget):
    """Run; what was measured before with equal inputs in this process is not measured again.

    For fixtures, of whose numbers a test needs that they are there. What the test does afterwards is measured.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "analyze_steps", _analyze_once_steps)
        run(widget)


_ANALYSES: dict[bytes, pipeline.Analysis] = {}
_analyze_steps = pipeline.analyze_steps


def _analyze_once_steps(ct, choices, given, worker=None):
    asked = pickle.dumps((ct, choices, given))
    if asked not in _ANALYSES:
        _ANALYSES[asked] = copy.deepcopy((yield from _analyze_steps(ct, choices, given, worker)))
    return copy.deepcopy(_ANALYSES[asked])


def status(widget) -> str:
    return widget.ui.statusLabel.text


def whole(label) -> str:
    """The text of a label without what shortened it to fit: the tooltip has it then."""
    return label.toolTip or label.text


def asked(widget) -> str:
    """The question that the panel asks; empty where it asks none."""
    return widget.ui.questionLabel.text if not widget.ui.questionFrame.isHidden() else ""


def parameters_of(widget):
    return widget.logic.getParameterNode()


def nodes_in_scene() -> set[str]:
    return {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")}


def erase_lower_half(widget) -> None:
    parameters = parameters_of(widget)
    node, ct = parameters.calcification, parameters.ct
    segment = node.GetSegmentation().GetNthSegmentID(0)
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, ct)
    array[: int(array.nonzero()[0].mean())] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, ct)


def endless_work(closed: list):
    def analyze_steps(*_args, **_kwargs):
        try:
            while True:
                yield Progress("Working", 0.3, 75.0, waiting=True)
        finally:
            closed.append(True)

    return analyze_steps


def heads(view) -> list[str]:
    """The names of the rows of a table view."""
    import qt

    return [view.model().headerData(row, qt.Qt.Vertical) for row in range(view.model().rowCount())]


def column_headers(view) -> list[str]:
    import qt

    return [view.model().headerData(column, qt.Qt.Horizontal) for column in range(view.model().columnCount())]


def shown_in(view) -> list[list[str]]:
    """The cells of a table view as they stand there."""
    model = view.model()
    return [
        [model.data(model.index(row, column)) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def flags(panel):
    """What is said about the numbers: the verdict, what is old, and the notes."""
    labels = (panel.ui.verdictLabel, panel.ui.notesLabel)
    return "\n".join(label.text for label in labels if not label.isHidden())


def total_of(panel):
    """Calcified volume in mm³, of the table and of the summary."""
    shown = shown_in(panel.ui.territoriesTable)[-1][1]
    assert f" {shown} mm³ calcified" in panel.ui.summaryLabel.text
    return float(shown)


def recompute(panel):
    panel.ui.recomputeButton.click()
    settle(panel)


def mask_of(panel):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    parameters = parameters_of(panel)
    return calcification_from_node(parameters.calcification, parameters.ct)


def show_as_wide_as_slicer(panel) -> None:
    """Show the panel as wide as Slicer opens it; it is wider where something in it does not fit."""
    import qt

    panel.parent.show()
    for _ in range(10):
        qt.QApplication.processEvents()
    # Only once the style has been at them are widgets as wide as they are.
    panel.parent.resize(400, 900)
    for _ in range(10):
        qt.QApplication.processEvents()
