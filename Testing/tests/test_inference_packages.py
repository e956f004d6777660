"""What is missing for models is said before anything is installed."""

from importlib import metadata
from pathlib import Path

import pytest

from AbdominalCalcificationLib.errors import InferenceError
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


def test_a_pytorch_that_is_too_old_is_no_matter_for_an_installer(installed):
    assert packages.outdated_torch() == ""
    installed["torch"] = "2.3.1+cu118"
    text = packages.outdated_torch()
    assert "PyTorch 2.3.1+cu118 is installed, but models need 2.6" in text
    assert "PyTorch Utils" in text
    installed["torch"] = "2.9"
    assert packages.outdated_torch() == ""


@pytest.mark.parametrize(
    ("error", "versions", "says"),
    [
        (ModuleNotFoundError("No module named 'torch'"), {}, ("torch is missing", "Install button")),
        (
            OSError("[WinError 126] The specified module could not be found. Error loading fbgemm.dll"),
            {"torch": "2.9"},
            ("torch 2.9 is installed", "but broken", "fbgemm.dll", "PyTorch Utils"),
        ),
        (ImportError("DLL load failed"), {"torch": "2.9"}, ("broken", "PyTorch Utils")),
        (AttributeError("module 'torchgen' has no attribute 'x'"), {"torch": "2.9"}, ("broken", "PyTorch Utils")),
    ],
)
def test_a_broken_package_is_one_line_that_says_what_to_do(installed, monkeypatch, error, versions, says):
    installed.update(versions)

    def fails(name):
        raise error

    monkeypatch.setattr(packages.importlib, "import_module", fails)
    with pytest.raises(InferenceError) as caught:
        packages.check_imports()
    assert "\n" not in str(caught.value)
    for part in says:
        assert part in str(caught.value)


def test_lack_of_memory_is_not_called_broken(installed, monkeypatch):
    def fails(name):
        raise MemoryError

    monkeypatch.setattr(packages.importlib, "import_module", fails)
    with pytest.raises(MemoryError):
        packages.check_imports()
