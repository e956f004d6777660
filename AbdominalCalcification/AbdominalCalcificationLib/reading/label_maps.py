"""Label maps in plain image files: what their values stand for, as far as the file or its name says it."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from ..anatomy import TERRITORIES, territories_of_name
from ..errors import InputError
from ..names import is_calcification_name, normalized
from .images import as_labels, read_flagged
from .meanings import Segment, Wanted
from .nifti import is_nifti
from .segments import Drawing, DrawingKind, values_in

IMAGE_ENDINGS = (".seg.nrrd", ".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
# Where header extensions of NIfTI begin, and more than any table of names takes.
_EXTENSIONS_AT, _LONGEST_TABLE = 348, 1 << 20
_LABEL = re.compile(r'<Label\b[^>]*\bKey="(\d{1,5})"[^>]*>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))\s*</Label>', re.DOTALL)
_TERRITORY_OF = {each.label: each for each in TERRITORIES}
_HOW = "say what they are, as in --artery-labels 52=aorta"
_ON = frozenset({1, 255})  # what programs write for "yes" where there is one structure


def stem_of(path: Path) -> str:
    """Return the name of an image file without the ending of its format."""
    lower = path.name.lower()
    ending = next((each for each in IMAGE_ENDINGS if lower.endswith(each)), path.suffix)
    return path.name[: len(path.name) - len(ending)]


def read_label_map(path: Path, wanted: Wanted, given: Mapping[int | str, str] | None, alone: bool) -> Drawing:
    """Read a label map of a NIfTI, NRRD or MetaImage file.

    Its values are named by the first of these that says something: `given`; a table of labels in the file (NIfTI, as
    TotalSegmentator writes it); for arteries the name of the file where it is that of an artery; the territory table.
    As calcification every value counts where neither `given` nor a table says which.

    Parameters
    ----------
    path : Path
    wanted : Wanted
    given : mapping of int or str to str, optional
        See :func:`meanings.understand`; the name of the file (without ending) names all of its values.
    alone : bool
        Whether it is the only mask that was named: of several, a single value 1 says nothing.

    Raises
    ------
    InputError
        As :func:`images.read_flagged`, and where nothing says what the values stand for.
    """
    volume, flags = read_flagged(path)
    array = as_labels(volume.array, path.name)
    values, stem, title = sorted(values_in(array)), stem_of(path), f"'{path.name}'"
    table = label_table(path)
    by_file = any(isinstance(key, str) and normalized(key) == normalized(stem) for key in given or {})
    numbers = {key for key in given or {} if isinstance(key, int)}
    kind = DrawingKind.VALUES
    if table:
        kind, segments = DrawingKind.TABLE, [Segment(table.get(value, ""), value=value) for value in values]
    elif by_file:
        segments = [Segment(stem, value=value) for value in values]
    elif numbers.intersection(values) or (numbers and alone):
        segments = [Segment("", value=value) for value in values]
    elif wanted is Wanted.CALCIFICATION:
        segments = [Segment("calcification", value=value) for value in values]
    else:
        segments = _arteries(values, stem, title, alone)
    return Drawing(title, tuple(segments), [array], volume.grid, volume.grid, flags=flags, kind=kind)


def label_table(path: Path) -> dict[int, str]:
    """Return the names of labels that a NIfTI file holds in its header extension; empty where there are none.

    The form is that of Caret and Connectome Workbench (``<LabelTable>``), in which TotalSegmentator writes its names.
    """
    if not is_nifti(path):
        return {}
    try:
        with open(path, "rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if compressed else open(path, "rb") as file:
            content = file.read(_EXTENSIONS_AT + 4 + _LONGEST_TABLE)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return {}
    order = "<" if content[:4] == struct.pack("<i", 348) else ">"
    if len(content) < _EXTENSIONS_AT + 4 or not content[_EXTENSIONS_AT]:
        return {}
    start = struct.unpack_from(order + "f", content, 108)[0]
    if not _EXTENSIONS_AT < start < len(content):
        return {}
    text = content[_EXTENSIONS_AT + 4 : int(start)].decode("utf-8", "replace")
    if "<LabelTable" not in text:
        return {}
    named = ((int(key), (quoted or plain).strip()) for key, quoted, plain in _LABEL.findall(text))
    return {value: name for value, name in named if value and name}


def _arteries(values: Collection[int], stem: str, title: str, alone: bool) -> list[Segment]:
    """Return the segments of an artery mask whose values nobody has named."""
    named = territories_of_name(stem)
    single = next(iter(values)) if len(values) == 1 else None
    if named and not {each.label for each in named}.intersection(values):
        if len(values) > 1 or (single in _TERRITORY_OF and single not in _ON):
            shown = ", ".join(
                f"{each} ({_TERRITORY_OF[each].name})" if each in _TERRITORY_OF else str(each) for each in values
            )
            raise InputError(f"{title} is called '{stem}', but its values are {shown}; {_HOW}.")
        return [Segment(stem, value=1 if single is None else single)]
    segments = territory_segments(values, title)
    if single in _ON and (is_calcification_name(stem) or (not alone and not named)):
        raise InputError(
            f"{title} has one value and no name of an artery; name the file after the artery, or say what it is, as in "
            f"--artery-labels '{stem}=aorta'."
        )
    return segments


def territory_segments(values: Collection[int], title: str) -> list[Segment]:
    """Return the segments of a label map whose values are territory labels; raise InputError where one is not."""
    strangers = [value for value in values if value not in _TERRITORY_OF]
    if strangers:
        shown = ", ".join(str(value) for value in strangers[:8]) + (", …" if len(strangers) > 8 else "")
        raise InputError(f"{title} has values that are no territory ({shown}); {_HOW}.")
    return [Segment(_TERRITORY_OF[value].name, value=value) for value in values]


def images_in(folder: Path) -> list[Path]:
    """Return the image files of a folder, by name; hidden ones are passed over.

    Raises
    ------
    InputError
        For a link to a file that is not there.
    """
    found = sorted(
        each
        for each in folder.iterdir()
        if not each.name.startswith(".") and each.name.lower().endswith(IMAGE_ENDINGS) and not each.is_dir()
    )
    for each in found:
        if not each.exists():
            raise InputError(f"'{each.name}' in '{folder.name}' is a link to a file that is not there; copy it again.")
    return found
