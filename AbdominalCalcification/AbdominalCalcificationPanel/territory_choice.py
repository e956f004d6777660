"""Which artery is corrected: one of all territories, also of those that have no segment yet."""

from slicer.i18n import tr as _


class TerritoryChoice:
    """The combo box of the territories.

    :param chosen: called with the name of the territory that the user chose
    """

    def __init__(self, box, chosen):
        self._box, self._chosen = box, chosen
        self._shown = None
        box.connect("activated(int)", lambda index: self._chosen(self._box.itemData(index)))

    @property
    def name(self):
        """The chosen territory; None where the editor's segment is none."""
        return self._box.itemData(self._box.currentIndex)

    def show(self, segments, segment_id):
        """Show the territories, those without a segment as such, and choose that of the editor's segment.

        :param segments: IDs of segments by name of the territory
        :param segment_id: the one that is edited
        """
        from AbdominalCalcificationLib.anatomy import TERRITORIES

        was_blocked = self._box.blockSignals(True)
        if self._shown != set(segments):
            self._shown = set(segments)
            self._box.clear()
            for each in TERRITORIES:
                text = each.title if each.name in segments else _("{artery}: add a segment").format(artery=each.title)
                self._box.addItem(text, each.name)
        names = [each.name for each in TERRITORIES]
        if segments.get(self.name) != segment_id:
            fitting = [name for name, each in segments.items() if each == segment_id]
            self._box.currentIndex = names.index(fitting[0]) if fitting else -1
        self._box.blockSignals(was_blocked)
