"""The work on radiographs of a scene: scored, exported; what was corrected is never lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...progress import Progress, Steps, scaled
from ...radiograph.corrections import Corrections
from .images import read_image
from .record import RadiographRecord, find_record, store_result
from .shown import show_result

if TYPE_CHECKING:
    from ...radiograph.case import CaseChoices


class RadiographSession:
    """Scores and exports radiographs of a scene.

    Parameters
    ----------
    worker : callable
        Returns the process that networks run in.
    """

    def __init__(self, worker: Callable[[], Any]):
        self._worker = worker

    def analyze_steps(
        self,
        image,
        choices: CaseChoices | None = None,
        keep_corrected: bool = True,
    ) -> Steps[RadiographRecord]:
        """Find the vertebrae of a radiograph, score the aorta in front of them, and show the result.

        Parameters
        ----------
        image : vtkMRMLScalarVolumeNode
            Of one slice.
        choices : CaseChoices, optional
            Of reading: what is as Slicer shows the image, not as a file has it, is inverted.
        keep_corrected : bool
            Keep a result that was corrected as an earlier version; otherwise its corrections are lost.

        Raises
        ------
        InputError
            For what is no radiograph, and where the models are not one of each kind.
        """
        from ...radiograph.analysis import analyze_radiograph_steps
        from ...radiograph.case import CaseChoices
        from ...radiograph.sense import sensible

        choices = choices or CaseChoices()
        running = choices.running()
        yield Progress("Reading the radiograph", 0.0)
        read = read_image(image, choices.reading)
        before = _corrections_of(find_record(image))
        analysis = analyze_radiograph_steps(
            read.radiograph,
            running,
            identity=read.identity,
            flags=read.flags,
            parameters=choices.document(),
            worker=self._worker(),
        )
        made = sensible((yield from scaled(analysis, 0.1, 1.0)))
        now = _corrections_of(find_record(image))
        # Of what was corrected meanwhile nobody was asked.
        keep = now is None or (bool(now.standing) and (keep_corrected or now != before))
        record = store_result(made, image, choices.reading.invert, keep)
        show_result(record)
        return record

    def export_steps(
        self,
        record: RadiographRecord,
        folder: Path | str,
        overwrite: bool = False,
        *,
        anonymous: bool = False,
        report: bool = False,
        severity: str | None = None,
    ) -> Steps[None]:
        """Write the result as it is now into the folder that the command line writes.

        Parameters
        ----------
        record : RadiographRecord
        folder : path
        overwrite : bool
            Replace a result that is there.
        anonymous : bool
            Name nobody.
        report : bool
            Also make the report.
        severity : str, optional
            Name of a table of :data:`...radiograph.severity.TABLES`; the default one without it.

        Raises
        ------
        InputError
            Where the folder holds a result or cannot be written, and where the image is another one than was scored.
        """
        from ...radiograph.files import export_steps, radiograph_folder
        from ...radiograph.severity import TABLES

        radiograph_folder(folder, overwrite)  # refuses here, before any work is done
        yield Progress("Reading the radiograph", 0.0)
        result, image = record.whole_result()
        wanted = None
        if report:
            from ...radiograph.report import RadiographReportChoices

            wanted = RadiographReportChoices()
        groups = None if severity is None else TABLES[severity]
        yield from export_steps(
            *(result, image, folder), overwrite=overwrite, anonymous=anonymous, groups=groups, report=wanted
        )


def _corrections_of(record: RadiographRecord | None) -> Corrections | None:
    """Return the corrections of a result; None where it cannot be read, and none where there is none."""
    try:
        return Corrections() if record is None else record.corrections
    except InputError:
        return None
