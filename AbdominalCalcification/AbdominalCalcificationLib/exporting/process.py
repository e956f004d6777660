"""The process that makes picture, report and DICOM objects, so that no window waits for them.

It speaks as the segmentation process does (see :mod:`inference.worker`). Two commands: ``check`` looks whether what is
wanted can be made, before any work is done; ``make`` makes it, into the folder of the result.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from ..errors import WriteError
from ..explanations import NO_MEMORY, first_line, is_out_of_memory
from ..inference.worker import Session, explain
from ..progress import Progress, drain
from .documents import Documents
from .handing import handed_over

_READING = "Reading the headers of the CT"


class ExportingSession(Session):
    """Answers commands to make the documents of a result; keeps what the headers of the last CT say."""

    _known: tuple[Mapping, Documents] | None = None

    def _explain(self, error: BaseException) -> tuple[str, str]:
        if isinstance(error, ImportError):
            return "inference", (
                f"The package '{(error.name or 'highdicom').partition('.')[0]}' is missing or broken in "
                f"{sys.executable} ({first_line(error)}); install it again."
            )
        if is_out_of_memory(error):
            return "inference", NO_MEMORY
        kind, message = explain(error)
        return kind, message.replace("Segmentation failed", "Making report and DICOM objects failed")

    def _run(self, command: dict) -> None:
        try:
            if command["do"] == "check":
                self._known = None  # files may have changed
                self._documents(command["wanted"])
                self._send("done", notes=[])
            else:
                self._send("done", notes=list(self._made(command)))
        except WriteError as error:
            self._send("error", kind="input", message=str(error), details="", cannot_write=list(error.args))

    def _made(self, command: Mapping) -> tuple[str, ...]:
        from ..reporting.stored_result import read_document

        documents = self._documents(command["wanted"])
        folder = Path(command["result"])
        handed = handed_over(Path(command["arrays"]), command["handed"], read_document(folder))
        steps = documents.made_steps(folder, handed.result, handed.ct, handed.shown, command["anonymous"])
        return drain(steps, self._tell)

    def _tell(self, step: Progress) -> None:
        self._send("progress", stage=step.stage, fraction=step.fraction, seconds_left=step.seconds_left)

    def _documents(self, wanted: Mapping) -> Documents:
        """Return what is wanted; read, and everything that is needed for it loaded, where it is not known."""
        if self._known is None or self._known[0] != wanted:
            self._known = wanted, self._read(wanted)
        return self._known[1]

    def _read(self, wanted: Mapping) -> Documents:
        from ..reading.dicom import source_of_files
        from ..reporting.dicom import wish_for

        source = wish = choices = None
        if wanted["files"]:
            self._tell(Progress(_READING, 0.0))
            source = source_of_files([Path(each) for each in wanted["files"]])
        if wanted["dicom"] is not None:
            wish = wish_for(source, wanted["dicom"])
            import_module("highdicom")
        if wanted["report"] is not None:
            choices = _choices(wanted["report"])
        return Documents(wish, choices, source)


def _choices(said: Mapping):
    from ..comparison.severity import SeverityGroups
    from ..reporting.report import ReportChoices
    from ..reporting.report.templating import check_packages

    check_packages()
    template = None if said["template"] is None else Path(said["template"])
    cut_points = said["cut_points"]
    severity = None if cut_points is None else SeverityGroups(tuple(cut_points), tuple(said["groups"]))
    return ReportChoices(template, severity)
