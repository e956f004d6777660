"""The work on radiographs of a scene: scored, exported; what was corrected is never lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...progress import Progress, Steps
from ...radiograph.result import RadiographResult
from ..volumes import identity_of_node
from .images import check_is_radiograph, radiograph_of
from .record import RadiographRecord, find_record, store_result
from .shown import show_result


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
        self, image, faces: str | None = None, is_inverted: bool = False, keep_corrected: bool = True, **choices
    ) -> Steps[RadiographRecord]:
        """Find the vertebrae of a radiograph, score the aorta in front of them, and show the result.

        Parameters
        ----------
        image : vtkMRMLScalarVolumeNode
            Of one slice.
        faces : {'left', 'right'}, optional
            Where in the image the patient's front is; found out by default.
        is_inverted : bool
            Whether bone is dark in what Slicer shows.
        keep_corrected : bool
            Keep a result that was corrected as an earlier version; otherwise its corrections are lost.

        Raises
        ------
        InputError
            For what is no radiograph.
        """
        check_is_radiograph(image)
        radiograph = radiograph_of(image, faces, is_inverted)
        yield Progress("Reading the radiograph", 0.0)
        known = find_record(image)
        before = None if known is None else known.corrections
        made = yield from _analyzed_steps(radiograph, self._worker, choices)
        made = replace(made, provenance={**made.provenance, "input": identity_of_node(image)})
        found = find_record(image)
        # What somebody corrected meanwhile nobody was asked about.
        keep = found is not None and bool(found.corrections.standing)
        if found is not None and not keep_corrected:
            keep = keep and found.corrections != before
        record = store_result(made, image, is_inverted, keep)
        show_result(record)
        return record

    def export_steps(self, record: RadiographRecord, folder: Path | str, overwrite: bool = False, **choices):
        """Write the result as it is now into the folder that the command line writes.

        Parameters
        ----------
        record : RadiographRecord
        folder : path
        overwrite : bool
            Replace a result that is there.
        """
        yield Progress("Writing the result", 0.1)
        return (yield from _export_steps(record.whole_result(), folder, overwrite, choices))


def _analyzed_steps(radiograph, worker: Callable[[], Any], choices: Mapping) -> Steps[RadiographResult]:
    from ...radiograph.analysis import analyze_radiograph_steps

    return (yield from analyze_radiograph_steps(radiograph, **choices))
