"""The case list: a folder or table of cases that a reader opens, corrects and finishes one after the other."""

from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError
from AbdominalCalcificationLib.work_clock import WorkClock

from .activity import Activity
from .fitting import show_fitted
from .result_rows import Cell, Row, Table
from .table_view import TableView


class CaseListView:
    """Opens the cases of a list, keeps what the reader says of them, and saves what was corrected.

    :param opened: called with the scene.ownership.SceneCase that was opened
    """

    def __init__(self, ui, state, opened):
        self._ui, self._state, self._opened = ui, state, opened
        self.source = self._store = self._case = self._selected = self._known_masks = self._reader = None
        self._clock = WorkClock()
        self._activity = Activity(self._clock.touch)
        self._held = ExitStack()
        self._table = TableView(ui.caseTable, chosen=self._select)
        ui.caseListOpenButton.connect("clicked(bool)", self.open_list)
        ui.caseOpenButton.connect("clicked(bool)", lambda _checked=False: self.open(self._selected))
        ui.casePreviousButton.connect("clicked(bool)", lambda _checked=False: self._step(-1))
        ui.caseNextButton.connect("clicked(bool)", lambda _checked=False: self._step(1))
        ui.caseNextOpenButton.connect("clicked(bool)", lambda _checked=False: self._step(1, only_open=True))
        ui.caseSaveButton.connect("clicked(bool)", lambda _checked=False: self.save())
        ui.caseHandOverButton.connect("clicked(bool)", self.hand_over)
        for text in _STATUS_TEXTS.values():
            ui.caseStatusComboBox.addItem(text())
        for rating in range(6):
            ui.caseRatingComboBox.addItem(str(rating or "–"))
        self._show()

    def close(self):
        """Let go of the case and end the process that reads."""
        self.leave()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def leave(self):
        """Let go of the case that is open; its time is kept."""
        case, self._case = self._case, None
        self._activity.stop()
        if case is not None:
            self._state.messages.attempt(self._keep_time, case)
        self._held.close()
        self._show()

    def update(self):
        """Follow whether something is at work."""
        ui, free = self._ui, self._state.is_free
        self._clock.touch()  # something was chosen, or work began or ended
        ui.caseListOpenButton.enabled = free
        ui.caseOpenButton.enabled = free and self._selected is not None
        for button in (ui.casePreviousButton, ui.caseNextButton, ui.caseNextOpenButton, ui.caseHandOverButton):
            button.enabled = free and self._store is not None
        for widget in (ui.caseSaveButton, ui.caseStatusComboBox, ui.caseRatingComboBox, ui.caseNotes):
            widget.enabled = free and self._case is not None

    def open_list(self, checked=False):
        """Open the list that is named, as the reader that is named."""
        from AbdominalCalcificationLib.casework import CaseStore

        if self._asks_first(self.open_list):
            return
        self.leave()
        self._selected = None
        path, reader = Path(self._ui.caseListPath.currentPath), self._ui.readerName.text
        self._store = self._state.messages.attempt(CaseStore.of, path, reader)
        self.source = None if self._store is None else path
        self._show()

    def open(self, case):
        """Open a case in place of the one that is open."""
        from AbdominalCalcificationLib.casework.reader import CaseReader
        from AbdominalCalcificationLib.scene.opened_case import open_case_steps

        if case is None or self._asks_first(lambda: self.open(case)):
            return
        self.leave()
        masks = self._state.messages.attempt(self._hold, case)
        if masks is None:
            self._held.close()
            return
        if self._reader is None:
            self._reader = CaseReader()
        steps = open_case_steps(self._reader, case, masks)
        self._state.runner.start(steps, lambda shown: self._show_opened(case, shown))

    def save(self, then=None):
        """Save masks and numbers of the case beside the list, and what was said of it; the case stays open."""
        if self._case is None:
            return
        if not self._state.has_masks:
            self._state.messages.attempt(self._keep, then)
            return
        masks = self._masks()  # what is edited from now on is not what is saved
        steps = self._state.logic.exportSteps(self._state.parameters, self._store.result_of(self._case), True)

        def done(_outcome):
            self._known_masks = masks
            self._state.messages.attempt(self._keep, then)

        self._state.runner.start(steps, done)

    def hand_over(self, checked=False):
        """Write the table of the cases that are done."""
        handed = self._state.messages.attempt(self._store.hand_over)
        if handed is None:
            return
        path, count = handed
        text = _("{count} cases that are done: {path}. For training: abdominal-calcification export-dataset {path} …")
        self._state.messages.say(text.format(count=count, path=path))

    @property
    def store(self):
        """The list that is open, as its reader works on it (casework.CaseStore); None where none is."""
        return self._store

    @property
    def has_unsaved(self):
        """Whether masks of the open case were changed since they were saved, or something was said of it."""
        if self._case is None:
            return False
        return self._masks() != self._known_masks or self._said() != self._state.messages.attempt(self._kept)

    def _asks_first(self, go_on):
        """Ask what becomes of corrections that were not saved; return whether there is a question."""
        if not self.has_unsaved:
            return False

        def dismiss():
            self.leave()  # what was changed or said and not saved is gone
            go_on()

        self._state.questions.ask(
            _("The case '{name}' was changed and not saved.").format(name=self._case.name),
            (_("Save, then go on"), lambda: self.save(go_on)),
            (_("Go on without"), dismiss),
        )
        return True

    def _hold(self, case):
        """Hold a case for this reader alone, and return its masks: what cannot be read is told first."""
        self._held.enter_context(self._store.opened(case))
        self._store.state_of(case)
        return self._store.masks_of(case)

    def _keep_time(self, case):
        state = self._store.state_of(case)
        self._store.keep(case, replace(state, seconds=state.seconds + self._clock.seconds))

    def _step(self, step, only_open=False):
        case = self._store.neighbour(self._case or self._selected, step, only_open=only_open)
        if case is None:
            self._state.messages.say(
                _("No case is left to do in this direction.") if only_open else _("No more cases.")
            )
            return
        self.open(case)

    def _select(self, number):
        self._selected = self._store.cases[number]
        self.update()

    def _show_opened(self, case, shown):
        self._case = self._selected = case
        self._clock.restart()
        self._opened(shown)
        self._activity.start()
        self._remember_masks()
        self._show()
        has_own = self._store.result_of(case).exists() or not self._store.state_of(case).saved
        self._state.messages.say("" if has_own else _("You have saved no masks of this case; these are the list's."))
        following = self._store.neighbour(case, only_open=True)
        if following is not None:
            with suppress(AbdominalCalcificationError):  # told when it is opened
                self._reader.read_ahead(following, self._store.masks_of(following))

    def _masks(self):
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        parameters = self._state.parameters
        if parameters is None or parameters.ct is None:
            return self._known_masks
        masks = (parameters.arteries, parameters.calcification)
        return [None if node is None else (node.GetID(), mask_state(node, parameters.ct)) for node in masks]

    def _remember_masks(self):
        self._known_masks = self._masks()

    def _kept(self):
        state = self._store.state_of(self._case)
        return state.status, state.rating, state.notes

    def _said(self):
        from AbdominalCalcificationLib.casework import Status

        ui = self._ui
        status = Status(list(_STATUS_TEXTS)[ui.caseStatusComboBox.currentIndex])
        return status, ui.caseRatingComboBox.currentIndex or None, ui.caseNotes.plainText

    def _keep(self, then=None):
        from AbdominalCalcificationLib.casework import Status

        status, rating, notes = self._said()
        if status is Status.UNTOUCHED:
            status = Status.IN_PROGRESS
        state = self._store.state_of(self._case)
        seconds = state.seconds + self._clock.seconds
        self._store.keep(self._case, replace(state, status=status, rating=rating, notes=notes, seconds=seconds))
        self._clock.restart()
        self._show()
        self._state.messages.say(_("Saved in {folder}").format(folder=self._store.folder_of(self._case)))
        if then is not None:
            then()

    def _show(self):
        """Show the list, and what was said of the open case."""
        store = self._store
        self._table.show(None if store is None else case_table(store))
        self._ui.caseTable.visible = store is not None
        if store is not None and self._case is not None:
            self._table.select(store.cases.index(self._case))
        self._show_state()
        self.update()

    def _show_state(self):
        ui = self._ui
        if self._case is None:
            ui.caseLabel.text = _("No case is open.")
            return
        state = self._state.messages.attempt(self._store.state_of, self._case)
        if state is None:
            return  # what is in the fields stays there
        number, count = self._store.cases.index(self._case) + 1, len(self._store.cases)
        text = _("Case {number} of {count}: {name}")
        show_fitted(ui.caseLabel, text.format(number=number, count=count, name=self._case.name))
        ui.caseStatusComboBox.currentIndex = list(_STATUS_TEXTS).index(state.status.value)
        ui.caseRatingComboBox.currentIndex = state.rating or 0
        ui.caseNotes.plainText = state.notes


