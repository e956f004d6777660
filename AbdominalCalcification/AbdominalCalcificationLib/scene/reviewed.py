"""What a reader decided about clusters, kept with the scene: which were seen, rejected, given to another artery.

Clusters are numbered anew by every measurement, so what was seen is known by its place in the CT's voxels
(:mod:`review.places`), and what was rejected by its voxels. Nothing has to be taken back when an edit is undone: a
rejected cluster is one of which voxels are missing in the mask.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..reading.meanings import Wanted
from ..review.change import MaskChange
from ..review.places import Place, matched
from .edits import now, origin_text, packed_bits, unpacked_bits, user_name
from .mask_changes import marked_at
from .volumes import grid_of_node

SEEN = "AbdominalCalcification.SeenClusters"  # of the CT
_REJECTED = "AbdominalCalcification.RejectedClusters"  # of the calcification mask
REASSIGNED = "AbdominalCalcification.ReassignedClusters"  # of the CT


def decided(volume_node) -> dict[str, str | None]:
    """Return what is kept with a CT of what a reader decided, by attribute; None where there is nothing."""
    return {name: volume_node.GetAttribute(name) for name in (SEEN, REASSIGNED)}


def take_decided(volume_node, texts: Mapping[str, str | None]) -> None:
    """Keep with a CT what :func:`decided` returned; attributes that are not among it stay as they are."""
    for name in (SEEN, REASSIGNED):
        if name in texts:
            volume_node.SetAttribute(name, texts[name])


@dataclass(frozen=True, eq=False)
class Rejected:
    """A cluster that was taken out of a mask.

    Attributes
    ----------
    kji : ndarray of int, shape (n, 3)
        Its voxels in the CT.
    territory : str
    volume_mm3 : float
    centroid_ras : tuple of float
        mm, where the CT lies now.
    reader, time : str
        Who rejected it, and when (ISO 8601).
    """

    kji: np.ndarray
    territory: str
    volume_mm3: float
    centroid_ras: tuple[float, float, float]
    reader: str
    time: str


def seen_clusters(volume_node, clusters: Sequence[Mapping]) -> list[bool]:
    """Return which clusters were looked at.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    clusters : sequence of mapping
        Of a measurements document (``centroid_ras``, ``volume_mm3``).
    """
    result = [False] * len(clusters)
    for cluster in matched(_places(_noted(volume_node, SEEN), volume_node), _places_of(clusters)):
        if cluster is not None:
            result[cluster] = True
    return result


def set_seen(
    volume_node, clusters: Sequence[Mapping], number: int, seen: bool, reader: str = "", time: str = ""
) -> None:
    """Note that one of the clusters was looked at, or that it was not.

    `reader` is the user who is logged in, and `time` now, by default; other parameters as for
    :func:`seen_clusters`.
    """
    noted = _noted(volume_node, SEEN)
    known = matched(_places(noted, volume_node), _places_of(clusters))
    if seen == (number in known):
        return
    if seen:
        noted.append(_note(clusters[number], grid_of_node(volume_node), reader, time))
    else:
        noted.pop(known.index(number))
    volume_node.SetAttribute(SEEN, json.dumps(noted))


def remember_rejected(
    node, volume_node, cluster: Mapping, change: MaskChange, reader: str = "", time: str = ""
) -> None:
    """Keep with a calcification mask what a change takes out of it, so that it can be restored.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    cluster : mapping
        Of a measurements document.
    change : review.MaskChange
        What :func:`review.reject_cluster` returned.
    reader, time : str, optional
        As for :func:`set_seen`.
    """
    grid = grid_of_node(volume_node)
    voxels = {
        "shape": list(grid.shape),
        "box": [[part.start, part.stop] for part in change.box],
        "voxels": packed_bits(change.before != change.after),
    }
    note = _note(cluster, grid, reader, time) | {"territory": cluster["territory"], "origin": _origin(node)} | voxels
    others = [
        each for each in _noted(node, _REJECTED) if each["box"] != note["box"] or each["voxels"] != note["voxels"]
    ]
    node.SetAttribute(_REJECTED, json.dumps([*others, note]))


def rejected_clusters(node, volume_node) -> list[Rejected]:
    """Return what was rejected of a calcification mask and is not all in it again, in the order in which it was.

    What was rejected of a mask that another one took the place of, by a run, or on a CT of other voxels, is not among
    them.
    """
    grid, origin, found = grid_of_node(volume_node), _origin(node), []
    for note in _noted(node, _REJECTED):
        if tuple(note["shape"]) != grid.shape or note["origin"] != origin:
            continue
        kji = _voxels_of(note)
        try:
            is_back = marked_at(node, volume_node, Wanted.CALCIFICATION, kji).all()
        except InputError:
            continue
        if not is_back:
            centre = tuple(grid.ras_of_kji([note["kji"]])[0].tolist())
            found.append(Rejected(kji, note["territory"], note["volume_mm3"], centre, note["reader"], note["time"]))
    return found


def give_to_territory(
    volume_node, cluster: Mapping, kji: np.ndarray, name: str | None, reader: str = "", time: str = ""
) -> None:
    """Note that a cluster belongs to a territory, whatever is nearest to it.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    cluster : mapping
        Of a measurements document.
    kji : ndarray of int, shape (n, 3)
        Its voxels in the CT; what was noted of them before is forgotten.
    name : str or None
        Territory; None leaves it to the measurement again.
    reader, time : str, optional
        As for :func:`set_seen`.
    """
    grid = grid_of_node(volume_node)
    given = set(map(tuple, kji.tolist()))
    noted = []
    for note in _noted(volume_node, REASSIGNED):
        voxels = _voxels_of(note)
        if tuple(note["shape"]) != grid.shape or given.isdisjoint(map(tuple, voxels.tolist())):
            noted.append(note)
    if name is not None:
        low, high = kji.min(axis=0), kji.max(axis=0) + 1
        voxels = np.zeros(high - low, bool)
        voxels[tuple((kji - low).T)] = True
        box = [[int(start), int(stop)] for start, stop in zip(low, high, strict=True)]
        note = _note(cluster, grid, reader, time) | {"territory": name, "shape": list(grid.shape), "box": box}
        noted.append(note | {"voxels": packed_bits(voxels)})
    volume_node.SetAttribute(REASSIGNED, json.dumps(noted) if noted else None)


def given_to_territories(volume_node) -> list[tuple[str, np.ndarray]]:
    """Return what was given to territories: the name of each, and voxel centres, shape (n, 3), RAS in mm."""
    grid = grid_of_node(volume_node)
    return [
        (note["territory"], grid.ras_of_kji(_voxels_of(note)))
        for note in _noted(volume_node, REASSIGNED)
        if tuple(note["shape"]) == grid.shape
    ]


def territories_given(volume_node, clusters: Sequence[Mapping]) -> list[str | None]:
    """Return the territory that each cluster was given to; None where it was not; parameters as for `seen_clusters`."""
    noted, result = _noted(volume_node, REASSIGNED), [None] * len(clusters)
    found = matched(_places(noted, volume_node), _places_of(clusters))
    for note, cluster in zip(noted, found, strict=True):
        if cluster is not None:
            result[cluster] = note["territory"]
    return result


def _noted(node, name: str) -> list[dict]:
    return json.loads(node.GetAttribute(name) or "[]")


def _note(cluster: Mapping, grid: Grid, reader: str, time: str) -> dict:
    return {
        "kji": [round(each, 3) for each in grid.kji_of_ras(cluster["centroid_ras"])[0].tolist()],
        "volume_mm3": cluster["volume_mm3"],
        "reader": reader or user_name(),
        "time": time or now(),
    }


def _places(noted: Sequence[Mapping], volume_node) -> list[Place]:
    grid = grid_of_node(volume_node)
    return [Place(tuple(grid.ras_of_kji([each["kji"]])[0]), each["volume_mm3"]) for each in noted]


def _places_of(clusters: Sequence[Mapping]) -> list[Place]:
    return [Place(tuple(each["centroid_ras"]), each["volume_mm3"]) for each in clusters]


def _origin(node) -> int:
    """Return what tells masks apart that runs put into a node one after the other."""
    return zlib.crc32(origin_text(node).encode())


def _voxels_of(note: Mapping) -> np.ndarray:
    """Return the voxels that a note keeps, as indices, shape (n, 3)."""
    shape = [stop - start for start, stop in note["box"]]
    return np.argwhere(unpacked_bits(note["voxels"], shape)) + [start for start, _ in note["box"]]
