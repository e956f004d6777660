"""Paths that are called otherwise where the workers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Places:
    """What folders are called here and where the workers are.

    Attributes
    ----------
    pairs : tuple of (str, str)
        Absolute paths here and there; the longest that fits a path counts.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Places:
        """Return what ``HERE=THERE`` says, one or more of them.

        Raises
        ------
        InputError
        """
        pairs = []
        for text in texts:
            here, between, there = text.partition("=")
            if not (between and _is_absolute(here) and _is_absolute(there)):
                raise InputError(f"'{text}' is no mapping of folders; write two full paths like /data=/mnt/share/data.")
            pairs.append((_plain(here), _plain(there)))
        named = [here for here, _ in pairs]
        if len(set(named)) < len(named):
            raise InputError("A folder is mapped twice; map each once.")
        return cls(tuple(sorted(pairs, key=lambda pair: -len(pair[0]))))

    def there(self, value: Any) -> Any:
        """Return `value` with every path in it as the workers call it: in dataclasses, lists, tuples and mappings."""
        if not self.pairs:
            return value
        if isinstance(value, PurePath):
            return self._path(value)
        if is_dataclass(value) and not isinstance(value, type):
            changed = {each.name: self.there(getattr(value, each.name)) for each in fields(value) if each.init}
            return replace(value, **changed)
        if isinstance(value, Mapping):
            return {key: self.there(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.there(each) for each in value)
        return value

    def here(self, text: str) -> str:
        """Return a message of a worker with its folders as they are called here."""
        for here, there in self.pairs:
            text = text.replace(there, here)
        return text

    def _path(self, path: PurePath) -> PurePath:
        for here, there in self.pairs:
            if path == Path(here) or Path(here) in path.parents:
                return Path(there, path.relative_to(here))
        return path


def _is_absolute(text: str) -> bool:
    return text.startswith("/") or PurePath(text).is_absolute()


def _plain(text: str) -> str:
    return text.rstrip("/") or "/"
