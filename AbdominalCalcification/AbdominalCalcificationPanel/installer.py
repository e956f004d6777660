"""Installs what models need: through the PyTorch and NNUNet extensions where they are, else with pip."""

import importlib
import sysconfig

import slicer
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InferenceError


def explain(missing):
    """Return what would be installed, how large it is, and where it goes."""
    from AbdominalCalcificationLib.inference.packages import explain_missing

    where = _("It goes into {folder}. Measuring given masks and thresholding work without it.")
    return f"{explain_missing(missing)} {where.format(folder=sysconfig.get_paths()['purelib'])}"


def install(missing, still_missing):
    """Install `missing` (inference.packages.Package).

    Raises InferenceError where `still_missing()` returns packages afterwards.
    """
    torch_logic = _torch_logic()
    for package in missing:
        if package.name == "torch" and torch_logic is not None:
            # The build for this computer's GPU.
            version = package.requirement.removeprefix(package.name)
            torch_logic.installTorch(askConfirmation=False, torchVersionRequirement=version)
        elif package.name == "nnunetv2" and torch_logic is not None and _nnunet_installer() is not None:
            _nnunet_installer().setupPythonRequirements(package.requirement)
        else:
            _pip_install(package.requirement)
    importlib.invalidate_caches()
    left = still_missing()
    if left:
        raise InferenceError(
            _(
                "{packages} could not be installed; check the network and the log, or install the PyTorch and"
                " NNUNet extensions in the Extensions Manager."
            ).format(packages=", ".join(package.name for package in left))
        )


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


def _pip_install(requirement):
    # Slicer's own SimpleITK and requests must stay as they are.
    try:
        from slicer.packaging import pip_install
    except ImportError:  # before Slicer 5.12
        slicer.util.pip_install(requirement)
    else:
        pip_install([requirement], skip_packages=["SimpleITK", "requests"], requester="AbdominalCalcification")
