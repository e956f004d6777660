"""Whether what was found on a radiograph can be a lumbar spine seen from the side, and what the picture itself shows.

Pure functions of the image, the vertebrae and the score; all lengths are in heights of the vertebral bodies that were
found, so that no size of a pixel is needed. Thresholds: ``radiograph.md#what-the-picture-shows``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull

from ..flags import Flag
from ..geometry.lines import evenly
from .image import Radiograph
from .kauppila import VERTEBRAE, WALLS, KauppilaScore, Segment
from .picture import centred_symmetry, contrast_with_discs, contrast_with_front, front_of, share_at_an_end
from .result import RadiographResult
from .spine import LABELS, ORDER, Vertebra, bulge
from .verdict import forbid_numbers, with_flags, withdrawn

#: Fewer of L1 to L4 are no lumbar spine.
LEAST_LUMBAR = 3
#: From one body to the next, in heights of a body: body and disc together.
NEXT_HEIGHTS = (0.7, 2.2)
#: Of a body, to the median of all: fractures and S1 included.
HEIGHT_RATIO = (0.45, 1.8)
#: Area of a body to that of its convex hull. Of 762 bodies on simulated radiographs one had less, most 0.89 to 0.95.
LEAST_SOLIDITY = 0.8
#: So many ragged bodies are no spine that the network recognises.
MOST_RAGGED = 1
#: Depth of a body to the median height: between a tall one and a wedge.
DEPTH_RATIO = (0.7, 2.6)
#: Of the way from the first to the last body: more across than this part of it is no upright spine.
MOST_LEAN = 0.75
#: In mm, magnified or not: bodies of L1 to L5.
BODY_MM = (14.0, 50.0)
#: How far the bodies bulge to a side, in heights, before that tells which side is the front.
BULGE = 0.12
#: Of bodies over the discs between them plus that over what lies in front, each in spreads: less, where both are
#: negative, is an image of which dark is dense. Most inverted images are not told by it.
LEAST_CONTRAST = -0.35
#: Of the image mirrored about the spine: more is a frontal view.
MOST_SYMMETRY = 0.5
#: Of the region in front of a vertebra.
LEAST_FRONT, MOST_SATURATED = 0.8, 0.2
#: Of the score's interval of 90 %, in points: a third of the scale.
WIDEST_INTERVAL = 8
#: The same: half of the scale, and a score that may be anything there is none.
NO_SCORE_INTERVAL = 12
#: In points: scores and extents come from different outputs of the network; of 1600 parts 0.5 % differ by so many.
EXTENT_DIFFERENCE = 2
EXTENT_DISAGREES, AORTA_NOT_RECOGNISED = "extent_disagrees", "aorta_not_recognised"
SCORE_UNKNOWN = "score_unknown"
# Of each part of a wall, for its evenness.
_POINTS = 24
#: How far walls stray from a smooth line, in heights of a body, either wall alone; both together count as the root of
#: the sum of squares of their shares of this. Of 200 simulated radiographs, 2 come to more than 1 (the others to 0.87
#: at most); of twelve real ones, eight.
MOST_UNEVEN = {"anterior": 0.12, "posterior": 0.035}
#: How far a wall jumps between two levels, which are drawn each for itself; counted in the same way. Of the simulated
#: radiographs 3 come to more than 1, of the real ones nine.
MOST_JUMP = {"anterior": 0.5, "posterior": 0.15}
#: Of the middle of both walls from each other, in heights of a body (0.54 to 1.1 there).
WALLS_APART = (0.25, 2.5)


def sensible(result: RadiographResult) -> RadiographResult:
    """Return a result with the flags of what was found; without any number where they forbid it."""
    found = flags_of(result.radiograph, result.labels, result.vertebrae, result.score)
    found += of_ignorance(result)
    told = with_flags(result, found)
    # Messages about the score would tell the numbers that are withdrawn.
    return withdrawn(told if forbid_numbers(told.flags) else with_flags(told, of_doubts(told)))


def of_doubts(result: RadiographResult) -> list[Flag]:
    """Flag what a score says of itself: of which little is known, or which contradicts what is drawn."""
    return [*of_interval(result), *of_extents(result.score)]


def of_ignorance(result: RadiographResult) -> list[Flag]:
    """Flag a score of which the network knows next to nothing: calcium is hidden, or the film is unlike all films."""
    ends = result.interval()
    if ends is None or ends[1] - ends[0] <= NO_SCORE_INTERVAL:
        return []
    text = "The network does not know the score: what it holds possible (with a probability of 90 %) is more than half "
    return [Flag(SCORE_UNKNOWN, text + "of the scale.")]


def of_interval(result: RadiographResult) -> list[Flag]:
    """Flag a score of which little is known: its interval is wide, though nothing else speaks against it."""
    ends = result.interval()
    if ends is None or ends[1] - ends[0] <= WIDEST_INTERVAL:
        return []
    low, high = (f"{end:.0f}" for end in ends)
    return [Flag("score_uncertain", f"The score may be anything from {low} to {high} (with a probability of 90 %).")]


def of_extents(score: KauppilaScore) -> list[Flag]:
    """Flag parts of which a network's score and the deposits that it draws contradict each other."""
    flags = []
    for part in score.segments:
        drawn = part.extent_score
        if part.origin != "model" or part.score is None or drawn is None or not part.line:
            continue
        if abs(part.score - drawn) >= EXTENT_DIFFERENCE:
            text = f"{part.vertebra} {part.wall}: its score is {part.score}, and the deposits drawn come to {drawn}."
            flags.append(Flag(EXTENT_DISAGREES, text, part.vertebra))
    return flags


