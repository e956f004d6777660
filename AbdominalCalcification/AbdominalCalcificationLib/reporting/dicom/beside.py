"""Objects that lie in a folder already when others are written beside them: they are sent together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...errors import InputError
from ...reading.dicom.elements import DamagedFileError, foreign_parser
from .headers import SourceHeaders


def check_beside(folder: Path, names: Iterable[str], headers: SourceHeaders) -> None:
    """Refuse to write objects of one study beside those of another: of another patient, or named beside anonymous ones.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Of the files that stay there, see :mod:`names`.
    headers : SourceHeaders
        What is to be written is made of.

    Raises
    ------
    InputError
    """
    import pydicom

    for path in (folder / name for name in names):
        if not path.is_file():
            continue
        try:
            with foreign_parser():
                study = str(pydicom.dcmread(path, specific_tags=["StudyInstanceUID"]).get("StudyInstanceUID", ""))
        except (OSError, DamagedFileError):
            study = ""
        if study != headers.first.StudyInstanceUID:
            raise InputError(f"'{path}' is of another study, or names its patient otherwise; name another --output.")
