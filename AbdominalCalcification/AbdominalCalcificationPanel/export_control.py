"""The Export button: a result folder like that of the command line."""

from itertools import count
from pathlib import Path

import qt
from slicer.i18n import tr as _

from AbdominalCalcificationLib.reporting.report_files import can_render


class ExportControl:
    """Asks where to, and before anything is replaced.

    :param measured: called with the scene.session.Outcome
    """

    def __init__(self, ui, state, measured):
        self._button, self._state, self._measured = ui.exportButton, state, measured
        self._anonymous, self._dicom = ui.anonymousCheckBox, ui.dicomCheckBox
        self._report = ui.reportCheckBox
        self._button.connect("clicked(bool)", self.export)
        # Not toggled: a scene in which the report was unticked keeps it so.
        self._dicom.connect("clicked(bool)", self._tick_report)

    def update(self):
        self._button.enabled = self._state.is_free and self._state.has_masks
        self._anonymous.enabled = self._state.is_free
        tip = _("One to three pages for people, as PDF and HTML; among the DICOM objects, too, if there are any.")
        offer_report(self._report, self._state, tip)
        reason = self._why_no_dicom()
        self._dicom.enabled = self._state.is_free and reason is None
        self._dicom.toolTip = reason or (
            _(
                "Segmentations and a structured report in the study of the CT, for archives and viewers; and, where "
                "the report is exported, too, that as Encapsulated PDF and Secondary Capture. Ticking this ticks the "
                "report; untick it to leave it out."
            )
            if can_render()
            else _(
                "Segmentations and a structured report in the study of the CT, for archives and viewers; without the "
                "report, whose Python packages are missing."
            )
        )

    def _tick_report(self, ticked):
        """Objects have the report with them, as those of the command line, unless somebody unticks it."""
        if ticked and can_render():
            self._report.checked = True

    def _why_no_dicom(self):
        """Return why no DICOM can be written of the chosen CT; None where it can."""
        from AbdominalCalcificationLib.reporting.dicom.wish import can_write
        from AbdominalCalcificationLib.scene.dicom_files import is_from_dicom

        parameters = self._state.parameters
        if not is_from_dicom(None if parameters is None else parameters.ct):
            return _("The CT was not loaded from DICOM, so there is no study to which DICOM results could belong.")
        if not can_write():
            return _("DICOM results need the Python package highdicom: slicer.util.pip_install('highdicom').")
        return None

    def export(self, checked=False):
        name = f"{file_name(self._state.parameters.ct.GetName())} calcification"
        ask_where(self._button, self._state, name, "Anonymous calcification", self.export_to)

    def export_to(self, folder, overwrite):
        """Write the result folder; what it held before is replaced only with `overwrite`."""

        def done(outcome):
            self._measured(outcome)
            for note in outcome.notes:
                self._state.messages.log(note)
            self._state.messages.say(_("Exported to {folder}").format(folder=folder))

        steps = self._state.logic.exportSteps(self._state.parameters, folder, overwrite)
        self._state.runner.start(steps, done)


def offer_report(box, state, tip):
    """Enable the check box of a report where one can be made, and say what is missing where not."""
    box.enabled = state.is_free and can_render()
    missing = _("A report needs Python packages: slicer.util.pip_install(['jinja2', 'reportlab']).")
    box.toolTip = tip if can_render() else missing


def ask_where(button, state, name, anonymous_name, export_to):
    """Ask for the place of a result folder, and before anything is replaced.

    :param name: of the folder
    :param anonymous_name: of one whose name says of nobody who it is
    :param export_to: called with the folder and ``overwrite``
    """
    chosen = qt.QFileDialog.getExistingDirectory(button, _("Folder for the result folder"))
    if not chosen:
        return
    if state.parameters.exportAnonymous:
        export_to(numbered(Path(chosen), anonymous_name), overwrite=False)
        return
    folder = Path(chosen) / name
    if folder.exists():
        state.questions.ask(
            _("'{folder}' exists already.").format(folder=folder),
            (_("Replace its results"), lambda: export_to(folder, overwrite=True)),
        )
    else:
        export_to(folder, overwrite=False)


def numbered(place, name):
    """Return a folder that is not there yet, by whose name nobody is known."""
    return next(each for number in count(1) if not (each := place / f"{name} {number}").exists())


def file_name(name):
    """Return the name of a volume as part of the name of a folder."""
    return "".join(c if c.isalnum() or c in " ._-" else "_" for c in name).strip(" .") or "CT"
