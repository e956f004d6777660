"""What of the arteries that a model found can be arteries: inside the body, of one tree, at their places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy import TERRITORIES, territory
from ..flags import Flag
from ..geometry import Volume
from ..progress import drain
from .body import Body, body_of
from .constants import FEWEST_VOXELS, LARGE_SHARE, LEAST_SECTION_CM2, MOST_LUNG_SHARE, SKIN_MM, SPINE_SHARE
from .dissection import dissection_steps
from .metal import stent_flags
from .pieces import Piece, Pieces, pieces_of
from .sides import mend_sides, told_of_sides
from .stents import find_stents_steps
from .tree import hang_on, misplaced
from .trunk import TOO_FAR, axis_of, choose_trunk, spine_share

_TRUNK = TERRITORIES[0]


@dataclass(frozen=True, eq=False)
class Sensible:
    """What is left of a model's arteries, and what there is to say about it.

    Attributes
    ----------
    arteries : Volume
        uint8 territory labels; the given ones where nothing was changed.
    flags : tuple of Flag
    """

    arteries: Volume
    flags: tuple[Flag, ...] = ()


def sensible_arteries(ct: Volume, arteries: Volume, *, expects_aorta: bool = True) -> Sensible:
    """Leave out of a mask that a model made what cannot be an artery, and mend names of sides.

    The rules, in this order, are those of ``measurement.md#anatomical-sense``. Masks that were drawn are not for this
    function. A mask that is too large or too shredded to be looked at is returned as it is.

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        uint8 territory labels on the same grid; not changed.
    expects_aorta : bool
        The models look for the aorta: without one nothing is left.
    """
    pieces = pieces_of(arteries)
    if pieces is None:
        return Sensible(arteries)
    body = body_of(ct)
    _within(body, pieces)
    _not_in_lungs(body, pieces)
    flags: list[Flag] = []
    if expects_aorta:
        flags = _of_one_tree(body, pieces)
    result = pieces.result()
    flags += [*drain(dissection_steps(ct, result)), *_stented_beyond(ct, body, pieces)]
    return Sensible(result, (*flags, *_told(pieces)))


def _stented_beyond(ct: Volume, body: Body, pieces: Pieces) -> list[Flag]:
    """Tell of a stent in a part of the aorta, in front of the spine, that a gap parts from the aorta."""
    beyond = [each for each in pieces.all if not each.stays and each.called == _TRUNK.label]
    beyond = [each for each in beyond if each.why == TOO_FAR and len(each.kji) >= FEWEST_VOXELS]
    called = pieces.volume.array
    beyond = [each for each in beyond if spine_share(each.points, body, called) >= SPINE_SHARE]
    if not beyond or not pieces.of(_TRUNK.label):
        return []
    array = np.zeros(ct.grid.shape, np.uint8)
    for each in beyond:
        array[tuple(each.kji.T)] = _TRUNK.label
    return stent_flags(drain(find_stents_steps(ct, ct.with_array(array))), " It lies beyond a gap in the aorta's mask.")


def _within(body: Body, pieces: Pieces) -> None:
    """Leave out what lies outside the body, and pieces of which most lies in the skin."""
    if not body.has_outline:
        return
    for piece in list(pieces.all):
        depth_mm = body.depth_mm(piece.kji)
        if np.mean(depth_mm < SKIN_MM) > 0.5:
            piece.leave_out("outside the body or in its skin")
        else:
            pieces.split(piece, depth_mm > 0, "outside the body or in its skin")


def _not_in_lungs(body: Body, pieces: Pieces) -> None:
    """Leave out pieces of branches with lung around them: they are vessels of the lung. The aorta lies beside it."""
    for piece in pieces.all:
        if piece.stays and piece.called != _TRUNK.label and body.lung_share(piece.kji) > MOST_LUNG_SHARE:
            piece.leave_out("in a lung")


def _of_one_tree(body: Body, pieces: Pieces) -> list[Flag]:
    trunk = choose_trunk(pieces, _TRUNK.label, body)
    if trunk and (narrow := _narrow(body, trunk)):
        for each in trunk:
            each.leave_out("not in a body as wide as a trunk")
        trunk = []
    else:
        narrow = ""
    if not trunk:
        for each in pieces.all:
            each.leave_out("without an aorta to hang on")
        text = narrow or "nothing that the model found is one in front of the spine, so nothing was measured."
        return [Flag("no_abdominal_aorta", f"No abdominal aorta: {text}", _TRUNK.name)]
    axis, voxel_mm3 = axis_of(trunk), pieces.grid.voxel_volume_mm3
    largest = max(trunk, key=lambda each: len(each.kji))
    trunk = [each for each in trunk if each is largest or len(each.kji) * voxel_mm3 >= _TRUNK.smallest_mm3]
    mend_sides(pieces, axis)
    hang_on(pieces, trunk)
    flags = misplaced(pieces, trunk, axis)
    hang_on(pieces, trunk)  # what hung on what was left out hangs on nothing
    _clear_specks(pieces)
    return [*told_of_sides(pieces), *(flag for flag in flags if pieces.of(territory(flag.territory or "").label))]


def _clear_specks(pieces: Pieces) -> None:
    """Leave out what is left of a territory where all of it together is smaller than any such artery."""
    for each in TERRITORIES:
        own = pieces.of(each.label)
        count = sum(len(piece.kji) for piece in own)
        if count < FEWEST_VOXELS or count * pieces.grid.voxel_volume_mm3 < each.smallest_mm3:
            for piece in own:
                piece.leave_out("too small for such an artery")


def _narrow(body: Body, trunk: list[Piece]) -> str:
    """Say that the body is that of a head or a limb; empty where it is not, or where the field does not show it."""
    levels = np.concatenate([each.kji[:, body.axis] for each in trunk])
    sections = [body.section_cm2(int(level)) for level in np.quantile(levels, (0.1, 0.3, 0.5, 0.7, 0.9))]
    known = [each for each in sections if each is not None]
    if len(known) < len(sections) or max(known) >= LEAST_SECTION_CM2:
        return ""
    return f"the body has a section of at most {max(known):.0f} cm² there, less than a trunk, so nothing was measured."


def _told(pieces: Pieces) -> list[Flag]:
    """Tell what was left out: territory, volume and reason; as specks, where it is little beside its artery."""
    flags, small = [], []
    voxel_mm3 = pieces.grid.voxel_volume_mm3
    for each in TERRITORIES:
        out = [piece for piece in pieces.all if not piece.stays and piece.called == each.label]
        if not out:
            continue
        reasons: dict[str, list[int]] = {}
        for piece in out:
            reasons.setdefault(piece.why, []).append(len(piece.kji))
        said = ", ".join(f"{_mm3(sum(n) * voxel_mm3)} in {_count(len(n))} {why}" for why, n in reasons.items())
        # Together: an artery may have come in several pieces, of which none is large.
        if _is_large(out, pieces.of(each.label), each.smallest_mm3 / voxel_mm3):
            text = f"{each.title}: left out of what the model found, {said}."
            flags.append(Flag("pieces_left_out", text, each.name))
        else:
            small.append(f"{each.title}: {said}")
    if small:
        flags.append(Flag("specks_cleared", f"Small pieces left out of what the model found. {'; '.join(small)}."))
    return flags


def _is_large(out: list[Piece], stay: list[Piece], fewest_voxels: float) -> bool:
    """Return whether what was left out of a territory is large beside what stays, and for such an artery at all."""
    count = sum(len(piece.kji) for piece in out)
    if count >= LARGE_SHARE * sum(len(piece.kji) for piece in stay) and count >= fewest_voxels:
        return True
    # What lies in line with the aorta, beyond a gap, may be more of it however little it is beside the rest.
    return any(piece.why == TOO_FAR and len(piece.kji) >= fewest_voxels for piece in out)


def _count(count: int) -> str:
    return "1 piece" if count == 1 else f"{count} pieces"


def _mm3(volume_mm3: float) -> str:
    return f"{volume_mm3:.1f} mm³" if volume_mm3 < 10 else f"{volume_mm3:.0f} mm³"
