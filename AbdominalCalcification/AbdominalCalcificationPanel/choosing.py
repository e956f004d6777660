"""What is chosen by itself: the CT that is there, and the masks that belong to it."""

import slicer

from .parameters import MASKS, NODES


def choose_ct(parameters):
    """Choose the newest CT where none is chosen."""
    if parameters.ct is None:
        volumes = [node for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") if can_be_ct(node)]
        parameters.ct = volumes[-1] if volumes else None


def can_be_ct(node):
    """Return whether a node is a stack that users see: no label map, no vector image, no radiograph."""
    return (
        node.GetClassName() == "vtkMRMLScalarVolumeNode"
        and not node.GetHideFromEditors()
        and node.GetImageData() is not None
        and node.GetImageData().GetNumberOfPoints() > 1
        and node.GetImageData().GetDimensions()[2] > 1
    )


def choose_radiograph(parameters):
    """Choose the newest radiograph where none is chosen."""
    from AbdominalCalcificationLib.scene.radiograph.eligible import can_be_radiograph

    if parameters.radiograph is None:
        images = [node for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") if can_be_radiograph(node)]
        parameters.radiograph = images[-1] if images else None


def choose_masks_of_ct(parameters, found, instead_of_others):
    """Choose the masks that were measured with the chosen CT, where none are chosen.

    :param found: scene.results.Results of the chosen CT; None where there are none
    :param instead_of_others: also where masks of another CT are chosen
    """
    from AbdominalCalcificationLib.scene.ownership import other_ct

    masks = {} if found is None else found.masks
    for name, role in (("arteries", "arteries"), ("calcification", "calcification"), ("cutOff", "cut_off")):
        chosen, own = getattr(parameters, name), masks.get(role)
        free = chosen is None or (instead_of_others and other_ct(chosen, parameters.ct) is not None)
        if free and chosen is not own:
            setattr(parameters, name, own)
    for name in ("comparedA", "comparedB"):
        if instead_of_others and other_ct(getattr(parameters, name), parameters.ct) is not None:
            setattr(parameters, name, None)


def let_go_of(parameters, node):
    """Empty the fields in which `node` is chosen; it is about to be removed."""
    for name in NODES:
        if getattr(parameters, name) is node:
            setattr(parameters, name, None)


def drop_what_is_no_mask(parameters):
    """Empty the fields in which a segmentation is chosen that only shows something; return such nodes."""
    from AbdominalCalcificationLib.scene.ownership import is_only_shown

    dropped = []
    for name in MASKS:
        node = getattr(parameters, name)
        if name != "cutOff" and is_only_shown(node):
            dropped.append(node)
            setattr(parameters, name, None)
    return dropped


def masks_with_history(parameters, results):
    """Return the masks whose corrections are followed: role, node, and the CT in whose voxels.

    :param results: all scene.results.Results of the scene
    """
    from AbdominalCalcificationLib.scene.ownership import ct_of

    masks = [(role, node, one.ct) for one in results for role, node in one.measured.items()]
    masks += [(role, getattr(parameters, role), parameters.ct) for role in ("arteries", "calcification")]
    found = {(role, node): ct_of(node) or ct for role, node, ct in masks if node is not None}
    return [(role, node, ct) for (role, node), ct in found.items() if ct is not None and ct.GetImageData() is not None]
