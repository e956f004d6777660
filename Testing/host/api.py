"""The names that a running Slicer offers: the part of its listing that the module needs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

API = json.loads(Path(__file__).with_name("slicer_api.json").read_text(encoding="utf-8"))

# Classes that the listing leaves out, by Qt's and PythonQt's documentation.
DOCUMENTED = {
    "QShortcut": {
        "methods": [
            *("blockSignals", "children", "connect", "deleteLater()", "disconnect", "inherits", "parent", "property"),
            *("setContext", "setEnabled", "setKey", "setParent", "setProperty"),
        ],
        "properties": dict.fromkeys(("autoRepeat", "context", "enabled", "key"), ""),
        "signals": ["activated()", "activatedAmbiguously()"],
    }
}
_CLASSES = API["classes"] | DOCUMENTED
# Properties with the name of a static method, which hides them: PythonQt refuses an assignment.
_HIDDEN = {"QTimer": {"singleShot"}}
# Objects that are no widgets; every other listed class offers QWidget's names too.
_PLAIN_OBJECTS = {"QItemSelectionModel", "QShortcut", "QSortFilterProxyModel", "QStandardItemModel", "QTimer"}
# What PythonQt adds to every object and the listing leaves out.
_PYTHONQT = {"name", "exec_"}


def bare(signature: str) -> str:
    """Return the name in a Qt signature: ``clicked`` for ``clicked(bool)``."""
    return signature.split("(")[0]


def _names(entry: dict) -> set[str]:
    return {bare(each) for kind in ("methods", "properties", "signals") for each in entry.get(kind, ())}


@cache
def names_of(class_name: str) -> frozenset[str]:
    """Return the attributes that Python sees on an instance of a widget class in Slicer."""
    names = _names(_CLASSES[class_name]) | _PYTHONQT
    if class_name not in _PLAIN_OBJECTS:
        names |= _names(_CLASSES["QWidget"])
    return frozenset(names)


@cache
def properties_of(class_name: str) -> frozenset[str]:
    """Return the properties of a widget class in Slicer."""
    properties = set(_CLASSES[class_name]["properties"]) - _HIDDEN.get(class_name, set())
    if class_name not in _PLAIN_OBJECTS:
        properties |= set(_CLASSES["QWidget"]["properties"])
    return frozenset(properties)


def signals_of(class_name: str) -> frozenset[str]:
    """Return the signatures of the signals of a widget class in Slicer."""
    signals = set(_CLASSES[class_name].get("signals", ()))
    if class_name not in _PLAIN_OBJECTS:
        signals |= set(_CLASSES["QWidget"]["signals"])
    return frozenset(signals)


def names_on(object_name: str) -> frozenset[str]:
    """Return the attributes of ``slicer.app`` and the like."""
    entry = API["objects"][object_name]
    return frozenset(entry) if isinstance(entry, list) else frozenset(_names(entry))


class StrictNamespace:
    """An object that holds only names that the same object has in Slicer."""

    def __init__(self, what: str, allowed: frozenset[str], **members):
        self.__dict__["_what"] = what
        self.__dict__["_allowed"] = allowed
        for name, value in members.items():
            setattr(self, name, value)

    def __setattr__(self, name, value):
        if name not in self._allowed:
            raise AttributeError(f"{self._what} has no '{name}' in Slicer")
        self.__dict__[name] = value

    def __getattr__(self, name):
        known = "is not imitated by the test host" if name in self._allowed else "does not exist in Slicer"
        raise AttributeError(f"{self._what}.{name} {known}")
