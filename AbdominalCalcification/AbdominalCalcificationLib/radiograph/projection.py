"""The lateral projection of a patient: from points in RAS to places on a detector, and line integrals.

A point source and a flat detector. The patient is turned about the isocentre, which the central ray passes at right
angles to the detector. The image faces left: its x runs towards the patient's back, its y towards the feet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDES = ("left", "right")


@dataclass(frozen=True)
class LateralGeometry:
    """How a lateral radiograph is taken.

    Attributes
    ----------
    isocenter_ras : tuple of float
        mm; lies on the central ray.
    source_detector_mm : float
        ``inf`` for parallel rays.
    object_detector_mm : float
        From the isocentre to the detector.
    side : {'left', 'right'}
        Of the patient, next to the detector.
    rotation_deg : float
        About the patient's long axis: how far it is no true lateral view.
    tilt_deg : float
        About the patient's front-to-back axis: the spine hangs through.
    lean_deg : float
        About the beam: the spine leans in the image.
    """

    isocenter_ras: tuple[float, float, float]
    source_detector_mm: float = float("inf")
    object_detector_mm: float = 0.0
    side: str = "left"
    rotation_deg: float = 0.0
    tilt_deg: float = 0.0
    lean_deg: float = 0.0

    @property
    def magnification(self) -> float:
        """Of what lies at the isocentre, on the detector."""
        if not np.isfinite(self.source_detector_mm):
            return 1.0
        return self.source_detector_mm / (self.source_detector_mm - self.object_detector_mm)

    def rotation(self) -> np.ndarray:
        """Return the matrix (3, 3) that turns RAS offsets from the isocentre into the beam's frame."""
        about_z, about_y, about_x = np.deg2rad([self.rotation_deg, self.tilt_deg, self.lean_deg])
        c, s = np.cos(about_z), np.sin(about_z)
        z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
        c, s = np.cos(about_y), np.sin(about_y)
        y = np.array([[c, 0, s], [0, 1.0, 0], [-s, 0, c]])
        c, s = np.cos(about_x), np.sin(about_x)
        x = np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])
        return x @ y @ z

    def project(self, points_ras: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return places of points (..., 3) on the image, (..., 2), and their magnification relative to the isocentre.

        Places are mm **of the isocentre's plane** from the central ray: x towards the back, y towards the feet.
        """
        turned = (np.asarray(points_ras, float) - self.isocenter_ras) @ self.rotation().T
        if np.isfinite(self.source_detector_mm):
            reach = self.source_detector_mm - self.object_detector_mm
            # x of RAS runs to the right: what lies towards the source is seen larger.
            towards = turned[..., 0] if self.side == "left" else -turned[..., 0]
            scale = reach / np.maximum(reach - towards, 1.0)
        else:
            scale = np.ones(turned.shape[:-1])
        return np.stack([-turned[..., 1] * scale, -turned[..., 2] * scale], axis=-1), scale


@dataclass(frozen=True)
class Detector:
    """Pixels in the isocentre's plane.

    Attributes
    ----------
    shape : tuple of int
        Rows, columns.
    pixel_mm : float
        Of the isocentre's plane (the detector's own pixel divided by the magnification).
    corner : tuple of float
        Place (x, y) of the centre of pixel (0, 0), mm from the central ray.
    """

    shape: tuple[int, int]
    pixel_mm: float
    corner: tuple[float, float]

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Return places (..., 2) as fractional (column, row)."""
        return (np.asarray(places, float) - self.corner) / self.pixel_mm

    def points(self, places: np.ndarray) -> np.ndarray:
        """Return places (..., 2) as points of :class:`.image.Radiograph`: mm from the centre of pixel (0, 0)."""
        return np.asarray(places, float) - self.corner


def integrate(points_ras: np.ndarray, amounts: np.ndarray, geometry: LateralGeometry, detector: Detector) -> np.ndarray:
    """Return the line integrals of small bodies, float64 (rows, columns).

    Parameters
    ----------
    points_ras : ndarray, shape (n, 3)
        Their middles; closer than pixels, or the image shows their lattice.
    amounts : ndarray, shape (n,)
        Value times volume, such as attenuation in 1/mm times mm³.

    Returns
    -------
    ndarray
        Amount per mm² of ray cross-section: of attenuation, -log of the transmission. Each body is shared out
        linearly among the four pixels around its place; what falls off the detector is lost.
    """
    places, scale = geometry.project(points_ras)
    at = detector.pixels(places).reshape(-1, 2)
    # A pixel is thinner where it looks at what is magnified: its area there is smaller by the square.
    weights = (np.asarray(amounts, float) * scale**2).ravel() / detector.pixel_mm**2
    low = np.floor(at).astype(np.int64)
    share = at - low
    rows, columns = detector.shape
    image = np.zeros(rows * columns)
    for right in (0, 1):
        for down in (0, 1):
            column, row = low[:, 0] + right, low[:, 1] + down
            own = weights * np.where(right, share[:, 0], 1 - share[:, 0]) * np.where(down, share[:, 1], 1 - share[:, 1])
            inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
            index = (row * columns + column)[inside]
            image += np.bincount(index, own[inside], minlength=rows * columns)
    return image.reshape(rows, columns)
