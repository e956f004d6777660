"""Keeps what is decided and chosen beside the masks safe from a crash: ticks, arteries of clusters, kept lengths."""

import vtk
from slicer.util import VTKObservationMixin

from .kept_lengths import LENGTHS


class ChoiceKeeper(VTKObservationMixin):
    """Tells the history of the chosen CT what is chosen beside its masks, as soon as that changes.

    :param state: PanelState
    :param history: HistoryKeeper
    """

    def __init__(self, state, history):
        VTKObservationMixin.__init__(self)
        self._state, self._history = state, history
        self._ct = None

    def update(self):
        """Follow the chosen CT, and lengths that were typed or dragged."""
        parameters = self._state.parameters
        ct = None if parameters is None else parameters.ct
        if ct is not self._ct:
            self.removeObservers()
            self._ct = ct
            if ct is not None:
                self.addObserver(ct, vtk.vtkCommand.ModifiedEvent, self._tell)
        self._tell()

    def recovered(self, choices):
        """Choose what was recovered; it is in no file yet.

        :param choices: as they were told
        """
        parameters = self._state.parameters
        for name, value in choices.get("parameters", {}).items():
            if name in LENGTHS:
                setattr(parameters, name, value)
        self._tell(is_new=True)

    def close(self):
        """Follow nothing."""
        self.removeObservers()
        self._ct = None

    def _tell(self, caller=None, event=None, is_new=False):
        from AbdominalCalcificationLib.scene.reviewed import decided

        parameters = self._state.parameters
        if self._ct is not None and parameters is not None and parameters.ct is self._ct:
            lengths = {name: getattr(parameters, name) for name in LENGTHS}
            self._history.keep_choices(self._ct, {"ct": decided(self._ct), "parameters": lengths}, is_new)
