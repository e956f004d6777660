"""Run, Cancel and Recompute, with what has to be asked before."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError

from .fitting import show_fitted
from .parameters import ArterySource, CalcificationSource


class RunControl:
    """Starts the work that gives numbers.

    :param packages: PackagesView, asked where models need what is not installed
    :param totalsegmentator: TotalSegmentatorView, which knows whether there are weights
    :param measured: called with the scene.session.Outcome
    """

    def __init__(self, ui, state, packages, totalsegmentator, measured):
        self._ui, self._state, self._packages, self._measured = ui, state, packages, measured
        self._totalsegmentator = totalsegmentator
        ui.runButton.connect("clicked(bool)", self.run)
        ui.cancelButton.connect("clicked(bool)", lambda _checked=False: state.runner.cancel())
        ui.recomputeButton.connect("clicked(bool)", self.recompute)

    def update(self):
        """Enable what can be done."""
        ui, reason = self._ui, self.why_not()
        offer_run(ui, self._state, reason, _("Segment what is needed, then measure."))
        ui.recomputeButton.enabled = self._state.is_free and self._state.has_masks

    def why_not(self):
        """Return why Run cannot be pressed, and what to do; empty where it can."""
        state, parameters = self._state, self._state.parameters
        if reason := state.why_not_free:
            return reason
        if parameters.ct is None:
            return _("Load a CT angiogram (Add Data, DICOM or Sample Data), or choose one under Inputs.")
        arteries, calcification = parameters.arterySource, parameters.calcificationSource
        if arteries == ArterySource.TOTALSEGMENTATOR and not self._totalsegmentator.has_weights:
            return _("TotalSegmentator has no weights for arteries here; choose another source of arteries.")
        fields = (
            (arteries == ArterySource.MODELS, parameters.arteryModels.strip(), _("the artery models")),
            (arteries == ArterySource.EXISTING, parameters.arteries, _("the artery masks")),
            (
                calcification == CalcificationSource.MODEL,
                parameters.calcificationModel.strip(),
                _("the calcification model"),
            ),
            (calcification == CalcificationSource.THRESHOLD, parameters.threshold.strip(), _("the threshold")),
            (calcification == CalcificationSource.EXISTING, parameters.calcification, _("the calcification mask")),
        )
        missing = [title for needed, value, title in fields if needed and not value]
        return _("Choose {what} under Inputs.").format(what=_(" and ").join(missing)) if missing else ""

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
            self._run()
            return
        text = _("{masks}: corrected by hand, or not made here. Running again makes new masks in their place.")
        state.questions.ask(
            text.format(masks=", ".join(f"'{node.GetName()}'" for node in corrected)),
            (_("Keep as earlier version"), self._run),
            (_("Do not keep"), lambda: self._replace(corrected)),
        )

    def recompute(self, checked=False):
        self._state.runner.start(self._state.logic.recomputeSteps(self._state.parameters), self._measured)

    def _replace(self, agreed):
        """Run over masks that the user agreed to lose; ask again where others were corrected since."""
        if set(self._state.logic.masksToAskAbout(self._state.parameters)) <= set(agreed):
            self._run(keep=False)
        else:
            self.run()

    def _run(self, keep=True):
        steps = self._state.logic.analyzeSteps(self._state.parameters, self._ui.trustCheckBox.checked, keep)
        self._state.runner.start(steps, self._measured)


def offer_run(ui, state, reason, tip):
    """Enable Run and Cancel of a page, and say why Run cannot be pressed, where there is a reason."""
    ui.cancelButton.enabled = state.runner.is_busy
    ui.runButton.enabled = not reason
    ui.runButton.toolTip = reason or tip
    # While something is at work the status line says what.
    show_fitted(ui.runHint, reason)
    ui.runHint.visible = bool(reason) and not state.runner.is_busy
