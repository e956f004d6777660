"""The radiographs of a cohort: those of a folder, or of a table whose other columns are carried through."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError
from ...evaluation.radiographs.cohort import IMAGE_NAMES
from ...paths import shown_path
from ...reading.dicom import is_dicom
from ..cases import check_told_apart, column_of, covariate_rows, folder_name_of, id_in_line
from .columns import OF_RESULTS

_KNOWN = ("id", "image", "patient", "pixel_spacing", "faces")
_ALSO_CALLED = {"case": "id", "radiograph": "image", "path": "image"}
_EXPLAINED = (
    f"columns are {', '.join(_KNOWN)}, of which id and image are needed; all others are carried through to the results"
)
_PICTURES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".nii", ".nii.gz")
# What is called like this is a radiograph, or was one: a file that cannot be read is told, not passed over.
_NAMED_DICOM = (".dcm", ".dicom", ".ima")
# What this program writes beside a radiograph.
_OURS = ("vertebrae.nii.gz", "overlay.png", "thumbnail.jpg")


@dataclass(frozen=True)
class CohortRadiograph:
    """One radiograph of a cohort.

    Attributes
    ----------
    id : str
        Unique in the cohort.
    patient : str
        Who it is of; the case itself where nobody says it.
    image : Path or None
        None where the table has an empty cell.
    pixel_spacing, faces : str
        Of an image that does not say them; empty for what it says.
    covariates : mapping of str to str
        The other columns of the table, as they are.
    """

    id: str
    patient: str
    image: Path | None
    pixel_spacing: str = ""
    faces: str = ""
    covariates: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file, where one is named."""
        return () if self.image is None else (self.image,)

    @property
    def folder_name(self) -> str:
        """What its folder is called."""
        return folder_name_of(self.id)


def find_radiographs(source: Path, output: Path) -> list[CohortRadiograph]:
    """Return the radiographs of `source`, in the order of the table, else of their names.

    Parameters
    ----------
    source : Path
        A folder, which is searched to the bottom, or a table.
    output : Path
        Where results are written: what lies there is no radiograph.

    Raises
    ------
    InputError
        Where there is nothing, or two cannot be told apart.
    """
    if source.is_dir():
        cases = _of_folder(source.absolute(), output.resolve())
        if not cases:
            raise InputError(
                f"'{source}' holds no radiographs (DICOM, PNG, TIFF, JPEG or NIfTI) beside the results; name another."
            )
    elif source.is_file():
        rows = covariate_rows(source, ("id", "image"), _column, _EXPLAINED)
        cases = [_of_row(given, source.absolute().parent, line) for line, given in rows]
    else:
        raise InputError(f"There is no '{source}'; name a folder of radiographs, or a table with id and image.")
    check_told_apart(cases)
    _check_no_twins(cases)
    return cases


def left_out(source: Path, cases: Sequence[CohortRadiograph], output: Path) -> list[str]:
    """Return the files below a folder that are no radiograph, as paths below it; hidden ones are not told."""
    if not source.is_dir():
        return []
    top, read = source.absolute(), {case.image for case in cases}
    return [shown_path(each.relative_to(top)) for each in _files_below(top, output.resolve()) if each not in read]


def _of_folder(top: Path, own: Path) -> list[CohortRadiograph]:
    found = [each for each in _files_below(top, own) if _is_radiograph(each)]
    # In a case folder with one file called radiograph, that is it.
    named = {each.parent for each in found if each.name.lower() in IMAGE_NAMES}
    found = [each for each in found if each.parent not in named or each.name.lower() in IMAGE_NAMES]
    counts = Counter(_name_of(each, top) for each in found)
    cases = []
    for each in found:
        name = _name_of(each, top)
        if counts[name] > 1:  # of several forms, the ending tells them apart
            name = each.relative_to(top).as_posix()
        cases.append(CohortRadiograph(shown_path(name), shown_path(name), each))
    return cases


def _name_of(path: Path, top: Path) -> str:
    """Return what a file of a folder is called as a case: its path without the ending, or its case folder's."""
    inside = path.relative_to(top)
    if path.name.lower() in IMAGE_NAMES and inside.parent != Path():
        return inside.parent.as_posix()
    lower = inside.name.lower()
    ending = next((each for each in (".nii.gz", *_PICTURES, *_NAMED_DICOM) if lower.endswith(each)), "")
    return inside.with_name(inside.name[: len(inside.name) - len(ending)] or inside.name).as_posix()


def _is_radiograph(path: Path) -> bool:
    lower = path.name.lower()
    if lower in _OURS or lower == "dicomdir":
        return False
    if lower.endswith((*_PICTURES, *_NAMED_DICOM)):
        return True
    try:
        return is_dicom(path)
    except OSError:
        return False


def _files_below(top: Path, own: Path) -> Iterator[Path]:
    """Yield the files below a folder, by name; what lies in `own`, hidden files and linked folders are passed over."""
    for root, folders, names in os.walk(top):
        here = Path(root)
        resolved = here.resolve()
        if own != top.resolve() and (own == resolved or own in resolved.parents):
            folders.clear()
            continue
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        yield from (here / name for name in sorted(names) if not name.startswith(".") and (here / name).is_file())


def _column(name: str, table: str) -> str:
    return column_of(name, table, _KNOWN, _ALSO_CALLED, OF_RESULTS, _EXPLAINED)


def _of_row(given: Mapping[str, str], folder: Path, line: int) -> CohortRadiograph:
    name = id_in_line(given["id"], line)
    return CohortRadiograph(
        name,
        given.get("patient") or name,
        folder / given["image"] if given["image"] else None,
        given.get("pixel_spacing", ""),
        given.get("faces", ""),
        {column: value for column, value in given.items() if column not in _KNOWN},
    )


def _check_no_twins(cases: Sequence[CohortRadiograph]) -> None:
    """Refuse a file that is there under two names: one of them would show the score of somebody else."""
    seen: dict[tuple, str] = {}
    for case in cases:
        if case.image is None:
            continue
        what = os.path.realpath(case.image), case.pixel_spacing, case.faces
        other = seen.setdefault(what, case.id)
        if other != case.id:
            raise InputError(
                f"The cases '{other}' and '{case.id}' have the same image ('{case.image}'); leave one out, or correct "
                "its path."
            )
