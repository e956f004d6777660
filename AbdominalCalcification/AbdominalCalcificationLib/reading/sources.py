"""Which files a mask is read from: a file, several, or a folder with one file for each structure or with DICOM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..anatomy import territories_of_name
from ..errors import InputError
from ..flags import Flag
from ..names import is_calcification_name, normalized
from ..paths import native_path
from .dicom import is_dicom
from .dicom_seg import read_dicom_seg, what_is
from .label_maps import images_in, read_label_map, stem_of
from .meanings import Wanted
from .segments import Drawing, read_seg_nrrd

_LISTED = 4
_FORMS = "name a NIfTI, NRRD, MetaImage or DICOM SEG file, or a folder of them"


@dataclass(frozen=True)
class Source:
    """A file to read a mask from.

    Attributes
    ----------
    path : Path
    folder : Path or None
        Where it was found; None where the user named the file itself.
    """

    path: Path
    folder: Path | None = None


def find_sources(
    paths: Sequence[Path], wanted: Wanted, given: Mapping[int | str, str] | None = None
) -> tuple[list[Source], list[Flag]]:
    """Return the files that `paths` name, and what to say about those of a folder that are not read.

    Of a folder, image files count that are called after what is wanted (``aorta.nii.gz``) or that `given` names, or its
    only one; where there are none, the DICOM segmentations in it and below.

    Raises
    ------
    InputError
        Where there is nothing, or nothing that can hold a mask.
    """
    sources, flags = [], []
    for path in paths:
        native_path(path)
        if path.is_dir():
            found, told = _in_folder(path, wanted, given)
            sources += [Source(each, path) for each in found]
            flags += told
        elif path.is_file():
            sources.append(Source(path))
        else:
            raise InputError(f"The mask '{path}' does not exist; {_FORMS}.")
    return sources, flags


def read_drawing(source: Source, wanted: Wanted, given: Mapping[int | str, str] | None, alone: bool) -> Drawing:
    """Read what a file holds, whatever its format; parameters and errors as for :func:`label_maps.read_label_map`."""
    path = source.path
    if is_dicom(path):
        return read_dicom_seg(path)
    return read_seg_nrrd(path) or read_label_map(path, wanted, given, alone)


def _in_folder(folder: Path, wanted: Wanted, given: Mapping[int | str, str] | None) -> tuple[list[Path], list[Flag]]:
    images = images_in(folder)
    named = {normalized(key) for key in given or {} if isinstance(key, str)}

    def counts(path: Path) -> bool:
        stem = stem_of(path)
        known = is_calcification_name(stem) if wanted is Wanted.CALCIFICATION else territories_of_name(stem)
        return bool(known) or normalized(stem) in named

    chosen = [path for path in images if counts(path)]
    if not chosen and len(images) == 1:
        chosen = images
    if chosen:
        return chosen, _left_out(folder, [path for path in images if path not in chosen], len(chosen))
    segmentations, others, missing = _dicom_below(folder)
    if not segmentations:
        held = [f"'{path.name}'" for path in images[:_LISTED]] + ["…"] * (len(images) > _LISTED) + others
        what = "an artery" if wanted is Wanted.ARTERIES else "calcification"
        raise InputError(
            f"The folder '{folder}' has no file that is called after {what} and no DICOM segmentation, but "
            f"{', '.join(held) or 'nothing that is known here'}; name the mask itself."
        )
    flags = _left_out(folder, images, len(segmentations))
    if missing:
        text = f"{missing} links in '{folder.name}' lead to files that are not there."
        flags.append(Flag("files_left_out", text))
    return segmentations, flags


def _left_out(folder: Path, others: Sequence[Path], count: int) -> list[Flag]:
    """Say which files of a folder are not read: other structures, as TotalSegmentator writes a hundred."""
    if not others:
        return []
    shown = ", ".join(stem_of(path) for path in others[:_LISTED]) + (", …" if len(others) > _LISTED else "")
    rest = f"{len(others)} others are" if len(others) > 1 else "1 other is"
    text = f"{count} files of '{folder.name}' were read; {rest} of something else ({shown})."
    return [Flag("segments_left_out", text)]


def _dicom_below(folder: Path) -> tuple[list[Path], list[str], int]:
    """Return the DICOM segmentations in a folder and below, how many other objects there are, and of dead links."""
    others: Counter[str] = Counter()
    segmentations, missing = [], 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and not path.exists():
            missing += 1
        elif path.is_file() and not path.name.startswith(".") and is_dicom(path):
            other = what_is(path)
            if other is None:
                segmentations.append(path)
            else:
                others[other[0]] += 1
    return segmentations, [f"{count} × {what}" for what, count in others.most_common(_LISTED)], missing
