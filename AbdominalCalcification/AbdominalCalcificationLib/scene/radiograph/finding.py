"""Which text nodes hold results of radiographs; imports nothing heavy, so that looking for one costs nothing."""

from __future__ import annotations

from ..nodes import CT_REFERENCE, ROLE, nodes_of

# Roles of text nodes: the present result of an image, and earlier ones.
CURRENT, VERSION = "radiograph", "radiograph version"
IMAGE = "AbdominalCalcification.Radiograph"


def texts_of(image, role: str = CURRENT) -> list:
    """Return the text nodes of a radiograph that have a role, in the order of the scene."""
    if image is None or image.GetScene() is None:
        return []
    return [each for each in texts_in(image.GetScene(), role) if each.GetNodeReference(IMAGE) is image]


def texts_in(scene, role: str = CURRENT) -> list:
    """Return the text nodes of a scene that have a role, and are about an image that is there."""
    nodes = nodes_of(scene, "vtkMRMLTextNode")
    found = [node for node in nodes if node.GetAttribute(ROLE) == role and node.GetText()]
    return [node for node in found if node.GetNodeReference(IMAGE) is not None]


def radiograph_of_ct(ct):
    """Return the radiograph that was simulated of a CT; None where there is none."""
    return next((each for each in radiographs_of_cts(ct.GetScene()) if each.GetNodeReference(CT_REFERENCE) is ct), None)


def radiographs_of_cts(scene) -> list:
    """Return the radiographs of a scene that were simulated of CTs."""
    volumes = nodes_of(scene, "vtkMRMLScalarVolumeNode")
    return [each for each in volumes if each.GetNodeReference(CT_REFERENCE) is not None]
