"""The radiographs of an evaluation: a table of cases, or case folders as they are simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError
from ...radiograph.kauppila import PARTS
from ..cohort import Column, cases_of_table, groups_of, known_column, methods_of, name_of_case
from .readings import SCORE_FILES, Reading, reading_of_cells

#: Columns of the parts, such as ``L1_anterior``.
PART_COLUMNS = {f"{vertebra}_{wall}": (vertebra, wall) for vertebra, wall in PARTS}
_OF_A_SIDE = ("result", "score", "vertebrae", *PART_COLUMNS)
_PLAIN = ("case", "patient", "image", "pixel_spacing", "faces", *_OF_A_SIDE)
_ALSO_CALLED = {"id": "case", "radiograph": "image", "path": "image"}
_RESERVED = ("case", "patient", "method", "side", "trust", "error", "group", "score")
_EXPLAINED = (
    "columns are case (or id), patient, image, result (a radiograph.json or truth.json), or score and the parts "
    "L1_anterior to L4_posterior, and vertebrae (a label map), of the reference, and these with :NAME for each "
    "reader or method NAME; group:NAME divides the cohort; pixel_spacing and faces are those of an image that does not "
    "say them"
)
IMAGE_NAMES = ("radiograph.dcm", "radiograph.png", "radiograph.tif", "radiograph.tiff", "radiograph.nii.gz")
VERTEBRAE_FILE = "vertebrae.nii.gz"


@dataclass(frozen=True)
class Side:
    """What a table names of the reference, or of one reader or method.

    Attributes
    ----------
    result : Path or None
        A document, or the folder of one.
    reading : Reading or None
        What its cells say.
    vertebrae : Path or None
        Label map of the vertebrae; by default the one beside the document.
    """

    result: Path | None = None
    reading: Reading | None = None
    vertebrae: Path | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing is said of the score."""
        return self.result is None and self.reading is None

    @property
    def mask(self) -> Path | None:
        """The label map, named or found beside the document."""
        if self.vertebrae is not None or self.result is None:
            return self.vertebrae
        beside = (self.result if self.result.is_dir() else self.result.parent) / VERTEBRAE_FILE
        return beside if beside.is_file() else None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is read."""
        document = self.result
        if document is not None and document.is_dir():
            document = next((each for name in SCORE_FILES if (each := document / name).is_file()), document)
        return tuple(each for each in (document, self.mask) if each is not None)


@dataclass(frozen=True)
class RadiographCase:
    """One radiograph of a cohort.

    Attributes
    ----------
    name : str
        Unique in the cohort.
    patient : str
        Who it is from: patients, not radiographs, are resampled and tested.
    image : Path or None
        Needed by networks that run now.
    reference : Side
    predictions : mapping of str to Side
    groups : mapping of str to str
        What the cohort is divided by, such as the device.
    pixel_spacing, faces : str
        Of an image that does not say them; empty for what it says.
    """

    name: str
    patient: str
    image: Path | None = None
    reference: Side = field(default_factory=Side)
    predictions: Mapping[str, Side] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    pixel_spacing: str = ""
    faces: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is named, the image first."""
        sides = (self.reference, *self.predictions.values())
        return (*(() if self.image is None else (self.image,)), *(path for each in sides for path in each.paths))

    @property
    def blank(self) -> set[str]:
        """The methods of which the table says nothing: trying again does not fill a cell."""
        return {name for name, side in self.predictions.items() if side.is_blank}


def read_radiographs(path: str | Path) -> list[RadiographCase]:
    """Read a table of radiographs (see :func:`csv_files.read_rows`); paths are relative to its folder.

    Raises
    ------
    InputError
        Where the table cannot be read, a column is unknown, a cell holds no score, or a case has no name, a name that
        was there before, or no reference.
    """
    folder = Path(path).parent
    return cases_of_table(
        Path(path), _EXPLAINED, _column, lambda given, columns, line: _case(given, columns, folder, line)
    )


def radiographs_below(folder: Path) -> list[RadiographCase]:
    """Return the case folders of a folder: each with a ``truth.json``, the radiograph and its vertebrae.

    Raises
    ------
    InputError
        Where there is none.
    """
    truths = sorted(folder.glob("*/truth.json")) + [each for each in [folder / "truth.json"] if each.is_file()]
    if not truths:
        raise InputError(
            f"'{folder}' holds no folders with a truth.json, as simulate --radiograph writes them; name a table."
        )
    return [_of_folder(truth.parent) for truth in truths]


def _of_folder(folder: Path) -> RadiographCase:
    image = next((each for name in IMAGE_NAMES if (each := folder / name).is_file()), None)
    name = folder.resolve().name
    return RadiographCase(name, name, image, Side(folder / "truth.json"))


def _column(name: str, table: str) -> Column:
    known = {each.lower(): each for each in (*_PLAIN, "group")}
    return known_column(
        name,
        table,
        plain=_PLAIN,
        named=(*_OF_A_SIDE, "group"),
        reserved=_RESERVED,
        kind_of=lambda kind: _ALSO_CALLED.get(kind.lower(), known.get(kind.lower(), kind)),
        explained=_EXPLAINED,
    )


def _case(given: Mapping[Column, str], columns: Sequence[Column], folder: Path, line: int) -> RadiographCase:
    name = name_of_case(given, line, _EXPLAINED)
    reference = _side(given, "", folder, f"'{name}' (line {line})")
    if reference.is_blank:
        raise InputError(f"The case '{name}' (line {line}) has no reference: fill in result, score or its parts.")
    image = given.get(("image", ""))
    return RadiographCase(
        name,
        given.get(("patient", "")) or name,
        folder / image if image else None,
        reference,
        {method: _side(given, method, folder, f"'{name}' by {method} (line {line})") for method in methods_of(columns)},
        groups_of(given, columns),
        given.get(("pixel_spacing", ""), ""),
        given.get(("faces", ""), ""),
    )


def _side(given: Mapping[Column, str], of: str, folder: Path, place: str) -> Side:
    result, mask, total = (given.get((kind, of), "") for kind in ("result", "vertebrae", "score"))
    parts = {part: given.get((column, of), "") for column, part in PART_COLUMNS.items()}
    said = total or any(parts.values())
    if said and result:
        raise InputError(f"{place} has a result and scores in cells; leave one of them empty.")
    return Side(
        folder / result if result else None,
        reading_of_cells(total, parts, place) if said else None,
        folder / mask if mask else None,
    )
