"""What stands between tube and detector: a patient's spine, trunk, arteries and implants, ready to be projected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...simulation.bodies import ProceduralBody
from ...simulation.drawn import DrawnPatient
from .calcium import add_metal, add_plaques
from .extras import add_extras, add_implants
from .lumbar import Bone, Lumbar
from .screen import Screen
from .solids import add_arch, add_body, add_ribs
from .trunk import paint_body, pelvis_image, project_body
from .truth import label_map

_COUNTS = {4: "four", 5: "five", 6: "six"}


@dataclass(frozen=True, eq=False)
class Shadow:
    """What a scene leaves on the detector.

    Attributes
    ----------
    water, mineral : ndarray, shape (rows, columns)
        Line integrals, mm, see :meth:`.attenuation.Beam.transmitted`; without the calcium of the aorta.
    calcium : ndarray
        Mineral of the aorta's plaques.
    labels : ndarray of uint8
        Vertebral bodies, values of :data:`..spine.LABELS`.
    document : dict
        What the truth says of the anatomy.
    """

    water: np.ndarray
    mineral: np.ndarray
    calcium: np.ndarray
    labels: np.ndarray
    document: dict


class Scene(Protocol):
    """A patient as a radiograph sees one."""

    @property
    def patient(self) -> DrawnPatient: ...

    @property
    def is_mirrored(self) -> bool:
        """Whether the patient's x changes its sign (situs inversus)."""

    def middles(self) -> np.ndarray:
        """Return the middles of the vertebrae that the field must hold, RAS mm, shape (n, 3), from foot to head."""

    def corners(self) -> np.ndarray:
        """Return points around these vertebrae, RAS mm, shape (n, 3)."""

    def limits(self) -> np.ndarray | None:
        """Return the corners of what is known of the patient, RAS mm, shape (8, 3); None where all of it is."""

    def project(self, screen: Screen) -> Shadow:
        """Return the shadow of everything."""


def add_arteries(screen: Screen, patient: DrawnPatient) -> None:
    """Add calcium of the aorta (channel ``calcium``), of other arteries, and stents (``mineral``)."""
    arteries = patient.drawn.arteries
    for n, (tube, plaques) in enumerate(zip(arteries, patient.plaques, strict=True)):
        add_plaques(screen, tube, plaques, "calcium" if n == 0 else "mineral")
    for tube, metals in zip(arteries, patient.metal, strict=True):
        for metal in metals:
            add_metal(screen, tube, metal, "mineral")


def span_of(screen: Screen) -> tuple[float, float]:
    """Return between which heights, RAS z, something can cast its shadow on the detector."""
    # Rays diverge: what lies far from the detector is seen from beyond the field's borders.
    half = screen.detector.shape[0] * screen.detector.pixel_mm
    middle = screen.geometry.isocenter_ras[2] - screen.detector.corner[1] - half / 2
    return middle - 0.5 * half - 45.0, middle + 0.5 * half + 45.0


@dataclass(frozen=True, eq=False)
class ProceduralScene:
    """A patient whose anatomy is drawn from the seed alone.

    Attributes
    ----------
    patient : DrawnPatient
    body : ProceduralBody
    spine : Lumbar
    bone_rng, extra_rng : Generator
        Of details of bones, and of what only radiographs have.
    """

    patient: DrawnPatient
    body: ProceduralBody
    spine: Lumbar
    bone_rng: np.random.Generator
    extra_rng: np.random.Generator

    @property
    def is_mirrored(self) -> bool:
        return self.patient.person.situs_inversus

    def _shown(self) -> list[Bone]:
        return [bone for bone in self.spine.bones if bone.name.startswith("L") or bone.name == "S1"]

    def middles(self) -> np.ndarray:
        return np.array([bone.center for bone in self._shown()])

    def corners(self) -> np.ndarray:
        return np.concatenate([_corners(bone) for bone in self._shown()])

    def limits(self) -> None:
        return None

    def project(self, screen: Screen) -> Shadow:
        span, vessels = span_of(screen), self.body.vessels
        canvas, pelvis = paint_body(
            vessels, self.patient.person, self.patient.drawn.arteries, self.patient.streams.body, span, self.extra_rng
        )
        implants = add_implants(canvas, self.patient, self.body)
        project_body(screen, canvas, pelvis)
        parts = self._add_bones(screen, span)
        add_arteries(screen, self.patient)
        findings = [*self.spine.found, *implants, *add_extras(screen, vessels, self.extra_rng)]
        count = self.spine.lumbar_count
        return Shadow(
            screen.image("water"),
            screen.image("mineral") + pelvis_image(screen),
            screen.image("calcium"),
            label_map(parts, screen.detector.shape),
            {"anatomy": f"{_COUNTS[count]} lumbar vertebrae", "lumbar_vertebrae": count, "findings": findings},
        )

    def _add_bones(self, screen: Screen, span: tuple[float, float]) -> list[tuple[Bone, np.ndarray, tuple[int, int]]]:
        """Add the vertebrae with arches and ribs; return the thickness of each body."""
        parts, rng = [], self.bone_rng
        for bone in self.spine.bones:
            if not span[0] - 20 < bone.center[2] < span[1] + 20:
                continue
            parts.append((bone, *add_body(screen, bone, "mineral", rng)))
            if bone.has_arch:
                add_arch(screen, bone, "mineral", rng)
            if bone.name.startswith("T"):
                add_ribs(screen, bone, "mineral", rng)
        return parts


def _corners(bone: Bone) -> np.ndarray:
    high, low = max(bone.top), max(bone.bottom)
    local = [(x, y, z) for x in (-bone.half_width, bone.half_width) for y in (-bone.half_depth, bone.half_depth + 3)
             for z in (-low, high)]  # fmt: skip
    return bone.ras(np.array(local))
