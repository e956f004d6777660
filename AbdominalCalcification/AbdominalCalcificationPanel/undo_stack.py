"""Undo and redo over both masks and what is chosen beside them, in one order, each step with a name.

Slicer's editor widget keeps a history of one segmentation and empties it when another is chosen, so that switching
between arteries and calcification would lose all steps. Here each mask has a ``vtkSegmentationHistory`` of its own, of
the kind that Slicer's editor has, and the steps of all of them stand in one list.
"""

from dataclasses import dataclass

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from .mask_editor import tool_text

# What is kept: so many steps, but never more than that much memory. Slicer's Segment Editor keeps 10 steps.
_MOST_STEPS = 50
_MOST_KIB = 512 * 1024
# More than can be: what is dropped is decided here, in the common order.
_NO_LIMIT = 1 << 20

_PREVIOUS, _NEXT = (lambda history: history.RestorePreviousState()), (lambda history: history.RestoreNextState())

_EVENTS = (
    slicer.vtkSegmentation.SourceRepresentationModified,
    slicer.vtkSegmentation.SegmentAdded,
    slicer.vtkSegmentation.SegmentRemoved,
    slicer.vtkSegmentation.SegmentModified,
)


@dataclass
class _Step:
    """A change of one mask that is undone at once: so many states of its history further, with so much memory."""

    node: object
    text: str
    states: int
    kib: int


@dataclass
class _Choice:
    """What the user chose: what takes it back, and what chooses it again."""

    text: str
    take_back: object
    choose: object
    kind: object = None
    node: object = None
    kib: int = 0


@dataclass
class _Recorded:
    """A mask whose changes are recorded: its history, what it was like at the last state, whose it was made by."""

    history: object
    state: tuple
    origin: str
    contents: object


