"""The Export button of the page of radiographs: a result folder like that of the command line."""

from pathlib import Path

import qt
from slicer.i18n import tr as _

from AbdominalCalcificationLib.reporting.report_files import can_render

from .export_control import file_name, numbered


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
        self._report.enabled = self._state.is_free and can_render()
        self._report.toolTip = (
            _("A page for people, as PDF and HTML.")
            if can_render()
            else _("A report needs Python packages: slicer.util.pip_install(['jinja2', 'reportlab']).")
        )

    def export(self, checked=False):
        """Ask where to, and export."""
        chosen = qt.QFileDialog.getExistingDirectory(self._button, _("Folder for the result folder"))
        if not chosen:
            return
        if self._state.parameters.exportAnonymous:
            self.export_to(numbered(Path(chosen), "Anonymous radiograph"), overwrite=False)
            return
        folder = Path(chosen) / f"{file_name(self._state.image.GetName())} radiograph"
        if folder.exists():
            self._state.questions.ask(
                _("'{folder}' exists already.").format(folder=folder),
                (_("Replace its results"), lambda: self.export_to(folder, overwrite=True)),
            )
        else:
            self.export_to(folder, overwrite=False)

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
