"""Which processor a network runs on, and what to do when its memory does not suffice."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from ..errors import InferenceError, InputError
from ..explanations import is_out_of_memory

# What PyTorch and its libraries say, in lower case, of what a device cannot do.
_LACKING = ("not supported on mps", "not implemented for", "not currently implemented for")
CPU_INFO = Path("/proc/cpuinfo")  # Linux


def check_device_name(device: str) -> str:
    """Return `device` where it is ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``; InputError otherwise."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device):
        raise InputError(f"There is no device '{device}'; use auto, cpu, cuda or mps.")
    return device


def choose_device(device: str) -> str:
    """Return the torch device for the wish `device`: for ``auto`` CUDA, else Apple's MPS, else the CPU.

    Raises
    ------
    InferenceError
        Where the wished device is not there.
    """
    import torch

    if "OMP_NUM_THREADS" not in os.environ and (cores := physical_cores()):
        torch.set_num_threads(cores)
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if device == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    if device == "mps" and not mps:
        raise InferenceError(
            "This computer has no Apple GPU that PyTorch can use (mps); choose the device auto or cpu."
        )
    if device.startswith("cuda"):
        count = torch.cuda.device_count() if cuda else 0
        if int(device.partition(":")[2] or 0) >= count:
            raise InferenceError(
                f"PyTorch finds {count} CUDA devices, so '{device}' cannot be used; choose the device auto or cpu, or "
                "install a PyTorch build and a driver for your GPU."
            )
    return device


def lacks_operation(error: BaseException) -> bool:
    """Return whether `error` says that a device cannot do what the network asks for."""
    if isinstance(error, NotImplementedError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _LACKING)


def physical_cores() -> int | None:
    """Return how many cores this process may run on, not counting their second threads; None where it is unknown."""
    try:
        processors = CPU_INFO.read_text().strip().split("\n\n")
        allowed = os.sched_getaffinity(0)
    except (OSError, AttributeError):
        return None  # not Linux
    fields = [dict(re.findall(r"^(processor|physical id|core id)\s*: (\d+)$", each, re.M)) for each in processors]
    cores = {
        (each.get("physical id"), each["core id"])
        for each in fields
        if int(each.get("processor", -1)) in allowed
        if "core id" in each
    }
    return len(cores) or None


def has_bfloat16() -> bool:
    """Return whether the CPU calculates with bfloat16 itself (AMX or AVX512-BF16); slow elsewhere."""
    import torch

    names = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, bool)() for name in names)


def run_with_fallback(run, device: str, say: Callable[[str], None]):
    """Call ``run(device, sums_on)`` with ever smaller demands on the device's memory.

    First everything on `device`; out of memory there, the sums over tiles in main memory; then
    all on the CPU. Each step is told to `say`. A device other than the CPU that lacks an
    operation also leads to the CPU.

    Returns
    -------
    result, device : object, str
    """
    import torch

    attempts = [("cpu", "cpu")] if device == "cpu" else [(device, device), (device, "cpu"), ("cpu", "cpu")]
    for number, (place, sums_on) in enumerate(attempts, 1):
        try:
            return run(place, sums_on), place
        except (MemoryError, RuntimeError) as error:
            missing = lacks_operation(error) and place != "cpu"
            if number == len(attempts) or not (is_out_of_memory(error) or missing):
                raise
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            if missing:
                say(f"The device {place} lacks an operation of this network: going on with the CPU, which is slower.")
                return run("cpu", "cpu"), "cpu"
            following = attempts[number]
            if following[0] == place:
                say(f"The memory of {place} does not suffice: keeping the result in main memory.")
            else:
                say(f"The memory of {place} does not suffice: going on with the CPU, which is slower.")
    raise AssertionError("unreachable")
