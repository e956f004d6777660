"""The picture of a result with its numbers: what an archive shows that shows nothing but images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..anatomy import TERRITORIES
from ..measurement.result import TerritoryMeasurement
from ..trust import Verdict
from .documents import document_trust
from .drawing import width_of, write
from .text import TERRITORY_HEADER, territory_cells

_SIZE, _ROW, _EDGE = 18, 28, 28
_NAME_PART = 0.28


def capture_picture(views: np.ndarray, document: Mapping) -> np.ndarray:
    """Return views of a result, which begin with its verdict, with its table below; no table where it is unusable.

    Parameters
    ----------
    views : ndarray, shape (rows, columns, 3), uint8
        See :func:`views.render_views`.
    document : mapping
        ``measurements.json``.
    """
    if document_trust(document).verdict is Verdict.UNUSABLE:
        return views
    titles = {territory.name: territory.title for territory in TERRITORIES}
    rows: list[tuple[str, ...]] = [TERRITORY_HEADER]
    for numbers in (*document["territories"], document["total"]):
        measured = TerritoryMeasurement(**numbers)
        rows.append(territory_cells(titles.get(measured.name, "Total"), measured))
    table = np.zeros((_ROW * len(rows) + _ROW, views.shape[1], 3), np.uint8)
    first = int(_NAME_PART * views.shape[1])
    step = (views.shape[1] - first - _EDGE) // (len(TERRITORY_HEADER) - 1)
    for number, (title, *cells) in enumerate(rows):
        middle = _ROW // 2 + _ROW * number + _ROW // 2
        write(table, title, (_EDGE, middle), size=_SIZE)
        for column, cell in enumerate(cells, start=1):
            write(table, cell, (first + column * step - width_of(cell, _SIZE), middle), size=_SIZE)
    return np.vstack([views, table])
