"""The files of a CT's Kauppila score: the simulated radiograph, its picture, and the CT beside the radiograph."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from ... import __version__
from ...bounded import MIB, read_bytes, read_json
from ...csv_files import csv_text
from ...durable import write_bytes, write_text
from ...errors import InputError
from ...evaluation.html import page, table
from ...geometry import Grid, Volume
from ...progress import Progress, Steps
from ...reporting import ResultFolder, write_volume
from ...reporting.documents import json_safe, json_text
from ...reporting.drawing import png_bytes
from ...reporting.text import NOT_MEASURED
from ...trust import notes_of
from ..document import radiograph_document, radiograph_schema
from ..kauppila import MOST_TOTAL, PARTS, KauppilaScore
from ..overlay import overlay_picture
from ..readings import score_in
from ..result import RadiographResult
from ..severity import DEFAULT, ScoreGroups
from ..verdict import headline, withdrawn

SCHEMA_VERSION = "1.0"
# Of names that no other result has, so that they can lie beside one.
DRR_FILE, BODIES_FILE, PICTURE_FILE = "drr.nii.gz", "drr_vertebrae.nii.gz", "kauppila.png"
TABLE_FILE, PAGE_FILE, DOCUMENT_FILE = "kauppila.csv", "kauppila.html", "kauppila.json"
# The last one appears last: where it is, the rest is.
KAUPPILA_FILES = (DRR_FILE, BODIES_FILE, PICTURE_FILE, TABLE_FILE, PAGE_FILE, DOCUMENT_FILE)
_SCHEMA_FILE = Path(__file__).parents[1] / "kauppila.schema.json"
_PNG, _LARGEST_PICTURE = b"\x89PNG\r\n\x1a\n", 32 * MIB
_SHARE = "Share of the wall's length with deposits in the CT's masks."


@dataclass(frozen=True, eq=False)
class Compared:
    """What the CT's score is shown beside.

    Attributes
    ----------
    title : str
        What to call it in tables.
    document : dict
        As in ``radiograph.json``.
    score : KauppilaScore
    picture : bytes or None
        PNG.
    """

    title: str
    document: dict
    score: KauppilaScore
    picture: bytes | None = None


def read_compared(folder: Path) -> Compared:
    """Read the result of a radiograph of the same patient.

    Parameters
    ----------
    folder : Path
        What ``radiograph`` has written, or its ``radiograph.json``.

    Raises
    ------
    InputError
    """
    path = folder / "radiograph.json" if folder.is_dir() else folder
    if not path.is_file():
        raise InputError(f"'{folder}' holds no radiograph.json; name the folder of a radiograph's result.")
    try:
        document = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read ({error}); analyse the radiograph again.") from None
    score = score_in(document, path.name)
    return Compared("radiograph", json_safe(document), score, _png(path.with_name("overlay.png")))


def simulated_reading_steps(result: RadiographResult, groups: ScoreGroups | None = None) -> Steps[Compared]:
    """Let the networks for radiographs read a CT's simulated radiograph.

    Raises
    ------
    ModelError, InferenceError
    """
    from ..analysis import analyze_radiograph_steps

    read = withdrawn((yield from analyze_radiograph_steps(result.radiograph)))
    picture = png_bytes(overlay_picture(read, groups))
    return Compared(
        "simulated radiograph, read by the networks", radiograph_document(read, groups), read.score, picture
    )


def _png(path: Path) -> bytes | None:
    """Return a picture that lies beside a document; None where there is none, or something else."""
    try:
        picture = read_bytes(path, _LARGEST_PICTURE)
    except (OSError, ValueError):
        return None
    return picture if picture.startswith(_PNG) else None


def comparison_rows(score: KauppilaScore, others: Mapping[str, KauppilaScore]) -> list[dict]:
    """Return the parts and the sum of the CT's masks beside those of others, and how much larger the others' are."""
    rows = []
    parts = [(*part, score.part(*part).score, score.part(*part).extent_fraction) for part in PARTS]
    for vertebra, wall, own, extent in [*parts, ("total", "", score.total, None)]:
        row: dict = {"vertebra": vertebra, "wall": wall or None, "ct": own, "extent_fraction": extent}
        for name, other in others.items():
            theirs = other.part(vertebra, wall).score if wall else other.total
            row[name] = theirs
            row[f"{name}_minus_ct"] = None if own is None or theirs is None else theirs - own
        rows.append(row)
    return rows


def kauppila_document(
    result: RadiographResult, others: Mapping[str, Compared], groups: ScoreGroups | None = None
) -> dict:
    """Return what ``kauppila.json`` says: the CT's score, those beside it, and their differences.

    The document follows :func:`kauppila_schema`.
    """
    scores = {name: each.score for name, each in others.items()}
    return {
        "schema_version": SCHEMA_VERSION,
        "ct": radiograph_document(result, groups),
        **{name: each.document for name, each in others.items()},
        "compared": comparison_rows(result.score, scores),
    }


def kauppila_schema() -> dict:
    """Return the JSON schema of kauppila.json, that of radiograph.json included."""
    schema = json.loads(_SCHEMA_FILE.read_text(encoding="utf-8"))
    schema["$defs"]["radiograph"] = {"$id": "radiograph.schema.json", **radiograph_schema()}
    return schema


def write_kauppila_steps(
    result: RadiographResult,
    folder: Path,
    others: Mapping[str, Compared] | None = None,
    groups: ScoreGroups | None = None,
    *,
    overwrite: bool = False,
) -> Steps[None]:
    """Write the files of a CT's Kauppila score into a folder, which appears whole or not at all."""
    result, others = withdrawn(result), others or {}
    document = kauppila_document(result, others, groups)
    with ResultFolder(folder, overwrite, KAUPPILA_FILES) as temporary:
        yield Progress("Drawing the overlay", 0.9)
        picture = png_bytes(overlay_picture(result, groups))
        write_bytes(temporary / PICTURE_FILE, picture)
        yield Progress("Writing the result", 0.95)
        write_volume(temporary / DRR_FILE, _plane(result, result.radiograph.pixels))
        write_volume(temporary / BODIES_FILE, _plane(result, result.labels))
        rows = document["compared"]
        write_text(temporary / TABLE_FILE, csv_text(list(rows[0]), [list(row.values()) for row in rows]))
        write_text(temporary / PAGE_FILE, report_html(result, document, others, picture, groups))
        write_text(temporary / DOCUMENT_FILE, json_text(document))


