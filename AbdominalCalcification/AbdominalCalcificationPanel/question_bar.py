"""Questions in the panel instead of dialogs."""

from slicer.i18n import tr as _

from .fitting import show_fitted


class QuestionBar:
    """One question at a time, with one or two answers and Cancel.

    :param changed: called when a question comes and goes
    """

    def __init__(self, ui, changed):
        self._frame, self._label, self._changed = ui.questionFrame, ui.questionLabel, changed
        self._buttons, self._cancel = (ui.firstAnswer, ui.secondAnswer), ui.lastAnswer
        self._answers = ()
        for index, button in enumerate((*self._buttons, self._cancel)):
            button.connect("clicked(bool)", lambda _checked=False, index=index: self._answer(index))
        self._frame.visible = False

    @property
    def is_open(self):
        """Whether a question waits for its answer."""
        return bool(self._answers)

    def ask(self, text, *answers):
        """Ask `text`; each of `answers` is what its button says and what to do."""
        self._answers = answers
        show_fitted(self._label, text)
        for index, button in enumerate(self._buttons):
            button.visible = index < len(answers)
            button.text = answers[index][0] if index < len(answers) else ""
        self._cancel.text = _("Cancel")
        self._frame.visible = True
        self._changed()

    def dismiss(self):
        """Take the question away and return the answers it had."""
        answers, self._answers = self._answers, ()
        self._frame.visible = False
        return answers

    def _answer(self, index):
        answers = self.dismiss()
        self._changed()
        if index < len(answers):
            answers[index][1]()
