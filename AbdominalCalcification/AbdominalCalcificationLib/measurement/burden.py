"""Volumes and burden of each territory (``measurement.md#burden``), counted in whole voxels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median

import numpy as np

from ..anatomy import TERRITORIES
from .result import TerritoryMeasurement

# Which of 256 values are labels of territories.
IS_LABEL = np.zeros(256, bool)
IS_LABEL[[territory.label for territory in TERRITORIES]] = True


def territory_measurements(
    present: np.ndarray,
    in_mask: np.ndarray,
    value: np.ndarray,
    mask_label: np.ndarray,
    cluster_volumes_mm3: Mapping[str, Sequence[float]],
    voxel_volume_mm3: float,
) -> tuple[tuple[TerritoryMeasurement, ...], TerritoryMeasurement]:
    """Return the numbers of every territory of the table, and of all together.

    Parameters
    ----------
    present, in_mask : ndarray of int, shape (256,)
        Artery voxels of each label, before and after shortening.
    value : ndarray of uint8, shape (n,)
        Territory label of each calcified voxel, or a ``Part``.
    mask_label : ndarray of uint8, shape (n,)
        Label of the kept artery mask at each calcified voxel; 0 outside it.
    cluster_volumes_mm3 : mapping of str to sequence of float
        Of every territory.
    voxel_volume_mm3 : float
    """
    calcified = np.bincount(value, minlength=256)
    # What counts for a territory is artery of that territory, and of no other.
    moved = IS_LABEL[value] & (mask_label != value)
    added = np.bincount(value[moved], minlength=256) - np.bincount(mask_label[moved], minlength=256)
    rows = []
    for territory in TERRITORIES:
        label = territory.label
        volumes = cluster_volumes_mm3[territory.name]
        artery = int(in_mask[label] + added[label])
        rows.append((territory.name, bool(present[label]), artery, int(calcified[label]), volumes))
    total = (
        "total",
        any(found for _, found, *_ in rows),
        sum(row[2] for row in rows),
        sum(row[3] for row in rows),
        [volume for volumes in cluster_volumes_mm3.values() for volume in volumes],
    )
    return tuple(_numbers(*row, voxel_volume_mm3) for row in rows), _numbers(*total, voxel_volume_mm3)


def _numbers(name, found, artery_count, calcified_count, cluster_volumes, voxel_volume_mm3) -> TerritoryMeasurement:
    return TerritoryMeasurement(
        name=name,
        found=found,
        artery_volume_mm3=artery_count * voxel_volume_mm3,
        calcified_volume_mm3=calcified_count * voxel_volume_mm3,
        burden=calcified_count / artery_count if artery_count else None,
        cluster_count=len(cluster_volumes),
        mean_cluster_volume_mm3=fmean(cluster_volumes) if cluster_volumes else None,
        median_cluster_volume_mm3=median(cluster_volumes) if cluster_volumes else None,
        largest_cluster_volume_mm3=max(cluster_volumes, default=None),
    )
