"""How contrast medium and tube voltage brighten the tissues."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

PHASES = ("arterial", "portal_venous", "unenhanced")

# Of iodine and of calcium, relative to 120 kVp: mass attenuation coefficients over that of water (NIST XCOM,
# doi 10.18434/T48G6X) at effective energies of 52, 58, 63 and 67 keV behind a trunk (the energies are ours).
IODINE_GAIN = {80: 1.52, 100: 1.20, 120: 1.0, 140: 0.87}
CALCIUM_GAIN = {80: 1.42, 100: 1.15, 120: 1.0, 140: 0.90}
# Blood without contrast medium.
BLOOD_HU = 42.0


@dataclass(frozen=True)
class Phase:
    """Contrast enhancement, HU.

    Attributes
    ----------
    name : str
        ``arterial``, ``portal_venous`` or ``unenhanced``.
    artery, cava, renal_vein, portal_vein, cortex, medulla, liver, spleen, muscle, bowel_wall : float
        HU of each tissue.
    fall_per_m : float
        Relative change of the arterial enhancement along one metre downwards.
    """

    name: str
    artery: float
    fall_per_m: float
    cava: float
    renal_vein: float
    portal_vein: float
    cortex: float
    medulla: float
    liver: float
    spleen: float
    muscle: float
    bowel_wall: float


def draw_voltage_kv(rng: np.random.Generator) -> int:
    """Return a random tube voltage in kV; 100 and 120 are the common ones."""
    return int(rng.choice(sorted(IODINE_GAIN), p=(0.12, 0.38, 0.44, 0.06)))


def draw_phase(rng: np.random.Generator, name: str | None, voltage_kv: int = 120) -> Phase:
    """Return random enhancement; `name` fixes the phase, None draws arterial, portal venous or (seldom) unenhanced.

    A low tube voltage brightens the iodine of the arterial phase; the portal venous range already spans it, since
    less contrast medium is given then.
    """
    drawn = str(rng.choice(PHASES, p=(0.55, 0.38, 0.07)))
    name = drawn if name is None else name
    u = rng.uniform
    if name == "arterial":
        artery = float(np.clip(u(190, 430) * IODINE_GAIN[voltage_kv], 200, 600))
        renal = u(80, 200)
        return Phase(
            name, artery, u(-0.5, 0.3), u(35, 90), renal, u(50, 140), renal + u(20, 80), u(50, 110), u(55, 85),
            u(80, 150), u(45, 65), u(50, 110),
        )  # fmt: skip
    if name == "portal_venous":
        artery = u(120, 190)
        return Phase(
            name, artery, u(-0.1, 0.1), artery * u(0.65, 1.02), artery * u(0.95, 1.1), artery * u(0.95, 1.15),
            artery * u(1.05, 1.35), artery * u(0.85, 1.25), u(90, 125), u(105, 135), u(50, 70), u(70, 120),
        )  # fmt: skip
    if name == "unenhanced":
        blood = u(35, 48)
        return Phase(
            name, blood, 0.0, blood, blood, blood, u(28, 38), u(28, 38), u(48, 64), u(42, 54), u(45, 58), u(30, 45)
        )
    raise ValueError(f"unknown phase {name!r}; known: {', '.join(PHASES)}")


def vary_timing(rng: np.random.Generator, phase: Phase) -> Phase:
    """Return the enhancement of a scan that came at another moment: in a quarter of all with contrast medium.

    Early arterial: veins without contrast, kidneys with a bright cortex only. Late: veins as bright as arteries, and
    cortex and medulla alike.
    """
    odd, late, u = rng.uniform() < 0.25, rng.uniform() < 0.5, rng.uniform
    early = replace(
        phase, cava=u(35, 50), renal_vein=u(40, 70), portal_vein=u(38, 60), cortex=u(60, 150), medulla=u(32, 50),
        liver=u(48, 65), spleen=u(55, 100),
    )  # fmt: skip
    blood = phase.artery if phase.name == "portal_venous" else phase.artery * u(0.75, 1.0)
    veins = [blood * u(0.9, 1.08) for _ in range(3)]
    kidney = blood * u(0.9, 1.3)
    delayed = replace(
        phase, cava=veins[0], renal_vein=veins[1], portal_vein=veins[2], cortex=kidney, medulla=kidney * u(0.95, 1.2),
        liver=u(85, 120), spleen=u(95, 130),
    )  # fmt: skip
    if not odd or phase.name == "unenhanced":
        return phase
    return early if phase.name == "arterial" and not late else delayed
