"""The overview of a cohort of radiographs: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ... import __version__
from ...evaluation.html import page, table
from ...evaluation.radiographs.cohort import PART_COLUMNS
from ...radiograph.files import PICTURE_FILE
from ...radiograph.kauppila import MOST_PART, MOST_TOTAL
from ...radiograph.severity import ScoreGroups
from ...radiograph.text import interval_text
from ...reporting.text import counted
from .. import charts
from ..pages import STYLE, Collection, Glance, failures
from .rows import RadiographRow

TABLE = "radiographs.csv"


class RadiographOverview:
    """Collects what the overview shows, radiograph by radiograph.

    Parameters
    ----------
    output : Path
        Folder of the cohort.
    groups : ScoreGroups
    """

    def __init__(self, output: Path, groups: ScoreGroups):
        self._groups = groups
        self._cases = Collection(output, PICTURE_FILE, TABLE)
        self._totals: list[float] = []
        self._not_scored = 0
        self._parts: list[list[int | None]] = []

    def add(self, rows: Sequence[RadiographRow]) -> None:
        """Add radiographs."""
        for row in rows:
            total = row.total
            if total is None:
                self._not_scored += 1
            else:
                self._totals.append(total)
            self._parts.append(row.reading.record(())["parts"])
            told = row.case.id, row.folder, row.trust, row.headline, len(row.reading.flags), row.case.covariates
            self._cases.add(Glance(*told, total, _shown(row), row.pixels))

    @property
    def twins(self) -> list[list[str]]:
        """The ids of radiographs that are of one image, pixel for pixel."""
        return self._cases.twins

    def html(self, cases: int, failed: Sequence[tuple[str, str]]) -> str:
        """Return the page, given how many radiographs there are and id and reason of those that failed."""
        parts = [
            f"<h1>Cohort of {counted(cases, 'radiograph')}</h1>",
            f'<p class="quiet">{self._cases.count} read, {len(failed)} failed · AbdominalCalcification {__version__} · '
            "for research, not for diagnosis</p>",
            self._cases.verdicts("the vertebrae to look at"),
            failures(failed),
            self._cases.same("image, pixel for pixel,"),
            self._cases.to_look_at(),
            self._scores(),
            self._severity(),
            self._of_parts(),
            self._cases.by_person("Kauppila score", "points"),
            self._cases.sheet("the Kauppila score with its 90 % interval"),
        ]
        return page("Cohort: calcification of the aorta on radiographs", parts, STYLE)

    def _scores(self) -> str:
        first = [str(len(self._totals)), str(self._not_scored)]
        if self._totals:
            low, middle, high = np.percentile(self._totals, (25, 50, 75))
            none = sum(each == 0 for each in self._totals)
            share = f"{none} ({100 * none / len(self._totals):.0f} %)"
            chart = charts.histogram(self._totals, float(MOST_TOTAL), unit="points")
            rest = [share, f"{middle:g}", f"{low:g}–{high:g}", f"{max(self._totals):g}", chart]
        else:
            rest = ["–", "–", "–", "–", ""]
        header = ("Scored", "Not scored", "Score 0", "Median", "Quartiles", "Largest", f"0 to {MOST_TOTAL}")
        return (
            "<h2>Kauppila score</h2><p class=quiet>Not scored: a part could not be assessed, or the radiograph is "
            f"unusable; that is no 0.</p>{table(header, [[*first, *rest]], left=0)}"
        )

    def _severity(self) -> str:
        groups = self._groups
        counts = np.bincount([groups.index_of(each) for each in self._totals], minlength=len(groups.names))
        rows = [
            [f"{name} ({bounds})", str(count), f"{100 * count / len(self._totals):.0f} %" if self._totals else "–"]
            for name, bounds, count in zip(groups.names, groups.bounds(), counts, strict=True)
        ]
        return f"<h2>Severity: {groups.name}</h2>{table(('Group', 'Radiographs', 'Share'), rows)}"

    def _of_parts(self) -> str:
        rows = []
        for place, name in enumerate(PART_COLUMNS):
            scores = [each[place] for each in self._parts if each[place] is not None]
            counts = [scores.count(score) for score in range(MOST_PART + 1)]
            rows.append([name.replace("_", " "), *map(str, counts), str(len(self._parts) - len(scores))])
        header = ("Part", *(f"score {score}" for score in range(MOST_PART + 1)), "not assessed")
        return f"<h2>The eight parts</h2>{table(header, rows)}"


def _shown(row: RadiographRow) -> str:
    if row.total is None:
        return "–"
    return f"{row.total:g}" + ("" if row.interval is None else f" ({interval_text(row.interval)})")
