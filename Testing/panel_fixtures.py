"""The module's panel in the test host: fixtures, found by every test (``conftest.py``)."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import pytest


@pytest.fixture(scope="session")
def host():
    """The stand-in for the application; skips where it cannot be."""
    pytest.importorskip("slicer", reason="the host needs slicer-core")
    pytest.importorskip("PySide6", reason="the host needs PySide6")
    from host import start

    return start()


@pytest.fixture
def module(host, monkeypatch):
    """The module in an empty scene. Qt swallows what a slot raises: here it fails the test."""
    import slicer

    raised = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: raised.append(error))
    slicer.mrmlScene.Clear()
    slicer.mrmlScene.GetSubjectHierarchyNode()  # there from the start in Slicer; made when first asked for here
    yield host.module
    host.end_session()
    assert raised == []


@pytest.fixture
def choices(module):
    """The module that knows what can be chosen."""
    from AbdominalCalcificationPanel import parameters

    return parameters


@pytest.fixture
def panel(module, request):
    """The panel of an empty scene; what it exports is made in this process, but for tests marked ``exports_apart``."""
    from workers_here import exporting_here

    with nullcontext() if request.node.get_closest_marker("exports_apart") else exporting_here():
        widget = module.AbdominalCalcificationWidget()
        yield widget
        widget.cleanup()


@pytest.fixture
def panel_with_masks(choices, panel):
    """The panel with the small sample CT and, chosen as given masks, its exact truth."""
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from panels import load_ct
    from small_case import small_sample

    parameters = panel.logic.getParameterNode()
    parameters.ct = load_ct()
    parameters.arteries = show_arteries(parameters.ct, small_sample()["arteries"])
    parameters.calcification = show_calcification(parameters.ct, small_sample()["calcification"])
    parameters.arterySource = choices.ArterySource.EXISTING
    parameters.calcificationSource = choices.CalcificationSource.EXISTING
    return panel


@pytest.fixture
def panel_with_results(panel_with_masks):
    """The panel with the numbers of the given masks."""
    from panels import run_as_before

    run_as_before(panel_with_masks)
    return panel_with_masks


@pytest.fixture
def panel_with_corrected_calcification(choices, panel_with_masks):
    """Thresholded calcification, corrected by hand afterwards; the threshold source still chosen."""
    from panels import asked, erase_lower_half, run_as_before

    panel = panel_with_masks
    parameters = panel.logic.getParameterNode()
    parameters.calcification = None
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.threshold = "fixed:400"
    run_as_before(panel)
    assert not asked(panel)
    erase_lower_half(panel)
    return panel


@pytest.fixture
def panel_with_plaques(choices, panel):
    """Four plaques, in the aorta and in the left renal artery, measured."""
    from phantoms import Phantom
    from review_cases import PHANTOM, painted
    from review_panel import PLAQUES, put_into

    return put_into(panel, choices, painted("straight", Phantom(PHANTOM.arteries, PLAQUES)))


@pytest.fixture
def panel_to_correct(choices, panel):
    """A renal artery in two pieces, with a plaque that the mask misses; measured."""
    import numpy as np

    from phantoms import Phantom
    from review_cases import PHANTOM, RENAL_PLAQUE, RENAL_TUBES, painted, with_gap
    from review_panel import PLAQUES, put_into

    phantom = Phantom(PHANTOM.arteries, PLAQUES, (with_gap(RENAL_TUBES[1], 4, 10),))
    ct, arteries, calcification = painted("straight", phantom)
    points = ct.grid.ras_of_kji(np.argwhere(np.ones(ct.array.shape, bool)))
    missed = RENAL_PLAQUE.contains(points).reshape(ct.array.shape)
    return put_into(panel, choices, (ct, arteries, calcification.with_array(calcification.array & ~missed)))
