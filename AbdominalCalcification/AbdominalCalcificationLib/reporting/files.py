"""The files of one result."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path

import numpy as np

from ..durable import write_text
from ..geometry import Volume
from ..measurement.result import Measurement
from .documents import json_text, measurement_document
from .images import write_volume_steps
from .tables import clusters_csv, territories_csv


def write_results(folder: str | Path, measurement: Measurement, arteries: Volume, calcification: Volume) -> None:
    """Write masks, measurements.json and the tables of a measurement, see :func:`write_results_steps`."""
    for _ in write_results_steps(folder, measurement, arteries, calcification):
        pass


def write_results_steps(
    folder: str | Path,
    measurement: Measurement,
    arteries: Volume,
    calcification: Volume,
    document: Mapping | None = None,
) -> Generator[float, None, None]:
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
    document : mapping, optional
        What :func:`documents.measurement_document` makes of `measurement`; made here without it.

    Yields
    ------
    float
        Which part of it is done, 0 to 1.
    """
    folder = Path(folder)
    masks = (
        ("arteries.nii.gz", arteries.with_array(arteries.array.astype(np.uint8, copy=False))),
        ("calcification.nii.gz", calcification.with_array(calcification.array != 0)),
    )
    for number, (name, mask) in enumerate(masks):
        for done in write_volume_steps(folder / name, mask):
            yield (number + done) / len(masks)
    for name, text in (
        ("territories.csv", territories_csv(measurement)),
        ("clusters.csv", clusters_csv(measurement)),
        ("measurements.json", json_text(document or measurement_document(measurement))),
    ):
        write_text(folder / name, text)
