"""One patient made from a label map: drawn from its seed, ready to be painted on any grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ... import anatomy as territories
from ...geometry.volume import Grid
from ..canvas import Canvas, Field
from ..crura import ligament_of, paint_crura
from ..enhancement import Phase
from ..outside import paint_outside
from ..person import Person
from ..tubes import Tube
from .anatomy import Anatomy
from .bystanders import paint_bystanders, spine_of
from .deformation import Deformation, DeformationSource
from .painting import TissuePainter
from .vessels import LARGEST_LOSS, Arteries, arteries_of, new_contacts

# The flow's share of its full strength, the first at which arteries stay apart.
_STRENGTHS = (1.0, 0.7, 0.45, 0.2, 0.0)
# How far the field of view keeps from where the label map ends, in voxels of it.
_RIM = 1.0
# How far above their ostia, mm, the coeliac trunk leaves.
_BRANCHES_BELOW = {"celiac_trunk": 0.0, "superior_mesenteric": 16.0, "renal_left": 28.0, "renal_right": 28.0}


@dataclass(frozen=True, eq=False)
class LabelledBody:
    """A patient of a label map.

    Attributes
    ----------
    anatomy : Anatomy
    deformation : Deformation
    strength : float
        Share of the full strength that the deformation has.
    vessels : Arteries
    phase : Phase
    person : Person
    """

    anatomy: Anatomy
    deformation: Deformation
    strength: float
    vessels: Arteries
    phase: Phase
    person: Person

    @property
    def arteries(self) -> list[Tube]:
        return self.vessels.tubes

    def ostium_mm(self, tube: Tube) -> float:
        """Return the path length at which a tube leaves its parent."""
        return next(mm for each, mm in zip(self.vessels.tubes, self.vessels.ostia_mm, strict=True) if each is tube)

    def field(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners, RAS mm, of the largest box around the middle that the label map covers."""
        low, high = self.anatomy.corners
        inset = np.array(self.anatomy.grid.spacing_mm) * _RIM
        low, high = low + inset, high - inset
        steps = [np.linspace(a, b, 9) for a, b in zip(low, high, strict=True)]
        lows, highs = np.empty(3), np.empty(3)
        for axis in range(3):
            u, v = (steps[n] for n in range(3) if n != axis)
            for ends, value, reduce in ((lows, low[axis], np.max), (highs, high[axis], np.min)):
                face = np.stack(np.meshgrid(u, v, indexing="ij"), -1).reshape(-1, 2)
                points = np.insert(face, axis, value, axis=1)
                ends[axis] = reduce(self.deformation.to_patient(points)[:, axis])
        return lows, highs

    def paint(
        self, grid: Grid, rng: np.random.Generator, calcium_gain: float, aorta: Tube
    ) -> tuple[np.ndarray, np.ndarray, list[dict]]:
        """Return the ideal image without arteries, float32 HU; the map of bystanders; and the list of single ones."""
        canvas = Canvas(grid, calcium_gain)
        back_mm, distractors = self.paint_trunk(canvas, rng, aorta)
        paint_outside(canvas, self.phase, self.person, back_mm)
        return canvas.hu, canvas.bystanders, distractors

    def paint_trunk(self, canvas: Canvas, rng: np.random.Generator, aorta: Tube) -> tuple[float, list[dict]]:
        """Paint the body without arteries; return how far back it reaches, RAS y, and the single bystanders."""
        gain, level = canvas.calcium_gain, self._renal_level()
        painter = TissuePainter(self.anatomy, self.deformation, self.phase, rng, gain, level, self.person)
        coeliac_mm = None if self.anatomy.has_crura else self._coeliac_level()
        if coeliac_mm is None:
            painter.paint(canvas)
        else:
            unlabelled = np.zeros(canvas.hu.shape, np.float16)
            painter.paint(canvas, unlabelled)
            ligament_mm, detail = ligament_of(self.person, coeliac_mm)
            grain = Field(detail, 9.0, 1.0)
            paint_crura(canvas, aorta, ligament_mm, self.phase.muscle, grain, detail, unlabelled)
        distractors: list[dict] = []
        paint_bystanders(canvas, self.anatomy, self.deformation, self.arteries, rng, distractors)
        return painter.back_mm, distractors

    def _coeliac_level(self) -> float | None:
        """Return the height of the coeliac trunk's ostium, or where it would be above other branches; None without."""
        line = self.arteries[0].centerline
        for name, above_mm in _BRANCHES_BELOW.items():
            starts = [tube.centerline.points[0] for tube in self.arteries if tube.label and tube.name == name]
            if starts:
                # Of several pieces that one counts which begins nearest to the aorta.
                return float(min(starts, key=lambda point: line.tree.query(point)[0])[2]) + above_mm
        return None

    def spine_at(self, height_mm: float) -> tuple[float, float]:
        """Return x of the spine's middle and y of its front: from the bone behind the aorta."""
        return self._spine(height_mm)

    def hip_joint(self) -> np.ndarray:
        """Return about where the right hip joint is: label maps seldom reach it."""
        return np.array([87.0, 7.0, -150.0])

    @cached_property
    def _spine(self) -> Callable[[float], tuple[float, float]]:
        return spine_of(self.anatomy, self.deformation, self.arteries[0])

    def _renal_level(self) -> float:
        """Return the height at which the renal arteries leave; of usual anatomy where there are none."""
        found = [
            tube.centerline.points[0, 2]
            for tube in self.arteries
            if tube.label and territories.territory(tube.name).group == "renal"
        ]
        return float(np.mean(found)) if found else 90.0

    def document(self) -> dict:
        """Return how the body was made, for the truth."""
        jacobian = self.deformation.jacobian
        tree = self.anatomy.tree
        return {
            "labels_sha256": self.anatomy.atlas_checksum,
            "deformation": {
                "strength": self.strength,
                "least_jacobian": round(float(jacobian.min()), 3),
                "greatest_jacobian": round(float(jacobian.max()), 3),
                "scale": [round(float(s), 4) for s in np.linalg.svd(self.deformation.matrix, compute_uv=False)],
                "largest_loss_of_radius": round(self.vessels.pinched, 3),
                "new_contacts": sorted(
                    sorted(territories.territory_of_label(label).name for label in pair)
                    for pair in new_contacts(tree, self.vessels)
                ),
            },
            "missing_territories": list(self.anatomy.missing),
            "gaps": [
                {"artery": gap.name, "distance_mm": round(gap.millimetres, 2), "volume_mm3": round(gap.volume_mm3, 1)}
                for gap in tree.gaps
            ],
            "left_out_voxels": dict(tree.specks),
            "not_understood": list(self.anatomy.unnamed),
        }


def draw_body(anatomy: Anatomy, rng: np.random.Generator, phase: Phase, person: Person) -> LabelledBody:
    """Return the body of one patient: deformed as strongly as leaves apart what was apart.

    Where the tubes touch even without a flow, as those of labels may that are hardly apart, there is none.
    """
    low, high = anatomy.corners
    source = DeformationSource(rng, low, high, anatomy.center)
    for strength in _STRENGTHS:
        deformation = source.at(strength)
        # The lower end of the aorta is the patient's origin.
        deformation = deformation.moved(-deformation.to_patient(anatomy.center[None])[0])
        # The same walls at every strength.
        vessels = arteries_of(anatomy.tree, deformation, phase, _copied(rng))
        if vessels.pinched <= LARGEST_LOSS and not new_contacts(anatomy.tree, vessels):
            break
    return LabelledBody(anatomy, deformation, strength, vessels, phase, person)


def _copied(rng: np.random.Generator) -> np.random.Generator:
    copy = np.random.Generator(np.random.PCG64())
    copy.bit_generator.state = rng.bit_generator.state
    return copy
