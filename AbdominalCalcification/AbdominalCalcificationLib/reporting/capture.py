"""The picture of a result with its numbers: what an archive shows that shows nothing but images."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..anatomy import TERRITORIES
from ..display import VERDICT_COLORS
from ..measurement.result import TerritoryMeasurement
from ..trust import Trust, Verdict, headline, notes_of
from .documents import document_trust
from .drawing import banner, width_of, write
from .text import TERRITORY_HEADER, territory_cells

_SIZE, _ROW, _EDGE = 18, 28, 28
_NAME_PART = 0.28
_PAGE_WIDTH = 1400
_NOTHING = "Calcification of the abdominal arteries: there is no result."


def capture_picture(views: np.ndarray | None, document: Mapping) -> np.ndarray:
    """Return views of a result, which begin with its verdict, with its table below.

    Of an unusable result it is a page with the verdict and its reasons: neither views nor numbers.

    Parameters
    ----------
    views : ndarray, shape (rows, columns, 3), uint8, or None
        See :func:`views.render_views`; not needed where the result is unusable.
    document : mapping
        ``measurements.json``.
    """
    trust = document_trust(document)
    if trust.verdict is Verdict.UNUSABLE:
        return _page(trust)
    if views is None:
        raise ValueError("a result that can be used has views")
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


def _page(trust: Trust) -> np.ndarray:
    """Return the picture of a result that must not be used."""
    reasons = [f"{note.message} {note.advice}" for note in notes_of(trust.reasons)] or [headline(trust)]
    color = VERDICT_COLORS[trust.verdict.value]
    strips = [banner(_PAGE_WIDTH, text, color, size=_SIZE) for text in (_NOTHING, *reasons)]
    return np.vstack([strips[0], np.zeros((_ROW, _PAGE_WIDTH, 3), np.uint8), *strips[1:]])
