"""The panel in other languages."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from update_translations import MODULE, TRANSLATIONS, context_of, sources, update, wrapped_strings

PySide6 = pytest.importorskip("PySide6", reason="lupdate and Qt's translations need PySide6")

FILES = sorted(TRANSLATIONS.glob("*.ts"))


def messages(path: Path) -> list[tuple[str, str, str]]:
    """Context, text and its translation (empty where there is none yet)."""
    return [
        (context.findtext("name"), message.findtext("source"), message.findtext("translation"))
        for context in ElementTree.parse(path).iter("context")
        for message in context.iter("message")
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translation_files_are_up_to_date(tmp_path, path):
    """After strings were changed: ``python Testing/update_translations.py``."""
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    update([copy])
    assert {each[:2] for each in messages(copy)} == {each[:2] for each in messages(path)}


def test_every_wrapped_string_can_be_translated():
    wrapped = {pair for path in sources() for pair in wrapped_strings(path)}
    assert wrapped
    for path in FILES:
        assert wrapped <= {each[:2] for each in messages(path)}


def test_what_is_wrapped_must_be_a_plain_string(tmp_path):
    source = tmp_path / "view.py"
    source.write_text('text = _(f"{count} clusters")', encoding="utf-8")
    with pytest.raises(ValueError, match=r"view\.py, line 1"):
        list(wrapped_strings(source))


def test_the_context_is_the_one_under_which_slicer_looks():
    panel = MODULE / "AbdominalCalcificationPanel"
    assert context_of(panel / "results_view.py") == "AbdominalCalcificationPanel.results_view"
    assert context_of(MODULE / "AbdominalCalcification.py") == "AbdominalCalcification"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_translations_keep_what_is_filled_in_and_marked_up(path):
    """Slicer shows the English text where a translation has other placeholders."""
    for _context, text, translation in messages(path):
        for pattern in (r"\{[^{}]+\}", r"</?\w+>", r"\n", r"^\s|\s$", r"…$"):
            if translation:
                assert sorted(re.findall(pattern, translation)) == sorted(re.findall(pattern, text)), text


def test_one_text_has_one_translation():
    """Texts are compared with each other, as in the self-test."""
    for path in FILES:
        translations = {}
        for _context, text, translation in messages(path):
            assert translations.setdefault(text, translation) == translation


@pytest.fixture
def german(tmp_path):
    """German, as Slicer compiles and loads it."""
    pytest.importorskip("slicer", reason="the host needs slicer-core")
    from PySide6 import QtCore

    from host import start

    application = start().qt_application
    lrelease = next(Path(PySide6.__file__).parent.glob("lrelease*"))
    compiled = tmp_path / "AbdominalCalcification_de.qm"
    source = TRANSLATIONS / "AbdominalCalcification_de.ts"
    subprocess.run([lrelease, "-silent", source, "-qm", compiled], check=True)
    translator = QtCore.QTranslator()
    assert translator.load(str(compiled))
    application.installTranslator(translator)
    yield lambda context, text: application.translate(context, text)
    application.removeTranslator(translator)


def test_texts_of_the_code_are_found(german):
    assert german(context_of(MODULE / "AbdominalCalcificationPanel" / "results_view.py"), "Done.") == "Fertig."
    assert german("AbdominalCalcificationPanel.result_rows", "Burden\n%") == "Kalklast\n%"


def test_the_panel_is_translated_and_what_is_no_text_is_left(german):
    """Names of parameters and of node classes are strings of the .ui file too."""
    import slicer

    ui = slicer.util.childWidgetVariables(slicer.util.loadUI(str(MODULE / "Resources/UI/AbdominalCalcification.ui")))
    assert ui.runButton.text == "Starten"
    assert ui.ctSelector.property("SlicerParameterName") == "ct"
    tree = ElementTree.parse(MODULE / "Resources/UI/AbdominalCalcification.ui")
    for name in ("SlicerParameterName", "nodeTypes"):
        strings = [
            each for found in tree.iter("property") if found.get("name") == name for each in found.iter("string")
        ]
        assert strings
        assert {each.get("notr") for each in strings} == {"true"}
