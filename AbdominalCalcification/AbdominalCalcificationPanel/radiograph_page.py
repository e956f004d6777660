"""The page of radiographs: its parts, wired together, and what the scene does to all of them."""

import slicer
from slicer.i18n import tr as _

from . import choosing
from .message_view import MessageView
from .question_bar import QuestionBar
from .radiograph_compare import RadiographCompare
from .radiograph_edits import RadiographEdits
from .radiograph_export import RadiographExport
from .radiograph_keeper import RadiographKeeper
from .radiograph_levels import RadiographLevels
from .radiograph_of_ct import RadiographOfCt
from .radiograph_run import RadiographRun
from .radiograph_scores import RadiographScores
from .radiograph_state import RadiographState
from .recovery_bar import RecoveryBar
from .runner import StepRunner
from .scene_page import ScenePage


class RadiographPage(ScenePage):
    """Makes the parts, follows the scene, and tells the parts when to look anew; as Panel does for the page of CTs.

    :param ui: widgets of the page by name
    :param logic: AbdominalCalcificationLogic
    """

    def __init__(self, ui, logic):
        ScenePage.__init__(self, ui)
        self._shown = self._layout = None
        messages, questions = MessageView(ui), QuestionBar(ui, self.update)
        runner = StepRunner(ui, messages, self.update, idle=logic.cleanup)
        self.state = RadiographState(logic, messages, questions, runner, changed=self._changed)
        self.edits = RadiographEdits(self.state)
        self.run = RadiographRun(ui, self.state, self.edits, self._scored)
        self.scores = RadiographScores(ui, self.state)
        self.levels = RadiographLevels(ui, self.state)
        self.compare = RadiographCompare(ui, self.state)
        self.of_ct = RadiographOfCt(ui, self.state, self._ct_scored)
        self.export = RadiographExport(ui, self.state, self.edits)
        self.keeper = RadiographKeeper(messages)
        self.recovery = RecoveryBar(ui, self.state, self.keeper, self._recovered, self._recovery_steps, "radiograph")
        self.follow_scene()
        self.set_parameters(self.state.logic.getParameterNode())
        self.show()
        self.edits.adopt()

    def close(self):
        """End what is at work and let go of the scene."""
        self._arrived.stop()
        self.state.runner.close()
        self.edits.close()
        self.set_parameters(None)
        self.keeper.close()
        self.removeObservers()

    def enter(self):
        """Called each time the page is opened."""
        self.is_open = True
        if self.state.parameters is None:
            return
        choosing.choose_radiograph(self.state.parameters)
        self.show()
        self.edits.adopt()
        self.show()
        self.recovery.look()
        self._show_image()

    def exit(self):
        """Called each time another page, or another module, is opened; what is at work goes on."""
        if not self.is_open:
            return
        from AbdominalCalcificationLib.scene.radiograph.views import back_to_layout

        self.is_open = False
        self.edits.note()
        self._ui.moveWallsButton.checked = False
        back_to_layout(slicer.mrmlScene, self._layout)
        self._layout = None

    def update(self, caller=None, event=None):
        """Follow what is chosen, and whether something is at work or asked."""
        image = self.state.image
        if image is not self._shown:
            self._shown, self.state.chosen = image, None
            self.show()
            if not slicer.mrmlScene.IsBatchProcessing():
                self.edits.adopt()
            if self.is_open and image is not None and not slicer.mrmlScene.IsBatchProcessing():
                self._show_image()
                if not self.state.runner.is_busy:
                    self.state.messages.say("")  # what it said was about the other one
        for part in (self.run, self.scores, self.levels, self.compare, self.of_ct, self.export, self.recovery):
            part.update()

    def show(self):
        """Show the result of the chosen radiograph, or that there is none."""
        self.edits.watch(self.state.record)
        self.scores.show()
        self.levels.show()
        self.compare.update()
        self.keeper.look()

    def _changed(self, painted=False):
        """Show a result that was corrected.

        :param painted: also put back what the vertebrae look like
        """
        from AbdominalCalcificationLib.scene.radiograph.shown import show_result, show_scores

        record = self.state.record
        self.edits.quietly(show_result, record, painted)
        self.edits.quietly(show_scores, record, record.result, self.state.chosen)
        self.show()
        self.update()

    def _scored(self, record):
        self.state.chosen = None
        self.show()
        self._show_image()
        self._ui.scoreButton.collapsed = False
        self.update()
        self.state.messages.say(_("Done."))

    def _ct_scored(self, record):
        """Choose what was simulated of the CT where no radiograph is chosen, else compare with it."""
        if self.state.image is None:
            self.state.parameters.radiograph = record.image
        self.show()
        self._show_image()
        self.compare.choose_ct(record)
        self._ui.compareButton.collapsed = False
        self.update()
        self.state.messages.say(_("Done."))

    def _recovery_steps(self, case):
        self.edits.note()
        return self.edits.quiet_steps(self.state.logic.recoverSteps(case))

    def _recovered(self, image, records, choices):
        """Choose the radiograph whose results were recovered."""
        self.state.parameters.radiograph = image
        self.state.chosen = None
        self.show()
        self._show_image()
        self.update()

    def _show_image(self):
        """Let the views show the chosen radiograph: not one patient's score beside another's image."""
        from AbdominalCalcificationLib.scene.radiograph.eligible import can_be_radiograph

        image = self.state.image
        if not self.is_open or not can_be_radiograph(image):
            return
        from AbdominalCalcificationLib.scene.radiograph.views import only_red_view, show_image

        before = only_red_view(slicer.mrmlScene)
        if self._layout is None:
            self._layout = before
        if (show_image(image) or before is not None) and slicer.app.layoutManager() is not None:
            slicer.util.resetSliceViews()

    def _choose_arrived(self):
        """Choose a radiograph that was loaded while the page is open, where none is chosen."""
        if self.state.parameters is not None and self.state.image is None:
            choosing.choose_radiograph(self.state.parameters)

    def _scene_start_close(self, caller, event):
        self.state.questions.dismiss()
        self._arrived.stop()
        self.state.runner.cancel()
        self.edits.close()
        self.set_parameters(None)
        self.keeper.let_go()
        self.show()
        self.state.messages.say("")

    def _scene_replaced(self, caller, event):
        self.set_parameters(None)
        self.set_parameters(self.state.logic.getParameterNode())
        choosing.choose_radiograph(self.state.parameters)
        self.show()
        self.edits.adopt()
        self.show()
        self._show_image()
