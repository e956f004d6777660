"""What a result came from."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from .. import __version__
from .documents import json_safe


def build_provenance(
    input_identity: Mapping | None = None,
    *,
    models: Iterable[Mapping] = (),
    calcification_source: Mapping | None = None,
    parameters: Mapping | None = None,
    edits: Iterable[Mapping] = (),
    time: datetime | None = None,
) -> dict:
    """Return what is needed to reproduce a result, as JSON values (``measurement.md#provenance``).

    Parameters
    ----------
    input_identity : mapping, optional
        :attr:`reading.CtImage.identity`.
    models : iterable of mapping
        ``name`` and ``checksum`` of each model that was used.
    calcification_source : mapping, optional
        How calcification was found: a model's name, a given mask, or a threshold's ``method``,
        ``threshold_hu`` and ``description``.
    parameters : mapping, optional
        What the user chose beyond the measurement's own parameters: ``device``, and where given
        ``artery_labels`` (mask values to names) and ``label_names`` (model labels to what they mean).
    edits : iterable of mapping
        Corrections by hand: who, when, how many voxels.
    time : datetime, optional
        When it was measured, with a time zone; now by default.
    """
    time = datetime.now(timezone.utc) if time is None else time
    return json_safe(
        {
            "software": {"name": "AbdominalCalcification", "version": __version__},
            "time": time.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "input": None if input_identity is None else dict(input_identity),
            "models": [{"name": model["name"], "checksum": model["checksum"], **model} for model in models],
            "calcification_source": None if calcification_source is None else dict(calcification_source),
            "parameters": dict(parameters or {}),
            "edits": [dict(edit) for edit in edits],
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
        }
    )
