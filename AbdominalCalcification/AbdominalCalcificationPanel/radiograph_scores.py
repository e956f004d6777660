"""The score of the chosen radiograph: verdict, sum, eight parts that can be looked at and corrected."""

from slicer.i18n import tr as _

from . import radiograph_rows
from .results_view import verdict_of
from .table_view import TableView


class RadiographScores:
    """Shows the result; a click on a part shows its region, a click on a number corrects it.

    :param ui: widgets of the page by name
    :param state: RadiographState
    """

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        self._table = TableView(ui.scoresTable)
        self._is_quiet = False
        view = ui.scoresTable
        view.selectionModel().connect("selectionChanged(QItemSelection,QItemSelection)", self._selection_changed)
        view.connect("clicked(QModelIndex)", lambda _index: self._choose_selected())
        self._buttons = {0: ui.score0, 1: ui.score1, 2: ui.score2, 3: ui.score3, None: ui.scoreNone}
        for score, button in self._buttons.items():
            button.connect("clicked(bool)", lambda _checked=False, score=score: self.correct(score))
        ui.asModelButton.connect("clicked(bool)", self.restore)
        ui.undoButton.connect("clicked(bool)", self.undo)
        ui.wholeImageButton.connect("clicked(bool)", self.show_whole)

    def update(self):
        """Enable what can be done."""
        ui, state = self._ui, self._state
        can_correct = state.can_correct
        part = self._part
        if state.record is not None and state.parameters is not None:
            self._show_summary(state.record.result)
        for score, button in self._buttons.items():
            button.enabled = can_correct and part is not None
            button.checked = part is not None and part.score == score
        ui.asModelButton.enabled = can_correct and part is not None and part.origin == "reader"
        ui.undoButton.enabled = can_correct and bool(state.record.corrections.standing)
        ui.wholeImageButton.enabled = state.image is not None

    def show(self):
        """Show the result of the chosen radiograph, or that there is none."""
        ui, record = self._ui, self._state.record
        result = None if record is None else record.result
        ui.scoresTable.visible = ui.partLabel.visible = result is not None
        ui.verdictLabel.visible = result is not None
        self._is_quiet = True
        try:
            self._table.show(None if result is None else radiograph_rows.score_table(result, record.made))
            self._select()
        finally:
            self._is_quiet = False
        if result is None:
            ui.summaryLabel.text = _("Nothing scored yet.")
            ui.notesButton.visible = ui.correctionsButton.visible = False
        else:
            from AbdominalCalcificationLib.radiograph.verdict import headline

            ui.verdictLabel.text = verdict_of(result.trust, headline)
            self._show_summary(result)
            self._show_notes(result, record.corrections)
        self._show_part()
        self.update()

    def correct(self, score):
        """Give the chosen part a score; None says that it cannot be assessed."""
        from AbdominalCalcificationLib.radiograph.corrections import SCORE

        part = self._part
        if part is not None and (part.score != score or part.origin != "reader"):
            self._add(SCORE, score=score)
        self.update()  # the button was toggled by the click

    def restore(self, checked=False):
        """Give the chosen part the score of the model back."""
        from AbdominalCalcificationLib.radiograph.corrections import RESTORED

        self._add(RESTORED)

    def undo(self, checked=False):
        """Undo the last correction of whatever kind."""
        from AbdominalCalcificationLib.radiograph.corrections import BODIES, NAMES

        undone = self._state.record.undo()
        if undone is not None:
            self._state.messages.say(_("Undone: {what}").format(what=undone.text))
            self._state.changed(painted=undone.kind in (BODIES, NAMES))

    def show_whole(self, checked=False):
        """Show the whole radiograph again."""
        import slicer

        if slicer.app.layoutManager() is not None:
            slicer.util.resetSliceViews()

    @property
    def _part(self):
        """The chosen part of the result; None where none is chosen."""
        record = self._state.record
        if record is None or self._state.chosen is None:
            return None
        return record.result.score.part(*self._state.chosen)

    def _add(self, kind, **about):
        from AbdominalCalcificationLib.scene.radiograph.record import correction

        vertebra, wall = self._state.chosen
        self._state.record.add(correction(kind, vertebra=vertebra, wall=wall, **about))
        self._state.changed()

    def _show_summary(self, result):
        """Show the sum and its severity by the chosen table."""
        groups = self._groups()
        self._ui.summaryLabel.text = radiograph_rows.summary_text(result, groups)
        self._ui.summaryLabel.toolTip = radiograph_rows.groups_tip(groups)

    def _groups(self):
        from AbdominalCalcificationLib.radiograph.severity import TABLES

        return TABLES[self._state.parameters.radiographSeverity.value]

    def _show_notes(self, result, corrections):
        ui = self._ui
        ui.notesLabel.text, count = radiograph_rows.notes_text(result)
        ui.notesButton.text = _("Notes ({count})").format(count=count)
        ui.notesButton.visible = count > 0
        ui.correctionsLabel.text, standing = radiograph_rows.corrections_text(corrections)
        ui.correctionsButton.text = _("Corrections ({count})").format(count=standing)
        ui.correctionsButton.visible = bool(corrections.entries)

    def _show_part(self):
        part = self._part
        hint = _("Click on a score to see its region, and to correct it.")
        self._ui.partLabel.text = hint if part is None else radiograph_rows.part_text(part)

    def _select(self):
        """Select the cell of the chosen part again: other cells are other items."""
        from AbdominalCalcificationLib.radiograph.kauppila import VERTEBRAE, WALLS

        if self._state.chosen is not None and self._state.record is not None:
            vertebra, wall = self._state.chosen
            model = self._ui.scoresTable.model()
            self._ui.scoresTable.setCurrentIndex(model.index(VERTEBRAE.index(vertebra), WALLS.index(wall)))

    def _selection_changed(self, selected, deselected):
        self._choose_selected()

    def _choose_selected(self):
        if self._is_quiet or self._state.record is None:
            return
        chosen = self._ui.scoresTable.selectedIndexes()
        if len(chosen) == 1:
            self._state.chosen = radiograph_rows.part_in_table(chosen[0].row(), chosen[0].column())
            self._look()

    def _look(self):
        """Let the slice view look at the chosen part."""
        from AbdominalCalcificationLib.scene.radiograph.shown import show_scores
        from AbdominalCalcificationLib.scene.radiograph.views import look_at_line

        record = self._state.record
        show_scores(record, record.result, self._state.chosen)
        look_at_line(record, self._part.line)
        self._show_part()
        self.update()