def flags_of(
    radiograph: Radiograph, labels: np.ndarray, vertebrae: Mapping[str, Vertebra], score: KauppilaScore
) -> list[Flag]:
    """Return what is to be said about vertebrae and score of a radiograph."""
    lumbar = [name for name in VERTEBRAE if name in vertebrae]
    if len(lumbar) < LEAST_LUMBAR:
        said = f"only {', '.join(lumbar)} of L1 to L4 were found" if lumbar else "none of L1 to L4 was found"
        return [Flag("no_lumbar_spine", f"No lateral lumbar spine was recognised: {said}.")]
    names = [name for name in ORDER if name in vertebrae]
    bodies = {name: vertebrae[name] for name in names}
    flags = [*_of_order(bodies), *_of_outlines(labels, bodies), *_of_shapes(bodies, radiograph)]
    if forbid_numbers(flags):
        return flags
    flags += of_walls(score, _height(bodies))
    flags += _of_levels(bodies)
    flags += _of_picture(radiograph, labels, bodies)
    flags += _of_facing(bodies, radiograph.faces or "left")
    flags += _of_parts(radiograph, bodies, score)
    return flags


def of_walls(score: KauppilaScore, height: float) -> list[Flag]:
    """Flag walls that a network drew where no aorta has any: one that is lost draws them to and fro.

    Parameters
    ----------
    score : KauppilaScore
    height : float
        Of a body, in the unit of the lines.
    """
    walls = {wall: _model_line([score.part(name, wall) for name in VERTEBRAE]) for wall in WALLS}
    lines = {wall: line for wall, line in walls.items() if len(line) > 4}
    if odd := _odd_wall({wall: _unevenness(line) / height for wall, line in lines.items()}, MOST_UNEVEN):
        text = f"The walls, most of all the {odd} one, were drawn to and fro as no aorta runs: it was not recognised."
        return [Flag(AORTA_NOT_RECOGNISED, text)]
    jumps = {wall: _jump([score.part(name, wall) for name in VERTEBRAE]) / height for wall in WALLS}
    if odd := _odd_wall(jumps, MOST_JUMP):
        text = f"The walls, most of all the {odd} one, of neighbouring levels do not meet: no aorta was recognised."
        return [Flag(AORTA_NOT_RECOGNISED, text)]
    if len(lines) == len(WALLS):
        one, other = lines.values()
        near = np.linalg.norm(one[:, None] - other, axis=-1).min(axis=1)
        apart = float(np.median(near)) / height
        if not WALLS_APART[0] <= apart <= WALLS_APART[1]:
            text = f"The walls lie {apart:.1f} heights of a body apart, as those of no aorta: it was not recognised."
            return [Flag(AORTA_NOT_RECOGNISED, text)]
    return []


def _odd_wall(values: Mapping[str, float], most: Mapping[str, float]) -> str | None:
    """Return the wall that errs most where all together, as shares of what each may have, come to more than 1."""
    shares = {wall: value / most[wall] for wall, value in values.items()}
    return max(shares, key=lambda wall: shares[wall]) if np.hypot.reduce([0.0, *shares.values()]) > 1.0 else None


