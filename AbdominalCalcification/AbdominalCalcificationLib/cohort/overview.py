"""The overview of a cohort: one HTML file that needs nothing else, and stays small enough to open."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from .. import __version__
from ..anatomy import TERRITORIES
from ..evaluation.html import page, table
from ..reporting.text import counted
from . import charts
from .columns import NAMES, TOTAL
from .people import age_of, sex_of
from .rows import CaseRow
from .store import THUMBNAIL
from .tables import split_reason

# A browser opens some 20 MB without trouble: so many pictures, and rows of a list.
MOST_PICTURES, MOST_LISTED = 2000, 500
_SEEN_AT_ONCE = 12
_MOST_SEXES = 8
_TITLES = {TOTAL: "All arteries", **{territory.name: territory.title for territory in TERRITORIES}}
_GRAVITY = {"unusable": 0, "review": 1, "ok": 2}
# Beside what all pages look like.
_STYLE = (
    """
a{color:#0b5394}th,td{padding:.25rem .6rem;vertical-align:middle}
.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:.7rem}
figure{margin:0;font-size:12px;content-visibility:auto;contain-intrinsic-size:200px 240px}
figure img{width:100%;height:auto;background:#000;display:block;border-bottom:4px solid #4caf50}
figure.review img{border-color:#ffb300}figure.unusable img{border-color:#e53935}figcaption{overflow-wrap:anywhere}
.ok{color:#2e7d32}.review{color:#a86b00}.unusable{color:#c62828}
"""
    + charts.STYLE
)


class Overview:
    """Collects what the overview shows, case by case.

    Parameters
    ----------
    output : Path
        Folder of the cohort.
    """

    def __init__(self, output: Path):
        self._output = output
        self._burdens: dict[str, list[float]] = {name: [] for name in NAMES}
        self._missing = dict.fromkeys(NAMES, 0)
        self._trust = dict.fromkeys(_GRAVITY, 0)
        self._people: list[tuple[float | None, str | None, float]] = []
        self._to_look_at: list[tuple] = []
        self._figures: list[str] = []
        self._ids_of: dict[str, list[str]] = {}
        self._count = self._without_picture = 0

    def add(self, rows: Sequence[CaseRow]) -> None:
        """Add cases."""
        for row in rows:
            self._count += 1
            self._trust[row.trust] += 1
            if row.voxels:
                self._ids_of.setdefault(row.voxels, []).append(row.case.id)
            for name in NAMES:
                burden = row.territories[name]["burden_percent"]
                if burden is None:
                    self._missing[name] += 1
                else:
                    self._burdens[name].append(burden)
            total = row.territories[TOTAL]["burden_percent"]
            if total is not None:
                self._people.append((age_of(row.case.covariates), sex_of(row.case.covariates), total))
            if row.trust != "ok":
                gravity = _GRAVITY[row.trust], -len(row.flags), self._count
                self._to_look_at.append((*gravity, _line(row)))
                if len(self._to_look_at) > 4 * MOST_LISTED:  # those that can still be shown
                    self._to_look_at = sorted(self._to_look_at)[:MOST_LISTED]
            self._add_picture(row)

    @property
    def twins(self) -> list[list[str]]:
        """The ids of cases that are of one CT, voxel for voxel."""
        return [ids for ids in self._ids_of.values() if len(ids) > 1]

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
            f'<p class="quiet">{self._count} measured, {len(failed)} failed · AbdominalCalcification {__version__} · '
            "for research, not for diagnosis</p>",
            self._verdicts(),
            _failures(failed),
            _same(self.twins),
            self._first(),
            self._distributions(),
            self._by_person(),
            self._sheet(),
        ]
        return page("Cohort: calcification of the abdominal arteries", parts, _STYLE)

    def _add_picture(self, row: CaseRow) -> None:
        if len(self._figures) >= MOST_PICTURES:
            self._without_picture += 1
            return
        image = '<div class="quiet">no picture</div>'
        with suppress(OSError):
            packed = base64.b64encode((self._output / row.folder / THUMBNAIL).read_bytes()).decode()
            image = f'<img loading="lazy" alt="" src="data:image/jpeg;base64,{packed}">'
        total = row.territories[TOTAL]["burden_percent"]
        caption = f"{escape(row.case.id)} · <span class={row.trust}>{row.trust}</span> · {_percent(total)}"
        link = quote(f"{row.folder}/views.png")
        self._figures.append(
            f'<figure class="{row.trust}"><a href="{link}">{image}</a><figcaption>{caption}</figcaption></figure>'
        )

    def _verdicts(self) -> str:
        shown = [f'<b class="{name}">{count} {name}</b>' for name, count in self._trust.items()]
        return (
            f"<p>Verdicts: {', '.join(reversed(shown))}. Numbers of cases that are <b class=unusable>unusable</b> are "
            "in no table and in no figure; those of cases to <b class=review>review</b> are, and stand and fall with "
            "the arteries to look at.</p>"
        )

    def _first(self) -> str:
        if not self._to_look_at:
            return ""
        lines = [line for *_, line in sorted(self._to_look_at)[:MOST_LISTED]]
        more = self._trust["unusable"] + self._trust["review"] - len(lines)
        rest = f"<p>And {more} more; see <code>trust</code> in cohort.csv.</p>" if more else ""
        return "<h2>To look at first</h2>" + _folded(("Case", "Verdict", "Why"), lines) + rest

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

    def _by_person(self) -> str:
        """Return boxes of the total burden by age and by sex, where the table has them."""
        parts = []
        aged = [(age, sex, burden) for age, sex, burden in self._people if age is not None]
        decades = sorted({int(age // 10) for age, _, _ in aged})
        if len(decades) > 1:
            groups = [(f"{10 * n}–{10 * n + 9}", [b for age, _, b in aged if age // 10 == n]) for n in decades]
            parts.append(f"<p>By age in years{_only(len(aged), len(self._people))}:</p>{charts.boxes(groups, '%')}")
        sexed = [(sex, burden) for _, sex, burden in self._people if sex is not None]
        sexes = sorted({sex for sex, _ in sexed})
        if 0 < len(sexes) <= _MOST_SEXES:  # of more the column means something else
            groups = [(name, [b for sex, b in sexed if sex == name]) for name in sexes]
            parts.append(f"<p>By sex{_only(len(sexed), len(self._people))}:</p>{charts.boxes(groups, '%')}")
        if not parts:
            return ""
        return (
            '<h2>Total burden by age and sex</h2><p class="quiet">Median, quartiles, 5th and 95th percentile. What is '
            "seen here is not adjusted for anything.</p>" + "".join(parts)
        )

    def _sheet(self) -> str:
        if not self._figures:
            return ""
        rest = f"<p>{self._without_picture} more have no picture here; theirs are in the folders.</p>"
        return (
            '<h2>Contact sheet</h2><p class="quiet">The line below a picture is green for ok, amber for review, red '
            "for unusable; behind each is the large picture, where the folder <code>cases</code> lies beside this "
            f'file. The number is the total burden.</p><div class="sheet">{"".join(self._figures)}</div>'
            + (rest if self._without_picture else "")
        )


def _only(known: int, of: int) -> str:
    return "" if known == of else f" (known of {known} of {counted(of, 'case')})"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} %"


def _line(row: CaseRow) -> tuple[str, str, str]:
    link = quote(f"{row.folder}/views.png")
    return (
        f'<a href="{link}">{escape(row.case.id)}</a>',
        f"<span class={row.trust}>{row.trust}</span>",
        f'<td class="w">{escape(row.headline)}</td>',
    )


def _folded(header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> str:
    """Return a list of which the first rows are seen at once."""
    first, others = rows[:_SEEN_AT_ONCE], rows[_SEEN_AT_ONCE:]
    seen = table(header, first, left=len(header))
    if not others:
        return seen
    return f"{seen}<details><summary>{len(others)} more</summary>{table(header, others, left=len(header))}</details>"


def _same(twins: Sequence[Sequence[str]]) -> str:
    if not twins:
        return ""
    items = "".join(f"<li>{escape(', '.join(ids[:MOST_LISTED]))}</li>" for ids in twins[:MOST_LISTED])
    rest = f"<p>And {len(twins) - MOST_LISTED} more.</p>" if len(twins) > MOST_LISTED else ""
    return (
        '<div class="warn"><p><b>The same CT under several names</b>, voxel for voxel. It is in every figure as often; '
        f"look at the table, unless these are several readings.</p><ul>{items}</ul>{rest}</div>"
    )


def _failures(failed: Sequence[tuple[str, str]]) -> str:
    if not failed:
        return ""
    rows = []
    for name, reason in failed[:MOST_LISTED]:
        why, advice = split_reason(reason)
        rows.append((escape(name), f'<td class="w">{escape(why)}</td>', f'<td class="w">{escape(advice)}</td>'))
    rest = f"<p>And {len(failed) - MOST_LISTED} more; see failed.csv.</p>" if len(failed) > MOST_LISTED else ""
    return (
        f'<div class="warn"><p><b>{counted(len(failed), "case")} failed</b>, and {"is" if len(failed) == 1 else "are"} '
        "in no number. Running the same command again tries again.</p>"
        f"{_folded(('Case', 'Why', 'What to do'), rows)}{rest}</div>"
    )
