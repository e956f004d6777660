"""What is chosen by itself: the CT that is there, and the masks that belong to it."""

import slicer


def choose_ct(parameters):
    """Choose the first CT where none is chosen."""
    if parameters.ct is None:
        volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        parameters.ct = next((v for v in volumes if v.GetClassName() == "vtkMRMLScalarVolumeNode"), None)


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
