"""The simulated lateral radiograph of a CT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ...flags import Flag
from ...geometry import Volume
from ...progress import Progress, Steps, scaled
from ...sense.body import body_of
from ..image import Radiograph
from ..projection import Detector, LateralGeometry
from ..simulation.attenuation import mineral_per_mm, water_per_mm
from .ray_sums import averaged_along_rays, detector_for, ray_sum_steps

#: Photons that attenuate as the whole spectrum of a lateral lumbar radiograph of some 80 kV does behind a body: a third
#: to a half of the peak, and more behind what hardens the beam (Bushberg et al., The Essential Physics of Medical
#: Imaging, 3rd ed. 2012, 3.5); ours within that range.
EFFECTIVE_KEV = 50.0
#: Up to here HU are soft tissue, above it mineral: muscle, liver and blood of a CT with contrast agent lie below; ours.
SOFT_HU = 100.0
#: HU of blood without contrast agent, which arteries get; Bushberg et al. 2012, table of HU: 30 to 45.
BLOOD_HU = 40.0
# How the image is shown, as manufacturers do: of slow changes across the body this share is kept, details are enhanced.
# What is nearly air is not the body. Within the range of :mod:`..simulation.processing`.
_LATITUDE, _LATITUDE_MM, _EDGES, _EDGES_MM, _AIR = 0.35, 25.0, 1.0, 2.5, 0.35
# What a scanner writes at most; beyond, it is a number of no meaning.
_CEILING_HU = 8000.0
# Slices that are worked on in one step.
_SLICES = 32


def attenuation_per_mm(hu: np.ndarray, kev: float = EFFECTIVE_KEV) -> np.ndarray:
    """Return the linear attenuation of HU on a radiograph, float32, 1/mm; 0 for air.

    Soft tissue attenuates like water of its density, what is above it like mineral (:mod:`..simulation.attenuation`).

    Examples
    --------
    >>> print(attenuation_per_mm(np.array([-1000.0, 0.0])).round(5))
    [0.      0.02269]
    """
    values = np.asarray(hu, np.float32)
    soft = float(water_per_mm(kev)) * (1.0 + np.clip(values, -1000.0, SOFT_HU) / 1000.0)
    return (soft + float(mineral_per_mm(kev)) * np.clip(values - SOFT_HU, 0.0, None) / 1000.0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class SimulatedRadiograph:
    """A radiograph that was computed from a CT.

    Attributes
    ----------
    radiograph : Radiograph
        Line integrals of attenuation (-log of the transmission), shown as manufacturers show them, facing left; spacing
        in the isocentre's plane.
    detector : Detector
    flags : tuple of Flag
    parameters : dict
        How it was made, ready for JSON.
    """

    radiograph: Radiograph
    detector: Detector
    flags: tuple[Flag, ...]
    parameters: dict


def simulated_radiograph_steps(
    ct: Volume,
    geometry: LateralGeometry,
    arteries: np.ndarray | None = None,
    calcified: np.ndarray | None = None,
    *,
    keep_contrast: bool = False,
) -> Steps[SimulatedRadiograph]:
    """Compute the lateral radiograph of a CT.

    What lies outside the body (table, clothing, arms beside it) is left out where the CT shows its outline. Radiographs
    are taken without contrast agent: in the arteries' masks, what is not calcified becomes blood.

    Parameters
    ----------
    ct : Volume
        HU.
    geometry : LateralGeometry
    arteries, calcified : ndarray, shape (k, j, i), optional
        Non-zero inside.
    keep_contrast : bool
        Leave the arteries as bright as the CT shows them.
    """
    yield Progress("Finding the body on the CT", 0.0)
    body = body_of(ct)
    is_blood = None if keep_contrast or arteries is None else (arteries != 0)
    if is_blood is not None and calcified is not None:
        is_blood &= calcified == 0
    values = np.empty(ct.array.shape, np.float32)
    for first in range(0, len(values), _SLICES):
        part = slice(first, first + _SLICES)
        hu = np.clip(ct.array[part].astype(np.float32), -1000.0, _CEILING_HU)
        if is_blood is not None:
            np.minimum(hu, BLOOD_HU, out=hu, where=is_blood[part])
        values[part] = attenuation_per_mm(hu)
        if body.has_outline:
            values[part][_outside(body, ct.array.shape, part)] = 0.0
        yield Progress("Preparing the CT", 0.2 * first / len(values))
    averaged = averaged_along_rays(Volume(values, ct.grid), geometry)
    detector = detector_for(ct.grid, geometry)
    image = yield from scaled(ray_sum_steps(averaged, geometry, detector), 0.2, 1.0)
    flags = [] if body.has_outline else [Flag("outside_kept", "No outline of the body: nothing outside was left out.")]
    cut = _cut_sides(values, ct, geometry)
    if cut:
        flags.append(Flag("field_cuts_body", f"The CT's field of view cuts the body at the {' and '.join(cut)}."))
    parameters = {
        "source_detector_mm": geometry.source_detector_mm if np.isfinite(geometry.source_detector_mm) else None,
        "object_detector_mm": geometry.object_detector_mm,
        "effective_kev": EFFECTIVE_KEV,
        "contrast_removed": is_blood is not None,
        "outside_removed": body.has_outline,
        "latitude": _LATITUDE,
        "latitude_mm": _LATITUDE_MM,
        "edges": _EDGES,
        "edges_mm": _EDGES_MM,
    }
    pixels = Radiograph(_processed(image, detector.pixel_mm).astype(np.float32), (detector.pixel_mm,) * 2, "left")
    return SimulatedRadiograph(pixels, detector, tuple(flags), parameters)


def _processed(dense: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Return line integrals with slow changes across the body lessened and details enhanced."""
    body = dense > _AIR
    if not body.any():
        return dense
    # The air beside the body would pull its edge along.
    held = np.where(body, dense, float(np.percentile(dense[body], 5)))
    slow = ndimage.gaussian_filter(held, _LATITUDE_MM / pixel_mm, mode="nearest")
    fine = held - ndimage.gaussian_filter(held, _EDGES_MM / pixel_mm, mode="nearest")
    shown = held - (1.0 - _LATITUDE) * (slow - float(slow[body].mean())) + _EDGES * fine
    return np.where(body, shown, min(float(shown[body].min()), 0.0))


def _outside(body, shape: tuple[int, ...], part: slice) -> np.ndarray:
    """Return what of some slices lies outside the body, which was looked at every few voxels."""
    indices = [np.minimum(np.arange(n) // step, m - 1) for n, step, m in
               zip(shape, body.strides, body.outside.shape, strict=True)]  # fmt: skip
    return body.outside[np.ix_(indices[0][part], indices[1], indices[2])]


def _cut_sides(values: np.ndarray, ct: Volume, geometry: LateralGeometry) -> list[str]:
    """Return at which sides of the patient tissue reaches the face of the field: attenuation is missing there."""
    names = (("left", "right"), ("back", "front"))
    directions = ct.grid.ijk_to_ras[:3, :3] / ct.grid.spacing_mm
    water = 0.5 * float(attenuation_per_mm(np.zeros(1))[0])
    cut = []
    for ras in (0, 1):
        column = int(np.abs(directions[ras]).argmax())
        axis, upwards = 2 - column, directions[ras, column] > 0
        for end, name in zip((0, -1) if upwards else (-1, 0), names[ras], strict=True):
            face = np.take(values, end, axis=axis)
            if np.mean(face > water) > 0.1:
                cut.append(name)
    return cut
