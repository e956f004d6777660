"""What the segments of a chosen mask are, where their names do not say it."""

import slicer
from slicer.i18n import tr as _


class SegmentMeanings:
    """Offers, for each segment that stands for nothing known, to say what it is.

    The answer is kept with the segment, so that everything that reads the mask understands it from then on.

    :param changed: called after somebody said what a segment is
    """

    def __init__(self, ui, state, changed):
        self._ui, self._state, self._changed = ui, state, changed
        self._unknown = []
        self._read = {}
        ui.unknownSegment.connect("currentIndexChanged(int)", self._show_choices)
        ui.segmentMeaning.connect("activated(int)", self._say)
        ui.segmentsFrame.visible = False

    def update(self):
        """Show the row where a chosen mask has segments that are not understood."""
        if not self._state.is_free:
            return
        unknown = [
            (role, node, segment)
            for role in ("arteries", "calcification")
            for node in [getattr(self._state.parameters, role)]
            if node is not None and self._state.has_ct
            for segment in self._unknown_segments(role, node)
        ]
        if [(role, node.GetID(), segment) for role, node, segment in unknown] == [
            (role, node.GetID(), segment) for role, node, segment in self._unknown if node.GetScene() is not None
        ]:
            return
        self._unknown = unknown
        box = self._ui.unknownSegment
        was_blocked = box.blockSignals(True)
        box.clear()
        for _role, node, segment in unknown:
            box.addItem(_("'{segment}' of '{mask}'").format(segment=segment.called, mask=node.GetName()))
        box.blockSignals(was_blocked)
        self._ui.segmentsFrame.visible = bool(unknown)
        self._show_choices()

    def _unknown_segments(self, role, node):
        """Return the segments of a mask that stand for nothing known; read again only where the mask changed."""
        from AbdominalCalcificationLib.reading.meanings import Wanted
        from AbdominalCalcificationLib.scene.masks import understood_segments
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        state = (role, mask_state(node, self._state.parameters.ct))
        before, unknown = self._read.get(node.GetID(), (None, ()))
        if state != before:
            unknown = understood_segments(node, Wanted(role)).unknown
            self._read[node.GetID()] = (state, unknown)
        return unknown

    def _show_choices(self, index=0):
        from AbdominalCalcificationLib.reading.meanings import Wanted, meaning_choices

        box = self._ui.segmentMeaning
        box.clear()
        box.addItem(_("is not measured; it is …"))
        number = self._ui.unknownSegment.currentIndex
        if not 0 <= number < len(self._unknown):
            return
        for name, title in meaning_choices(Wanted(self._unknown[number][0])):
            box.addItem(title, name)

    def _say(self, index):
        from AbdominalCalcificationLib.scene.segmentations import state_meaning

        number, meaning = self._ui.unknownSegment.currentIndex, self._ui.segmentMeaning.itemData(index)
        if meaning is None or not 0 <= number < len(self._unknown):
            return
        _role, node, segment = self._unknown[number]
        if node.GetScene() is slicer.mrmlScene:
            state_meaning(node, segment.segment_id, meaning)
        self._changed()
