"""The curve of the spine, which everything beside it follows."""

from __future__ import annotations

import numpy as np

# Height at which aorta and cava begin, above the aortic bifurcation.
TOP_MM = 420.0


class SpineCurve:
    """Where the front of the spine lies: lumbar lordosis, with the sacrum falling back below.

    The front edge is a smooth function of height; everything that touches the spine follows it.
    """

    def __init__(self, rng: np.random.Generator):
        self._depth_mm = rng.uniform(7.0, 16.0)
        self._apex_mm = rng.uniform(15.0, 45.0)
        self._sway = (rng.normal(0.0, 2.0), rng.uniform(0, 2 * np.pi))
        self.vertebra_pitch_mm = rng.uniform(33.0, 38.0)
        self.disc_mm = rng.uniform(6.0, 11.0)
        self.phase_mm = rng.uniform(-6.0, 6.0)
        self.half_width_mm = rng.uniform(21.0, 26.0)
        self.depth_mm = rng.uniform(30.0, 36.0)

    def front(self, z_mm):
        """Return y of the front edge at heights `z_mm`."""
        z = np.asarray(z_mm, float)
        lumbar = -self._depth_mm * np.minimum(((z - self._apex_mm) / 100.0) ** 2, 2.2)
        sacral = -28.0 * np.square(np.clip(-22.0 - z, 0.0, None) / 50.0) / (1 + np.clip(-22.0 - z, 0.0, None) / 120.0)
        return lumbar + sacral - 12.0

    def middle(self, z_mm):
        """Return x of the spine's middle at heights `z_mm` (slight scoliosis)."""
        return self._sway[0] * np.sin(np.asarray(z_mm, float) / 90.0 + self._sway[1])
