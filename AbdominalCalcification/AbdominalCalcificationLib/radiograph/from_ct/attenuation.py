"""What a CT's HU attenuate on a radiograph.

A CT is taken with harder photons than a radiograph of the spine. Tissue like water attenuates alike at both but for a
factor; calcium, whose photoelectric absorption falls faster with energy, does not. So HU above water are read as a
mixture of water and cortical bone, as treatment planning and attenuation correction do (Burger et al. 2002, Eur J Nucl
Med 29:922, doi 10.1007/s00259-002-0796-3; Carney et al. 2006, Med Phys 33:976, doi 10.1118/1.2174132).
"""

from __future__ import annotations

import numpy as np

#: Photons that attenuate as the whole spectrum does: of a CT of 120 kV, and of a lateral lumbar radiograph of 80 kV
#: behind 25 cm of body (a third to a half of the peak, Bushberg et al., The Essential Physics of Medical Imaging, 3rd
#: ed. 2012, 3.5, and more where a body has hardened the beam); ours within that range.
CT_KEV, RADIOGRAPH_KEV = 70.0, 50.0
# cm²/g at keV: Hubbell and Seltzer, NISTIR 5632, tables of water (liquid) and bone (cortical, ICRU-44).
_KEV = (40.0, 50.0, 60.0, 80.0, 100.0)
_WATER = (0.2683, 0.2269, 0.2059, 0.1837, 0.1707)
_BONE = (0.6655, 0.4242, 0.3148, 0.2229, 0.1855)
_BONE_DENSITY = 1.92


def water_per_mm(kev: float) -> float:
    """Return the linear attenuation of water at `kev`, 1/mm."""
    return _between(kev, _WATER) / 10.0


def attenuation_per_mm(hu: np.ndarray, kev: float = RADIOGRAPH_KEV, ct_kev: float = CT_KEV) -> np.ndarray:
    """Return the linear attenuation of HU on a radiograph.

    Parameters
    ----------
    hu : ndarray
    kev, ct_kev : float
        Effective energies of the radiograph and of the CT, 40 to 100 keV.

    Returns
    -------
    ndarray of float32
        1/mm, of the shape of `hu`; 0 for air.

    Examples
    --------
    >>> attenuation_per_mm(np.array([-1000.0, 0.0])).round(5).tolist()
    [0.0, 0.02269]
    """
    water = water_per_mm(kev)
    bone, bone_on_ct = _between(kev, _BONE) * _BONE_DENSITY / 10.0, _between(ct_kev, _BONE) * _BONE_DENSITY / 10.0
    bone_hu = 1000.0 * (bone_on_ct / water_per_mm(ct_kev) - 1.0)
    values = np.asarray(hu, np.float32)
    below = water * (1.0 + np.clip(values, -1000.0, 0.0) / 1000.0)
    above = np.clip(values, 0.0, None) * ((bone - water) / bone_hu)
    return (below + above).astype(np.float32)


def _between(kev: float, table: tuple[float, ...]) -> float:
    """Return a value of a table between its energies, in logarithms as the tables ask for."""
    if not _KEV[0] <= kev <= _KEV[-1]:
        raise ValueError(f"no attenuation is known at {kev} keV")
    return float(np.exp(np.interp(np.log(kev), np.log(_KEV), np.log(table))))
