"""What the parts of the panel share."""

from dataclasses import dataclass

from slicer.i18n import tr as _


@dataclass
class PanelState:
    """What the parts of the panel share.

    Attributes
    ----------
    logic : AbdominalCalcificationLogic
    messages : MessageView
    questions : QuestionBar
    runner : StepRunner
    undo : UndoStack
        Before masks are changed by script as an action of the user: ``undo.before_change(node, text)``.
    parameters : AbdominalCalcificationParameterNode or None
        None while a scene is closed.
    """

    logic: object
    messages: object
    questions: object
    runner: object
    undo: object
    parameters: object = None

    @property
    def why_not_free(self):
        """Why nothing may be begun, and what to do; empty where it may."""
        if self.parameters is None:
            return _("The scene is being closed.")
        if self.runner.is_busy:
            return _("Something is at work; wait for it, or cancel it.")
        return _("Answer the question first.") if self.questions.is_open else ""

    @property
    def is_free(self):
        """Whether something may be chosen or begun."""
        return not self.why_not_free

    @property
    def has_ct(self):
        return self.parameters is not None and self.parameters.ct is not None

    @property
    def has_masks(self):
        return self.has_ct and None not in (self.parameters.arteries, self.parameters.calcification)
