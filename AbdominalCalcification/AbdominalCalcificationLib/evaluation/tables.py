"""The tables of an evaluation as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..csv_files import csv_text
from .summary import METRICS, QUANTITIES
from .units import unit_of_difference

# The state of a territory that the reference does not judge.
LEFT_OUT = "left out"
_ESTIMATES = (
    "bias",
    "lower_limit",
    "upper_limit",
    "pearson",
    "spearman",
    "icc",
    "concordance",
    "mean_absolute_error",
)
_IN_UNIT = ("bias", "lower_limit", "upper_limit", "mean_absolute_error")


def cases_csv(records: Sequence[dict]) -> str:
    """Return one line for each case, method, structure and territory, and one for each failure."""
    groups = list(dict.fromkeys(name for record in records for name in record["groups"]))
    volumes = ("reference_mm3", "prediction_mm3", "common_mm3")
    quantities = [f"{side}_{name}" for name in QUANTITIES for side in ("reference", "prediction")]
    header = ["case", "patient", *groups, "method", "structure", "territory", "state", *volumes, *METRICS, *quantities]
    rows = []
    for record in records:
        start = {"case": record["case"], "patient": record["patient"], **record["groups"]}
        for method, reason in [(None, record["error"])] if record["error"] else record["failures"].items():
            rows.append({**start, "method": method, "error": reason})
        for row in record.get("overlap", ()):
            measured: dict[str, object] = {}
            if row["structure"] == "calcification":
                for side, name in (("reference", "reference"), ("prediction", row["method"])):
                    numbers = record["measurements"][name].get(row["territory"], {})
                    measured |= {f"{side}_{each}": numbers.get(each) for each in QUANTITIES}
            rows.append({**start, **row, **measured, "trust": record["notes"][row["method"]]["trust"]})
        compared = dict.fromkeys((row["method"], row["structure"]) for row in record.get("overlap", ()))
        for method, structure in compared:
            said = {"method": method, "structure": structure, "state": LEFT_OUT}
            rows += [{**start, **said, "territory": territory} for territory in record["left_out"]]
    return _csv([*header, "trust", "error"], rows)


def overlap_csv(rows: Sequence[Mapping]) -> str:
    """Return the overlap summary: one line for each group, method, structure and territory."""
    flat = []
    for row in rows:
        line = {name: row[name] for name in ("group", "method", "structure", "territory", "cases")}
        line |= row["states"]
        for metric in METRICS:
            line |= {f"{metric}_{part}": value for part, value in row["metrics"][metric].items()}
        flat.append(line | {f"pooled_{name}": value for name, value in row["pooled"].items()})
    return _csv(list(flat[0]) if flat else ["group"], flat)


def agreement_csv(rows: Sequence[Mapping]) -> str:
    """Return the agreement summary: one line for each group, method, quantity and territory.

    Bias, limits and mean absolute error are in the line's ``unit``: those of burdens in percentage points.
    """
    flat = []
    for row in rows:
        unit, factor = unit_of_difference(row["quantity"])
        line = {name: value for name, value in row.items() if name not in _ESTIMATES}
        line["unit"] = unit
        for name in _ESTIMATES:
            times = factor if name in _IN_UNIT else 1.0
            line[name] = _times(row[name]["value"], times)
            for kind in ("bootstrap", "analytic"):
                low, high = (_times(limit, times) for limit in row[name][kind] or (None, None))
                if kind == "bootstrap" or name in _ESTIMATES[:3]:
                    line |= {f"{name}_{kind}_low": low, f"{name}_{kind}_high": high}
        flat.append(line)
    return _csv(list(flat[0]) if flat else ["group"], flat)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _csv(header: Sequence[str], rows: Iterable[Mapping]) -> str:
    return csv_text(header, ([row.get(name) for name in header] for row in rows))
