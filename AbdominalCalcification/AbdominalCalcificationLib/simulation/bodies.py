"""Bodies before they are scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..geometry.volume import Grid
from .anatomy import Vessels
from .mirrored import mirrored_arteries, mirrored_name
from .painting import paint_veins
from .pelvis import HIPS, hip_joint
from .person import Person
from .surroundings import paint_surroundings
from .tubes import Tube


class Body(Protocol):
    """A body before it is scanned: its arteries, and how everything else is painted."""

    @property
    def arteries(self) -> list[Tube]: ...

    def ostium_mm(self, tube: Tube) -> float:
        """Return the path length at which an artery leaves its parent."""

    def paint(
        self, grid: Grid, rng: np.random.Generator, calcium_gain: float, aorta: Tube
    ) -> tuple[np.ndarray, np.ndarray, list[dict]]:
        """Return the ideal image without arteries, float32 HU; the map of bystanders; and the list of single ones.

        `aorta` is the diseased one, which what lies on it makes room for.
        """

    def spine_at(self, height_mm: float) -> tuple[float, float]:
        """Return x of the spine's middle and y of its front at a height."""

    def hip_joint(self) -> np.ndarray:
        """Return the middle of the right hip joint, RAS mm."""

    def document(self) -> dict:
        """Return what the truth says of how the body was made beside its seed."""


@dataclass(frozen=True, eq=False)
class ProceduralBody:
    """A body whose anatomy is drawn from the seed alone."""

    vessels: Vessels
    person: Person

    @property
    def arteries(self) -> list[Tube]:
        arteries = self.vessels.arteries
        return mirrored_arteries(arteries) if self.person.situs_inversus else arteries

    def ostium_mm(self, tube: Tube) -> float:
        name = mirrored_name(tube.name) if self.person.situs_inversus else tube.name
        return self.vessels.ostia_mm.get(name, 8.0)

    def paint(
        self, grid: Grid, rng: np.random.Generator, calcium_gain: float, aorta: Tube
    ) -> tuple[np.ndarray, np.ndarray, list[dict]]:
        hu, bystanders, distractors = paint_surroundings(grid, self.vessels, self.person, rng, calcium_gain, aorta)
        paint_veins(hu, grid, self.vessels.veins)
        return hu, bystanders, distractors

    def spine_at(self, height_mm: float) -> tuple[float, float]:
        turn = -1.0 if self.person.situs_inversus else 1.0
        return turn * float(self.vessels.spine.middle(height_mm)), float(self.vessels.spine.front(height_mm))

    def hip_joint(self) -> np.ndarray:
        return hip_joint(self.person.rng(HIPS))

    def document(self) -> dict:
        return {}
