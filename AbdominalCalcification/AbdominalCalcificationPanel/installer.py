"""Installs what models need: through the PyTorch and NNUNet extensions where they are, else with pip.

What Slicer and other extensions rely on is never replaced: pip does not look at it, and it is held at its version.
"""

import contextlib
import importlib
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InferenceError
from AbdominalCalcificationLib.explanations import first_line
from AbdominalCalcificationLib.resources import resources_folder

REQUESTER = "AbdominalCalcification"
# Slicer's SimpleITK has readers of its own, a new requests would want a restart, and PyTorch is the build for the GPU.
NEVER_REPLACED = ("SimpleITK", "requests", "torch", "torchvision")
HELD = (*NEVER_REPLACED, "numpy")


def explain(missing):
    """Return what would be installed, how large it is, and where it goes."""
    from AbdominalCalcificationLib.inference.packages import explain_missing

    where = _("It goes into {folder}. Measuring given masks and thresholding work without it.")
    return f"{explain_missing(missing)} {where.format(folder=sysconfig.get_paths()['purelib'])}"


def obstacle():
    """Return why nothing can be installed before somebody has done something; empty where it can."""
    from AbdominalCalcificationLib.inference.packages import outdated_torch

    return outdated_torch()


def install(missing, still_missing):
    """Install `missing` (inference.packages.Package).

    Raises InferenceError where `still_missing()` returns packages afterwards, and where PyTorch would be replaced.
    """
    if obstacle():
        raise InferenceError(obstacle())
    for package in missing:
        if package.name == "torch":
            _install_torch(package)
        elif package.name == "nnunetv2" and _torch_logic() is not None and _nnunet_installer() is not None:
            _install_nnunet(package)
        else:
            _pip_install(package, NEVER_REPLACED)
    importlib.invalidate_caches()
    left = still_missing()
    if left:
        raise InferenceError(
            _(
                "{packages} could not be installed; check the network and the log, or install the PyTorch and"
                " NNUNet extensions in the Extensions Manager."
            ).format(packages=", ".join(package.name for package in left))
        )


def remove():
    """Remove nnU-Net and PyTorch, which other extensions may need too; restart Slicer afterwards."""
    torch_logic = _torch_logic()
    _pip_uninstall("nnunetv2")
    if torch_logic is not None:
        torch_logic.uninstallTorch()
    else:
        _pip_uninstall("torch")
    importlib.invalidate_caches()


def _install_torch(package):
    torch_logic = _torch_logic()
    if torch_logic is None:
        _pip_install(package)  # it asks for nothing that Slicer brings along
        return
    try:
        # The build for this computer's GPU.
        version = package.requirement.removeprefix(package.name)
        torch_logic.installTorch(askConfirmation=False, torchVersionRequirement=version)
    except Exception as error:  # it imports what it has installed
        text = _("PyTorch could not be installed ({reason}); see the module PyTorch Utils.")
        raise InferenceError(text.format(reason=first_line(error))) from error


def _install_nnunet(package):
    said = []
    nnunet = _nnunet_installer()
    nnunet.progressInfo.connect(said.append)
    # It returns False for what goes wrong, and says it.
    if nnunet.setupPythonRequirements(package.requirement) is False:
        reason = said[-1] if said else _("no reason was given")
        raise InferenceError(_("The NNUNet extension could not install nnU-Net ({reason}).").format(reason=reason))
    if nnunet.needsRestart:
        raise InferenceError(_("The NNUNet extension needs a restart of Slicer; restart, then press Install again."))


def _torch_logic():
    """Return the logic of the PyTorch extension; None where it is not installed."""
    try:
        import PyTorchUtils
    except ImportError:
        return None
    return PyTorchUtils.PyTorchUtilsLogic()


def _nnunet_installer():
    """Return the installer of the NNUNet extension; None where it is not installed."""
    try:
        from SlicerNNUNetLib import InstallLogic
    except ImportError:
        return None
    return InstallLogic(doAskConfirmation=False)


def _pip_install(package, skipped=()):
    with _constraints() as constraints:
        try:
            from slicer.packaging import load_requirements, pip_ensure
        except ImportError:  # before Slicer 5.12
            slicer.util.pip_install([package.requirement, "--constraint", str(constraints)])
            return
        pip_ensure(
            [each for each in load_requirements(resources_folder() / "requirements.txt") if each.name == package.name],
            constraints=constraints,
            skip_packages=list(skipped) or None,
            prompt_install=False,  # the panel has asked
            requester=REQUESTER,
        )


@contextlib.contextmanager
def _constraints():
    """Give a file that holds what must not be replaced at the version that is installed."""
    lines = []
    for name in HELD:
        with contextlib.suppress(metadata.PackageNotFoundError):
            lines.append(f"{name}=={metadata.version(name)}\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "constraints.txt"
        file.write_text("".join(lines), encoding="utf-8")
        yield file


def _pip_uninstall(name):
    try:
        from slicer.packaging import pip_uninstall
    except ImportError:  # before Slicer 5.12
        slicer.util.pip_uninstall(name)
    else:
        pip_uninstall([name])
