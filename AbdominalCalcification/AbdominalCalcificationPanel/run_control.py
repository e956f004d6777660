"""Run, Cancel and Recompute, with what has to be asked before."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError


class RunControl:
    """Starts the work that gives numbers.

    :param packages: PackagesView, asked where models need what is not installed
    :param measured: called with the scene.session.Outcome
    """

    def __init__(self, ui, state, packages, measured):
        self._ui, self._state, self._packages, self._measured = ui, state, packages, measured
        ui.runButton.connect("clicked(bool)", self.run)
        ui.cancelButton.connect("clicked(bool)", lambda _checked=False: state.runner.cancel())
        ui.recomputeButton.connect("clicked(bool)", self.recompute)

    def update(self):
        """Enable what can be done."""
        self._ui.cancelButton.enabled = self._state.runner.is_busy
        self._ui.runButton.enabled = self._state.is_free and self._state.has_ct
        self._ui.recomputeButton.enabled = self._state.is_free and self._state.has_masks

    def run(self, checked=False):
        """Run, after asking what has to be asked."""
        state = self._state
        if state.logic.needsModels(state.parameters) and self._packages.ask_to_install(self.run):
            return
        try:
            corrected = state.logic.masksToAskAbout(state.parameters)
        except AbdominalCalcificationError as error:
            state.messages.show_error(error)
            return
        if not corrected:
            self._run(replace=True)
            return
        text = _("{masks}: corrected by hand, or not made here. Running again would replace this work.")
        state.questions.ask(
            text.format(masks=", ".join(f"'{node.GetName()}'" for node in corrected)),
            (_("Keep, make new masks"), lambda: self._run(replace=False)),
            (_("Replace"), lambda: self._replace(corrected)),
        )

    def recompute(self, checked=False):
        self._state.runner.start(self._state.logic.recomputeSteps(self._state.parameters), self._measured)

    def _replace(self, agreed):
        """Run over masks that the user agreed to lose; ask again where others were corrected since."""
        if set(self._state.logic.masksToAskAbout(self._state.parameters)) <= set(agreed):
            self._run(replace=True)
        else:
            self.run()

    def _run(self, replace):
        steps = self._state.logic.analyzeSteps(self._state.parameters, self._ui.trustCheckBox.checked, replace)
        self._state.runner.start(steps, self._measured)
