"""A stored result measured again: whether its masks are those whose numbers stand in its document."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..errors import InputError
from ..geometry import Volume
from ..measurement import LiveMeasurement, Measurement
from ..progress import Steps
from .documents import document_parameters, measurement_document

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
    of_territories = ("artery_volume_mm3", "calcified_volume_mm3", "cluster_count")
    pairs = zip([*document["territories"], document["total"]], [*again["territories"], again["total"]], strict=False)
    same = len(document["territories"]) == len(again["territories"]) and all(
        stored["name"] == now["name"] and all(_close(stored.get(key), now[key]) for key in of_territories)
        for stored, now in pairs
    )
    if not same or not all(_close(document.get(key), again[key]) for key in _COUNTED):
        raise InputError(
            "The masks, measured again, do not give the numbers of measurements.json: they were changed or are "
            "another version's; analyse the CT again with these masks."
        )


def _close(stored: float | None, now: float | None) -> bool:
    # Sums of products in another order differ in the last digits.
    return math.isclose(stored or 0.0, now or 0.0, rel_tol=1e-6, abs_tol=1e-9)
