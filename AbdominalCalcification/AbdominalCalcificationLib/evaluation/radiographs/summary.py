"""Statistics of radiographs, from the records of their cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from ...comparison.agreement import agreement, holm, paired_test
from ...comparison.ordinal import ordinal_agreement
from ...comparison.predicted import calibration, coverage
from ...comparison.resampling import estimates
from ...radiograph.kauppila import MOST_PART, PARTS, VERTEBRAE, WALLS
from ...radiograph.spine import ORDER
from ...trust import Verdict
from ..summary import ALL, divide
from .settings import LEVELS, RadiographSettings

#: What is compared as numbers: its name, and its greatest value.
QUANTITIES = {"total": 3 * len(PARTS), "affected_segments": len(VERTEBRAE), "affected_walls": len(PARTS)}
ALL_PARTS = "all parts"
PART_NAMES = tuple(f"{vertebra} {wall}" for vertebra, wall in PARTS)


class Pair(NamedTuple):
    """What reference and method say of one thing in one case."""

    case: str
    patient: str
    reference: Any
    prediction: Any


def summarise(records: Sequence[dict], methods: Sequence[str], settings: RadiographSettings) -> dict:
    """Return the statistics of a cohort as JSON values.

    Cases that failed are left out of every statistic and listed; so are scores that one side lacks, which are counted.

    Returns
    -------
    dict
        ``failed``, ``simulated`` (how many are), ``shown`` (see :func:`_shown`), ``groups``, ``scored``,
        ``agreement``, ``severity``, ``affected``, ``segments``, ``intervals``, ``calibration``, ``vertebrae`` and
        ``tests``.
    """
    done = [record for record in records if record["error"] is None]
    divisions = list(divide(done))
    bootstrap = {"resamples": settings.resamples, "seed": settings.seed}

    def of_groups(rows) -> list[dict]:
        return [
            {"group": group, "method": method, **row}
            for group, members in divisions
            for method in methods
            for row in rows(members, method, group, bootstrap)
        ]

    return {
        "failed": [
            *({"case": r["case"], "method": None, "reason": r["error"]} for r in records if r["error"] is not None),
            *({"case": r["case"], "method": m, "reason": text} for r in done for m, text in r["failures"].items()),
        ],
        "simulated": sum(record["simulated"] for record in done),
        "shown": _shown(done),
        "groups": [{"group": name, "cases": len(members)} for name, members in divisions],
        "scored": of_groups(_scored),
        "agreement": of_groups(_agreement),
        "severity": of_groups(lambda members, method, _, chosen: _severity(members, method, chosen, settings)),
        "affected": of_groups(_affected),
        "segments": of_groups(_segments),
        "intervals": of_groups(_intervals),
        "calibration": of_groups(_calibration),
        "vertebrae": of_groups(_vertebrae),
        "tests": _tests(done, methods),
    }


def pairs_of(records: Sequence[dict], method: str, quantity: str = "total") -> list[Pair]:
    """Return what both sides say of a quantity, where both say something."""
    pairs = []
    for record in records:
        said = record["readings"]
        if method not in said:
            continue
        values = said["reference"][quantity], said[method][quantity]
        if None not in values:
            pairs.append(Pair(record["case"], record["patient"], *values))
    return pairs


def _sides(pairs: Sequence[Pair]) -> tuple[list, list, list]:
    """Return what the reference and the prediction say, and who it is of."""
    return [each.reference for each in pairs], [each.prediction for each in pairs], [each.patient for each in pairs]


def _shown(records: Sequence[dict]) -> dict:
    """Return how far what simulated images show is from what is there: the difference can only be guessed."""
    truths = np.array([record["truths"] for record in records if record["truths"]], float).reshape(-1, 2)
    missed = truths[:, 0] - truths[:, 1]
    return {
        "radiographs": len(truths),
        "mean_absolute_difference": float(np.abs(missed).mean()) if len(truths) else None,
        "mean_difference": float(missed.mean()) if len(truths) else None,
    }


def _scored(records: Sequence[dict], method: str, _group: str, _bootstrap: dict) -> Iterator[dict]:
    """Count what is compared, and what is not: a score that is missing is no 0."""
    both = [record for record in records if method in record["readings"]]
    references = [record["readings"]["reference"] for record in both]
    found = [record["readings"][method] for record in both]
    trust = [record["notes"][method]["trust"] for record in both]
    yield {
        "cases": len(records),
        "without_result": len(records) - len(both),
        "compared": len(pairs_of(records, method)),
        "reference_not_scored": sum(each["total"] is None for each in references),
        "method_not_scored": sum(each["total"] is None for each in found),
        "unusable": trust.count(Verdict.UNUSABLE.value),
        "to_review": trust.count(Verdict.REVIEW.value),
        "reference_parts_not_assessed": sum(part is None for each in references for part in each["parts"]),
        "method_parts_not_assessed": sum(part is None for each in found for part in each["parts"]),
    }


def _agreement(records: Sequence[dict], method: str, group: str, bootstrap: dict) -> Iterator[dict]:
    for quantity in QUANTITIES if group == ALL else ("total",):
        pairs = pairs_of(records, method, quantity)
        reference, prediction, patients = _sides(pairs)
        yield {"quantity": quantity, **asdict(agreement(reference, prediction, patients, **bootstrap))}


def _severity(records: Sequence[dict], method: str, bootstrap: dict, settings: RadiographSettings) -> Iterator[dict]:
    pairs = pairs_of(records, method)
    *scores, patients = _sides(pairs)
    reference, prediction = ([settings.groups.index_of(each) for each in side] for side in scores)
    yield asdict(ordinal_agreement(reference, prediction, len(settings.groups.names), patients, **bootstrap))


def _affected(records: Sequence[dict], method: str, group: str, bootstrap: dict) -> Iterator[dict]:
    if group != ALL:
        return
    for quantity in ("affected_segments", "affected_walls"):
        pairs = pairs_of(records, method, quantity)
        reference, prediction, patients = _sides(pairs)
        row = ordinal_agreement(reference, prediction, QUANTITIES[quantity] + 1, patients, **bootstrap)
        yield {"quantity": quantity, **asdict(row)}


def part_pairs(records: Sequence[dict], method: str, place: int) -> list[Pair]:
    """Return what both sides say of the part at `place` of :data:`radiograph.kauppila.PARTS`."""
    both = [record for record in records if method in record["readings"]]
    pairs = [
        Pair(each["case"], each["patient"], *(each["readings"][side]["parts"][place] for side in ("reference", method)))
        for each in both
    ]
    return [pair for pair in pairs if pair.reference is not None and pair.prediction is not None]


def _segments(records: Sequence[dict], method: str, group: str, bootstrap: dict) -> Iterator[dict]:
    """Compare each of the eight parts, all together, and those of one wall; of groups all together alone."""
    of_part = [part_pairs(records, method, place) for place in range(len(PARTS))]
    sets = {ALL_PARTS: list(range(len(PARTS)))}
    if group == ALL:
        sets |= {name: [place] for place, name in enumerate(PART_NAMES)}
        sets |= {f"{wall} wall": [place for place, part in enumerate(PARTS) if part[1] == wall] for wall in WALLS}
    for name, places in sets.items():
        pairs = [pair for place in places for pair in of_part[place]]
        reference, prediction, patients = _sides(pairs)
        row = ordinal_agreement(reference, prediction, MOST_PART + 1, patients, **bootstrap)
        yield {"segment": name, **asdict(row)}


def _intervals(records: Sequence[dict], method: str, _group: str, bootstrap: dict) -> Iterator[dict]:
    """Compare intervals of the total with where it lies, at each level that results give."""
    levels = sorted(
        {float(level) for r in records if method in r["readings"] for level in r["readings"][method]["intervals"]}
        | set(LEVELS)
    )
    for level in levels:
        pairs = [
            (record["patient"], total, ends)
            for record in records
            if method in record["readings"]
            and (total := record["readings"]["reference"]["total"]) is not None
            and (ends := record["readings"][method]["intervals"].get(f"{level:g}")) is not None
        ]
        if pairs:
            patients, totals, ends = zip(*pairs, strict=True)
            yield asdict(coverage(level, totals, ends, patients, **bootstrap))


def _calibration(records: Sequence[dict], method: str, group: str, bootstrap: dict) -> Iterator[dict]:
    """Compare the probabilities of the parts with what the reference says of them."""
    if group != ALL:
        return
    told = [
        (record["patient"], score, shares)
        for record in records
        if method in record["readings"]
        for score, shares in zip(
            record["readings"]["reference"]["parts"], record["readings"][method]["probabilities"], strict=True
        )
        if score is not None and shares is not None
    ]
    if told:
        patients, scores, shares = zip(*told, strict=True)
        yield asdict(calibration(scores, shares, patients, **bootstrap))


def _vertebrae(records: Sequence[dict], method: str, group: str, bootstrap: dict) -> Iterator[dict]:
    """Compare vertebral bodies, of each name and all together."""
    rows = [
        (record["patient"], row)
        for record in records
        for row in record["vertebrae"].get(method, ())
        if row["vertebra"] != "all"
    ]
    if not rows:
        return
    names = [name for name in ORDER if any(row["vertebra"] == name for _, row in rows)]
    for name in ("all", *(names if group == ALL else ())):
        own = [(patient, row) for patient, row in rows if name in ("all", row["vertebra"])]
        patients = [patient for patient, _ in own]
        values = {
            "dice": np.array([row["dice"] for _, row in own], float),
            "found": np.array([row["found"] for _, row in own], float),
            "named_right": np.array([row["named"] == row["vertebra"] for _, row in own], float),
        }

        def statistics(weights: np.ndarray, values=values) -> dict[str, np.ndarray]:
            total = weights.sum(axis=1)
            return {each: weights @ column / total for each, column in values.items()}

        found = estimates(statistics, patients, len(own), **bootstrap)
        yield {"vertebra": name, "bodies": len(own), **{each: asdict(value) for each, value in found.items()}}
    yield from _whole_images(records, method, bootstrap)


def _whole_images(records: Sequence[dict], method: str, bootstrap: dict) -> Iterator[dict]:
    """Compare images: how well all bodies together overlap, and whether every one of L1 to L4 has its name."""
    judged = [(record["patient"], record["vertebrae"].get(method, ())) for record in records]
    own = [each for each in judged if any(row["vertebra"] in VERTEBRAE for row in each[1])]
    if not own:
        return
    dice = np.array([rows[-1]["dice"] for _, rows in own], float)
    named = np.array(
        [all(row["named"] == row["vertebra"] for row in rows if row["vertebra"] in VERTEBRAE) for _, rows in own], float
    )

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        total = weights.sum(axis=1)
        return {"dice": weights @ dice / total, "named_right": weights @ named / total}

    found = estimates(statistics, [patient for patient, _ in own], len(own), **bootstrap)
    whole = {name: asdict(value) for name, value in found.items()}
    yield {"vertebra": "whole image", "bodies": len(own), "found": None, **whole}


def _tests(records: Sequence[dict], methods: Sequence[str]) -> list[dict]:
    """Test every pair of methods for their absolute errors, corrected together."""
    errors: dict[str, list[float | None]] = {
        method: [
            abs(pair[0].prediction - pair[0].reference) if (pair := pairs_of([record], method)) else None
            for record in records
        ]
        for method in methods
    }
    patients = [record["patient"] for record in records]
    family = [
        {
            "first": first,
            "second": second,
            **asdict(paired_test(errors[first], errors[second], patients, magnitude=QUANTITIES["total"])),
        }
        for first, second in combinations(methods, 2)
    ]
    corrected = holm([test["p_value"] for test in family])
    return [{**test, "corrected_p_value": value} for test, value in zip(family, corrected, strict=True)]
