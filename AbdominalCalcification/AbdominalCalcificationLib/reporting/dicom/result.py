"""What DICOM objects are made of: the document of a result and its masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...geometry import Volume


@dataclass(frozen=True, eq=False)
class Result:
    """A result as its folder has it.

    Attributes
    ----------
    document : mapping
        What ``measurements.json`` says (:func:`reporting.measurement_document`); of an anonymous result the anonymous
        one.
    arteries : Volume
        uint8 territory labels, nothing cut off.
    calcification : Volume
        Non-zero = calcified, on the grid of `arteries`.
    """

    document: Mapping
    arteries: Volume
    calcification: Volume
