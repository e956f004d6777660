"""Saved scenes (.mrb) read without Slicer: a zip of one .mrml file and the images that it names."""

from __future__ import annotations

import posixpath
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from ..bounded import DAMAGED_ZIP, MAX_XML_BYTES, check_unpacked, check_zip, parse_json, parse_xml, read_json
from ..common_grid import ARTERY_TITLES
from ..errors import InputError
from ..explanations import first_line
from ..flags import Flag
from ..geometry import Volume
from ..leftovers import scratch
from ..reading import CtImage, Mask, mask_drawn_on, read_ct
from ..reading.segments import check_complete, read_segments


@dataclass(frozen=True, eq=False)
class SavedCase:
    """One CT of a saved scene with the masks that lie on it.

    Attributes
    ----------
    name : str
        Name of the volume in the scene.
    ct : CtImage
        Its identity has the UIDs of series and study where the scene knows them.
    arteries : Volume or None
        uint8 territory labels on the grid of the CT; None where the scene has none.
    calcification : Volume or None
        uint8, 1 where calcified, on the grid of the CT; None where the scene has none.
    flags : tuple of Flag
        What the grid of the CT did to masks that were drawn on another.
    """

    name: str
    ct: CtImage
    arteries: Volume | None
    calcification: Volume | None
    flags: tuple[Flag, ...] = ()


def read_saved_cases(path: Path | str, label_names: Mapping[str, str] | None = None) -> Iterator[SavedCase]:
    """Yield every CT of a .mrb that has masks of arteries or calcification, one at a time.

    Segments are known by their name, else by their ID, else by their terminology, as in Slicer;
    segmentations without any known segment (cut-off ends, helpers) are passed over.

    Parameters
    ----------
    path : path
    label_names : mapping of str to str, optional
        Names of segments that are not understood, to names of territories or ``calcification``.

    Raises
    ------
    InputError
        Where the file is no scene or is damaged, where a segment beside known ones stands for
        nothing, where it is unclear which mask belongs to a CT, and where more than 1 % of it lies
        outside that CT.
    """
    path = Path(path)
    with ExitStack() as opened:
        with _damage_explained(path):
            check_zip(path)
            archive = opened.enter_context(zipfile.ZipFile(path))
            folder = opened.enter_context(scratch("scene"))
            scene = _Scene(path, archive, folder, label_names or {})
        yield from scene.cases()


@contextmanager
def _damage_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGED_ZIP as error:
        raise InputError(
            f"The scene '{path.name}' is damaged or no .mrb file ({first_line(error)}); save it again from Slicer."
        ) from None
    except OSError as error:
        raise InputError(
            f"The scene '{path.name}' cannot be read ({error.strerror or error}); check permissions and disk space."
        ) from None


