"""Whether what is measured as calcification is as bright as calcium, whoever made the mask: flags, no change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import TERRITORIES
from ..comparison.lumen import Lumen
from ..comparison.thresholds import MOST_BLOOD
from ..flags import Flag
from .constants import CALCIUM_HU, MOST_IMPLAUSIBLE
from .guard import Implausible
from .result import Cluster

BLOOD = "threshold_below_lumen"


def brightness_flags(
    value: np.ndarray,
    hu: np.ndarray,
    why: np.ndarray,
    deep_count: int,
    clusters: Sequence[Cluster],
    lumen: Lumen,
    voxel_mm3: float,
) -> list[Flag]:
    """Hold the assigned calcification against the blood and against 130 HU.

    Parameters
    ----------
    value : ndarray of uint8, shape (n,)
        Territory label of each assigned voxel.
    hu, why : ndarray, shape (n,)
        Its brightness, and what :func:`.guard.implausible_steps` says of it.
    deep_count : int
        How many of the voxels are no brighter than blood and deep inside an artery. Calcium in the blood's range lies
        in the wall, or in its partial volume: what is deeper is blood.
    clusters : sequence of Cluster
    lumen : Lumen
    voxel_mm3 : float
    """
    flags = _blood(deep_count, lumen, hu)
    if flags:
        why = np.where(why == 2, 0, why)  # said already
    return [*flags, *_implausible(why, value, clusters, lumen, voxel_mm3)]


def _implausible(
    why: np.ndarray, value: np.ndarray, clusters: Sequence[Cluster], lumen: Lumen, voxel_mm3: float
) -> list[Flag]:
    flags = []
    dark_clusters = {cluster.territory for cluster in clusters if cluster.max_hu < CALCIUM_HU}
    for territory in TERRITORIES:
        own = why[value == territory.label]
        dark, blood = (int(np.count_nonzero(own == reason)) for reason in (1, 2))
        found = Implausible(dark, blood, len(own), voxel_mm3, lumen)
        if found.count and (territory.name in dark_clusters or found.count > MOST_IMPLAUSIBLE * len(own)):
            message = f"{territory.title}: of {len(own) * found.voxel_mm3:.1f} mm³ called calcification, {found.what}."
            flags.append(Flag("implausible_hu", message, territory.name))
    return flags


def _blood(count: int, lumen: Lumen, hu: np.ndarray) -> list[Flag]:
    """Flag a mask that holds blood: `count` voxels of the core that are as bright as it."""
    share = count / lumen.voxel_count
    if share <= MOST_BLOOD:
        return []
    message = (
        f"Blood counts as calcification: {100 * share:.0f} % of the blood inside the arteries ({lumen}) is called "
        f"so (all that is called so: median {float(np.median(hu)):.0f} HU)."
    )
    return [Flag(BLOOD, message)]
