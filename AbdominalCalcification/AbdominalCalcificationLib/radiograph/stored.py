"""A result folder of a radiograph read back, and refused where its numbers are not those that were written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..bounded import read_json
from ..errors import InputError
from ..flags import KINDS, Flag
from ..reading.nifti import read_nifti
from ..reporting.anonymous import LEFT_OUT
from ..trust import trust_of
from .document import INTERVAL_LEVEL, SCHEMA_VERSION, document_checksum
from .files import DOCUMENT_FILE, LABELS_FILE
from .image import Radiograph
from .kauppila import PARTS, KauppilaScore, Segment, interval
from .reading.placement import Placement
from .reading.read import pixels_checksum
from .result import RadiographResult
from .severity import ScoreGroups, groups_of_document
from .spine import CORNERS, LABELS, Vertebra

_AGAIN = "score the radiograph again"
# What may be lost by rounding in a document.
_ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class StoredRadiograph:
    """What a result folder holds.

    Attributes
    ----------
    document : dict
        ``radiograph.json``.
    labels : ndarray, shape (rows, columns)
        uint8, of the upright image.
    vertebrae : dict of str to Vertebra
    score : KauppilaScore
    inflation : float
    flags : tuple of Flag
        Those that this version knows.
    groups : ScoreGroups
        The table of severity that was used.
    """

    document: dict
    labels: np.ndarray
    vertebrae: Mapping[str, Vertebra]
    score: KauppilaScore
    inflation: float
    flags: tuple[Flag, ...]
    groups: ScoreGroups

    @property
    def is_anonymous(self) -> bool:
        """Whether the document names nobody."""
        return bool((self.document.get("provenance") or {}).get("anonymous"))

    def result(self, radiograph: Radiograph) -> RadiographResult:
        """Return the result on the radiograph that it was made of.

        Raises
        ------
        InputError
            Where `radiograph` is another one: its scores would be told of the wrong picture.
        """
        given = (self.document["provenance"] or {}).get("input") or {}
        known = given.get("pixels_sha256")
        if radiograph.pixels.shape != self.labels.shape or (
            known is not None and known != pixels_checksum(radiograph.pixels)
        ):
            name = given.get("name")
            which = f" ('{name}')" if name and name != LEFT_OUT else ""
            raise InputError(f"This is not the radiograph that the result was made of{which}; name that one.")
        image = self.document["image"]
        spacing = None if image["spacing_mm"] is None else tuple(image["spacing_mm"])
        own = Radiograph(radiograph.pixels, spacing, image["faces"], tuple(image["aspect"]))
        return RadiographResult(
            *(own, self.labels, self.vertebrae, self.score, self.inflation, self.flags),
            self.document["parameters"],
            self.document["provenance"],
        )


def read_radiograph_document(folder: Path | str) -> dict:
    """Return the ``radiograph.json`` of a result folder, as it was written.

    Raises
    ------
    InputError
        Where there is none, it cannot be read, another version wrote it, or it was changed after it was written.
    """
    path = Path(folder) / DOCUMENT_FILE
    if not path.is_file():
        raise InputError(f"'{folder}' holds no {DOCUMENT_FILE}; name the folder of a radiograph's result.")
    try:
        document = read_json(path)
        if not isinstance(document, dict):
            raise ValueError
        version, said = document.get("schema_version"), document_checksum(document)
    except (OSError, ValueError, RecursionError):
        raise InputError(f"'{path}' cannot be read as the document of a result; {_AGAIN}.") from None
    if not isinstance(version, str) or version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise InputError(f"'{path}' was written by another version of this program; {_AGAIN}.")
    if document.get("checksum") != said:
        raise InputError(f"'{path}' was changed after it was written, so its numbers are not told; {_AGAIN}.")
    return document


def read_stored(folder: Path | str) -> StoredRadiograph:
    """Read a result folder of a radiograph, without the image.

    Raises
    ------
    InputError
        As :func:`read_radiograph_document`, where the label map is missing or another one, and where numbers of the
        document do not follow from each other.
    """
    folder = Path(folder)
    document = read_radiograph_document(folder)
    try:
        parts = _parts(document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, InputError):
        raise InputError(f"'{folder / DOCUMENT_FILE}' is not the document of a result; {_AGAIN}.") from None
    stored = StoredRadiograph(document, _labels(folder, document), **parts)
    _check_derived(folder, stored)
    return stored


def _parts(document: Mapping) -> dict[str, Any]:
    listed = document["segments"]
    if [(each["vertebra"], each["wall"]) for each in listed] != list(PARTS):
        raise ValueError
    flags = [each for each in document["flags"] if each["code"] in KINDS]
    return {
        "vertebrae": {each["name"]: _vertebra(each) for each in document["vertebrae"] if each["found"]},
        "score": KauppilaScore(tuple(_segment(each) for each in listed)),
        "inflation": float(document["score_interval_inflation"]),
        "flags": tuple(Flag(each["code"], each["message"], each["territory"]) for each in flags),
        "groups": groups_of_document(document["severity"]),
    }


def _segment(each: Mapping) -> Segment:
    shares = each["probabilities"]
    return Segment(
        *(each["vertebra"], each["wall"], each["score"], None if shares is None else tuple(map(float, shares))),
        None if each["extent_fraction"] is None else float(each["extent_fraction"]),
        tuple((float(x), float(y)) for x, y in each["line"]),
        tuple((float(start), float(end)) for start, end in each["deposits"]),
        each["origin"],
    )


def _vertebra(each: Mapping) -> Vertebra:
    corners = tuple((float(x), float(y)) for x, y in (each["corners"][name] for name in CORNERS))
    if each["name"] not in LABELS:
        raise ValueError
    x, y = each["center"]
    return Vertebra(each["name"], (float(x), float(y)), corners, float(each["area"]))


def _labels(folder: Path, document: Mapping) -> np.ndarray:
    """Return the label map of the upright image; InputError where it is not the one that the document is about."""
    path = folder / LABELS_FILE
    if not path.is_file():
        raise InputError(f"'{folder}' holds no {LABELS_FILE}; name the folder of a whole result.")
    volume, _ = read_nifti(path, plane=True)
    given = (document.get("provenance") or {}).get("input") or {}
    try:
        placement = Placement.of_document(given.get("placement") or Placement().document())
    except ValueError:
        placement = Placement()
    labels = placement.upright(volume.array[0]).astype(np.uint8) if len(volume.array) == 1 else None
    if labels is None or hashlib.sha256(labels.tobytes()).hexdigest() != document["labels_sha256"]:
        raise InputError(f"'{path}' is not the label map that {DOCUMENT_FILE} is about; {_AGAIN}.")
    return labels


def _check_derived(folder: Path, stored: StoredRadiograph) -> None:
    """Refuse numbers that do not follow from the parts: written by another program, or by hand with a new checksum."""
    document, score = stored.document, stored.score
    reached = interval(score.segments, INTERVAL_LEVEL, stored.inflation)
    written = document["score_interval"]
    same_interval = (reached is None) == (written is None) and (
        reached is None or np.allclose(reached, written, rtol=0, atol=_ROUNDING)
    )
    trust = document["trust"]["verdict"]
    known = len(stored.flags) == len(document["flags"])
    expected = {
        "score": score.total,
        "affected_segments": score.affected_segments,
        "affected_walls": score.affected_walls,
    }
    derived = all(document[key] == value for key, value in expected.items())
    group = document["severity"]["group"] == stored.groups.group_of(score.total)
    verdict = not known or trust == trust_of(stored.flags).verdict.value
    if not (derived and same_interval and group and verdict):
        raise InputError(f"The numbers of '{folder / DOCUMENT_FILE}' contradict each other; {_AGAIN}.")
