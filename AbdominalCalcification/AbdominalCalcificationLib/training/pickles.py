"""nnU-Net's notes on preprocessed cases, which are pickles, read without running what is in them.

A work folder may have come from elsewhere. nnU-Net reads its checkpoints and these notes in ways that let them run
any code; so both are looked at first, under the policy that holds for models (:mod:`inference.checkpoint`).
"""

from __future__ import annotations

import pickle
from pathlib import Path

from ..errors import ModelError

# What arrays, NumPy's numbers and the containers around them are pickled with, under NumPy 1 and 2.
_ALLOWED = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "slice"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (
            ("multiarray", "_reconstruct"),
            ("multiarray", "scalar"),
            ("numeric", "_frombuffer"),
        )
    ),
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        if (module, name) not in _ALLOWED:
            raise _ForbiddenError(f"{module}.{name}")
        return super().find_class(module, name)


class _ForbiddenError(Exception):
    """What a pickle wants to load but must not."""


def read_properties(path: Path, trust: bool = False) -> dict:
    """Return what nnU-Net noted of a preprocessed case.

    Parameters
    ----------
    path : Path
        The ``.pkl`` beside it.
    trust : bool
        Load everything, which lets the file run code.

    Raises
    ------
    ModelError
        Where the file is damaged, or needs trust.
    """
    try:
        with open(path, "rb") as file:
            properties = (pickle.Unpickler if trust else _Reader)(file).load()
    except _ForbiddenError as error:
        raise ModelError(
            f"'{path}' wants to load '{error}', which could run code; nothing of it was run. Name another work folder, "
            "or add --trust-models if you know where this one comes from."
        ) from None
    except (MemoryError, OSError):
        raise
    except Exception:
        raise ModelError(f"'{path}' is damaged; name another work folder to prepare the cases anew.") from None
    if not isinstance(properties, dict):
        raise ModelError(f"'{path}' is not what nnU-Net notes of a case; name another work folder.")
    return properties


def check_properties(folder: Path, trust: bool = False) -> None:
    """Read all of them below `folder`, so that nnU-Net, which reads them with code execution allowed, can."""
    if not trust:
        for path in sorted(folder.rglob("*.pkl")):
            read_properties(path)
