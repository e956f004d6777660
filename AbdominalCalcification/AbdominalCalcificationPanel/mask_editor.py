"""Slicer's Segment Editor in the panel: its widget, with an editor node of its own."""

import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

# What corrects masks of vessels; the rest of Slicer's effects is in the Segment Editor module.
EFFECTS = ("Paint", "Erase", "Scissors", "Islands", "Threshold", "Margin", "Smoothing", "Grow from seeds")
# All in one row above the options; beside them, as Slicer has them, two columns as there.
_COLUMNS_ABOVE, _COLUMNS_BESIDE = len(EFFECTS) + 1, 2
# Effects that go on with the other mask, and need nothing set up for it.
_GO_ON = ("Paint", "Erase")
_BRUSH = ("BrushSphere", "BrushDiameterIsRelative", "BrushAbsoluteDiameter", "BrushRelativeDiameter")
_BRUSHES = {
    # A vessel is filled from its middle.
    "arteries": {"BrushSphere": "1", "BrushDiameterIsRelative": "0", "BrushAbsoluteDiameter": "6"},
    # A plaque is looked at slice by slice.
    "calcification": {"BrushSphere": "0", "BrushDiameterIsRelative": "0", "BrushAbsoluteDiameter": "4"},
}


class MaskEditor(VTKObservationMixin):
    """Edits one mask at a time; the widget is made when the first is edited.

    :param frame: QWidget with a layout, which gets the widget
    :param changed: called when tool, segment or limits of the editor changed, whoever changed them
    """

    def __init__(self, frame, changed):
        VTKObservationMixin.__init__(self)
        self._frame, self._changed = frame, changed
        self._brushes = {role: dict(brush) for role, brush in _BRUSHES.items()}
        self._setting, self._waiting = False, ""  # an effect that is used again
        self.widget = self.node = self.role = None

    @property
    def mask(self):
        """The mask that is edited; None where none is."""
        return None if self.node is None else self.node.GetSegmentationNode()

    @property
    def effect(self):
        """The name of the effect in use; empty where none is."""
        return "" if self.node is None else self.node.GetActiveEffectName() or ""

    def edit(self, role, mask, segment_id):
        """Edit a segment of a mask.

        :param role: ``arteries`` or ``calcification``: whose brush is taken
        :param mask: vtkMRMLSegmentationNode
        """
        self._make()
        effect = self.effect
        with self._unobserved():
            if (role, mask) != (self.role, self.mask):
                self._keep_brush()
                self.role = role
                self.widget.setSegmentationNode(mask)
                self.set_parameters(self._brushes[role])
                mask.CreateDefaultDisplayNodes()
                mask.GetDisplayNode().SetVisibility(True)
                self.widget.setActiveEffectByName(effect if effect in _GO_ON else "")
            self.widget.setCurrentSegmentID(segment_id)
        self._frame.visible = True

    def select(self, segment_id):
        """Edit another segment of the mask."""
        if self.node is not None and self.node.GetSelectedSegmentID() != segment_id:
            self.widget.setCurrentSegmentID(segment_id)

    def set_parameters(self, parameters):
        """Set parameters of effects, and let their options show it."""
        for name, value in parameters.items():
            self.node.SetAttribute(name, value)
        self.node.InvokeCustomModifiedEvent(slicer.vtkMRMLSegmentEditorNode.EffectParameterModified)

    def set_threshold(self, lowest, highest):
        """Set the range of the effect *Threshold*."""
        with self._unobserved():
            self.set_parameters({"Threshold.MinimumThreshold": str(lowest), "Threshold.MaximumThreshold": str(highest)})

    def put_down(self):
        """Use no effect any more: the mouse is that of the views again."""
        if self.node is not None:
            self.widget.setActiveEffect(None)

    def wait(self, is_waiting):
        """Use no effect until what it works with is ready; then the one that was in use before."""
        if self.node is None:
            return
        self._frame.enabled = not is_waiting
        if is_waiting and self.effect:
            self._waiting = self.effect
            with self._unobserved():
                self.put_down()
        elif not is_waiting and self._waiting:
            effect, self._waiting = self._waiting, ""
            with self._unobserved():
                self.widget.setActiveEffectByName(effect)

    def let_go(self):
        """Edit no mask."""
        self._frame.visible, self._waiting = False, ""
        if self.node is not None:
            self.put_down()
            self._keep_brush()
            self.widget.setSegmentationNode(None)
            self.widget.removeViewObservations()
        self.role = None

    def forget_node(self):
        """Remove the editor node; the next mask that is edited gets a new one."""
        self.let_go()
        self.removeObservers()
        node, self.node = self.node, None
        if node is not None:
            self.widget.setMRMLSegmentEditorNode(None)
            if node.GetScene() is not None:
                node.GetScene().RemoveNode(node)

    def close(self):
        """End the widget, and remove its node."""
        self.forget_node()
        if self.widget is not None:
            self.widget.deleteLater()
            self.widget = None

    def limit(self, source, intensities, overwritten):
        """Set where effects work.

        :param source: vtkMRMLScalarVolumeNode whose values `intensities` are, and on which thresholds are set
        :param intensities: lowest and highest value that may be edited; None for no limit
        :param overwritten: whether segments lose the voxels that another one gets
        """
        node = self.node
        with self._unobserved(), slicer.util.NodeModify(node):
            node.SetAndObserveSourceVolumeNode(source)
            node.SetSourceVolumeIntensityMask(intensities is not None)
            if intensities is not None:
                node.SetSourceVolumeIntensityMaskRange(*intensities)
            node.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere)
            node.SetOverwriteMode(node.OverwriteAllSegments if overwritten else node.OverwriteNone)

    def _make(self):
        if self.widget is None:
            self.widget = _new_widget()
            self._frame.layout().addWidget(self.widget)
        if self.node is None or self.node.GetScene() is None:
            self.removeObservers()
            self.node = _new_node()
            self.widget.setMRMLSegmentEditorNode(self.node)
            self.widget.setMRMLScene(slicer.mrmlScene)
            self.widget.maskingSectionVisible = False  # without a node Slicer complains of it
            for event in (vtk.vtkCommand.ModifiedEvent, slicer.vtkMRMLSegmentEditorNode.EffectParameterModified):
                self.addObserver(self.node, event, self._on_event)

    def _keep_brush(self):
        """Remember the brush of the mask that was edited."""
        if self.role is not None:
            kept = {name: self.node.GetAttribute(name) for name in _BRUSH}
            self._brushes[self.role].update({name: value for name, value in kept.items() if value is not None})

    def _unobserved(self):
        return _Flagged(self)

    def _on_event(self, caller, event):
        if not self._setting:
            self._changed()


