"""What every page of the module does about the scene and its parameters."""

import qt
import slicer
import vtk
from slicer.util import VTKObservationMixin

from . import choosing


class ScenePage(VTKObservationMixin):
    """Follows the scene, and connects the widgets of a page with the parameters that are chosen.

    A page has ``state`` (a PanelState), ``update()``, ``_choose_arrived()`` for what was loaded while it is open,
    ``_scene_start_close(caller, event)`` and ``_scene_replaced(caller, event)``.

    :param ui: widgets of the page's .ui file by name
    """

    def __init__(self, ui):
        VTKObservationMixin.__init__(self)
        self._ui = ui
        self._gui_tag = None
        self.is_open = False
        # A volume is filled after it was added to the scene.
        self._arrived = qt.QTimer()
        self._arrived.setSingleShot(True)
        self._arrived.interval = 0
        self._arrived.connect("timeout()", self._choose_arrived)

    def follow_scene(self):
        """Hear of what happens in the scene."""
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._scene_start_close)
        self.addObserver(scene, scene.StartImportEvent, self._scene_start_import)
        # After the combo boxes, which list the nodes anew.
        self.addObserver(scene, scene.EndCloseEvent, self._scene_replaced, priority=-100.0)
        self.addObserver(scene, scene.EndImportEvent, self._scene_replaced, priority=-100.0)
        self.addObserver(scene, scene.NodeAddedEvent, self._node_added)
        # Before the combo boxes, which jump to another node.
        self.addObserver(scene, scene.NodeAboutToBeRemovedEvent, self._node_removed, priority=100.0)

    def set_parameters(self, parameters):
        """Connect the widgets with a parameter node; None disconnects them."""
        if self.state.parameters is not None:
            self.state.parameters.disconnectGui(self._gui_tag)
            self.removeObserver(self.state.parameters, vtk.vtkCommand.ModifiedEvent, self.update)
            self._parameters_left()
        self.state.parameters = parameters
        if parameters is None:
            # What comes may name other models: whoever made that scene must not have them trusted.
            self._ui.trustCheckBox.checked = False
        else:
            # Not connectGui: where Slicer's returns no tag, what it connects stays connected for ever.
            widgets = {widget.property("SlicerParameterName"): widget for widget in vars(self._ui).values()}
            self._gui_tag = parameters.connectParametersToGui({name: w for name, w in widgets.items() if name})
            self.addObserver(parameters, vtk.vtkCommand.ModifiedEvent, self.update)
        self.update()

    def _parameters_left(self):
        """Called when the parameters that were connected are so no more."""

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _node_removed(self, caller, event, node):
        if self.state.parameters is not None:
            choosing.let_go_of(self.state.parameters, node)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _node_added(self, caller, event, node):
        # A scene that is imported says itself when it is complete.
        if self.is_open and not slicer.mrmlScene.IsBatchProcessing() and node.IsA("vtkMRMLScalarVolumeNode"):
            self._arrived.start()

    def _scene_start_import(self, caller, event):
        # The combo boxes choose nothing when they list the nodes anew: not what is meant.
        self.set_parameters(None)
