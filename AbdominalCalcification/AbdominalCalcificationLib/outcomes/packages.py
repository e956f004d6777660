"""Whether what an analysis of outcomes needs is installed."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import InputError


def check_packages() -> None:
    """Raise InputError without statsmodels."""
    if find_spec("statsmodels") is None:
        raise InputError("This needs statsmodels; install it with pip install 'abdominal-calcification[outcomes]'.")
