"""The files of one result."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..durable import write_text
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
