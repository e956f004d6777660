"""Offers the corrections that a crash has left on the disk."""

from slicer.i18n import tr as _


class RecoveryBar:
    """A quiet bar: one case of the page at a time, to be recovered or discarded.

    :param keeper: HistoryKeeper or RadiographKeeper, which keeps on the disk what was recovered
    :param recovered: called with what the steps return, and what was chosen beside the masks
    :param steps: returns the work that recovers a case
    :param kind: of AbdominalCalcificationLib.history.recovery; of others the bar says only that they are there
    """

    def __init__(self, ui, state, keeper, recovered, steps, kind="ct"):
        self._ui, self._state, self._keeper, self._recovered = ui, state, keeper, recovered
        self._steps, self._kind = steps, kind
        self._cases, self._has_others = [], False
        ui.recoverButton.connect("clicked(bool)", self.recover)
        ui.discardRecoveryButton.connect("clicked(bool)", self.ask_to_discard)
        ui.recoveryFrame.visible = False

    def look(self):
        """Look for what was left, without what running programs hold."""
        from AbdominalCalcificationLib.history.recovery import left_behind

        if not self._cases:  # else they are offered already, and reading them takes time
            found = left_behind(self._kind)
            self._cases = [case for case in found if case.kind == self._kind]
            self._has_others = len(found) > len(self._cases)
        self.update()

    def update(self):
        """Follow whether something is at work."""
        ui = self._ui
        ui.recoveryFrame.visible = bool(self._cases) or self._has_others
        ui.recoverButton.visible = ui.discardRecoveryButton.visible = bool(self._cases)
        ui.recoverButton.enabled = ui.discardRecoveryButton.enabled = self._state.is_free
        on_other_page = {
            "ct": _("Corrections of radiographs were not saved: see the page Radiograph."),
            "radiograph": _("Corrections of CTs were not saved: see the page CT."),
        }[self._kind]
        told = [on_other_page] if self._has_others else []
        if self._cases:
            case, others = self._cases[0], len(self._cases) - 1
            text = _("Corrections of '{name}' were not saved when Slicer ended ({count} edits, last {time} UTC).")
            if not case.edits:  # all are part of the masks that were written whole
                text = _("Corrections of '{name}' were not saved when Slicer ended (last edit {time} UTC).")
            time = case.time[:16].replace("T", " ") or "–"
            shown = text.format(name=case.ct["name"], count=case.edits, time=time)
            told.insert(0, shown + (_(" {count} more after it.").format(count=others) if others else ""))
        ui.recoveryLabel.text = " ".join(told)

    def recover(self, checked=False):
        """Put the corrections onto their image, which has to be loaded."""
        state, case = self._state, self._cases[0]

        def done(outcome):
            self._recovered(*outcome, case.choices)
            state.runner.start(self._written_steps(), written)

        def written(_nothing):
            problem = self._keeper.saves.problem
            if problem is not None:  # what it came from is all that is on the disk
                text = _("Recovered, and not removed from the disk, since it cannot be written anew ({reason}).")
                state.messages.say(text.format(reason=problem.reason))
                return
            self._take_away(case)
            of_ct = _("Recovered; save the scene, and press Recompute.")
            state.messages.say(of_ct if self._kind == "ct" else _("Recovered; save the scene."))

        state.runner.start(self._steps(case), done)

    def _written_steps(self):
        """Wait until what was just put back is on the disk again: only then what it came from may go."""
        from AbdominalCalcificationLib.progress import Progress

        while not self._keeper.is_written:
            yield Progress(_("Keeping what was recovered"), 0.9, waiting=True)

    def ask_to_discard(self, checked=False):
        """Remove the corrections from the disk, after asking."""
        case = self._cases[0]
        text = _("Delete the corrections of '{name}' for good?").format(name=case.ct["name"])
        self._state.questions.ask(text, (_("Delete"), lambda: self._take_away(case)))

    def _take_away(self, case):
        case.discard()
        self._cases = [each for each in self._cases if each is not case]
        self.update()
