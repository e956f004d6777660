"""Who is learnt from and who is held out: whole patients, the same ones each time, never one a model has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..errors import InputError

# A fifth of the patients, as nnU-Net watches a fifth; two where four are there, since one alone says hardly anything.
_SHARE = 5


@dataclass(frozen=True)
class SeenCase:
    """A corrected case that was looked at.

    Attributes
    ----------
    name, patient : str
    voxels : str
        Checksum of the CT that no flip changes (:func:`training.dataset.same_voxels_checksum`).
    study : str or None
        What tells one study from another, where the CT says it.
    has_arteries, has_calcification : bool
        Whether a voxel of it is drawn.
    """

    name: str
    patient: str
    voxels: str
    study: str | None
    has_arteries: bool
    has_calcification: bool


@dataclass(frozen=True)
class Division:
    """Names of the cases on either side, in the order of the list, and numbers of patients and of labelled cases."""

    learnt: tuple[str, ...]
    held_out: tuple[str, ...]
    learnt_patients: int
    held_out_patients: int
    learnt_labelled: int
    held_out_labelled: int

    @property
    def text(self) -> str:
        """What is told of it."""
        without = len(self.learnt) - self.learnt_labelled, len(self.held_out) - self.held_out_labelled
        empty = f"; {without[0]} and {without[1]} of them have none" if any(without) else ""
        return (
            f"{len(self.learnt)} cases of {self.learnt_patients} patients to learn from, {len(self.held_out)} of "
            f"{self.held_out_patients} held out to judge by ({', '.join(self.held_out)}){empty}"
        )


def default_held_out(patients: int) -> int:
    """Return how many of so many patients are held out: a fifth, but two of four and more, and one of two or three."""
    return max(1 if patients < 4 else 2, patients // _SHARE)


def divide(
    cases: Sequence[SeenCase],
    task_name: str,
    held_out: int | None = None,
    learnt_before: Collection[str] = (),
    held_out_before: Collection[str] = (),
) -> Division:
    """Divide cases by patient.

    Cases are of one patient where the list says so, where their CTs are of one study, or the same. The order in which
    patients are held out is that of a checksum of their CTs: it depends on no name, and on no other patient. Those who
    were held out from the model before are held out again first; those from whom it learnt are learnt from.

    Parameters
    ----------
    cases : sequence of SeenCase
    task_name : str
    held_out : int, optional
        Number of patients.
    learnt_before, held_out_before : collection of str
        Checksums of the CTs that the present model learnt from, and of those it was judged by.

    Raises
    ------
    InputError
        Where nobody would be left on one side, or nothing to learn.
    """
    groups = _patients(cases)
    if len(groups) < 2:
        raise InputError(
            f"The {len(cases)} corrected cases are of one patient; two patients are needed, one to learn from and one "
            "held out to judge by. Correct another, or use export-dataset and train, and judge for yourself."
        )
    wanted = default_held_out(len(groups)) if held_out is None else held_out
    if wanted >= len(groups):
        raise InputError(f"{wanted} of {len(groups)} patients held out leave nobody to learn from; hold out fewer.")
    free = [group for group in groups if not any(case.voxels in learnt_before for case in group)]
    if len(free) < wanted:
        raise InputError(
            f"{wanted} patients are to be held out, and {len(free)} of the {len(groups)} are new to the model that it "
            "starts from; correct others, hold out fewer, or start from another model."
        )

    def place(group: list[SeenCase]) -> tuple:
        is_known = any(case.voxels in held_out_before for case in group)
        return not is_known, min(hashlib.sha256(case.voxels.encode()).hexdigest() for case in group)

    chosen = _chosen(sorted(free, key=place), groups, wanted, task_name)
    out = {case.name for group in chosen for case in group}
    learnt, held = ([case for case in cases if (case.name in out) is is_out] for is_out in (False, True))
    having = [sum(_has(case, task_name) for case in side) for side in (learnt, held)]
    if not having[0]:
        raise InputError(f"None of the {len(learnt)} cases to learn from has {task_name}; correct cases that have.")
    return Division(
        tuple(case.name for case in learnt),
        tuple(case.name for case in held),
        len(groups) - len(chosen),
        len(chosen),
        having[0],
        having[1],
    )


def _chosen(free: list, groups: list, wanted: int, task_name: str) -> list:
    """Return the patients to hold out: those who have what is learnt in the same proportion as on the other side.

    At least one of them has it, and at least one who has it is left to learn from, as far as there are.
    """
    with_it = sum(_group_has(group, task_name) for group in groups)
    having = [group for group in free if _group_has(group, task_name)]
    lacking = [group for group in free if not _group_has(group, task_name)]
    most = min(wanted, len(having), max(0, with_it - 1))
    count = min(most, max(1, round(wanted * with_it / len(groups))))
    count = max(count, min(most, wanted - len(lacking)))
    return (having[:count] + lacking[: wanted - count] + having[count:])[:wanted]


def _group_has(group: Sequence[SeenCase], task_name: str) -> bool:
    return any(_has(case, task_name) for case in group)


def _has(case: SeenCase, task_name: str) -> bool:
    return case.has_arteries if task_name == "arteries" else case.has_calcification


def _patients(cases: Sequence[SeenCase]) -> list[list[SeenCase]]:
    """Return the cases of each patient."""
    groups: list[tuple[set[tuple[str, str]], list[SeenCase]]] = []
    for case in cases:
        told = {("patient", case.patient), ("voxels", case.voxels)}
        if case.study:
            told.add(("study", case.study))
        same = [group for group in groups if group[0] & told]
        groups = [group for group in groups if not group[0] & told]
        merged = (told.union(*(group[0] for group in same)), [each for group in same for each in group[1]] + [case])
        groups.append(merged)
    return [members for _, members in groups]
