"""The results section: totals, what is to be known about them, tables, chart and 3D."""

import html

import slicer
from slicer.i18n import tr as _

from . import result_rows
from .cluster_list import ClusterList
from .parameters import measurement_parameters
from .review_numbers import ReviewNumbers
from .table_view import TableView

_MARK_COLORS = {"…": "#666666", "✓": "#2e7d32", "⚠": "#b26a00", "✕": "#c0392b"}


class ResultsView:
    """Shows the results of the chosen CT.

    :param territory_chosen: called with the name of the territory whose row the user chose
    """

    def __init__(self, ui, state, territory_chosen):
        self._ui, self._state = ui, state
        # LiveControl, which knows whether the numbers follow.
        self.live = None
        self._looked_at = set()
        ui.show3DButton.connect("toggled(bool)", self.show_3d)
        ui.show3DButton.connect("clicked(bool)", self._look_at_3d)
        ui.showChartButton.connect("clicked(bool)", self.show_chart)
        ui.notesLabel.connect("linkActivated(QString)", self.select_territory)
        self._territory_chosen = territory_chosen
        self._territories = TableView(ui.territoriesTable, chosen=self._choose_territory)
        self.clusters = ClusterList(ui, state)
        self.in_review = ReviewNumbers(ui.reviewNumbers)

    @property
    def found(self):
        """The results of the chosen CT (scene.results.Results); None where there are none."""
        return self._state.logic.foundResults(self._state.parameters) if self._state.has_ct else None

    def update(self):
        """Enable what can be done; say whether the results are still those of what is chosen."""
        self._follow_3d()
        self._show_trust(self.found)
        self.clusters.update()

    def show(self):
        """Show the results of the chosen CT, or that there are none."""
        ui, found = self._ui, self.found
        document = None if found is None else found.document
        self._territories.show(None if found is None else result_rows.territory_table(document))
        self.clusters.show(found)
        for widget in (ui.territoriesTable, ui.clustersLabel, ui.clustersTable):
            widget.visible = found is not None
        ui.showChartButton.enabled = found is not None
        ui.summaryLabel.text = _("Nothing measured yet.") if found is None else summary_text(document)
        self._show_notes(document)
        self._show_trust(found)
        self._follow_3d()

    def show_measured(self, outcome):
        """Show what was just measured, and say so."""
        self.show()
        self._ui.resultsButton.collapsed = False
        if self._ui.show3DButton.checked:
            self.show_3d(True)
        else:
            self._ui.show3DButton.checked = True
        self._look_at(outcome)
        if outcome.results.outdated and not self.live.is_following:
            self.say_outdated()
        elif outcome.kept_masks:
            names = ", ".join(f"'{name}'" for name in outcome.kept_masks)
            text = _("Done. {masks}: edited meanwhile and kept; the new mask is beside it.")
            self._state.messages.say(text.format(masks=names))
        else:
            self._state.messages.say(_("Done."))

    def say_outdated(self):
        """Say that the numbers do not belong to the masks any more; in the status line, too, unless they follow."""
        found = self.found
        self._show_trust(found)
        if found is not None and found.outdated and not self._state.runner.is_busy and not self.live.is_following:
            self._state.messages.say(outdated_text(self._state.parameters, found, self.live))

    def show_3d(self, shown):
        """Show or hide the surfaces of the chosen masks."""
        from AbdominalCalcificationLib.scene.display import show_surfaces

        with slicer.util.WaitCursor():
            show_surfaces(self._shown_masks(), shown)

    def _look_at_3d(self, checked):
        """Bring a 3D view back where a chart has taken its place, and show what was shown there out of sight."""
        from AbdominalCalcificationLib.scene.display import bring_3d_into_sight

        if bring_3d_into_sight(slicer.mrmlScene):
            self._ui.show3DButton.checked = True

    def _follow_3d(self):
        """Let the button say what is shown: it may have come with a scene, or have been changed elsewhere."""
        from AbdominalCalcificationLib.scene.display import are_surfaces_shown

        button = self._ui.show3DButton
        button.enabled = self._state.has_masks
        was_blocked = button.blockSignals(True)
        button.checked = are_surfaces_shown(self._shown_masks())
        button.blockSignals(was_blocked)

    def _shown_masks(self):
        from AbdominalCalcificationLib.scene.cluster_colors import colors_of

        parameters = self._state.parameters
        if parameters is None:
            return ()
        colored = None if parameters.calcification is None else colors_of(parameters.calcification)
        return (parameters.arteries, parameters.calcification, parameters.cutOff, colored)

    def _look_at(self, outcome):
        """Turn the views to what was measured; only the first time, then they are where the user wants them."""
        from AbdominalCalcificationLib.scene.display import (
            centre_on,
            fit_cameras,
            place_to_look_at,
            window_for_angiogram,
        )

        ct = outcome.results.ct
        if ct is None or ct.GetID() in self._looked_at:
            return
        self._looked_at.add(ct.GetID())
        window_for_angiogram(ct)
        arteries = outcome.results.masks.get("arteries")
        if arteries is not None:
            fit_cameras(arteries)
        place = place_to_look_at(outcome.results.document, arteries)
        if place is not None:
            centre_on(place)

    def show_chart(self, checked=False):
        found = self.found
        if found is not None and found.chart is not None:
            slicer.modules.plots.logic().ShowChartInLayout(found.chart)

    def _choose_territory(self, number):
        """Tell of a row of the territories' table that was chosen; the last one is the total."""
        names = result_rows.territory_names(self.found.document) if self.found is not None else []
        if number < len(names):
            self._territory_chosen(names[number])

    def select_territory(self, name):
        """Select the row of a territory."""
        names = result_rows.territory_names(self.found.document) if self.found is not None else []
        if name in names:
            self._territories.select(names.index(name))

    def _show_trust(self, found):
        """Say whether the numbers below can be read."""
        lines = [] if found is None else [verdict_text(found.document)]
        outdated = "" if found is None else outdated_text(self._state.parameters, found, self.live)
        if outdated:
            lines.insert(0, _marked("…" if self.live.is_following else "⚠", outdated))
        document = None if found is None else found.document
        self.in_review.show(document, lines[0].partition(" <b>")[0] if lines else "", "<br>".join(lines))
        self._ui.verdictLabel.text = "<br>".join(lines)
        self._ui.verdictLabel.visible = bool(lines)

    def _show_notes(self, document):
        from AbdominalCalcificationLib.reporting.documents import document_notes

        notes = [] if document is None else document_notes(document)
        self._ui.notesLabel.text = "".join(f"<p>{_note(note)}</p>" for note in notes)
        self._ui.notesButton.text = _("Notes ({count})").format(count=len(notes))
        self._ui.notesButton.visible = bool(notes)


