"""The report of an evaluation: one file, what comes first, names that are no markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import SimpleITK as sitk

from AbdominalCalcificationLib.evaluation.case import _verdict
from AbdominalCalcificationLib.flags import Flag
from cohorts import SPACING_MM, a_cohort, evaluate, rows_in, write_table


def test_the_report_is_one_file_that_needs_nothing_else(evaluation):
    text = (evaluation[0] / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|@import|\ssrc=|\shref=|url\(", text)
    balance = Balance()
    balance.feed(text)
    assert balance.open == []
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b", text)
    for method in ("exact", "careless", "idealised", "fixed:500"):
        assert method in text


class Balance(HTMLParser):
    """Checks that every element that opens closes in order."""

    VOID = ("meta", "br", "rect", "line", "circle")

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, _):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag, self.getpos()


def test_cases_to_be_looked_at_come_first_and_say_so(tmp_path):
    table = a_cohort(tmp_path / "cases", 3)
    for number in range(3):
        path = tmp_path / "cases" / f"ct{number}.nrrd"
        ct = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
        lumen = (ct > 200) & (ct < 600)
        image = sitk.GetImageFromArray(np.where(ct < 150, ct - 90, np.where(lumen & (number == 2), ct - 220, ct)))
        image.SetSpacing(SPACING_MM)
        sitk.WriteImage(image, str(path))
    evaluate(table, tmp_path / "out", methods=())
    rows = [row for row in rows_in(tmp_path / "out" / "cases.csv") if row["trust"]]
    trust = {row["case"]: {other["trust"] for other in rows if other["case"] == row["case"]} for row in rows}
    assert trust == {"case 0": {"ok"}, "case 1": {"ok"}, "case 2": {"review"}}
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "to be looked at, first in the list" in report
    listed = report[report.index("<h2>Cases</h2>") :]
    assert 0 < listed.index("case 2") < listed.index("case 0")
    assert '<th class="l">Trust</th>' in listed


def test_an_artery_that_the_reference_does_not_judge_has_no_say_in_the_verdict():
    missing = Flag("territory_missing", "No left renal artery.", "renal_left")
    aorta = Flag("no_abdominal_aorta", "No aorta.")
    assert _verdict([missing], ()) == "review"
    assert _verdict([missing], ("renal_left",)) == "ok"
    assert _verdict([aorta], ("renal_left",)) == "unusable"
    assert _verdict([aorta], ("aorta",)) == "ok"


def test_names_in_the_table_cannot_become_markup(cohort, tmp_path):
    row = {
        "case": "<script>alert(1)</script>",
        "arteries": str(cohort.parent / "aorta1.nrrd"),
        "calcification": str(cohort.parent / "plaques1.nrrd"),
        "calcification:<b>me</b>": str(cohort.parent / "careless1.nrrd"),
        "group:<i>": "<u>x</u>",
    }
    evaluate(write_table(tmp_path / "cohort.csv", [row]), tmp_path / "out")
    for path in [tmp_path / "out" / "report.html", *(tmp_path / "out" / "plots").iterdir()]:
        assert not re.search(r"<script|<b>me|<i>|<u>", path.read_text(encoding="utf-8"))
