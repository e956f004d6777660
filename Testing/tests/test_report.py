"""The report of a result: what it says, that it can be made again, and that sites can change its words."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.comparison.severity import SeverityGroups
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reporting.anonymous import anonymous_document
from AbdominalCalcificationLib.reporting.report import ReportChoices, made_report
from AbdominalCalcificationLib.reporting.report.content import Material, Patient, report_context
from AbdominalCalcificationLib.reporting.report.fonts import Fonts
from AbdominalCalcificationLib.reporting.report.page_tree import page_tree
from AbdominalCalcificationLib.reporting.report.patients import patient_of
from AbdominalCalcificationLib.reporting.report.pdf import pdf_of_page
from AbdominalCalcificationLib.reporting.report.templating import rendered_html
from report_cases import a_case

CUTS = "0.1,1,5"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A DICOM case whose result has a report."""
    case = a_case(tmp_path_factory.mktemp("report"))
    assert case.analyze(case.result, "--report", "--severity", CUTS) == 0
    return case


@pytest.fixture(scope="module")
def document(case):
    return json.loads((case.result / "measurements.json").read_text(encoding="utf-8"))


def page_of(folder) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def text_of(page: str) -> str:
    """Return the words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(style|head).*?</\1>", " ", page)).split())


def report(*arguments) -> int:
    return cli.main(["report", *map(str, arguments), "--quiet"])


def with_flag(document: dict, code: str, message: str) -> dict:
    flag = {"code": code, "message": message, "territory": None}
    return {**document, "flags": [flag], "trust": {"verdict": "unusable", "reasons": [flag]}}


def test_patient_verdict_numbers_and_severity_stand_in_it(case, document):
    text = text_of(page_of(case.result))
    aorta = document["territories"][0]
    for each in ("山田 太郎 (Müßig, Jörg)", "ID4711", "1950-02-03", "CT Angio Abdomen", "2026-01-02", "severe"):
        assert each in text
    assert text.index("Look at these arteries first") < text.index(f"{100 * aorta['burden']:.2f}")
    assert f"{aorta['calcified_volume_mm3']:.1f}" in text
    assert "data:image/png;base64," in page_of(case.result)
    assert (case.result / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_made_again_it_has_the_same_bytes_and_severity(case, tmp_path):
    assert report(case.result, "--ct", case.ct, "--output", tmp_path / "again") == 0
    for name in ("report.pdf", "report.html"):
        first, second = (hashlib.sha256((folder / name).read_bytes()) for folder in (case.result, tmp_path / "again"))
        assert first.hexdigest() == second.hexdigest(), name


def test_the_scene_has_the_ct_but_not_the_patient(case, tmp_path):
    pytest.importorskip("slicer")
    assert report(case.result, "--output", tmp_path / "again") == 0
    text = text_of(page_of(tmp_path / "again"))
    assert "Müßig" not in text
    assert "says nothing about patient and study" in text


def test_nothing_found_is_said_and_zero(case, tmp_path):
    assert case.analyze(tmp_path / "none", "--report", calcification=case.nothing) == 0
    text = text_of(page_of(tmp_path / "none"))
    assert "No calcification was found" in text
    assert "Aorta 0.00 0.0 0" in text
    assert "largest plaques" not in text


def test_an_unusable_result_shows_no_number_and_no_picture(case, tmp_path):
    assert case.analyze(tmp_path / "bad", "--report", arteries=case.nothing) == 0
    page = page_of(tmp_path / "bad")
    assert "There is no result" in page
    assert "<img" not in page
    assert "<svg" not in page
    assert not re.search(r"mm³|Burden", text_of(page))


def test_no_template_can_show_numbers_of_an_unusable_result(document):
    context = report_context(Material(with_flag(document, "not_hu", "Values are no HU.")))
    assert context["result"] is None
    assert f"{document['total']['calcified_volume_mm3']:.1f}" not in json.dumps(context)


def test_corrections_are_told_with_who_and_when(document):
    entry = {"editor": "Dr. Berg", "tool": "Erase", "time": "2026-01-31T09:00:00Z", "edits": 2}
    entry["added_removed_voxels"] = {"aorta": [3, 12], "renal_left": [0, 5]}
    edit = {"structure": "calcification", "editor": "Dr. Berg", "time": "2026-01-31T09:30:00Z", "changed_voxels": 20}
    edited = {**document, "provenance": {**document["provenance"], "edits": [{**edit, "entries": [entry]}]}}
    text = text_of(made_report(Material(edited)).html)
    assert "calcification Dr. Berg 2026-01-31 09:30 UTC 20 voxels differ from before" in text
    assert "Erase: +3 −17 voxels" in text


def test_severity_stands_there_only_where_cut_points_were_given(document):
    assert document["provenance"]["parameters"]["severity_cut_points"] == [0.001, 0.01, 0.05]
    assert anonymous_document(document)["provenance"]["parameters"]["severity_cut_points"] == [0.001, 0.01, 0.05]
    assert "mild 0.1 % to below 1 %" in text_of(made_report(Material(document)).html)
    provenance = {**document["provenance"], "parameters": {"severity_cut_points": ["x"]}}
    with pytest.raises(InputError, match="cut points"):
        made_report(Material({**document, "provenance": provenance}))
    document = {**document, "provenance": {**document["provenance"], "parameters": {}}}
    assert "Severity" not in made_report(Material(document)).html
    chosen = ReportChoices(severity=SeverityGroups.from_cut_points((0.5,)))
    assert "group 1 below 50 %; group 2 50 % and more." in text_of(made_report(Material(document, choices=chosen)).html)


def test_a_site_changes_words_and_nothing_else(case, tmp_path):
    (tmp_path / "limits.html").write_text("<h2>Limits</h2><p>Ask radiology, extension 123.</p>", encoding="utf-8")
    assert report(case.result, "--ct", case.ct, "--template", tmp_path, "--output", tmp_path / "out") == 0
    text = text_of(page_of(tmp_path / "out"))
    assert "extension 123" in text
    assert "not a medical device" not in text
    assert "Look at these arteries first" in text


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("limits.html", "{% if %}", "limits.html, line 1"),
        ("limits.html", "{{ result.rows.nothing.at_all }}", "cannot be used"),
        ("limits.html", "{{ ''.__class__.__mro__ }}", "cannot be used"),
        ("report.html", "<p>{{ result.total.burden }}</p>", "no verdict"),
        ("other.html", "", "holds no template"),
        ("limits.html", '<img src="http://127.0.0.1/x.png">', "data URI"),
    ],
)
def test_templates_that_cannot_be_used_are_refused_in_one_line(document, tmp_path, name, content, complaint):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=complaint) as caught:
        made_report(Material(document, choices=ReportChoices(tmp_path)))
    assert "\n" not in str(caught.value)


def test_what_headers_say_is_text_and_no_markup(document):
    patient = Patient((("Patient", "<script>x</script> & <b>Bold"),))
    made = made_report(Material(document, patient))
    assert "<script>" not in made.html
    assert "<b>Bold" in "".join(page_tree(made.html).all("td")[0].parts)


@pytest.mark.parametrize("name", ["A" * 200, "Ä" * 199 + "^B", "山" * 200, "Name " * 40])
def test_long_names_fit_on_the_page(document, name):
    assert made_report(Material(document, Patient((("Patient", name),)))).pdf.startswith(b"%PDF-")


def test_names_are_shown_in_their_own_script_and_in_latin():
    from pydicom.dataset import Dataset

    for stored, shown in (
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田 太郎 (Yamada, Tarou)"),
        ("Müßig^Jörg^^Dr.", "Müßig, Dr. Jörg"),
        ("=山田^太郎", "山田 太郎"),
        ("==やまだ^たろう", "やまだ たろう"),
    ):
        header = Dataset()
        header.PatientName = stored
        assert patient_of(header).facts == (("Patient", shown),)


def test_characters_without_a_font_are_told(tmp_path):
    fonts = Fonts()
    assert list(fonts.runs("Müßig ³ –")) == [(None, "Müßig ³ –")]
    assert "".join(run for _, run in fonts.runs("a כהן b")) == "a [3 characters without a font here] b"
    assert fonts.unshown == set("כהן")
    # Japanese is there with and without fonts of the system.
    assert all(font for font, run in Fonts().runs("山田"))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext")
def test_the_pdf_says_what_the_page_says(case, tmp_path):
    target = tmp_path / "text.txt"
    subprocess.run(["pdftotext", "-layout", case.result / "report.pdf", target], check=True)
    text = target.read_text(encoding="utf-8")
    for each in ("Müßig", "ID4711", "Look at these arteries first", "Along the aorta", "Limits", "Page 1 of"):
        assert each in text


def test_the_properties_of_the_pdf_name_nobody(case):
    content = (case.result / "report.pdf").read_bytes()
    for word in ("ID4711", "Müßig", str(case.ct)):
        assert all(word.encode(code) not in content for code in ("utf-8", "latin-1", "utf-16-be"))


def test_another_ct_and_other_masks_are_refused(case, tmp_path, capsys):
    other = a_case(tmp_path / "other", {})
    for path in sorted(other.ct.iterdir())[:1]:
        content = bytearray(path.read_bytes())
        content[-500:] = bytes(500)
        path.write_bytes(content)
    copy = tmp_path / "copy"
    shutil.copytree(case.result, copy)
    # Also one of the same UID.
    assert report(copy, "--ct", other.ct) == 2
    assert "another CT than the one that was measured" in capsys.readouterr().err
    shutil.copy(case.nothing, copy / "calcification.nii.gz")
    before = (copy / "report.pdf").read_bytes()
    assert report(copy, "--ct", case.ct) == 2
    assert "do not give the numbers" in capsys.readouterr().err
    assert (copy / "report.pdf").read_bytes() == before


def test_without_its_packages_a_report_is_refused_before_any_work(case, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "reportlab", None)
    assert case.analyze(tmp_path / "out", "--report") == 2
    assert "needs the package reportlab" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_page_gives_the_same_pdf(document):
    page = rendered_html(report_context(Material(document)))
    assert pdf_of_page(page, "x") == pdf_of_page(page, "x")
