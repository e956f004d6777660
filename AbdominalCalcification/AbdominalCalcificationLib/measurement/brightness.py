"""Whether what is measured as calcification is as bright as calcium, whoever made the mask: flags, no change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import TERRITORIES
from ..comparison.lumen import Lumen, lumen_steps
from ..comparison.thresholds import MOST_BLOOD
from ..flags import Flag
from ..geometry.neighbourhood import deep_steps
from ..progress import Steps
from .constants import CALCIUM_HU, DEEP_MM, MOST_IMPLAUSIBLE
from .guard import Implausible, implausible_steps
from .region import Region
from .result import Cluster

BLOOD = "threshold_below_lumen"


def brightness_steps(region: Region, value: np.ndarray, clusters: Sequence[Cluster]) -> Steps[list[Flag]]:
    """Hold the assigned calcification against the blood and against 130 HU.

    Parameters
    ----------
    region : Region
        With a CT.
    value : ndarray of uint8, shape (n,)
        Territory label of each calcified voxel of the region, or a ``Part``.
    clusters : sequence of Cluster
    """
    assigned = np.flatnonzero(np.isin(value, [territory.label for territory in TERRITORIES]))
    if len(assigned) == 0:
        return []
    lumen = yield from lumen_steps(region.ct(), region.labels[1:-1, 1:-1, 1:-1] != 0)
    kji, value = region.calcified_kji[assigned], value[assigned]
    hu, kji = region.hu(kji), kji - 1
    # Without the margin, for arteries go on beyond the edge of the volume.
    arteries = region.ct().with_array(region.labels[1:-1, 1:-1, 1:-1])
    why = yield from implausible_steps(kji, hu, arteries, lumen)
    # Calcium in the blood's range lies in the wall, or in its partial volume: what is deeper is blood.
    some = np.flatnonzero(hu <= lumen.upper_hu)
    deep = yield from deep_steps(kji[some], arteries.array, arteries.grid, DEEP_MM)
    flags = _blood(int(deep.sum()), lumen, float(np.median(hu)))
    if flags:
        why[why == 2] = 0  # said already
    return [*flags, *_implausible(why, value, clusters, region, lumen)]


def _implausible(
    why: np.ndarray, value: np.ndarray, clusters: Sequence[Cluster], region: Region, lumen: Lumen
) -> list[Flag]:
    flags = []
    dark_clusters = {cluster.territory for cluster in clusters if cluster.max_hu < CALCIUM_HU}
    for territory in TERRITORIES:
        own = why[value == territory.label]
        dark, blood = (int(np.count_nonzero(own == reason)) for reason in (1, 2))
        found = Implausible(dark, blood, len(own), region.grid.voxel_volume_mm3, lumen)
        if found.count and (territory.name in dark_clusters or found.count > MOST_IMPLAUSIBLE * len(own)):
            message = f"{territory.title}: of {len(own) * found.voxel_mm3:.1f} mm³ called calcification, {found.what}."
            flags.append(Flag("implausible_hu", message, territory.name))
    return flags


def _blood(count: int, lumen: Lumen, median_hu: float) -> list[Flag]:
    """Flag a mask that holds blood: `count` voxels of the core that are as bright as it."""
    share = count / lumen.voxel_count
    if share <= MOST_BLOOD:
        return []
    message = (
        f"Blood counts as calcification: {100 * share:.0f} % of the blood inside the arteries ({lumen}) is called "
        f"so (all that is called so: median {median_hu:.0f} HU)."
    )
    return [Flag(BLOOD, message)]
