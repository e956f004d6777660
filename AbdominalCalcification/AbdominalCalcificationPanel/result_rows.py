"""What the tables of the panel say: rows of text, each with its long form as a tool tip. No Qt."""

import html
from dataclasses import dataclass, fields

from slicer.i18n import tr as _


@dataclass(frozen=True)
class Cell:
    """A cell or a header.

    ``value`` is what it is sorted by, ``bar`` the steps of the bar in it, ``tip`` rich text.
    """

    text: str
    tip: str = ""
    value: float | None = None
    bar: int = 0
    is_number: bool = True


@dataclass(frozen=True)
class Row:
    """A row below its name."""

    head: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Column headers and rows, the important columns first."""

    columns: tuple[Cell, ...]
    rows: tuple[Row, ...]


def territory_table(document):
    """Return the territories of a measurements document, each with its notes, and the total."""
    from AbdominalCalcificationLib.anatomy import territory
    from AbdominalCalcificationLib.reporting.documents import document_notes

    notes = document_notes(document)
    measured = {each["name"]: each for each in document["territories"]}
    rows = [_territory_row(territory(name), measured[name], notes) for name in territory_names(document)]
    total = Cell(_("Total"), _("Sum of the calcified volumes / sum of the artery volumes."))
    rows.append(Row(total, _territory_cells(document["total"])))
    columns = (
        Cell(_("Burden\n%"), _("Calcified volume / artery volume; a dash where the artery was not found.")),
        Cell(_("Calcified\nmm³"), _("Calcified volume within the kept length.")),
        Cell(_("Clusters"), _("Number of connected calcifications.")),
        Cell(_("Artery\nmL"), _("Volume of the artery within the kept length, calcification included.")),
        Cell(_("Mean\nmm³"), _("Mean volume of the clusters.")),
        Cell(_("Largest\nmm³"), _("Volume of the largest cluster.")),
        Cell(
            _("Confi-\ndence"),
            _("Probability that the mask of the artery overlaps the true one well; a dash where nothing tells it."),
        ),
    )
    return Table(columns, tuple(rows))


def territory_names(document):
    """Return the names of the territories in the order of their rows."""
    from AbdominalCalcificationLib.anatomy import TERRITORIES

    measured = {each["name"] for each in document["territories"]}
    return [each.name for each in TERRITORIES if each.name in measured]


def _territory_row(described, measured, notes):
    from AbdominalCalcificationLib.flags import Effect

    own = [note for note in notes if described.name in note.territories]
    mark = " ⚠" if any(note.effect > Effect.NOTE for note in own) else ""
    tip = "".join(f"<br>{html.escape(note_text(note), quote=False)}" for note in own)
    return Row(Cell(described.short + mark, f"<b>{described.title}</b>{tip}"), _territory_cells(measured))


def _territory_cells(measured):
    from AbdominalCalcificationLib.measurement.result import TerritoryMeasurement
    from AbdominalCalcificationLib.reporting.text import territory_cells

    numbers = TerritoryMeasurement(**{field.name: measured.get(field.name) for field in fields(TerritoryMeasurement)})
    _title, burden, *others, _confidence = territory_cells("", numbers)
    group, tip = _severity(numbers.burden)
    cells = (Cell(text, value=_value(text)) for text in others)
    return (Cell(burden, tip, _value(burden), group), *cells, _confidence_cell(measured))


def _confidence_cell(measured):
    """Return how certain the model was of a territory or a cluster of a document, or why nothing is said."""
    from AbdominalCalcificationLib.reporting.text import confidence_text

    value, basis = measured.get("confidence"), measured.get("confidence_basis")
    tips = {
        "model": _("As often as that, such a one was right on simulated CT."),
        "uncalibrated": _("The model was not calibrated: how certain it is says nothing about how often it is right."),
        "not_asked": _("It was not asked for."),
        "given": _("The mask was given: no model made it."),
        "threshold": _("A threshold found it: no model tells how certain it is."),
        "corrected": _("Corrected, or other voxels than the model found: how certain it was says nothing any more."),
    }
    return Cell(confidence_text(value, basis), tips.get(basis, ""), value)


def _severity(burden):
    """Return the number of a burden's group of severity, and what that means."""
    from AbdominalCalcificationLib.comparison.severity import SeverityGroups

    if burden is None:
        return 0, ""
    groups = SeverityGroups()
    number = groups.group_of(burden)
    cuts = [f"{100 * cut:g} %" for cut in groups.cut_points]
    text = _("Group: {name}. Groups begin at {cuts}; our choice, not related to outcomes.")
    return number, text.format(name=groups.names[number], cuts=", ".join(cuts))


