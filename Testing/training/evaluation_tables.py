"""Print the tables of benchmarks.md and of the model cards from an evaluation of virtual patients.

    python Testing/training/evaluation_tables.py DIR [--method model]

DIR is what ``evaluate --simulated`` has written. The numbers are those of its ``evaluation.json``; lowest values and
what holds for CTs with more than 50 mm³ of calcification come from its ``cases.csv``.
"""

import argparse
import csv
import json
import sys
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib.comparison.territories import TOTAL
from AbdominalCalcificationLib.evaluation.summary import ALL, territory_title

TRUE_VOLUME_MM3 = 50.0
OVERLAP = ("dice", "volumetric_similarity", "sensitivity", "precision", "jaccard")
TITLES = [name.replace("_", " ").replace("jaccard", "Jaccard") for name in OVERLAP[1:]]
PHASES = ("phase: arterial", "phase: portal_venous")


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def points(share: float | None, digits: int = 2) -> str:
    """Return a share as percentage points."""
    return "–" if share is None else number(100 * share, digits)


def rows(document: dict, part: str, **wanted) -> list[dict]:
    return [row for row in document[part] if all(row[key] == value for key, value in wanted.items())]


def table(header: list[str], lines: list[list[str]]) -> None:
    print("|", " | ".join(header), "|")
    print("|", " | ".join(["---"] * len(header)), "|")
    for line in lines:
        print("|", " | ".join(line), "|")
    print()


def by_method(document: dict) -> None:
    """Methods side by side, over all cases and by group: the table of benchmarks.md."""
    lines = []
    for group in (each["group"] for each in document["groups"]):
        cells: dict[str, list[str]] = {}
        for method in document["methods"]:
            wanted = {"group": group, "method": method, "territory": TOTAL}
            (overlap,) = rows(document, "overlap", structure="calcification", **wanted)
            (burden,) = rows(document, "agreement", quantity="burden", **wanted)
            for title, cell in cells_of(overlap["metrics"], burden, whole=group == ALL).items():
                cells.setdefault(title, []).append(cell)
        titles = [f"{group} ({burden['pairs']})"] + [""] * (len(cells) - 1)
        lines += [[first, title, *each] for first, (title, each) in zip(titles, cells.items(), strict=True)]
    table(["", "", *document["methods"]], lines)


def cells_of(metrics: dict, burden: dict, whole: bool) -> dict[str, str]:
    """Return the cells of one method in benchmarks.md, all of them or those that groups have."""
    mean_of = {name: number(metrics[name]["mean"]) for name in (*OVERLAP, "lesion_f1")}
    low, bias, high = (points(burden[name]["value"], 1) for name in ("lower_limit", "bias", "upper_limit"))
    if not whole:
        return {"Dice": mean_of["dice"], "burden: bias": bias}
    return {
        "Dice": mean_of["dice"],
        "volumetric similarity": mean_of["volumetric_similarity"],
        "sensitivity / precision": f"{mean_of['sensitivity']} / {mean_of['precision']}",
        "Jaccard": mean_of["jaccard"],
        "lesion F1": mean_of["lesion_f1"],
        "burden: bias (95 % limits)": f"{bias} ({low} to {high})",
        "burden: Spearman / ICC": f"{number(burden['spearman']['value'])} / {number(burden['icc']['value'])}",
    }


def of_arteries(document: dict, cases: list[dict], method: str) -> None:
    """The table of the artery model's card."""
    lines = []
    for row in rows(document, "overlap", group=ALL, structure="arteries", method=method):
        territory = row["territory"]
        cells = {name: number(row["metrics"][name]["mean"]) for name in OVERLAP}
        phases = [
            number(each["metrics"]["dice"]["mean"])
            for phase in PHASES
            for each in rows(document, "overlap", group=phase, structure="arteries", method=method, territory=territory)
        ]
        lowest = min(
            float(case["dice"] or 0)
            for case in cases
            if (case["method"], case["structure"], case["territory"]) == (method, "arteries", territory)
        )
        title = territory_title(territory)
        lines.append([title, cells.pop("dice"), *phases, number(lowest), *cells.values()])
    table(
        ["territory", "Dice", *(phase.partition(": ")[2].replace("_", " ") for phase in PHASES), "lowest", *TITLES],
        lines,
    )


def of_calcification(document: dict, cases: list[dict], method: str) -> None:
    """The tables of the calcification model's card."""
    lines = []
    for row in rows(document, "overlap", group=ALL, structure="calcification", method=method):
        cells = [number(row["metrics"][name]["mean"]) for name in OVERLAP]
        agreement = agreement_cells(document, method, row["territory"])
        lines.append([territory_title(row["territory"]), str(row["metrics"]["dice"]["cases"]), *cells, *agreement])
    more = ["burden bias, points", "Spearman of burden", "cluster count bias"]
    table(["territory", "n", "Dice", *TITLES, *more], lines)
    for chosen in document["methods"]:
        own = [
            case
            for case in cases
            if (case["method"], case["structure"], case["territory"]) == (chosen, "calcification", TOTAL)
            and float(case["reference_mm3"]) > TRUE_VOLUME_MM3
        ]
        by_phase = ", ".join(
            f"{phase.partition(': ')[2]} "
            + number(mean(float(case["dice"]) for case in own if f"phase: {case['phase']}" == phase))
            for phase in PHASES
        )
        found = median(float(case["prediction_mm3"]) / float(case["reference_mm3"]) for case in own)
        dice = number(mean(float(case["dice"]) for case in own))
        print(
            f"{chosen}, {len(own)} CTs with more than {TRUE_VOLUME_MM3:.0f} mm³: Dice {dice} ({by_phase}); "
            f"volume found, of the true one, median {100 * found:.0f} %"
        )
    print()


def agreement_cells(document: dict, method: str, territory: str) -> list[str]:
    def value(quantity: str, name: str) -> float | None:
        found = rows(document, "agreement", group=ALL, method=method, quantity=quantity, territory=territory)
        return found[0][name]["value"] if found else None

    return [
        points(value("burden", "bias")),
        number(value("burden", "spearman")),
        number(value("cluster_count", "bias"), 1),
    ]


def mistaken(document: dict) -> None:
    """False positives by what they were taken from."""
    found = document["mistaken"]
    lines = [[kind, *(number(row["mean_mm3"][kind], 1) for row in found)] for kind in found[0]["mean_mm3"]]
    lines.append(
        [
            f"all, in the {found[0]['cases_without_calcification']} cases without calcification",
            *(number(row["mean_mm3_without_calcification"], 1) for row in found),
        ]
    )
    table(["taken from [mm³]", *(row["method"] for row in found)], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Tables of an evaluation in Markdown.")
    parser.add_argument("evaluation", type=Path, metavar="DIR")
    parser.add_argument("--method", default="model")
    options = parser.parse_args()
    document = json.loads((options.evaluation / "evaluation.json").read_text(encoding="utf-8"))
    with open(options.evaluation / "cases.csv", encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    by_method(document)
    of_arteries(document, cases, options.method)
    of_calcification(document, cases, options.method)
    mistaken(document)


if __name__ == "__main__":
    main()
