"""How a case looks on the screen: taken from one scene, and given to another that is written for somebody else.

Only numbers are taken, no nodes: those have names and attributes that are nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..reporting.view_surfaces import quiet_vtk
from .display import extent_of, fit_cameras, place_to_look_at
from .nodes import nodes_of
from .volumes import array_of_matrix, matrix_of_array

# Slicer's own: name, label, orientation and the function that gives the colour of its three slice views.
_SLICES = (
    ("Red", "R", "Axial", "GetRedColor"),
    ("Yellow", "Y", "Sagittal", "GetYellowColor"),
    ("Green", "G", "Coronal", "GetGreenColor"),
)
_VIEW = "1"
_VISIBLE = ("Visibility", "Visibility2D", "Visibility3D", "Visibility2DFill", "Visibility2DOutline")
_DISPLAY = (*_VISIBLE, "Opacity", "Opacity2DFill", "Opacity2DOutline", "Opacity3D", "SliceIntersectionThickness")
_CAMERA = ("Position", "FocalPoint", "ViewUp", "ViewAngle", "ParallelProjection", "ParallelScale")


@dataclass(frozen=True)
class Look:
    """What the views of a scene show of a case; empty for what is usual.

    Attributes
    ----------
    layout : int or None
        ``ViewArrangement`` of the layout.
    slices : mapping of str to dict
        By the name of the view: ``SliceToRAS`` (array), ``Dimensions`` of its window, ``FieldOfView``, ``XYZOrigin``,
        ``SliceVisible``.
    cameras : mapping of str to dict
        By the name of the view.
    window_level_hu : tuple of float or None
        Of the CT.
    displays : mapping of str to dict
        By the role of the mask.
    """

    layout: int | None = None
    slices: Mapping[str, dict] = field(default_factory=dict)
    cameras: Mapping[str, dict] = field(default_factory=dict)
    window_level_hu: tuple[float, float] | None = None
    displays: Mapping[str, dict] = field(default_factory=dict)


def look_of(ct, masks: Mapping[str, object]) -> Look:
    """Return how a CT and its masks look now in the views of their scene.

    Parameters
    ----------
    ct : vtkMRMLScalarVolumeNode
    masks : mapping of str to vtkMRMLSegmentationNode or None
        By role.
    """
    scene = ct.GetScene()
    if scene is None:  # it was removed meanwhile
        return Look()
    showing = {view.GetLayoutName() for view in nodes_of(scene, "vtkMRMLSliceCompositeNode") if _shows(view, ct)}
    slices = {
        node.GetLayoutName(): {
            "SliceToRAS": array_of_matrix(node.GetSliceToRAS()),
            **_values(node, ("Dimensions", "FieldOfView", "XYZOrigin", "SliceVisible")),
        }
        for node in nodes_of(scene, "vtkMRMLSliceNode")
        if node.GetLayoutName() in showing
    }
    cameras = {node.GetLayoutName() or _VIEW: _values(node, _CAMERA) for node in nodes_of(scene, "vtkMRMLCameraNode")}
    layouts = [node.GetViewArrangement() for node in nodes_of(scene, "vtkMRMLLayoutNode")]
    display = ct.GetDisplayNode()
    displays = {role: node.GetDisplayNode() for role, node in masks.items() if node is not None}
    displays = {role: node for role, node in displays.items() if node is not None}
    if not any(node.GetVisibility() for node in displays.values()):
        displays = {}  # something else is shown in their place that does not go along
    return Look(
        layout=layouts[0] if layouts else None,
        slices=slices,
        cameras=cameras if slices else {},  # where the CT is in no view, the cameras look at something else
        window_level_hu=None if display is None else (display.GetWindow(), display.GetLevel()),
        displays={role: _values(node, _DISPLAY) for role, node in displays.items()},
    )


def give_look(look: Look, ct, masks: Mapping[str, object], document: dict) -> None:
    """Add views to the scene of a CT that show it and its masks; what `look` leaves open is as in Slicer.

    Parameters
    ----------
    look : Look
    ct : vtkMRMLScalarVolumeNode
        The only one of its scene.
    masks : mapping of str to vtkMRMLSegmentationNode or None
    document : dict
        Of the measurement, which tells where to look.
    """
    scene = ct.GetScene()
    layout = _added(scene, "vtkMRMLLayoutNode", "Layout", "vtkMRMLLayoutNode")
    with quiet_vtk():  # outside of Slicer nobody knows what a layout consists of
        layout.SetViewArrangement(layout.SlicerLayoutFourUpView if look.layout is None else look.layout)
    place = place_to_look_at(document, masks.get("arteries"))
    _add_slices(scene, ct, place, look.slices)
    _add_cameras(scene, masks.get("arteries"), look.cameras)
    selection = _added(scene, "vtkMRMLSelectionNode", "Selection", "Singleton")
    selection.SetActiveVolumeID(ct.GetID())
    if place is not None:
        crosshair = _added(scene, "vtkMRMLCrosshairNode", "Crosshair", "default")
        crosshair.SetCrosshairName("default")
        crosshair.SetCrosshairRAS(place)
    if look.window_level_hu is not None:
        ct.GetDisplayNode().SetWindowLevel(*look.window_level_hu)
    for role, values in look.displays.items():
        if masks.get(role) is not None:
            _set_values(masks[role].GetDisplayNode(), values)


def _add_slices(scene, ct, place, slices: Mapping[str, dict]) -> None:
    import slicer

    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
    centre, sides_mm = extent_of(ct)
    widest_mm = max(sides_mm)
    for name, label, orientation, color in _SLICES:
        view = _added(scene, "vtkMRMLSliceNode", name, name)
        view.SetLayoutName(name)
        view.SetLayoutLabel(label)
        view.SetLayoutColor(getattr(view, color)())
        view.SetOrientation(orientation)
        view.SetFieldOfView(widest_mm, widest_mm, view.GetFieldOfView()[2])
        view.JumpSliceByCentering(*centre)
        if place is not None:
            view.JumpSliceByOffsetting(*place)
        _set_slice(view, slices.get(name, {}))
        composite = _added(scene, "vtkMRMLSliceCompositeNode", f"{name} composite", name)
        composite.SetLayoutName(name)
        composite.SetBackgroundVolumeID(ct.GetID())


def _set_slice(view, values: dict) -> None:
    if values:
        view.GetSliceToRAS().DeepCopy(matrix_of_array(values["SliceToRAS"]))
        view.SetDimensions(*values["Dimensions"])
        view.SetFieldOfView(*values["FieldOfView"])
        view.SetXYZOrigin(*values["XYZOrigin"])
        view.SetSliceVisible(values["SliceVisible"])
        view.UpdateMatrices()


def _add_cameras(scene, arteries, cameras: Mapping[str, dict]) -> None:
    view = _added(scene, "vtkMRMLViewNode", "View1", _VIEW)
    view.SetLayoutName(_VIEW)
    view.SetLayoutLabel(_VIEW)
    camera = _added(scene, "vtkMRMLCameraNode", "Camera", _VIEW)
    camera.SetLayoutName(_VIEW)
    if arteries is not None:
        fit_cameras(arteries)
    _set_values(camera, cameras.get(_VIEW, {}))


def _added(scene, kind: str, name: str, tag: str):
    """Add a node of which a scene has one for each `tag`."""
    import slicer

    node = getattr(slicer, kind)()
    usual = scene.GetDefaultNodeByClass(kind)
    if usual is not None:  # slice views have the names of their orientations from there
        node.Copy(usual)
    node.SetName(name)
    node.SetSingletonTag(tag)
    return scene.AddNode(node)


def _shows(view, ct) -> bool:
    return view.GetBackgroundVolumeID() == ct.GetID()


def _values(node, names: Iterable[str]) -> dict:
    return {name: getattr(node, f"Get{name}")() for name in names}


def _set_values(node, values: Mapping) -> None:
    for name, value in values.items():
        getattr(node, f"Set{name}")(value)
