"""Names of vertebrae, and the walls of the aorta: corrected by buttons, in the views, or in the Segment Editor."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InputError


class RadiographLevels:
    """Shifts and renames vertebrae, and lets walls be dragged.

    :param ui: widgets of the page by name
    :param state: RadiographState
    """

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        self._listed = None
        ui.shiftUpButton.connect("clicked(bool)", lambda _checked=False: self.shift(1))
        ui.shiftDownButton.connect("clicked(bool)", lambda _checked=False: self.shift(-1))
        ui.renameButton.connect("clicked(bool)", self.rename)
        ui.vertebraBox.connect("currentIndexChanged(int)", self._propose)
        ui.moveWallsButton.connect("toggled(bool)", self.allow_moving)
        ui.wallsAsModelButton.connect("clicked(bool)", self.restore_walls)

    def update(self):
        """Enable what can be done, and list the vertebrae."""
        ui, state = self._ui, self._state
        can_correct = state.can_correct
        names = list(state.record.names.values()) if state.record is not None else []
        if names != self._listed:
            self._listed = names
            ui.vertebraBox.clear()
            ui.vertebraBox.addItems(names)
            self._propose()
        for button in (ui.shiftUpButton, ui.shiftDownButton):
            button.enabled = can_correct and bool(names)
        ui.renameButton.enabled = ui.vertebraBox.enabled = ui.nameBox.enabled = can_correct and bool(names)
        ui.moveWallsButton.enabled = can_correct or ui.moveWallsButton.checked
        ui.wallsAsModelButton.enabled = can_correct and bool(self._moved_walls())

    def show(self):
        """Let the walls be dragged as the button says."""
        self.allow_moving(self._ui.moveWallsButton.checked)
        self.update()

    def shift(self, levels):
        """Name every vertebra after the one `levels` above it."""
        from AbdominalCalcificationLib.radiograph.corrections import shifted

        self._name(lambda names: shifted(names, levels))

    def rename(self, checked=False):
        """Name the one vertebra as it is chosen."""
        from AbdominalCalcificationLib.radiograph.corrections import renamed

        vertebra, name = self._ui.vertebraBox.currentText, self._ui.nameBox.currentText
        if vertebra != name:
            self._name(lambda names: renamed(names, vertebra, name))

    def allow_moving(self, allowed):
        """Let the points of the walls be dragged, or see to it that no click moves them."""
        record = self._state.record
        if record is None:
            return
        from AbdominalCalcificationLib.radiograph.kauppila import WALLS

        for wall in WALLS:
            node = record.part(wall)
            if node is not None:
                node.SetLocked(not allowed)
                if allowed and node.GetDisplayNode() is not None:
                    node.GetDisplayNode().SetVisibility(True)

    def restore_walls(self, checked=False):
        """Put the walls that were moved back to where the model had them."""
        from AbdominalCalcificationLib.radiograph.corrections import RESTORED
        from AbdominalCalcificationLib.scene.radiograph.record import correction

        for wall in self._moved_walls():
            self._state.record.add(correction(RESTORED, wall=wall))
        self._state.changed()

    def _moved_walls(self):
        from AbdominalCalcificationLib.radiograph.corrected import moved_wall
        from AbdominalCalcificationLib.radiograph.kauppila import WALLS

        corrections = self._state.record.corrections
        return [wall for wall in WALLS if moved_wall(corrections, wall) is not None]

    def _name(self, renaming):
        from AbdominalCalcificationLib.radiograph.corrections import NAMES
        from AbdominalCalcificationLib.scene.radiograph.record import correction

        record = self._state.record
        try:
            record.add(correction(NAMES, names=renaming(record.names)))
        except InputError as error:
            self._state.messages.show_error(error)
            return
        self._state.changed()
        if record.result.score.total is None:
            self._state.messages.say(_("Levels in front of which nobody looked are not assessed; score them."))

    def _propose(self, _index=None):
        """List the names that the chosen vertebra could have, its own first."""
        own = self._ui.vertebraBox.currentText
        self._ui.nameBox.clear()
        if own:
            from AbdominalCalcificationLib.radiograph.spine import ORDER

            taken = set(self._listed or ()) - {own}
            self._ui.nameBox.addItems([own, *(each for each in ORDER if each not in taken and each != own)])
