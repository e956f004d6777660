"""Names of a package that are imported once somebody asks for them.

A package that imports all it offers makes whoever needs one small thing of it wait for everything: a panel that only
names a result's class waited for scipy and SimpleITK.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def names_on_demand(package: str, **modules: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    **modules : str
        The names that the package offers, separated by spaces, by the module inside it that has them.
    """
    home_of = {name: module for module, names in modules.items() for name in names.split()}

    def get(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # the next time it is there
        return value

    return get
