"""A case that is corrected step by step until its masks are right."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.scene import edits, tools
from AbdominalCalcificationLib.scene.segmentations import add_territory, show_arteries, show_calcification
from AbdominalCalcificationLib.scene.volumes import volume_from_node
from history_cases import SEGMENT, followed, mask
from panels import load_ct, parameters_of
from small_case import small_sample

pytestmark = pytest.mark.scene


def test_a_case_corrected_until_it_is_the_truth_measures_as_the_truth(panel):
    """The small sample, its masks wrong at first; the history adds up to what was corrected."""
    parameters, truth = parameters_of(panel), {role: small_sample()[role] for role in SEGMENT}
    parameters.ct = ct = load_ct()
    wrong = {role: each.array.copy() for role, each in truth.items()}
    wrong["arteries"][wrong["arteries"] == 5] = 0  # an artery missing
    half = wrong["arteries"].shape[2] // 2
    wrong["arteries"][:, :, :half][truth["arteries"].array[:, :, 1 : half + 1] == 1] = 1
    wrong["calcification"] = np.roll(wrong["calcification"], 2, axis=0)
    made = {"arteries": show_arteries, "calcification": show_calcification}
    for role in SEGMENT:
        node = made[role](ct, truth[role].with_array(wrong[role]))
        edits.remember_origin(node, truth[role].with_array(wrong[role]), {}, role)
        setattr(parameters, role, node)
    panel.enter()
    followed(panel)
    names = {each.label: each.name for each in TERRITORIES}
    for role in SEGMENT:
        node, right = getattr(parameters, role), truth[role].array
        for label in np.unique(right[right > 0]).tolist():
            name = add_territory(node, names[label]) if role == "arteries" else "calcification"
            with tools.tool(f"Script {name}"):
                array = (right == label).astype(np.uint8)
                slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, name, ct)
        assert np.array_equal(mask(panel, role), right)
        found = edits.kept_note(node).ledger.entries
        for label in range(1, 256):
            gained = sum(each.labels.get(label, (0, 0))[0] for each in found)
            lost = sum(each.labels.get(label, (0, 0))[1] for each in found)
            assert gained - lost == np.count_nonzero(right == label) - np.count_nonzero(wrong[role] == label)
        assert {each.tool for each in found} <= {f"Script {name}" for name in (*names.values(), "calcification")}
    measured = drain(panel.logic.recomputeSteps(parameters)).measurement
    image = volume_from_node(ct)
    wanted = measure(image, *(image.with_array(truth[role].array) for role in SEGMENT))
    assert measured.territories == wanted.territories
    assert measured.total == wanted.total
    assert measured.clusters == wanted.clusters