def _model_line(parts: Sequence[Segment]) -> np.ndarray:
    """Return the points (n, 2) of one wall that a model drew, from head to foot, as dense on each of its parts."""
    drawn = [each.line for each in parts if each.origin == "model" and len(each.line) > 1]
    lines = [evenly(line, _POINTS)[0] for line in drawn]
    return np.concatenate([np.zeros((0, 2)), *lines])


def _jump(parts: Sequence[Segment]) -> float:
    """Return the greatest distance between the ends of a wall that a model drew in neighbouring levels."""
    pairs = [pair for pair in pairwise(parts) if all(each.origin == "model" and each.line for each in pair)]
    return max((float(np.linalg.norm(np.subtract(a.line[-1], b.line[0]))) for a, b in pairs), default=0.0)


def _unevenness(line: np.ndarray) -> float:
    """Return the root mean square distance of points (n, 2) from a polynomial along them that follows an aneurysm."""
    way = line[-1] - line[0]
    length = max(float(np.linalg.norm(way)), 1e-6)
    along = (line - line[0]) @ way / length
    across = (line - line[0]) @ np.array([-way[1], way[0]]) / length
    curve = np.polynomial.Polynomial.fit(along, across, 5)
    return float(np.sqrt(np.mean((curve(along) - across) ** 2)))


def _height(vertebrae: Mapping[str, Vertebra]) -> float:
    return float(np.median([each.height for each in vertebrae.values()]))


def _of_order(bodies: Mapping[str, Vertebra]) -> list[Flag]:
    """Flag a spine that lies, and vertebrae that do not follow one another from head to foot."""
    centers = np.array([each.center for each in bodies.values()])
    way = centers[-1] - centers[0]
    length = float(np.linalg.norm(way))
    if length == 0 or abs(way[0]) > MOST_LEAN * length:
        text = "The vertebrae that were found lie side by side, not above one another."
        return [Flag("spine_not_upright", text)]
    steps = np.diff(centers, axis=0) @ (way / length)
    wrong = [pair for pair, step in zip(pairwise(bodies), steps, strict=True) if step <= 0]
    if way[1] < 0 or wrong:
        pair = wrong[0] if wrong else tuple(bodies)[:2]
        return [Flag("levels_out_of_order", f"{pair[1]} was found above {pair[0]}, so no level can be trusted.")]
    return []


def _of_outlines(labels: np.ndarray, bodies: Mapping[str, Vertebra]) -> list[Flag]:
    """Flag bodies with outlines that no body has: a network that is lost leaves rags."""
    where = ndimage.find_objects(labels, max(LABELS.values()))
    outlined = {name: where[LABELS[name] - 1] for name in bodies}
    ragged = [
        name
        for name, place in outlined.items()
        if place is not None and solidity(labels[place] == LABELS[name]) < LEAST_SOLIDITY
    ]
    if len(ragged) > MOST_RAGGED:
        text = f"The outlines of {', '.join(ragged)} are ragged as no vertebral body is: the spine was not recognised."
        return [Flag("vertebrae_ragged", text)]
    return [Flag("vertebra_implausible", f"{name}: its outline is ragged.", name) for name in ragged]


