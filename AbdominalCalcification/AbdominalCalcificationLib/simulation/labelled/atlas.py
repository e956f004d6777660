"""A label map of a whole body region: read, named, checked, and brought upright."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...anatomy import TERRITORIES, territories_of_name
from ...errors import InputError
from ...geometry.distances import nearest_voxels
from ...geometry.sides import split_left_right
from ...geometry.volume import Grid, Volume
from ...reading.images import as_labels, read_flagged
from .orientation import check_places, upright
from .tables import read_names
from .tissues import Tissue, tissue_of_name
from .vertebrae import vertebra_of_name

# Of what is labelled, so much may be of no name, or of one that is not understood: specks that tools leave behind.
LARGEST_UNNAMED = 0.01
_SHOWN = 6


@dataclass(frozen=True, eq=False)
class Atlas:
    """The anatomy of one patient as a label map whose values are understood.

    Attributes
    ----------
    tissues : ndarray of uint8, shape (k, j, i)
        Values of :class:`Tissue`; k runs upwards, j to the front, i to the right, about.
    arteries : ndarray of uint8, shape (k, j, i)
        0, or a key of `artery_names`.
    artery_names : dict of int to (str, int)
        Name and territory label (0: not measured) of each artery.
    names : dict of int to str
        Of the values that are there.
    grid : Grid
    unnamed : tuple of str
        What was not understood, and filled with its neighbourhood: ``699 (no name)``.
    checksum : str
        Of voxels, place and names.
    missing : tuple of str
        Territories that are not there.
    vertebrae : ndarray of uint8, shape (k, j, i)
        0, or one more than the index in `vertebra_names`.
    vertebra_names : tuple of str
        ``L1``, ``T12``; ``S1`` is the sacrum.
    """

    tissues: np.ndarray
    arteries: np.ndarray
    artery_names: dict[int, tuple[str, int]]
    names: dict[int, str]
    grid: Grid
    unnamed: tuple[str, ...] = ()
    checksum: str = ""
    missing: tuple[str, ...] = field(default=())
    vertebrae: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint8))
    vertebra_names: tuple[str, ...] = ()


def read_atlas(labels: Path, table: Path | None = None) -> Atlas:
    """Read a label map and what its values stand for.

    Parameters
    ----------
    labels : Path
        NIfTI, NRRD or MetaImage.
    table : Path, optional
        See :func:`tables.read_names`.

    Raises
    ------
    InputError
        For files that cannot be read, do not say where up is, or do not name what they hold; without an aorta; and
        where names and places contradict each other.
    """
    volume, flags = read_flagged(labels)
    for flag in flags:
        if flag.code == "unknown_orientation":
            raise InputError(f"'{labels.name}' does not say how it lies in the patient; export it with its geometry.")
    if not volume.grid.is_rectangular:
        raise InputError(f"The axes of '{labels.name}' are not at right angles; resample it.")
    named = read_names(labels, table)
    array = as_labels(volume.array, labels.name)
    return make_atlas(Volume(array, volume.grid), named, f"'{labels.name}'")


def make_atlas(labels: Volume, named: Mapping[int, str], title: str = "the label map") -> Atlas:
    """Return the atlas of a label map and the names of its values; see :func:`read_atlas`."""
    labels = upright(labels)
    counts = np.bincount(labels.array.ravel())
    values = [int(value) for value in np.flatnonzero(counts) if value]
    names = {value: named[value] for value in values if value in named}
    if not names:
        known = ", ".join(str(each) for each in sorted(named)[:_SHOWN])
        shown = ", ".join(str(each) for each in values[:_SHOWN]) or "nothing"
        raise InputError(f"{title} holds {shown}, its table names {known} …; they do not belong together.")
    meanings = {value: tissue_of_name(name) for value, name in names.items()}
    unnamed = [value for value in values if meanings.get(value) is None]
    _check_unnamed(unnamed, names, counts, title)
    tissue_of = np.zeros(len(counts), np.uint8)
    for value, tissue in meanings.items():
        tissue_of[value] = Tissue.REPLACED if tissue is None else tissue
    tissue_of[unnamed] = Tissue.REPLACED
    tissue_of[tissue_of == Tissue.NOTHING] = Tissue.OUTSIDE
    labels = _replaced(labels, tissue_of)
    arteries, artery_names = _arteries(labels, names, title)
    tissues = tissue_of[labels.array]
    check_places(labels, names, tissues, arteries, artery_names, title)
    there = {label for _, label in artery_names.values()}
    return Atlas(
        tissues,
        arteries,
        artery_names,
        names,
        labels.grid,
        tuple(f"{value} ({names.get(value, 'no name')})" for value in unnamed),
        _checksum(labels, names),
        tuple(each.name for each in TERRITORIES if each.label not in there),
        *_vertebrae(labels, names),
    )


def _vertebrae(labels: Volume, names: Mapping[int, str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the map of vertebrae and their names; a vertebra in several pieces is one."""
    named = {value: vertebra for value, name in names.items() if (vertebra := vertebra_of_name(name)) is not None}
    order = tuple(sorted(set(named.values())))
    code = np.zeros(int(labels.array.max()) + 1, np.uint8)
    for value, vertebra in named.items():
        code[value] = order.index(vertebra) + 1
    return code[labels.array], order


