"""What a retraining is to do, fixed when it begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from ..bounded import read_json
from ..durable import write_text
from ..errors import InputError

if TYPE_CHECKING:
    from ..training.cases import Source

PLAN_FILE = "retraining.json"
DEFAULT_MINUTES = 40.0
# A week: more is a slip of the keyboard.
MOST_MINUTES = 7 * 24 * 60.0


@dataclass(frozen=True)
class PlannedCase:
    """A corrected case.

    Attributes
    ----------
    name, patient : str
        As the list calls them.
    ct : str
    arteries, calcification : list of str
        Files of the masks.
    artery_labels, calcification_labels : str
        What their values mean, see :class:`training.cases.Source`.
    """

    name: str
    patient: str
    ct: str
    arteries: list[str]
    calcification: list[str]
    artery_labels: str = ""
    calcification_labels: str = ""

    @property
    def source(self) -> Source:
        """The files, as they are read for training."""
        from ..training.cases import Source

        arteries, calcification = (
            Path(each[0]) if len(each) == 1 else tuple(map(Path, each)) for each in (self.arteries, self.calcification)
        )
        return Source(Path(self.ct), arteries, calcification, self.artery_labels, self.calcification_labels)

    @property
    def stamp(self) -> list:
        """What tells one version of the mask files from another, which are there when a case was corrected again."""
        from ..file_stamps import stamp_of

        return [stamp_of(path, path) for path in map(Path, (*self.arteries, *self.calcification)) if path.exists()]


@dataclass(frozen=True)
class Plan:
    """One retraining.

    Attributes
    ----------
    task_name : str
        ``arteries`` or ``calcification``.
    cases : tuple of PlannedCase
    dataset : str
        Name of the nnU-Net dataset, and of the model.
    initial : str or None
        Folder of the model to start from and to compare with; the bundled one where None.
    output : str or None
        Where a better model is written; where models are kept, if None.
    minutes : float
        Of training.
    held_out : int or None
        Patients to hold out; :func:`division.default_held_out` says how many where None.
    settings : dict
        Changes to the small configuration (:class:`training.small.SmallConfiguration`).
    device : str
    threads, processes : int
    trust : bool
        Load models that hold more than weights; they can run code.
    begun : str
        When, ISO 8601 in UTC.
    """

    task_name: str
    cases: tuple[PlannedCase, ...]
    dataset: str
    initial: str | None = None
    output: str | None = None
    minutes: float = DEFAULT_MINUTES
    held_out: int | None = None
    settings: Mapping = field(default_factory=dict)
    device: str = "auto"
    threads: int = 0
    processes: int = 1
    trust: bool = False
    begun: str = ""

    def __post_init__(self):
        if not 0 <= self.minutes <= MOST_MINUTES:
            raise InputError(f"A training takes 0 to {MOST_MINUTES:g} minutes, not {self.minutes:g}.")
        if self.held_out is not None and self.held_out < 1:
            raise InputError(f"At least one patient is to be held out, not {self.held_out}, to judge the new model by.")
        for name, least in (("processes", 1), ("threads", 0)):
            if (value := getattr(self, name)) < least:
                raise InputError(f"--{name} must be at least {least}, not {value}.")

    def write(self, work: Path) -> None:
        """Write the plan into a work folder; WriteError."""
        write_text(work / PLAN_FILE, json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, work: Path) -> Plan:
        """Return the plan of a work folder; InputError where there is none that can be read."""
        path = work / PLAN_FILE
        if not path.is_file():
            raise InputError(f"'{work}' holds no retraining (no {PLAN_FILE}); name its work folder, or begin one.")
        try:
            found = read_json(path)
            cases = tuple(PlannedCase(**each) for each in found["cases"])
            plan = cls(**{**found, "cases": cases})
            _check_types(plan)
        except (OSError, ValueError, KeyError, TypeError, InputError) as error:
            raise InputError(
                f"'{path}' cannot be read ({getattr(error, 'strerror', None) or error}); begin anew in another folder."
            ) from None
        return plan


def _check_types(plan: Plan) -> None:
    """Raise TypeError where a file says something of another kind than it should."""
    like = Plan(plan.task_name, (), plan.dataset)
    for each in fields(Plan):
        value, usual = getattr(plan, each.name), getattr(like, each.name)
        may_lack = each.name in ("initial", "output", "held_out")
        kinds: tuple = {float: (int, float), type(None): (int if each.name == "held_out" else str,)}.get(
            type(usual), (type(usual),)
        )
        if not (isinstance(value, kinds) or (may_lack and value is None)):
            raise TypeError(f"'{each.name}' is of another kind")
    from ..training.tasks import TASKS

    if plan.task_name not in TASKS or not plan.cases:
        raise TypeError("it names no task, or no cases")
    for case in plan.cases:
        texts = (case.name, case.patient, case.ct, case.artery_labels, case.calcification_labels)
        files = (*case.arteries, *case.calcification)
        if not all(isinstance(text, str) for text in (*texts, *files)) or not (case.arteries and case.calcification):
            raise TypeError("a case is none")
