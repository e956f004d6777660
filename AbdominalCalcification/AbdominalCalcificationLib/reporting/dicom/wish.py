"""That DICOM objects are wanted: what has to be there for it, said before any work is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ...errors import InputError

if TYPE_CHECKING:
    from ...reading.dicom import SourceSeries
    from .headers import SourceHeaders

_NEEDED = "highdicom"


@dataclass(frozen=True, eq=False)
class DicomWish:
    """DICOM objects of a result are to be written.

    Attributes
    ----------
    source : SourceSeries
        The images of its CT.
    kind : {'BINARY', 'LABELMAP'}
        Of segmentations.
    """

    source: SourceSeries
    kind: str = "BINARY"

    def headers(self, document: Mapping, anonymous: bool) -> SourceHeaders:
        """Return what objects take over from the images; of an anonymous result nothing that names anybody.

        Parameters
        ----------
        document : mapping
            ``measurements.json`` of the result.
        anonymous : bool

        Raises
        ------
        InputError
            As of :func:`headers.read_headers`.
        """
        from .headers import read_headers

        return read_headers(self.source, _key(document, self.source) if anonymous else None)


def from_dicom(source: SourceSeries | None) -> SourceSeries:
    """Return the images that a CT was read from; InputError where they are no DICOM."""
    if source is None:
        raise InputError("The CT is not from DICOM, so there is no study to which DICOM results could belong.")
    return source


def can_write() -> bool:
    """Return whether what writes the objects is installed."""
    return find_spec(_NEEDED) is not None


def wish_for(source: SourceSeries | None, kind: str = "BINARY") -> DicomWish:
    """Return the wish for DICOM objects of a CT that was read from `source`.

    Raises
    ------
    InputError
        Where the CT is no DICOM, its files cannot be referred to, or what writes the objects is not installed.
    """
    source = from_dicom(source)
    if not can_write():
        raise InputError(
            "DICOM results need the package 'highdicom'; install it with pip install 'abdominal-calcification[dicom]'."
        )
    from .headers import read_headers

    read_headers(source)
    return DicomWish(source, kind)


def _key(document: Mapping, source: SourceSeries) -> str:
    """Return what only who has the CT knows, and is the same for all results of it: the checksum of its voxels."""
    said = (document.get("provenance") or {}).get("input") or {}
    return str(said.get("voxels_sha256") or "\n".join(image.sop_instance for image in source.images))
