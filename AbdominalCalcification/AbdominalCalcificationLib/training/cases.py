"""Corrected cases, wherever they are: saved scenes, folders and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..bounded import read_json
from ..common_grid import ARTERY_TITLES
from ..errors import InputError
from ..evaluation.cohort import read_cohort
from ..flags import Flag
from ..geometry import Volume
from ..reading import (
    CtImage,
    mask_drawn_on,
    parse_calcification_labels,
    parse_label_mapping,
    read_arteries,
    read_calcification,
    read_ct,
)
from ..scene.saved import read_saved_cases

_IMAGE_ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".mhd")
_EXPLAINED = "name .mrb files, a folder with them, a folder of case folders (ct, arteries, calcification), or a table"


@dataclass(frozen=True)
class Source:
    """Where one case, or the cases of one scene, are.

    Attributes
    ----------
    path : Path
        The .mrb, or the CT (a file or a DICOM folder).
    arteries, calcification : Path, tuple of Path or None
        The masks beside a CT.
    artery_labels, calcification_labels : str
        What the values of the masks mean, as in ``52=aorta`` and ``2``.
    seed : int or None
        Of a virtual patient.
    """

    path: Path
    arteries: Path | tuple[Path, ...] | None = None
    calcification: Path | tuple[Path, ...] | None = None
    artery_labels: str = ""
    calcification_labels: str = ""
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class CorrectedCase:
    """A CT and its masks, on one grid.

    Attributes
    ----------
    where : str
        What to call it in messages.
    ct : CtImage
    arteries : Volume or None
        uint8 territory labels; None where there are none.
    calcification : Volume or None
        Non-zero where calcified; None where there is none.
    flags : tuple of Flag
        What reading the masks has to say.
    """

    where: str
    ct: CtImage
    arteries: Volume | None
    calcification: Volume | None
    flags: tuple[Flag, ...] = ()


def find_sources(paths: Sequence[Path]) -> list[Source]:
    """Return the cases that `paths` name, in the order of their names.

    Parameters
    ----------
    paths : sequence of Path
        .mrb files, tables as ``evaluate`` reads them, and folders. Folders are searched to the bottom for
        .mrb files and for case folders, which hold ``ct`` (an image file or a folder of DICOM files),
        ``arteries`` and ``calcification``, as ``simulate`` writes them.

    Raises
    ------
    InputError
        Where there is nothing, and for a result folder whose CT is not with it.
    """
    sources = []
    for path in paths:
        if path.suffix.lower() == ".mrb":
            if not path.is_file():
                raise InputError(f"There is no scene '{path}'; {_EXPLAINED}.")
            found = [Source(path)]
        elif path.is_dir():
            found = _below(path)
        elif path.is_file():
            found = [
                Source(case.ct, masks.arteries, masks.calcification, masks.artery_labels, masks.calcification_labels)
                for case in read_cohort(path, needed=("ct",))
                for masks in (case.reference,)
            ]
        else:
            raise InputError(f"'{path}' does not exist; {_EXPLAINED}.")
        if not found:
            raise InputError(f"'{path}' holds no cases; {_EXPLAINED}.")
        sources += found
    return sources


def read_cases(source: Source, label_names: Mapping[str, str] | None = None) -> Iterator[CorrectedCase]:
    """Yield the cases of a source, one at a time.

    Parameters
    ----------
    source : Source
    label_names : mapping of str to str, optional
        Names of segments that are not understood, to names of territories or ``calcification``.

    Raises
    ------
    InputError
        For what cannot be read, masks without a known label, and masks of another CT.
    """
    if source.path.suffix.lower() == ".mrb":
        found = False
        for case in read_saved_cases(source.path, label_names):
            found = True
            where = f"{source.path} ({case.name})"
            yield CorrectedCase(where, case.ct, case.arteries, case.calcification, case.flags)
        if not found:
            raise InputError(
                f"'{source.path.name}' holds no CT with masks; name its segments after arteries, or calcification."
            )
        return
    ct = read_ct(source.path)
    arteries = calcification = None
    flags: list[Flag] = []
    if source.arteries is not None:
        mapping = parse_label_mapping(source.artery_labels) if source.artery_labels else None
        mask = read_arteries(source.arteries, mapping, label_names, complete=True)
        mask = mask_drawn_on(mask, ct, _title(source.arteries), ARTERY_TITLES)
        arteries, flags = mask.volume, [*flags, *mask.flags]
    if source.calcification is not None:
        labels = parse_calcification_labels(source.calcification_labels) if source.calcification_labels else None
        mask = read_calcification(source.calcification, labels, label_names, complete=True)
        mask = mask_drawn_on(mask, ct, _title(source.calcification))
        calcification, flags = mask.volume, [*flags, *mask.flags]
    yield CorrectedCase(str(source.path), ct, arteries, calcification, tuple(flags))


@dataclass(frozen=True)
class CaseFolder:
    """A folder with a CT called ``ct`` and perhaps the masks ``arteries`` and ``calcification``."""

    place: Path
    ct: Path
    arteries: Path | None
    calcification: Path | None


def case_folder(here: Path) -> CaseFolder | None:
    """Return what a folder holds as a case; None where it is none."""
    ct = here / "ct" if (here / "ct").is_dir() else _image(here, "ct")
    return None if ct is None else CaseFolder(here, ct, _mask(here, "arteries"), _mask(here, "calcification"))


def folders_below(folder: Path) -> list[Path]:
    """Return a folder and those below it that are not hidden, in the order of their names."""
    below = sorted({folder, *(each for each in folder.rglob("*") if each.is_dir())})
    return [here for here in below if not any(part.startswith(".") for part in here.relative_to(folder).parts)]


def _below(folder: Path) -> list[Source]:
    """Return the cases in a folder and everything below it."""
    sources = []
    for here in folders_below(folder):
        scenes = sorted(each for each in here.glob("*.mrb") if not each.name.startswith("."))
        sources += [Source(each) for each in scenes]
        case = case_folder(here)
        if case is not None:
            sources.append(Source(case.ct, case.arteries, case.calcification, seed=_seed(here / "truth.json")))
        elif (here / "measurements.json").is_file() and not scenes:
            raise InputError(
                f"'{here}' is a result without its CT (no scene.mrb); name the CT and the masks in a table of cases."
            )
    return sources


def _image(folder: Path, stem: str) -> Path | None:
    names = (f"{stem}{middle}{ending}" for ending in _IMAGE_ENDINGS for middle in ("", ".seg"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _mask(folder: Path, stem: str) -> Path | None:
    """Return the mask of a case folder: an image file, a DICOM SEG, or a folder of them."""
    found = _image(folder, stem)
    others = (folder / f"{stem}.dcm", folder / stem)
    return found or next((each for each in others if each.exists()), None)


def _title(paths: Path | tuple[Path, ...]) -> str:
    return f"'{paths[0]}' and others" if isinstance(paths, tuple) else f"'{paths}'"


def _seed(truth: Path) -> int | None:
    with suppress(OSError, ValueError, AttributeError):
        return read_json(truth).get("seed")
    return None
