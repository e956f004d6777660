"""Line integrals through a volume along the rays of a lateral projection: a digitally reconstructed radiograph.

Planes across the central ray are looked up one after the other, each magnified as it is seen, and summed (shear-warp
factorisation, Lacroute and Levoy 1994, doi 10.1145/192161.192283): rays through a whole CT in seconds.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import ndimage

from ...geometry import Grid, Volume
from ...progress import Progress, Steps
from ..projection import Detector, LateralGeometry

# Voxels are averaged along the rays up to this: over it, a ray that is 5° oblique moves by a sixth of a millimetre.
_MEAN_MM = 2.0
# Where no voxel axis lies so near to the rays (cosine), nothing is averaged.
_ALONG = 0.95
# Least and largest pixel of a simulated radiograph: a detector's, and what still shows a plaque.
_FINEST_MM, _COARSEST_MM = 0.4, 1.0
_LEAST_PIXELS = 64


def detector_for(grid: Grid, geometry: LateralGeometry) -> Detector:
    """Return a detector that sees the whole box of a volume, its pixels as fine as the voxels' finest step."""
    corners = np.array(list(product(*[(-0.5, n - 0.5) for n in grid.shape])))
    places, _ = geometry.project(grid.ras_of_kji(corners))
    pixel = float(np.clip(min(grid.plane_distances_mm), _FINEST_MM, _COARSEST_MM))
    low, high = places.min(axis=0), places.max(axis=0)
    size = np.maximum(np.ceil((high - low) / pixel).astype(int), _LEAST_PIXELS)
    corner = (low + high) / 2 - (size - 1) / 2 * pixel
    return Detector((int(size[1]), int(size[0])), pixel, (float(corner[0]), float(corner[1])))


def averaged_along_rays(volume: Volume, geometry: LateralGeometry) -> Volume:
    """Return a volume of fewer voxels along the rays, each the mean of those that it replaces.

    Sums along rays stay as they are; where no voxel axis lies along the rays, so does the volume.
    """
    axis, cosine = _axis_along(volume.grid, geometry)
    spacing = volume.grid.spacing_mm[2 - axis]
    count = int(_MEAN_MM // spacing)
    if cosine < _ALONG or count < 2:
        return volume
    array = np.moveaxis(volume.array, axis, 0)
    missing = -len(array) % count
    if missing:  # beyond the field there is nothing
        array = np.concatenate([array, np.zeros((missing, *array.shape[1:]), array.dtype)])
    mean = array.reshape(-1, count, *array.shape[1:]).mean(axis=1, dtype=np.float32)
    matrix = np.array(volume.grid.ijk_to_ras)
    matrix[:3, 3] += matrix[:3, 2 - axis] * (count - 1) / 2
    matrix[:3, 2 - axis] *= count
    array = np.ascontiguousarray(np.moveaxis(mean, 0, axis))
    return Volume(array, Grid(array.shape, matrix))


def ray_sum_steps(volume: Volume, geometry: LateralGeometry, detector: Detector) -> Steps[np.ndarray]:
    """Integrate a volume along the rays to every pixel.

    Parameters
    ----------
    volume : Volume
        Values per mm, such as attenuation; nothing beyond its grid.
    geometry : LateralGeometry
    detector : Detector

    Returns
    -------
    ndarray of float64, shape (rows, columns)
    """
    grid, turn = volume.grid, geometry.rotation()
    axis, cosine = _axis_along(grid, geometry)
    # Sheared or turned grids: as many planes as there are voxels along the rays, at least.
    step = grid.spacing_mm[2 - axis] * max(cosine, 0.5)
    corners = np.array(list(product(*[(-0.5, n - 0.5) for n in grid.shape])))
    depth = (grid.ras_of_kji(corners) - geometry.isocenter_ras) @ turn[0]
    depths = np.arange(depth.min() + step / 2, depth.max(), step)
    to_kji = np.linalg.inv(grid.ijk_to_ras)
    values = volume.array.astype(np.float32, copy=False)
    image = np.zeros(detector.shape)
    for number, t in enumerate(depths):
        scale = _scale(geometry, float(t))
        matrix, offset = _plane(geometry, detector, turn, to_kji, float(t), scale)
        plane = ndimage.affine_transform(
            values, matrix, offset, (1, *detector.shape), order=1, mode="grid-constant", prefilter=False
        )
        image += plane[0]
        if number % 8 == 7:
            yield Progress("Simulating the radiograph of the CT", (number + 1) / len(depths))
    return image * step * _obliquity(geometry, detector)


def _axis_along(grid: Grid, geometry: LateralGeometry) -> tuple[int, float]:
    """Return the array axis that lies nearest to the central ray, and the cosine of the angle between both."""
    directions = grid.ijk_to_ras[:3, :3] / grid.spacing_mm
    cosines = np.abs(geometry.rotation()[0] @ directions)[::-1]
    return int(np.argmax(cosines)), float(cosines.max())


def _scale(geometry: LateralGeometry, t: float) -> float:
    """Return how much larger than at the isocentre a plane is seen, `t` mm to the right of it."""
    if not np.isfinite(geometry.source_detector_mm):
        return 1.0
    reach = geometry.source_detector_mm - geometry.object_detector_mm
    return reach / max(reach - (t if geometry.side == "left" else -t), 1.0)


def _plane(geometry, detector, turn, to_kji, t: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return matrix and offset that take (0, row, column) to the voxel (k, j, i) seen there in one plane."""

    def voxel(row: float, column: float) -> np.ndarray:
        x, y = np.array(detector.corner) + detector.pixel_mm * np.array([column, row])
        ras = np.array([t, -x / scale, -y / scale]) @ turn + geometry.isocenter_ras
        return (to_kji[:3, :3] @ ras + to_kji[:3, 3])[::-1]

    start = voxel(0, 0)
    return np.stack([np.zeros(3), voxel(1, 0) - start, voxel(0, 1) - start], axis=1), start


def _obliquity(geometry: LateralGeometry, detector: Detector) -> np.ndarray | float:
    """Return how much longer than the distance of the planes the way of each ray between them is."""
    if not np.isfinite(geometry.source_detector_mm):
        return 1.0
    reach = geometry.source_detector_mm - geometry.object_detector_mm
    x = detector.corner[0] + detector.pixel_mm * np.arange(detector.shape[1])
    y = detector.corner[1] + detector.pixel_mm * np.arange(detector.shape[0])
    return np.sqrt(1.0 + (x[None, :] ** 2 + y[:, None] ** 2) / reach**2)
