"""Slice views as far as the module meets them: a slice node of the scene, and an interactor for events."""

from __future__ import annotations

import slicer
import vtk

from .api import StrictNamespace

NAMES = ("Red", "Green", "Yellow")
_ORIENTATIONS = dict(zip(NAMES, ("Axial", "Coronal", "Sagittal"), strict=True))
# Of those that ``sliceWidget`` and its view have in Slicer.
_WIDGET, _VIEW = frozenset({"mrmlSliceNode", "sliceView"}), frozenset({"interactor"})


class SliceViews:
    """The slice widgets of the layout, by name; each keeps its interactor."""

    def __init__(self):
        self._interactors = {name: vtk.vtkGenericRenderWindowInteractor() for name in NAMES}

    def widget(self, name: str) -> StrictNamespace:
        """Return ``sliceWidget(name)``."""
        view = StrictNamespace("sliceView()", _VIEW, interactor=lambda: self._interactors[name])
        return StrictNamespace("sliceWidget()", _WIDGET, sliceView=lambda: view, mrmlSliceNode=lambda: _node(name))


def _node(name: str):
    """Return the slice node of a view; the scene may have been cleared."""
    found = [node for node in slicer.util.getNodesByClass("vtkMRMLSliceNode") if node.GetLayoutName() == name]
    if found:
        return found[0]
    node = slicer.vtkMRMLSliceNode()
    node.SetLayoutName(name)
    node.SetOrientation(_ORIENTATIONS[name])
    node.SetDimensions(200, 200, 1)
    node.SetFieldOfView(200, 200, 1)
    return slicer.mrmlScene.AddNode(node)


def click(place_ras, name: str = "Red", ctrl: bool = False) -> None:
    """Turn a slice view to a place, and click on it."""
    widget = slicer.app.layoutManager().sliceWidget(name)
    node = widget.mrmlSliceNode()
    node.JumpSliceByCentering(*place_ras)
    to_view = vtk.vtkMatrix4x4()
    vtk.vtkMatrix4x4.Invert(node.GetXYToRAS(), to_view)
    x, y, _, _ = to_view.MultiplyPoint((*place_ras, 1))
    interactor = widget.sliceView().interactor()
    interactor.SetEventInformation(round(x), round(y), int(ctrl), 0)
    interactor.InvokeEvent("LeftButtonPressEvent")
