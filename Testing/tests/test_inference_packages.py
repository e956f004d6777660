"""What is missing for models is said before anything is installed."""

from importlib import metadata
from pathlib import Path

import pytest

from AbdominalCalcificationLib.inference import packages


@pytest.fixture
def installed(monkeypatch):
    """Pretends that just these versions are installed."""
    versions = {}

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(packages.metadata, "version", version)
    return versions


def test_in_a_bare_slicer_everything_is_missing_and_its_size_is_said(installed):
    missing = packages.missing_packages()
    assert [package.name for package in missing] == ["torch", "nnunetv2"]
    text = packages.explain_missing(missing)
    assert "torch" in text
    assert "MB" in text


def test_what_is_there_is_not_asked_for(installed):
    installed.update(torch="2.13.0+cpu", nnunetv2="2.8.1")
    assert packages.missing_packages() == ()
    assert packages.explain_missing(()) == ""


@pytest.mark.parametrize(
    ("name", "version", "satisfied"),
    [
        ("torch", "2.5.1", False),
        ("torch", "2.10.0", True),
        ("nnunetv2", "2.4.2", False),
        ("nnunetv2", "2.5", True),
        ("nnunetv2", "3.0.0", False),
    ],
)
def test_versions_out_of_range_count_as_missing(installed, name, version, satisfied):
    installed[name] = version
    assert {state.package.name: state.is_satisfied for state in packages.package_states()}[name] is satisfied


def test_the_ranges_are_those_of_the_project_file():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    for package in packages.PACKAGES:
        assert f'"{package.requirement}"' in text
