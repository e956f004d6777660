"""A case of a list in the scene: the only one of the list that is there, so that masks of two patients never mix."""

from __future__ import annotations

from ..casework.reader import LoadedCase
from ..progress import Progress, Steps, shown
from . import edits
from .ownership import SceneCase
from .results import find_results
from .segmentations import ARTERIES, CALCIFICATIONS, put, ready_steps
from .source_files import remember_reading
from .volumes import remember_file, volume_node_from

_LISTED = "AbdominalCalcification.ListedCase"
_SHOWING = Progress("Showing the case", 0.95)
_KINDS = {"arteries": ARTERIES, "calcification": CALCIFICATIONS}


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
    ct.SetAttribute(_LISTED, name)
    remember_reading(ct, loaded.flags)
    remember_file(ct, loaded.identity)
    nodes, done = {}, False
    try:
        for role, mask in loaded.masks.items():
            ready = yield from shown(ready_steps(_KINDS[role], ct, mask), _SHOWING)
            nodes[role] = put(_KINDS[role], ct, ready)
            yield _SHOWING
            edits.remember_origin(nodes[role], mask, {})
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
    scene = ct.GetScene()
    count = scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
    segmentations = [scene.GetNthNodeByClass(number, "vtkMRMLSegmentationNode") for number in range(count)]
    drawn_on = (node for node in segmentations if _ct_of(node) is ct)
    _remove(ct, dict.fromkeys([*nodes, *drawn_on]))


def listed_name(ct) -> str | None:
    """Return the name on its list of the case that a CT was opened as; None for any other CT."""
    return None if ct is None else ct.GetAttribute(_LISTED)


def _ct_of(node):
    return node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())


def _remove(ct, others) -> None:
    scene = ct.GetScene()
    for node in (*others, ct):
        if node.GetScene() is scene:
            scene.RemoveNode(node)
