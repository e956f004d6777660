"""Tools that act on the place that is clicked in a slice view: plaques added and removed, arteries repaired."""

from slicer.i18n import tr as _

from .mask_editing import MaskEditing
from .slice_clicks import SliceClicks

_ALL = ("ct", "arteries", "calcification")


class ClickTools:
    """One tool at a time waits for a click; each change is one step that can be undone.

    A missed plaque is shown before it is taken; the repairs of arteries act at once. All are worked out in steps, with
    progress and Cancel.

    :param ui: widgets of the .ui file by name
    :param state: PanelState
    :param threshold_steps: told CT and arteries, returns a generator that returns from which HU on a plaque is grown
    """

    def __init__(self, ui, state, threshold_steps):
        from AbdominalCalcificationLib.anatomy import TERRITORIES

        self._ui, self._state, self._editing = ui, state, MaskEditing(state)
        self._clicks = SliceClicks(self._click)
        self._threshold_steps = threshold_steps
        self._change = self._preview = None
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
        elif self._change is not None and self._change[2] != self._state.parameters.paintAboveHu:
            place = self._change[1]
            self.drop()
            self._plaque(place, False)  # shown is what would be added
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
        self._editing.change(self._plaque_steps(place), _ALL, _("added plaque"))

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
        from AbdominalCalcificationLib.review import remove_plaque_steps

        if with_ctrl:
            self._editing.change(
                lambda calcification: remove_plaque_steps(calcification, place),
                ("calcification",),
                _("removed calcification"),
            )
        else:
            self._editing.work(self._plaque_steps(place), _ALL, lambda change: self._show(change, place))

    def _plaque_steps(self, place):
        """Return what grows a plaque from a place, of the masks as they are: above the HU that the slider says."""
        from AbdominalCalcificationLib.review import missed_plaque_steps

        def steps(ct, arteries, calcification):
            threshold_hu = yield from self._threshold_steps(ct, arteries)
            distance_mm = self._state.parameters.maxDistanceMm
            return (yield from missed_plaque_steps(ct, arteries, calcification, place, threshold_hu, distance_mm))

        return steps

    def _show(self, change, place):
        """Show a plaque that is not yet added."""
        from AbdominalCalcificationLib.scene.preview import show_preview

        self._preview = show_preview(self._state.parameters.ct, change)
        self._change = (change, place, self._state.parameters.paintAboveHu)
        self._ui.acceptPlaque.visible = self._ui.dropPlaque.visible = True
        self._state.messages.say(
            _("{proposal} Shown in yellow; press Add to take it.").format(proposal=change.proposal)
        )

    def _rename(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import relabel_piece_steps

        name = self._chosen_name
        self._repair(lambda arteries: relabel_piece_steps(arteries, place, name), _("renamed piece"))

    def _join(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import join_over_gap_steps

        self._editing.change(
            lambda ct, arteries: join_over_gap_steps(ct, arteries, place), ("ct", "arteries"), _("joined gap")
        )

    def _split(self, place, with_ctrl):
        from AbdominalCalcificationLib.review import split_here_steps

        name = self._chosen_name
        self._repair(lambda arteries: split_here_steps(arteries, place, name), _("cut artery"))

    def _remove_loose(self):
        from AbdominalCalcificationLib.review import remove_loose_steps

        self._repair(remove_loose_steps, _("removed loose pieces"))

    def _repair(self, make, name):
        self._editing.change(make, ("arteries",), name)

    @property
    def _chosen_name(self):
        return self._names[self._ui.pieceTerritory.currentIndex]
