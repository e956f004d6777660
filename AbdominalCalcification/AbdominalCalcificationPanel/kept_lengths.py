"""The kept length of each branch among the parameters."""

from AbdominalCalcificationLib.anatomy import territory

# Of each group of branches, the parameter that holds its kept length, mm.
_PARAMETERS = {
    "renal": "renalLengthMm",
    "mesenteric": "mesentericLengthMm",
    "common_iliac": "commonIliacLengthMm",
}


def kept_length_mm(parameters, name):
    """Return the kept length of a branch, mm."""
    return getattr(parameters, _PARAMETERS[territory(name).group])


def set_kept_length(parameters, name, length_mm):
    """Set the kept length of a branch, and of the others of its group, mm."""
    setattr(parameters, _PARAMETERS[territory(name).group], length_mm)
