"""The documents of a result, made by a process of its own: no step here takes long, and closing it ends the process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InferenceError, WriteError
from ..geometry import Volume
from ..leftovers import sweep
from ..processes.interpreter import find_python
from ..processes.worker import Worker
from ..progress import Progress, Steps, scaled, shown
from ..reporting.dicom.result import Result
from ..reporting.view_masks import ShownMasks
from .documents import VIEWS, not_drawn
from .handing import Handed, hand_over_steps

if TYPE_CHECKING:
    from ..comparison.severity import SeverityGroups
    from ..pipeline import Analysis
    from ..reporting.report import ReportChoices

_HANDING = Progress("Handing the result to the export process", 0.0)
_HANDED = 0.05
_STARTING = Progress("Starting the export process", 0.0)


class Exporter(Worker):
    """The process that makes documents; it starts when first needed."""

    what = "export"
    remedy = "close other programs"

    def _start(self) -> None:
        self._command = [find_python(), str(Path(__file__).resolve().parent)]
        super()._start()

    def _error(self, event: dict) -> Exception:
        written = event.get("cannot_write")
        return WriteError(*written) if written else super()._error(event)


@dataclass(frozen=True, eq=False)
class DocumentsApart:
    """What is wanted of a result, made by another process; stands for :class:`.documents.Documents`.

    Attributes
    ----------
    exporter : Exporter
    dicom : {'BINARY', 'LABELMAP'}, optional
        Kind of segmentations; no DICOM objects by default.
    report : ReportChoices, optional
    files : sequence of Path
        Of the CT, where it is from DICOM.
    """

    exporter: Exporter
    dicom: str | None = None
    report: ReportChoices | None = None
    files: Sequence[Path] = ()

    @property
    def severity(self) -> SeverityGroups | None:
        """See :attr:`.documents.Documents.severity`."""
        return None if self.report is None else self.report.severity

    @property
    def is_picture_alone(self) -> bool:
        """Whether nothing is wanted but what every result has."""
        return self.dicom is None and self.report is None

    def check_steps(self) -> Steps[None]:
        """Look whether what is wanted can be made, before any work is done.

        Raises
        ------
        InputError
            Where files of the CT are gone, or nothing can refer to them; where a package is missing.
        InferenceError
            Where there is no process.
        """
        if not self.is_picture_alone:
            yield _STARTING
            self._started()
            yield from self.exporter.steps({"do": "check", "wanted": self._wanted()})

    def steps(
        self, folder: Path, result: Result, ct: Volume, analysis: Analysis, anonymous: bool
    ) -> Steps[tuple[str, ...]]:
        """See :meth:`.documents.Documents.steps`.

        Raises
        ------
        InputError, InferenceError
            Where the process fails; where nothing but the picture was wanted, the notes say so.
        """
        measurement = analysis.measurement
        masks = measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map
        picture = yield from shown(ShownMasks.cropped_steps(*masks), _HANDING)
        try:
            return (yield from self._made_steps(folder, Handed(result, ct, picture), anonymous))
        except InferenceError as error:
            if not self.is_picture_alone:
                raise
            # Masks and numbers are not lost for the sake of a picture.
            (folder / VIEWS).unlink(missing_ok=True)
            sweep(folder)
            return (not_drawn(error),)

    def _made_steps(self, folder: Path, handed: Handed, anonymous: bool) -> Steps[tuple[str, ...]]:
        arrays = None
        try:
            yield _HANDING
            try:
                arrays = Path(tempfile.mkdtemp(prefix="result-", dir=self._started()))
                said = yield from shown(hand_over_steps(arrays, handed), _HANDING)
            except OSError as error:
                raise _no_place(error) from error
            command = {
                "do": "make",
                "wanted": self._wanted(),
                "result": str(folder),
                "arrays": str(arrays),
                "handed": said,
                "anonymous": anonymous,
            }
            event = yield from scaled(self.exporter.steps(command), _HANDED, 1.0)
            return tuple(event["notes"])
        finally:
            if arrays is not None:
                shutil.rmtree(arrays, ignore_errors=True)

    def _started(self) -> Path:
        """Return the private folder of the process, which is started where there is none."""
        try:
            return self.exporter.folder
        except OSError as error:
            raise _no_place(error) from error

    def _wanted(self) -> dict:
        report = self.report
        if report is not None:
            groups = report.severity
            said = {
                "template": None if report.template is None else str(report.template),
                "cut_points": None if groups is None else list(groups.cut_points),
                "groups": None if groups is None else list(groups.names),
            }
        return {
            "files": [str(each) for each in self.files],
            "dicom": self.dicom,
            "report": None if report is None else said,
        }


def _no_place(error: OSError) -> InferenceError:
    return InferenceError(
        f"The result could not be handed to the export process ({error.strerror} in {tempfile.gettempdir()}); "
        "free some space for temporary files."
    )
