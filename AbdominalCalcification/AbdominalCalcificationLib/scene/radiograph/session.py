"""The work on radiographs of a scene: scored, exported; what was corrected is never lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...progress import Progress, Steps
from ...radiograph.corrections import Corrections
from .images import read_steps
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
        self,
        image,
        faces: str | None = None,
        is_inverted: bool = False,
        keep_corrected: bool = True,
        device: str = "auto",
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
        device : {'auto', 'cpu', 'cuda', 'mps'}

        Raises
        ------
        InputError
            For what is no radiograph.
        """
        from ...radiograph.analysis import RadiographChoices, analyze_radiograph_steps

        yield Progress("Reading the radiograph", 0.0)
        read = yield from read_steps(image, faces, is_inverted)
        before = _corrections_of(find_record(image))
        made = yield from analyze_radiograph_steps(
            read.radiograph,
            RadiographChoices(device=device),
            identity=read.identity,
            flags=read.flags,
            parameters={"faces": faces or "auto", "inverted": is_inverted},
            worker=self._worker(),
        )
        now = _corrections_of(find_record(image))
        # Of what was corrected meanwhile nobody was asked.
        keep = now is None or (bool(now.standing) and (keep_corrected or now != before))
        record = store_result(made, image, is_inverted, keep)
        show_result(record)
        return record

    def export_steps(self, record: RadiographRecord, folder: Path | str, overwrite: bool = False) -> Steps[Path]:
        """Write the result as it is now into the folder that the command line writes.

        Parameters
        ----------
        record : RadiographRecord
        folder : path
        overwrite : bool
            Replace a result that is there.
        """
        yield Progress("Writing the result", 0.1)
        raise NotImplementedError


def _corrections_of(record: RadiographRecord | None) -> Corrections | None:
    """Return the corrections of a result; None where it cannot be read, and none where there is none."""
    try:
        return Corrections() if record is None else record.corrections
    except InputError:
        return None
