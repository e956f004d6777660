"""The cases of a folder or of a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..evaluation.cohort import Case, Masks, read_cohort
from ..reading.dicom import is_dicom
from ..training.cases import case_folder, folders_below
from .folders import RETRAINING, REVIEWS

_IMAGES = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
# Files of a folder that are looked at to see whether they are DICOM.
_LOOKED_AT = 20
_NO_CASES = {REVIEWS, RETRAINING}
_EXPLAINED = (
    "name a table with the columns id and ct (and arteries, calcification where there are masks), or a folder of "
    "image files, of DICOM folders, or of case folders with ct, arteries and calcification"
)


@dataclass(frozen=True)
class ListedCase:
    """One case of a list.

    Attributes
    ----------
    name : str
        Unique on the list.
    ct : Path
        An image file, or a folder of DICOM files.
    masks : evaluation.cohort.Masks
        To begin with; none where a model is to make them.
    patient : str
        Who it is of; the case itself where the list does not say.
    """

    name: str
    ct: Path
    masks: Masks = field(default_factory=Masks)
    patient: str = ""


def list_cases(source: Path | str) -> list[ListedCase]:
    """Return the cases of a list, in its order; those of a folder in the order of their names.

    Parameters
    ----------
    source : path
        A CSV table as ``evaluate`` reads it, of which ``id`` (or ``case``) and ``ct`` suffice, or a folder.

    Raises
    ------
    InputError
        Where there is nothing, a case has no CT, or two have one name.
    """
    source = Path(source)
    if source.is_dir():
        cases = _in_folder(source)
    elif source.is_file():
        cases = [
            ListedCase(case.name, case.ct, case.reference, case.patient)
            for case in read_cohort(source, needed=("ct",))
            if case.ct is not None
        ]
    else:
        raise InputError(f"There is no '{source}'; {_EXPLAINED}.")
    if not cases:
        raise InputError(f"'{source}' holds no cases; {_EXPLAINED}.")
    return cases


def cohort_below(folder: Path) -> list[Case]:
    """Return the cases of a folder as ``evaluate`` takes them: with the masks beside each CT as the reference.

    Raises
    ------
    InputError
        Where there is nothing, or a CT has no calcification mask beside it.
    """
    listed = list_cases(folder)
    for case in listed:
        if case.masks.calcification is None:
            raise InputError(
                f"'{case.name}' in '{folder}' has no calcification mask beside its CT to compare with; name a folder "
                "of case folders (ct, arteries, calcification), or a table."
            )
    return [Case(case.name, case.patient or case.name, case.ct, case.masks) for case in listed]


def _in_folder(folder: Path) -> list[ListedCase]:
    """Return the cases in a folder: case folders anywhere below it, else its images and folders of DICOM files."""
    found = [
        ListedCase(_name(folder, each.place), each.ct, Masks(each.calcification, each.arteries))
        for each in filter(None, map(case_folder, folders_below(folder)))
        if not _NO_CASES & set(each.place.relative_to(folder).parts)
    ]
    if found:
        return found
    for each in sorted(folder.iterdir()):
        if each.name.startswith(".") or each.name in _NO_CASES:
            continue
        ending = next((one for one in _IMAGES if each.name.lower().endswith(one)), None)
        if each.is_file() and ending is not None and not each.name.lower().endswith(f".seg{ending}"):
            found.append(ListedCase(each.name[: -len(ending)], each))
        elif each.is_dir() and _holds_dicom(each):
            found.append(ListedCase(each.name, each))
    names = [case.name for case in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"'{folder}' holds two images called '{name}'; give each its own name.")
    if not found and _holds_dicom(folder):
        found.append(ListedCase(folder.resolve().name, folder))
    return found


def _name(folder: Path, place: Path) -> str:
    return place.relative_to(folder).as_posix() if place != folder else folder.resolve().name


def _holds_dicom(folder: Path) -> bool:
    """Return whether there are DICOM files in a folder or below it; the first files of it tell."""
    seen = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            if is_dicom(path):
                return True
            seen += 1
            if seen >= _LOOKED_AT:
                break
    return False
