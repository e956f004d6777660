"""Which patients of a cohort are made from label maps, and from which; reproducible for each seed alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import InputError
from .anatomy import Anatomy, make_anatomy
from .atlas import read_atlas


@dataclass(frozen=True)
class AnatomyMix:
    """Label maps that patients are made from, and how many of the patients.

    Attributes
    ----------
    labels : tuple of str
        Files of label maps.
    table : str or None
        What their values stand for, see :func:`tables.read_names`.
    share : float
        Of the patients, 0 to 1; the others are procedural.
    """

    labels: tuple[str, ...]
    table: str | None = None
    share: float = 1.0

    def __post_init__(self):
        if not self.labels:
            raise InputError("No label map is named; add --anatomy LABELS.")
        if not 0.0 <= self.share <= 1.0:
            raise InputError(f"The share of patients from label maps must be from 0 to 1, not {self.share:g}.")

    @classmethod
    def from_json(cls, values: Mapping | None) -> AnatomyMix | None:
        """Return the mix that ``dataclasses.asdict`` and JSON made of one; None of none."""
        return None if values is None else cls(**{**values, "labels": tuple(values["labels"])})

    def labels_of(self, seed: int) -> str | None:
        """Return the label map of the patient of `seed`; None for a procedural one."""
        chance, which = np.random.Generator(np.random.PCG64([int(seed), 1515])).uniform(size=2)
        return self.labels[int(which * len(self.labels))] if chance < self.share else None

    def anatomy_of(self, seed: int) -> Anatomy | None:
        """Return the anatomy of the patient of `seed`, None for a procedural one; raises as :func:`load_anatomy`."""
        labels = self.labels_of(seed)
        return None if labels is None else load_anatomy(labels, self.table)

    def check(self, seeds: Iterable[int]) -> dict[str, Checked]:
        """Return what is to be said of every label map that the patients of `seeds` are made from.

        Raises
        ------
        InputError
            For the first that cannot be used.
        """
        used = {labels for seed in seeds if (labels := self.labels_of(seed)) is not None}
        return {labels: _checked(labels, self.table, _changed(labels, self.table)) for labels in sorted(used)}

    def remarks(self, seeds: Iterable[int]) -> list[str]:
        """Return what people should know of the label maps that the patients of `seeds` are made from, line by line."""
        return [
            f"{Path(labels).name}: {remark}"
            for labels, checked in self.check(seeds).items()
            for remark in checked.remarks
        ]


@dataclass(frozen=True)
class Checked:
    """A label map that can be used.

    Attributes
    ----------
    checksum : str
    remarks : tuple of str
        What people should know about it, a sentence each.
    """

    checksum: str
    remarks: tuple[str, ...]


def load_anatomy(labels: Path | str, table: Path | str | None = None) -> Anatomy:
    """Return what patients of a label map are made of; of the last few label maps this is kept.

    Parameters
    ----------
    labels : path
        NIfTI, NRRD or MetaImage.
    table : path, optional
        See :func:`tables.read_names`.

    Raises
    ------
    InputError
        As :func:`atlas.read_atlas` and :func:`anatomy.make_anatomy`.
    """
    named = None if table is None else str(table)
    return _loaded(str(labels), named, _changed(str(labels), named))


def _changed(labels: str, table: str | None) -> tuple:
    """Return what changes when a file is written anew."""
    paths = [Path(each) for each in (labels, table) if each is not None]
    return tuple((each.stat().st_mtime_ns, each.stat().st_size) for each in paths if each.is_file())


@lru_cache(maxsize=2)
def _loaded(labels: str, table: str | None, changed: tuple) -> Anatomy:
    return make_anatomy(read_atlas(Path(labels), None if table is None else Path(table)))


@lru_cache(maxsize=512)
def _checked(labels: str, table: str | None, changed: tuple) -> Checked:
    anatomy = _loaded(labels, table, changed)
    return Checked(anatomy.atlas_checksum, anatomy.remarks())
