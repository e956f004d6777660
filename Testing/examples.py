"""How many examples the tests of properties and of damaged files try.

A few by default, the same ones on every machine and in every run, so that a run fails because of what was changed.
With ``ABDOMINAL_CALCIFICATION_EXAMPLES=1000`` each tries so many (hours), and others every time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_VARIABLE = "ABDOMINAL_CALCIFICATION_EXAMPLES"


def examples(few: int) -> int:
    """Return how many examples a test tries that tries `few` by default."""
    return int(os.environ.get(_VARIABLE, few))


def tried(few: int) -> settings:
    """Return the decorator of a test of a property that tries `few` examples by default, however long they take."""
    return settings(
        max_examples=examples(few),
        deadline=None,
        derandomize=_VARIABLE not in os.environ,
        # A loaded machine makes slow examples; what a fixture of the function holds is written anew by each.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
