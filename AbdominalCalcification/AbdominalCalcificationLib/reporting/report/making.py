"""From a measured case to its report: the pictures are drawn from masks that are measured again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ...errors import InputError
from ...geometry import Volume
from ...measurement import LiveMeasurement, Measurement
from ...progress import Progress, Steps, scaled, shown
from ...trust import Trust, Verdict
from ..documents import document_parameters, document_trust, measurement_document
from ..drawing import png_bytes
from ..views import render_views_steps
from .content import Material, Patient, ReportChoices, largest_clusters
from .documents import Report, made_report
from .figures import Figures, figures_steps


def report_steps(
    document: Mapping,
    ct: Volume,
    arteries: Volume,
    calcification: Volume,
    *,
    views: bytes | None = None,
    patient: Patient | None = None,
    choices: ReportChoices | None = None,
) -> Steps[Report]:
    """Make the report of a result.

    Parameters
    ----------
    document : mapping
        ``measurements.json``.
    ct, arteries, calcification : Volume
        HU and the masks before shortening, on one grid, as the result was measured.
    views : bytes, optional
        ``views.png``; drawn again without it.
    patient : Patient, optional
    choices : ReportChoices, optional

    Raises
    ------
    InputError
        Where the masks are not those that the document is about, and as :func:`documents.made_report`.
    """
    trust = document_trust(document)
    live = LiveMeasurement(ct, arteries, calcification, document_parameters(document))
    measurement = yield from scaled(live.update_steps(), 0.0, 0.5)
    _check_same(document, measurement_document(measurement))
    if views is None:
        views = yield from _views_steps(ct, measurement, trust)
    figures = Figures()
    if trust.verdict is not Verdict.UNUSABLE:
        figures = yield from figures_steps(ct, live, measurement, largest_clusters(document), views)
    material = Material(document, patient or Patient(), figures, choices or ReportChoices())
    return replace(made_report(material), views=views)


def _views_steps(ct: Volume, measurement: Measurement, trust: Trust) -> Steps[bytes]:
    masks = measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map
    picture = yield from shown(render_views_steps(ct, *masks, trust=trust), Progress("Rendering views", 0.5))
    return png_bytes(picture.image)


def _check_same(document: Mapping, again: Mapping) -> None:
    """Refuse to show pictures of other masks than those whose numbers stand in the document."""
    for stored, now in zip(
        [*document["territories"], document["total"]], [*again["territories"], again["total"]], strict=True
    ):
        same = all(
            math.isclose(stored[key] or 0.0, now[key] or 0.0, rel_tol=1e-6, abs_tol=1e-9)
            for key in ("artery_volume_mm3", "calcified_volume_mm3", "cluster_count")
        )
        if stored["name"] != now["name"] or not same:
            raise InputError(
                "The masks, measured again, do not give the numbers of measurements.json: they were changed or are "
                "another version's; analyse the CT again with these masks."
            )
