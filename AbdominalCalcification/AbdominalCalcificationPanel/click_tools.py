"""Tools that act on the place that is clicked in a slice view: plaques added and removed, arteries repaired."""

import slicer
from slicer.i18n import tr as _

from .mask_editing import MaskEditing
from .slice_clicks import SliceClicks


class ClickTools:
    """One tool at a time waits for a click; each change is one step that can be undone.

    A missed plaque is shown before it is taken; the repairs of arteries act at once.

    :param ui: widgets of the .ui file by name
    :param state: PanelState
    """

    def __init__(self, ui, state):
        from AbdominalCalcificationLib.anatomy import TERRITORIES

        self._ui, self._state, self._editing = ui, state, MaskEditing(state)
        self._clicks = SliceClicks(self._click)
        self._change = self._preview = None
        self._threshold = {}  # HU by what it was found in
        self._names = [each.name for each in TERRITORIES] + [None]
        ui.pieceTerritory.addItems([each.title for each in TERRITORIES] + [_("(removed)")])
        ui.pieceTerritory.currentIndex = self._names.index("renal_left")
        self._tools = {
            ui.plaqueTool: self._plaque,
            ui.renameTool: self._rename,
            ui.joinTool: self._join,
            ui.splitTool: self._split,
        }
        for button in self._tools:
            button.connect("toggled(bool)", lambda checked, button=button: self._toggled(button, checked))
        ui.removeLoose.connect("clicked(bool)", lambda _checked=False: self._state.messages.attempt(self._remove_loose))
        ui.acceptPlaque.connect("clicked(bool)", lambda _checked=False: self._state.messages.attempt(self.accept))
        ui.dropPlaque.connect("clicked(bool)", lambda _checked=False: self.drop())

    def update(self):
        """Enable what can be done: not while something is at work on the masks."""
        ui, is_possible = self._ui, self._state.is_free and self._state.has_masks
        for widget in (*self._tools, ui.removeLoose, ui.pieceTerritory):
            widget.enabled = is_possible
        if not self._state.has_masks:
            self.stop()
        # What was shown may not fit the masks any more; the tool itself goes on when the work is done.
        elif not is_possible and self._change is not None:
            self.drop()
        ui.acceptPlaque.visible = ui.dropPlaque.visible = self._change is not None

    def stop(self):
        """Let no tool wait for a click, and take away what is shown but not taken."""
        for button in self._tools:
            button.checked = False
        self._clicks.stop()
        self.drop()

    def accept(self):
        """Add the plaque that is shown, as grown from the masks as they are now."""
        place = self._change[1]
        self.drop()
        self._editing.apply(self._grown(place), _("added plaque"))

    def drop(self):
        """Take away what is shown but not taken."""
        self._change = None
        preview, self._preview = self._preview, None
        if preview is not None and preview.GetScene() is not None:
            preview.GetScene().RemoveNode(preview)
        self._ui.acceptPlaque.visible = self._ui.dropPlaque.visible = False

    def _toggled(self, button, checked):
        if checked:
            for other in self._tools:
                if other is not button:
                    other.checked = False
            self._clicks.start()
        elif not any(each.checked for each in self._tools):
            self._clicks.stop()
        self.drop()

    def _click(self, place, with_ctrl):
        if not self._state.is_free:
            return
        for button, act in self._tools.items():
            if button.checked:
                self.drop()
                self._state.messages.attempt(act, place, with_ctrl)

    def _plaque(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import remove_plaque
        from AbdominalCalcificationLib.scene.preview import show_preview

        if with_ctrl:
            (calcification,) = self._editing.masks("calcification")
            self._editing.apply(remove_plaque(calcification, place), _("removed calcification"))
            return
        with slicer.util.WaitCursor():
            change = self._grown(place)
            self._preview = show_preview(self._state.parameters.ct, change)
        self._change = (change, place)
        self._ui.acceptPlaque.visible = self._ui.dropPlaque.visible = True
        self._state.messages.say(_("Shown, not yet added: {change}").format(change=change.text))

    def _grown(self, place):
        from AbdominalCalcificationLib.review import missed_plaque

        volumes = self._editing.masks("ct", "arteries", "calcification")
        distance_mm = self._state.parameters.maxDistanceMm
        return missed_plaque(*volumes, place, self._threshold_hu(*volumes[:2]), distance_mm)

    def _threshold_hu(self, ct, arteries):
        """Return from which HU on a plaque is grown: the threshold that suits the case."""
        from AbdominalCalcificationLib.comparison.thresholds import threshold_calcification
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        parameters = self._state.parameters
        known = (parameters.ct.GetID(), mask_state(parameters.arteries, parameters.ct))
        if known not in self._threshold:
            self._threshold = {known: threshold_calcification(ct, arteries).threshold_hu}
        return self._threshold[known]

    def _rename(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import relabel_piece

        (arteries,) = self._editing.masks("arteries")
        self._editing.apply(relabel_piece(arteries, place, self._chosen_name), _("renamed piece"))

    def _join(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import join_over_gap

        with slicer.util.WaitCursor():
            self._editing.apply(join_over_gap(*self._editing.masks("ct", "arteries"), place), _("joined gap"))

    def _split(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import split_here

        (arteries,) = self._editing.masks("arteries")
        with slicer.util.WaitCursor():
            self._editing.apply(split_here(arteries, place, self._chosen_name), _("cut artery"))

    def _remove_loose(self):
        from AbdominalCalcificationLib.review import remove_loose

        (arteries,) = self._editing.masks("arteries")
        self._editing.apply(remove_loose(arteries), _("removed loose pieces"))

    @property
    def _chosen_name(self):
        return self._names[self._ui.pieceTerritory.currentIndex]
