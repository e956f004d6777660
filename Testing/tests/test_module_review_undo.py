"""Corrections by one click are undone and done again, one by one, over both masks, and the numbers with them."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import numpy as np

from panels import heads, mask_of, parameters_of, recompute, total_of
from review_panel import add_plaque, join, reject

pytestmark = pytest.mark.scene


def masks_of(panel):
    from AbdominalCalcificationLib.scene.masks import arteries_from_node

    parameters = parameters_of(panel)
    return mask_of(panel).array.copy(), arteries_from_node(parameters.arteries, parameters.ct).array.copy()


def test_each_correction_is_one_step_back_and_one_forward(panel_to_correct):
    panel, undo = panel_to_correct, panel_to_correct.panel.state.undo
    undo.watch([parameters_of(panel).arteries, parameters_of(panel).calcification])
    states, totals = [masks_of(panel)], [total_of(panel)]
    steps = (reject, reject, add_plaque, join)
    for step in steps:
        step(panel)
        recompute(panel)
        states.append(masks_of(panel))
        totals.append(total_of(panel))
        assert any((a != b).any() for a, b in zip(states[-1], states[-2], strict=True)), step
    assert undo.undo_text == "joined gap"
    names = []
    for state, total in zip(states[-2::-1], totals[-2::-1], strict=True):
        names.append(undo.undo_text)
        undo.undo()
        assert all(np.array_equal(a, b) for a, b in zip(masks_of(panel), state, strict=True))
        recompute(panel)
        assert total_of(panel) == total
    assert names == ["joined gap", "added plaque", "rejection of cluster 1", "rejection of cluster 1"]
    assert "✕" not in heads(panel.ui.clustersTable)
    for state in states[1:]:
        undo.redo()
        assert all(np.array_equal(a, b) for a, b in zip(masks_of(panel), state, strict=True))
    recompute(panel)
    assert heads(panel.ui.clustersTable).count("✕") == 2
    assert total_of(panel) == totals[-1]


def test_the_history_names_what_was_done(panel_to_correct):
    from AbdominalCalcificationLib.scene import edits
    from AbdominalCalcificationLib.scene.tools import settle as look

    panel = panel_to_correct
    join(panel)
    reject(panel)
    look()
    parameters = parameters_of(panel)
    tools = [
        [entry.tool for entry in edits.kept_note(node).ledger.entries]
        for node in (parameters.arteries, parameters.calcification)
    ]
    assert all(len(each) == 1 for each in tools), tools
    assert "unknown" not in tools[0] + tools[1]