class UndoStack(VTKObservationMixin):
    """Records every change of the masks that it watches, whoever makes it, and takes it back.

    A step is recorded once the event loop turns, so that all events of one stroke of the brush make one step, named
    after the tool and the segment of the editor. What is changed by script is named by :meth:`before_change`.

    :param editor_widget_getter: returns the ``qMRMLSegmentEditorWidget``, None where there is none yet
    :param changed: called when there is something else to undo or redo
    """

    def __init__(self, editor_widget_getter, changed=lambda: None):
        VTKObservationMixin.__init__(self)
        self._editor, self._changed = editor_widget_getter, changed
        self._recorded, self._names, self._touched = {}, {}, set()
        self._steps, self._done = [], 0  # those before number `_done` are to be undone, the others redone
        self._restoring = self._is_choosing = False
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.interval = 0
        self._timer.connect("timeout()", self.record)

    def watch(self, nodes):
        """Record the changes of these masks from now on; what is known of others is forgotten."""
        nodes = [node for node in nodes if node is not None]
        self.keep(nodes)
        for node in nodes:
            if node not in self._recorded:
                self._start(node)

    def keep(self, nodes):
        """Forget what is known of other masks than these."""
        for node in [node for node in self._recorded if node not in nodes]:
            self._forget(node)

    def before_change(self, node, text):
        """Name the change of a mask that follows, before the event loop turns: an action of the user done by script.

        :param node: vtkMRMLSegmentationNode; from now on it is watched
        :param text: what is done, as it stands behind *Undo:*, in the language of the user
        """
        self.record()
        if node not in self._recorded:
            self._start(node)
        self._names[node] = text
        self._timer.start()

    def add_choice(self, text, take_back, choose, kind=None, node=None):
        """Add what the user chose beside the masks as a step, in the same order.

        :param text: what was chosen, as it stands behind *Undo:*
        :param take_back: called to undo it
        :param choose: called to redo it
        :param kind: where the last step is of the same kind, this one goes on with it: a number that is being typed
        :param node: forgotten when that leaves the scene
        """
        self.record()
        last = self._steps[self._done - 1] if self._done else None
        del self._steps[self._done :]
        if kind is not None and isinstance(last, _Choice) and last.kind == kind:
            last.text, last.choose = text, choose
        else:
            self._steps.append(_Choice(text, take_back, choose, kind, node))
            self._done = len(self._steps)
            self._drop_oldest()
        self._changed()

    @property
    def undo_text(self):
        """What :meth:`undo` takes back; empty where there is nothing."""
        self.record()
        self._forget_removed()
        return self._steps[self._done - 1].text if self._done else ""

    @property
    def redo_text(self):
        """What :meth:`redo` does again; empty where there is nothing."""
        self.record()
        return self._steps[self._done].text if self._done < len(self._steps) else ""

    def undo(self):
        """Take the last change back."""
        self.record()
        self._forget_removed()
        if self._done:
            self._done -= 1
            step = self._steps[self._done]
            self._choose(step.take_back) if isinstance(step, _Choice) else self._restore(step, _PREVIOUS)

    def redo(self):
        """Do again what was taken back last."""
        self.record()
        self._forget_removed()
        if self._done < len(self._steps):
            self._done += 1
            step = self._steps[self._done - 1]
            self._choose(step.choose) if isinstance(step, _Choice) else self._restore(step, _NEXT)

    def record(self):
        """Record what was changed since; by itself once the event loop turns."""
        self._timer.stop()
        names, self._names = self._names, {}
        touched, self._touched = self._touched, set()
        before = (len(self._steps), self._done)
        for node in [node for node in self._recorded if node in touched]:
            if node in self._recorded:  # yet
                self._record(node, names.get(node))
        if before != (len(self._steps), self._done):
            self._changed()

    @property
    def is_choosing(self):
        """Whether a choice is being taken back or made again: that is no new one."""
        return self._is_choosing

    def clear(self):
        """Forget all steps; the masks are watched on."""
        self.watch_anew(list(self._recorded))

    def close(self):
        """Watch nothing, and forget all steps."""
        self._timer.stop()
        self.watch(())
        self._steps, self._done = [], 0

    def watch_anew(self, nodes):
        """Watch these masks as they are now, without any step."""
        self.watch(())
        self.watch(nodes)

    def _start(self, node):
        history = slicer.vtkSegmentationHistory()
        history.SetMaximumNumberOfStates(_NO_LIMIT)
        history.SetSegmentation(node.GetSegmentation())
        history.SaveState()
        self._recorded[node] = _Recorded(history, _state_of(node), _origin_of(node), _contents_of(node))
        for event in _EVENTS:
            self.addObserver(node, event, self._on_event)

    def _forget(self, node):
        for event in _EVENTS:
            self.removeObserver(node, event, self._on_event)
        self._recorded.pop(node).history.SetSegmentation(None)
        self._names.pop(node, None)
        self._touched.discard(node)
        if self._keep_steps(lambda step: step.node is not node):
            self._changed()

    def _forget_removed(self):
        """Forget what was chosen for a CT that is gone."""
        self._keep_steps(lambda step: step.node is None or step.node.GetScene() is not None)

    def _keep_steps(self, is_kept):
        """Forget all other steps; return whether there were some."""
        left = [(number, step) for number, step in enumerate(self._steps) if is_kept(step)]
        are_fewer = len(left) < len(self._steps)
        self._done = sum(number < self._done for number, _step in left)
        self._steps = [step for _number, step in left]
        return are_fewer

    @vtk.calldata_type(vtk.VTK_STRING)
    def _on_event(self, node, event, segment_id=None):
        if not self._restoring and node in self._recorded:
            self._touched.add(node)
            # Named now: the tool and the segment may be others once the event loop turns.
            self._names.setdefault(node, self._name_of_change(node, segment_id))
            self._timer.start()

    def _name_of_change(self, node, segment_id):
        """Return what a change is called: after the tool in use where the editor is at work on the mask."""
        editor = self._editor()
        used = None if editor is None else editor.mrmlSegmentEditorNode()
        if used is not None and used.GetSegmentationNode() is node and used.GetActiveEffectName():
            name = _name_of_segment(node, used.GetSelectedSegmentID())
            return _("{tool}, {segment}").format(tool=tool_text(used.GetActiveEffectName()), segment=name)
        return _("change of {segment}").format(segment=_name_of_segment(node, segment_id) or node.GetName())

    def _record(self, node, name):
        recorded = self._recorded[node]
        history, segmentation = recorded.history, node.GetSegmentation()
        if history.GetSegmentation() is not segmentation or recorded.origin != _origin_of(node):
            # Another mask stands there now, made by a run: what was done to the one before cannot be taken back.
            self.watch_anew(list(self._recorded))
            return
        history.SaveState()
        states = history.GetNumberOfStates() - self._kept_states(node)
        changed = self._look(recorded, node)
        if changed or any(step.node is node for step in self._steps[self._done :]):
            del self._steps[self._done :]  # the history of the mask dropped its own when that was changed
        last = next((step for step in reversed(self._steps) if step.node is node), None)
        if changed:
            self._steps.append(_Step(node, name or node.GetName(), states, _kib_of(node)))
            self._done = len(self._steps)
            self._drop_oldest()
        elif last is not None:  # a colour, a status: goes back with the step before it
            last.states += states
        else:
            self._drop_states(node, states)

    @staticmethod
    def _look(recorded, node):
        """Look at a mask again; return whether it is another one: an effect may write the voxels that were there."""
        state, known = _state_of(node), recorded.contents
        if state == recorded.state:
            return False
        recorded.state, recorded.contents = state, _contents_of(node, known)
        return known is None or recorded.contents is None or not recorded.contents.is_same(known)

    def _kept_states(self, node):
        """Return how many states the history of a mask has for the steps that can be undone."""
        return 1 + sum(step.states for step in self._steps[: self._done] if step.node is node)

    def _drop_oldest(self):
        while len(self._steps) > 1 and (
            len(self._steps) > _MOST_STEPS or sum(step.kib for step in self._steps) > _MOST_KIB
        ):
            step = self._steps.pop(0)
            self._done -= 1
            if isinstance(step, _Step):
                self._drop_states(step.node, step.states)

    def _drop_states(self, node, count):
        history = self._recorded[node].history
        history.SetMaximumNumberOfStates(history.GetNumberOfStates() - count)
        history.SetMaximumNumberOfStates(_NO_LIMIT)

    def _choose(self, choose):
        self._is_choosing = True
        try:
            choose()
        finally:
            self._is_choosing = False
        self._changed()

    def _restore(self, step, once):
        recorded = self._recorded[step.node]
        self._restoring = True
        try:
            with slicer.util.NodeModify(step.node):  # as Slicer's editor does
                for _number in range(step.states):
                    once(recorded.history)
                step.node.InvokeCustomModifiedEvent(slicer.vtkMRMLDisplayableNode.DisplayModifiedEvent)
        finally:
            self._restoring = False
            self._look(recorded, step.node)
        self._changed()


def _state_of(node):
    """Return what changes with the voxels, names and meanings of a mask."""
    from AbdominalCalcificationLib.scene.segmentations import segments_state

    return segments_state(node)


def _contents_of(node, before=None):
    from AbdominalCalcificationLib.scene.contents import contents_of

    return contents_of(node, before)


def _origin_of(node):
    from AbdominalCalcificationLib.scene.edits import origin_text

    return origin_text(node)


def _kib_of(node):
    """Return the memory of the label maps of a mask."""
    segmentation = node.GetSegmentation()
    source = segmentation.GetSourceRepresentationName()
    segments = [segmentation.GetNthSegment(number) for number in range(segmentation.GetNumberOfSegments())]
    images = {image for image in (segment.GetRepresentation(source) for segment in segments) if image is not None}
    return sum(image.GetActualMemorySize() for image in images)


def _name_of_segment(node, segment_id):
    segment = node.GetSegmentation().GetSegment(segment_id) if segment_id else None
    return "" if segment is None else segment.GetName()
