"""The numbers of a measurement in the scene, and how to find them again.

A text node holds the whole measurement as JSON, with its parameters, provenance and flags; it
refers to the CT, the masks, the tables and the chart, so that a scene that was saved and loaded
still knows what belongs together, and whether a mask was changed since it was measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..measurement import Measurement
from ..reporting.documents import json_text, measurement_document
from .charts import fill_chart
from .nodes import CT_REFERENCE, ROLE, nodes_of
from .tables import fill_clusters_table, fill_territories_table

_RECORD = "measurement"
OUTDATED = "AbdominalCalcification.Outdated"
# The masks that a record may refer to: those that were measured, and the cut-off ends that it shows.
MASKS = ("arteries", "calcification", "cut_off")
# Node reference role, node class and name of what belongs to a record.
_PARTS = {
    "territories": ("vtkMRMLTableNode", "territories"),
    "clusters": ("vtkMRMLTableNode", "clusters"),
    "chart_data": ("vtkMRMLTableNode", "burden"),
    "chart": ("vtkMRMLPlotChartNode", "burden chart"),
}
# What of a document the table of territories shows.
_OF_TERRITORIES = (
    "territories",
    "total",
    "unassigned_calcified_volume_mm3",
    "beyond_kept_length_calcified_volume_mm3",
    "below_minimum_calcified_volume_mm3",
)


@lru_cache(maxsize=8)
def _document(text: str) -> dict:
    # By the text, not by the time of a change: within StartModify a node tells of none.
    return json.loads(text)


@dataclass(frozen=True, eq=False)
class Results:
    """The nodes of one measurement; None where the user deleted one.

    Attributes
    ----------
    record : vtkMRMLTextNode
    ct : vtkMRMLScalarVolumeNode or None
    territories, clusters, chart_data : vtkMRMLTableNode or None
    chart : vtkMRMLPlotChartNode or None
    masks : dict of str to vtkMRMLSegmentationNode
        Those of :data:`MASKS` that are known and still there.
    """

    record: object
    ct: object
    territories: object
    clusters: object
    chart_data: object
    chart: object
    masks: dict

    @property
    def document(self) -> dict:
        """The measurement as in measurements.json; read once, so nobody may change it."""
        return _document(self.record.GetText())

    @property
    def measured(self) -> dict:
        """The masks that the numbers are of."""
        return {role: node for role, node in self.masks.items() if role != "cut_off"}

    @property
    def outdated(self) -> bool:
        """Whether a mask was changed since it was measured."""
        return self.record.GetAttribute(OUTDATED) is not None

    def mark_outdated(self) -> None:
        """Note, in the scene, that a mask was changed since it was measured."""
        self.record.SetAttribute(OUTDATED, "1")


def store_measurement(measurement: Measurement, volume_node, masks: Mapping[str, object] | None = None) -> Results:
    """Put the numbers of a measurement into the scene of its CT; those of an earlier one are replaced.

    Parameters
    ----------
    measurement : Measurement
    volume_node : vtkMRMLScalarVolumeNode
        The CT that was measured.
    masks : mapping of str to vtkMRMLSegmentationNode, optional
        What of :data:`MASKS` is in the scene; each by default as before.
    """
    scene, name = volume_node.GetScene(), volume_node.GetName()
    earlier = find_results(scene, volume_node)
    record = scene.AddNewNodeByClass("vtkMRMLTextNode", f"{name} measurement") if earlier is None else earlier.record
    document, before = measurement_document(measurement), {} if earlier is None else earlier.document
    record.SetText(json_text(document))
    record.SetAttribute(ROLE, _RECORD)
    record.RemoveAttribute(OUTDATED)
    record.SetNodeReferenceID(CT_REFERENCE, volume_node.GetID())
    for role, node in (masks or {}).items():
        record.SetNodeReferenceID(_reference(role), None if node is None else node.GetID())
    new = set()
    for part, (kind, title) in _PARTS.items():
        if record.GetNodeReference(_reference(part)) is None:
            node = scene.AddNewNodeByClass(kind, f"{name} {title}")
            record.SetNodeReferenceID(_reference(part), node.GetID())
            new.add(part)
    results = _results(record)
    same = {key for key in document if key in before and document[key] == before[key]}
    if "territories" in new or not same.issuperset(_OF_TERRITORIES):
        fill_territories_table(results.territories, measurement)
    if "clusters" in new or "clusters" not in same:
        fill_clusters_table(results.clusters, measurement)
    if {"chart", "chart_data"} & new or "territories" not in same:
        fill_chart(results.chart, results.chart_data, measurement)
    return results


def refer_to(volume_node, role: str, node) -> None:
    """Let the results of a CT, where there are some, refer to one of :data:`MASKS`."""
    found = find_results(volume_node.GetScene(), volume_node)
    if found is not None:
        found.record.SetNodeReferenceID(_reference(role), None if node is None else node.GetID())


def find_results(scene, volume_node=None) -> Results | None:
    """Return the results of a CT, or without one the newest in the scene; None where there are none."""
    found = [each for each in all_results(scene) if volume_node is None or each.ct is volume_node]
    # Of equal times the last in the scene: max would take the first.
    return max(reversed(found), key=_time, default=None)


def all_results(scene) -> list[Results]:
    """Return the results of every CT in the scene."""
    nodes = nodes_of(scene, "vtkMRMLTextNode")
    return [_results(node) for node in nodes if node.GetAttribute(ROLE) == _RECORD and node.GetText()]


def _time(results: Results) -> str:
    return str(results.document.get("provenance", {}).get("time") or "")


def _reference(part: str) -> str:
    return f"AbdominalCalcification.{part}"


def _results(record) -> Results:
    parts = {part: record.GetNodeReference(_reference(part)) for part in _PARTS}
    masks = {role: record.GetNodeReference(_reference(role)) for role in MASKS}
    return Results(
        record=record,
        ct=record.GetNodeReference(CT_REFERENCE),
        masks={role: node for role, node in masks.items() if node is not None},
        **parts,
    )
