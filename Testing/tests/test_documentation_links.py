"""Docstrings and documents point at rules of the documentation by its headings: every such link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "Resources" / "docs"

pytestmark = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the documentation is not packaged")


def anchors_of(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a document."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ +(.+?)\s*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sources() -> list[Path]:
    return [*(ROOT / "AbdominalCalcification").rglob("*.py"), *(ROOT / "Testing").rglob("*.py")]


def test_anchors_are_those_of_the_headings(tmp_path):
    document = tmp_path / "a.md"
    document.write_text("# What is *measured*\n```\n# no heading\n```\n## HU, taken on trust\n", encoding="utf-8")
    assert anchors_of(document) == {"what-is-measured", "hu-taken-on-trust"}


def test_the_rules_that_docstrings_name_are_headings_of_the_documentation():
    found = [
        (file, document, anchor)
        for file in sources()
        for document, anchor in re.findall(r"\b([\w-]+\.md)#([\w-]+)", file.read_text(encoding="utf-8"))
    ]
    assert len(found) > 10
    for file, document, anchor in found:
        assert anchor in anchors_of(DOCUMENTS / document), f"{file.relative_to(ROOT)} names {document}#{anchor}"


def test_no_docstring_names_a_rule_by_its_number():
    numbered = re.compile("\\(" + "rules? \\d|" + "design" + " rule", re.I)
    assert [str(file) for file in sources() if numbered.search(file.read_text(encoding="utf-8"))] == []