def report_html(
    result: RadiographResult,
    document: Mapping,
    others: Mapping[str, Compared],
    picture: bytes,
    groups: ScoreGroups | None = None,
) -> str:
    """Return the page with CT and radiograph side by side, as one HTML text."""
    pictures = [("The CT as a simulated radiograph", picture)]
    pictures += [(f"The {each.title}", each.picture) for each in others.values() if each.picture]
    parts = [
        "<h1>Kauppila score of a CT</h1>",
        f"<p class=quiet>AbdominalCalcification {__version__} · research use, not for diagnosis</p>",
        f"<p class={'quiet' if not result.trust.reasons else 'warn'}>{escape(headline(result.trust))}</p>",
        _in_brief(result, others, groups or DEFAULT),
        _table(document["compared"], others),
        '<div class="pair">' + "".join(_figure(title, data) for title, data in pictures) + "</div>",
        _notes(result),
        "<h2>How it was made</h2><p>The radiograph is simulated from the CT: attenuation of its HU summed along "
        f"{'a cone of' if result.parameters.get('source_detector_mm') else 'parallel'} rays from side to side"
        f"{', contrast agent taken out of the arteries' if result.parameters.get('contrast_removed') else ''}. The "
        "score is that of the CT's masks, not of this picture: the outline of the aorta's mask gives both walls, the "
        "calcified voxels of the aorta their deposits. A reader of a radiograph sees less: what is thin, small or in "
        "front of bowel and bone.</p>",
    ]
    return page("Kauppila score of a CT", parts, ".pair{display:flex;flex-wrap:wrap;gap:1rem}.pair figure{flex:1 1 "
                "30rem;margin:0}.pair img{width:100%;height:auto}")  # fmt: skip


def _in_brief(result: RadiographResult, others: Mapping[str, Compared], groups: ScoreGroups) -> str:
    told = [_told("Masks of the CT", result.score, groups)]
    told += [_told(f"The {each.title}", each.score, groups) for each in others.values()]
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in told) + "</ul>"


def _told(title: str, score: KauppilaScore, groups: ScoreGroups) -> str:
    if score.total is None:
        return f"{title}: {NOT_MEASURED} (a part was not assessed)"
    return f"{title}: {score.total} of {MOST_TOTAL}, {groups.group_of(score.total)} ({groups.name})"


def _table(rows: list[dict], others: Mapping[str, Compared]) -> str:
    def shown(value) -> str:
        return NOT_MEASURED if value is None else escape(str(value))

    header = ["Part", "CT", f'<span title="{_SHARE}">Share [%]</span>']
    header += [escape(title) for name, each in others.items() for title in (each.title.capitalize(), "Difference")]
    cells = []
    for row in rows:
        share = row["extent_fraction"]
        line = [escape(" ".join(filter(None, (row["vertebra"], row["wall"])))), shown(row["ct"])]
        line.append(NOT_MEASURED if share is None else f"{100 * share:.0f}")
        for name in others:
            difference = row[f"{name}_minus_ct"]
            line += [shown(row[name]), NOT_MEASURED if difference is None else f"{difference:+d}"]
        cells.append(line)
    return table(header, cells, first=[len(rows) - 1])


def _figure(title: str, picture: bytes) -> str:
    data = base64.b64encode(picture).decode("ascii")
    image = f'<img alt="{escape(title)}" src="data:image/png;base64,{data}">'
    return f"<figure><figcaption>{escape(title)}</figcaption>{image}</figure>"


def _notes(result: RadiographResult) -> str:
    notes = notes_of(result.flags)
    if not notes:
        return ""
    return "<h2>Notes</h2><ul>" + "".join(f"<li>{escape(f'{n.message} {n.advice}')}</li>" for n in notes) + "</ul>"


def _plane(result: RadiographResult, pixels: np.ndarray) -> Volume:
    """Return an image as one sagittal slice: columns run to the back, rows to the feet, as the image shows them."""
    rows_mm, columns_mm = result.radiograph.step
    directions = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    grid = Grid.from_spacing((1, *pixels.shape), (columns_mm, rows_mm, 1.0), directions_ras=directions)
    return Volume(np.ascontiguousarray(pixels)[None], grid)
