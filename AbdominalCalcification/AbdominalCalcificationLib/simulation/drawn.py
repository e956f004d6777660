"""A virtual patient before anything is painted: what the seed alone decides, however one looks at the patient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .anatomy import draw_vessels
from .bodies import Body, ProceduralBody
from .branches import ARCH, with_branches
from .conditions import Conditions, draw_conditions, fainter, group_of
from .enhancement import Phase, draw_phase, draw_voltage_kv, vary_timing
from .labelled.anatomy import Anatomy
from .labelled.body import draw_body
from .person import Person, draw_person
from .physics import Physics, draw_physics, odd_kernel
from .plaques import Plaque, draw_plaques
from .scanner import Scanner, draw_scanner
from .stents import Metal, draw_stent
from .tubes import Tube

# Any number would do; with this one the patient of the sample case is healthy and plainly scanned.
_CONDITIONS_SALT = 18379


class Streams(NamedTuple):
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
    def of(cls, seed: int) -> Streams:
        """Return one stream for each part, so that a change in one leaves the others as they were."""
        seeds = np.random.SeedSequence(seed).spawn(8)
        seeds += np.random.SeedSequence([seed, _CONDITIONS_SALT]).spawn(2)
        return cls(*(np.random.Generator(np.random.PCG64(each)) for each in seeds))


@dataclass(frozen=True, eq=False)
class DrawnPatient:
    """Everything of a patient that is drawn before painting.

    Attributes
    ----------
    streams : Streams
        As they stand: painting goes on with them.
    voltage_kv : int
    enhancement : Phase
    scanner : Scanner
    physics : Physics
    person : Person
    body : Body
    severity : float
    drawn : Conditions
        The arteries with their diseases.
    plaques : list of list of Plaque
        Of each artery.
    metal : list of tuple of Metal
        Of stents and stent grafts, of each artery.
    """

    streams: Streams
    voltage_kv: int
    enhancement: Phase
    scanner: Scanner
    physics: Physics
    person: Person
    body: Body
    severity: float
    drawn: Conditions
    plaques: list[list[Plaque]]
    metal: list[tuple[Metal, ...]]


def draw_patient(
    seed: int,
    *,
    phase: str | None = None,
    severity: float | None = None,
    anatomy: Anatomy | None = None,
    conditions: Collection[str] | None = None,
) -> DrawnPatient:
    """Return the patient of `seed`; arguments as for :func:`patient.simulate`."""
    streams = Streams.of(int(seed))
    voltage_kv = draw_voltage_kv(streams.scanner)
    enhancement = vary_timing(streams.physics, draw_phase(streams.scanner, phase, voltage_kv))
    scanner = odd_kernel(streams.physics, draw_scanner(streams.scanner))
    physics = draw_physics(streams.physics)
    person = draw_person(streams.world)
    body: Body
    if anatomy is None:
        vessels = with_branches(draw_vessels(streams.tree, enhancement), person, streams.world)
        body = ProceduralBody(vessels, person)
    else:
        body = draw_body(anatomy, streams.tree, enhancement, person)
    severity = _severity(streams.plaque, severity)
    drawn = draw_conditions(
        streams.disease, body.arteries, [body.ostium_mm(t) for t in body.arteries], enhancement.name, conditions
    )
    plaques = _plaques(streams, drawn, severity)
    metal = _metal(streams, body, drawn, conditions)
    return DrawnPatient(
        streams, voltage_kv, enhancement, scanner, physics, person, body, severity, drawn, plaques, metal
    )


def _severity(rng: np.random.Generator, given: float | None) -> float:
    """Return how calcified a patient is: 0 (one in ten) to 1; drawn in any case, so that what follows is the same."""
    drawn = 0.0 if rng.uniform() < 0.1 else float(rng.uniform(0.03, 1.0) ** 1.5)
    return drawn if given is None else float(given)


def _plaques(streams: Streams, drawn: Conditions, severity: float) -> list[list[Plaque]]:
    arteries = drawn.arteries
    plaques = [
        _plaques_of(streams.plaque, streams.density, tube, ostium, severity)
        for tube, ostium in zip(arteries, drawn.ostia_mm, strict=True)
    ]
    plaques[0] += _plaques_above(streams.world, arteries[0], severity)
    return [
        fainter(own, drawn.calcium_share, float(np.median(tube.lumen_hu)))
        for tube, own in zip(arteries, plaques, strict=True)
    ]


def _metal(
    streams: Streams, body: Body, drawn: Conditions, conditions: Collection[str] | None
) -> list[tuple[Metal, ...]]:
    stents = [_stent_of(streams.metal, tube, body.ostium_mm(tube)) for tube in body.arteries]
    stents += [None] * (len(drawn.arteries) - len(stents))
    # Where a patient has what the disease brings, the single stent gives way.
    return [
        own or (() if s is None or conditions is not None else (s,)) for own, s in zip(drawn.metal, stents, strict=True)
    ]


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
