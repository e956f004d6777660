"""How much of a beam gets through water, mineral and metal at the tube voltages of radiography.

Mass attenuation coefficients: NIST XCOM and the tables of Hubbell and Seltzer (NISTIR 5632, doi 10.18434/T4D01F) for
liquid water, cortical bone (ICRU-44) and aluminium. The spectrum is Kramers' law behind the filter, in a few bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_KEV = np.array([20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0])
# cm²/g.
_WATER = np.array([0.8096, 0.3756, 0.2683, 0.2269, 0.2059, 0.1837, 0.1707])
_BONE = np.array([4.001, 1.331, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855])
_ALUMINIUM = np.array([3.441, 1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704])
_BONE_G_CM3, _ALUMINIUM_G_CM3 = 1.92, 2.70
# Hounsfield units of the virtual patients are those of a CT at 120 kV (simulation.enhancement: 63 keV behind a trunk).
CT_KEV = 63.0


def _at(table: np.ndarray, kev) -> np.ndarray:
    return np.exp(np.interp(np.log(kev), np.log(_KEV), np.log(table)))


def water_per_mm(kev) -> np.ndarray:
    """Return the linear attenuation of water, 1/mm, at energies in keV."""
    return _at(_WATER, kev) / 10.0


def mineral_per_mm(kev) -> np.ndarray:
    """Return what 1000 HU of mineral (at 120 kV) above water attenuate more than water, 1/mm, at energies in keV.

    Mineral attenuates as cortical bone does above the water that it replaces, so that it is brighter at low voltages.
    """

    def excess(energy):
        return _BONE_G_CM3 * _at(_BONE, energy) / 10.0 - water_per_mm(energy)

    return water_per_mm(CT_KEV) * excess(kev) / excess(CT_KEV)


@dataclass(frozen=True)
class Beam:
    """A spectrum in bins.

    Attributes
    ----------
    kev : ndarray, shape (b,)
    share : ndarray, shape (b,)
        Of what the detector would take up without a patient; sums up to 1.
    """

    kev: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, tube_kv: float, filter_mm: float = 3.0) -> Beam:
        """Return the beam of a tube voltage behind a filter of aluminium."""
        kev = tube_kv * np.array([0.48, 0.66, 0.86])
        kramers = (tube_kv - kev) / kev * np.exp(-_at(_ALUMINIUM, kev) * _ALUMINIUM_G_CM3 * filter_mm / 10.0)
        taken = kramers * kev
        return cls(kev, taken / taken.sum())

    def transmitted(self, water_mm: np.ndarray, mineral_mm: np.ndarray) -> np.ndarray:
        """Return the share of the beam that gets through.

        Parameters
        ----------
        water_mm : ndarray
            Line integral of (1 + HU/1000) of soft tissue and air, mm.
        mineral_mm : ndarray
            Line integral of HU/1000 of mineral and metal above soft tissue, mm.
        """
        total = np.zeros(np.shape(water_mm), np.float32)
        for kev, share in zip(self.kev, self.share, strict=True):
            depth = np.float32(water_per_mm(kev)) * water_mm + np.float32(mineral_per_mm(kev)) * mineral_mm
            total += np.float32(share) * np.exp(-np.minimum(depth, 60.0))
        return total
