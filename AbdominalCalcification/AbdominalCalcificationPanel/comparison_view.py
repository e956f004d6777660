"""The comparison section: two masks compared, and where they differ."""

from slicer.i18n import tr as _

from .result_rows import comparison_table
from .table_view import TableView


class ComparisonView:
    """Compares masks and shows the comparison of the chosen CT."""

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        self._table = TableView(ui.comparisonTable)
        ui.compareButton.connect("clicked(bool)", self.compare)
        self._segments = (ui.showBoth, ui.showOnlyA, ui.showOnlyB)
        for toggle in (ui.showDisagreement, *self._segments):
            toggle.connect("toggled(bool)", self.show_disagreement)
        self._color_toggles()

    @property
    def found(self):
        """The comparison of the chosen CT (scene.comparison.Comparison); None where there is none."""
        return self._state.logic.foundComparison(self._state.parameters) if self._state.has_ct else None

    def update(self):
        state = self._state
        comparable = state.has_ct and state.logic.comparedReference(state.parameters) is not None
        self._ui.compareButton.enabled = comparable and state.is_free

    def compare(self, checked=False):
        self._state.runner.start(self._state.logic.compareSteps(self._state.parameters), self._compared)

    def show(self):
        """Show the comparison of the chosen CT, or that there is none."""
        found = self.found
        self._table.show(None if found is None else comparison_table(found.table))
        for widget in (self._ui.comparisonTable, self._ui.disagreementRow):
            widget.visible = found is not None
        text = found.description if found is not None else _("Nothing compared yet.")
        if found is not None and found.outdated:
            text += " " + _("A mask was changed since: press Compare for numbers that belong to it.")
        self._ui.comparisonLabel.text = text

    def show_disagreement(self, checked=False):
        """Show the disagreement as the check boxes say."""
        from AbdominalCalcificationLib.scene.comparison import show_comparison

        shown, found = self._ui.showDisagreement.checked, self.found
        for toggle in self._segments:
            toggle.enabled = shown
        if found is not None:
            names = ("both", "only_first", "only_second")
            segments = {name: toggle.checked for name, toggle in zip(names, self._segments, strict=True)}
            show_comparison(found, shown, segments)

    def show_masks(self):
        """Show the masks again in place of where they differ."""
        self._ui.showDisagreement.checked = False

    def _compared(self, comparison):
        self.show()
        self._state.messages.say(_("Done."))
        self._ui.showDisagreement.checked = True
        self.show_disagreement()  # also where it was checked already

    def _color_toggles(self):
        """Give the check boxes the colours of the segments that they show."""
        from AbdominalCalcificationLib.display import BOTH_COLOR, ONLY_FIRST_COLOR, ONLY_SECOND_COLOR

        for toggle, color in zip(self._segments, (BOTH_COLOR, ONLY_FIRST_COLOR, ONLY_SECOND_COLOR), strict=True):
            red, green, blue = (round(255 * part) for part in color)
            toggle.styleSheet = f"font-weight: bold; color: rgb({red}, {green}, {blue})"
