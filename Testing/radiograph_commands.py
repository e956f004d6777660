"""The command ``radiograph`` on the drawn radiograph, without a network: what an analysis returns is drawn, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.radiograph import analysis
from AbdominalCalcificationLib.reporting.provenance import build_provenance
from radiograph_cases import NAMES, a_result


@pytest.fixture
def drawn_analysis(monkeypatch):
    """Let every analysis find the drawn vertebrae and score; a list gets what it was given, `names` can be set."""
    given: list[dict] = []

    def steps(radiograph, choices=None, *, identity=None, flags=(), parameters=None, worker=None, names=NAMES):
        given.append({"radiograph": radiograph, "choices": choices, "parameters": parameters})
        yield Progress("Finding vertebrae", 0.5)
        faces = radiograph.faces or "left"
        drawn = a_result(faces, names=getattr(steps, "names", names), spacing_mm=radiograph.spacing_mm)
        return replace(
            drawn,
            radiograph=replace(radiograph, faces=faces),
            flags=tuple(flags),
            parameters=dict(parameters or {}),
            provenance=build_provenance(identity, models=drawn.provenance["models"], parameters=parameters),
        )

    monkeypatch.setattr(analysis, "analyze_radiograph_steps", steps)
    given_steps = steps
    given_steps.given = given
    return given_steps


def score(path, output, *more) -> int:
    """Run the command; return the exit code."""
    return cli.main([str(each) for each in ("radiograph", path, "--output", output, *more)])
