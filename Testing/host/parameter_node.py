"""``slicer.parameterNodeWrapper``: typed attributes kept in a real scripted module node.

Covers the types that the module uses (bool, int, float, str, Enum, nodes) with the rules of
Slicer's own: values are text parameters, an enum is stored by name, a node as a reference, and
a widget takes part where its ``SlicerParameterName`` property names a parameter. As in Slicer,
each type fits certain widget classes only; every value, a node too, is kept by the wrapper, which
reads it anew when the parameter node is modified and at no other time, observes that node once
for each parameter, and once more, for ever, for each connection.
"""

from __future__ import annotations

import enum
import typing
import weakref
from dataclasses import dataclass

import slicer
import vtk

SlicerParameterNamePropertyName = "SlicerParameterName"

# Observers of connections. Python's garbage collector follows observers of a node: held by nothing else, one would be
# cleared together with the wrapper while the node lives on in the scene, and calling it would end the process.
_FOR_EVER: list = []


def forget_connections() -> None:
    """Take them away between tests: the node outlives its scene, and would set the widgets of all panels before."""
    while _FOR_EVER:
        node, tag, _ = _FOR_EVER.pop()
        node.RemoveObserver(tag)


@dataclass
class WithinRange:
    minimum: float
    maximum: float

    def validate(self, value):
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within range [{self.minimum}, {self.maximum}], is {value}")


@dataclass
class Minimum:
    minimum: float

    def validate(self, value):
        if value < self.minimum:
            raise ValueError(f"Value must be at least {self.minimum}, is {value}")


@dataclass
class Choice:
    choices: list

    def validate(self, value):
        if value not in self.choices:
            raise ValueError(f"Value must be one of {self.choices}, is {value}")


class _Parameter:
    def __init__(self, name, annotated, default):
        self.name = name
        self.type, *self.annotations = typing.get_args(typing.Annotated[annotated, "stub"])[:-1]
        self.is_node = isinstance(self.type, type) and issubclass(self.type, slicer.vtkMRMLNode)
        self.is_enum = isinstance(self.type, type) and issubclass(self.type, enum.Enum)
        if not (self.is_node or self.is_enum or self.type in (bool, int, float, str)):
            raise TypeError(f"the test host cannot keep a {self.type} ({name})")
        self.default = default if default is not None else self._own_default()

    def _own_default(self):
        return None if self.is_node else next(iter(self.type)) if self.is_enum else self.type()

    def write(self, node, value):
        allowed = (int, float) if self.type is float else self.type
        if not isinstance(value, allowed) and not (self.is_node and value is None):
            raise ValueError(f"Value must be a {self.type}, is {value!r}")
        for annotation in self.annotations:
            annotation.validate(value)
        if self.is_node:
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(self.name, value.name if self.is_enum else str(value))

    def read(self, node):
        if not node.HasParameter(self.name):
            self.write(node, self.default)
        if self.is_node:
            return node.GetNodeReference(self.name)
        text = node.GetParameter(self.name)
        return self.type[text] if self.is_enum else text == "True" if self.type is bool else self.type(text)


class _Kept:
    """A value that the wrapper keeps, read anew when the node is modified; ends with its wrapper."""

    def __init__(self, parameter, node):
        self._parameter, self._node, self._writing = parameter, node, False
        self.value = parameter.read(node)
        itself = weakref.ref(self)
        self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: itself()._read_anew())

    def __del__(self):
        self._node.RemoveObserver(self._tag)

    def _read_anew(self):
        if not self._writing:
            self.value = self._parameter.read(self._node)

    def write(self, value):
        self._writing = True
        try:
            with slicer.util.NodeModify(self._node):
                self._parameter.write(self._node, value)
                self.value = self._parameter.read(self._node)
        finally:
            self._writing = False


