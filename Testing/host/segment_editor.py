"""``qMRMLSegmentEditorWidget``: Slicer's own editor logic on real MRML nodes, behind the widget's names.

What a stroke or an undo tells others is what the logic tells. What the user does in the views and in the options of an
effect is in :mod:`segment_strokes`.
"""

from __future__ import annotations

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .api import StrictNamespace
from .observing import observe_while_alive

EFFECTS = (
    "Paint",
    "Erase",
    "Scissors",
    "Draw",
    "Fill between slices",
    "Grow from seeds",
    "Hollow",
    "Islands",
    "Level tracing",
    "Logical operators",
    "Margin",
    "Mask volume",
    "Smoothing",
    "Threshold",
)
# What the effects set in an editor node that has none yet.
_DEFAULTS = {
    "BrushAbsoluteDiameter": "5",
    "BrushDiameterIsRelative": "1",
    "BrushMaximumAbsoluteDiameter": "100",
    "BrushMinimumAbsoluteDiameter": "0.01",
    "BrushPixelMode": "0",
    "BrushRelativeDiameter": "3",
    "BrushSphere": "0",
    "EditIn3DViews": "0",
    "Erase.EraseAllSegments": "0",
    "Islands.MinimumSize": "1000",
    "Islands.Operation": "KEEP_LARGEST_ISLAND",
    "Margin.MarginSizeMm": "3",
    "Scissors.Operation": "EraseInside",
}
_SEGMENT_KEYS = {-1: ("Q", "/", ",", ">"), 1: ("W", "*", ".", "<")}
# Parts of the widget that are seen as lines of text here, by the property that hides each.
_PARTS = {
    "segmentationNodeSelectorVisible": "Segmentation: …",
    "sourceVolumeNodeSelectorVisible": "Source volume: …",
    "addRemoveSegmentButtonsVisible": "[Add] [Remove]",
    "show3DButtonVisible": "[Show 3D]",
    "switchToSegmentationsButtonVisible": "[Segmentations…]",
    "specifyGeometryButtonVisible": "[Specify geometry]",
    "undoEnabled": "[Undo] [Redo]",
    "maskingSectionVisible": "Masking: …",
}


def _part(name):
    """Return a property that shows and hides a part."""
    return QtCore.Property(bool, lambda self: self._shown[name], lambda self, value: self._show_part(name, value))


def _kept(kind, name, default):
    """Return a property that is kept, and acted upon by :meth:`_arrange`."""

    def write(self, value):
        self._settings[name] = value
        self._arrange()

    return QtCore.Property(kind, lambda self: self._settings.get(name, default), write)


