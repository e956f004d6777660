"""Where the axes of a plot have their ticks."""

from __future__ import annotations

import math


def ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers from `low` to `high`, which is larger."""
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) + 0.0 for number in range(first, math.floor(high / step + 1e-9) + 1)]
