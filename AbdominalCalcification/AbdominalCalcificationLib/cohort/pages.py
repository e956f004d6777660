"""The parts that the overviews of all cohorts have: what failed, what to look at, pictures, boxes by age and sex."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..evaluation.html import table
from ..reporting.text import counted
from . import charts
from .people import age_of, sex_of
from .store import THUMBNAIL
from .tables import split_reason

# A browser opens some 20 MB without trouble: so many pictures, and rows of a list.
MOST_PICTURES, MOST_LISTED = 2000, 500
_SEEN_AT_ONCE = 12
_MOST_SEXES = 8
GRAVITY = {"unusable": 0, "review": 1, "ok": 2}
# Beside what all pages look like.
STYLE = (
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


@dataclass(frozen=True)
class Glance:
    """What an overview shows of a case in its lists and pictures.

    Attributes
    ----------
    id, folder : str
    trust, headline : str
        The verdict, in a word and in a sentence.
    flags : int
        How many there are.
    covariates : mapping of str to str
    total : float or None
        What is compared by age and sex.
    shown : str
        It, as text.
    checksum : str
        Of what the image holds; empty where none is known.
    """

    id: str
    folder: str
    trust: str
    headline: str
    flags: int
    covariates: Mapping[str, str]
    total: float | None
    shown: str
    checksum: str = ""


class Collection:
    """Collects the lists and pictures of an overview, case by case.

    Parameters
    ----------
    output : Path
        Folder of the cohort.
    picture : str
        The large picture of a case folder.
    table : str
        The table with a row for each case.
    """

    def __init__(self, output: Path, picture: str, table: str):
        self._output, self._picture, self._table = output, picture, table
        self.trust = dict.fromkeys(GRAVITY, 0)
        self.count = 0
        self._people: list[tuple[float | None, str | None, float]] = []
        self._to_look_at: list[tuple] = []
        self._figures: list[str] = []
        self._ids_of: dict[str, list[str]] = {}
        self._without_picture = 0

    def add(self, case: Glance) -> None:
        """Add a case."""
        self.count += 1
        self.trust[case.trust] += 1
        if case.checksum:
            self._ids_of.setdefault(case.checksum, []).append(case.id)
        if case.total is not None:
            self._people.append((age_of(case.covariates), sex_of(case.covariates), case.total))
        if case.trust != "ok":
            gravity = GRAVITY[case.trust], -case.flags, self.count
            self._to_look_at.append((*gravity, self._line(case)))
            if len(self._to_look_at) > 4 * MOST_LISTED:  # those that can still be shown
                self._to_look_at = sorted(self._to_look_at)[:MOST_LISTED]
        self._add_picture(case)

    @property
    def twins(self) -> list[list[str]]:
        """The ids of cases that are of one image."""
        return [ids for ids in self._ids_of.values() if len(ids) > 1]

    def same(self, what: str) -> str:
        """Return the list of cases of one image, which is called `what`; empty where there are none."""
        return _same(self.twins, what)

    def verdicts(self, look_at: str) -> str:
        """Return how many cases have each verdict; `look_at` is what is to be looked at in those to review."""
        shown = [f'<b class="{name}">{count} {name}</b>' for name, count in self.trust.items()]
        return (
            f"<p>Verdicts: {', '.join(reversed(shown))}. Numbers of cases that are <b class=unusable>unusable</b> are "
            "in no table and in no figure; those of cases to <b class=review>review</b> are, and stand and fall with "
            f"{look_at}.</p>"
        )

    def to_look_at(self) -> str:
        """Return the list of cases that are not ok, the gravest first."""
        if not self._to_look_at:
            return ""
        lines = [line for *_, line in sorted(self._to_look_at)[:MOST_LISTED]]
        more = self.trust["unusable"] + self.trust["review"] - len(lines)
        rest = f"<p>And {more} more; see <code>trust</code> in {self._table}.</p>" if more else ""
        return "<h2>To look at first</h2>" + folded(("Case", "Verdict", "Why"), lines) + rest

    def by_person(self, title: str, unit: str) -> str:
        """Return boxes of the totals by age and by sex, where the table of cases has them."""
        parts = []
        aged = [(age, sex, total) for age, sex, total in self._people if age is not None]
        decades = sorted({int(age // 10) for age, _, _ in aged})
        if len(decades) > 1:
            groups = [(f"{10 * n}–{10 * n + 9}", [b for age, _, b in aged if age // 10 == n]) for n in decades]
            parts.append(f"<p>By age in years{_only(len(aged), len(self._people))}:</p>{charts.boxes(groups, unit)}")
        sexed = [(sex, total) for _, sex, total in self._people if sex is not None]
        sexes = sorted({sex for sex, _ in sexed})
        if 0 < len(sexes) <= _MOST_SEXES:  # of more the column means something else
            groups = [(name, [b for sex, b in sexed if sex == name]) for name in sexes]
            parts.append(f"<p>By sex{_only(len(sexed), len(self._people))}:</p>{charts.boxes(groups, unit)}")
        if not parts:
            return ""
        return (
            f'<h2>{title} by age and sex</h2><p class="quiet">Median, quartiles, 5th and 95th percentile. What is '
            "seen here is not adjusted for anything.</p>" + "".join(parts)
        )

    def sheet(self, what: str) -> str:
        """Return the pictures; `what` is the number below each."""
        if not self._figures:
            return ""
        rest = f"<p>{self._without_picture} more have no picture here; theirs are in the folders.</p>"
        return (
            '<h2>Contact sheet</h2><p class="quiet">The line below a picture is green for ok, amber for review, red '
            "for unusable; behind each is the large picture, where the folder <code>cases</code> lies beside this "
            f'file. The number is {what}.</p><div class="sheet">{"".join(self._figures)}</div>'
            + (rest if self._without_picture else "")
        )

    def _line(self, case: Glance) -> tuple[str, str, str]:
        return (
            f'<a href="{quote(f"{case.folder}/{self._picture}")}">{escape(case.id)}</a>',
            f"<span class={case.trust}>{case.trust}</span>",
            f'<td class="w">{escape(case.headline)}</td>',
        )

    def _add_picture(self, case: Glance) -> None:
        if len(self._figures) >= MOST_PICTURES:
            self._without_picture += 1
            return
        image = '<div class="quiet">no picture</div>'
        with suppress(OSError):
            packed = base64.b64encode((self._output / case.folder / THUMBNAIL).read_bytes()).decode()
            image = f'<img loading="lazy" alt="" src="data:image/jpeg;base64,{packed}">'
        caption = f"{escape(case.id)} · <span class={case.trust}>{case.trust}</span> · {case.shown}"
        link = quote(f"{case.folder}/{self._picture}")
        self._figures.append(
            f'<figure class="{case.trust}"><a href="{link}">{image}</a><figcaption>{caption}</figcaption></figure>'
        )


def _only(known: int, of: int) -> str:
    return "" if known == of else f" (known of {known} of {counted(of, 'case')})"


def folded(header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> str:
    """Return a list of which the first rows are seen at once."""
    first, others = rows[:_SEEN_AT_ONCE], rows[_SEEN_AT_ONCE:]
    seen = table(header, first, left=len(header))
    if not others:
        return seen
    return f"{seen}<details><summary>{len(others)} more</summary>{table(header, others, left=len(header))}</details>"


def _same(twins: Sequence[Sequence[str]], what: str) -> str:
    if not twins:
        return ""
    items = "".join(f"<li>{escape(', '.join(ids[:MOST_LISTED]))}</li>" for ids in twins[:MOST_LISTED])
    rest = f"<p>And {len(twins) - MOST_LISTED} more.</p>" if len(twins) > MOST_LISTED else ""
    return (
        f'<div class="warn"><p><b>The same {what} under several names</b>. It is in every figure as often; '
        f"look at the table, unless these are several readings.</p><ul>{items}</ul>{rest}</div>"
    )


def failures(failed: Sequence[tuple[str, str]]) -> str:
    """Return the list of what failed: id and reason of each; empty where nothing did."""
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
        f"{folded(('Case', 'Why', 'What to do'), rows)}{rest}</div>"
    )
