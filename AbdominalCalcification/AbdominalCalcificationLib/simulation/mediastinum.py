"""What lies between the lungs, and how near they come to the spine and the descending aorta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .person import Person
from .spine import SpineCurve
from .tubes import Tube

# Of a person's details.
_MEDIASTINUM = 15
# Levels at which the aorta is looked up, mm.
_STEP_MM = 3.0
# Edges of what lies in front of the spine (heart, great vessels, fat), RAS x; it widens towards the front.
_LEFT_MM, _RIGHT_MM, _WIDENS, _WIDENS_FROM_MM = -40.0, 28.0, 0.1, -30.0


@dataclass(frozen=True, eq=False)
class Mediastinum:
    """Where no lung is, though it is above the diaphragm and within the ribs.

    The left lung lies against the descending aorta, and both against the sides of the vertebrae, where fat does not
    keep them off: textbook anatomy. How much fat there is, is our choice.

    Attributes
    ----------
    spine : SpineCurve
    level_mm, aorta_mm, outer_mm : ndarray
        Heights from below upwards, and x, y (shape (n, 2)) and outer radius of the aorta there.
    fat_mm : float
        Between aorta and lung.
    beside_mm : float
        Between vertebrae and lung.
    touches_mm : float
        Height (RAS z) down to which it is so little: the crura and fat part them below.
    """

    spine: SpineCurve
    level_mm: np.ndarray
    aorta_mm: np.ndarray
    outer_mm: np.ndarray
    fat_mm: float
    beside_mm: float
    touches_mm: float

    def depth(self, x, y, z):
        """Return about the signed distance to its surface, mm, positive inside, at broadcastable RAS x, y, z."""
        spine, below = self.spine, np.clip(self.touches_mm - z, 0.0, 40.0)
        middle, front = spine.middle(z), spine.front(z)
        half = spine.half_width_mm + self.beside_mm + 0.3 * below
        ahead = 1.0 / (1.0 + np.exp(-np.clip((y - front - 22.0) / 4.0, -30, 30)))
        widens = _WIDENS * np.clip(y - _WIDENS_FROM_MM, 0, None)
        left = middle - half + ahead * (_LEFT_MM - widens - middle + half)
        right = middle + half + ahead * (_RIGHT_MM + widens - middle - half)
        beside = np.minimum(x - left, right - x)
        # The gutters beside the spine become deeper to its sides.
        gutter = front - spine.depth_mm - 3.0 - 1.2 * np.clip(np.abs(x - middle) - spine.half_width_mm, 0.0, None)
        aorta_x, aorta_y, outer = (np.interp(z, self.level_mm, each) for each in (*self.aorta_mm.T, self.outer_mm))
        around = outer + self.fat_mm + 0.5 * below - np.hypot(x - aorta_x, y - aorta_y)
        return np.maximum(np.maximum(beside, gutter - y), around)


def mediastinum_of(person: Person, spine: SpineCurve, aorta: Tube, ligament_mm: float) -> Mediastinum:
    """Return a person's mediastinum around a spine and an aorta.

    `ligament_mm` is the height of the median arcuate ligament, see :func:`.crura.ligament_of`.
    """
    rng = person.rng(_MEDIASTINUM)
    u = rng.uniform
    # In three of four the lung lies against the aorta; fat of more than 8 mm is rare.
    fat = u(0.5, 2.0) if u() < 0.75 else u(2.0, 20.0)
    beside, touches = u(1.5, 4.0) + 0.3 * fat, ligament_mm + u(55.0, 90.0)
    line = aorta.centerline
    level = np.arange(line.points[:, 2].min(), line.points[:, 2].max() + _STEP_MM, _STEP_MM)
    at = [line.nearest_to_level(z) for z in level]
    return Mediastinum(spine, level, line.points[at, :2], aorta.outer_mm[at], fat, beside, touches)
