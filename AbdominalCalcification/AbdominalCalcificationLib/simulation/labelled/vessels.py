"""The arteries of one patient: the courses of a label map, deformed, as tubes that keep apart what was apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..enhancement import Phase
from ..tubes import Centerline, Tube
from .arteries import Tree
from .courses import LEAST_RADIUS_MM
from .deformation import Deformation

_PRIORITY = {0: 0, 1: 3, 7: 2, 8: 2}
_KNOT_MM = 2.0
# Arteries that do not touch keep so much apart; where that takes more than a share of a radius, the flow is too strong.
CLEARANCE_MM = 0.5
LARGEST_LOSS = 0.3


@dataclass(frozen=True, eq=False)
class Arteries:
    """The arteries of one patient.

    Attributes
    ----------
    tubes : list of Tube
        The aorta first; of one name the longest first.
    ostia_mm : list of float
        Path length on each tube at which it leaves its parent.
    pinched : float
        The greatest share of a radius that was taken from a tube so that it does not touch another.
    """

    tubes: list[Tube]
    ostia_mm: list[float]
    pinched: float


def arteries_of(tree: Tree, deformation: Deformation, phase: Phase, rng: np.random.Generator) -> Arteries:
    """Return the deformed arteries, thinner where they would touch others that they do not touch in the label map."""
    aorta_wall = rng.uniform(1.1, 1.9)
    wall_hu = rng.uniform(38, 50) if phase.name == "unenhanced" else rng.uniform(38, 75)
    lines, radii = [], []
    for course in tree.courses:
        points = deformation.to_patient(course.points)
        knots = np.unique(np.rint(np.linspace(0, len(points) - 1, max(3, round(course.length_mm / _KNOT_MM) + 1))))
        line = Centerline.through(points[knots.astype(int)])
        grown = course.radius_mm * deformation.growth(course.points)
        share = np.linspace(0, 1, len(line.points))
        lines.append(line)
        radii.append(np.interp(share, np.linspace(0, 1, len(grown)), grown))
    pinched = _keep_apart(tree, lines, radii)
    tubes, ostia = [], []
    for n, course in enumerate(tree.courses):
        outer, line = radii[n], lines[n]
        wall = aorta_wall if course.label == 1 else np.clip(0.12 * outer, 0.2, 1.1)
        lumen = np.maximum(outer - wall, 0.6 * outer)
        blood = phase.artery * (1.0 + phase.fall_per_m * (120.0 - line.points[:, 2]) / 1000.0)
        tubes.append(
            Tube(course.name, course.label, line, outer, lumen, blood, wall_hu, _PRIORITY.get(course.label, 1))
        )
        parent = course.parent
        ostia.append(0.0 if parent is None else _ostium(line, lines[parent], radii[parent]))
    return Arteries(tubes, ostia, pinched)


def _ostium(line: Centerline, parent: Centerline, radius: np.ndarray) -> float:
    """Return the path length at which a line leaves the tube of its parent for the first time, mm."""
    distance, at = parent.tree.query(line.points)
    outside = np.flatnonzero(distance > radius[at])
    index = int(outside[0]) if len(outside) else len(line.points) // 2
    return float(line.arc_mm[index])


def _keep_apart(tree: Tree, lines: list[Centerline], radii: list[np.ndarray]) -> float:
    """Make tubes thinner where territories touch that do not in the label map; return by which share at most."""
    worst = 0.0
    for one, other in _apart(tree):
        distance, at = lines[other].tree.query(lines[one].points)
        near = radii[one] + radii[other][at] + CLEARANCE_MM > distance
        near &= _clear(tree, lines, radii, one) & _clear(tree, lines, radii, other)[at]
        for index in np.flatnonzero(near):
            a, b = radii[one][index], radii[other][at[index]]
            loss = (a + b + CLEARANCE_MM - distance[index]) / (a + b)
            if loss > 0:
                worst = max(worst, float(loss))
                radii[one][index] = max(a * (1 - loss), LEAST_RADIUS_MM)
                radii[other][at[index]] = max(b * (1 - loss), LEAST_RADIUS_MM)
    return worst


def _apart(tree: Tree) -> list[tuple[int, int]]:
    """Return the pairs of courses of territories that do not touch in the label map."""
    labels = [course.label for course in tree.courses]
    return [
        (one, other)
        for one in range(len(labels))
        for other in range(one)
        if labels[one] and labels[other] and labels[one] != labels[other]
        if frozenset((labels[one], labels[other])) not in tree.touching
    ]


def _clear(tree: Tree, lines: list[Centerline], radii: list[np.ndarray], n: int) -> np.ndarray:
    """Return which points of a line lie clear of the tube that it leaves, where its neighbours begin too."""
    parent = tree.courses[n].parent
    if parent is None:
        return np.ones(len(lines[n].points), bool)
    distance, at = lines[parent].tree.query(lines[n].points)
    return distance > radii[parent][at] + radii[n]


def new_contacts(tree: Tree, arteries: Arteries) -> set[frozenset[int]]:
    """Return which territories' tubes touch or overlap though they do not in the label map."""
    lines, radii = [tube.centerline for tube in arteries.tubes], [tube.outer_mm for tube in arteries.tubes]
    found = set()
    for one, other in _apart(tree):
        distance, at = lines[other].tree.query(lines[one].points)
        near = radii[one] + radii[other][at] >= distance
        if (near & _clear(tree, lines, radii, one) & _clear(tree, lines, radii, other)[at]).any():
            found.add(frozenset((tree.courses[one].label, tree.courses[other].label)))
    return found
