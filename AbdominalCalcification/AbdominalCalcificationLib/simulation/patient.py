"""Virtual patients: a CT angiogram with known truth, made from a seed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..geometry.volume import Grid, Volume
from .anatomy import draw_vessels
from .bodies import Body, ProceduralBody
from .branches import ARCH, with_branches
from .canvas import BYSTANDERS, METAL_HU, Canvas
from .conditions import CHANCES as DISEASES
from .conditions import Conditions, draw_conditions, fainter, group_of
from .enhancement import CALCIUM_GAIN, PHASES, draw_phase, draw_voltage_kv, vary_timing
from .fields import DEFAULT_SHAPE, DEFAULT_SPACING_MM, NOTHING_HU, default_grid, grid_within, round_field
from .implants import CHANCES as IMPLANTS
from .implants import paint_coils, paint_implants
from .labelled.anatomy import Anatomy
from .labelled.body import draw_body
from .mirrored import mirrored_grid, mirrored_places
from .painting import SUBVOXEL_MM, Painted, axes_of, paint_arteries
from .person import draw_person
from .physics import Physics, blotched, distort, draw_physics, odd_kernel, starved_noise
from .plaques import Plaque, draw_plaques
from .scanner import Scanner, add_streaks, draw_scanner, scan
from .stents import draw_stent
from .surroundings import clear_of_arteries
from .truth import all_plaques, bypass_entry, circumstances, stent_entry, volumes
from .tubes import Tube

# Diseases and implants that `simulate` can be asked for.
CONDITIONS = (*DISEASES, *IMPLANTS)
# Any number would do; with this one the patient of the sample case is healthy and plainly scanned.
_CONDITIONS_SALT = 18379
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
    streams = _Streams.of(int(seed))
    voltage_kv = draw_voltage_kv(streams.scanner)
    enhancement = vary_timing(streams.physics, draw_phase(streams.scanner, phase, voltage_kv))
    scanner = odd_kernel(streams.physics, draw_scanner(streams.scanner))
    physics = draw_physics(streams.physics)
    person = draw_person(streams.world)
    body: Body
    if anatomy is None:
        vessels = with_branches(draw_vessels(streams.tree, enhancement), person, streams.world)
        body = ProceduralBody(vessels, person)
        grid = default_grid(spacing_mm, DEFAULT_SHAPE if shape is None else shape, center_ras)
    else:
        body = draw_body(anatomy, streams.tree, enhancement, person)
        grid = grid_within(body.field(), spacing_mm, shape, center_ras)
    most = max(0.0, 1.0 - grid.spacing_mm[2] / THICKEST_SLICE_MM)
    scanner = replace(scanner, overlap=min(scanner.overlap, most))
    severity = _severity(streams.plaque, severity)
    drawn = draw_conditions(
        streams.disease, body.arteries, [body.ostium_mm(t) for t in body.arteries], enhancement.name, conditions
    )
    is_mirrored = person.situs_inversus and anatomy is None
    seen = mirrored_grid(grid) if is_mirrored else grid
    visible = round_field(grid) if person.round_field else np.ones(grid.shape[1:], bool)
    ideal = _ideal(body, drawn, seen, visible, streams, severity, CALCIUM_GAIN[voltage_kv], conditions)
    ct = _scanned(ideal.hu, seen, drawn.arteries[0], scanner, physics, streams)
    ct[:, ~visible] = NOTHING_HU
    truth = {
        "seed": int(seed),
        "phase": enhancement.name,
        "severity": round(severity, 4),
        "spacing_mm": [float(s) for s in spacing_mm],
        "shape_kji": [int(n) for n in grid.shape],
        **_truth(drawn, ideal, is_mirrored),
        # Label maps say themselves who the patient is.
        "person": person.document() if anatomy is None else None,
        "round_field": person.round_field,
        **circumstances(grid, voltage_kv, scanner, enhancement, physics),
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


class _Streams(NamedTuple):
    """The random numbers of each part of a patient."""

    tree: np.random.Generator
    plaque: np.random.Generator
    body: np.random.Generator
    scanner: np.random.Generator
    noise: np.random.Generator
    metal: np.random.Generator
    density: np.random.Generator
    world: np.random.Generator
    disease: np.random.Generator
    physics: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> _Streams:
        """Return one stream for each part, so that a change in one leaves the others as they were."""
        seeds = np.random.SeedSequence(seed).spawn(8)
        seeds += np.random.SeedSequence([seed, _CONDITIONS_SALT]).spawn(2)
        return cls(*(np.random.Generator(np.random.PCG64(each)) for each in seeds))


def _severity(rng: np.random.Generator, given: float | None) -> float:
    """Return how calcified a patient is: 0 (one in ten) to 1; drawn in any case, so that what follows is the same."""
    drawn = 0.0 if rng.uniform() < 0.1 else float(rng.uniform(0.03, 1.0) ** 1.5)
    return drawn if given is None else float(given)


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


def _ideal(
    body: Body,
    drawn: Conditions,
    grid: Grid,
    visible: np.ndarray,
    streams: _Streams,
    severity: float,
    gain: float,
    conditions: Collection[str] | None,
) -> _Ideal:
    """Return the ideal image of a body with plaques, stents and implants; truth in the `visible` columns alone."""
    arteries = drawn.arteries
    plaques = [
        _plaques_of(streams.plaque, streams.density, tube, ostium, severity)
        for tube, ostium in zip(arteries, drawn.ostia_mm, strict=True)
    ]
    plaques[0] += _plaques_above(streams.world, arteries[0], severity)
    plaques = [
        fainter(own, drawn.calcium_share, float(np.median(tube.lumen_hu)))
        for tube, own in zip(arteries, plaques, strict=True)
    ]
    stents = [_stent_of(streams.metal, tube, body.ostium_mm(tube)) for tube in body.arteries]
    stents += [None] * (len(arteries) - len(stents))
    # Where a patient has what the disease brings, the single stent gives way.
    metal = [
        own or (() if s is None or conditions is not None else (s,)) for own, s in zip(drawn.metal, stents, strict=True)
    ]
    hu, bystanders, distractors = body.paint(grid, streams.body, gain)
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
    hu: np.ndarray, grid: Grid, aorta: Tube, scanner: Scanner, physics: Physics, streams: _Streams
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
    if shape is not None and (len(tuple(shape)) != 3 or not all(8 <= int(n) <= 2000 for n in shape)):
        raise InputError(f"The size {tuple(shape)} is unusable; give three numbers from 8 to 2000 voxels.")
    if phase is not None and phase not in PHASES:
        raise InputError(f"The phase {phase!r} is unknown; choose one of {', '.join(PHASES)}.")
    if strange := sorted(set(conditions or ()) - set(CONDITIONS)):
        raise InputError(f"The condition {strange[0]!r} is unknown; choose from {', '.join(CONDITIONS)}.")


def _plaques_of(rng, density_rng, tube, ostium_mm, severity):
    if tube.name == "splenic" and rng.uniform() < 0.3:
        return draw_plaques(rng, density_rng, tube, "mesenteric", severity, 25.0)
    if not tube.label:
        return []
    start = _abdominal_mm(tube) if tube.name == "aorta" else ostium_mm
    group = group_of(tube)
    return draw_plaques(rng, density_rng, tube, group, severity * float(rng.uniform(0.5, 1.3)), start)


def _abdominal_mm(aorta: Tube) -> float:
    """Return the path length at which the abdominal aorta begins: its plaques start 230 mm above the end."""
    return max(0.0, aorta.centerline.length_mm - 230.0)


def _plaques_above(rng, aorta: Tube, severity: float) -> list[Plaque]:
    """Return plaques of the aorta in the chest."""
    drawn = draw_plaques(rng, rng, aorta, "aorta", 0.7 * severity * float(rng.uniform(0.5, 1.3)), 0.0)
    return [plaque for plaque in drawn if plaque.center_mm < _abdominal_mm(aorta)]


def _stent_of(rng, tube, ostium_mm):
    if not tube.label or tube.name == ARCH:
        return None
    return draw_stent(rng, tube, group_of(tube), ostium_mm)
