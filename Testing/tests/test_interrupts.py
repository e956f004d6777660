"""Commands interrupted and killed at random moments leave nothing, and what was there before as it was.

A few runs of the quick commands, at moments drawn alike in every run; ``ABDOMINAL_CALCIFICATION_INTERRUPTS=100``
makes it so many runs of every command at other moments (hours), as ``Testing/stress/interrupts.py`` does.
"""

from __future__ import annotations

import os
import signal
import sys

import pytest

from stress.interrupts import Stress
from stress.scenarios import SCENARIOS

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc"),
    pytest.mark.nnunet,
    pytest.mark.usefixtures("signals_of_a_terminal"),
]
RUNS = int(os.environ.get("ABDOMINAL_CALCIFICATION_INTERRUPTS", "0"))
QUICK = ("analyze", "analyze, documents", "simulate", "models import")
# What ends them in order, in turn, and what gives them no time for anything.
IN_ORDER = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(scope="module")
def stress(tmp_path_factory):
    return Stress(tmp_path_factory.mktemp("stress"), seed=os.getpid() if RUNS else 0)


@pytest.mark.timeout(0 if RUNS else 600)
@pytest.mark.parametrize("scenario", [each for each in SCENARIOS if RUNS or each.name in QUICK], ids=lambda s: s.name)
@pytest.mark.parametrize("signals", [IN_ORDER, [signal.SIGKILL]], ids=["in order", "killed"])
def test_nothing_is_left_and_nothing_is_lost(stress, scenario, signals):
    outcome = stress.interrupt(scenario, signals, RUNS or len(signals))
    assert outcome.is_clean, "\n".join(outcome.examples)
