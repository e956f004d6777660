"""The tables that R and this program are given alike."""

from __future__ import annotations

import numpy as np

from .simulated import a_cohort


def tables() -> dict[str, dict[str, np.ndarray]]:
    """Return columns by name of each table."""
    return {"cohort": cohort_table(), "sets": sets_table(), "matching": matching_table()}


def cohort_table() -> dict[str, np.ndarray]:
    """Return a cohort with tied times, three groups, and patients who come twice."""
    cohort = a_cohort(1, 200, step=0.25)
    return {
        "time": cohort.time,
        "event": cohort.event.astype(int),
        "burden": cohort.burden,
        "age": cohort.age,
        "male": cohort.male,
        "group": np.digitize(cohort.burden, [-0.5, 0.5]),
        "patient": np.arange(200) // 2,
    }


def sets_table() -> dict[str, np.ndarray]:
    """Return 80 matched sets of one case and one to three controls."""
    cohort = a_cohort(2, 320)
    size = 2 + np.arange(80) % 3
    last = np.cumsum(size)
    kept = slice(0, int(last[-1]))
    case = np.zeros(last[-1], int)
    case[last - size] = 1
    return {
        "set": np.repeat(np.arange(80), size),
        "case": case,
        "burden": cohort.burden[kept] + 0.6 * case,
        "male": cohort.male[kept],
    }


def matching_table() -> dict[str, np.ndarray]:
    """Return treated and untreated ones, the treated older and with more calcification."""
    cohort = a_cohort(3, 160)
    treated = (cohort.event & (np.arange(160) % 3 != 0)).astype(int)
    return {"treated": treated, "age": cohort.age, "burden": cohort.burden, "male": cohort.male}