def solidity(mask: np.ndarray) -> float:
    """Return the area of a mask (rows, columns) as a share of that of its convex hull; 1 of an empty one."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return 1.0
    # The hull is that of the ends of the rows.
    first, last = mask[rows].argmax(axis=1), mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.stack([rows, each], axis=1) for each in (first, last)])
    # Of whole pixels, so that a line of them has an area too.
    corners = np.concatenate([ends, ends + np.array([1, 0])])
    return float(np.count_nonzero(mask) / ConvexHull(corners).volume)


def _of_shapes(bodies: Mapping[str, Vertebra], radiograph: Radiograph) -> list[Flag]:
    flags, height = [], _height(bodies)
    for name, each in bodies.items():
        tall, deep = each.height / height, each.depth / height
        odd = not HEIGHT_RATIO[0] <= tall <= HEIGHT_RATIO[1] or not DEPTH_RATIO[0] <= deep <= DEPTH_RATIO[1]
        if odd and name in VERTEBRAE:
            shape = f"{tall:.1f} times as high, and {deep:.1f} times as deep, as bodies here are high"
            flags.append(Flag("vertebra_implausible", f"{name}: its outline is {shape}.", name))
    if radiograph.spacing_mm is not None and not BODY_MM[0] <= height <= BODY_MM[1]:
        text = f"Vertebral bodies would be {height:.0f} mm high ({BODY_MM[0]:g} to {BODY_MM[1]:g} mm)."
        flags.append(Flag("pixel_size_implausible", text))
    return flags


def _of_levels(bodies: Mapping[str, Vertebra]) -> list[Flag]:
    """Flag vertebrae that are missing, and numberings that are not sure."""
    flags, height, names = [], _height(bodies), list(bodies)
    for name in VERTEBRAE:
        if name not in bodies:
            flags.append(Flag("vertebra_missing", f"{name}: it was not found.", name))
    for upper, lower in pairwise(names):
        step = float(np.linalg.norm(np.subtract(bodies[lower].center, bodies[upper].center))) / height
        follows = ORDER.index(lower) == ORDER.index(upper) + 1 or (upper, lower) == ("L5", "S1")
        if follows and not NEXT_HEIGHTS[0] <= step <= NEXT_HEIGHTS[1] and upper in VERTEBRAE:
            text = f"{upper}: {lower} lies {step:.1f} heights of a body below it, where the next one does not."
            flags.append(Flag("vertebra_implausible", text, upper))
    if "S1" not in bodies:
        flags.append(Flag("sacrum_not_seen", "The sacrum was not found, from which the levels are counted."))
    if "L6" in bodies:
        flags.append(Flag("transitional_vertebra", "Six lumbar vertebrae were found."))
    elif "S1" in bodies and "L5" not in bodies and _is_next(bodies["L4"], bodies["S1"], height):
        flags.append(Flag("transitional_vertebra", "Four lumbar vertebrae were found."))
    return flags


def _is_next(upper: Vertebra | None, lower: Vertebra, height: float) -> bool:
    return (
        upper is not None and float(np.linalg.norm(np.subtract(lower.center, upper.center))) <= NEXT_HEIGHTS[1] * height
    )


def _of_picture(radiograph: Radiograph, labels: np.ndarray, bodies: Mapping[str, Vertebra]) -> list[Flag]:
    contrasts = (
        contrast_with_discs(radiograph, labels, bodies),
        contrast_with_front(radiograph, bodies, _height(bodies)),
    )
    known = [contrast for contrast in contrasts if contrast is not None]
    if known and max(known) < 0 and sum(known) < LEAST_CONTRAST:
        text = "The vertebrae are darker than the discs between them, and than what lies in front."
        return [Flag("looks_inverted", text)]
    symmetry = centred_symmetry(radiograph, bodies)
    if symmetry > MOST_SYMMETRY:
        text = f"Both sides of the spine are mirror images of each other (correlation {symmetry:.2f})."
        return [Flag("frontal_view", text)]
    return []


def _of_facing(bodies: Mapping[str, Vertebra], faces: str) -> list[Flag]:
    """Flag a spine that bends as it does in a patient who faces the other side."""
    towards_front = bulge(bodies) * (1 if faces == "right" else -1)
    if towards_front > -BULGE:
        return []
    other = "left" if faces == "right" else "right"
    text = f"The spine bends as in a patient whose front is on the {other}, not on the {faces}."
    return [Flag("facing_doubtful", text)]


def _of_parts(radiograph: Radiograph, bodies: Mapping[str, Vertebra], score: KauppilaScore) -> list[Flag]:
    """Flag vertebrae in front of which nothing can be seen, and parts without a score."""
    flags, height = [], _height(bodies)
    ends = float(radiograph.pixels.min()), float(radiograph.pixels.max())
    for name in VERTEBRAE:
        if name not in bodies:
            continue
        seen, pixels = front_of(radiograph, bodies[name], height)
        if seen < LEAST_FRONT:
            text = f"{name}: {100 * (1 - seen):.0f} % of the region in front of it lie outside of the image."
            flags.append(Flag("front_outside", text, name))
        if pixels.size and (share := share_at_an_end(pixels, ends)) > MOST_SATURATED:
            text = f"{name}: {100 * share:.0f} % of the region in front of it have the image's least or greatest value."
            flags.append(Flag("saturated", text, name))
        flags += of_missing_parts(score, name)
    return flags


def of_missing_parts(score: KauppilaScore, vertebra: str) -> list[Flag]:
    """Flag the walls in front of a vertebra that have no score."""
    missing = [wall for wall in WALLS if score.part(vertebra, wall).score is None]
    text = f"{vertebra}: no score of the {' and '.join(missing)} wall."
    return [Flag("part_not_assessed", text, vertebra)] if missing else []
