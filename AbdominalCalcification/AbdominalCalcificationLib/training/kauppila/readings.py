"""Radiographs that readers have scored: a table of part scores, and a folder of images, as films to learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import AbdominalCalcificationError, InputError
from ...evaluation.cohort import cells_of_row, table_of_cases
from ...evaluation.radiographs.cohort import PART_COLUMNS
from ...evaluation.radiographs.readings import reading_of_cells
from ...flags import Effect
from ...inference.model_folder import ModelFolder
from ...inference.radiograph_job import found_vertebrae
from ...inference.vertebra_predictor import VertebraPredictor
from ...leftovers import sweep
from ...progress import Progress, Steps
from ...radiograph.image import Radiograph
from ...radiograph.kauppila import VERTEBRAE, KauppilaScore
from ...radiograph.reading import ReadingChoices, read_radiograph
from .films import film_of, read_film, write_film

_EXPLAINED = (
    "columns are case, image (a file in the folder of images; by default the one that is called like the case), "
    "faces (left or right, of an image that does not say it) and the parts L1_anterior to L4_posterior"
)
_COLUMNS = ("case", "image", "faces", *PART_COLUMNS)
_NAMED = ("case", "image")


@dataclass(frozen=True)
class ScoredImage:
    """A row of the table: a radiograph and its score."""

    name: str
    image: Path
    score: KauppilaScore
    faces: str | None = None

    @property
    def film(self) -> str:
        """Name of its film, which changes with whatever it is made from."""
        said = f"{self.name}|{self.image}|{self.image.stat().st_size}|{self.faces}|"
        said += ",".join(str(each.score) for each in self.score.segments)
        return f"case_{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def read_scored_images(table: Path, folder: Path) -> list[ScoredImage]:
    """Read the table and find its images.

    Raises
    ------
    InputError
        Where the table cannot be read, or a row has no score, no image, or the image of another row.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder of radiographs '{folder}'; name it with --images.")
    header, rows = table_of_cases(table, _EXPLAINED)
    columns = [name.strip() for name in header]
    if strangers := [name for name in columns if name not in _COLUMNS]:
        raise InputError(f"'{table.name}' has a column '{strangers[0]}'; its {_EXPLAINED}.")
    if "case" not in columns:
        raise InputError(f"'{table.name}' has no column 'case'; its {_EXPLAINED}.")
    listed = {each.name: each for each in sorted(folder.iterdir()) if each.is_file()}
    found: dict[str, ScoredImage] = {}
    for line, cells in rows:
        given = dict(zip(columns, cells_of_row(cells, len(columns), line), strict=True))
        each = _row(given, listed, folder, line)
        if each.name in found:
            raise InputError(f"The table names the case '{each.name}' twice (line {line}); give each its own name.")
        if other := next((o for o in found.values() if o.image == each.image), None):
            raise InputError(f"The cases '{other.name}' and '{each.name}' have the same image (line {line}).")
        found[each.name] = each
    return list(found.values())


def _row(given: dict[str, str], listed: dict[str, Path], folder: Path, line: int) -> ScoredImage:
    name = given["case"].strip()
    if not name:
        raise InputError(f"The row that ends in line {line} names no case.")
    faces = given.get("faces", "").strip().lower() or None
    if faces not in (None, "left", "right"):
        raise InputError(f"'{given['faces']}' of '{name}' says not where the patient's front is; write left or right.")
    image = given.get("image", "").strip()
    if image:
        fitting = [listed[image]] if image in listed else []
    else:
        fitting = [file for own, file in listed.items() if own == name or own.split(".")[0] == name]
    if len(fitting) != 1:
        many = "no file" if not fitting else f"{len(fitting)} files"
        raise InputError(f"'{folder}' has {many} for the case '{name}' (line {line}); name it in the column image.")
    parts = {part: given.get(column, "") for column, part in PART_COLUMNS.items()}
    score = reading_of_cells("", parts, f"the case '{name}' (line {line})").score
    if all(each.score is None for each in score.segments):
        raise InputError(f"The case '{name}' (line {line}) has no part score; fill it in or remove the row.")
    return ScoredImage(name, fitting[0], score, faces)


def reading_steps(
    scored: Sequence[ScoredImage], folder: Path, vertebra_model: Path, device: str
) -> Steps[tuple[str, ...]]:
    """Write a film for each radiograph; those that are there already are kept, others are removed.

    Returns
    -------
    tuple of str
        What is to be known of radiographs that were left out.

    Raises
    ------
    InputError
        Where none is left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    names = {each.film for each in scored}
    for file in folder.glob("*.npz"):
        if file.stem not in names:
            file.unlink()
    predictor: VertebraPredictor | None = None
    left_out = []
    for number, each in enumerate(scored):
        yield Progress("Finding the vertebrae", number / len(scored))
        path = folder / f"{each.film}.npz"
        if path.is_file() and _is_whole(path):
            continue
        if predictor is None:
            from ...inference.model_folder import RADIOGRAPH

            predictor = VertebraPredictor(ModelFolder.open(vertebra_model, kind=RADIOGRAPH), device)
        try:
            radiograph, vertebrae = _with_vertebrae(each, predictor)
        except AbdominalCalcificationError as error:
            left_out.append(f"{each.name} is left out: {error}")
            continue
        write_film(path, film_of(radiograph, vertebrae, each.score.segments))
    if len(left_out) == len(scored):
        raise InputError(f"None of the {len(scored)} radiographs can be learnt from. {left_out[0]}")
    return tuple(left_out)


def _with_vertebrae(each: ScoredImage, predictor: VertebraPredictor):
    """Return a radiograph facing left with its vertebrae; InputError where they are not found."""
    image = read_radiograph(each.image, ReadingChoices(faces=each.faces))
    if grave := next((flag for flag in image.flags if flag.effect is Effect.UNUSABLE), None):
        raise InputError(grave.message)
    assumed = any(flag.code == "facing_assumed" for flag in image.flags)
    faces = None if assumed else image.radiograph.faces
    said = image.radiograph
    radiograph, vertebrae = found_vertebrae(Radiograph(said.pixels, said.spacing_mm, faces, said.aspect), predictor)
    if missing := [name for name in VERTEBRAE if name not in vertebrae]:
        raise InputError(f"{', '.join(missing)} not found in '{each.image.name}'.")
    return radiograph, vertebrae


def _is_whole(path: Path) -> bool:
    try:
        return read_film(path) is not None
    except InputError:
        return False
