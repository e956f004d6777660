"""A result folder read back: its document, masks and picture, and the CT that was measured."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np

from ..common_grid import bring_together
from ..errors import InputError
from ..geometry import Grid, Volume
from ..geometry.lattice import is_finer
from ..reading import read_arteries, read_calcification, read_ct
from ..reading.ct import CtImage
from .anonymous import anonymous_document
from .documents import json_safe
from .result_folder import RESULT_KINDS

_VOLUME, _STORAGE = "vtkMRMLScalarVolumeNode1", "vtkMRMLVolumeArchetypeStorageNode1"


@dataclass(frozen=True, eq=False)
class StoredResult:
    """What a result folder holds.

    Attributes
    ----------
    document : dict
        ``measurements.json``.
    image : CtImage
        As it was read; its volume is on its own grid.
    ct, arteries, calcification : Volume
        On one grid, as they were measured.
    views : bytes or None
        ``views.png``.
    notes : tuple of str
        What to know of the CT.
    """

    document: dict
    image: CtImage
    ct: Volume
    arteries: Volume
    calcification: Volume
    views: bytes | None
    notes: tuple[str, ...] = ()

    @property
    def is_anonymous(self) -> bool:
        """Whether the document names nobody."""
        return is_anonymous(self.document)

    def anonymous(self) -> StoredResult:
        """Return the same without what names anybody; itself where it names nobody already."""
        if self.is_anonymous:
            return self
        # The headline of the views can name files.
        return replace(self, document=anonymous_document(self.document), views=None)


def is_anonymous(document: Mapping) -> bool:
    """Return whether a document says that it names nobody."""
    return bool((document.get("provenance") or {}).get("anonymous"))


def read_document(folder: Path) -> dict:
    """Return the ``measurements.json`` of a result folder.

    Raises
    ------
    InputError
    """
    path = folder / "measurements.json"
    if not path.is_file():
        raise InputError(f"'{folder}' holds no measurements.json; name the folder of a result.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = None
    if not _has_form(document):
        raise InputError(f"'{path}' cannot be read as the document of a result; analyse the CT again.")
    return json_safe(document)


def _has_form(document: object) -> bool:
    """Return whether what was read has the parts of a document; what values they have is told by measuring again."""
    if not isinstance(document, dict):
        return False
    provenance = document.get("provenance") or {}
    parts = [document.get("total"), document.get("parameters"), document.get("trust") or {}, provenance]
    if not all(isinstance(each, dict) for each in parts):
        return False
    given = provenance.get("input") or {}
    lists = [*(document.get(name) for name in ("territories", "clusters", "flags")), provenance.get("edits", [])]
    if not all(isinstance(each, list) for each in lists) or not isinstance(given, dict):
        return False
    return all(isinstance(each, dict) for part in (*lists, [given.get("opened_from") or {}]) for each in part) and all(
        isinstance(flag.get(key), str) for flag in document["flags"] for key in ("code", "message")
    )


def check_no_other(
    folder: Path,
    document: Mapping,
    name: str = "measurements.json",
    read: Callable[[Path], Mapping] | None = None,
) -> None:
    """Refuse a folder with another result than `document` is of: what is written there would be taken for that one's.

    Parameters
    ----------
    folder : Path
    document : mapping
    name : str
        Of the file in which a document of its kind lies (:data:`.result_folder.RESULT_KINDS`).
    read : callable, optional
        Reads the one of a folder; :func:`read_document` by default.

    Raises
    ------
    InputError
    """
    read = read or read_document
    is_of_another_kind = any((folder / each).is_file() for each in RESULT_KINDS if each != name)
    if is_of_another_kind or ((folder / name).is_file() and read(folder) != document):
        raise InputError(f"'{folder}' holds another result; name another --output.")


def read_result(
    folder: Path, ct: Path | None = None, series: str | None = None, acquisition: str | None = None
) -> StoredResult:
    """Read a result folder, and the CT that was measured.

    Whether the masks are those whose numbers the document has is told by measuring them
    (:func:`measured_again.measured_again_steps`).

    Parameters
    ----------
    folder : Path
    ct : Path, optional
        The CT that was measured; that in ``scene.mrb`` by default.
    series, acquisition : str, optional
        Of a DICOM folder, as for ``analyze``; by default what the document names.

    Raises
    ------
    InputError
        Where a file is missing or cannot be read, and where `ct` is another one than was measured.
    """
    document = read_document(folder)
    given = (document.get("provenance") or {}).get("input") or {}
    given = given.get("opened_from") or given  # a case that was opened in a scene
    for name in ("arteries.nii.gz", "calcification.nii.gz"):
        if not (folder / name).is_file():
            raise InputError(f"'{folder}' holds no {name}; name the folder of a whole result.")
    arteries = read_arteries(folder / "arteries.nii.gz").volume
    notes: tuple[str, ...] = ()
    if ct is None:
        image = _ct_of_scene(folder / "scene.mrb")
    else:
        series = series or (given.get("series_uid") if ct.is_dir() else None)
        image = read_ct(ct, series, acquisition or given.get("acquisition"))
        _check_measured(image, arteries.grid, given, ct)
        known, found = given.get("series_uid"), image.identity.get("series_uid")
        if known and found and known != found:
            notes = (
                f"The result names the series {known}; it is {found} whose patient and study are taken, since its "
                "voxels are the same.",
            )
    together = bring_together(image.volume, arteries, read_calcification(folder / "calcification.nii.gz").volume)
    views = folder / "views.png"
    picture = views.read_bytes() if views.is_file() else None
    ct_volume, arteries, calcification = (
        cast(Volume, each) for each in (together.ct, together.arteries, together.calcification)
    )
    return StoredResult(document, image, ct_volume, arteries, calcification, picture, notes)


def _check_measured(image: CtImage, masks: Grid, given: Mapping, path: Path) -> None:
    """Refuse a CT that is not the one that was measured: its patient would be told for the measured one."""
    known, found = given.get("voxels_sha256"), image.identity
    other = known is not None and known != found["voxels_sha256"]
    if other or not _fills(masks, image.volume.grid):
        raise InputError(f"'{path}' is another CT than the one that was measured; name that one.")
    # A file says no more of whose it is than the result does.
    if known is None and image.source is not None and given.get("series_uid") != found.get("series_uid"):
        raise InputError(f"Nothing says that the result was made of the CT in '{path}'; analyze it from there.")


def _fills(grid: Grid, ct: Grid) -> bool:
    """Return whether masks on `grid` can have been measured on `ct`: on its voxels or finer ones, and all of it."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in ct.shape])).reshape(3, -1).T
    there = grid.kji_of_ras(ct.ras_of_kji(corners))
    reaches = (there > -1.5).all() and (there < np.array(grid.shape) + 0.5).all()
    return bool(reaches) and not is_finer(ct, grid)


def _ct_of_scene(path: Path) -> CtImage:
    """Return the CT that the scene of a result holds."""
    missing = InputError(f"The CT is not in '{path.parent}' (no scene.mrb that holds it); name it with --ct.")
    try:
        with zipfile.ZipFile(path) as scene, tempfile.TemporaryDirectory() as scratch:
            described = next(name for name in scene.namelist() if name.endswith(".mrml"))
            # Written by this program or by Slicer; expat, which ElementTree is made of, bounds what entities grow to.
            nodes = {each.get("id"): each for each in ElementTree.fromstring(scene.read(described)).iter()}
            file = nodes[_STORAGE].get("fileName") or ""
            inner = f"{described.rpartition('/')[0]}/{unquote(file)}".lstrip("/")
            place = Path(scratch) / f"ct{''.join(Path(file).suffixes[-1:])}"
            with scene.open(inner) as packed, open(place, "wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            return read_ct(place)
    except (OSError, KeyError, StopIteration, zipfile.BadZipFile, ElementTree.ParseError):
        raise missing from None
