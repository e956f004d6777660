"""Nodes found in a scene: those of a class, and what belongs to a CT."""

from __future__ import annotations

# What a node of ours is (attribute), and the CT that it belongs to (reference).
ROLE = "AbdominalCalcification.Role"
CT_REFERENCE = "AbdominalCalcification.CT"


def nodes_of(scene, kind: str) -> list:
    """Return the nodes of a class in a scene, in its order."""
    return [scene.GetNthNodeByClass(number, kind) for number in range(scene.GetNumberOfNodesByClass(kind))]


def node_with_role(ct, role: str, kind: str):
    """Return the first node of a class that has a role for a CT; None where there is none."""
    for node in nodes_of(ct.GetScene(), kind):
        if node.GetAttribute(ROLE) == role and node.GetNodeReference(CT_REFERENCE) is ct:
            return node
    return None


def drawn_on(segmentation_node):
    """Return the volume in whose geometry a segmentation is kept; None where there is none."""
    return segmentation_node.GetNodeReference(segmentation_node.GetReferenceImageGeometryReferenceRole())
