"""The networks of this program on the radiographs of an evaluation."""

from __future__ import annotations

from ...errors import InputError
from ...inference import Worker
from .case import Said
from .cohort import RadiographCase
from .settings import RadiographSettings


def identities(settings: RadiographSettings) -> list[dict]:
    """Return name and checksum of the networks that run."""
    raise InputError("This version has no networks for radiographs; name results in the table.")


def analyzed(case: RadiographCase, settings: RadiographSettings, worker: Worker) -> Said:
    """Return what the networks say of a radiograph."""
    raise InputError("This version has no networks for radiographs; name results in the table.")
