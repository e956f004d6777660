"""The kept length of each branch among the parameters: that of its group, or one of its own."""

import json

from AbdominalCalcificationLib.anatomy import territory

# Of each group of branches, the parameter that holds its kept length, mm.
_PARAMETERS = {
    "renal": "renalLengthMm",
    "mesenteric": "mesentericLengthMm",
    "common_iliac": "commonIliacLengthMm",
}
# All that kept lengths are chosen by.
LENGTHS = (*_PARAMETERS.values(), "branchLengths")


def kept_length_mm(parameters, name):
    """Return the kept length of a branch, mm."""
    return own_lengths_mm(parameters).get(name, _of_group(parameters, name))


def set_kept_length(parameters, name, length_mm):
    """Set the kept length of a branch, mm; the others of its group keep theirs."""
    # With that of the group: once this is typed anew, it counts for all of its branches again.
    own = json.loads(parameters.branchLengths or "{}")
    own[name] = [length_mm, _of_group(parameters, name)]
    parameters.branchLengths = json.dumps(own)


def own_lengths_mm(parameters):
    """Return the kept lengths of branches that differ from those of their groups, by territory, mm."""
    own = json.loads(parameters.branchLengths or "{}")
    return {name: length for name, (length, group) in own.items() if group == _of_group(parameters, name)}


def forget_overruled(parameters):
    """Forget lengths of branches that typing that of their group overruled, lest typing it again revives them."""
    own = json.loads(parameters.branchLengths or "{}")
    left = {name: each for name, each in own.items() if each[1] == _of_group(parameters, name)}
    if left != own:
        parameters.branchLengths = json.dumps(left)


def group_lengths_mm(parameters):
    """Return the kept length of each group, mm."""
    return {group: getattr(parameters, name) for group, name in _PARAMETERS.items()}


def _of_group(parameters, name):
    return getattr(parameters, _PARAMETERS[territory(name).group])
