"""One CT by the definition of the radiograph: its simulated radiograph, and the Kauppila score of its masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ...anatomy import TERRITORIES
from ...errors import InputError
from ...flags import KINDS, Effect, Flag
from ...geometry import Volume, bounding_box
from ...geometry.resample import fraction_outside
from ...progress import Progress, Steps, scaled
from ...reporting.provenance import build_provenance
from ..projection import LateralGeometry
from ..result import RadiographResult
from ..spine import LABELS, Border, Vertebra, borders_of, vertebrae_of
from .bodies import projected_bodies
from .drr import SimulatedRadiograph, simulated_radiograph_steps
from .levels import Levels, borders_by_hand
from .scoring import AortaMask, cut_by_field, moved, score_masks

AORTA = TERRITORIES[0].label
#: Where a cone beam comes from: a focus 1150 mm from the detector, the spine 250 mm from it, since half a patient and
#: the grid lie between. Ours, within what is usual (1000 to 1200 mm).
CONE_MM = (1150.0, 250.0)


@dataclass(frozen=True, eq=False)
class CtCase:
    """A CT with its masks, on one grid, and where its vertebrae are.

    Attributes
    ----------
    ct : Volume
        HU.
    arteries : Volume
        Territory labels.
    calcified : ndarray, shape (k, j, i)
        Territory label of each calcified voxel that was assigned to one (a measurement's ``parts_map``).
    vertebrae : Volume or None
        Values of :data:`..spine.LABELS`, on a grid of its own.
    levels : Levels or None
        Set by hand; they come before the mask.
    flags : tuple of Flag
        What is known of the input.
    identity : mapping or None
        Of the CT, for the provenance.
    is_anonymous : bool
        Whether the result that it comes from names nobody.

    Raises
    ------
    InputError
        Where nothing tells the levels.
    """

    ct: Volume
    arteries: Volume
    calcified: np.ndarray
    vertebrae: Volume | None = None
    levels: Levels | None = None
    flags: tuple[Flag, ...] = ()
    identity: Mapping | None = field(default=None)
    is_anonymous: bool = False

    def __post_init__(self):
        if self.vertebrae is None and self.levels is None:
            raise InputError("Nothing says where L1 to L4 are; give a mask of the vertebrae, or levels set by hand.")
        if self.vertebrae is not None and not np.isin(list(LABELS.values()), self.vertebrae.array).any():
            raise InputError("The mask of the vertebrae holds no lumbar vertebra; give one that does.")
        if self.vertebrae is not None and fraction_outside(self.vertebrae, self.ct.grid) == 1.0:
            raise InputError("The mask of the vertebrae lies outside the CT; give one that was made on this CT.")


def case_of_result_steps(
    folder: Path,
    ct: Path | None = None,
    series: str | None = None,
    acquisition: str | None = None,
    *,
    vertebrae: Volume | None = None,
    levels: Levels | None = None,
) -> Steps[CtCase]:
    """Read a result folder, and measure it again, which tells the calcification of the aorta.

    Parameters
    ----------
    folder, ct, series, acquisition
        As of :func:`...reporting.stored_result.read_result`.
    vertebrae, levels
        As of :class:`CtCase`.

    Raises
    ------
    InputError
    """
    from ...reporting.measured_again import measured_again_steps
    from ...reporting.stored_result import read_result

    yield Progress("Reading the result", 0.0)
    stored = read_result(folder, ct, series, acquisition)
    steps = measured_again_steps(stored.document, stored.ct, stored.arteries, stored.calcification)
    _, measurement = yield from scaled(steps, 0.3, 1.0)
    flags = [
        Flag(each["code"], each["message"])
        for each in stored.document["flags"]
        if each["code"] in KINDS and each.get("territory") in (None, TERRITORIES[0].name)
    ]
    told = tuple(flag for flag in flags if flag.effect > Effect.NOTE)
    identity = (stored.document.get("provenance") or {}).get("input")
    parts = measurement.parts_map.array
    return CtCase(stored.ct, stored.arteries, parts, vertebrae, levels, told, identity, stored.is_anonymous)


def lateral_geometry(case: CtCase, *, cone: bool = False) -> LateralGeometry:
    """Return a lateral view whose central ray passes the middle of the aorta's mask, or of the CT."""
    box = bounding_box(case.arteries.array == AORTA)
    middle = [(part.start + part.stop - 1) / 2 for part in box] if box else (np.array(case.ct.grid.shape) - 1) / 2
    right, front, up = (float(value) for value in case.ct.grid.ras_of_kji([middle])[0])
    center = (right, front, up)
    return LateralGeometry(center, *CONE_MM) if cone else LateralGeometry(center)


def kauppila_of_ct_steps(
    case: CtCase, geometry: LateralGeometry | None = None, *, keep_contrast: bool = False
) -> Steps[RadiographResult]:
    """Simulate the lateral radiograph of a CT, and score the aorta's masks as if they were seen on it.

    Returns
    -------
    RadiographResult
        The simulated radiograph, the vertebral bodies projected, and the score of the masks (origin ``geometry``).
    """
    geometry = geometry or lateral_geometry(case)
    drr: SimulatedRadiograph = yield from scaled(
        simulated_radiograph_steps(
            case.ct, geometry, case.arteries.array, case.calcified, keep_contrast=keep_contrast
        ),
        0.0,
        0.8,
    )  # fmt: skip
    yield Progress("Scoring the aorta's masks", 0.8)
    aorta = AortaMask.cropped(case.arteries.with_array(case.arteries.array == AORTA), case.calcified == AORTA)
    labels = np.zeros(drr.detector.shape, np.uint8)
    if case.vertebrae is not None:
        labels = projected_bodies(case.vertebrae, geometry, drr.detector)
    vertebrae = vertebrae_of(labels, drr.radiograph.step)
    borders, cut = _borders(case, geometry, aorta, vertebrae, drr)
    found = score_masks(aorta, borders, geometry, cut)
    shift = (-drr.detector.corner[0], -drr.detector.corner[1])
    flags = [*case.flags, *drr.flags, *found.flags]
    if case.levels is not None:
        kind = "discs" if case.levels.are_discs else "vertebrae"
        flags.append(Flag("levels_by_hand", f"Levels are those that were set by hand ({kind})."))
    parameters = {**drr.parameters, "levels": _levels_document(case.levels)}
    provenance = build_provenance(case.identity)
    if case.is_anonymous:
        provenance["anonymous"] = True
    return RadiographResult(
        drr.radiograph,
        labels,
        vertebrae,
        moved(found.score, shift),
        flags=tuple(dict.fromkeys(flags)),
        parameters=parameters,
        provenance=provenance,
    )


def _borders(
    case: CtCase,
    geometry: LateralGeometry,
    aorta: AortaMask,
    vertebrae: Mapping[str, Vertebra],
    drr: SimulatedRadiograph,
) -> tuple[dict[str, tuple[Border, Border]], dict[str, str]]:
    """Return the borders of L1 to L4, mm from the central ray, and the vertebrae that the field of view cuts."""
    if case.levels is not None:
        kji = np.argwhere(aorta.wall)
        points = aorta.grid.ras_of_kji(kji) if len(kji) else np.array([geometry.isocenter_ras])
        return borders_by_hand(case.levels, geometry, points), {}
    x, y = drr.detector.corner

    def placed(border: Border) -> Border:
        return replace(border, point=(border.point[0] + x, border.point[1] + y))

    borders = {name: (placed(above), placed(below)) for name, (above, below) in borders_of(vertebrae).items()}
    cut = {
        name: "the field of view cuts the vertebra" for name in borders if _is_cut(case, geometry, vertebrae[name], drr)
    }
    return borders, cut


def _is_cut(case: CtCase, geometry: LateralGeometry, vertebra: Vertebra, drr: SimulatedRadiograph) -> bool:
    """Return whether the field of view cuts the body of a vertebra above or below; its arch may be cut."""
    assert case.vertebrae is not None
    kji = np.argwhere(case.vertebrae.array == LABELS[vertebra.name])
    places = drr.detector.points(geometry.project(case.vertebrae.grid.ras_of_kji(kji))[0])
    front, back = np.asarray(vertebra.corners)[:, 0].min(), np.asarray(vertebra.corners)[:, 0].max()
    body = (places[:, 0] >= front) & (places[:, 0] <= back)
    return any(cut_by_field(kji[body], case.vertebrae.grid, case.ct.grid))


def _levels_document(levels: Levels | None) -> dict | None:
    if levels is None:
        return None
    return {name: list(levels.points_ras.get(name, (levels.heights_mm[name],))) for name in levels.order}