def cluster_table(clusters, seen=(), rejected=()):
    """Return the clusters of a measurements document, in its order, and what was rejected behind them.

    :param clusters: of the document
    :param seen: whether each was looked at
    :param rejected: scene.reviewed.Rejected
    """
    from AbdominalCalcificationLib.anatomy import territory

    columns = (
        Cell(_("Artery"), _("Sorts by artery, and within it by the number at the left."), is_number=False),
        Cell(_("Volume\nmm³")),
        Cell(_("Mean\nHU")),
        Cell(_("Max.\nHU")),
        Cell(_("Path\nmm"), _("Along a branch from where it leaves its parent; in the aorta upwards.")),
        Cell(_("Extent\nmm"), _("Greatest distance between two of its voxels.")),
        Cell(_("Confi-\ndence"), _("Probability that it is calcium of an artery.")),
    )
    rows = []
    for number, each in enumerate(clusters):
        artery = territory(each["territory"])
        keys = (("volume_mm3", 1), ("mean_hu", 0), ("max_hu", 0), ("path_distance_mm", 1), ("extent_mm", 1))
        numbers = [_number(each[key], digits) for key, digits in keys]
        tip = f"{artery.title}<br>{_place(each['centroid_ras'])}"
        is_seen = number < len(seen) and seen[number]
        head = Cell(f"{each['id']} ✓", _("You looked at this one.")) if is_seen else Cell(str(each["id"]))
        rows.append(Row(head, (Cell(artery.short, tip, number, is_number=False), *numbers, _confidence_cell(each))))
    for number, each in enumerate(rejected, start=len(rows)):
        artery = territory(each.territory)
        tip = _("Rejected by {reader}, {time}.").format(reader=html.escape(each.reader), time=each.time)
        numbers = [_number(each.volume_mm3, 1), *(_number(None, 0) for _column in range(5))]
        tip += f"<br>{_place(each.centroid_ras)}"
        rows.append(Row(Cell("✕", tip), (Cell(artery.short, tip, number, is_number=False), *numbers)))
    return Table(columns, tuple(rows))


def comparison_table(node):
    """Return what a ``vtkMRMLTableNode`` of :mod:`scene.comparison` holds."""
    from AbdominalCalcificationLib.anatomy import TERRITORIES

    short = {each.title: each.short for each in TERRITORIES}
    table = node.GetTable()
    names = [table.GetColumnName(number) for number in range(1, table.GetNumberOfColumns())]
    units = [node.GetColumnUnitLabel(name) for name in names]
    columns = tuple(Cell(f"{name}\n{unit}" if unit else name) for name, unit in zip(names, units, strict=True))
    rows = []
    for number in range(table.GetNumberOfRows()):
        title = table.GetValue(number, 0).ToString()
        values = [table.GetValue(number, column) for column in range(1, len(names) + 1)]
        texts = [f"{value.ToDouble():.1f}" if value.IsDouble() else value.ToString() for value in values]
        cells = tuple(Cell(text, value=_value(text)) for text in texts)
        rows.append(Row(Cell(short.get(title, title), html.escape(title)), cells))
    return Table(columns, tuple(rows))


def _place(centroid_ras):
    """Return where a cluster is: three columns of it would push the others out of sight."""
    text = _("Centre: R {r}, A {a}, S {s} mm")
    return text.format(**{axis: f"{value:.1f}" for axis, value in zip("ras", centroid_ras, strict=True)})


def note_text(note):
    """Return what a note says and what to do about it."""
    return f"{note.message} {note.advice}".rstrip()


def _number(value, digits):
    from AbdominalCalcificationLib.reporting.text import NOT_MEASURED

    return Cell(NOT_MEASURED) if value is None else Cell(f"{value:.{digits}f}", value=float(value))


def _value(text):
    """Return the number that a text is; None for a dash."""
    try:
        return float(text)
    except ValueError:
        return None
