"""CT series of every kind as DICOM, with masks and a result, for tests of the objects that are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reading.ct import CtImage
from AbdominalCalcificationLib.reporting import measurement_document
from AbdominalCalcificationLib.reporting.dicom import Result
from dicom_files import a_vessel, at_heights, write_enhanced, write_series

SLICES, SIZE = 14, 32
HU = a_vessel(SLICES, SIZE)
# A plaque of one value looks like a scale that was cut off, which makes a result unusable.
HU[HU == 900] += np.random.default_rng(1).integers(-60, 60, np.count_nonzero(HU == 900), np.int16)
SECRETS = {
    (0x0008, 0x0005): ("CS", "ISO_IR 192"),
    (0x0008, 0x0020): ("DA", "20240229"),
    (0x0008, 0x0030): ("TM", "101112"),
    (0x0008, 0x0050): ("SH", "ACC-4711"),
    (0x0008, 0x0080): ("LO", "Klinik am Secret"),
    (0x0008, 0x0090): ("PN", "Referrer^Secret"),
    (0x0008, 0x1030): ("LO", "Secret study"),
    (0x0010, 0x0010): ("PN", "Müller-Secret^Jörg".encode()),
    (0x0010, 0x0020): ("LO", "PID-4711"),
    (0x0010, 0x0030): ("DA", "19500102"),
    (0x0010, 0x0040): ("CS", "M"),
    (0x0010, 0x1010): ("AS", "074Y"),
    (0x0020, 0x0010): ("SH", "STUDY-4711"),
    (0x0020, 0x0052): ("UI", "1.2.3.52"),
}
EDIT = {
    "mask": "Calcification",
    "structure": "calcification",
    "changed_voxels": 17,
    "editor": "Erika Musterfrau",
    "time": "2026-01-02T03:04:05Z",
    "entries": [{"editor": "Erika Musterfrau", "time": "2026-01-02T03:04:05Z", "tool": "Paint", "edits": 3}],
}
# Directions of rows and columns, LPS.
OBLIQUE = (0.8, 0.0, -0.6, 0.0, 1.0, 0.0)
FLIPPED = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ROUNDED = (0.996195, 0.087156, 0.0, -0.087156, 0.996195, 0.0)


def along(orientation, step_mm: float, start=(-12.3, -20.7, 101.1), count: int = SLICES) -> list[tuple[float, ...]]:
    """Return positions of slices `step_mm` apart along their normal."""
    normal = np.cross(orientation[:3], orientation[3:])
    return [tuple(float(x) for x in np.array(start) + step_mm * k * normal) for k in range(count)]


def _series(orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), step_mm=2.0, pixel_mm=(0.8, 0.8), **options):
    def write(folder: Path) -> Path:
        positions = options.pop("positions", None) or along(orientation, step_mm)
        return write_series(
            folder, HU[: len(positions)], positions, orientation=orientation, pixel_mm=pixel_mm, **options
        )

    return write


#: How each kind of series is written; those of `MOVED` are put together by interpolation.
SERIES = {
    "axial": _series(extra=SECRETS),
    "flipped": _series(FLIPPED),
    "oblique": _series(OBLIQUE, pixel_mm=(0.7, 0.9)),
    "rounded": _series(ROUNDED, step_mm=1.25),
    "not square": _series(pixel_mm=(0.61, 0.83)),
    "anonymised": _series(extra={(0x0010, 0x0010): None, (0x0008, 0x0070): None}),
    "tilted": _series(positions=[(-20.0, -20.0 + 0.3 * k, 2.0 * k) for k in range(SLICES)]),
    "slice missing": _series(positions=at_heights([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13])),
    "multi-frame": lambda folder: write_enhanced(folder / "ct.dcm", HU[::-1], along(FLIPPED, 2.0)[::-1], FLIPPED),
}
MOVED = ("tilted", "slice missing")


@dataclass(frozen=True, eq=False)
class Case:
    """A CT and what was measured on it."""

    ct: CtImage
    result: Result


def masks_of(ct: CtImage) -> tuple[Volume, Volume]:
    """Return an artery of three territories and its calcification, which lies in two of them and in part beside it."""
    array = ct.volume.array
    lumen = (array > 150).astype(np.uint8)
    lumen[: SLICES // 3][lumen[: SLICES // 3] > 0] = territory("common_iliac_right").label
    lumen[-2:][lumen[-2:] > 0] = territory("celiac_trunk").label
    calcified = array > 800
    calcified[:, :, 1:] |= calcified[:, :, :-1]
    return ct.volume.with_array(lumen), ct.volume.with_array(calcified.astype(np.uint8))


def a_case(ct: CtImage, edits=(), grow: bool = False) -> Case:
    """Return the result of given masks; `grow` corrects the calcification first."""
    arteries, calcification = masks_of(ct)
    if grow:
        array = calcification.array.copy()
        array[1:] |= array[:-1]
        calcification = calcification.with_array(array)
    given = Given(arteries, calcification, ct.identity, ct.flags, edits=edits, source=ct.source)
    analysis = drain(analyze_steps(ct.volume, Choices(), given))
    document = measurement_document(analysis.measurement)
    return Case(ct, Result(document, analysis.arteries, analysis.calcification))


def read_series(name: str, folder: Path) -> CtImage:
    """Write the series called `name` and read it."""
    return read_ct(SERIES[name](folder))
