"""What has to be installed for segmentation with models, said before anything is installed.

OpenVINO is not among it: only large networks gain by it (see :mod:`exported`), and it is used where
somebody installed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata


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


# Same ranges as the extra "models" in pyproject.toml.
PACKAGES = (
    Package("torch", "2.6", None, 200, "runs the neural networks"),
    Package("nnunetv2", "2.5", "3", 150, "reads and prepares images as the networks were trained"),
)
CUDA_TORCH_DOWNLOAD_MB = 2500


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
