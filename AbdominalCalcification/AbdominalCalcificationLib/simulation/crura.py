"""The crura of the diaphragm, which hold the upper abdominal aorta between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, Field
from .person import Person
from .tubes import Tube

# Of a person's details.
_CRURA = 14
# Levels at which the aorta is looked up, mm.
_STEP_MM = 3.0
_REACH_MM = 60.0


@dataclass(frozen=True)
class _Crus:
    """One crus around the aorta: a band of muscle, by height above the median arcuate ligament and by direction.

    Attributes
    ----------
    side : float
        -1 left, 1 right.
    thick_mm, front_mm : float
        Beside the aorta, and in front of it above the ligament.
    low_mm, high_mm : float
        Where it leaves the vertebrae, and where it leaves the aorta: relative to the ligament.
    opens_deg, back_deg : float
        How far from the front the band begins well below the ligament, and how far back it reaches.
    gap_mm, widens : float
        Fat between aorta and band at the ligament, and how much more of it lies there for each mm above.
    """

    side: float
    thick_mm: float
    front_mm: float
    low_mm: float
    high_mm: float
    opens_deg: float
    back_deg: float
    gap_mm: float
    widens: float

    def distance(self, beside, ahead, outer, height):
        """Return about the signed distance to the band, mm: of places relative to the aorta's middle."""
        away = np.hypot(beside, ahead)
        turned = np.arctan2(self.side * beside, ahead)  # 0 in front, positive on its own side
        below, above = np.clip(-height / 22.0, 0.0, 1.0), np.clip(height / 8.0, 0.0, 1.0)
        # Above the ligament each crosses the middle a little: no gap is left in front.
        begins = np.deg2rad(self.opens_deg) * below - 0.5 * above
        ends = np.deg2rad(self.back_deg)
        ahead_of = np.exp(-((turned / 0.9) ** 2))
        end = np.clip(np.minimum(height - self.low_mm, self.high_mm - height) / 18.0, 0.0, 1.0)
        thick = (self.thick_mm + ahead_of * above * (self.front_mm - self.thick_mm)) * (0.25 + 0.75 * end)
        inner = outer + self.gap_mm + self.widens * np.clip(height, 0.0, None)
        radial = np.abs(away - inner - 0.5 * thick) - 0.5 * thick
        around = away * np.maximum(begins - turned, turned - ends)
        return np.maximum(np.maximum(radial, around), np.maximum(self.low_mm - height, height - self.high_mm))


def ligament_of(person: Person, coeliac_mm: float) -> tuple[float, np.random.Generator]:
    """Return the height (RAS z) of a person's median arcuate ligament, and the random numbers of the crura.

    It lies about the ostium of the coeliac trunk, at `coeliac_mm`, or above.
    """
    rng = person.rng(_CRURA)
    return coeliac_mm + rng.uniform(-3.0, 10.0), rng


def draw_crura(rng: np.random.Generator) -> tuple[_Crus, _Crus]:
    """Return the left and the right crus of a patient; the right one is thicker and reaches lower.

    Origins (right from L1 to L3, left from L1 and L2), the arch in front of the aorta at T12 to L1 and the hiatus of
    the gullet at T10 are those of textbook anatomy; that thickness varies much from patient to patient, and that the
    right one is thicker, see Callen et al. 1978 (Radiology 126:413) and Williamson et al. 1987 (Radiology 163:683).
    The ranges themselves are ours.
    """
    u = rng.uniform
    gap, widens, high, front = u(-0.5, 2.0), u(0.0, 0.09), u(45, 85), u(2.5, 9.5)
    right, left = u(4.0, 12.0), u(3.0, 8.0)
    return (
        _Crus(-1.0, left, front * u(0.7, 1.0), -u(25, 55), high, u(35, 70), u(95, 140), max(gap, 0.0), widens),
        _Crus(1.0, right, front, -u(40, 80), high, u(30, 65), u(95, 140), max(gap + u(-0.5, 1.0), 0.0), widens),
    )


def paint_crura(
    canvas: Canvas,
    aorta: Tube,
    ligament_mm: float,
    muscle_hu: float,
    grain: Field,
    rng: np.random.Generator,
    within: np.ndarray | None = None,
) -> None:
    """Paint both crura around the aorta.

    Parameters
    ----------
    canvas : Canvas
    aorta : Tube
    ligament_mm : float
        Height (RAS z) of the median arcuate ligament, see :func:`ligament_of`.
    muscle_hu : float
    grain : Field
        Texture of muscle, unit deviation.
    rng : Generator
    within : ndarray of float32, optional
        Share of each voxel that may be painted.
    """
    crura, rough = draw_crura(rng), Field(rng, rng.uniform(9.0, 16.0), rng.uniform(0.3, 1.2))
    level = np.arange(ligament_mm - 80.0, ligament_mm + 90.0, _STEP_MM)
    line = aorta.centerline
    at = [line.nearest_to_level(z) for z in level]
    middle, outer = line.points[at], aorta.outer_mm[at]

    def of_aorta(z):
        return tuple(np.interp(z, level, each) for each in (middle[:, 0], middle[:, 1], outer))

    low, high = middle.min(axis=0) - _REACH_MM, middle.max(axis=0) + _REACH_MM
    for crus in crura:

        def band(x, y, z, crus=crus):
            ax, ay, radius = of_aorta(z)
            return crus.distance(x - ax, y - ay, radius, z - ligament_mm) + rough(x, y, z)

        low[2], high[2] = ligament_mm + crus.low_mm - 2.0, ligament_mm + crus.high_mm + 2.0
        canvas.paint(band, lambda x, y, z: muscle_hu + 5.0 * grain(x, y, z), low, high, within)
