"""The files of one result."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..geometry import Volume
from ..measurement.result import Measurement
from .documents import json_text, measurement_document
from .images import write_volume
from .tables import clusters_csv, territories_csv


def write_results(folder: str | Path, measurement: Measurement, arteries: Volume, calcification: Volume) -> None:
    """Write masks, measurements.json and the tables of `measurement` into `folder`.

    Parameters
    ----------
    folder : str or Path
        An existing folder, usually the one that :class:`ResultFolder` hands out.
    measurement : Measurement
    arteries : Volume
        Territory labels as they were measured, nothing cut off, so that measuring the files
        again gives the same numbers.
    calcification : Volume
        Non-zero = calcified.
    """
    folder = Path(folder)
    write_volume(folder / "arteries.nii.gz", arteries.with_array(arteries.array.astype(np.uint8, copy=False)))
    write_volume(folder / "calcification.nii.gz", calcification.with_array(calcification.array != 0))
    for name, text in (
        ("territories.csv", territories_csv(measurement)),
        ("clusters.csv", clusters_csv(measurement)),
        ("measurements.json", json_text(measurement_document(measurement))),
    ):
        write_text(folder / name, text)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
