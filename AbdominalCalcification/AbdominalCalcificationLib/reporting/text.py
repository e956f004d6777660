"""Results as plain text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Mapping

from ..anatomy import TERRITORIES
from ..confidence.known import CORRECTED, GIVEN
from ..flags import Effect
from ..measurement.result import Measurement, TerritoryMeasurement
from ..trust import headline, notes_of

NOT_MEASURED = "–"

TERRITORY_HEADER = (
    "Territory",
    "Burden %",
    "Calcified mm³",
    "Clusters",
    "Artery mL",
    "Mean mm³",
    "Largest mm³",
    "Confidence",
)
# Why there is no number, where that is to be read at a glance.
_BASES = {GIVEN: "given", CORRECTED: "corrected"}


def summary(measurement: Measurement) -> str:
    """Return the verdict, the table of territories, what was left out, and what to know about the numbers.

    A dash stands for *not measured*; volumes in mL or mm³ as the header says.
    """
    titles = {territory.name: territory.title for territory in TERRITORIES}
    rows: list[tuple[str, ...]] = [TERRITORY_HEADER]
    rows += [territory_cells(titles[each.name], each) for each in measurement.territories]
    rows.append(territory_cells("Total", measurement.total))
    widths = [max(len(row[column]) for row in rows) for column in range(len(TERRITORY_HEADER))]
    table = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells[0] = row[0].ljust(widths[0])
        table.append("  ".join(cells).rstrip())
    lines = [headline(measurement.trust), "", table[0], "─" * len(table[0]), *table[1:], ""]
    for what, volume_mm3 in (
        ("Calcification near no artery (unassigned)", measurement.unassigned_calcified_volume_mm3),
        ("Calcification beyond the kept length", measurement.beyond_kept_length_calcified_volume_mm3),
        ("Calcification in clusters below the minimum", measurement.below_minimum_calcified_volume_mm3),
    ):
        if volume_mm3 > 0:
            lines.append(f"{what}: {volume_mm3:.1f} mm³, in no burden")
    lines += [edit_text(each) for each in measurement.provenance.get("edits", ())]
    lines += [
        f"{'Note' if note.effect is Effect.NOTE else 'Look'}: {note.message} {note.advice}"
        for note in notes_of(measurement.flags)
    ]
    return "\n".join(lines).rstrip()


def territory_cells(title: str, numbers: TerritoryMeasurement) -> tuple[str, ...]:
    """Return one row below :data:`TERRITORY_HEADER`."""
    if not numbers.found:
        return (title, *[NOT_MEASURED] * (len(TERRITORY_HEADER) - 1))
    return (
        title,
        _number(None if numbers.burden is None else 100 * numbers.burden, 2),
        f"{numbers.calcified_volume_mm3:.1f}",
        str(numbers.cluster_count),
        f"{numbers.artery_volume_mm3 / 1000:.2f}",
        _number(numbers.mean_cluster_volume_mm3, 1),
        _number(numbers.largest_cluster_volume_mm3, 1),
        confidence_text(numbers.confidence, numbers.confidence_basis),
    )


def confidence_text(value: float | None, basis: str | None) -> str:
    """Return a confidence in a few characters: a number, why there is none, or a dash."""
    return _BASES.get(basis or "", NOT_MEASURED) if value is None else f"{value:.2f}"


def edit_text(edit: Mapping) -> str:
    """Return what was done to a mask by hand as one line, from the ``edits`` of a result."""
    voxels: dict[str, list[int]] = {}
    for entry in edit.get("entries", ()):
        total = voxels.setdefault(entry["tool"], [0, 0])
        for added, removed in entry["added_removed_voxels"].values():
            total[0] += added
            total[1] += removed
    tools = ", ".join(f"{tool} +{added} −{removed}" for tool, (added, removed) in voxels.items())
    what = edit.get("structure") or edit["mask"]
    by = f"last by {edit['editor']}, {edit['time']}"
    return f"Corrected by hand ({what}): {counted(edit['changed_voxels'], 'voxel')} differ from before; {tools}; {by}"


def counted(number: int, noun: str) -> str:
    """Return "1 case", "2 cases"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _number(value: float | None, digits: int) -> str:
    return NOT_MEASURED if value is None else f"{value:.{digits}f}"
