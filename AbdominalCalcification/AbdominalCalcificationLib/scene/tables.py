"""Results as table nodes.

Where a number can be missing the column is text, so that a dash can stand for *not measured*:
the table view would show *nan*. Numbers for computing are in the record (``scene.results``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkIntArray, vtkStringArray

from ..anatomy import TERRITORIES, territory
from ..measurement import Measurement
from ..reporting.text import NOT_MEASURED, confidence_text, territory_cells

_TERRITORY_COLUMNS = (
    ("Territory", ""),
    ("Burden", "%"),
    ("Calcified", "mm³"),
    ("Clusters", ""),
    ("Artery", "mL"),
    ("Mean cluster", "mm³"),
    ("Largest cluster", "mm³"),
    ("Confidence", ""),
)
_POSITION = ("R", "A", "S")
_DICE = ("Dice", "dice", "", 3)
_COMPARED = (
    ("Sensitivity", "sensitivity", "", 3),
    ("Precision", "precision", "", 3),
    ("Volumetric similarity", "volumetric_similarity", "", 3),
    ("Jaccard", "jaccard", "", 3),
    ("Surface Dice", "surface_dice", "", 3),
    ("Hausdorff 95 %", "hausdorff95_mm", "mm", 2),
    ("Lesion F1", "lesion_f1", "", 3),
)


def fill_territories_table(node, measurement: Measurement) -> None:
    """Fill a ``vtkMRMLTableNode`` with one row per territory, the total, and what counts in none of them."""
    rows = [territory_cells(territory(each.name).title, each) for each in measurement.territories]
    rows.append(territory_cells("Total", measurement.total))
    for title, volume_mm3, always in (
        ("Unassigned (near no artery)", measurement.unassigned_calcified_volume_mm3, True),
        ("Beyond the kept length", measurement.beyond_kept_length_calcified_volume_mm3, True),
        ("In clusters below the minimum", measurement.below_minimum_calcified_volume_mm3, False),
    ):
        if always or volume_mm3 > 0:
            rows.append((title, "", f"{volume_mm3:.1f}", *[""] * (len(_TERRITORY_COLUMNS) - 3)))
    columns = [
        (name, unit, _texts(row[number] for row in rows)) for number, (name, unit) in enumerate(_TERRITORY_COLUMNS)
    ]
    _fill(node, columns)
    node.SetUseFirstColumnAsRowHeader(True)


def fill_clusters_table(node, measurement: Measurement) -> None:
    """Fill a ``vtkMRMLTableNode`` with one row per cluster, in the order of the measurement."""
    clusters = measurement.clusters
    columns = [
        ("Cluster", "", _integers(each.id for each in clusters)),
        ("Territory", "", _texts(territory(each.territory).title for each in clusters)),
        ("Volume", "mm³", _numbers((each.volume_mm3 for each in clusters), 2)),
        ("Mean", "HU", _texts(_text(each.mean_hu, 0) for each in clusters)),
        ("Maximum", "HU", _texts(_text(each.max_hu, 0) for each in clusters)),
        ("Extent", "mm", _numbers((each.extent_mm for each in clusters), 1)),
        ("Path distance", "mm", _texts(_text(each.path_distance_mm, 1) for each in clusters)),
    ]
    for axis, name in enumerate(_POSITION):
        columns.append((name, "mm", _numbers((each.centroid_ras[axis] for each in clusters), 2)))
    certain = [confidence_text(each.confidence, each.confidence_basis) for each in clusters]
    columns.append(("Confidence", "", _texts(certain)))
    _fill(node, columns)


def fill_comparison_table(node, rows: Sequence[Mapping]) -> None:
    """Fill a ``vtkMRMLTableNode`` with the overlap of B with the reference A, one row per territory that either holds.

    Parameters
    ----------
    node : vtkMRMLTableNode
    rows : sequence of mapping
        What :func:`comparison.territories.compare_steps` returns.
    """
    from ..comparison.territories import TOTAL

    rows = [row for row in rows if row["state"] != "neither" or row["territory"] == TOTAL]
    titles = {each.name: each.title for each in TERRITORIES}
    columns = [("Territory", "", _texts(titles.get(row["territory"], row["territory"].capitalize()) for row in rows))]
    columns.append(_compared(rows, *_DICE))
    for side, key in (("A", "reference_burden"), ("B", "prediction_burden")):
        if key in rows[0]:
            percent = (None if row[key] is None else 100 * row[key] for row in rows)
            columns.append((f"Burden {side}", "%", _texts(_text(value, 2) for value in percent)))
    for name, key in (("A", "reference_mm3"), ("B", "prediction_mm3"), ("Both", "common_mm3")):
        columns.append((name, "mm³", _numbers((row[key] for row in rows), 1)))
    columns += [_compared(rows, *described) for described in _COMPARED]
    _fill(node, columns)
    node.SetUseFirstColumnAsRowHeader(True)


def _compared(rows: Sequence[Mapping], name: str, key: str, unit: str, digits: int) -> tuple:
    return name, unit, _texts(_text(row[key], digits) for row in rows)


def _fill(node, columns: Sequence) -> None:
    was_modifying = node.StartModify()
    try:
        node.RemoveAllColumns()
        for name, unit, values in columns:
            values.SetName(name)
            node.AddColumn(values)
            # Kept in the table's schema: the type survives saving, also of text that looks like a number.
            node.SetColumnType(name, values.GetDataType())
            # The table view shows the unit label behind the title.
            node.SetColumnTitle(name, name)
            node.SetColumnUnitLabel(name, unit)
        node.SetUseColumnTitleAsColumnHeader(True)
        node.SetLocked(True)
    finally:
        node.EndModify(was_modifying)


def _texts(values) -> vtkStringArray:
    array = vtkStringArray()
    for value in values:
        array.InsertNextValue(value)
    return array


def _integers(values) -> vtkIntArray:
    array = vtkIntArray()
    for value in values:
        array.InsertNextValue(int(value))
    return array


def _numbers(values, digits: int) -> vtkDoubleArray:
    # Rounded, because the table view shows every digit that there is.
    array = vtkDoubleArray()
    for value in values:
        array.InsertNextValue(round(float(value), digits))
    return array


def _text(value: float | None, digits: int) -> str:
    return NOT_MEASURED if value is None else f"{value:.{digits}f}"
