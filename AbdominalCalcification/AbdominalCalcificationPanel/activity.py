"""Whether somebody does something: moves the mouse in a view, leafs through slices, turns the 3D view."""

import slicer
import vtk
from slicer.util import VTKObservationMixin

_KINDS = ("vtkMRMLSliceNode", "vtkMRMLCameraNode", "vtkMRMLCrosshairNode")


class Activity(VTKObservationMixin):
    """Tells of what is done in the views of the scene.

    :param touched: called at each of it, often
    """

    def __init__(self, touched):
        VTKObservationMixin.__init__(self)
        self._touched = touched

    def start(self):
        """Tell of it from now on, in the views there are."""
        self.stop()
        for kind in _KINDS:
            for node in slicer.util.getNodesByClass(kind):
                self.addObserver(node, vtk.vtkCommand.ModifiedEvent, self._on_event)
                if kind == "vtkMRMLCrosshairNode":
                    self.addObserver(node, node.CursorPositionModifiedEvent, self._on_event)

    def stop(self):
        """Tell of nothing any more."""
        self.removeObservers()

    def _on_event(self, caller, event):
        self._touched()
