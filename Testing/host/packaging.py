"""``slicer.packaging`` as a running Slicer has it, with a pip that only notes what it is asked.

What would open a dialog fails: nothing in the panel may ask a second time.
"""

from __future__ import annotations

import ast
import inspect
import logging
from importlib import metadata
from pathlib import Path
from types import ModuleType

import slicer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .api import API

# One entry for each call of pip: "install" or "uninstall", the requirements, and what is kept as it is.
calls: list[dict] = []


def load_requirements(path):
    lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def pip_check(req, _seen=None):
    if isinstance(req, list):
        return all(pip_check(each) for each in req)
    req = Requirement(str(req))
    try:
        return metadata.version(req.name) in req.specifier
    except metadata.PackageNotFoundError:
        return False


def pip_ensure(
    requirements,
    constraints=None,
    skip_packages=None,
    prompt_install=True,
    prompt_restart=True,
    requester=None,
    skip_in_testing=True,
    show_progress=True,
):
    wanted = requirements if isinstance(requirements, list) else [requirements]
    missing = [Requirement(str(each)) for each in wanted if not pip_check(each)]
    if not missing:
        return None
    if skip_in_testing and slicer.app.testingEnabled():
        logging.info("Testing mode is enabled: skipping pip_ensure for %s", missing)
        return None
    if prompt_install:
        raise NotImplementedError("the test host cannot answer the dialog of pip_ensure")
    return pip_install(
        [str(each) for each in missing], constraints, None, skip_packages, True, show_progress, requester
    )


def pip_install(
    requirements,
    constraints=None,
    no_deps_requirements=None,
    skip_packages=None,
    blocking=True,
    show_progress=True,
    requester=None,
    logCallback=None,
    completedCallback=None,
):
    if skip_packages is not None and (no_deps_requirements is not None or not blocking):
        raise ValueError("skip_packages excludes no_deps_requirements, and requires blocking=True.")
    held = Path(constraints).read_text(encoding="utf-8").splitlines() if constraints is not None else []
    names = requirements.split() if isinstance(requirements, str) else list(requirements)
    skipped = {canonicalize_name(name) for name in skip_packages or ()}
    calls.append({"pip": "install", "what": names, "held": held, "skipped": skipped, "requester": requester})
    return None if skip_packages is None else []


def pip_uninstall(requirements, blocking=True, logCallback=None, completedCallback=None):
    calls.append({"pip": "uninstall", "what": [requirements] if isinstance(requirements, str) else list(requirements)})


def make_packaging() -> ModuleType:
    """Return the module that Slicer has, without what is this file's own."""
    module = ModuleType("slicer.packaging")
    for name, signature in API["functions"]["slicer.packaging"].items():
        if name in globals() and name != "canonicalize_name":
            check_signature(name, signature)
        if name in globals():
            setattr(module, name, globals()[name])
    return module


def check_signature(name: str, signature: str) -> None:
    """Refuse a function of this file that takes other arguments than that of Slicer."""
    if list(inspect.signature(globals()[name]).parameters) != parameters_of(signature):
        raise TypeError(f"slicer.packaging.{name} takes other arguments in Slicer: {signature}")


def parameters_of(signature: str) -> list[str]:
    """Return the names of the parameters in a signature such as ``(a: 'str | None' = None) -> 'bool'``."""
    tree = ast.parse(f"def function{signature}: ...")
    arguments = tree.body[0].args
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
