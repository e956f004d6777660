"""A stored result measured again: whether its masks are those whose numbers stand in its document."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..errors import InputError
from ..geometry import Volume
from ..measurement import LiveMeasurement, Measurement
from ..progress import Steps
from .documents import document_parameters, measurement_document

_ROWS = ("territories", "clusters")
_OF_CLUSTER = ("id", "territory", "voxel_count", "volume_mm3")
_COUNTED = (
    "unassigned_calcified_volume_mm3",
    "beyond_kept_length_calcified_volume_mm3",
    "below_minimum_calcified_volume_mm3",
)


def measured_again_steps(
    document: Mapping, ct: Volume, arteries: Volume, calcification: Volume
) -> Steps[tuple[LiveMeasurement, Measurement]]:
    """Measure the masks of a result as its document says that they were.

    Parameters
    ----------
    document : mapping
        ``measurements.json``.
    ct, arteries, calcification : Volume
        HU and the masks before shortening, on one grid, as the result was measured.

    Raises
    ------
    InputError
        Where the numbers are not those of the document.
    """
    live = LiveMeasurement(ct, arteries, calcification, document_parameters(document))
    measurement = yield from live.update_steps()
    _check_same(document, measurement_document(measurement))
    return live, measurement


def _check_same(document: Mapping, again: Mapping) -> None:
    """Refuse to show and to send other masks than those whose numbers stand in the document."""
    same = all(len(document[name]) == len(again[name]) for name in _ROWS)
    same = same and all(map(_same_row, _rows(document), _rows(again)))
    same = same and all(
        _close(stored.get(key), now[key])
        for stored, now in zip(document["clusters"], again["clusters"], strict=True)
        for key in _OF_CLUSTER
    )
    if not same or not all(_close(document.get(key), again[key]) for key in _COUNTED):
        raise InputError(
            "The masks, measured again, do not give the numbers of measurements.json: they were changed or are "
            "another version's; analyse the CT again with these masks."
        )


def _rows(document: Mapping) -> list[Mapping]:
    return [*document["territories"], document["total"]]


def _same_row(stored: Mapping, now: Mapping) -> bool:
    # How certain a model was is not seen in its masks.
    return all(_close(stored.get(key), value) for key, value in now.items() if not key.startswith("confidence"))


def _close(stored: object, now: object) -> bool:
    if not isinstance(stored, int | float) or not isinstance(now, int | float):
        return stored == now
    # Sums of products in another order differ in the last digits.
    return math.isclose(stored, now, rel_tol=1e-6, abs_tol=1e-9)
