"""What others report of their systems on their own radiographs, as far as it was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """Figures of one test set; None where its source, as far as it was read, does not give them."""

    name: str
    images: str
    mean_absolute_error: float | None = None
    spearman: float | None = None
    icc: float | None = None
    by_group: str = ""


_SHAO = "Shao et al. 2025, Front Cardiovasc Med, doi 10.3389/fcvm.2025.1647882"
_ZHANG = "LVLCRNet, Zhang et al. 2025, BMC Med Imaging, doi 10.1186/s12880-025-02072-7"
#: From abstracts; the figures of Shao et al. as they are quoted, the paper itself was not at hand.
PUBLISHED = (
    Published(
        _SHAO,
        "radiographs, internal: 471",
        1.69,
        0.923,
        0.913,
        "sensitivity moderate 88.6 %; specificity none/mild 94.2 %, severe 91.5 %",
    ),
    Published(_SHAO, "radiographs, external: 733", 1.92, 0.888, 0.874),
    Published(_ZHANG, "radiographs, internal: 211", 1.547, None, 0.916, "right group 82.9 %"),
    Published(
        _ZHANG,
        "radiographs, external: 157 and 391",
        None,
        None,
        None,
        "ICC 0.90 in both, mean abs. error 1.19 and 1.97",
    ),
    Published(
        "ML-AAC24, Sharif et al. 2023, eBioMedicine, doi 10.1016/j.ebiom.2023.104676",
        "bone-density images: 5012",
        None,
        None,
        0.84,
        "right group 80 %",
    ),
)
