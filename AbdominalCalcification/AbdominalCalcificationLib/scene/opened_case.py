"""A case of a list in the scene: the only one of the list that is there, so that masks of two patients never mix."""

from __future__ import annotations

from ..casework import ListedCase
from ..casework.reader import CaseReader, LoadedCase
from ..evaluation.cohort import Masks
from ..progress import Progress, Steps, shown
from . import edits
from .nodes import nodes_of
from .ownership import SceneCase, ct_of
from .results import find_results
from .segmentations import KINDS, put, ready_steps
from .source_files import remember_reading
from .volumes import remember_file, volume_node_from

_LISTED = "AbdominalCalcification.ListedCase"
_SHOWING = Progress("Showing the case", 0.95)


def open_case_steps(reader: CaseReader, case: ListedCase, masks: Masks, scene=None) -> Steps[SceneCase]:
    """Read a case, and put it into the scene in place of the one of a list that is there.

    Parameters
    ----------
    reader : casework.reader.CaseReader
    case : casework.ListedCase
    masks : evaluation.cohort.Masks
        Where its masks are.
    scene : vtkMRMLScene, optional
        ``slicer.mrmlScene`` by default.
    """
    loaded = yield from reader.read_steps(case, masks)
    opened = yield from show_case_steps(loaded, case.name, scene)
    for node in nodes_of(opened.ct.GetScene(), "vtkMRMLScalarVolumeNode"):
        if listed_name(node) is not None and node is not opened.ct:
            remove_case(node)
    return opened


def show_case_steps(loaded: LoadedCase, name: str, scene=None) -> Steps[SceneCase]:
    """Put a case that was read into the scene.

    The voxels of the CT are shared, not copied. Where a mask was not given there is none; one that was is remembered
    as it came, so that corrections of it are counted.

    Parameters
    ----------
    loaded : casework.reader.LoadedCase
    name : str
        Of the case on its list.
    scene : vtkMRMLScene, optional
        ``slicer.mrmlScene`` by default.
    """
    yield _SHOWING
    ct = volume_node_from(loaded.ct, name, scene, copy=False)
    ct.SetName(name)  # not a number more each time it is opened again
    ct.SetAttribute(_LISTED, name)
    remember_reading(ct, loaded.flags)
    remember_file(ct, loaded.identity)
    nodes, done = {}, False
    try:
        for role, mask in loaded.masks.items():
            ready = yield from shown(ready_steps(KINDS[role], ct, mask), _SHOWING)
            nodes[role] = put(KINDS[role], ct, ready)
            yield _SHOWING
            edits.take_over(nodes[role], (yield from shown(edits.origin_steps(mask), _SHOWING)))
        done = True
    finally:
        if not done:  # cancelled, or failed: half a case is none
            _remove(ct, nodes.values())
    return SceneCase(ct, **nodes)


def remove_case(ct) -> None:
    """Take a case and everything that was measured on it out of the scene."""
    found = find_results(ct.GetScene(), ct)
    nodes = []
    if found is not None:
        parts = (found.record, found.territories, found.clusters, found.chart_data, found.chart)
        nodes = [*found.masks.values(), *(part for part in parts if part is not None)]
    drawn_on = (node for node in nodes_of(ct.GetScene(), "vtkMRMLSegmentationNode") if ct_of(node) is ct)
    _remove(ct, dict.fromkeys([*nodes, *drawn_on]))


def listed_name(ct) -> str | None:
    """Return the name on its list of the case that a CT was opened as; None for any other CT."""
    return None if ct is None else ct.GetAttribute(_LISTED)


def _remove(ct, others) -> None:
    scene = ct.GetScene()
    for node in (*others, ct):
        if node.GetScene() is scene:
            scene.RemoveNode(node)
