"""The review section: the masks are corrected in Slicer's own editor, and every step can be taken back."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InputError

from .mask_editor import MaskEditor
from .painting_limits import PaintingLimits
from .review_keys import ReviewKeys
from .territory_choice import TerritoryChoice

_ROLES = ("arteries", "calcification")


class ReviewView:
    """Switches between arteries and calcification; the editor is made when the section is first open with masks.

    :param state: PanelState; its undo stack is shown here
    """

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        self._is_entered, self._wanted, self._territory = False, "arteries", None
        self.territory_shown = lambda name: None  # called with the artery that is corrected, or chosen last
        self._editor = MaskEditor(ui.editorFrame, self._editor_changed)
        self._limits = PaintingLimits(ui, state, self._editor)
        self._territories = TerritoryChoice(ui.reviewTerritory, self._choose_territory)
        self._buttons = {"arteries": ui.reviewArteries, "calcification": ui.reviewCalcification}
        self._keys = ReviewKeys(
            {"A": lambda: self.switch("arteries"), "C": lambda: self.switch("calcification"), "X": self._limits.invert},
            state.undo.undo,
            state.undo.redo,
        )
        for role, button in self._buttons.items():
            button.connect("clicked(bool)", lambda _checked=False, role=role: self.switch(role))
        ui.reviewSection.connect("contentsCollapsed(bool)", lambda _collapsed: self.update())
        ui.undoButton.connect("clicked(bool)", lambda _checked=False: state.undo.undo())
        ui.redoButton.connect("clicked(bool)", lambda _checked=False: state.undo.redo())
        ui.editorFrame.visible = False
        self.show_steps()

    @property
    def editor_widget(self):
        """Slicer's editor widget; None before it is first needed."""
        return self._editor.widget

    @property
    def is_preparing(self):
        """Whether the editor waits until what limits painting is ready."""
        return self._limits.is_preparing

    def threshold_steps(self, ct, arteries):
        """Return from which HU on calcification counts, see PaintingLimits.threshold_steps."""
        return self._limits.threshold_steps(ct, arteries)

    @property
    def _is_editing(self):
        """Whether a mask is edited that is still the chosen one."""
        parameters, role = self._state.parameters, self._editor.role
        chosen = None if None in (parameters, role) else getattr(parameters, role)
        return chosen is not None and chosen is self._editor.mask

    def enter(self):
        """Called each time the module is opened."""
        self._is_entered = True
        self.update()

    def exit(self):
        """Called each time another module is opened: the mouse and the keys are its own."""
        self._is_entered = False
        self._limits.release()
        self._keys.remove()
        if self._editor.widget is not None:
            self._editor.put_down()
            self._editor.widget.removeViewObservations()

    def close(self):
        """Let go of the scene and of the keys, for good."""
        self.exit()
        self._editor.close()
        self._limits.forget()

    def let_go(self):
        """Let go of the scene, which is being closed."""
        self._keys.remove()
        self._editor.forget_node()
        self._limits.forget()
        self._territory = None

    def update(self):
        """Follow what is chosen, and whether the section is open."""
        reasons = {role: self.why_not(role) for role in _ROLES}
        for role, button in self._buttons.items():
            button.enabled = not reasons[role]
        hints = list(dict.fromkeys(reason for reason in reasons.values() if reason))
        self._ui.reviewHint.text = " ".join(hints)
        self._ui.reviewHint.visible = bool(hints)
        self._forget_steps_of_others()
        usable = [role for role in _ROLES if not reasons[role]]
        if self._ui.reviewSection.collapsed or not usable:
            self._stop()
        else:
            self._edit(self._wanted if self._wanted in usable else usable[0])

    def why_not(self, role):
        """Return why a mask cannot be corrected, and what to do; empty where it can."""
        from AbdominalCalcificationLib.scene.volumes import world_matrix

        parameters = self._state.parameters
        if parameters is None:
            return _("The scene is being closed.")
        if parameters.ct is None:
            return _("Choose a CT volume first.")
        mask = getattr(parameters, role)
        if mask is None:
            return {
                "arteries": _("There are no artery masks yet: press Run, or choose some under Inputs."),
                "calcification": _("There is no calcification mask yet: press Run, or choose one under Inputs."),
            }[role]
        if parameters.arteries is parameters.calcification:
            text = _(
                "'{mask}' is chosen as both masks, and painting one would change the other: clone it in the Data"
                " module, and choose the clone as one of them."
            )
            return text.format(mask=mask.GetName())
        try:
            world_matrix(mask)
        except InputError as error:
            return str(error)
        return ""

    def switch(self, role):
        """Correct the other mask."""
        if not self.why_not(role):
            self._wanted = role
            self._ui.reviewSection.collapsed = False
        self.update()

    def select_territory(self, name):
        """Choose the artery that is corrected, where it has a segment."""
        self._territory = name
        if self._is_editing and self._editor.role == "arteries":
            segments = self._segments()
            if name in segments:
                self._editor.select(segments[name])
            self._show_territories()
        self.territory_shown(self._territory)

    def show_steps(self):
        """Say what can be undone and done again; the masks may be others now."""
        undo = self._state.undo
        for button, text, title, what in (
            (self._ui.undoButton, undo.undo_text, _("Undo"), _("Undo: {step}")),
            (self._ui.redoButton, undo.redo_text, _("Redo"), _("Redo: {step}")),
        ):
            button.enabled = bool(text)
            button.text = what.format(step=text) if text else title
        if self._is_editing:
            self._select_what_is_there()
            self._limits.follow(self._is_entered)

    def _edit(self, role):
        parameters = self._state.parameters
        mask = getattr(parameters, role)
        if (role, mask) != (self._editor.role, self._editor.mask):
            self._state.undo.watch([parameters.arteries, parameters.calcification])
            self._editor.edit(role, mask, self._segment_to_edit(role))
        for each, button in self._buttons.items():
            button.checked = each == role
        self._ui.reviewTerritory.visible = role == "arteries"
        self._limits.show(role == "calcification")
        self._show_territories()
        self._limits.follow(self._is_entered)
        if self._is_entered:
            self._keys.install(self._editor.widget)

    def _stop(self):
        self._keys.remove()
        self._limits.release()
        if self._editor.role is not None:
            self._editor.let_go()
        for button in self._buttons.values():
            button.checked = False
        self._ui.reviewTerritory.visible = False
        self._limits.show(False)

    def _segment_to_edit(self, role):
        """Return the segment to begin with, and make it where a mask of calcification has none."""
        from AbdominalCalcificationLib.scene.segmentations import add_calcification, segment_of_calcification

        mask = getattr(self._state.parameters, role)
        ids = mask.GetSegmentation().GetSegmentIDs()
        if role == "calcification":
            return segment_of_calcification(mask) or (ids[0] if ids else add_calcification(mask))
        segments = self._segments()
        return segments.get(self._territory) or next(iter(segments.values()), ids[0] if ids else "")

    def _select_what_is_there(self):
        """Edit another segment where that of the editor is gone: taken back, or removed by somebody."""
        if self._editor.widget.currentSegmentID() not in self._editor.mask.GetSegmentation().GetSegmentIDs():
            self._editor.select(self._segment_to_edit(self._editor.role))
        self._show_territories()

    def _segments(self):
        from AbdominalCalcificationLib.scene.segmentations import segments_of_territories

        return segments_of_territories(self._state.parameters.arteries)

    def _show_territories(self):
        if self._editor.role == "arteries":
            self._territories.show(self._segments(), self._editor.widget.currentSegmentID())
            self._territory = self._territories.name or self._territory
        self.territory_shown(self._territory)

    def _choose_territory(self, name):
        """Edit the artery that the user chose; one that has no segment gets one."""
        from AbdominalCalcificationLib.anatomy import territory
        from AbdominalCalcificationLib.scene.segmentations import add_territory

        node = self._state.parameters.arteries
        if name not in self._segments():
            self._state.undo.before_change(node, _("add {artery}").format(artery=territory(name).title))
            add_territory(node, name)
            self._state.undo.record()
        self.select_territory(name)

    def _editor_changed(self):
        """Follow what was changed in the editor: a tool, its options, the segment, a limit."""
        if self._is_editing:
            self._show_territories()
            self._limits.take_over()

    def _forget_steps_of_others(self):
        parameters = self._state.parameters
        if parameters is not None:
            self._state.undo.keep([parameters.arteries, parameters.calcification])
