"""Whether what is measured as calcification is as bright as calcium, whoever made the mask: flags, no change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import TERRITORIES
from ..comparison.lumen import Lumen
from ..comparison.thresholds import MOST_BLOOD
from ..flags import Flag
from .constants import CALCIUM_HU, LEAST_LIKE_BLOOD_MM3, MOST_IMPLAUSIBLE, MOST_LIKE_BLOOD
from .guard import Implausible, Why
from .result import Cluster

BLOOD = "threshold_below_lumen"
LIKE_BLOOD = "calcification_like_blood"


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
        why = np.where(why == Why.BLOOD, Why.NOTHING, why)  # said already
    return [
        *flags,
        *_implausible(why, value, clusters, lumen, voxel_mm3),
        *_like_blood(why, value, lumen, voxel_mm3),
    ]


def _implausible(
    why: np.ndarray, value: np.ndarray, clusters: Sequence[Cluster], lumen: Lumen, voxel_mm3: float
) -> list[Flag]:
    flags = []
    dark_clusters = {cluster.territory for cluster in clusters if cluster.max_hu < CALCIUM_HU}
    for territory in TERRITORIES:
        own = why[value == territory.label]
        dark, blood = (int(np.count_nonzero(own == reason)) for reason in (Why.DARK, Why.BLOOD))
        found = Implausible(dark, blood, len(own), voxel_mm3, lumen)
        if found.count and (territory.name in dark_clusters or found.count > MOST_IMPLAUSIBLE * len(own)):
            message = f"{territory.title}: of {len(own) * found.voxel_mm3:.1f} mm³ called calcification, {found.what}."
            flags.append(Flag("implausible_hu", message, territory.name))
    return flags


def _like_blood(why: np.ndarray, value: np.ndarray, lumen: Lumen, voxel_mm3: float) -> list[Flag]:
    """Flag territories of whose calcification much is in pieces that may as well be blood."""
    flags: list[Flag] = []
    if 2 * len(value) > lumen.voxel_count:
        return flags  # of thin arteries alone: what was measured as blood may be the calcification itself
    for territory in TERRITORIES:
        own = why[value == territory.label]
        like, all_mm3 = np.count_nonzero(own == Why.LIKE_BLOOD) * voxel_mm3, len(own) * voxel_mm3
        if like >= LEAST_LIKE_BLOOD_MM3 and like > MOST_LIKE_BLOOD * all_mm3:
            message = (
                f"{territory.title}: of {all_mm3:.1f} mm³ called calcification, {like:.1f} mm³ are nowhere brighter "
                f"than the blood ({lumen}), and may be blood."
            )
            flags.append(Flag(LIKE_BLOOD, message, territory.name))
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
