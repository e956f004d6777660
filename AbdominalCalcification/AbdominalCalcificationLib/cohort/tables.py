"""The tables of a cohort: a row for each case, and one for each artery of each case."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from ..csv_files import csv_text
from ..engine.settings import PIP
from ..errors import InputError
from ..reporting.documents import json_safe
from ..reporting.tables import cell_text
from .columns import QUANTITIES
from .rows import CaseRow

FAILED_COLUMNS = ("id", "reason", "what_to_do")
_NO_ADVICE = "Run analyze on it alone, and look at what it says."


def check_packages() -> None:
    """Refuse to begin where the tables could not be written."""
    if find_spec("pyarrow") is None:
        raise InputError(f"The tables of a cohort need the package pyarrow; {PIP}.")


class CohortTable:
    """The table of a cohort, and seconds.csv, as text, row by row.

    Parameters
    ----------
    columns : sequence of str
    cells : callable
        Returns what stands in them, of a row.
    """

    def __init__(self, columns: Sequence[str], cells: Callable[[Any], list]):
        self._cells = cells
        self._parts = [csv_text(columns, [])]
        self._seconds = [csv_text(["id", "seconds"], [])]

    def add(self, rows: Sequence[Any]) -> None:
        """Add cases."""
        cells = [[cell_text(each) for each in json_safe(self._cells(row))] for row in rows]
        self._parts.append(_without_header(csv_text([], cells)))
        seconds = [[row.case.id, cell_text(row.seconds)] for row in rows]
        self._seconds.append(_without_header(csv_text([], seconds)))

    def text(self) -> str:
        """Return the table."""
        return "".join(self._parts)

    def seconds_text(self) -> str:
        """Return seconds.csv: apart, since it alone is another each time."""
        return "".join(self._seconds)


def _without_header(text: str) -> str:
    return text.split("\n", 1)[1]


class TerritoryTable:
    """territories.parquet, batch by batch: a row for each artery of each case, and one of all together."""

    def __init__(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        numbers = [(name, pa.int64() if name == "cluster_count" else pa.float64()) for name in QUANTITIES]
        texts = [(name, pa.string()) for name in ("id", "patient", "territory")]
        made = [(name, pa.string()) for name in ("trust", "flags", "version")]
        self._schema = pa.schema([*texts, ("found", pa.bool_()), *numbers, *made])
        self._file = io.BytesIO()
        self._writer: Any = pq.ParquetWriter(self._file, self._schema, compression="zstd")

    def add(self, rows: Sequence[CaseRow]) -> None:
        """Add cases."""
        import pyarrow as pa

        listed = [
            {"id": row.case.id, "patient": row.case.patient, "territory": name, "version": row.version, **values}
            for row in rows
            for name, values in row.territories.items()
        ]
        self._writer.write_table(pa.Table.from_pylist(listed, schema=self._schema))

    def content(self) -> bytes:
        """Return the file; nothing can be added afterwards."""
        self._writer.close()
        return self._file.getvalue()


def failed_csv(failed: Sequence[tuple[str, str]]) -> str:
    """Return the cases that have no result: which, why, and what to do."""
    return csv_text(FAILED_COLUMNS, [(name, *split_reason(reason)) for name, reason in failed])


def split_reason(text: str) -> tuple[str, str]:
    """Return what is wrong and what to do about it, of a message that says both.

    Examples
    --------
    >>> split_reason("There is no 'a.nii'; check the path.")
    ("There is no 'a.nii'.", 'Check the path.')
    """
    reason, between, advice = text.rpartition("; ")
    if not between:
        head, between, advice = text.rpartition("? ")
        reason = f"{head}?" if between else text
    if not between:
        return text, _NO_ADVICE
    return reason.rstrip(".") + ("" if reason.endswith("?") else "."), advice[:1].upper() + advice[1:]
