"""dicom-validator with an edition of the standard that is on this computer, for tests; skipped where there is none.

``validate_iods`` of dicom-validator fetches editions of PS3.3, PS3.4 and PS3.6 into ``~/dicom-validator`` and keeps
there what it reads out of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest


def standard_errors() -> Callable[[Path], list[str]]:
    """Return what tells the errors of an object, each as one line."""
    pytest.importorskip("dicom_validator", reason="dicom-validator is not installed")
    from dicom_validator.spec_reader.edition_reader import EditionReader
    from dicom_validator.validator.dicom_file_validator import DicomFileValidator

    reader = EditionReader()
    editions = sorted(place.parent.parent.name for place in reader.path.glob("*/json/module_info.json"))
    if not editions:
        pytest.skip(f"no edition of the standard in {reader.path}")
    validator = DicomFileValidator(reader.load_dicom_info(editions[-1]), logging.CRITICAL)

    def errors(path: Path) -> list[str]:
        (result,) = validator.validate(str(path)).values()
        if result.status.name not in ("Passed", "Failed"):
            return [result.status.name]
        found = (result.module_errors or {}).items()
        lines = [f"{module} {tag} {error.code.name}" for module, tags in found for tag, error in tags.items()]
        if _each_code_has_a_value(path):
            lines = [line for line in lines if not line.endswith(_URN_MISSING)]
        return lines

    return errors


# What dicom-validator 0.9.0 says of each code that has a Long Code Value: it reads "is not present and the Code Value
# is a URN or URL" (PS3.3, table 8.8-1a) only up to "and".
_URN_MISSING = "(0008,0120) TagMissing"


def _each_code_has_a_value(path: Path) -> bool:
    from pydicom import dcmread

    items = (item for element in dcmread(path).iterall() if element.VR == "SQ" for item in element.value)
    codes = (item for item in items if "CodeMeaning" in item)
    return all(any(name in code for name in ("CodeValue", "LongCodeValue", "URNCodeValue")) for code in codes)
