"""Stents of virtual patients, and calcified aortas that are none."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.sense.metal import without_struts_steps
from AbdominalCalcificationLib.sense.stents import find_stents_steps
from AbdominalCalcificationLib.simulation import BYSTANDERS, simulate


def lower_aorta(seed, **more):
    """Return the lower aorta and the iliac arteries of a patient."""
    return simulate(seed, spacing_mm=(1.0, 1.0, 1.0), shape=(130, 100, 120), center_ras=(0.0, 20.0, 20.0), **more)


# The walls of 6001 and 7109 look like a cage above single thresholds: at 1000 HU, and at 800 HU.
@pytest.mark.parametrize(
    ("seed", "more"),
    [
        (6001, {"phase": "portal_venous"}),
        (7109, {"phase": "portal_venous", "severity": 1.0, "conditions": []}),
        (7113, {"phase": "portal_venous", "severity": 1.0, "conditions": []}),
    ],
)
def test_an_aorta_that_is_calcified_all_around_holds_no_stent(seed, more):
    patient = lower_aorta(seed, **more)
    assert patient.calcification.array.sum() > 2000
    left, flags = drain(without_struts_steps(patient.ct, patient.arteries, patient.calcification))
    assert flags == []
    assert np.array_equal(left.array, patient.calcification.array)


# A graft of the aorta, whose limbs are too narrow; iliac stents, one of them blurred to 600 HU, one beside narrow ones
# of other arteries.
@pytest.mark.parametrize(
    ("seed", "territory", "least"),
    [(6029, "aorta", 0.3), (6017, "common_iliac_right", 0.9), (6024, "common_iliac_right", 0.6)],
)
def test_most_metal_of_a_stent_lies_in_what_is_found(seed, territory, least):
    patient = lower_aorta(seed, phase=("arterial", "portal_venous")[seed % 2])
    assert territory in {each.territory.name for each in drain(find_stents_steps(patient.ct, patient.arteries))}
    metal = np.isin(patient.bystanders.array, [BYSTANDERS["stent"], BYSTANDERS["stent graft"]])
    metal &= patient.arteries.array > 0
    called = patient.ct.with_array(metal.astype(np.uint8))
    left, _ = drain(without_struts_steps(patient.ct, patient.arteries, called))
    assert left.array.sum() < (1 - least) * metal.sum()
