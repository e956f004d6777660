"""The panel: its parts, wired together, and what the scene does to all of them."""

import slicer
from slicer.i18n import tr as _

from . import choosing
from .case_list_view import CaseListView
from .choice_keeper import ChoiceKeeper
from .chosen_lengths import ChosenLengths
from .click_tools import ClickTools
from .comparison_view import ComparisonView
from .cut_points import CutPoints
from .export_control import ExportControl
from .history_keeper import HistoryKeeper
from .inputs_view import InputsView
from .live_control import LiveControl
from .mask_watcher import MaskWatcher
from .message_view import MessageView
from .packages_view import PackagesView
from .question_bar import QuestionBar
from .recovery_bar import RecoveryBar
from .results_view import ResultsView
from .retraining_view import RetrainingView
from .review_view import ReviewView
from .run_control import RunControl
from .runner import StepRunner
from .scene_page import ScenePage
from .segment_meanings import SegmentMeanings
from .sources import SourcesOfCases
from .state import PanelState
from .undo_stack import UndoStack
from .versions_view import VersionsView
from .vessels_view import VesselsView
from .warm_up import WarmUp


class Panel(ScenePage):
    """Makes the parts, follows the scene, and tells the parts when to look anew.

    A part has ``update()``, called whenever a choice changes and work begins or ends: quick. Those
    that show what is in the scene have ``show()`` for that.

    :param ui: widgets of the .ui file by name
    :param logic: AbdominalCalcificationLogic
    """

    def __init__(self, ui, logic):
        ScenePage.__init__(self, ui)
        self._shown_ct = None
        self._warm_up = WarmUp()
        messages, questions = MessageView(ui), QuestionBar(ui, self.update)
        runner = StepRunner(ui, messages, self.update, idle=logic.cleanup)
        undo = UndoStack(lambda: self.review.editor_widget, lambda: self.review.show_steps())
        self.state = PanelState(logic, messages, questions, runner, undo)
        self.packages = PackagesView(ui, self.state)
        self.inputs = InputsView(ui, self.state)
        self.meanings = SegmentMeanings(ui, self.state, self.update)
        self.review = ReviewView(ui, self.state)
        self.results = ResultsView(ui, self.state, self.review.select_territory)
        self.review.territory_shown = self.results.in_review.choose
        self.click_tools = ClickTools(ui, self.state, self.review.threshold_steps)
        self.cut_points = CutPoints(ui, self.state)
        self.lengths = ChosenLengths(self.state)
        self.comparison = ComparisonView(ui, self.state)
        self.run = RunControl(ui, self.state, self.packages, self.inputs.totalsegmentator, self._measured)
        self.export = ExportControl(ui, self.state, self._exported)
        self.sources = SourcesOfCases()
        self.case_list = CaseListView(ui, self.state, self._case_opened)
        self.retraining = RetrainingView(ui, self.state, self.case_list, self.packages)
        self.versions = VersionsView(ui, self.state, self._masks_replaced)
        self.history = HistoryKeeper(messages)
        self.choices = ChoiceKeeper(self.state, self.history)
        self.recovery = RecoveryBar(ui, self.state, self.history, self._recovered, logic.recoverSteps)
        self.live = LiveControl(self.state, messages, self.results.say_outdated, self.results.show)
        self.results.live = self.live
        self.vessels = VesselsView(ui, self.state, self.live)
        self.live.at_rest = self.vessels.show
        ui.reviewSection.connect("contentsCollapsed(bool)", self.live.prepare)
        self._measured_masks = MaskWatcher(self._measured_mask_changed)
        self._compared_masks = MaskWatcher(self._compared_mask_changed)

        self.follow_scene()
        self.show_scene()

    def close(self):
        """End what is at work and let go of the scene."""
        self._arrived.stop()
        self._warm_up.stop()
        self.click_tools.stop()
        self.cut_points.close()
        self.state.runner.close()
        self.case_list.close()
        self.retraining.close()
        self.review.close()
        self.state.undo.close()
        self.live.close()
        self.vessels.close()
        self.set_parameters(None)
        self.choices.close()
        self.history.close()
        self.removeObservers()

    def enter(self):
        """Called each time the module is opened."""
        self.is_open = True
        self.inputs.totalsegmentator.look()
        self.show_scene()
        self.recovery.look()
        self.retraining.enter()
        self.update()
        self.packages.show()
        self.review.enter()
        self._warm_up.start()

    def exit(self):
        """Called each time another module is opened."""
        self.is_open = False
        self.click_tools.stop()
        self.review.exit()

    def show_scene(self):
        """Show the scene's choices and results; take the first CT where none is chosen."""
        parameters = self.state.logic.getParameterNode()
        # Connecting fills the combo boxes anew: not each time the panel is opened.
        if self.state.parameters is not parameters:
            self.set_parameters(parameters)
        choosing.choose_ct(parameters)
        choosing.choose_masks_of_ct(parameters, self.results.found, instead_of_others=False)
        self.results.show()
        self.comparison.show()

    def _parameters_left(self):
        self._measured_masks.stop()
        self._compared_masks.stop()

    def update(self, caller=None, event=None):
        """Follow what is chosen, and whether something is at work or asked."""
        if self.state.parameters is not None:
            for node in choosing.drop_what_is_no_mask(self.state.parameters):
                text = _("'{name}' only shows a result and is no mask; choose another segmentation.")
                self.state.messages.say(text.format(name=node.GetName()))
        parts = (self.inputs, self.meanings, self.run, self.export, self.comparison, self.versions, self.recovery)
        lists = (self.case_list, self.retraining)
        for part in (*parts, self.review, *lists, self.click_tools, self.cut_points, self.vessels):
            part.update()
        self.lengths.update()  # what was typed may have overruled what was dragged
        parameters = self.state.parameters
        ct = None if parameters is None else parameters.ct
        if parameters is not None and ct is not self._shown_ct:
            changed, self._shown_ct = self._shown_ct is not None, ct
            if changed and not slicer.mrmlScene.IsBatchProcessing():  # what is being loaded has its own masks
                choosing.choose_masks_of_ct(parameters, self.results.found, instead_of_others=True)
                if ct is not None:
                    self._show_case(ct)
            self.results.show()
            self.comparison.show()
        self._shown_ct = ct
        self.live.update()
        self.results.update()
        if parameters is not None:
            self._watch_masks()
        self.choices.update()

    def _show_case(self, ct):
        """Let the views follow the chosen CT: not one patient's numbers beside another's image."""
        from AbdominalCalcificationLib.scene.display import show_ct, show_masks_of

        if show_ct(ct) and slicer.app.layoutManager() is not None:
            slicer.util.resetSliceViews()
        show_masks_of(ct)
        if not self.state.runner.is_busy:
            self.state.messages.say("")  # what it said was about the other one

    def _choose_arrived(self):
        """Choose a CT that was loaded while the panel is open, where none is chosen."""
        if self.state.parameters is not None and self.state.parameters.ct is None:
            self.show_scene()

    def _watch_masks(self):
        """Watch the masks that were measured, and those that were compared, for edits."""
        from AbdominalCalcificationLib.scene.results import all_results

        found, results = self.comparison.found, all_results(slicer.mrmlScene)
        self._measured_masks.watch([(node, one.ct) for one in results for node in one.measured.values()])
        compared = () if found is None else (*found.compared, found.arteries)
        self._compared_masks.watch([(node, self.state.parameters.ct) for node in compared])
        self.history.watch(choosing.masks_with_history(self.state.parameters, results))

    def _measured(self, outcome):
        self.live.measured(outcome.results.outdated)
        self.comparison.show()
        self.comparison.show_masks()  # what was compared may be another mask now
        self.results.show_measured(outcome)
        self.vessels.show()
        self.cut_points.follow_masks()

    def _masks_replaced(self, node):
        """Show what was made of a mask that was put back."""
        self.update()
        self.results.show()
        self.comparison.show()

    def _recovered(self, ct, masks, choices):
        """Choose the masks that were recovered, and what was chosen beside them."""
        parameters = self.state.parameters
        parameters.ct = ct
        for role, node in masks.items():
            setattr(parameters, role, node)
        self.sources.choose(parameters, masks)
        self._masks_replaced(None)
        self.choices.recovered(choices)

    def _exported(self, outcome):
        self.live.measured(outcome.results.outdated)
        self.comparison.show()
        self.results.show_measured(outcome)
        self.vessels.show()

    def _case_opened(self, case):
        """Choose what was opened, and look at it."""
        parameters = self.state.parameters
        parameters.arteries, parameters.calcification, parameters.cutOff = case.arteries, case.calcification, None
        parameters.ct = case.ct
        self.sources.choose(parameters, [role for role, node in case.masks.items() if node is not None])
        self._show_case(case.ct)

    def _measured_mask_changed(self, node):
        """Note that the numbers no longer belong to the mask, and let them follow."""
        from AbdominalCalcificationLib.scene.results import all_results

        measured = [one for one in all_results(slicer.mrmlScene) if node in one.measured.values()]
        was_following = self.live.is_following
        chosen = self.state.parameters
        if chosen is not None and any(one.ct is chosen.ct for one in measured):
            self.live.edited()
        new = [one for one in measured if not one.outdated]
        for one in new:
            one.mark_outdated()
        if new or was_following is not self.live.is_following:  # said once: this comes with every stroke of the brush
            self.results.say_outdated()
        self.results.clusters.follow_mask()

    def _compared_mask_changed(self, node):
        """Note that the comparison no longer belongs to the masks."""
        found = self.comparison.found
        if found is not None and not found.outdated:
            found.mark_outdated()
            self.comparison.show()

    def _scene_start_close(self, caller, event):
        self.state.questions.dismiss()
        self._arrived.stop()
        self.state.runner.cancel()
        self.case_list.leave()
        self.review.let_go()
        self.state.undo.close()
        self.live.close()
        self.set_parameters(None)
        self.history.let_go()
        self.state.messages.say("")

    def _scene_replaced(self, caller, event):
        from AbdominalCalcificationLib.scene.display import show_masks_of
        from AbdominalCalcificationLib.scene.results import all_results

        self.set_parameters(None)
        self.show_scene()
        ct = self.state.parameters.ct
        # A scene on its own looks as it was left; beside another one only the chosen case is in sight.
        if ct is not None and len({one.ct for one in all_results(slicer.mrmlScene)}) > 1:
            show_masks_of(ct)
