"""What the blood in the arteries measures."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc

import numpy as np

from ..geometry import Volume, bounding_box, grown
from ..geometry.neighbourhood import eroded_steps
from ..progress import Progress, Steps, drain

# Deep enough to leave the wall, its plaques and the partial volume at the edge behind; thin
# branches alone have no such depth.
EROSIONS_MM = (2.0, 1.0, 0.0)
FEWEST_VOXELS = 100
# Percentile one standard deviation below the median of a normal distribution.
_ONE_SIGMA_BELOW = 15.87
# Below is air, or what the reader put in its place: no tissue, whatever a mask says.
LEAST_TISSUE_HU = -500.0
# Thrombus and blood without contrast medium reach about the first; blood above the second is
# enhanced for certain.
_UNENHANCED_HU = 50.0
_ENHANCED_HU = 130.0


@dataclass(frozen=True)
class Lumen:
    """HU of the arterial lumen.

    Attributes
    ----------
    median_hu : float
    spread_hu : float
        Median minus the 15.87 % quantile: the standard deviation, estimated on the left side
        alone, since calcium skews the right one (the estimate that Stanford's Comp2Comp uses).
    voxel_count : int
        Voxels behind these numbers.
    """

    median_hu: float
    spread_hu: float
    voxel_count: int

    @property
    def upper_hu(self) -> float:
        """Median plus three spreads: blood alone hardly exceeds it."""
        return self.median_hu + 3 * self.spread_hu

    def share_above(self, threshold_hu: float) -> float:
        """Return the part of the blood that is brighter than a threshold, as of a normal distribution."""
        return 0.5 * erfc((threshold_hu - self.median_hu) / (2**0.5 * max(self.spread_hu, 1e-3)))

    def __str__(self) -> str:
        return f"{self.median_hu:.0f} HU, spread {self.spread_hu:.0f} HU"


def measure_lumen(ct: Volume, artery: np.ndarray) -> Lumen:
    """Measure the lumen in the core of `artery`, 2 mm inside the mask where it is that thick.

    Thrombus in an enhanced aneurysm would pass for noise; where the blood is enhanced, voxels
    nearer to unenhanced blood than to the upper quartile of the core are therefore left out. So is
    air where a mask covers it, outside the scanned field.

    Parameters
    ----------
    ct : Volume
        HU.
    artery : ndarray of bool, shape (k, j, i)
        Not empty.
    """
    return drain(lumen_steps(ct, artery))


def lumen_steps(ct: Volume, artery: np.ndarray) -> Steps[Lumen]:
    """Measure as :func:`measure_lumen` does, yielding in between."""
    for radius in EROSIONS_MM:
        core = yield from eroded_steps(artery, ct.grid, radius)
        if np.count_nonzero(core) >= FEWEST_VOXELS:
            break
    values = ct.array[core].astype(np.float64)
    yield Progress("Measuring the blood", 0.0)
    return lumen_of_core(values)


def lumen_of_core(values: np.ndarray) -> Lumen:
    """Return what the blood measures by the HU of the core of arteries; not empty."""
    tissue = values > LEAST_TISSUE_HU
    values = values[tissue] if tissue.any() else values
    upper = np.percentile(values, 75)
    if upper > _ENHANCED_HU:
        values = values[values > (_UNENHANCED_HU + upper) / 2]
    median, low = np.percentile(values, [50, _ONE_SIGMA_BELOW])
    return Lumen(float(median), float(median - low), len(values))


def lumen_of_arteries_steps(ct: Volume, arteries: Volume) -> Steps[Lumen | None]:
    """Measure the lumen of an artery mask, non-zero in arteries; None where it is empty."""
    box = bounding_box(arteries.array)
    yield Progress("Measuring the blood", 0.0)
    if box is None:
        return None
    box = grown(box, max(EROSIONS_MM), ct.grid)
    return (yield from lumen_steps(ct.cropped(box), arteries.array[box] != 0))
