"""What the parts of the panel share."""

from dataclasses import dataclass


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
    def is_free(self):
        """Whether something may be chosen or begun."""
        return self.parameters is not None and not self.runner.is_busy and not self.questions.is_open

    @property
    def has_ct(self):
        return self.parameters is not None and self.parameters.ct is not None

    @property
    def has_masks(self):
        return self.has_ct and None not in (self.parameters.arteries, self.parameters.calcification)
