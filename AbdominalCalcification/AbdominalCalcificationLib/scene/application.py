"""The one place that knows whether this is Slicer or plain Python.

Inside Slicer there is nothing to do. In plain Python with the ``slicer-core`` package (the
part of Slicer below Qt) it sets up what Slicer sets up on its start: a scene, the module
logics, and ``slicer.mrmlScene`` and ``slicer.modules`` through which ``slicer.util`` finds
them. Everything else in this package then runs unchanged in both.
"""

from __future__ import annotations

import atexit
import shutil
from dataclasses import dataclass, field
from types import SimpleNamespace

from vtkmodules.vtkCommonCore import vtkCollection

from ..errors import InputError
from ..leftovers import scratch_folder


@dataclass(frozen=True, eq=False)
class Application:
    """The scene and the application logic, as Slicer or :func:`ensure_application` set them up."""

    scene: object
    logic: object
    kept_alive: tuple = field(default=(), repr=False)


_application: Application | None = None


def ensure_application() -> Application:
    """Return the running application, setting one up in plain Python on the first call.

    Raises
    ------
    InputError
        In plain Python without slicer-core.
    """
    global _application
    try:
        import slicer
    except ImportError as error:
        raise InputError(
            "Writing a Slicer scene needs the package slicer-core; install it with 'pip install slicer-core'."
        ) from error
    if _application is None:
        if getattr(slicer, "app", None) is not None:
            _application = Application(slicer.mrmlScene, slicer.app.applicationLogic())
        elif hasattr(slicer, "vtkSlicerApplicationLogic"):
            _application = _set_up(slicer)
        else:
            raise InputError("The package 'slicer' is not slicer-core; install it with 'pip install slicer-core'.")
    return _application


def _set_up(slicer) -> Application:
    scene = slicer.vtkMRMLScene()
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    scene.AddNode(crosshair)

    logic = slicer.vtkSlicerApplicationLogic()
    logic.SetMRMLScene(scene)
    logic.GetColorLogic().SetMRMLScene(scene)
    logic.GetColorLogic().AddDefaultColorNodes()
    # Views, where somebody adds some, look these up.
    logic.SetSliceLogics(vtkCollection())
    logic.SetViewLogics(vtkCollection())
    for factory in (
        slicer.vtkMRMLThreeDViewDisplayableManagerFactory,
        slicer.vtkMRMLSliceViewDisplayableManagerFactory,
    ):
        factory.GetInstance().SetMRMLApplicationLogic(logic)
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)

    logics = {"Colors": logic.GetColorLogic()}
    for name, kind in _module_logics(slicer).items():
        logics[name] = kind()
        logics[name].SetMRMLScene(scene)
        logics[name].SetMRMLApplicationLogic(logic)
    for name, each in logics.items():
        logic.SetModuleLogic(name, each)

    # A .mrb is unpacked into the cache folder of the scene's remote input and output.
    cache = scratch_folder("scene")
    atexit.register(shutil.rmtree, cache, ignore_errors=True)
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.SetMRMLScene(scene)
    remote.SetMRMLApplicationLogic(logic)
    remote.GetCacheManager().SetRemoteCacheDirectory(str(cache))
    data = slicer.vtkDataIOManagerLogic()
    data.SetMRMLScene(scene)
    data.SetMRMLApplicationLogic(logic)
    data.SetAndObserveDataIOManager(remote.GetDataIOManager())
    remote.AddDataIOToScene()

    slicer.mrmlScene = scene
    slicer.modules = SimpleNamespace(
        **{name.lower(): SimpleNamespace(name=name, logic=lambda each=each: each) for name, each in logics.items()}
    )
    return Application(scene, logic, (remote, data))


def _module_logics(slicer) -> dict[str, type]:
    """Return the classes of the module logics by module name."""
    return {
        "Volumes": slicer.vtkSlicerVolumesLogic,
        "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic,
        "SubjectHierarchy": slicer.vtkSlicerSubjectHierarchyModuleLogic,
        "Transforms": slicer.vtkSlicerTransformLogic,
        "Tables": slicer.vtkSlicerTablesLogic,
        "Plots": slicer.vtkSlicerPlotsLogic,
        "Markups": slicer.vtkSlicerMarkupsLogic,
        "Texts": slicer.vtkSlicerTextsLogic,
        "Data": slicer.vtkSlicerDataModuleLogic,
    }