def verdict_text(document):
    """Return the verdict on a measurements document as rich text."""
    from AbdominalCalcificationLib.reporting.documents import document_trust
    from AbdominalCalcificationLib.trust import headline

    return verdict_of(document_trust(document), headline)


def verdict_of(trust, headline):
    """Return a verdict (trust.Trust) as rich text; `headline` says it in words."""
    from AbdominalCalcificationLib.trust import Verdict

    marks = {Verdict.OK: "✓", Verdict.REVIEW: "⚠", Verdict.UNUSABLE: "✕"}
    return _marked(marks[trust.verdict], headline(trust))


def _marked(mark, text):
    return f'<span style="color:{_MARK_COLORS[mark]}">{mark}</span> <b>{html.escape(text, quote=False)}</b>'


def _note(note):
    """Return a note as rich text; its arteries are links to their rows."""
    from AbdominalCalcificationLib.anatomy import territory
    from AbdominalCalcificationLib.flags import Effect

    mark = "" if note.effect is Effect.NOTE else "⚠ "
    links = ", ".join(f'<a href="{name}">{territory(name).short}</a>' for name in note.territories)
    text = html.escape(result_rows.note_text(note), quote=False)
    return f"{mark}{text}{f' ({links})' if links else ''}"


def outdated_text(parameters, found, live):
    """Return why results are not those of the masks and lengths that are chosen now; empty where they are.

    :param live: LiveControl
    """
    from AbdominalCalcificationLib.reporting.documents import parameters_document

    if live.is_following:
        return _("The numbers are being brought up to date.")
    if found.outdated and live.why_not:
        return _("The masks were changed, and the numbers cannot follow: {why}").format(why=live.why_not)
    if found.outdated:
        return _("The masks were changed: press Recompute for numbers that belong to them.")
    chosen = {"arteries": parameters.arteries, "calcification": parameters.calcification}
    if any(found.masks.get(role, node) is not node for role, node in chosen.items()):
        return _("Other masks are chosen than those that were measured: press Recompute for their numbers.")
    chosen_parameters = parameters_document(measurement_parameters(parameters))
    if found.document["parameters"] != chosen_parameters:
        known = {**found.document["parameters"], "reassigned": chosen_parameters.get("reassigned")}
        if {**chosen_parameters, "reassigned": known["reassigned"]} == known:
            return _("Clusters were given to other arteries: press Recompute for the numbers of these.")
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
