"""Ask R once, and keep what it says for the tests: ``python Testing/outcomes/record_r.py``.

Needs R with survival, MatchIt and jsonlite (Debian: r-base-core, r-cran-survival, r-cran-matchit, r-cran-jsonlite).
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from outcomes.given_to_r import tables  # noqa: E402 - after the path to it

RECORDED = HERE.parent / "tests" / "recorded_r.json"


def record() -> dict:
    """Return what R makes of the tables."""
    with tempfile.TemporaryDirectory() as folder:
        for name, columns in tables().items():
            with open(Path(folder) / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(columns)
                writer.writerows(zip(*(map(repr, column.tolist()) for column in columns.values()), strict=True))
        said = subprocess.run(["Rscript", HERE / "survival.R", folder], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(record(), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{RECORDED} has {RECORDED.stat().st_size / 1024:.0f} KiB")
