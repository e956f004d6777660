"""Undo and redo over both masks in one order, whoever changed them."""

import numpy as np
import pytest

slicer = pytest.importorskip("slicer", reason="needs slicer-core")
vtk = pytest.importorskip("vtk", reason="needs slicer-core")

SIDE = 20


class Masks:
    """Two masks of one small CT, with what the tests do to them."""

    def __init__(self):
        self.ct = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "ct")
        slicer.util.updateVolumeFromArray(self.ct, np.zeros((SIDE, SIDE, SIDE), np.int16))
        self.arteries, self.calcification = self._mask("aorta", "renal"), self._mask("calcification")

    def _mask(self, *segments):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", segments[0])
        node.SetReferenceImageGeometryParameterFromVolumeNode(self.ct)
        node.CreateDefaultDisplayNodes()
        for name in segments:
            node.GetSegmentation().AddEmptySegment(name, name.title())
            self.put(node, name, 0)
        return node

    def put(self, node, segment, first):
        """Fill three slices of a segment and nothing else of it."""
        array = np.zeros((SIDE, SIDE, SIDE), np.uint8)
        array[first : first + 3, 5:8, 5:8] = 1
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, self.ct)

    def first(self, node, segment):
        """The first slice in which a segment is."""
        return int(slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, self.ct).nonzero()[0].min())


@pytest.fixture
def masks(module):
    return Masks()


@pytest.fixture
def undo(masks):
    from AbdominalCalcificationPanel.undo_stack import UndoStack

    stack = UndoStack(lambda: None)
    stack.watch([masks.arteries, masks.calcification])
    yield stack
    stack.close()


def turn():
    slicer.app.processEvents()


def test_nothing_to_undo_at_first(undo):
    assert (undo.undo_text, undo.redo_text) == ("", "")
    undo.undo()
    undo.redo()


def test_steps_of_both_masks_have_one_order(masks, undo):
    masks.put(masks.arteries, "aorta", 4)
    turn()
    masks.put(masks.calcification, "calcification", 6)
    turn()
    masks.put(masks.arteries, "renal", 8)
    turn()

    def firsts():
        return [
            masks.first(masks.arteries, "aorta"),
            masks.first(masks.calcification, "calcification"),
            masks.first(masks.arteries, "renal"),
        ]

    seen = [firsts()]
    for _ in range(3):
        undo.undo()
        seen.append(firsts())
    assert seen == [[4, 6, 8], [4, 6, 0], [4, 0, 0], [0, 0, 0]]
    assert undo.undo_text == ""
    for expected in reversed(seen[:-1]):
        undo.redo()
        assert firsts() == expected
    assert undo.redo_text == ""


def test_a_change_by_script_has_the_name_that_was_given(masks, undo):
    undo.before_change(masks.calcification, "reject cluster 3")
    masks.put(masks.calcification, "calcification", 6)
    turn()
    assert undo.undo_text == "reject cluster 3"
    undo.undo()
    assert masks.first(masks.calcification, "calcification") == 0
    assert (undo.undo_text, undo.redo_text) == ("", "reject cluster 3")


def test_a_name_without_a_change_is_no_step_and_names_no_later_one(masks, undo):
    undo.before_change(masks.calcification, "reject cluster 3")
    turn()
    assert undo.undo_text == ""
    masks.put(masks.calcification, "calcification", 6)
    assert undo.undo_text == "change of calcification"


def test_a_mask_that_is_not_watched_yet_is_recorded_from_its_first_named_change(masks):
    from AbdominalCalcificationPanel.undo_stack import UndoStack

    stack = UndoStack(lambda: None)
    stack.before_change(masks.calcification, "add plaque")
    masks.put(masks.calcification, "calcification", 6)
    stack.undo()
    assert masks.first(masks.calcification, "calcification") == 0
    stack.close()


def test_what_one_turn_of_the_event_loop_changes_is_one_step(masks, undo):
    for first in (3, 5, 7):
        masks.put(masks.arteries, "aorta", first)
    undo.undo()
    assert masks.first(masks.arteries, "aorta") == 0
    assert undo.undo_text == ""


def test_what_changes_no_voxel_is_no_step(masks, undo):
    masks.put(masks.arteries, "aorta", 4)
    turn()
    before = undo.undo_text
    for first in (4, 4):
        masks.put(masks.arteries, "aorta", first)  # as an effect does that finds nothing to change
        turn()
    masks.put(masks.calcification, "calcification", 0)
    turn()
    assert undo.undo_text == before
    undo.undo()
    assert (masks.first(masks.arteries, "aorta"), undo.undo_text) == (0, "")
    undo.redo()
    assert masks.first(masks.arteries, "aorta") == 4


def test_room_around_what_is_drawn_is_no_change(masks, undo):
    image = masks.calcification.GetBinaryLabelmapInternalRepresentation("calcification")
    extent = [limit + (3 if place % 2 else -2) for place, limit in enumerate(image.GetExtent())]
    pad = vtk.vtkImageConstantPad()
    pad.SetInputData(image)
    pad.SetOutputWholeExtent(extent)
    pad.Update()
    image.ShallowCopy(pad.GetOutput())
    masks.calcification.GetSegmentation().InvokeEvent(slicer.vtkSegmentation.SourceRepresentationModified)
    turn()
    assert (list(image.GetExtent()), undo.undo_text) == (extent, "")
    masks.put(masks.calcification, "calcification", 6)
    turn()
    assert undo.undo_text != ""


