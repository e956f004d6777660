"""How the upright pixels of a radiograph lie in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

# Letters of DICOM for directions of the patient (PS3.3 C.7.6.1.1.1).
_LONG, _DEEP, _WIDE = frozenset("HF"), frozenset("AP"), frozenset("LR")


@dataclass(frozen=True)
class Placement:
    """From the pixels of a file, (rows, columns), to the same upright: transposed first, then turned over.

    Attributes
    ----------
    transposed, rows_reversed, columns_reversed : bool
    """

    transposed: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    @property
    def is_as_stored(self) -> bool:
        """Whether nothing is turned."""
        return self == Placement()

    def upright(self, stored: np.ndarray) -> np.ndarray:
        """Return an array of the file's pixels as the upright image has them."""
        array = stored.T if self.transposed else stored
        return np.ascontiguousarray(array[:: -1 if self.rows_reversed else 1, :: -1 if self.columns_reversed else 1])

    def as_stored(self, upright: np.ndarray) -> np.ndarray:
        """Return an array of the upright image as the file has it."""
        array = upright[:: -1 if self.rows_reversed else 1, :: -1 if self.columns_reversed else 1]
        return np.ascontiguousarray(array.T if self.transposed else array)

    def steps(self, stored: tuple[float, float]) -> tuple[float, float]:
        """Return steps between rows and columns of the file as those of the upright image."""
        return (stored[1], stored[0]) if self.transposed else stored

    def document(self) -> dict:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: Mapping) -> Placement:
        """Return what :meth:`document` wrote; ValueError where it is none."""
        if not isinstance(document, Mapping) or set(document) != set(asdict(cls())):
            raise ValueError("no placement")
        if not all(isinstance(each, bool) for each in document.values()):
            raise ValueError("no placement")
        return cls(**document)


def is_frontal(along_rows: str, along_columns: str) -> bool:
    """Return whether an image that runs in these directions of the patient shows no side of him.

    Parameters
    ----------
    along_rows, along_columns : str
        Where a step to the next column, and to the next row, leads: DICOM's letters, the main one first.
    """
    return bool({along_rows[:1], along_columns[:1]} & _WIDE)


def placed_by(along_rows: str, along_columns: str) -> tuple[Placement, str] | None:
    """Return how a lateral image is turned upright, and where its front is then; None where the letters say neither.

    The patient is turned, never mirrored in place of a turn: which side the front is on follows.
    """
    right, down = along_rows[:1], along_columns[:1]
    if right in _LONG and down in _DEEP:
        placement, right, down = Placement(transposed=True), down, right
    elif right in _DEEP and down in _LONG:
        placement = Placement()
    else:
        return None
    if down == "H":
        placement = Placement(placement.transposed, rows_reversed=True)
    return placement, "right" if right == "A" else "left"
