"""Reads cases in a process of its own, and the next one ahead while somebody works on this one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import AbdominalCalcificationError
from ..evaluation.cohort import Masks
from ..flags import Flag
from ..geometry import Grid, Volume
from ..inference.worker import ARTERIES_FILE, CALCIFICATION_FILE, CT_FILE
from ..processes.interpreter import find_python
from ..processes.worker import Worker
from ..progress import Progress, Steps
from .cases import ListedCase

_LOADING = Progress("Loading the case", 0.9)
_FILES = {"arteries": ARTERIES_FILE, "calcification": CALCIFICATION_FILE}


@dataclass(frozen=True, eq=False)
class LoadedCase:
    """A case that was read.

    Attributes
    ----------
    ct : Volume
        HU.
    masks : mapping of str to Volume
        ``arteries`` (territory labels) and ``calcification``, where there are any, on the grid of the CT.
    identity : mapping
        See :attr:`reading.CtImage.identity`.
    flags : tuple of Flag
        What reading it has to say.
    """

    ct: Volume
    masks: Mapping[str, Volume] = field(default_factory=dict)
    identity: Mapping = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()


class _Reader(Worker):
    what = "reading"
    remedy = "close other programs"


class CaseReader:
    """Reads one case at a time."""

    def __init__(self) -> None:
        self._worker: _Reader | None = None
        self._count = 0
        # The case that is read ahead of time: what its files were like, where it goes, and what is left to do.
        self._ahead: tuple[ListedCase, tuple, Path, Steps[dict]] | None = None

    def close(self) -> None:
        """End the process and remove its files."""
        self._forget_ahead()
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def read_ahead(self, case: ListedCase, masks: Masks) -> None:
        """Begin to read a case that will be wanted next; nothing waits for it, and its errors are told when it is."""
        if self._is_ahead(case, masks):
            return
        self._forget_ahead()
        with suppress(AbdominalCalcificationError):
            files = _files(case, masks)
            folder, steps = self._begun(case, masks)
            next(steps)  # which sends it to the process
            self._ahead = case, files, folder, steps

    def read_steps(self, case: ListedCase, masks: Masks) -> Steps[LoadedCase]:
        """Read a case; one that was read ahead is only loaded.

        Raises
        ------
        InputError, InferenceError
        """
        if self._ahead is not None and self._is_ahead(case, masks):
            (_, _, folder, steps), self._ahead = self._ahead, None
        else:
            self._forget_ahead()
            folder, steps = self._begun(case, masks)
        try:
            event = yield from steps
            yield _LOADING
            grid = None
            volumes = {}
            for role, file in (("ct", CT_FILE), *((role, _FILES[role]) for role in event["masks"])):
                array = np.load(folder / file)
                grid = Grid(array.shape, np.array(event["ijk_to_ras"])) if grid is None else grid
                volumes[role] = Volume(array, grid)
                yield _LOADING
            flags = tuple(Flag(**flag) for flag in event["flags"])
            return LoadedCase(volumes.pop("ct"), volumes, event["identity"], flags)
        finally:
            steps.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _is_ahead(self, case: ListedCase, masks: Masks) -> bool:
        """Return whether a case is being read with these masks; what anybody saved since is another."""
        return self._ahead is not None and self._ahead[0] is case and self._ahead[1] == _files(case, masks)

    def _begun(self, case: ListedCase, masks: Masks) -> tuple[Path, Steps[dict]]:
        if self._worker is None:
            self._worker = _Reader([find_python(), str(Path(__file__).parent)])
        self._count += 1
        folder = self._worker.folder / f"case-{self._count}"
        said = {"ct": str(case.ct)}
        named = {role: _said(getattr(masks, role)) for role in _FILES}
        labels = {"artery_labels": masks.artery_labels, "calcification_labels": masks.calcification_labels}
        return folder, self._worker.steps({"folder": str(folder), "case": {**said, **named, **labels}})

    def _forget_ahead(self) -> None:
        if self._ahead is not None:
            (_, _, folder, steps), self._ahead = self._ahead, None
            steps.close()  # which ends a process that is not done
            shutil.rmtree(folder, ignore_errors=True)


def _files(case: ListedCase, masks: Masks) -> tuple:
    """Return what tells whether another would be read now."""
    paths = [Path(each) for role in _FILES for each in _said(getattr(masks, role)) or ()]
    stamps: list[tuple] = []
    for path in (case.ct, *paths):
        try:
            stat = path.stat()
            stamps.append((path, stat.st_ino, stat.st_mtime_ns, stat.st_size))
        except OSError:  # told where it is read
            stamps.append((path, None))
    return masks, tuple(stamps)


def _said(paths: Path | tuple[Path, ...] | None) -> list[str] | None:
    if paths is None:
        return None
    return [str(path) for path in (paths if isinstance(paths, tuple) else (paths,))]
