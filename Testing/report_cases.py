"""A small DICOM case with its result, for tests of reports and of what is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reporting.images import write_volume
from dicom_files import at_heights, write_series

SHAPE = (36, 40, 40)
SPACING_MM = 3.0
HEADER = {
    (0x0008, 0x0005): ("CS", "ISO_IR 192"),
    (0x0008, 0x0020): ("DA", "20260102"),
    (0x0008, 0x0030): ("TM", "101112"),
    (0x0008, 0x0050): ("SH", "ACC77"),
    (0x0008, 0x1030): ("LO", "CT Angio Abdomen"),
    (0x0010, 0x0010): ("PN", "Müßig^Jörg=山田^太郎".encode()),
    (0x0010, 0x0020): ("LO", "ID4711"),
    (0x0010, 0x0030): ("DA", "19500203"),
    (0x0010, 0x0040): ("CS", "M"),
    (0x0020, 0x0010): ("SH", "ST1"),
}


@dataclass(frozen=True)
class Case:
    """Where the CT, its masks and the result of a case lie."""

    ct: Path
    arteries: Path
    calcification: Path
    nothing: Path
    result: Path

    def analyze(self, output: Path, *more: str, **masks: Path) -> int:
        """Run ``analyze`` with the masks, or others; return the exit code."""
        given = {"arteries": self.arteries, "calcification": self.calcification, **masks}
        named = [str(part) for role, path in given.items() for part in (f"--{role}", path)]
        return cli.main(["analyze", str(self.ct), *named, "--output", str(output), "--quiet", *more])


def a_case(folder: Path, header: dict | None = None) -> Case:
    """Write a series of an aorta with one plaque, and its masks; the result is not there yet."""
    k, j, i = np.indices(SHAPE)
    radius = np.hypot(i - 20, j - 20)
    aorta, plaque = radius <= 8, (radius <= 8) & (radius > 5) & (i > 20) & (k > 10) & (k < 18)
    hu = np.where(plaque, 900, np.where(aorta, 350, -60)) + np.random.default_rng(0).normal(0, 12, SHAPE)
    hu[:, :2] = -1000
    heights = at_heights([SPACING_MM * number for number in range(SHAPE[0])])
    (folder / "ct").mkdir(parents=True)
    write_series(folder / "ct", np.rint(hu).astype(np.int16), heights, extra=HEADER if header is None else header)
    grid = read_ct(folder / "ct").volume.grid
    for name, mask in (("aorta", aorta), ("plaque", plaque), ("nothing", np.zeros(SHAPE))):
        write_volume(folder / f"{name}.nii.gz", Volume(mask.astype(np.uint8), grid))
    masks = (folder / f"{name}.nii.gz" for name in ("aorta", "plaque", "nothing"))
    return Case(folder / "ct", *masks, folder / "result")
