"""Notices that a mask was changed by whoever: painted, undone, renamed, moved."""

import slicer
from slicer.util import VTKObservationMixin

EVENTS = (
    slicer.vtkSegmentation.SourceRepresentationModified,
    slicer.vtkSegmentation.SegmentAdded,
    slicer.vtkSegmentation.SegmentRemoved,
    slicer.vtkSegmentation.SegmentModified,  # undone, renamed
    slicer.vtkMRMLTransformableNode.TransformModifiedEvent,
)


class MaskWatcher(VTKObservationMixin):
    """Watches masks of their CTs for edits; colours and what is shown do not count.

    :param changed: called with a mask node that is another one than it was
    """

    def __init__(self, changed):
        VTKObservationMixin.__init__(self)
        self._changed = changed
        self._watched = {}

    def watch(self, masks):
        """Watch these pairs of mask and CT, and no others."""
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        masks = {node: ct for node, ct in masks if node is not None and ct is not None}
        if masks == {node: ct for node, (ct, _state) in self._watched.items()}:
            return
        known = self._watched
        self.stop()
        for node in masks:
            for event in EVENTS:
                self.addObserver(node, event, self._on_event)
        # What was changed before an event told of it is still to be told.
        self._watched = {
            node: known[node] if node in known and known[node][0] is ct else (ct, mask_state(node, ct))
            for node, ct in masks.items()
        }

    def stop(self):
        """Watch nothing."""
        self.removeObservers()
        self._watched = {}

    def _on_event(self, node, event=None):
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        ct, before = self._watched.get(node, (None, None))
        if ct is None:
            return
        state = mask_state(node, ct)
        self._watched[node] = (ct, state)
        if state != before:
            self._changed(node)
