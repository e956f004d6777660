"""Keep the chatter of the image libraries out of the user's terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence warnings of ITK and what GDCM and the NIfTI library print to standard error.

    Those C libraries write to the file descriptor itself, so it is pointed elsewhere meanwhile;
    errors still arrive as exceptions.
    """
    warnings_shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all (a Windows program without a console)
        kept = None
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        if kept is not None:
            os.dup2(nowhere, 2)
        yield
    finally:
        if kept is not None:
            os.dup2(kept, 2)
            os.close(kept)
        os.close(nowhere)
        sitk.ProcessObject.SetGlobalWarningDisplay(warnings_shown)
