"""Run and Cancel of the page of radiographs, with what has to be asked before."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InputError

from .packages_view import PackageQuestion
from .parameters import facing_of
from .run_control import offer_run


class RadiographRun:
    """Starts the work that gives a score.

    :param ui: widgets of the page by name
    :param state: RadiographState
    :param edits: RadiographEdits, for which the work is no correction
    :param scored: called with the record of the result
    """

    def __init__(self, ui, state, edits, scored):
        self._ui, self._state, self._edits, self._scored = ui, state, edits, scored
        self._packages = PackageQuestion(state)
        ui.runButton.connect("clicked(bool)", self.run)
        ui.cancelButton.connect("clicked(bool)", lambda _checked=False: state.runner.cancel())

    def update(self):
        """Enable what can be done."""
        ui, reason = self._ui, self.why_not()
        ui.radiographInputs.enabled = self._state.is_free
        offer_run(ui, self._state, reason, _("Find the vertebrae, and score the aorta in front of L1 to L4."))

    def why_not(self):
        """Return why Run cannot be pressed, and what to do; empty where it can."""
        from AbdominalCalcificationLib.scene.radiograph.eligible import check_is_radiograph

        state = self._state
        if reason := state.why_not_free:
            return reason
        if state.image is None:
            return _("Load a lateral radiograph (Add Data, DICOM or Sample Data), or choose one under Inputs.")
        try:
            check_is_radiograph(state.image)
        except InputError as error:
            return str(error)
        return ""

    def run(self, checked=False):
        """Run, after asking what has to be asked."""
        state = self._state
        if self._packages.ask_to_install(self.run):
            return
        record = state.record
        if record is None or not record.corrections.standing:
            self._run()
            return
        text = _("The result of '{name}' was corrected ({count}). Running again makes a new one in its place.")
        text = text.format(name=state.image.GetName(), count=len(record.corrections.standing))
        state.questions.ask(
            text,
            (_("Keep as earlier version"), self._run),
            (_("Do not keep"), lambda: self._replace(record.corrections)),
        )

    def _replace(self, agreed):
        """Run over corrections that the user agreed to lose; ask again where others were made since."""
        record = self._state.record
        if record is None or record.corrections == agreed:
            self._run(keep=False)
        else:
            self.run()

    def _run(self, keep=True):
        state = self._state
        parameters = state.parameters
        chosen = facing_of(parameters), parameters.radiographInverted, keep, parameters.device.value
        steps = state.logic.analyzeRadiographSteps(state.image, *chosen)
        self._edits.note()
        state.runner.start(self._edits.quiet_steps(steps), self._scored)