class _Connection:
    """One parameter and its widget."""

    def __init__(self, widget, parameter, changed):
        self.widget, self.parameter, self.changed, self.active = widget, parameter, changed, True
        kind = type(widget).__name__
        bounds = next((a for a in parameter.annotations if isinstance(a, WithinRange)), None)
        if kind == "QCheckBox" and parameter.type is bool:
            self.access, signal = "checked", "toggled(bool)"
        elif kind == "QSpinBox" and parameter.type is int:
            self.access, signal = "value", "valueChanged(int)"
        elif (kind == "QDoubleSpinBox" and parameter.type in (int, float)) or (
            kind == "ctkSliderWidget" and parameter.type is float and bounds
        ):
            self.access, signal = "value", "valueChanged(double)"
        elif kind == "QLineEdit" and parameter.type is str:
            self.access, signal = "text", "textChanged(QString)"
        elif kind == "QComboBox" and parameter.is_enum:
            self.access, signal = "enum", "currentIndexChanged(int)"
            widget.clear()
            for member in parameter.type:
                widget.addItem(parameter.type.label(member) if hasattr(parameter.type, "label") else member.name)
        elif kind == "qMRMLNodeComboBox" and parameter.is_node:
            self.access, signal = "node", "currentNodeChanged(vtkMRMLNode*)"
        else:
            raise RuntimeError(f"Unable to create GUI connector from datatype '{parameter.type}' to widget '{kind}'")
        if self.access == "value":
            # Slicer removes the limits that the .ui file sets where the parameter has none.
            widget.minimum, widget.maximum = (bounds.minimum, bounds.maximum) if bounds else (-(2**31), 2**31 - 1)
        widget.connect(signal, lambda *_: self.active and self.changed())

    def show(self, value):
        if self.access == "enum":
            self.widget.currentIndex = list(self.parameter.type).index(value)
        elif self.access == "node":
            self.widget.setCurrentNode(value)
        elif getattr(self.widget, self.access) != value:
            setattr(self.widget, self.access, value)

    def value(self):
        if self.access == "enum":
            return list(self.parameter.type)[self.widget.currentIndex]
        return self.widget.currentNode() if self.access == "node" else getattr(self.widget, self.access)


class _Wrapper:
    """What the decorated class becomes."""

    def __init__(self, parameterNode):
        self.parameterNode = parameterNode
        self._guis, self._updating, self._next_tag = {}, False, 0
        for parameter in self.allParameters.values():
            parameter.read(parameterNode)
        self._kept = {name: _Kept(parameter, parameterNode) for name, parameter in self.allParameters.items()}

    def AddObserver(self, event, callback, priority=0.0):
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag):
        self.parameterNode.RemoveObserver(tag)

    def StartModify(self):
        return self.parameterNode.StartModify()

    def EndModify(self, was_modified):
        self.parameterNode.EndModify(was_modified)

    def Modified(self):
        self.parameterNode.Modified()

    def connectGui(self, gui):
        """Connect the widgets that name a parameter. As in Slicer, no tag is returned to disconnect them by."""
        named = {widget.property(SlicerParameterNamePropertyName): widget for widget in vars(gui).values()}
        self.connectParametersToGui({name: widget for name, widget in named.items() if name})

    def connectParametersToGui(self, mapping):
        for name in mapping:
            if name not in self.allParameters:
                raise ValueError(f"Cannot find a param with the given name: {name}")
        # Making a connection fills a combo box, which those connected before take for a choice.
        connections = {
            name: _Connection(widget, self.allParameters[name], lambda n=name: self._from_gui(n))
            for name, widget in mapping.items()
        }
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        self._guis[tag] = connections

        # As in Slicer: nothing ever takes this observer away, and it keeps the wrapper.
        def follow(*_):
            self._to_gui()

        _FOR_EVER.append((self.parameterNode, self.AddObserver(vtk.vtkCommand.ModifiedEvent, follow), follow))
        self._to_gui()
        return tag

    def disconnectGui(self, tag):
        for connection in self._guis.pop(tag, {}).values():
            connection.active = False

    def _from_gui(self, name):
        if not self._updating:
            for connections in self._guis.values():
                if name in connections:
                    setattr(self, name, connections[name].value())

    def _to_gui(self):
        if self._updating:
            return
        self._updating = True
        try:
            for connections in list(self._guis.values()):
                for name, connection in connections.items():
                    connection.show(getattr(self, name))
        finally:
            self._updating = False


def parameterNodeWrapper(cls):
    """Turn a class of annotated attributes into a parameter node wrapper."""
    parameters = {}
    for name, annotated in typing.get_type_hints(cls, include_extras=True).items():
        parameters[name] = _Parameter(name, annotated, getattr(cls, name, None))
    members = {name: _attribute(parameter) for name, parameter in parameters.items()}
    return type(cls.__name__, (_Wrapper,), {**members, "allParameters": parameters, "__doc__": cls.__doc__})


def _attribute(parameter):
    return property(
        lambda self: self._kept[parameter.name].value, lambda self, value: self._kept[parameter.name].write(value)
    )
