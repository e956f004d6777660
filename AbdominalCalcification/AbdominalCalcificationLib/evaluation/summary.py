"""Statistics of a cohort, from the records of its cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations

import numpy as np

from ..anatomy import TERRITORIES
from ..comparison.agreement import agreement, holm, paired_test
from ..comparison.overlap import STATES, LesionOverlap, VolumeOverlap
from ..comparison.severity import group_agreement
from ..comparison.territories import PLACES, TOTAL, WHOLE
from .settings import Settings
from .units import ERROR_OF, RECORDED

ALL = "all cases"
METRICS = (
    "dice",
    "volumetric_similarity",
    "sensitivity",
    "precision",
    "jaccard",
    "surface_dice",
    "hausdorff95_mm",
    "lesion_sensitivity",
    "lesion_precision",
    "lesion_f1",
)
QUANTITIES = ("burden", "calcified_volume_mm3", "cluster_count")
# What methods are tested for: (structure, metric) of the overlap in total, and errors of quantities.
_TESTED = ("dice", "surface_dice", "lesion_f1", "burden", "calcified_volume_mm3")


def summarise(records: Sequence[dict], methods: Sequence[str], settings: Settings) -> dict:
    """Return the statistics of a cohort as JSON values.

    Parameters
    ----------
    records : sequence of dict
        What :class:`store.Store` keeps, in the order of the cohort; cases that failed are left out
        of every statistic and listed.
    methods : sequence of str
    settings : Settings

    Returns
    -------
    dict
        ``failed``, ``left_out`` (territories that references do not judge), ``groups``,
        ``overlap``, ``agreement``, ``severity``, ``tests`` and ``mistaken``.
    """
    done = [record for record in records if record["error"] is None]
    divisions = list(divide(done))
    return {
        "failed": [
            *({"case": r["case"], "method": None, "reason": r["error"]} for r in records if r["error"] is not None),
            *({"case": r["case"], "method": m, "reason": text} for r in done for m, text in r["failures"].items()),
        ],
        "left_out": [
            {"territory": territory, "cases": count}
            for territory in PLACES
            if (count := sum(territory in record["left_out"] for record in done))
        ],
        "groups": [{"group": name, "cases": len(members)} for name, members in divisions],
        "overlap": [{"group": group, **row} for group, members in divisions for row in _overlap(members, methods)],
        "agreement": [
            {"group": group, **row}
            for group, members in divisions
            for row in _agreement(members, methods, settings, PLACES[:-1] if group == ALL else (TOTAL,))
        ],
        "severity": [
            {"group": group, **row} for group, members in divisions for row in _severity(members, methods, settings)
        ],
        "tests": _tests(done, methods),
        "mistaken": _mistaken(done, methods),
    }


def divide(records: Sequence[dict]) -> Iterator[tuple[str, list[dict]]]:
    """Yield all records, then those of each group of the cohort ("phase: arterial")."""
    yield ALL, list(records)
    names = dict.fromkeys(name for record in records for name in record["groups"])
    for name in names:
        for value in sorted({record["groups"].get(name, "unknown") for record in records}):
            members = [record for record in records if record["groups"].get(name, "unknown") == value]
            if len(members) < len(records):
                yield f"{name}: {value}", members


def pairs_of(
    records: Sequence[dict], method: str, territory: str, quantity: str
) -> list[tuple[str, str, float, float]]:
    """Return case, patient, reference and prediction where both were measured.

    A territory that only one side found has a burden on that side alone and is left out of it; its
    volume and count are compared with 0, which is what the other side reports. One that the reference
    does not judge is left out.
    """
    pairs = []
    for record in records:
        measured = record["measurements"]
        if method not in measured or territory in record["left_out"]:
            continue
        reference, prediction = measured["reference"][territory], measured[method][territory]
        if not reference["found"] and not prediction["found"]:
            continue
        if reference[quantity] is not None and prediction[quantity] is not None:
            pairs.append((record["case"], record["patient"], reference[quantity], prediction[quantity]))
    return pairs


def _overlap(records: Sequence[dict], methods: Sequence[str]) -> Iterator[dict]:
    rows: dict[tuple[str, str, str], list[dict]] = {}
    for record in records:
        for row in record["overlap"]:
            rows.setdefault((row["method"], row["structure"], row["territory"]), []).append(row)
    for method in methods:
        for structure in ("arteries", "calcification"):
            for place in PLACES:
                if own := rows.get((method, structure, place)):
                    yield {"method": method, "structure": structure, "territory": place, **_overlap_summary(own)}


def _overlap_summary(rows: Sequence[dict]) -> dict:
    states = [row["state"] for row in rows]
    pooled = sum(
        (VolumeOverlap(row["reference_mm3"], row["prediction_mm3"], row["common_mm3"]) for row in rows),
        VolumeOverlap(0, 0, 0),
    )
    lesions = sum((LesionOverlap(**row["lesions"]) for row in rows if row["lesions"]), LesionOverlap(0, 0, 0, 0))
    metrics = {}
    for metric in METRICS:
        values = np.array([row[metric] for row in rows if row[metric] is not None], float)
        metrics[metric] = {
            "cases": len(values),
            "mean": float(values.mean()) if len(values) else None,
            "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
            "median": float(np.median(values)) if len(values) else None,
        }
    return {
        "cases": len(rows),
        "states": {state: states.count(state) for state in STATES},
        "metrics": metrics,
        "pooled": {
            **{name: getattr(pooled, name) for name in METRICS[:5]},
            "lesion_sensitivity": lesions.sensitivity,
            "lesion_precision": lesions.precision,
            "lesion_f1": lesions.f1,
        },
    }


def _agreement(
    records: Sequence[dict], methods: Sequence[str], settings: Settings, places: Sequence[str]
) -> Iterator[dict]:
    for method in methods:
        for quantity in QUANTITIES:
            for place in places:
                pairs = pairs_of(records, method, place, quantity)
                found = [
                    (r["measurements"]["reference"][place]["found"], r["measurements"][method][place]["found"])
                    for r in records
                    if method in r["measurements"] and place not in r["left_out"]
                ]
                result = agreement(
                    [pair[2] for pair in pairs],
                    [pair[3] for pair in pairs],
                    [pair[1] for pair in pairs],
                    resamples=settings.resamples,
                    seed=settings.seed,
                )
                yield {
                    "method": method,
                    "quantity": quantity,
                    "unit": RECORDED[quantity],
                    "territory": place,
                    "found_by_reference_only": sum(r and not p for r, p in found),
                    "found_by_prediction_only": sum(p and not r for r, p in found),
                    **asdict(result),
                }


def _severity(records: Sequence[dict], methods: Sequence[str], settings: Settings) -> Iterator[dict]:
    groups = settings.severity
    for method in methods:
        pairs = pairs_of(records, method, TOTAL, "burden")
        reference, prediction = ([groups.group_of(float(pair[side])) for pair in pairs] for side in (2, 3))
        agreement = group_agreement(reference, prediction, len(groups.names))
        yield {"method": method, "cases": len(pairs), **asdict(agreement)}


def _mistaken(records: Sequence[dict], methods: Sequence[str]) -> list[dict]:
    """Return the mean false positive volume by what it was taken from, over virtual patients."""
    rows = []
    for method in methods:
        cases = [record["mistaken"][method] for record in records if method in record["mistaken"]]
        # Without any true calcification, what is found is all wrong.
        empty = [
            sum(record["mistaken"][method].values())
            for record in records
            if method in record["mistaken"] and _is_empty(record, method)
        ]
        if cases:
            rows.append(
                {
                    "method": method,
                    "cases": len(cases),
                    "mean_mm3": {kind: float(np.mean([case[kind] for case in cases])) for kind in cases[0]},
                    "cases_without_calcification": len(empty),
                    "mean_mm3_without_calcification": float(np.mean(empty)) if empty else None,
                }
            )
    return rows


def _is_empty(record: dict, method: str) -> bool:
    return any(
        (row["method"], row["structure"], row["territory"]) == (method, "calcification", WHOLE)
        and row["reference_mm3"] == 0
        for row in record["overlap"]
    )


def _tests(records: Sequence[dict], methods: Sequence[str]) -> list[dict]:
    """Test every pair of methods; the tests of one metric are corrected together."""
    tests = []
    for metric in _TESTED:
        family = []
        values = {method: [_tested_value(record, method, metric) for record in records] for method in methods}
        magnitude = 1.0 if metric in METRICS else _greatest(records, metric)
        for first, second in combinations(methods, 2):
            patients = [record["patient"] for record in records]
            result = paired_test(values[first], values[second], patients, magnitude=magnitude)
            what = metric if metric in METRICS else f"{ERROR_OF}{metric}"
            of = {"metric": what, "unit": RECORDED.get(metric, ""), "first": first, "second": second}
            family.append({**of, **asdict(result)})
        for test, corrected in zip(family, holm([test["p_value"] for test in family]), strict=True):
            tests.append({**test, "corrected_p_value": corrected})
    return tests


def _greatest(records: Sequence[dict], quantity: str) -> float:
    """Return the greatest total of a quantity that any side has."""
    totals = (side[TOTAL][quantity] for record in records for side in record["measurements"].values())
    return max((value for value in totals if value is not None), default=0.0)


def _tested_value(record: dict, method: str, metric: str) -> float | None:
    if method not in record["measurements"]:
        return None
    if metric in METRICS:
        return next(
            row[metric]
            for row in record["overlap"]
            if (row["method"], row["structure"], row["territory"]) == (method, "calcification", TOTAL)
        )
    reference, prediction = (record["measurements"][side][TOTAL][metric] for side in ("reference", method))
    return None if reference is None or prediction is None else abs(prediction - reference)


def territory_title(name: str) -> str:
    """Return the name of a territory, or of a whole, for people."""
    return next((t.title for t in TERRITORIES if t.name == name), {TOTAL: "All arteries"}.get(name, name.capitalize()))
