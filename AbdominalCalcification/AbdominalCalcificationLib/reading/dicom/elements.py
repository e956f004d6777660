"""DICOM data sets as raw as pydicom leaves them: nothing is converted that is not asked for, and nothing filled in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import AbdominalCalcificationError


class DamagedFileError(Exception):
    """The file begins as DICOM files do, and cannot be read on."""


@contextmanager
def foreign_parser() -> Iterator[None]:
    """Turn whatever pydicom raises over damaged data into :exc:`DamagedFileError`, and keep its warnings quiet.

    It warns about values that break the standard; those that are used are checked where they are used.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (DamagedFileError, AbdominalCalcificationError, OSError):
            raise
        except Exception as error:
            raise DamagedFileError(str(error)) from None


class Elements:
    """The elements of one data set.

    Parameters
    ----------
    data_set : pydicom.Dataset
    """

    def __init__(self, data_set):
        self._data_set = data_set

    def __contains__(self, tag: int) -> bool:
        return tag in self._data_set

    def text(self, tag: int) -> str:
        """Return a value as text, without padding. ASCII is all that numbers, dates, codes and UIDs need."""
        value = self._raw(tag)
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        elif not isinstance(value, str):
            several = hasattr(value, "__iter__")
            value = "" if value is None else "\\".join(map(str, value)) if several else str(value)
        value = value if value.isprintable() else _printable(value)
        return "\\".join(part.strip() for part in value.split("\\")).strip("\\")

    def written(self, tag: int) -> str:
        """Return text for people in the file's own encoding; letters that it does not explain are replaced."""
        value = self._raw(tag)
        if isinstance(value, bytes) and not (value.isascii() and b"\x1b" not in value):
            value = self._data_set[tag].value
        elif isinstance(value, bytes):
            value = value.decode("ascii")
        value = "" if value is None else value if isinstance(value, str) else "\\".join(map(str, value))
        return _printable(value).encode("utf-8", "replace").decode("utf-8").strip()

    def shown(self, tag: int) -> str:
        """Return a value of any kind (binary ones as well) as text."""
        value = self._data_set[tag].value if tag in self._data_set else None
        several = hasattr(value, "__iter__") and not isinstance(value, str | bytes)
        return "" if value is None else "\\".join(map(str, value)) if several else str(value)

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Return decimal text as numbers; NaN for each that is none."""
        text = self.text(tag)
        return tuple(_number(part) for part in text.split("\\")) if text else ()

    def number(self, tag: int) -> float | None:
        """Return one decimal number; None where it is missing, NaN where it is none or there are several."""
        numbers = self.numbers(tag)
        return None if not numbers else numbers[0] if len(numbers) == 1 else float("nan")

    def integer(self, tag: int, signed: bool = False) -> int | None:
        """Return a binary integer, its sign as told here and not by its VR; None where it is missing."""
        value = self._raw(tag)
        if isinstance(value, int):
            return value
        if not isinstance(value, bytes) or not 0 < len(value) <= 4:
            return None
        little = getattr(self._data_set.get_item(tag), "is_little_endian", True)
        return int.from_bytes(value, "little" if little else "big", signed=signed)

    def real(self, tag: int) -> float | None:
        """Return a binary fraction (VR FL or FD); None where it is missing or no number."""
        value = self._data_set[tag].value if tag in self._data_set else None
        return float(value) if isinstance(value, int | float) else None

    def items(self, tag: int) -> list[Elements]:
        """Return the items of a sequence; none where it is missing or no sequence."""
        value = self._data_set[tag].value if tag in self._data_set else None
        if value is None or isinstance(value, str | bytes | int | float):
            return []
        return [Elements(item) for item in value if hasattr(item, "get_item")]

    def content(self, tag: int) -> bytes | None:
        """Return the bytes of a value of words (VR OW); None where it is missing or something else."""
        value = self._raw(tag)
        return value if isinstance(value, bytes) else None

    def encoding(self) -> tuple[bool, bool]:
        """Return whether the data set is in implicit form, and whether it is little endian."""
        for tag in self._data_set.keys():  # noqa: SIM118 - iterating over a data set converts its elements
            element = self._data_set.get_item(tag)
            if hasattr(element, "is_implicit_VR"):
                return bool(element.is_implicit_VR), bool(element.is_little_endian)
        return False, True

    def _raw(self, tag: int):
        return self._data_set.get_item(tag).value if tag in self._data_set else None


def _printable(text: str) -> str:
    """Return text in one line: padding, control characters and line breaks become spaces."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