class _Scene:
    """The nodes of one scene, and its files as they are needed."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, folder: Path, label_names: Mapping[str, str]):
        self._path = path
        self._name = path.name
        self._archive = archive
        self._folder = folder
        self._label_names = label_names
        described = [name for name in archive.namelist() if name.endswith(".mrml")]
        if len(described) != 1:
            raise InputError(f"'{path.name}' holds {len(described)} scenes; save one scene as a .mrb from Slicer.")
        self._root = posixpath.dirname(described[0])
        if archive.getinfo(described[0]).file_size > MAX_XML_BYTES:
            raise InputError(f"The description of the scene '{path.name}' has {MAX_XML_BYTES >> 20} MiB and more.")
        tree = parse_xml(archive.read(described[0]))
        self._nodes = {node.get("id"): node for node in tree if node.get("id")}
        self._items = list(tree.iter("SubjectHierarchyItem"))
        self._parents = {child: item for item in self._items for child in item}

    def cases(self) -> Iterator[SavedCase]:
        volumes = {key: node for key, node in self._nodes.items() if node.tag == "Volume"}
        segmentations = [node for node in self._nodes.values() if node.tag == "Segmentation"]
        masks: dict[str, list] = {}
        for node in segmentations:
            title = f"'{node.get('name')}' in '{self._name}'"
            found = read_segments(self._file(node), self._label_names, title)
            if found is None or (found.arteries is None and found.calcification is None):
                continue
            check_complete(found, title)
            on = _references(node).get("referenceImageGeometryRef", [])
            if not on and len(volumes) == 1:
                on = list(volumes)
            if not on or on[0] not in volumes:
                raise InputError(
                    f"'{self._name}' does not say on which CT '{node.get('name')}' was drawn; "
                    "set its source geometry in Slicer and save again."
                )
            if _references(volumes[on[0]]).get("transform") != _references(node).get("transform"):
                raise InputError(
                    f"In '{self._name}' the CT and '{node.get('name')}' lie under different transforms; "
                    "harden them in Slicer and save again."
                )
            masks.setdefault(on[0], []).append((node.get("name"), found.arteries, found.calcification, found.flags))
        for key, found in masks.items():
            ct = self._ct(key)
            arteries, flags = self._only(found, "arteries", ct)
            calcification, told = self._only(found, "calcification", ct)
            yield SavedCase(volumes[key].get("name", ""), ct, arteries, calcification, (*flags, *told))

    def _only(self, found: list, what: str, ct: CtImage) -> tuple[Volume | None, tuple[Flag, ...]]:
        """Return the one mask of arteries, or of calcification, on the grid of the CT, and what that did to it."""
        index = 1 if what == "arteries" else 2
        having = [each for each in found if each[index] is not None]
        if len(having) > 1:
            names = " and ".join(f"'{each[0]}'" for each in having)
            raise InputError(f"'{self._name}' has {what} in {names}; keep the one that counts and save again.")
        if not having:
            return None, ()
        labels = ARTERY_TITLES if what == "arteries" else None
        mask = mask_drawn_on(Mask(having[0][index], having[0][3]), ct, f"'{having[0][0]}' in '{self._name}'", labels)
        return mask.volume, mask.flags

    def _ct(self, key: str) -> CtImage:
        image = read_ct(self._file(self._nodes[key]))
        # The file's own name is that of the volume, which may be the patient's.
        return replace(image, identity={**image.identity, "name": self._name, **self._uids(key)})

    def _uids(self, key: str) -> dict[str, str | None]:
        """Return what the subject hierarchy, or a result in the scene, says about where the CT came from."""
        for item in self._items:
            if item.get("dataNode") == key and (series := _dicom_uid(item)):
                return {"series_uid": series, "study_uid": _dicom_uid(self._parents.get(item))}
        for node in self._nodes.values():
            if node.tag == "Text" and key in _references(node).get("AbdominalCalcification.CT", []):
                with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
                    text = node.get("text")
                    document = parse_json(text) if text else read_json(self._file(node))
                    said = document["provenance"]["input"]
                    return {name: said.get(name) for name in ("series_uid", "study_uid")}
        return {}

    def _file(self, node) -> Path:
        """Return the file of a node, unpacked under a name of our own, so that it cannot leave the folder."""
        stored = [self._nodes.get(key) for key in _references(node).get("storage", [])]
        file_name = unquote(stored[0].get("fileName", "")) if stored and stored[0] is not None else ""
        member = posixpath.normpath(posixpath.join(self._root, file_name))
        try:
            info = self._archive.getinfo(member)
        except KeyError:
            raise InputError(f"'{node.get('name')}' is not stored in '{self._name}'; save the scene again.") from None
        suffix = "".join(Path(member).suffixes[-2:]) if member.endswith((".seg.nrrd", ".nii.gz")) else ""
        target = self._folder / f"{len(list(self._folder.iterdir()))}{suffix or Path(member).suffix}"
        with _damage_explained(self._path):
            check_unpacked(info.file_size, self._folder)
            with self._archive.open(info) as source, open(target, "xb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        return target


def _dicom_uid(item) -> str | None:
    """Return the UID of an item of the subject hierarchy: of a series, or one level up of its study."""
    uids = "" if item is None else item.get("uids", "")
    return dict(pair.split("^", 1) for pair in uids.split("|") if "^" in pair).get("DICOM")


def _references(node) -> dict[str, list[str]]:
    """Return which nodes a node refers to, by role."""
    parts = (part.partition(":") for part in node.get("references", "").split(";") if part)
    return {role: ids.split() for role, _, ids in parts}
