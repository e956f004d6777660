"""A table of the panel: what stands in it comes from ``result_rows``."""

import qt

_BAR_COLOR = (217, 140, 110)
_BAR_STEP_PIXELS, _BAR_HEIGHT_PIXELS = 4, 10

_HEADER_SIZE = 0.85


class TableView:
    """Shows rows in a ``QTableView``: names at the left, numbers right-aligned and sorted as numbers.

    :param view: QTableView
    :param sortable: whether a click on a header sorts the rows
    :param chosen: called with the number of the row, as given to :meth:`show`, when the user chooses one
    """

    def __init__(self, view, sortable=False, chosen=None):
        self._view, self._sortable, self._choose = view, sortable, chosen
        self._is_quiet = False
        # The view owns its models: they must not end before it.
        self._table = None
        self._rows, self._sorted = None, qt.QSortFilterProxyModel(view)
        self._sorted.sortRole = int(qt.Qt.UserRole)
        view.setModel(self._sorted)
        for header in (view.horizontalHeader(), view.verticalHeader()):
            _tighten(header)
        if sortable:
            view.sortByColumn(-1, qt.Qt.AscendingOrder)  # or Qt sorts by the first column at once
        if chosen is not None:
            view.selectionModel().connect("selectionChanged(QItemSelection,QItemSelection)", self._selection_changed)
            view.connect("clicked(QModelIndex)", lambda _index: self._choose_selected())

    def show(self, table):
        """Show a ``result_rows.Table`` in place of the rows before; None shows none."""
        if self._rows is not None and table == self._table:
            return  # what is selected stays
        self._table = table
        # Filled before it is shown: each change would have all rows sorted.
        rows = qt.QStandardItemModel(self._view)
        if table is not None:
            rows.setColumnCount(len(table.columns))
            rows.setRowCount(len(table.rows))
            for number, column in enumerate(table.columns):
                _set_header(rows, number, qt.Qt.Horizontal, column)
            for number, row in enumerate(table.rows):
                _set_header(rows, number, qt.Qt.Vertical, row.head)
                for column, cell in enumerate(row.cells):
                    _set_cell(rows, rows.index(number, column), cell)
        self._rows, before = rows, self._rows
        self._sorted.setSourceModel(rows)
        if before is not None:
            before.deleteLater()
        # Not while it is sortable: that leaves room for an arrow in every header.
        self._view.sortingEnabled = False
        self._view.resizeColumnsToContents()
        self._view.sortingEnabled = self._sortable

    def select(self, number, tell=True):
        """Select a row by its number among the rows given to :meth:`show`; `tell` also calls what is chosen."""
        self._is_quiet = not tell
        try:
            self._view.selectRow(self._sorted.mapFromSource(self._rows.index(number, 0)).row())
        finally:
            self._is_quiet = False

    @property
    def selected_row(self):
        """The selected row as it is sorted; -1 where none is."""
        rows = [index.row() for index in self._view.selectionModel().selectedRows()]
        return rows[0] if len(rows) == 1 else -1

    def number_in_row(self, row):
        """Return the number, among the rows given to :meth:`show`, of a row as sorted, or of the last before it."""
        row = min(row, self._sorted.rowCount() - 1)
        return self._sorted.mapToSource(self._sorted.index(row, 0)).row() if row >= 0 else None

    def step(self, rows):
        """Select the row so many rows below the selected one, as they are sorted; it ends at the first and the last."""
        last = self._sorted.rowCount() - 1
        here = self.selected_row
        there = (0 if rows > 0 else last) if here < 0 else min(max(here + rows, 0), last)
        if there >= 0 and there != here:
            self._view.selectRow(there)

    def _selection_changed(self, selected, deselected):
        self._choose_selected()

    def _choose_selected(self):
        if self._is_quiet:
            return
        chosen = [self._sorted.mapToSource(index).row() for index in self._view.selectionModel().selectedRows()]
        if len(chosen) == 1:
            self._choose(chosen[0])


def _tighten(header):
    """Make a header a little smaller than the cells: the panel is narrow, and the headers are wider than numbers."""
    font = qt.QFont(header.font)
    if font.pointSizeF() > 0:  # else it was chosen in pixels
        font.setPointSizeF(_HEADER_SIZE * font.pointSizeF())
        header.font = font


def _set_header(rows, number, orientation, cell):
    rows.setHeaderData(number, orientation, cell.text)
    rows.setHeaderData(number, orientation, cell.tip, qt.Qt.ToolTipRole)
    if orientation == qt.Qt.Horizontal:
        rows.setHeaderData(number, orientation, _alignment(cell), qt.Qt.TextAlignmentRole)


def _set_cell(rows, index, cell):
    rows.setData(index, cell.text)
    rows.setData(index, _alignment(cell), qt.Qt.TextAlignmentRole)
    rows.setData(index, cell.text if cell.value is None else cell.value, qt.Qt.UserRole)
    if cell.tip:
        rows.setData(index, cell.tip, qt.Qt.ToolTipRole)
    if cell.bar:
        bar = qt.QPixmap(_BAR_STEP_PIXELS * cell.bar, _BAR_HEIGHT_PIXELS)
        bar.fill(qt.QColor(*_BAR_COLOR))
        rows.setData(index, bar, qt.Qt.DecorationRole)


def _alignment(cell):
    return int(qt.Qt.AlignVCenter | (qt.Qt.AlignRight if cell.is_number else qt.Qt.AlignLeft))
