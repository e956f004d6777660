"""Packages whose names are imported once somebody asks for them offer all that they name."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "AbdominalCalcification" / "AbdominalCalcificationLib"
PACKAGES = [
    path.parent.name for path in sorted(LIBRARY.glob("*/__init__.py")) if "names_on_demand" in path.read_text("utf-8")
]


def test_there_are_such_packages():
    assert {"measurement", "reading", "reporting", "review"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_offers_is_there_and_known_to_the_checker_of_types(package):
    module = import_module(f"AbdominalCalcificationLib.{package}")
    tree = ast.parse((LIBRARY / package / "__init__.py").read_text("utf-8"))
    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names}
    assert imported - {"TYPE_CHECKING", "names_on_demand"} == set(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is vars(module)[name]  # and from then on it is simply there


def test_an_unknown_name_is_none_of_its():
    module = import_module("AbdominalCalcificationLib.measurement")
    with pytest.raises(AttributeError, match="no attribute 'nothing_like_it'"):
        _ = module.nothing_like_it