class _Flagged:
    """While the editor is set up, nobody is told of each step."""

    def __init__(self, editor):
        self._editor = editor

    def __enter__(self):
        self._before, self._editor._setting = self._editor._setting, True

    def __exit__(self, *_error):
        self._editor._setting = self._before


def tool_text(effect):
    """Return what is done with an effect, as it stands behind *Undo:*."""
    return {
        "Paint": _("paint"),
        "Erase": _("erase"),
        "Scissors": _("scissors"),
        "Islands": _("islands"),
        "Threshold": _("threshold"),
        "Margin": _("margin"),
        "Smoothing": _("smoothing"),
        "Grow from seeds": _("grow from seeds"),
    }.get(effect, effect)


def only_removes(node):
    """Return whether the effect in use takes voxels away and adds none: limits of painting are not for it.

    :param node: vtkMRMLSegmentEditorNode
    """
    effect = node.GetActiveEffectName() or ""
    if effect == "Scissors":
        return not (node.GetAttribute("Scissors.Operation") or "").startswith("Fill")
    if effect == "Margin":
        return float(node.GetAttribute("Margin.MarginSizeMm") or 0) < 0
    return effect in ("Erase", "Islands")


def _new_widget():
    widget = slicer.qMRMLSegmentEditorWidget()
    widget.setEffectNameOrder(list(EFFECTS))
    widget.unorderedEffectsVisible = False
    widget.effectColumnCount = _COLUMNS_ABOVE if _put_effects_above(widget) else _COLUMNS_BESIDE
    # The panel has its own of these; the CT that is seen is not changed.
    widget.autoShowSourceVolumeNode = False
    widget.segmentationNodeSelectorVisible = False
    widget.sourceVolumeNodeSelectorVisible = False
    widget.addRemoveSegmentButtonsVisible = False
    widget.show3DButtonVisible = False
    widget.switchToSegmentationsButtonVisible = False
    widget.specifyGeometryButtonVisible = False
    widget.undoEnabled = False
    widget.maximumNumberOfUndoStates = 0
    return widget


def _put_effects_above(widget):
    """Put the buttons of the effects above the options, which need the whole width of the panel.

    Slicer's widget offers no property for that, and another Slicer may be built otherwise.

    :return: whether that was possible
    """
    for row in slicer.util.findChildren(widget, className="QHBoxLayout"):
        column = row.itemAt(0).layout() if row.count() else None
        items = [] if column is None else [column.itemAt(number).widget() for number in range(column.count())]
        if any(item is not None and item.objectName == "EffectsGroupBox" for item in items):
            row.setDirection(qt.QBoxLayout.TopToBottom)
            return True
    return False


def _new_node():
    """Return an editor node that is no singleton and not saved: the Segment Editor module has one of its own."""
    node = slicer.vtkMRMLSegmentEditorNode()
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    node.SetName("AbdominalCalcification editor")
    return slicer.mrmlScene.AddNode(node)
