"""Run and Cancel of the page of radiographs, with what has to be asked before."""

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError

from .model_folders import ModelFolderButton
from .packages_view import PackageQuestion
from .parameters import radiograph_choices_of
from .radiograph_pixel_size import PixelSizeField, pixel_size_of
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
        title = _("Model folder of vertebrae (nnU-Net v2, 2D) or of the Kauppila score")
        self._browsing = ModelFolderButton(ui.radiographModelsBrowse, state, "radiographModels", title, is_list=True)
        self._pixel_size = PixelSizeField(ui.pixelSize, state, self.update)
        ui.runButton.connect("clicked(bool)", self.run)
        ui.cancelButton.connect("clicked(bool)", lambda _checked=False: state.runner.cancel())

    def update(self):
        """Enable what can be done."""
        ui, reason = self._ui, self.why_not()
        ui.radiographInputs.enabled = self._state.is_free
        self._pixel_size.update()
        ui.trustCheckBox.visible = self._has_own_models
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
            if self._has_own_models or pixel_size_of(state.image):  # what checks them takes a moment to import
                self._choices().check_models()
        except AbdominalCalcificationError as error:
            return str(error)
        return ""

    @property
    def _has_own_models(self):
        """Whether models are named in the place of the bundled ones."""
        return self._state.parameters is not None and bool(self._state.parameters.radiographModels.strip(" ;"))

    def _choices(self):
        return radiograph_choices_of(self._state.parameters, self._ui.trustCheckBox.checked)

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
        choices = state.messages.attempt(self._choices)
        if choices is None:
            return
        steps = state.logic.analyzeRadiographSteps(state.image, choices, keep)
        self._edits.note()
        state.runner.start(self._edits.quiet_steps(steps), self._scored)
