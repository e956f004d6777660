"""What is chosen beside the masks under review, lengths and the arteries of clusters, in the common order of undo."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from panels import follow, parameters_of, settle
from review_panel import clusters_of, reject

pytestmark = pytest.mark.scene


@pytest.fixture
def undo(panel_with_plaques):
    undo = panel_with_plaques.panel.state.undo
    undo.watch([parameters_of(panel_with_plaques).arteries, parameters_of(panel_with_plaques).calcification])
    return undo


def kept(panel, name="renal_left"):
    follow(panel)
    found = panel.logic.foundResults(parameters_of(panel)).document["parameters"]["kept_length_mm"]
    return found.get(name, found["renal"])


def give(panel, row, title):
    """Give the cluster in a row of the list to an artery, as a user does."""
    panel.ui.clustersTable.selectRow(row)
    combo = panel.ui.clusterTerritory
    titles = [combo.itemText(number) for number in range(combo.count)]
    combo.currentIndex = titles.index(title)
    combo.activated.emit(combo.currentIndex)
    follow(panel)


def test_a_length_that_was_typed_is_undone_and_done_again_and_the_numbers_follow(panel_with_plaques, undo):
    panel = panel_with_plaques
    before = kept(panel)
    panel.ui.renalLength.value = 12
    assert kept(panel) == 12
    assert undo.undo_text == "kept length of Left renal artery, Right renal artery: 12 mm"
    undo.undo()
    assert panel.ui.renalLength.value == before
    assert kept(panel) == before
    assert (undo.undo_text, undo.redo_text[:11]) == ("", "kept length")
    undo.redo()
    assert kept(panel) == 12


def test_the_digits_of_a_number_are_one_step_and_each_drag_is_one(panel_with_plaques, undo):
    from AbdominalCalcificationPanel.kept_lengths import kept_length_mm, set_kept_length

    panel = panel_with_plaques
    parameters = parameters_of(panel)
    panel.panel.lengths._last = float("inf")  # however slow this machine is
    before = panel.ui.renalLength.value
    for value in (1, 18):
        panel.ui.renalLength.value = value
    for value in (15.0, 11.0):
        set_kept_length(parameters, "renal_left", value)
    assert undo.undo_text == "kept length of Left renal artery: 11 mm"
    lengths = []
    while undo.undo_text:
        undo.undo()
        lengths.append((kept_length_mm(parameters, "renal_left"), kept_length_mm(parameters, "renal_right")))
    assert lengths == [(15, 18), (18, 18), (before, before)]


def test_a_length_that_overrules_a_dragged_one_is_one_step(panel_with_plaques, undo):
    from AbdominalCalcificationPanel.kept_lengths import kept_length_mm, set_kept_length

    parameters = parameters_of(panel_with_plaques)
    set_kept_length(parameters, "renal_left", 11.0)
    panel_with_plaques.ui.renalLength.value = 25
    assert kept_length_mm(parameters, "renal_left") == 25
    undo.undo()
    assert kept_length_mm(parameters, "renal_left") == 11
    assert kept_length_mm(parameters, "renal_right") == 30
    undo.redo()
    assert kept_length_mm(parameters, "renal_left") == 25


def test_a_cluster_that_was_given_to_an_artery_is_given_back_and_again(panel_with_plaques, undo):
    panel = panel_with_plaques
    before = [each["territory"] for each in clusters_of(panel)]
    number = before.index("renal_left")
    give(panel, number, "Belongs to: Aorta")
    given = [each["territory"] for each in clusters_of(panel)]
    assert given.count("aorta") == before.count("aorta") + 1
    assert undo.undo_text.endswith(" to the aorta")
    undo.undo()
    follow(panel)
    assert [each["territory"] for each in clusters_of(panel)] == before
    undo.redo()
    follow(panel)
    assert [each["territory"] for each in clusters_of(panel)] == given


def test_masks_and_choices_stand_in_one_order(panel_with_plaques, undo):
    panel = panel_with_plaques
    reject(panel)
    follow(panel)
    panel.ui.renalLength.value = 12
    follow(panel)
    reject(panel)
    follow(panel)
    names = []
    while undo.undo_text:
        names.append(undo.undo_text.split(" ")[0])
        undo.undo()
        follow(panel)
    assert names == ["rejection", "kept", "rejection"]
    assert kept(panel) == 30
    undo.redo()
    undo.redo()
    assert kept(panel) == 12
    assert undo.redo_text.startswith("rejection")
    panel.ui.mesentericLength.value = 44  # what is chosen anew ends what could be done again
    assert not undo.redo_text
    undo.undo()
    undo.undo()
    undo.undo()
    assert not undo.undo_text


def test_what_was_chosen_is_forgotten_with_the_scene_and_the_ct(panel_with_plaques, undo):
    panel = panel_with_plaques
    number = next(each for each, cluster in enumerate(clusters_of(panel)) if cluster["territory"] == "renal_left")
    give(panel, number, "Belongs to: Aorta")
    settle(panel)
    slicer.mrmlScene.RemoveNode(parameters_of(panel).ct)
    assert not undo.undo_text
    panel.ui.renalLength.value = 12
    slicer.mrmlScene.Clear()
    assert not undo.undo_text
    assert not undo.redo_text