class SegmentEditor(QtWidgets.QWidget):
    """The widget: of the node's attributes and the logic's work it keeps nothing itself."""

    currentSegmentIDChanged = QtCore.Signal(str)
    _segmentation_changed = QtCore.Signal(object)
    _source_changed = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._logic = slicer.vtkSlicerSegmentEditorLogic()
        self._effects = {name: StrictNamespace("effect", frozenset({"name"}), name=name) for name in EFFECTS}
        self._order, self._settings, self._shortcuts = list(EFFECTS), {}, []
        self._scene = self._node = self._segmentation = self._source = None
        self._segment_id, self._views_observed, self._updating, self._last_effect = "", False, False, ""
        self._stops = {}
        self._shown = dict.fromkeys(_PARTS, True)
        self._build()
        self._arrange()

    def _build(self):
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._labels = {name: QtWidgets.QLabel(text) for name, text in _PARTS.items()}
        self._list = QtWidgets.QListWidget()
        self._list.setMaximumHeight(150)
        self._list.setMinimumHeight(60)
        self._grid = QtWidgets.QGridLayout()
        self._options = QtWidgets.QGroupBox()
        texts = QtWidgets.QVBoxLayout(self._options)
        texts.addWidget(QtWidgets.QLabel("(options of the effect)"))
        for name in _PARTS:
            if name == "undoEnabled":
                layout.addWidget(self._list)
                layout.addLayout(self._grid)
            layout.addWidget(self._labels[name])
        layout.addWidget(self._options)
        self._buttons = {}
        for name in (None, *EFFECTS):
            button = QtWidgets.QToolButton()
            button.setText(name or "None")
            button.setCheckable(True)
            button.setSizePolicy(QtWidgets.QSizePolicy.Policy.Minimum, QtWidgets.QSizePolicy.Policy.Preferred)
            button.clicked.connect(lambda _checked=False, name=name: self._activate(name or ""))
            self._buttons[name] = button
        self._list.currentRowChanged.connect(self._row_chosen)

    def _show_part(self, name, shown):
        if name == "maskingSectionVisible" and self._node is None:
            raise RuntimeError("updateEffectsSectionFromMRML: Invalid segment editor parameter set node")
        self._shown[name] = bool(shown)
        self._labels[name].setVisible(bool(shown))

    def _displayed(self):
        """The effects whose buttons are seen, in their order."""
        rest = [name for name in EFFECTS if name not in self._order] if self._settings.get("unordered", True) else []
        return [name for name in self._order if name in self._effects] + rest

    def _arrange(self):
        columns = self._settings.get("columns", 2)
        for button in self._buttons.values():
            self._grid.removeWidget(button)
            button.hide()
        for number, name in enumerate((None, *self._displayed())):
            self._grid.addWidget(self._buttons[name], number // columns, number % columns)
            self._buttons[name].show()

    for _name in _PARTS:
        locals()[_name] = _part(_name)
    del _name
    unorderedEffectsVisible = _kept(bool, "unordered", True)
    effectColumnCount = _kept(int, "columns", 2)
    effectButtonStyle = _kept(QtCore.Qt.ToolButtonStyle, "style", QtCore.Qt.ToolButtonStyle.ToolButtonIconOnly)
    autoShowSourceVolumeNode = _kept(bool, "auto show", True)
    jumpToSelectedSegmentEnabled = _kept(bool, "jump", False)
    readOnly = _kept(bool, "read only", False)

    def _get_states(self):
        return self._logic.GetMaximumNumberOfUndoStates()

    def _set_states(self, count):
        self._logic.SetMaximumNumberOfUndoStates(count)

    maximumNumberOfUndoStates = QtCore.Property(int, _get_states, _set_states)

    # Nodes

    def setMRMLScene(self, scene):
        self._scene = scene
        self._logic.SetMRMLScene(scene)

    def mrmlScene(self):
        return self._scene

    def setMRMLSegmentEditorNode(self, node):
        self._stop("node")
        self._node = node
        self._logic.SetSegmentEditorNode(node)
        if node is not None:
            for name, value in _DEFAULTS.items():
                if node.GetAttribute(name) is None:
                    node.SetAttribute(name, value)
            self._stops["node"] = observe_while_alive(self, node, ("ModifiedEvent",), lambda *_: self._follow())
        self._follow()

    def mrmlSegmentEditorNode(self):
        return self._node

    def setSegmentationNode(self, node):
        if self._node is None or self._node.GetSegmentationNode() is node:
            return
        self._logic.SetSegmentationNode(node)
        self._activate("")

    def segmentationNode(self):
        return None if self._node is None else self._node.GetSegmentationNode()

    def setSourceVolumeNode(self, node):
        self._logic.SetSourceVolumeNode(node)

    def sourceVolumeNode(self):
        return None if self._node is None else self._node.GetSourceVolumeNode()

    def setCurrentSegmentID(self, segment_id):
        if self._node is not None:
            self._node.SetSelectedSegmentID(segment_id)

    def currentSegmentID(self):
        return (self._node.GetSelectedSegmentID() or "") if self._node is not None else ""

    def selectNextSegment(self):
        self.selectSegmentAtOffset(1)

    def selectPreviousSegment(self):
        self.selectSegmentAtOffset(-1)

    def selectSegmentAtOffset(self, offset):
        self._logic.SelectSegmentAtOffset(offset, False)

    def updateWidgetFromMRML(self):
        self._follow()

    def _stop(self, what):
        self._stops.pop(what, lambda: None)()

    def _follow(self):
        """Follow the editor node as Slicer's widget does."""
        if self._updating or self._node is None or self._scene is None or self._scene.IsClosing():
            return
        self._updating = True
        try:
            self._follow_segmentation(self._node.GetSegmentationNode())
            self._follow_source(self._node.GetSourceVolumeNode())
            self._follow_segment()
            self._follow_effect(self._node.GetActiveEffectName() or "")
        finally:
            self._updating = False

    def _follow_segmentation(self, node):
        if node is self._segmentation:
            return
        self._stop("segmentation")
        self._segmentation = node
        if node is not None:
            kind = slicer.vtkSegmentation
            events = ("ModifiedEvent", kind.SegmentAdded, kind.SegmentRemoved)
            self._stops["segmentation"] = observe_while_alive(self, node, events, lambda *_: self._follow())
            # The volume that the segmentation was drawn on becomes the source volume, its first segment the selected.
            drawn_on = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
            if drawn_on is not None:
                self._logic.SetSourceVolumeNode(drawn_on)
            node.CreateDefaultDisplayNodes()
            if node.GetSegmentation().GetNumberOfSegments():
                self._node.SetSelectedSegmentID(node.GetSegmentation().GetNthSegmentID(0))
        self._segmentation_changed.emit(node)

    def _follow_source(self, volume):
        if volume is self._source:
            return
        self._source = volume
        if volume is not None and self._settings.get("auto show", True):
            for number in range(self._scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
                view = self._scene.GetNthNodeByClass(number, "vtkMRMLSliceCompositeNode")
                view.SetBackgroundVolumeID(volume.GetID())
        self._source_changed.emit(volume)

    def _follow_segment(self):
        ids = () if self._segmentation is None else self._segmentation.GetSegmentation().GetSegmentIDs()
        if self._node.GetSelectedSegmentID() and self._node.GetSelectedSegmentID() not in ids:
            # Nothing takes the place of a segment that is gone, and the effect has nothing to work on.
            self._node.SetSelectedSegmentID(None)
            self._node.SetActiveEffectName("")
        selected = self._node.GetSelectedSegmentID() or ""
        with QtCore.QSignalBlocker(self._list):
            self._list.clear()
            for each in ids:
                segment = self._segmentation.GetSegmentation().GetSegment(each)
                item = QtWidgets.QListWidgetItem(segment.GetName(), self._list)
                square = QtGui.QPixmap(12, 12)
                square.fill(QtGui.QColor.fromRgbF(*segment.GetColor()))
                item.setIcon(QtGui.QIcon(square))
            self._list.setCurrentRow(ids.index(selected) if selected in ids else -1)
        if selected != self._segment_id:
            self._segment_id = selected
            self.currentSegmentIDChanged.emit(selected)

    def _row_chosen(self, row):
        if row >= 0:
            self.setCurrentSegmentID(self._segmentation.GetSegmentation().GetNthSegmentID(row))

    def _follow_effect(self, active):
        for name, button in self._buttons.items():
            button.setChecked((name or "") == active)
            button.setEnabled(not self._settings.get("read only", False) and self._source is not None)
        self._options.setVisible(bool(active))
        self._options.setTitle(active)
        self._labels["maskingSectionVisible"].setVisible(bool(active) and self._shown["maskingSectionVisible"])
        self._views_observed = bool(active)

    # Effects

    def availableEffectNames(self):
        return list(EFFECTS)

    def effectByName(self, name):
        return self._effects.get(name)

    def effectByIndex(self, number):
        """Number 0 is *None*; beyond the last there is none, as with Slicer."""
        displayed = self._displayed()
        return self._effects[displayed[number - 1]] if 1 <= number <= len(displayed) else None

    def effectNameOrder(self):
        return list(self._order)

    def setEffectNameOrder(self, names):
        self._order = list(names)
        self._arrange()

    def activeEffect(self):
        return self._effects.get(self._node.GetActiveEffectName()) if self._node is not None else None

    def setActiveEffect(self, effect):
        self._activate("" if effect is None else effect.name)

    def setActiveEffectByName(self, name):
        self._activate(name if name in self._effects else "")

    def _activate(self, name):
        if self._node is not None:
            self._last_effect = self._node.GetActiveEffectName() or ""
            self._node.SetActiveEffectName(name)
            self._follow_effect(name)
            if name == "Threshold" and self._source is not None:
                self._start_threshold()

    def _start_threshold(self):
        """Where nobody has set a range: from a quarter of that of the source volume on."""
        ends = [f"Threshold.{end}Threshold" for end in ("Minimum", "Maximum")]
        if self._node.GetAttribute(ends[0]) == self._node.GetAttribute(ends[1]):
            low, high = self._source.GetImageData().GetScalarRange()
            for end, value in zip(ends, (low + (high - low) / 4, high), strict=True):
                self._node.SetAttribute(end, str(value))

    def toggleSourceVolumeIntensityMaskEnabled(self):
        self._logic.ToggleSourceVolumeIntensityMask()

    def setupViewObservations(self):
        self._views_observed = True

    def removeViewObservations(self):
        self._views_observed = False

    # Undo

    def saveStateForUndo(self):
        self._logic.SaveStateForUndo()

    def undo(self):
        self._logic.Undo()

    def redo(self):
        self._logic.Redo()

    # Keys

    def installKeyboardShortcuts(self, parent=None):
        self.uninstallKeyboardShortcuts()
        parent = parent or slicer.util.mainWindow()
        for number in range(1, 21):
            prefix = "Shift+" if number > 10 else ""
            self._on_key(parent, f"{prefix}{number % 10}", lambda number=number: self._toggle_effect(number))
        self._on_key(parent, "Esc", lambda: self._activate(""))
        self._on_key(parent, "Space", lambda: self._activate(self._last_effect))
        standard = QtGui.QKeySequence.StandardKey
        for key in ("Z", standard.Undo):
            self._on_key(parent, key, self.undo)
        for key in ("Y", standard.Redo):
            self._on_key(parent, key, self.redo)
        for offset, keys in _SEGMENT_KEYS.items():
            for key in keys:
                self._on_key(parent, key, lambda offset=offset: self.selectSegmentAtOffset(offset))
        self._on_key(parent, "I", self.toggleSourceVolumeIntensityMaskEnabled)

    def uninstallKeyboardShortcuts(self):
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
        self._shortcuts.clear()

    def _on_key(self, parent, key, pressed):
        import qt

        shortcut = qt.QShortcut(qt.QKeySequence(key), parent)
        shortcut.connect("activated()", pressed)
        self._shortcuts.append(shortcut)

    def _toggle_effect(self, number):
        effect = self.effectByIndex(number)
        self.setActiveEffect(None if effect is self.activeEffect() else effect)
