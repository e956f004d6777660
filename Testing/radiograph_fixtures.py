"""Fixtures of the page of radiographs."""

from __future__ import annotations

import pytest


@pytest.fixture
def page(panel, monkeypatch):
    """The widget with its page of radiographs open."""
    monkeypatch.setattr(panel.logic, "missingPackages", list)
    from radiograph_panel import page_of

    page_of(panel)
    return panel


@pytest.fixture
def scored(page):
    """The page with the drawn radiograph, scored."""
    import slicer

    from radiograph_panel import drawn_result_for_networks, load, score

    load()
    page.logic.getParameterNode().radiograph = slicer.util.getNode("drawn")
    with drawn_result_for_networks():
        score(page)
    return page