def test_a_change_after_undo_ends_what_could_be_done_again(masks, undo):
    undo.before_change(masks.arteries, "first")
    masks.put(masks.arteries, "aorta", 4)
    undo.undo()
    assert undo.redo_text == "first"
    undo.before_change(masks.calcification, "second")
    masks.put(masks.calcification, "calcification", 6)
    assert (undo.undo_text, undo.redo_text) == ("second", "")
    undo.before_change(masks.arteries, "third")
    masks.put(masks.arteries, "aorta", 9)
    undo.undo()
    assert masks.first(masks.arteries, "aorta") == 0
    undo.undo()
    assert masks.first(masks.calcification, "calcification") == 0
    undo.redo()
    undo.redo()
    assert masks.first(masks.arteries, "aorta") == 9


def test_segments_that_were_added_go_and_come_back(masks, undo):
    undo.before_change(masks.arteries, "add left renal artery")
    masks.arteries.GetSegmentation().AddEmptySegment("left", "Left")
    undo.undo()
    assert masks.arteries.GetSegmentation().GetSegmentIDs() == ("aorta", "renal")
    undo.redo()
    assert masks.arteries.GetSegmentation().GetSegment("left").GetName() == "Left"


def test_a_colour_is_no_step_of_its_own(masks, undo):
    masks.arteries.GetSegmentation().GetSegment("aorta").SetColor(1, 0, 0)
    turn()
    assert undo.undo_text == ""
    undo.before_change(masks.arteries, "paint")
    masks.put(masks.arteries, "aorta", 4)
    turn()
    masks.arteries.GetSegmentation().GetSegment("aorta").SetColor(0, 1, 0)
    turn()
    undo.undo()
    assert masks.first(masks.arteries, "aorta") == 0
    assert undo.undo_text == ""
    undo.redo()
    assert masks.first(masks.arteries, "aorta") == 4


def test_steps_of_a_mask_that_is_let_go_are_forgotten(masks, undo):
    undo.before_change(masks.arteries, "first")
    masks.put(masks.arteries, "aorta", 4)
    undo.before_change(masks.calcification, "second")
    masks.put(masks.calcification, "calcification", 6)
    undo.record()
    undo.watch([masks.arteries])
    assert undo.undo_text == "first"
    undo.undo()
    assert masks.first(masks.arteries, "aorta") == 0
    assert masks.first(masks.calcification, "calcification") == 6


def test_what_was_done_before_a_run_cannot_be_taken_back_after_it(masks, undo):
    from AbdominalCalcificationLib.scene import edits
    from AbdominalCalcificationLib.scene.volumes import volume_from_node

    undo.before_change(masks.calcification, "paint")
    masks.put(masks.calcification, "calcification", 6)
    turn()
    masks.put(masks.calcification, "calcification", 9)  # as a run does
    edits.remember_origin(masks.calcification, volume_from_node(masks.ct))
    assert (undo.undo_text, undo.redo_text) == ("", "")
    undo.before_change(masks.calcification, "paint")
    masks.put(masks.calcification, "calcification", 12)
    undo.undo()
    assert masks.first(masks.calcification, "calcification") == 9


def test_the_oldest_steps_go_first_and_never_out_of_order(masks, undo, monkeypatch):
    from AbdominalCalcificationPanel import undo_stack

    monkeypatch.setattr(undo_stack, "_MOST_STEPS", 3)
    calcification, aorta = (masks.calcification, "calcification"), (masks.arteries, "aorta")
    for number, (node, segment) in enumerate((calcification, aorta, aorta, aorta, calcification)):
        undo.before_change(node, f"step {number}")
        masks.put(node, segment, 2 * number + 2)
    done = []
    while undo.undo_text:
        done.append(undo.undo_text)
        undo.undo()
    assert done == ["step 4", "step 3", "step 2"]
    assert masks.first(masks.arteries, "aorta") == 4
    assert masks.first(masks.calcification, "calcification") == 2


def test_it_says_when_there_is_something_else_to_undo(masks):
    from AbdominalCalcificationPanel.undo_stack import UndoStack

    said = []
    stack = UndoStack(lambda: None, lambda: said.append((stack.undo_text, stack.redo_text)))
    stack.watch([masks.arteries])
    stack.before_change(masks.arteries, "paint")
    masks.put(masks.arteries, "aorta", 4)
    turn()
    stack.undo()
    assert said == [("paint", ""), ("", "paint")]
    stack.close()


def test_nothing_is_left_behind(masks):
    from AbdominalCalcificationPanel.undo_stack import _EVENTS, UndoStack

    stack = UndoStack(lambda: None)
    before = [masks.arteries.HasObserver(event) for event in _EVENTS]
    stack.watch([masks.arteries])
    masks.put(masks.arteries, "aorta", 4)
    stack.close()
    assert [masks.arteries.HasObserver(event) for event in _EVENTS] == before
    turn()
    assert stack.undo_text == ""
