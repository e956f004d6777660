"""What a cohort costs beside its cases, and how that grows: folders, tables, looking for what is done.

    python Testing/benchmarks/cohort_limits.py INPUT OUT [--cases 100000]

INPUT and OUT are of `cohort_at_scale.py`. Rows are those of OUT, again and again.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib.cohort import Recipe, find_cases
from AbdominalCalcificationLib.cohort.columns import cohort_columns
from AbdominalCalcificationLib.cohort.overview import Overview
from AbdominalCalcificationLib.cohort.rows import read_row
from AbdominalCalcificationLib.cohort.store import CASE_FILES, CaseFolders
from AbdominalCalcificationLib.cohort.tables import CohortTable, TerritoryTable
from AbdominalCalcificationLib.reporting import ResultFolder

_AT_A_TIME = 100


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def folders(count: int) -> None:
    """Time what a case's folder costs beside so many others."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "cases"
        place.mkdir()
        there = 0
        for many in (0, count // 100, count // 10, count):
            for number in range(there, many):
                (place / f"case_{number:06d}").mkdir()
            there = many
            began, tries = time.process_time(), 10
            for number in range(tries):
                with ResultFolder(place / f"new_{many}_{number}", names=CASE_FILES) as unfinished:
                    (unfinished / "case.json").write_text("{}", encoding="utf-8")
            took = (time.process_time() - began) / tries
            print(f"a folder beside {many} others: {1000 * took:.1f} ms of the processor", flush=True)


def tables(cases, output: Path, count: int) -> None:
    """Time the tables of so many rows, and see how much memory they take."""
    store = CaseFolders(output, lambda case: Recipe().made_from([], case.masks))
    began = time.process_time()
    for case in cases:
        store.record(case), store.fingerprint(case)
    print(f"looking whether a case is done: {1000 * (time.process_time() - began) / len(cases):.2f} ms")
    began = time.process_time()
    rows = [read_row(case, store.path_of(case)) for case in cases]
    print(f"reading its numbers: {1000 * (time.process_time() - began) / len(rows):.2f} ms")
    before, began = peak_mib(), time.process_time()
    covariates = ["age", "sex"]
    table = CohortTable(cohort_columns(covariates), lambda row: row.cells(covariates))
    territories, overview = TerritoryTable(), Overview(output)
    for start in range(0, count, _AT_A_TIME):
        some = [
            replace(row, case=replace(row.case, id=f"case_{start + place}"))
            for place, row in enumerate(rows[start % len(rows) : start % len(rows) + _AT_A_TIME])
        ]
        table.add(some)
        territories.add(some)
        overview.add(some)
    text, content, page = table.text(), territories.content(), overview.html(count, [])
    took = time.process_time() - began
    sizes = ", ".join(
        f"{name} {len(each) / 2**20:.0f} MiB"
        for name, each in (("cohort.csv", text), ("territories.parquet", content), ("overview.html", page))
    )
    print(f"{count} rows: {took:.0f} s, {peak_mib() - before:.0f} MiB of memory; {sizes}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--cases", type=int, default=100_000)
    options = parser.parse_args()
    output = options.output.absolute()
    cases = [case for case in find_cases(options.input, output) if (output / "cases" / case.folder_name).is_dir()]
    tables(cases, output, options.cases)
    folders(options.cases)


if __name__ == "__main__":
    main()