_STATUS_TEXTS = {
    "untouched": lambda: _("untouched"),
    "in progress": lambda: _("in progress"),
    "done": lambda: _("done"),
    "rejected": lambda: _("rejected"),
}


def case_table(store):
    """Return the cases of a list with what was said of them."""
    from AbdominalCalcificationLib.errors import InputError

    rows = []
    for case in store.cases:
        try:
            state = store.state_of(case)
            cells = (
                Cell(_STATUS_TEXTS[state.status.value](), is_number=False),
                Cell("" if state.rating is None else str(state.rating), value=state.rating),
                Cell(f"{state.seconds / 60:.0f}" if state.saved else "", value=state.seconds),
                Cell(state.notes.partition("\n")[0], tip=state.notes, is_number=False),
            )
        except InputError as error:
            cells = (Cell("⚠", tip=str(error), is_number=False), Cell(""), Cell(""), Cell("", is_number=False))
        rows.append(Row(Cell(case.name, tip=str(case.ct), is_number=False), cells))
    columns = (
        Cell(_("Status"), is_number=False),
        Cell(_("Rating"), _("Of image or masks, 1 to 5.")),
        Cell(_("Minutes"), _("How long the case was worked on, without pauses.")),
        Cell(_("Notes"), is_number=False),
    )
    return Table(columns, tuple(rows))
