"""Which vertebra a structure of a label map is."""

from __future__ import annotations

import re

from .tissues import Tissue, tissue_of_name

_NUMBERED = re.compile(
    r"(?:^|[^a-z])(lumbar|thoracic|lendenwirbel|brustwirbel|lwk|bwk|lw|bw|th|l|t)[ _.-]?(\d{1,2})(?![\d])"
)
_LUMBAR = ("lumbar", "lendenwirbel", "lwk", "lw", "l")
_SACRUM = ("sacrum", "vertebrae_s1", "kreuzbein")
_OTHERS = ("rib", "disc", "muscle", "nerve", "rippe")


def vertebra_of_name(name: str) -> str | None:
    """Return the vertebra that a structure called `name` is: ``L1``, ``T12``; ``S1`` for the sacrum; None for others.

    Examples
    --------
    >>> vertebra_of_name("vertebrae_L3"), vertebra_of_name("lumbar5"), vertebra_of_name("sacrum")
    ('L3', 'L5', 'S1')
    >>> vertebra_of_name("l5_l4_intervertebraldisc"), vertebra_of_name("rib_left_12")
    (None, None)
    """
    plain = name.lower()
    if tissue_of_name(name) is not Tissue.BONE or any(word in plain for word in _OTHERS):
        return None
    if any(word in plain for word in _SACRUM):
        return "S1"
    found = _NUMBERED.findall(plain)
    if len(found) != 1:
        return None
    kind, number = found[0][0], int(found[0][1])
    if kind in _LUMBAR:
        return f"L{number}" if 1 <= number <= 6 else None
    return f"T{number}" if 1 <= number <= 13 else None
