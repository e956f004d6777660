"""The Export button: a result folder like that of the command line."""

from itertools import count
from pathlib import Path

import qt
from slicer.i18n import tr as _


class ExportControl:
    """Asks where to, and before anything is replaced.

    :param measured: called with the scene.session.Outcome
    """

    def __init__(self, ui, state, measured):
        self._button, self._state, self._measured = ui.exportButton, state, measured
        self._anonymous = ui.anonymousCheckBox
        self._button.connect("clicked(bool)", self.export)

    def update(self):
        self._button.enabled = self._state.is_free and self._state.has_masks
        self._anonymous.enabled = self._state.is_free

    def export(self, checked=False):
        chosen = qt.QFileDialog.getExistingDirectory(self._button, _("Folder for the result folder"))
        if not chosen:
            return
        if self._state.parameters.exportAnonymous:
            self.export_to(_numbered(Path(chosen)), overwrite=False)
            return
        folder = Path(chosen) / f"{_file_name(self._state.parameters.ct.GetName())} calcification"
        if folder.exists():
            self._state.questions.ask(
                _("'{folder}' exists already.").format(folder=folder),
                (_("Replace its results"), lambda: self.export_to(folder, overwrite=True)),
            )
        else:
            self.export_to(folder, overwrite=False)

    def export_to(self, folder, overwrite):
        """Write the result folder; what it held before is replaced only with `overwrite`."""

        def done(outcome):
            self._measured(outcome)
            for note in outcome.notes:
                self._state.messages.log(note)
            self._state.messages.say(_("Exported to {folder}").format(folder=folder))

        steps = self._state.logic.exportSteps(self._state.parameters, folder, overwrite)
        self._state.runner.start(steps, done)


def _numbered(place):
    """Return a folder that is not there yet, by whose name nobody is known."""
    return next(each for number in count(1) if not (each := place / f"Anonymous calcification {number}").exists())


def _file_name(name):
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in name).strip(" .") or "CT"
