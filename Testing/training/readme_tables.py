"""Print the tables of the README and of the model cards from an evaluation.

    python Testing/training/readme_tables.py evaluation.json [--method model]

The numbers are those of ``evaluation.json``; nothing is computed here.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib.comparison.territories import TOTAL
from AbdominalCalcificationLib.evaluation.summary import ALL, territory_title

OVERLAP = ("dice", "volumetric_similarity", "sensitivity", "precision", "jaccard")


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def points(share: float | None) -> str:
    """Return a share as percentage points."""
    return "–" if share is None else f"{100 * share:+.2f}"


def rows(document: dict, part: str, **wanted) -> list[dict]:
    return [row for row in document[part] if all(row[key] == value for key, value in wanted.items())]


def table(header: list[str], lines: list[list[str]]) -> None:
    print("|", " | ".join(header), "|")
    print("|", " | ".join(["---"] * len(header)), "|")
    for line in lines:
        print("|", " | ".join(line), "|")
    print()


def by_territory(document: dict, method: str) -> None:
    """Overlap of both structures, burden error and rank correlation of one method."""
    for structure in ("arteries", "calcification"):
        lines = []
        for row in rows(document, "overlap", group=ALL, structure=structure, method=method):
            cells = [number(row["metrics"][name]["mean"]) for name in OVERLAP]
            line = [territory_title(row["territory"]), str(row["metrics"]["dice"]["cases"]), *cells]
            if structure == "calcification":
                line += agreement_cells(document, method, row["territory"])
            lines.append(line)
        more = ["burden bias [points]", "Spearman, burden", "cluster bias"] if structure == "calcification" else []
        print(f"{method}, {structure}")
        table(["territory", "n", *(name.replace("_", " ") for name in OVERLAP), *more], lines)


def agreement_cells(document: dict, method: str, territory: str) -> list[str]:
    def value(quantity: str, name: str) -> float | None:
        found = rows(document, "agreement", group=ALL, method=method, quantity=quantity, territory=territory)
        return found[0][name]["value"] if found else None

    return [
        points(value("burden", "bias")),
        number(value("burden", "spearman")),
        number(value("cluster_count", "bias"), 1),
    ]


def by_method(document: dict) -> None:
    """Methods side by side, over all cases and by group."""
    lines = []
    for group in (each["group"] for each in document["groups"]):
        for method in document["methods"]:
            overlap = rows(document, "overlap", group=group, structure="calcification", method=method, territory=TOTAL)[
                0
            ]
            burden = rows(document, "agreement", group=group, method=method, quantity="burden", territory=TOTAL)[0]
            count = rows(document, "agreement", group=group, method=method, quantity="cluster_count", territory=TOTAL)
            metrics = overlap["metrics"]
            lines.append(
                [
                    group,
                    method,
                    str(overlap["cases"]),
                    *(number(metrics[name]["mean"]) for name in (*OVERLAP, "lesion_f1")),
                    points(burden["bias"]["value"]),
                    f"{points(burden['lower_limit']['value'])} to {points(burden['upper_limit']['value'])}",
                    number(burden["spearman"]["value"], 3),
                    number(burden["icc"]["value"], 3),
                    number(count[0]["bias"]["value"], 1),
                ]
            )
    names = [name.replace("_", " ") for name in (*OVERLAP, "lesion_f1")]
    table(["group", "method", "cases", *names, "burden bias", "95 % limits", "Spearman", "ICC", "cluster bias"], lines)


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
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("--method", default="model")
    options = parser.parse_args()
    document = json.loads(options.evaluation.read_text(encoding="utf-8"))
    by_method(document)
    by_territory(document, options.method)
    if document["mistaken"]:
        mistaken(document)


if __name__ == "__main__":
    main()
