"""The Export button of the page of radiographs: a result folder like that of the command line."""

from pathlib import Path

import qt
from slicer.i18n import tr as _

from .export_control import file_name


class RadiographExport:
    """Asks where to, and before anything is replaced.

    :param ui: widgets of the page by name
    :param state: RadiographState
    :param edits: RadiographEdits, told to note what is not noted yet
    """

    def __init__(self, ui, state, edits):
        self._button, self._state, self._edits = ui.exportButton, state, edits
        self._button.connect("clicked(bool)", self.export)

    def update(self):
        """Enable what can be done."""
        self._button.enabled = self._state.can_correct

    def export(self, checked=False):
        """Ask where to, and export."""
        chosen = qt.QFileDialog.getExistingDirectory(self._button, _("Folder for the result folder"))
        if not chosen:
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

        self._state.runner.start(self._state.logic.exportRadiographSteps(self._state.image, folder, overwrite), done)
