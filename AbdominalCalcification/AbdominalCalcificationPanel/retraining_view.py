"""Retraining from the case list: a job that outlives Slicer is begun, looked at, stopped and taken up again."""

from contextlib import suppress
from pathlib import Path

import qt
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.progress import duration_text

from .fitting import show_fitted
from .parameters import ArterySource, CalcificationSource, RetrainTask

# How often the files of a job that runs are looked at.
_EVERY_MS = 2000


class RetrainingView:
    """Shows the retraining of the open list, else the last one that was begun on this computer.

    :param case_list: CaseListView, which knows whose cases are done
    :param packages: PackagesView, asked where what trains is not installed
    """

    def __init__(self, ui, state, case_list, packages):
        self._ui, self._state, self._case_list, self._packages = ui, state, case_list, packages
        self._work = self._shown = self._asked_for = None
        self._timer = qt.QTimer()
        self._timer.interval = _EVERY_MS
        self._timer.connect("timeout()", self.look)
        ui.retrainButton.connect("clicked(bool)", self.begin)
        ui.retrainCancelButton.connect("clicked(bool)", self.cancel)
        ui.retrainResumeButton.connect("clicked(bool)", self.resume)
        ui.retrainUseButton.connect("clicked(bool)", self.use)
        ui.retrainSection.connect("contentsCollapsed(bool)", lambda _collapsed: self.find())
        self._show()

    def close(self):
        """Look no more; the job goes on."""
        self._timer.stop()

    def enter(self):
        """Show a job that is at work, although it was begun before Slicer was started."""
        from AbdominalCalcificationLib.retraining.work import Status, known_jobs, read_state

        for work in known_jobs():
            with suppress(InputError):
                if read_state(work).status is Status.RUNNING:
                    self._ui.retrainSection.collapsed = False
                    break
        self.find()

    def update(self):
        """Follow what is chosen, and whether something is at work here."""
        wanted = (self._case_list.source, self._task_name)
        if wanted != self._asked_for:
            self.find()
        self._enable()

    def find(self):
        """Find the job that is to be shown: of the open list and the task, else the newest that is known."""
        source, task = self._asked_for = (self._case_list.source, self._task_name)
        if self._ui.retrainSection.collapsed or task is None:
            self._asked_for = None  # nobody sees it: no file is looked at
            self._timer.stop()
            return
        from AbdominalCalcificationLib.retraining.work import known_jobs, list_folder, works_of

        if source is not None:
            self._work = next(reversed(works_of(list_folder(Path(source)), task)), None)
        else:
            self._work = next(iter(known_jobs(forget=True)), None)
        self.look()

    def look(self):
        """Look how far the job is."""
        from AbdominalCalcificationLib.retraining.work import Status, read_state

        self._shown = None
        try:
            if self._work is not None:
                self._shown = read_state(self._work)
        except InputError as error:
            self._work = None
            self._show(str(error))
            self._timer.stop()
            return
        if self._shown is not None and self._shown.status is Status.RUNNING:
            self._timer.start()
        else:
            self._timer.stop()
        self._show()

    def begin(self, checked=False):
        """Begin with the cases that the reader has done."""
        if self._packages.ask_to_install(self.begin):
            return
        work = self._state.messages.attempt(self._begun)
        if work is not None:
            self._work = work
            self.look()

    def cancel(self, checked=False):
        """Let the job end after the step at hand."""
        from AbdominalCalcificationLib.retraining.work import ask_to_stop

        if self._state.messages.attempt(ask_to_stop, self._work) is not None:
            self._state.messages.say(_("It ends after the step at hand, with a checkpoint; Resume goes on from there."))
        self.look()

    def resume(self, checked=False):
        """Take the job up again, with the minutes that are chosen now."""
        if self._packages.ask_to_install(self.resume):
            return
        self._state.messages.attempt(self._resumed)
        self.look()

    def use(self, checked=False):
        """Choose the model that was offered as the source of its masks."""
        from AbdominalCalcificationLib.retraining.plan import Plan

        plan = self._state.messages.attempt(Plan.read, self._work)
        if plan is None or self._shown is None:
            return
        parameters = self._state.parameters
        if not Path(self._shown.model, "plans.json").is_file():
            self._state.messages.say(_("The model is not in '{path}' any more.").format(path=self._shown.model))
        elif plan.task_name == "arteries":
            parameters.arteryModels, parameters.arterySource = self._shown.model, ArterySource.MODELS
        else:
            parameters.calcificationModel = self._shown.model
            parameters.calcificationSource = CalcificationSource.MODEL

    @property
    def _task_name(self):
        parameters = self._state.parameters
        return None if parameters is None else parameters.retrainTask.value

    def _begun(self):
        """Begin, and return the work folder; what is wrong is an AbdominalCalcificationError."""
        from AbdominalCalcificationLib.retraining.corrected import of_readers
        from AbdominalCalcificationLib.retraining.launch import begin, start
        from AbdominalCalcificationLib.retraining.plan import Plan
        from AbdominalCalcificationLib.retraining.work import list_folder, next_work

        store, source, parameters = self._case_list.store, Path(self._case_list.source), self._state.parameters
        cases, _remarks = of_readers([store], str(source), len(store.cases))
        plan = Plan(
            self._task_name,
            tuple(cases),
            "",
            initial=self._present(),
            minutes=parameters.retrainMinutes,
            device=parameters.device.value,
            trust=self._ui.trustCheckBox.checked,
        )
        work = next_work(list_folder(source), self._task_name)
        begin(plan, work, source.absolute().stem)
        start(work)
        return work

    def _present(self):
        """Return the model that is chosen now, to start from and to beat; None for the bundled one."""
        parameters = self._state.parameters
        if parameters.retrainTask is RetrainTask.ARTERIES:
            is_own, text = parameters.arterySource == ArterySource.MODELS, parameters.arteryModels
        else:
            is_own, text = parameters.calcificationSource == CalcificationSource.MODEL, parameters.calcificationModel
        folders = [part.strip() for part in text.split(";") if part.strip()] if is_own else []
        if len(folders) > 1:
            raise InputError(_("Several artery models are chosen; choose the one to start from under Inputs."))
        return folders[0] if folders else None

    def _resumed(self):
        from AbdominalCalcificationLib.retraining.launch import go_on, start

        go_on(self._work, minutes=self._state.parameters.retrainMinutes)
        start(self._work)

    def _show(self, error=""):
        ui, shown = self._ui, self._shown
        ui.retrainProgress.visible = shown is not None and shown.status.value == "running"
        if shown is not None and shown.fraction is not None:
            ui.retrainProgress.value = int(1000 * shown.fraction)
        show_fitted(ui.retrainLabel, error or self._text())
        self._enable()

    def _text(self):
        if self._work is None or self._shown is None:
            return _("Cases that are done become a model; it is offered where it is better on those held out.")
        where = "" if self._case_list.source is not None else f"{self._work.parents[1].name}: "
        if self._shown.status.value != "running":
            return where + self._shown.text
        left = self._shown.seconds_left
        after = "" if left is None else _(", about {time} left").format(time=duration_text(left))
        return where + (self._shown.stage or _("Starting")) + after

    def _enable(self):
        ui, shown, free = self._ui, self._shown, self._state.is_free
        status = None if shown is None else shown.status
        is_running = status is not None and status.value == "running"
        ui.retrainButton.enabled = free and self._case_list.store is not None and not is_running
        ui.retrainCancelButton.enabled = is_running
        ui.retrainResumeButton.enabled = free and shown is not None and (status.can_go_on or shown.may_be_longer)
        ui.retrainUseButton.enabled = free and shown is not None and bool(shown.model)
