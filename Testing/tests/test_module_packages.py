"""Installing what models need: what is asked of pip and of the extensions, and what is never replaced."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.errors import InferenceError
from AbdominalCalcificationLib.inference.packages import PACKAGES
from AbdominalCalcificationLib.resources import resources_folder
from panels import asked, load_ct, status

pytestmark = pytest.mark.scene
REPOSITORY = Path(__file__).parents[2]
# As it lies in a Slicer: what comes with it, and nothing that models need.
IN_SLICER = {"SimpleITK": "2.5.3", "requests": "2.33.0", "numpy": "2.0.2"}


@pytest.fixture
def installed(module, monkeypatch):
    """What is installed, name to version; what pip is asked for is there at once."""
    from host import packaging

    versions = dict(IN_SLICER)

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    class Calls(list):
        def append(self, call):
            super().append(call)
            for requirement in call["what"]:
                name = re.match(r"\w+", requirement).group()
                if call["pip"] == "install":
                    versions[name] = re.search(r">=([\d.]+)", requirement).group(1)
                else:
                    del versions[name]

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(packaging, "calls", Calls())
    monkeypatch.setattr(slicer.app, "testingEnabled", lambda: False)
    return versions


@pytest.fixture
def pip(installed):
    """What was asked of pip."""
    from host import packaging

    return packaging.calls


@pytest.fixture
def torch_extension(installed, monkeypatch):
    """What is asked of the PyTorch extension, whose logic takes what that of SlicerPyTorch takes."""
    asked = []

    class PyTorchUtilsLogic:
        def installTorch(self, askConfirmation=False, forceComputationBackend=None, torchVersionRequirement=None):
            asked.append(("install", askConfirmation, torchVersionRequirement))
            installed["torch"] = "2.9.0+cu126"

        def uninstallTorch(self, askConfirmation=False, forceComputationBackend=None):
            asked.append(("uninstall",))
            del installed["torch"]

    extension = ModuleType("PyTorchUtils")
    extension.PyTorchUtilsLogic = PyTorchUtilsLogic
    monkeypatch.setitem(sys.modules, "PyTorchUtils", extension)
    return asked


@pytest.fixture
def nnunet_extension(installed, monkeypatch):
    """The NNUNet extension, whose installer takes what that of SlicerNNUnet takes, and fails as that one does."""
    installer = SimpleNamespace(asked=[], succeeds=True, needs_restart=False)

    class InstallLogic:
        def __init__(self, doAskConfirmation=True):
            assert not doAskConfirmation, "the panel has asked"
            self._listeners, self.needsRestart = [], installer.needs_restart
            self.progressInfo = SimpleNamespace(connect=self._listeners.append)

        def setupPythonRequirements(self, nnUNetRequirements="nnunetv2"):
            installer.asked.append(nnUNetRequirements)
            if not installer.succeeds:
                for listener in self._listeners:
                    listener("Error occurred during install : no network")
                return False
            if not installer.needs_restart:
                installed["nnunetv2"] = "2.6.2"
            return True

    library = ModuleType("SlicerNNUNetLib")
    library.InstallLogic = InstallLogic
    monkeypatch.setitem(sys.modules, "SlicerNNUNetLib", library)
    return installer


def press_install(panel) -> None:
    panel.enter()
    panel.ui.installButton.click()
    panel.ui.firstAnswer.click()


def test_missing_packages_are_explained_before_anything_is_installed(panel, pip):
    load_ct()
    panel.enter()
    panel.ui.runButton.click()
    assert "torch" in asked(panel)
    assert "MB" in asked(panel)
    assert "site-packages" in asked(panel) or "dist-packages" in asked(panel)
    assert not panel.ui.runButton.enabled
    panel.ui.lastAnswer.click()
    assert not asked(panel)
    assert pip == []
    assert not panel.isBusy
    assert panel.ui.runButton.enabled


def test_with_both_extensions_they_do_the_work(panel, pip, torch_extension, nnunet_extension):
    press_install(panel)
    assert torch_extension == [("install", False, ">=2.6")]
    assert nnunet_extension.asked == ["nnunetv2>=2.5,<3"]
    assert pip == []
    assert "Installed" in status(panel)
    assert panel.ui.installButton.isHidden()
    assert "How to remove them" in panel.ui.packagesLabel.text


def test_without_extensions_pip_leaves_alone_what_slicer_brings(panel, pip):
    press_install(panel)
    assert [call["what"] for call in pip] == [["torch>=2.6"], ["nnunetv2<3,>=2.5"]]
    assert {call["requester"] for call in pip} == {"AbdominalCalcification"}
    of_torch, of_nnunet = pip
    assert of_torch["skipped"] == set()
    assert {"simpleitk", "requests", "torch"} <= of_nnunet["skipped"]
    assert "SimpleITK==2.5.3" in of_torch["held"]
    assert {"SimpleITK==2.5.3", "numpy==2.0.2", "torch==2.6"} <= set(of_nnunet["held"])
    assert "Installed" in status(panel)


def test_with_the_pytorch_extension_alone_pip_installs_nnunet_around_its_torch(panel, pip, torch_extension):
    press_install(panel)
    assert [call["what"] for call in pip] == [["nnunetv2<3,>=2.5"]]
    assert "torch" in pip[0]["skipped"]
    assert "torch==2.9.0+cu126" in pip[0]["held"]
    assert "Installed" in status(panel)


def test_before_slicer_5_12_pip_is_held_by_constraints(panel, installed, monkeypatch):
    asked = []

    def pip_install(requirements):
        requirement, option, file = requirements
        asked.append((requirement, option, Path(file).read_text(encoding="utf-8").splitlines()))
        installed[requirement.partition(">=")[0]] = "2.6"

    monkeypatch.setitem(sys.modules, "slicer.packaging", None)  # importing it fails
    monkeypatch.setattr(slicer.util, "pip_install", pip_install)
    press_install(panel)
    assert [each[:2] for each in asked] == [("torch>=2.6", "--constraint"), ("nnunetv2>=2.5,<3", "--constraint")]
    assert "SimpleITK==2.5.3" in asked[0][2]
    assert "torch==2.6" in asked[1][2]
    assert "Installed" in status(panel)


@pytest.mark.parametrize("with_extension", [True, False])
def test_a_pytorch_that_is_too_old_is_not_replaced(request, panel, installed, pip, with_extension):
    torch_extension = request.getfixturevalue("torch_extension") if with_extension else []
    installed["torch"] = "2.3.1"
    load_ct()
    panel.enter()
    assert panel.ui.installButton.isHidden()
    assert "PyTorch 2.3.1 is installed" in panel.ui.packagesLabel.text
    panel.ui.runButton.click()
    assert not asked(panel)
    assert "PyTorch Utils" in status(panel)
    assert not panel.isBusy
    with pytest.raises(InferenceError, match="not replaced"):
        panel.logic.installPackages(panel.logic.missingPackages())
    assert (pip, torch_extension) == ([], [])


def test_what_the_nnunet_extension_says_is_shown(panel, torch_extension, nnunet_extension):
    nnunet_extension.succeeds = False
    press_install(panel)
    assert "no network" in status(panel)
    nnunet_extension.succeeds, nnunet_extension.needs_restart = True, True
    press_install(panel)
    assert "restart, then press Install again" in status(panel)


def test_a_torch_that_cannot_be_loaded_after_it_was_installed_is_said(panel, torch_extension, monkeypatch):
    def broken(self, **_):
        raise OSError("[WinError 126] The specified module could not be found: fbgemm.dll")

    monkeypatch.setattr(sys.modules["PyTorchUtils"].PyTorchUtilsLogic, "installTorch", broken)
    press_install(panel)
    assert "PyTorch could not be installed" in status(panel)
    assert "fbgemm.dll" in status(panel)


def test_a_failed_install_is_said_in_the_panel(module, panel, pip, monkeypatch):
    monkeypatch.setattr(module.AbdominalCalcificationLogic, "missingPackages", lambda self: PACKAGES)
    press_install(panel)
    assert "torch, nnunetv2 could not be installed" in status(panel)


def test_a_slicer_that_is_tested_is_left_alone(panel, installed, pip, monkeypatch):
    monkeypatch.setattr(slicer.app, "testingEnabled", lambda: True)
    press_install(panel)
    assert pip == []
    assert "could not be installed" in status(panel)


def commands_of_the_page() -> list[str]:
    """The Python commands of the page on troubleshooting."""
    text = (REPOSITORY / "Resources" / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("with_extension", [True, False])
def test_the_command_of_the_page_removes_what_was_installed(request, installed, pip, with_extension):
    torch_extension = request.getfixturevalue("torch_extension") if with_extension else []
    installed.update(torch="2.9.0", nnunetv2="2.6.2")
    (command,) = [code for code in commands_of_the_page() if "remove()" in code]
    exec(compile(command, "troubleshooting.md", "exec"), {})
    assert installed == IN_SLICER
    removed = [name for call in pip for name in call["what"]]
    assert removed == (["nnunetv2"] if with_extension else ["nnunetv2", "torch"])
    assert bool(torch_extension) is with_extension


def test_the_requirements_file_asks_for_what_the_program_checks():
    text = (resources_folder() / "requirements.txt").read_text(encoding="utf-8")
    asked_for = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert asked_for == [package.requirement for package in PACKAGES]


def test_the_host_takes_the_arguments_that_slicer_takes():
    from host import packaging

    assert packaging.parameters_of("(a: 'str | dict[str, int]', b: 'int' = 2) -> 'bool'") == ["a", "b"]
    assert packaging.parameters_of("() -> 'bool'") == []
    with pytest.raises(TypeError, match="other arguments"):
        packaging.check_signature("pip_check", "(requirement: 'str') -> 'bool'")
