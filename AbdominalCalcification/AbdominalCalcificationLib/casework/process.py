"""The process that reads cases, so that neither the window nor the case at hand waits for files.

It speaks as the segmentation process does (see :mod:`inference.worker`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..inference.worker import ARTERIES_FILE, CALCIFICATION_FILE, CT_FILE, Session, explain, save_array


class ReadingSession(Session):
    """Answers commands to read a case: CT and masks as arrays on one grid, and what reading them has to say."""

    def _explain(self, error: BaseException) -> tuple[str, str]:
        kind, message = explain(error)
        return kind, message.replace("Segmentation failed", "Reading the case failed")

    def _run(self, command: dict) -> None:
        from ..common_grid import bring_together
        from ..geometry.resample import align_labels
        from ..training.cases import Source, read_cases

        folder, said = Path(command["folder"]), command["case"]
        self._send("progress", stage="Reading the case", fraction=0.0, seconds_left=None)
        masks = {role: _paths(said[role]) for role in ("arteries", "calcification")}
        labels = {name: said[name] for name in ("artery_labels", "calcification_labels")}
        (case,) = read_cases(Source(Path(said["ct"]), **masks, **labels))
        self._send("progress", stage="Reading the case", fraction=0.7, seconds_left=None)
        flags = [*case.ct.flags, *case.flags]
        flags += bring_together(case.ct.volume, case.arteries, case.calcification).flags
        folder.mkdir(exist_ok=True)
        grid = case.ct.volume.grid
        save_array(folder / CT_FILE, case.ct.volume.array)
        there = []
        for role, mask, file in (
            ("arteries", case.arteries, ARTERIES_FILE),
            ("calcification", case.calcification, CALCIFICATION_FILE),
        ):
            if mask is not None:
                save_array(folder / file, align_labels(mask, grid).array)
                there.append(role)
        self._send(
            "done",
            ijk_to_ras=grid.ijk_to_ras.tolist(),
            masks=there,
            identity=case.ct.identity,
            flags=[asdict(flag) for flag in dict.fromkeys(flags)],
        )


def _paths(said: list[str] | None) -> Path | tuple[Path, ...] | None:
    if not said:
        return None
    return Path(said[0]) if len(said) == 1 else tuple(map(Path, said))
