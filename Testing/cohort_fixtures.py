"""Small cohorts as files: fixtures that every test finds."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """The table of :func:`cohorts.a_cohort`; made once, so nobody changes it."""
    from cohorts import a_cohort

    return a_cohort(tmp_path_factory.mktemp("cohort") / "cases")


@pytest.fixture(scope="session")
def evaluation(cohort, tmp_path_factory):
    """Folder and document of an evaluation of the cohort with two methods of the program's own."""
    from cohorts import evaluate

    output = tmp_path_factory.mktemp("evaluation") / "result"
    return output, evaluate(cohort, output, methods=("idealised", "fixed:500"))


@pytest.fixture
def cases(tmp_path):
    """Three case folders below one folder; a name that no file may have."""
    from dataset_cases import a_patient

    root = tmp_path / "corrected"
    for number in range(3):
        a_patient(root / f"Jane Doe {number}", number)
    return root


@pytest.fixture
def made_here(monkeypatch):
    """Has cases made one at a time in this process, with small pictures; the command line as for one of its jobs."""
    from AbdominalCalcificationLib.commands import cohort as command
    from AbdominalCalcificationLib.engine.settings import Engine
    from AbdominalCalcificationLib.reporting import views

    monkeypatch.setattr(command, "engine_of", lambda *_, **__: Engine())
    small = views.draw_views_steps
    monkeypatch.setattr(
        views, "draw_views_steps", lambda *given, **named: small(*given, **{**named, "panel_pixels": 64})
    )


@pytest.fixture
def without_networks(monkeypatch):
    """Has radiographs read as they are, and scored as the drawn one: what networks do is not what is tested."""
    from radiograph_cohorts import stand_in_steps

    monkeypatch.setattr("AbdominalCalcificationLib.cohort.radiographs.case.case_steps", stand_in_steps)
    monkeypatch.setattr("AbdominalCalcificationLib.evaluation.radiographs.network.case_steps", stand_in_steps)
    models = [{"role": "vertebrae", "name": "none", "checksum": "0" * 64}]
    for place in ("cohort.radiographs.recipe", "evaluation.radiographs.network"):
        monkeypatch.setattr(f"AbdominalCalcificationLib.{place}.identities", lambda _: models)
