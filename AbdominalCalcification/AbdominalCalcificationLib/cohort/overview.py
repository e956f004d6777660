"""The overview of a cohort: one HTML file that needs nothing else, and stays small enough to open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import __version__
from ..anatomy import TERRITORIES
from ..evaluation.html import page, table
from ..reporting.text import counted
from . import charts
from .columns import NAMES, TOTAL
from .pages import STYLE, Collection, Glance, failures
from .rows import CaseRow

_TITLES = {TOTAL: "All arteries", **{territory.name: territory.title for territory in TERRITORIES}}


class Overview:
    """Collects what the overview shows, case by case.

    Parameters
    ----------
    output : Path
        Folder of the cohort.
    """

    def __init__(self, output: Path):
        self._burdens: dict[str, list[float]] = {name: [] for name in NAMES}
        self._missing = dict.fromkeys(NAMES, 0)
        self._cases = Collection(output, "views.png", "cohort.csv")

    def add(self, rows: Sequence[CaseRow]) -> None:
        """Add cases."""
        for row in rows:
            for name in NAMES:
                burden = row.territories[name]["burden_percent"]
                if burden is None:
                    self._missing[name] += 1
                else:
                    self._burdens[name].append(burden)
            total = row.territories[TOTAL]["burden_percent"]
            told = row.case.id, row.folder, row.trust, row.headline, len(row.flags), row.case.covariates
            self._cases.add(Glance(*told, total, _percent(total), row.voxels))

    @property
    def twins(self) -> list[list[str]]:
        """The ids of cases that are of one CT, voxel for voxel."""
        return self._cases.twins

    def html(self, cases: int, failed: Sequence[tuple[str, str]]) -> str:
        """Return the page.

        Parameters
        ----------
        cases : int
            Of the cohort, those that failed included.
        failed : sequence of (str, str)
            Id and reason.
        """
        parts = [
            f"<h1>Cohort of {counted(cases, 'case')}</h1>",
            f'<p class="quiet">{self._cases.count} measured, {len(failed)} failed · AbdominalCalcification '
            f"{__version__} · for research, not for diagnosis</p>",
            self._cases.verdicts("the arteries to look at"),
            failures(failed),
            self._cases.same("CT, voxel for voxel,"),
            self._cases.to_look_at(),
            self._distributions(),
            self._cases.by_person("Total burden", "%"),
            self._cases.sheet("the total burden"),
        ]
        return page("Cohort: calcification of the abdominal arteries", parts, STYLE)

    def _distributions(self) -> str:
        every = [each for values in self._burdens.values() for each in values]
        top = float(np.percentile(every, 99)) if every else 1.0
        rows = [self._distribution(name, top or 1.0) for name in NAMES]
        header = ("Artery", "Measured", "Not measured", "None", "Median %", "Quartiles %", "90th %", "Largest %", "")
        return (
            "<h2>Burden of each artery</h2>"
            + f'<p class="quiet">Calcified volume / artery volume, in %. Bars reach from 0 to {top:.3g} % (the 99th '
            "percentile of all); the grey one at the left is the cases without calcification. Not measured: the artery "
            "was not found, or the case is unusable.</p>" + table(header, rows)
        )

    def _distribution(self, name: str, top: float) -> list[str]:
        values = self._burdens[name]
        first = [_TITLES[name], str(len(values)), str(self._missing[name])]
        if not values:
            return [*first, "–", "–", "–", "–", "–", ""]
        low, middle, high, most = np.percentile(values, (25, 50, 75, 90))
        none = sum(each == 0 for each in values)
        numbers = [f"{middle:.2f}", f"{low:.2f}–{high:.2f}", f"{most:.2f}", f"{max(values):.2f}"]
        return [*first, f"{none} ({100 * none / len(values):.0f} %)", *numbers, charts.histogram(values, top)]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"
