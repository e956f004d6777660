"""What has to be installed for segmentation with models, said before anything is installed.

OpenVINO is not among it: only large networks gain by it (see :mod:`exported`), and it is used where
somebody installed it.
"""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from importlib import metadata

from ..errors import InferenceError
from ..explanations import first_line, is_out_of_memory


@dataclass(frozen=True)
class Package:
    """A package the worker needs.

    Attributes
    ----------
    name : str
        Distribution name.
    minimum : str
        Lowest version that works.
    below : str or None
        First version that has not been tried.
    download_mb : int
        Roughly what it and what it brings along weigh, in MB, on the CPU; with CUDA PyTorch
        alone is about 2500 MB.
    purpose : str
    """

    name: str
    minimum: str
    below: str | None
    download_mb: int
    purpose: str

    @property
    def requirement(self) -> str:
        """The requirement as pip takes it."""
        return f"{self.name}>={self.minimum}" + (f",<{self.below}" if self.below else "")


# Same ranges as the extra "models" in pyproject.toml and as Resources/requirements.txt.
PACKAGES = (
    Package("torch", "2.6", None, 200, "runs the neural networks"),
    Package("nnunetv2", "2.5", "3", 150, "reads and prepares images as the networks were trained"),
)
CUDA_TORCH_DOWNLOAD_MB = 2500
REINSTALL_TORCH = (
    "In Slicer: open the module PyTorch Utils, uninstall PyTorch, restart Slicer and install it there again; "
    "else pip install --force-reinstall torch."
)
REINSTALL_NNUNET = (
    "Remove it (pip uninstall nnunetv2), restart Slicer, and install it again by the module's Install button."
)


@dataclass(frozen=True)
class PackageState:
    """A package and the version that is installed, None where it is not."""

    package: Package
    installed: str | None

    @property
    def is_satisfied(self) -> bool:
        """Whether the installed version is in the range."""
        if self.installed is None:
            return False
        version = _numbers(self.installed)
        below = self.package.below
        return version >= _numbers(self.package.minimum) and (below is None or version < _numbers(below))


def package_states() -> tuple[PackageState, ...]:
    """Return what is installed of what is needed, in this interpreter, without importing it."""
    states = []
    for package in PACKAGES:
        try:
            installed = metadata.version(package.name)
        except metadata.PackageNotFoundError:
            installed = None
        states.append(PackageState(package, installed))
    return tuple(states)


def missing_packages() -> tuple[Package, ...]:
    """Return the packages that are still to be installed; empty where models can be used."""
    return tuple(state.package for state in package_states() if not state.is_satisfied)


def outdated_torch() -> str:
    """Return why PyTorch has to be replaced by hand first; empty where it is missing or fits.

    Other extensions use the same PyTorch, and its files cannot be replaced while it is loaded.
    """
    state = next(each for each in package_states() if each.package.name == "torch")
    if state.installed is None or state.is_satisfied:
        return ""
    return (
        f"PyTorch {state.installed} is installed, but models need {state.package.minimum} or later. "
        f"It is not replaced by itself, since other extensions may use it. {REINSTALL_TORCH}"
    )


def check_imports() -> None:
    """Import what networks need, in the worker.

    Raises
    ------
    InferenceError
        Which says what is missing or broken, and what to do.
    """
    for state in package_states():
        name = state.package.name
        try:
            importlib.import_module(name)
        except Exception as error:  # a damaged installation raises what it likes
            if is_out_of_memory(error):
                raise
            what = f"The package {name} {state.installed or ''}".rstrip()
            if state.installed is None:
                problem = f"is missing in {sys.executable}"
                remedy = f"Install it: in Slicer by the module's Install button, else pip install {name}."
            else:
                problem = f"is installed in {sys.executable}, but broken"
                remedy = REINSTALL_TORCH if name == "torch" else REINSTALL_NNUNET
            raise InferenceError(f"{what} {problem} ({first_line(error)}). {remedy}") from error


def explain_missing(packages: tuple[Package, ...]) -> str:
    """Return a sentence about what would be downloaded; empty where nothing is."""
    if not packages:
        return ""
    total = sum(package.download_mb for package in packages)
    parts = ", ".join(f"{package.name} ({package.purpose}; about {package.download_mb} MB)" for package in packages)
    more = f" PyTorch for an NVIDIA GPU is about {CUDA_TORCH_DOWNLOAD_MB} MB." if packages[0].name == "torch" else ""
    return f"To segment with models, {parts} must be installed: about {total} MB to download.{more}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])
