"""A whole review through the panel: reject, paint, repair, cut, save, reload, export; the numbers follow throughout."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import numpy as np
import slicer

from host.segment_strokes import stroke
from panels import follow, mask_of, parameters_of, ready, recompute, settle, status, total_of
from review_cases import RENAL_PLAQUE
from review_panel import clusters_of, join, reject

pytestmark = pytest.mark.scene


def renal_of(document: dict) -> dict:
    return next(each for each in document["territories"] if each["name"] == "renal_left")


def document_of(panel) -> dict:
    return panel.logic.foundResults(parameters_of(panel)).document


def numbers(document: dict) -> dict:
    """What was measured, without when and by what; a scene file keeps places to some digits."""
    left_out = ("provenance", "flags", "trust")
    measured = {name: value for name, value in document.items() if name not in left_out}
    return json.loads(json.dumps(measured), parse_float=lambda text: float(f"{float(text):.9g}"))


def test_a_review_from_run_to_export(panel_to_correct, tmp_path):
    panel, ui = panel_to_correct, panel_to_correct.ui
    panel.enter()
    before = total_of(panel)

    # Two clusters are none.
    gone = [each["volume_mm3"] for each in clusters_of(panel)[:2]]
    for _ in range(2):
        reject(panel)
        follow(panel)
    assert total_of(panel) == pytest.approx(before - sum(gone), abs=0.11)

    # A plaque that the mask misses is painted.
    ui.reviewSection.collapsed = False
    ui.reviewCalcification.click()
    ready(panel)
    editor = panel.panel.review.editor_widget
    editor.setActiveEffectByName("Paint")
    drawn = np.count_nonzero(mask_of(panel).array)
    stroke(editor, [tuple(RENAL_PLAQUE.tube.point(23))])
    follow(panel)
    assert np.count_nonzero(mask_of(panel).array) > drawn
    painted = document_of(panel)

    # The artery below it is in two pieces.
    assert any(flag["code"] == "territory_attached_over_gap" for flag in painted["flags"])
    join(panel)
    follow(panel)
    repaired = document_of(panel)
    assert not any(flag["code"] == "territory_attached_over_gap" for flag in repaired["flags"])
    assert renal_of(repaired)["artery_volume_mm3"] > renal_of(painted)["artery_volume_mm3"]

    # And it is measured up to 18 mm.
    parameters_of(panel).renalLengthMm = 18.0
    follow(panel)
    cut = document_of(panel)
    assert renal_of(cut)["artery_volume_mm3"] < renal_of(repaired)["artery_volume_mm3"]
    assert cut["parameters"]["kept_length_mm"]["renal"] == 18.0

    # What is there is what measuring all of it anew gives, in a scene that was saved and loaded too.
    recompute(panel)
    assert numbers(document_of(panel)) == numbers(cut)
    path = str(tmp_path / "review.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(path)
    assert numbers(document_of(panel)) == numbers(cut)
    assert ui.clusterHint.text.endswith("2 rejected.")
    recompute(panel)
    assert numbers(document_of(panel)) == numbers(cut)

    panel.panel.export.export_to(tmp_path / "result", overwrite=False)
    settle(panel)
    assert "Exported" in status(panel)
    written = json.loads((tmp_path / "result" / "measurements.json").read_text(encoding="utf-8"))
    assert numbers(written) == numbers(cut)
    edits = written["provenance"]["edits"]
    tools = {entry["tool"] for edit in edits for entry in edit["entries"]}
    assert {"Paint", "joined gap"} <= tools
    panel.exit()
