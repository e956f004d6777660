"""The results section: totals, what is to be known about them, tables, chart and 3D."""

import html

import slicer
from slicer.i18n import tr as _

from .parameters import measurement_parameters


class ResultsView:
    """Shows the results of the chosen CT."""

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        ui.show3DButton.connect("toggled(bool)", self.show_3d)
        ui.showChartButton.connect("clicked(bool)", self.show_chart)
        ui.clustersTable.connect("selectionChanged()", self.jump_to_cluster)
        ui.clustersTable.connect("clicked(QModelIndex)", lambda _index: self.jump_to_cluster())

    @property
    def found(self):
        """The results of the chosen CT (scene.results.Results); None where there are none."""
        return self._state.logic.foundResults(self._state.parameters) if self._state.has_ct else None

    def update(self):
        """Enable what can be done; say whether the results are still those of what is chosen."""
        self._ui.show3DButton.enabled = self._state.has_masks
        self._show_flags(self.found)

    def show(self):
        """Show the results of the chosen CT, or that there are none."""
        ui, found = self._ui, self.found
        ui.territoriesTable.setMRMLTableNode(found.territories if found is not None else None)
        ui.clustersTable.setMRMLTableNode(found.clusters if found is not None else None)
        for widget in (ui.territoriesTable, ui.clustersLabel, ui.clustersTable):
            widget.visible = found is not None
        ui.showChartButton.enabled = found is not None
        ui.summaryLabel.text = summary_text(found.document) if found is not None else _("Nothing measured yet.")
        self._show_flags(found)

    def show_measured(self, outcome):
        """Show what was just measured, and say so."""
        self.show()
        self._ui.resultsButton.collapsed = False
        if self._ui.show3DButton.checked:
            self.show_3d(True, reset=False)
        else:
            self._ui.show3DButton.checked = True
        if outcome.results.outdated:
            self.say_outdated()
        elif outcome.kept_masks:
            names = ", ".join(f"'{name}'" for name in outcome.kept_masks)
            text = _("Done. {masks}: edited meanwhile and kept; the new mask is beside it.")
            self._state.messages.say(text.format(masks=names))
        else:
            self._state.messages.say(_("Done."))

    def say_outdated(self):
        """Say, also in the status line, that the numbers do not belong to the masks any more."""
        found = self.found
        self._show_flags(found)
        if found is not None and found.outdated and not self._state.runner.is_busy:
            self._state.messages.say(outdated_text(self._state.parameters, found))

    def show_3d(self, shown, reset=True):
        from AbdominalCalcificationLib.scene.display import show_surfaces

        parameters = self._state.parameters
        with slicer.util.WaitCursor():
            show_surfaces((parameters.arteries, parameters.calcification, parameters.cutOff), shown)
        if shown and reset and slicer.app.layoutManager() is not None:
            slicer.util.resetThreeDViews()

    def show_chart(self, checked=False):
        found = self.found
        if found is not None and found.chart is not None:
            slicer.modules.plots.logic().ShowChartInLayout(found.chart)

    def jump_to_cluster(self):
        """Centre the views on the cluster of the selected row."""
        from AbdominalCalcificationLib.scene.display import centre_on
        from AbdominalCalcificationLib.scene.tables import cluster_position

        table = self._ui.clustersTable
        rows = [
            table.sortFilterProxyModel().mapToSource(index).row() for index in table.selectionModel().selectedRows()
        ]
        if len(rows) == 1 and self.found is not None:
            centre_on(cluster_position(self.found.clusters, rows[0]))

    def _show_flags(self, found):
        outdated = outdated_text(self._state.parameters, found) if found is not None else ""
        flags = [outdated] if outdated else []
        if found is not None:
            flags += [flag["message"] for flag in found.document["flags"]]
        self._ui.flagsLabel.text = "<br>".join(f"⚠ {html.escape(text, quote=False)}" for text in flags)
        self._ui.flagsLabel.visible = bool(flags)


def outdated_text(parameters, found):
    """Return why results are not those of the masks and lengths that are chosen now; empty where they are."""
    from AbdominalCalcificationLib.reporting.documents import parameters_document

    if found.outdated:
        return _("The masks were changed: press Recompute for numbers that belong to them.")
    chosen = {"arteries": parameters.arteries, "calcification": parameters.calcification}
    if any(found.masks.get(role, node) is not node for role, node in chosen.items()):
        return _("Other masks are chosen than those that were measured: press Recompute for their numbers.")
    if found.document["parameters"] != parameters_document(measurement_parameters(parameters)):
        return _("Other lengths are set under Advanced than those measured with: press Recompute to use them.")
    return ""


def summary_text(document):
    """Return the totals in a sentence, and what counts in none of them."""
    total = document["total"]
    if total["burden"] is None:
        text = _("No artery was found.")
    else:
        text = _(
            "Total burden <b>{burden:.2f} %</b>: {calcified:.1f} mm³ calcified of {artery:.2f} mL artery,"
            " in {clusters} clusters."
        ).format(
            burden=100 * total["burden"],
            calcified=total["calcified_volume_mm3"],
            artery=total["artery_volume_mm3"] / 1000,
            clusters=total["cluster_count"],
        )
    left = [
        f"{document[key]:.1f} mm³ {where}"
        for key, where in (
            ("beyond_kept_length_calcified_volume_mm3", _("beyond the kept lengths")),
            ("unassigned_calcified_volume_mm3", _("near no artery")),
        )
        if document[key] > 0
    ]
    return text + (" " + _("Not counted: {what}.").format(what=", ".join(left)) if left else "")
