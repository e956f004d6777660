"""Measurements as CSV tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..csv_files import csv_text
from ..flags import Flag
from ..measurement.result import Cluster, Measurement, TerritoryMeasurement
from ..trust import flags_about, trust_of
from .documents import json_safe

#: Of every artery and of all together; ``burden_percent`` is 100 times the burden.
QUANTITIES = (
    "artery_volume_mm3",
    "calcified_volume_mm3",
    "burden_percent",
    "cluster_count",
    "mean_cluster_volume_mm3",
    "median_cluster_volume_mm3",
    "largest_cluster_volume_mm3",
    "confidence",
)
TERRITORY_COLUMNS = (
    "territory",
    "found",
    *QUANTITIES,
    "confidence_basis",
    "trust",
    "flags",
)
CLUSTER_COLUMNS = (
    "id",
    "territory",
    "voxel_count",
    "volume_mm3",
    "centroid_r_mm",
    "centroid_a_mm",
    "centroid_s_mm",
    "mean_hu",
    "max_hu",
    "extent_mm",
    "path_distance_mm",
    "confidence",
    "confidence_basis",
)


def territories_csv(measurement: Measurement) -> str:
    """Return one row per territory in table order and one of the total; *not measured* is empty.

    ``trust`` is the verdict on the row, derived from the flags whose codes ``flags`` lists: those about the
    territory and those about the whole case; in the row of the total all.
    """
    flags = measurement.flags
    rows = [_territory_row(each, flags_about(each.name, flags)) for each in measurement.territories]
    return _csv(TERRITORY_COLUMNS, [*rows, _territory_row(measurement.total, flags)])


def clusters_csv(measurement: Measurement) -> str:
    """Return one row per cluster; unknown values are empty."""
    return _csv(CLUSTER_COLUMNS, (_cluster_row(each) for each in measurement.clusters))


def _territory_row(each: TerritoryMeasurement, flags: Sequence[Flag]) -> tuple:
    # A territory that was not found has no volume either: 0 would read as measured.
    volumes = (each.artery_volume_mm3, each.calcified_volume_mm3) if each.found else (None, None)
    return (
        each.name,
        "yes" if each.found else "no",
        *volumes,
        None if each.burden is None else 100 * each.burden,
        each.cluster_count if each.found else None,
        each.mean_cluster_volume_mm3,
        each.median_cluster_volume_mm3,
        each.largest_cluster_volume_mm3,
        each.confidence,
        each.confidence_basis,
        trust_of(flags).verdict.value,
        " ".join(dict.fromkeys(flag.code for flag in flags)),
    )


def _cluster_row(each: Cluster) -> tuple:
    return (
        each.id,
        each.territory,
        each.voxel_count,
        each.volume_mm3,
        *each.centroid_ras,
        each.mean_hu,
        each.max_hu,
        each.extent_mm,
        each.path_distance_mm,
        each.confidence,
        each.confidence_basis,
    )


def _csv(columns: Sequence[str], rows: Iterable[Sequence]) -> str:
    return csv_text(columns, ([cell_text(value) for value in json_safe(row)] for row in rows))


def cell_text(value) -> str:
    """Return a JSON value as the text of a cell; None is an empty one."""
    if value is None:
        return ""
    # Ten digits keep a table readable and every digit that means anything.
    return f"{value:.10g}" if isinstance(value, float) else str(value)
