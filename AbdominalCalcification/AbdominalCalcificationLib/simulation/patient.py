"""Virtual patients: a CT angiogram with known truth, made from a seed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..geometry.volume import Grid, Volume
from .canvas import BYSTANDERS, METAL_HU, Canvas
from .conditions import CHANCES as DISEASES
from .conditions import Conditions
from .drawn import DrawnPatient, Streams, draw_patient
from .enhancement import CALCIUM_GAIN, PHASES
from .fields import (
    DEFAULT_SHAPE,
    DEFAULT_SPACING_MM,
    FEWEST_VOXELS,
    MOST_VOXELS,
    NOTHING_HU,
    default_grid,
    grid_within,
    round_field,
)
from .implants import CHANCES as IMPLANTS
from .implants import paint_coils, paint_implants
from .labelled.anatomy import Anatomy
from .labelled.body import LabelledBody
from .mirrored import mirrored_grid, mirrored_places
from .painting import SUBVOXEL_MM, Painted, axes_of, paint_arteries
from .physics import Physics, blotched, distort, starved_noise
from .plaques import Plaque
from .scanner import Scanner, add_streaks, scan
from .surroundings import clear_of_arteries
from .truth import all_plaques, bypass_entry, circumstances, stent_entry, volumes
from .tubes import Tube

# Diseases and implants that `simulate` can be asked for.
CONDITIONS = (*DISEASES, *IMPLANTS)
THICKEST_SLICE_MM = 5.0


@dataclass(frozen=True, eq=False)
class VirtualPatient:
    """One simulated CT with its truth, all on one grid.

    Attributes
    ----------
    ct : Volume
        int16, HU.
    arteries : Volume
        uint8, territory labels; a voxel is named where arteries hold at least half of it.
    calcification : Volume
        uint8, 1 where calcium of a measured artery holds at least half of the voxel.
    bystanders : Volume
        uint8, values of `BYSTANDERS`: bone and other bright things that are no arterial calcium.
    truth : dict
        Exact volumes and how the patient was made; ready for JSON.
    """

    ct: Volume
    arteries: Volume
    calcification: Volume
    bystanders: Volume
    truth: dict = field(default_factory=dict)


def simulate(
    seed: int,
    *,
    spacing_mm=DEFAULT_SPACING_MM,
    shape=None,
    phase: str | None = None,
    center_ras=None,
    severity: float | None = None,
    anatomy: Anatomy | None = None,
    conditions: Collection[str] | None = None,
) -> VirtualPatient:
    """Return the virtual patient of `seed`.

    The patient depends on the seed, and on the anatomy where one is given, alone; spacing, shape and centre say how the
    scanner looks at it.

    Parameters
    ----------
    seed : int
        0 or more.
    spacing_mm : sequence of float
        Along i, j, k.
    shape : sequence of int, optional
        Voxels along k, j, i; by default 220 × 200 × 220, or what `anatomy` covers.
    phase : str, optional
        ``arterial``, ``portal_venous`` or ``unenhanced``; drawn from the seed by default.
    center_ras : sequence of float, optional
        Middle of the field of view; the aortic bifurcation lies near (0, 0, 0).
    severity : float, optional
        0 (no calcium) to 1 (porcelain aorta); drawn from the seed by default.
    anatomy : Anatomy, optional
        A label map to deform (:func:`labelled.load_anatomy`); by default the anatomy is drawn from the seed too. The
        field of view is moved and cut so that it lies within the label map.
    conditions : collection of str, optional
        Diseases and implants that the patient has, and no others (`CONDITIONS`); drawn from the seed by default.

    Raises
    ------
    InputError
        Where seed, spacing, shape, phase or conditions cannot be used.
    """
    _check(seed, spacing_mm, shape, phase, conditions)
    patient = draw_patient(seed, phase=phase, severity=severity, anatomy=anatomy, conditions=conditions)
    body, person, drawn = patient.body, patient.person, patient.drawn
    if isinstance(body, LabelledBody):
        grid = grid_within(body.field(), spacing_mm, shape, center_ras)
    else:
        grid = default_grid(spacing_mm, DEFAULT_SHAPE if shape is None else shape, center_ras)
    most = max(0.0, 1.0 - grid.spacing_mm[2] / THICKEST_SLICE_MM)
    scanner = replace(patient.scanner, overlap=min(patient.scanner.overlap, most))
    is_mirrored = person.situs_inversus and anatomy is None
    seen = mirrored_grid(grid) if is_mirrored else grid
    visible = round_field(grid) if person.round_field else np.ones(grid.shape[1:], bool)
    ideal = _ideal(patient, seen, visible, conditions)
    ct = _scanned(ideal.hu, seen, drawn.arteries[0], scanner, patient.physics, patient.streams)
    ct[:, ~visible] = NOTHING_HU
    truth = {
        "seed": int(seed),
        "phase": patient.enhancement.name,
        "severity": round(patient.severity, 4),
        "spacing_mm": [float(s) for s in spacing_mm],
        "shape_kji": [int(n) for n in grid.shape],
        **_truth(drawn, ideal, is_mirrored),
        # Label maps say themselves who the patient is.
        "person": person.document() if anatomy is None else None,
        "round_field": person.round_field,
        **circumstances(grid, patient.voltage_kv, scanner, patient.enhancement, patient.physics),
        **body.document(),
    }
    if anatomy is not None:
        truth["asked_shape_kji"] = None if shape is None else [int(n) for n in shape]
    return VirtualPatient(
        Volume(ct, grid),
        Volume(ideal.painted.labels, grid),
        Volume(ideal.painted.calcification, grid),
        Volume(ideal.bystanders, grid),
        truth,
    )


def _truth(drawn: Conditions, ideal: _Ideal, is_mirrored: bool) -> dict:
    """Return what is known of arteries and calcium, as the document says it."""
    plaques, distractors = all_plaques(drawn.arteries, ideal.plaques), ideal.distractors
    if is_mirrored:
        plaques, distractors = mirrored_places(plaques), mirrored_places(distractors)
    return {
        "volumes_from": f"geometry sampled in sub-voxels of at most {SUBVOXEL_MM} mm, within the field of view",
        **volumes(drawn.arteries, drawn.ostia_mm, ideal.painted),
        "plaques": plaques,
        "conditions": drawn.found,
        "not_to_count": distractors,
    }


class _Ideal(NamedTuple):
    """What a scanner without blur and noise would see, and what is known of it."""

    hu: np.ndarray
    painted: Painted
    bystanders: np.ndarray
    plaques: list[list[Plaque]]
    distractors: list[dict]


def _ideal(patient: DrawnPatient, grid: Grid, visible: np.ndarray, conditions: Collection[str] | None) -> _Ideal:
    """Return the ideal image of a body with plaques, stents and implants; truth in the `visible` columns alone."""
    body, streams, plaques, metal = patient.body, patient.streams, patient.plaques, patient.metal
    arteries, gain = patient.drawn.arteries, CALCIUM_GAIN[patient.voltage_kv]
    hu, bystanders, distractors = body.paint(grid, streams.body, gain, arteries[0])
    canvas = Canvas.over(grid, hu, bystanders, gain)
    implants = paint_implants(canvas, streams.disease, body, conditions)
    painted = paint_arteries(hu, grid, arteries, plaques, metal, gain, visible)
    bystanders.reshape(-1)[painted.unmeasured] = BYSTANDERS["splenic artery"]
    bystanders[painted.labels > 0] = 0
    for kind, voxels in painted.kinds.items():
        bystanders.reshape(-1)[voxels] = kind
    paint_coils(canvas, streams.disease, arteries, implants, painted.labels == 0, conditions)
    bystanders.reshape(-1)[painted.metal] = BYSTANDERS["stent"]
    bystanders.reshape(-1)[painted.grafts] = BYSTANDERS["stent graft"]
    bystanders[:, ~visible] = 0
    distractors = clear_of_arteries(distractors, arteries)
    for item in distractors:
        if item["hu"] >= METAL_HU:
            add_streaks(hu, axes_of(grid), item["center_ras"], 6.0, streams.metal)
    implants.shade(hu, axes_of(grid), streams.disease)
    distractors += implants.items
    distractors += [stent_entry(tube, each) for tube, own in zip(arteries, metal, strict=True) for each in own]
    distractors += [bypass_entry(tube) for tube in arteries if tube.kind]
    return _Ideal(hu, painted, bystanders, plaques, distractors)


def _scanned(
    hu: np.ndarray, grid: Grid, aorta: Tube, scanner: Scanner, physics: Physics, streams: Streams
) -> np.ndarray:
    """Return the CT of an ideal image, int16."""
    axes = axes_of(grid)
    distort(hu, axes, physics, aorta.centerline.points)

    def more_noise(noise: np.ndarray) -> np.ndarray:
        noise = blotched(noise, grid.spacing_mm, physics.blotchy)
        starved_noise(noise, axes, grid.spacing_mm, physics, streams.noise)
        return noise

    is_plain = physics.blotchy == 0 and physics.starvation == 0
    return scan(hu, grid.spacing_mm, scanner, streams.noise, physics.profile_mm, None if is_plain else more_noise)


def _check(seed, spacing_mm, shape, phase, conditions) -> None:
    if int(seed) < 0:
        raise InputError(f"The seed {seed} is negative; give 0 or more.")
    if len(tuple(spacing_mm)) != 3 or not all(0.2 <= float(s) <= 10 for s in spacing_mm):
        raise InputError(f"The spacing {tuple(spacing_mm)} is unusable; give three numbers from 0.2 to 10 mm.")
    low, high = FEWEST_VOXELS, MOST_VOXELS
    if shape is not None and (len(tuple(shape)) != 3 or not all(low <= int(n) <= high for n in shape)):
        raise InputError(f"The size {tuple(shape)} is unusable; give three numbers from {low} to {high} voxels.")
    if phase is not None and phase not in PHASES:
        raise InputError(f"The phase {phase!r} is unknown; choose one of {', '.join(PHASES)}.")
    if strange := sorted(set(conditions or ()) - set(CONDITIONS)):
        raise InputError(f"The condition {strange[0]!r} is unknown; choose from {', '.join(CONDITIONS)}.")
