"""Picture, report and DICOM objects of a result whose masks and tables are written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AbdominalCalcificationError, WriteError
from ..geometry import Volume
from ..progress import Steps, staged
from ..reporting.dicom.result import Result
from ..reporting.documents import document_trust
from ..reporting.report_files import write_report
from ..reporting.view_masks import ShownMasks

if TYPE_CHECKING:
    from ..comparison.severity import SeverityGroups
    from ..pipeline import Analysis
    from ..reading.dicom import SourceSeries
    from ..reporting.dicom import DicomWish
    from ..reporting.report import Report, ReportChoices

#: The picture of a result in its folder.
VIEWS = "views.png"
# What is done once the picture is drawn, and once the report is made.
_DRAWN, _REPORTED = 0.3, 0.6


@dataclass(frozen=True, eq=False)
class Documents:
    """What is wanted of a result, made in this process.

    Attributes
    ----------
    dicom : DicomWish, optional
        Of which images objects are written into the folder ``dicom``, and how (:mod:`reporting.dicom`).
    report : ReportChoices, optional
        How a report is made; it is among the objects, where there are any.
    source : SourceSeries, optional
        The images of the CT, whose headers tell patient and study of a report.
    """

    dicom: DicomWish | None = None
    report: ReportChoices | None = None
    source: SourceSeries | None = None

    @property
    def severity(self) -> SeverityGroups | None:
        """Groups of burden that the report names, if it was told which."""
        return None if self.report is None else self.report.severity

    def steps(
        self, folder: Path, result: Result, ct: Volume, analysis: Analysis, anonymous: bool
    ) -> Steps[tuple[str, ...]]:
        """Make what is wanted of a result.

        Parameters
        ----------
        folder : Path
            Of the result, with its masks and tables.
        result : Result
        ct : Volume
            HU, on the grid of the masks.
        analysis : Analysis
            What the result is of.
        anonymous : bool
            The objects name nobody.

        Returns
        -------
        tuple of str
            What could not be written on this machine, and why.
        """
        measurement = analysis.measurement
        masks = measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map
        shown = yield from staged("Rendering views", ShownMasks.cropped_steps(*masks), 0.0, 0.0)
        return (yield from self.made_steps(folder, result, ct, shown, anonymous))

    def made_steps(
        self, folder: Path, result: Result, ct: Volume, shown: ShownMasks, anonymous: bool
    ) -> Steps[tuple[str, ...]]:
        """Make what is wanted, see :meth:`steps`; `shown` is the part of the masks that the picture shows."""
        notes = yield from _views_steps(result, ct, shown, folder / VIEWS)
        made = None
        if self.report is not None:
            made = yield from self._report_steps(folder, result, ct, self.report)
        if self.dicom is not None:
            notes += yield from self._dicom_steps(folder, result, anonymous, made, self.dicom)
        return tuple(notes)

    def _report_steps(self, folder: Path, result: Result, ct: Volume, choices: ReportChoices) -> Steps[Report]:
        from ..reporting.report.making import report_steps
        from ..reporting.report.patients import patient_for

        views = folder / VIEWS
        steps = report_steps(
            result.document,
            ct,
            result.arteries,
            result.calcification,
            views=views.read_bytes() if views.is_file() else None,
            patient=patient_for(result.document, self.source),
            choices=choices,
        )
        made = yield from staged("Making the report", steps, _DRAWN, _REPORTED)
        write_report(folder, made)
        return made

    def _dicom_steps(
        self, folder: Path, result: Result, anonymous: bool, report: Report | None, wish: DicomWish
    ) -> Steps[list[str]]:
        from ..reporting.dicom import write_dicom_steps
        from ..reporting.dicom.report import capture_of, write_report_objects

        headers = wish.headers(result.document, anonymous)
        parts = write_dicom_steps(folder, result, headers, wish.kind)
        notes = yield from staged("Writing DICOM", parts, _REPORTED, 1.0)
        if report is not None:
            write_report_objects(folder, headers, report.pdf, capture_of(report.views, result.document))
        return list(notes)


def _views_steps(result: Result, ct: Volume, shown: ShownMasks, path: Path) -> Steps[list[str]]:
    from ..reporting.views import draw_views_steps

    drawing = draw_views_steps(ct, shown, path, trust=document_trust(result.document))
    try:
        picture = yield from staged("Rendering views", drawing, 0.0, 0.0)
    except WriteError:
        raise
    except AbdominalCalcificationError as error:
        return [not_drawn(error)]
    return list(picture.notes)


def not_drawn(error: AbdominalCalcificationError) -> str:
    """Return the line that a result has no picture, and why."""
    return f"{VIEWS} was not written: {error}"
