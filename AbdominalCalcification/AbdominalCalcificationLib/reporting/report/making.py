"""From a measured case to its report: the pictures are drawn from masks that are measured again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...geometry import Volume
from ...measurement import Measurement
from ...progress import Progress, Steps, scaled, shown
from ...trust import Trust, Verdict
from ..documents import document_trust
from ..drawing import png_bytes
from ..measured_again import measured_again_steps
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
    measuring = measured_again_steps(document, ct, arteries, calcification)
    live, measurement = yield from scaled(measuring, 0.0, 0.5)
    figures, usable = Figures(), trust.verdict is not Verdict.UNUSABLE
    if views is None and usable:
        views = yield from _views_steps(ct, measurement, trust)
    if views is not None and usable:
        figures = yield from figures_steps(ct, live, measurement, largest_clusters(document), views)
    material = Material(document, patient or Patient(), figures, choices or ReportChoices())
    return replace(made_report(material), views=views or b"")


def _views_steps(ct: Volume, measurement: Measurement, trust: Trust) -> Steps[bytes]:
    masks = measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map
    picture = yield from shown(render_views_steps(ct, *masks, trust=trust), Progress("Rendering views", 0.5))
    return png_bytes(picture.image)
