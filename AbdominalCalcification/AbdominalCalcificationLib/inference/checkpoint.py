"""Reading checkpoints without running what is in them.

A checkpoint is a pickle, and a pickle can run any code. torch's weights-only loader builds
tensors, numbers and containers alone; nnU-Net adds NumPy scalars (its training log), which
are allowed here by name.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..durable import CutShort, written
from ..errors import ModelError
from ..explanations import first_line, is_out_of_memory


def load_checkpoint(file: Path, trust: bool = False, mapped: bool = False) -> dict:
    """Read an nnU-Net checkpoint onto the CPU.

    Parameters
    ----------
    file : Path
    trust : bool
        Load everything, which lets the file run code. Only for files of known origin.
    mapped : bool
        Leave the weights in the file until they are looked at.

    Returns
    -------
    dict
        With ``network_weights``, ``init_args``, ``trainer_name``.

    Raises
    ------
    ModelError
        Where the file is damaged, is no nnU-Net checkpoint, or needs trust.
    """
    import pickle

    import torch

    try:
        if trust:
            checkpoint = torch.load(file, map_location="cpu", weights_only=False, mmap=mapped)
        else:
            with torch.serialization.safe_globals(_numpy_scalars()):
                checkpoint = torch.load(file, map_location="cpu", weights_only=True, mmap=mapped)
    except MemoryError:
        raise
    except pickle.UnpicklingError as error:
        forbidden = re.search(r"GLOBAL ([\w.]+)", str(error))
        if forbidden is None:
            raise ModelError(_damaged(file)) from None
        raise ModelError(
            f"The checkpoint {file} wants to load '{forbidden[1]}', which could run code; nothing of it was run. "
            "Trust the model only if you know where it comes from."
        ) from None
    except Exception as error:
        if "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower():
            raise
        raise ModelError(_damaged(file)) from error
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("network_weights"), dict):
        raise ModelError(f"{file} is not an nnU-Net v2 checkpoint (no 'network_weights'); copy the right file there.")
    return checkpoint


def save_checkpoint(file: Path | str, save: Callable[[Path], None], beside: Callable[[], None] = lambda: None) -> None:
    """Write a checkpoint, whole or not at all, that can be read without running what is in it.

    Parameters
    ----------
    file : path
    save : callable
        Writes the checkpoint to the path that it is given, with torch.
    beside : callable
        Called once the checkpoint is known to be whole, before it takes the place of an earlier one.

    Raises
    ------
    WriteError
    """
    # torch finds no name for the archive in a file without an ending.
    with written(file, suffix=".pth") as unfinished:
        try:
            save(unfinished)
            with zipfile.ZipFile(unfinished) as archive:
                if archive.testzip() is not None:
                    raise CutShort("the file is not whole")
            load_checkpoint(unfinished, mapped=True)
        except (RuntimeError, zipfile.BadZipFile) as error:  # torch's own writer says nothing of the system's reason
            if is_out_of_memory(error):
                raise
            raise CutShort(first_line(error)) from None
        beside()


def saving(content: Mapping) -> Callable[[Path], None]:
    """Return what saves `content` for :func:`save_checkpoint`."""

    def save(file: Path) -> None:
        import torch

        # Through a stream: of a path torch keeps the name, a temporary one, and the same weights would be other bytes.
        with open(file, "wb") as stream:
            torch.save(content, stream)

    return save


def halved(weights: Mapping) -> dict:
    """Return weights (torch tensors by name) as 16-bit floats; what is named twice is stored once."""
    stored: dict[int, Any] = {}
    for value in weights.values():
        own = value.detach().cpu()
        stored[value.data_ptr()] = (own.half() if own.is_floating_point() else own).contiguous()
    return {key: stored[value.data_ptr()] for key, value in weights.items()}


def _damaged(file: Path) -> str:
    size = file.stat().st_size
    return f"The checkpoint {file} is damaged or not a checkpoint ({size} bytes); copy or download it again."


def _numpy_scalars() -> list:
    """Return what NumPy scalars are pickled with, under the module names of NumPy 1 and 2."""
    import numpy as np

    scalar = np.float64(0).__reduce__()[0]
    types = [type(np.dtype(code)) for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")]
    return [
        (scalar, "numpy.core.multiarray.scalar"),
        (scalar, "numpy._core.multiarray.scalar"),
        np.dtype,
        *types,
    ]
