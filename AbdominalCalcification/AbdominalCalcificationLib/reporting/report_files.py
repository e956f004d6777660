"""The files of a report."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..durable import write_bytes, write_text

if TYPE_CHECKING:
    from .report import Report

PDF, HTML = "report.pdf", "report.html"
REPORT_FILES = (PDF, HTML)
_NEEDED = ("jinja2", "reportlab")


def can_render() -> bool:
    """Return whether what renders a report is installed; nothing of it is loaded."""
    return all(find_spec(name) is not None for name in _NEEDED)


def write_report(folder: Path, report: Report) -> None:
    """Write a report into a folder, each file whole or not at all; WriteError where that is impossible."""
    write_text(folder / HTML, report.html)
    write_bytes(folder / PDF, report.pdf)
