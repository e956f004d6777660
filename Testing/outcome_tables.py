"""Tables of patients with outcomes, and analyses of them in the process of the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from AbdominalCalcificationLib.csv_files import csv_text
from AbdominalCalcificationLib.outcomes.analysis import Analysis, analysis_steps
from AbdominalCalcificationLib.outcomes.settings import Settings
from AbdominalCalcificationLib.outcomes.table import read_table
from AbdominalCalcificationLib.progress import drain
from outcomes.simulated import a_cohort

COLUMNS = ("id", "age", "sex", "smoker", "trust", "total_burden_percent", "renal_left_burden_percent", "event", "years")


def rows_of_patients(count: int = 120, seed: int = 5) -> list[dict[str, object]]:
    """Return patients with a burden that raises the risk; some are unusable, some ages and renal arteries missing."""
    cohort = a_cohort(seed, count)
    uniform = np.random.Generator(np.random.PCG64(seed + 1)).random((count, 4))
    rows = []
    for n in range(count):
        burden = float(np.exp(1.2 * cohort.burden[n] - 0.3))
        values = (
            f"c{n}",
            "" if uniform[n, 0] < 0.1 else round(60 + 10 * cohort.age[n], 1),
            "male" if cohort.male[n] else "female",
            int(uniform[n, 3] < 0.5),
            "unusable" if n % 40 == 7 else "review" if n % 10 == 3 else "ok",
            round(burden, 4),
            "–" if n % 20 == 9 else round(burden * uniform[n, 2], 4),
            int(cohort.event[n]),
            float(cohort.time[n]),
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write rows as CSV and return where."""
    columns = list(rows[0])
    path.write_text(csv_text(columns, [[row.get(name, "") for name in columns] for row in rows]), encoding="utf-8")
    return path


def analysed(path: Path, **settings) -> Analysis:
    """Analyse a table, with few resamples."""
    chosen = {"outcome": "event", "time": "years", "resamples": 20, **settings}
    return drain(analysis_steps(read_table(path), Settings(**chosen)))
