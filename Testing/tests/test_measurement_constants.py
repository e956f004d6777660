"""The constants of measuring: the table in the documentation is theirs, and each has a test that fixes it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

import AbdominalCalcificationLib
from AbdominalCalcificationLib.measurement import constants

TESTS = Path(__file__).parent
DOCUMENT = TESTS.parents[1] / "Resources" / "docs" / "measurement.md"
VALUES = {name: value for name, value in vars(constants).items() if name.isupper()}
# By so much each is moved, down and up.
MOVES = (0.6, 1.6)


def constants_table(document: Path = DOCUMENT, heading: str = "Constants") -> dict[str, list[str]]:
    """Return value, unit, meaning and test of each constant, as the documentation has them."""
    section = document.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "| `" in line]
    return {row[0].strip("`"): row[1:] for row in rows if re.fullmatch(r"`[A-Z][A-Z_0-9]+`", row[0])}


def move(monkeypatch, package: str, name: str, value) -> None:
    """Give a constant another value in every module of a package that has it."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith(f"AbdominalCalcificationLib.{package}.") and hasattr(module, name):
            monkeypatch.setattr(module, name, value)


def named_test(place: str):
    """Return the function of a test named ``file.py::function``."""
    file, name = place.strip("`").split("::")
    if file not in sys.modules:
        spec = importlib.util.spec_from_file_location(file.removesuffix(".py"), TESTS / file)
        sys.modules[file] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[file])
    return getattr(sys.modules[file], name)


def test_the_table_in_the_documentation_is_that_of_the_code():
    documented = constants_table()
    assert list(documented) == list(VALUES)
    assert {name: float(row[0]) for name, row in documented.items()} == VALUES
    assert all(cell for row in documented.values() for cell in row)


def test_each_constant_is_used_and_stands_in_one_place():
    library = Path(AbdominalCalcificationLib.__file__).parent
    sources = [file.read_text(encoding="utf-8") for file in (library / "measurement").glob("*.py")]
    for name in VALUES:
        assert sum(bool(re.search(rf"\b{name}\b", text)) for text in sources) > 1, name
    assigned = [
        name
        for text in sources
        for line in re.findall(r"^([A-Z][A-Z_0-9, ]*) = [-\d]", text, re.M)
        for name in line.split(", ")
    ]
    assert sorted(name for name in assigned if not name.startswith("_")) == sorted(VALUES)


@pytest.mark.parametrize("factor", MOVES)
@pytest.mark.parametrize("name", VALUES)
def test_the_test_of_a_constant_fails_where_it_is_moved(name, factor, monkeypatch):
    probe = named_test(constants_table()[name][-1])
    move(monkeypatch, "measurement", name, type(VALUES[name])(VALUES[name] * factor))
    with pytest.raises((AssertionError, KeyError)):
        probe()