def _check_unnamed(unnamed: list[int], names, counts: np.ndarray, title: str) -> None:
    share = counts[unnamed].sum() / max(int(counts[1:].sum()), 1)
    if share > LARGEST_UNNAMED:
        largest = sorted(unnamed, key=lambda value: -counts[value])
        shown = ", ".join(f"{value} ({names.get(value, 'no name')})" for value in largest[:_SHOWN])
        shown += ", …" if len(largest) > _SHOWN else ""
        raise InputError(
            f"{title}: {share:.0%} of what is labelled is not understood: {shown}; name each"
            " in the table after a tissue (such as muscle, vein, soft tissue) or 'nothing'."
        )


def _replaced(labels: Volume, tissue_of: np.ndarray) -> Volume:
    """Return a label map in which what is to be replaced has the value of its nearest neighbour."""
    array = labels.array
    gone = tissue_of[array] == Tissue.REPLACED
    if not gone.any():
        return labels
    at = np.argwhere(gone)
    box = tuple(slice(max(low - 12, 0), high + 13) for low, high in zip(at.min(0), at.max(0), strict=True))
    if gone[box].all():
        return labels.with_array(np.where(gone, 0, array))
    _, nearest = nearest_voxels(~gone[box], Grid(gone[box].shape, labels.grid.ijk_to_ras))
    filled = array.copy()
    filled[box] = array[box][tuple(nearest)]
    return labels.with_array(filled)


def _arteries(labels: Volume, names, title: str) -> tuple[np.ndarray, dict[int, tuple[str, int]]]:
    """Return the map of arteries and their names; both sides of one label are divided at the aorta."""
    arteries = np.zeros(labels.array.shape, np.uint8)
    found: dict[tuple[str, int], int] = {}
    pairs = []

    def number(name: str, label: int) -> int:
        if len(found) >= 254 and (name, label) not in found:
            raise InputError(f"{title} has more than 254 arteries; that is no label map of a body.")
        return found.setdefault((name, label), len(found) + 1)

    for value, name in names.items():
        if tissue_of_name(name) is not Tissue.ARTERY:
            continue
        meant = territories_of_name(name)
        if len(meant) == 2:
            pairs.append((value, meant))
            continue
        label = meant[0].label if meant else 0
        arteries[labels.array == value] = number(meant[0].name if meant else _vessel_name(name), label)
    if ("aorta", 1) not in found:
        heard = ", ".join(sorted({each[0] for each in found}))[:200] or "no artery at all"
        raise InputError(f"{title} has no aorta (its arteries: {heard}); every patient is built around one.")
    aorta = arteries == found["aorta", 1]
    for value, sides in pairs:
        for territory, side in zip(sides, split_left_right(labels.array == value, aorta, labels.grid), strict=True):
            if side.any():
                arteries[side] = number(territory.name, territory.label)
    return arteries, {number: key for key, number in found.items()}


def _vessel_name(name: str) -> str:
    """Return what an artery that is not measured is called here: one word for that of the spleen, as elsewhere."""
    return "splenic" if name.lower().replace(" ", "_") in ("splenic_artery", "arteria_lienalis") else name


def _checksum(labels: Volume, names) -> str:
    """Return what tells label maps apart: of voxels, place and names."""
    total = hashlib.sha256(np.ascontiguousarray(labels.array, np.uint16).data)
    total.update(np.round(labels.grid.ijk_to_ras, 6).tobytes())
    total.update(repr(sorted(names.items())).encode())
    return total.hexdigest()
