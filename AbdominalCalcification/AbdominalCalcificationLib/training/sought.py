"""Where a network is to look beside its labels in virtual patients: at what today's models take for theirs."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..geometry.volume import Volume
from ..simulation import BYSTANDERS, VirtualPatient

# Kinds of `BYSTANDERS` that look like arteries; those that do not occur are passed over.
ARTERY_LIKE = ("bypass", "bowel contrast", "injected vein", "urine contrast", "costal cartilage", "wire")
METAL_IN_ARTERIES = ("stent", "stent graft")
# What is as bright as blood in the arteries: within this share of it, and no darker than muscle with contrast medium.
_LIKE_BLOOD, _LEAST_BLOOD_HU = (0.65, 1.35), 110.0
# The rim of bone is as bright, everywhere, and met by chance often enough.
_FROM_BONE = 2


def places_of(patient: VirtualPatient, task_name: str = "calcification") -> Volume:
    """Return places to look at, on the patient's grid; each value is drawn as often as a label.

    For calcification: 1 arteries without it, 2 what looks like it, 3 metal in arteries, the likeliest mistake.
    For arteries: 1 what is as bright as their blood, 2 what else resembles them (`ARTERY_LIKE`).

    Ordinary bone is everywhere, and is met by chance often enough.
    """
    others, arteries = patient.bystanders.array, patient.arteries.array > 0
    places = np.zeros(arteries.shape, np.uint8)
    if task_name == "arteries":
        places[_as_bright_as_blood(patient)] = 1
        places[np.isin(others, _values(ARTERY_LIKE)) & ~arteries] = 2
    else:
        places[arteries & (patient.calcification.array == 0)] = 1
        places[(others > 0) & (others != BYSTANDERS["bone"])] = 2
        places[np.isin(others, _values(METAL_IN_ARTERIES))] = 3
    return patient.ct.with_array(places)


def _values(kinds: tuple[str, ...]) -> list[int]:
    return [BYSTANDERS[kind] for kind in kinds if kind in BYSTANDERS]


def _as_bright_as_blood(patient: VirtualPatient) -> np.ndarray:
    """Return where veins, kidneys, bowel and the like are as bright as arteries; nowhere without contrast medium."""
    arteries, ct = patient.arteries.array > 0, patient.ct.array
    blood = ndimage.binary_erosion(arteries & (patient.calcification.array == 0), iterations=2)
    level = float(np.median(ct[blood])) if blood.any() else 0.0
    if level * _LIKE_BLOOD[0] < _LEAST_BLOOD_HU * 0.8:
        return np.zeros(arteries.shape, bool)
    bright = (ct > max(level * _LIKE_BLOOD[0], _LEAST_BLOOD_HU)) & (ct < level * _LIKE_BLOOD[1])
    near = ndimage.binary_dilation(patient.bystanders.array == BYSTANDERS["bone"], iterations=_FROM_BONE)
    near |= ndimage.binary_dilation(arteries, iterations=_FROM_BONE)
    bright &= ~near
    # Single voxels are noise; thin vessels have neighbours that are bright too.
    count = ndimage.convolve(bright.astype(np.uint8), ndimage.generate_binary_structure(3, 1).astype(np.uint8))
    return bright & (count >= 3)
