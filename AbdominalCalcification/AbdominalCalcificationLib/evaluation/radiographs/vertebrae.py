"""Vertebral bodies of two label maps of one radiograph: how well they overlap, and whether levels are named alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ...errors import InputError
from ...paths import native_path
from ...radiograph.spine import LABELS, ORDER
from ...reading.images import as_labels
from ...reading.quiet import quiet_libraries

# Of a body in the reference, the part that any body of the other side must cover to have found it; this project's own.
_FOUND = 0.5


def read_vertebrae(path: Path) -> np.ndarray:
    """Return a label map of vertebrae, shape (rows, columns), values of :data:`radiograph.spine.LABELS`.

    Raises
    ------
    InputError
        For what cannot be read, is not one image, or holds other values.
    """
    if not path.is_file():
        raise InputError(f"There is no label map of vertebrae '{path}'; correct its path in the table.")
    try:
        with quiet_libraries():
            array = sitk.GetArrayFromImage(sitk.ReadImage(native_path(path)))
    except RuntimeError:
        raise InputError(f"The label map of vertebrae '{path}' cannot be read; export it again as NIfTI.") from None
    array = np.squeeze(array)
    if array.ndim != 2:
        raise InputError(f"'{path}' is not one image of vertebrae, but has the shape {array.shape}.")
    labels = as_labels(array[None], path.name)[0]
    strangers = sorted(set(np.unique(labels).tolist()) - {0, *LABELS.values()})
    if strangers:
        known = ", ".join(f"{value}={name}" for name, value in LABELS.items())
        raise InputError(f"'{path.name}' has the value {strangers[0]}, which is no vertebra; use {known}.")
    return labels


def vertebra_rows(reference: np.ndarray, prediction: np.ndarray) -> list[dict[str, Any]]:
    """Return a row for each body that the reference holds, from head to foot, and one of all together.

    A body is *found* where bodies of the other side, whatever they are called, cover at least half of it; it is *named
    right* where, of these, the one that covers most has its name. What the reference does not hold is not judged.

    Parameters
    ----------
    reference, prediction : ndarray of int, shape (rows, columns)

    Returns
    -------
    list of dict
        ``vertebra`` (``all`` for any of them), ``reference_pixels``, ``prediction_pixels``, ``common_pixels``,
        ``dice`` of the same name, ``found`` and ``named`` (None where not found).

    Raises
    ------
    InputError
        For label maps of different sizes.
    """
    if reference.shape != prediction.shape:
        raise InputError(
            f"The vertebrae have {prediction.shape[1]} x {prediction.shape[0]} pixels, those of the reference "
            f"{reference.shape[1]} x {reference.shape[0]}; give both on the radiograph's pixels."
        )
    known = [name for name in ORDER if (reference == LABELS[name]).any()]
    rows = []
    for name in known:
        body = reference == LABELS[name]
        covering = np.bincount(prediction[body].ravel(), minlength=max(LABELS.values()) + 1)
        covering[0] = 0
        found = bool(covering.sum() >= _FOUND * body.sum())
        most = next((each for each, value in LABELS.items() if value == int(covering.argmax())), None)
        rows.append({"vertebra": name, **_overlap(body, prediction == LABELS[name]), "found": found})
        rows[-1]["named"] = most if found else None
    judged = np.isin(prediction, [LABELS[name] for name in known])
    rows.append({"vertebra": "all", **_overlap(reference > 0, judged), "found": True, "named": None})
    return rows


def _overlap(reference: np.ndarray, prediction: np.ndarray) -> dict[str, Any]:
    """Return pixels of both, and their Dice; None where both are empty."""
    sizes = int(reference.sum()), int(prediction.sum())
    common = int((reference & prediction).sum())
    return {
        "reference_pixels": sizes[0],
        "prediction_pixels": sizes[1],
        "common_pixels": common,
        "dice": 2 * common / sum(sizes) if sum(sizes) else None,
    }
