"""The Export button of the page of radiographs: a result folder like that of the command line."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.reporting.report_files import can_render

from .export_control import ask_where, file_name, offer_report


class RadiographExport:
    """Asks where to, and before anything is replaced.

    :param ui: widgets of the page by name
    :param state: RadiographState
    :param edits: RadiographEdits, told to note what is not noted yet
    """

    def __init__(self, ui, state, edits):
        self._button, self._state, self._edits = ui.exportButton, state, edits
        self._anonymous, self._report = ui.anonymousCheckBox, ui.reportCheckBox
        self._button.connect("clicked(bool)", self.export)

    def update(self):
        """Enable what can be done."""
        self._button.enabled = self._state.can_correct
        self._anonymous.enabled = self._state.is_free
        offer_report(self._report, self._state, _("A page for people, as PDF and HTML."))

    def export(self, checked=False):
        """Ask where to, and export."""
        name = f"{file_name(self._state.image.GetName())} radiograph"
        ask_where(self._button, self._state, name, "Anonymous radiograph", self.export_to)

    def export_to(self, folder, overwrite):
        """Write the result folder; what it held before is replaced only with `overwrite`."""
        self._edits.note()

        def done(_nothing):
            self._state.messages.say(_("Exported to {folder}").format(folder=folder))

        parameters = self._state.parameters
        wishes = {"anonymous": parameters.exportAnonymous, "report": parameters.exportReport and can_render()}
        wishes["severity"] = parameters.radiographSeverity.value
        steps = self._state.logic.exportRadiographSteps(self._state.image, folder, overwrite, **wishes)
        self._state.runner.start(steps, done)
