"""The most memory that this process has taken."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_mib() -> float:
    """Return the highest resident memory of this program so far, MiB.

    On Linux `getrusage` also counts what the process held before it became this program, i.e. the memory of
    whoever started it; the kernel's own high-water mark (VmHWM, proc(5)) does not.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024
