"""The CT of the same patient: its masks scored as a radiograph, to be compared with the film."""

from slicer.i18n import tr as _

from .parameters import case_of, measurement_parameters


class RadiographOfCt:
    """Scores the chosen CT; the result is a radiograph of the scene, and a reading to compare with.

    :param ui: widgets of the page by name
    :param state: RadiographState
    :param scored: called with the record of the CT's score
    """

    def __init__(self, ui, state, scored):
        self._ui, self._state, self._scored = ui, state, scored
        ui.scoreCtButton.connect("clicked(bool)", self.score)

    def update(self):
        """Enable what can be done, and say what is missing."""
        reason = self.why_not()
        self._ui.scoreCtButton.enabled = not reason
        self._ui.ctHint.text = reason
        self._ui.ctHint.visible = bool(reason)

    def why_not(self):
        """Return why the CT cannot be scored, and what to do; empty where it can."""
        state, parameters = self._state, self._state.parameters
        if not state.is_free:
            return _("Something is at work; wait for it, or cancel it.")
        if not state.has_ct:
            return _("Choose the CT of the same patient.")
        if not state.has_masks:
            return _("The CT has no masks of arteries and calcification yet: analyse it on the page CT.")
        if parameters.ctVertebrae is None:
            return _("Choose a segmentation of its vertebrae, such as TotalSegmentator makes.")
        return ""

    def score(self, checked=False):
        """Score the masks of the CT."""
        parameters = self._state.parameters
        lengths = measurement_parameters(parameters)
        steps = self._state.logic.scoreCtSteps(case_of(parameters), parameters.ctVertebrae, lengths)
        self._state.runner.start(steps, self._scored)
