"""Bring the translation files up to date with the strings in the code: ``python Testing/update_translations.py``.

Needs PySide6 (its lupdate). Strings are those wrapped in ``_()`` in the module and the panel, and those of the
``.ui`` file that are not marked ``notr``. What was translated stays; strings that are gone are removed, new ones
are *unfinished*: shown in English until somebody translates them (with Qt Linguist, or any editor). A new language is a
new file ``AbdominalCalcification_LANGUAGE.ts`` that holds ``<TS version="2.1" language="LANGUAGE"></TS>``.

lupdate would file a Python string under the class it is in; Slicer looks for it under its package and module
(``slicer.i18n.getContext``). So lupdate is given the same strings as C++.
"""

from __future__ import annotations

import ast
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MODULE = Path(__file__).resolve().parents[1] / "AbdominalCalcification"
TRANSLATIONS = MODULE / "Resources" / "Translations"


def sources() -> list[Path]:
    """Return the Python files whose strings users see in their language."""
    return [MODULE / "AbdominalCalcification.py", *sorted((MODULE / "AbdominalCalcificationPanel").glob("*.py"))]


def context_of(path: Path) -> str:
    """Return the context in which ``slicer.i18n.tr`` looks for the strings of a file."""
    return f"{path.parent.name}.{path.stem}" if path.with_name("__init__.py").exists() else path.stem


def wrapped_strings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield context and text of each wrapped string of a Python file.

    Raises
    ------
    ValueError
        Where something else than a literal is wrapped: no translation could be found for it.
    """
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "_":
            continue
        text = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
        if not isinstance(text, str):
            raise ValueError(f"{path.name}, line {call.lineno}: what is wrapped in _() must be a plain string.")
        yield context_of(path), text


def update(files: list[Path]) -> None:
    """Let lupdate bring `files` up to date."""
    import PySide6

    lupdate = next(Path(PySide6.__file__).parent.glob("lupdate*"))
    strings = [pair for path in sources() for pair in wrapped_strings(path)]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "strings.cpp")
        # JSON's escapes are those of C++, but for what is not ASCII, which lupdate reads as UTF-8.
        texts = [tuple(json.dumps(text, ensure_ascii=False) for text in pair) for pair in strings]
        lines = [f"QCoreApplication::translate({context}, {text});" for context, text in texts]
        source.write_text("\n".join(lines), encoding="utf-8")
        given = [source, *sorted((MODULE / "Resources" / "UI").glob("*.ui"))]
        options = ["-locations", "none", "-no-obsolete", "-source-language", "en_US", "-silent"]
        subprocess.run([lupdate, *options, *given, "-ts", *files], check=True)


if __name__ == "__main__":
    update(sorted(TRANSLATIONS.glob("*.ts")))
