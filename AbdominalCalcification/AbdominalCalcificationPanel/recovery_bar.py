"""Offers the corrections that a crash has left on the disk."""

from slicer.i18n import tr as _


class RecoveryBar:
    """A quiet bar: one case at a time, to be recovered or discarded.

    :param recovered: called with the CT, the mask nodes by role, and what was chosen beside them
    :param is_written: returns whether all corrections in the scene are on the disk
    """

    def __init__(self, ui, state, recovered, is_written):
        self._ui, self._state, self._recovered, self._is_written = ui, state, recovered, is_written
        self._cases = []
        ui.recoverButton.connect("clicked(bool)", self.recover)
        ui.discardRecoveryButton.connect("clicked(bool)", self.ask_to_discard)
        ui.recoveryFrame.visible = False

    def look(self):
        """Look for what was left, without what running programs hold."""
        from AbdominalCalcificationLib.history.recovery import left_behind

        if not self._cases:  # else they are offered already, and reading them takes time
            self._cases = left_behind()
        self.update()

    def update(self):
        """Follow whether something is at work."""
        ui = self._ui
        ui.recoveryFrame.visible = bool(self._cases)
        ui.recoverButton.enabled = ui.discardRecoveryButton.enabled = self._state.is_free
        if self._cases:
            case, others = self._cases[0], len(self._cases) - 1
            text = _("Corrections of '{name}' were not saved when Slicer ended ({count} edits, last {time} UTC).")
            if not case.edits:  # all are part of the masks that were written whole
                text = _("Corrections of '{name}' were not saved when Slicer ended (last edit {time} UTC).")
            time = case.time[:16].replace("T", " ") or "–"
            shown = text.format(name=case.ct["name"], count=case.edits, time=time)
            ui.recoveryLabel.text = shown + (_(" {count} more after it.").format(count=others) if others else "")

    def recover(self, checked=False):
        """Put the masks onto their CT, which has to be loaded."""
        state, case = self._state, self._cases[0]

        def done(outcome):
            self._recovered(*outcome, case.choices)
            state.runner.start(self._written_steps(), written)

        def written(_nothing):
            self._take_away(case)
            state.messages.say(_("Recovered; save the scene, and press Recompute."))

        state.runner.start(state.logic.recoverSteps(case), done)

    def _written_steps(self):
        """Wait until what was just put back is on the disk again: only then what it came from may go."""
        from AbdominalCalcificationLib.progress import Progress

        while not self._is_written():
            yield Progress(_("Keeping what was recovered"), 0.9, waiting=True)

    def ask_to_discard(self, checked=False):
        """Remove the masks from the disk, after asking."""
        case = self._cases[0]
        text = _("Delete the corrections of '{name}' for good?").format(name=case.ct["name"])
        self._state.questions.ask(text, (_("Delete"), lambda: self._take_away(case)))

    def _take_away(self, case):
        case.discard()
        self._cases = [each for each in self._cases if each is not case]
        self.update()
