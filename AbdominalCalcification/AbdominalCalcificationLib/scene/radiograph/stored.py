"""A result of a radiograph as JSON for the scene, and back: everything but the pixels, which are the image's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import numpy as np

from ...errors import InputError
from ...flags import Flag
from ...radiograph.corrections import Corrections, packed_labels, unpacked_labels
from ...radiograph.image import Radiograph
from ...radiograph.kauppila import KauppilaScore, Segment
from ...radiograph.result import RadiographResult
from ...radiograph.spine import vertebrae_of

_VERSION = 1


def stored(made: RadiographResult, corrections: Corrections) -> dict[str, Any]:
    """Return what was made, and what was corrected since, as JSON values."""
    radiograph = made.radiograph
    return {
        "version": _VERSION,
        "id": uuid4().hex,  # what was made never changes: only corrections are added
        "radiograph": {
            "shape": list(radiograph.pixels.shape),
            "spacing_mm": None if radiograph.spacing_mm is None else list(radiograph.spacing_mm),
            "aspect": list(radiograph.aspect),
            "faces": radiograph.faces,
        },
        "labels": packed_labels(made.labels),
        "segments": [_segment_document(each) for each in made.score.segments],
        "inflation": made.inflation,
        "flags": [{"code": flag.code, "message": flag.message, "territory": flag.territory} for flag in made.flags],
        "parameters": dict(made.parameters),
        "provenance": dict(made.provenance),
        "corrections": corrections.document(),
    }


def made_in(document: Mapping[str, Any], pixels: np.ndarray | None = None) -> RadiographResult:
    """Return the result in what :func:`stored` wrote, as it was made.

    Parameters
    ----------
    document : mapping
    pixels : ndarray, optional
        Of the upright image as :func:`.images.read_image` has them; blank where nothing needs them.

    Raises
    ------
    InputError
        For anything else.
    """
    try:
        radiograph = _radiograph(document["radiograph"], pixels)
        labels = unpacked_labels(document["labels"])
        if labels.shape != radiograph.pixels.shape:
            raise ValueError("vertebrae of another image")
        return RadiographResult(
            radiograph,
            labels,
            vertebrae_of(labels, radiograph.step, radiograph.faces or "left"),
            KauppilaScore(tuple(_segment(each) for each in document["segments"])),
            float(document["inflation"]),
            tuple(Flag(each["code"], each["message"], each["territory"]) for each in document["flags"]),
            document["parameters"],
            document["provenance"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"The result of the radiograph in this scene is damaged ({error}); run it again.") from None


def corrections_in(document: Mapping[str, Any]) -> Corrections:
    """Return the corrections in what :func:`stored` wrote; InputError for anything else."""
    if not isinstance(document, Mapping) or "corrections" not in document:
        raise InputError("The result of the radiograph in this scene is damaged (no corrections); run it again.")
    return Corrections.read(document["corrections"])


def _radiograph(about: Mapping[str, Any], pixels: np.ndarray | None) -> Radiograph:
    shape = tuple(about["shape"])
    if pixels is not None and pixels.shape != shape:
        raise InputError("The image has another size than when its result was made; run it again.")
    blank = np.broadcast_to(np.float32(0), shape)
    spacing = about["spacing_mm"]
    return Radiograph(
        blank if pixels is None else pixels,
        None if spacing is None else (spacing[0], spacing[1]),
        about["faces"],
        (about["aspect"][0], about["aspect"][1]),
    )


def _segment_document(segment: Segment) -> dict[str, Any]:
    return {
        "vertebra": segment.vertebra,
        "wall": segment.wall,
        "score": segment.score,
        "probabilities": None if segment.probabilities is None else [float(each) for each in segment.probabilities],
        "extent_fraction": segment.extent_fraction,
        "line": [[float(x), float(y)] for x, y in segment.line],
        "deposits": [[float(start), float(end)] for start, end in segment.deposits],
        "origin": segment.origin,
    }


def _segment(document: Mapping[str, Any]) -> Segment:
    shares = document["probabilities"]
    return Segment(
        document["vertebra"],
        document["wall"],
        document["score"],
        None if shares is None else tuple(shares),
        document["extent_fraction"],
        tuple((x, y) for x, y in document["line"]),
        tuple((start, end) for start, end in document["deposits"]),
        document["origin"],
    )
