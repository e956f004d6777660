"""``slicer.ScriptedLoadableModule``: the base classes of a scripted module."""

from __future__ import annotations

import importlib.util
import sys
import unittest
from pathlib import Path

import slicer

from .widgets import CLASSES

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


class ScriptedLoadableModule:
    def __init__(self, parent):
        self.parent = parent
        self.moduleName = type(self).__name__

    def resourcePath(self, filename):
        return str(Path(self.parent.path).parent / "Resources" / filename)

    def getDefaultModuleDocumentationLink(self, docPage=None):
        return f"<p>For more information, see the {docPage or self.moduleName} documentation.</p>"

    def runTest(self, msec=100, **kwargs):
        test = getattr(sys.modules[type(self).__module__], f"{self.moduleName}Test")()
        test.messageDelay = msec
        test.runTest(**kwargs)


PANEL_WIDTH = 400  # of Slicer's module panel, in pixels, as it opens


class ScriptedLoadableModuleWidget:
    def __init__(self, parent=None):
        from PySide6.QtWidgets import QVBoxLayout

        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = False
        self.parent = parent
        if parent is None:
            self.parent = CLASSES["qMRMLWidget"]()
            QVBoxLayout(self.parent)
            self.parent.setMRMLScene(slicer.mrmlScene)
            self.parent.resize(PANEL_WIDTH, 900)
        self.layout = self.parent.layout()
        if parent is None:
            self.setup()

    def resourcePath(self, filename):
        return str(Path(slicer.util.modulePath(self.moduleName)).parent / "Resources" / filename)

    def setup(self):
        pass

    def cleanup(self):
        pass

    def onReload(self):
        """Load the module file anew, as Slicer does: only that file, and a new panel is its own matter here."""
        path = slicer.util.modulePath(self.moduleName)
        spec = importlib.util.spec_from_file_location(self.moduleName, path)
        sys.modules[self.moduleName] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[self.moduleName])


class ScriptedLoadableModuleLogic:
    def __init__(self, parent=None):
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self):
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        return node or slicer.mrmlScene.AddNode(self.createParameterNode())

    def createParameterNode(self):
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.messageDelay = 0

    def delayDisplay(self, message, requestedDelay=None, msec=None):
        print(message)
        slicer.app.processEvents()

    def runTest(self):
        raise NotImplementedError("the module's test class runs its own tests")
