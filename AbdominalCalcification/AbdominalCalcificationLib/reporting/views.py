"""One picture of a result: the arteries in 3D, and three slices through the largest calcification.

Drawn with numpy and VTK alone, without a scene and without a window. Where the machine has no
OpenGL the 3D view is left out, and the picture and the caller are told so.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..anatomy import CALCIFICATION_COLOR, TERRITORIES
from ..display import CUT_OFF_COLOR, VERDICT_COLORS
from ..errors import InputError
from ..geometry import Volume
from ..progress import drained
from ..trust import Trust, headline
from .drawing import banner, empty_panel, rgb_bytes, write, write_png
from .view_masks import ShownMasks, bounds_of, point_of_interest
from .view_slices import AXIAL, CORONAL, SAGITTAL, slice_steps
from .view_surfaces import opengl_works, surface_view_steps

PANEL_PIXELS = 700
NO_OPENGL = "The 3D view was left out of the picture: this machine has no OpenGL (install Mesa's libEGL or libOSMesa)."
TOO_MANY_FACES = "The 3D view was left out of the picture: the masks are in too many pieces for surfaces."


@dataclass(frozen=True, eq=False)
class Picture:
    """A finished picture.

    Attributes
    ----------
    image : ndarray, shape (rows, columns, 3), uint8
        RGB, first row at the top.
    notes : tuple of str
        What could not be drawn on this machine, and why.
    """

    image: np.ndarray
    notes: tuple[str, ...]


def render_views(
    ct: Volume, arteries: Volume, cut: Volume | None, calcification: Volume, path: Path | str | None = None, **options
) -> Picture:
    """Draw the picture of a result in one go, see :func:`render_views_steps`."""
    return drained(render_views_steps(ct, arteries, cut, calcification, path, **options))


def render_views_steps(
    ct: Volume,
    arteries: Volume,
    cut: Volume | None,
    calcification: Volume,
    path: Path | str | None = None,
    *,
    trust: Trust | None = None,
    panel_pixels: int = PANEL_PIXELS,
) -> Generator[None, None, Picture]:
    """Draw a 3D view and an axial, a coronal and a sagittal slice, two by two.

    The slices pass through the largest cluster of calcification, else through the middle of
    the aorta. They are planes in the patient, not of the voxel grid, so that oblique, flipped
    and anisotropic scans all look alike.

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        uint8 territory labels of the kept arteries.
    cut : Volume or None
        uint8 labels of what was cut off; drawn grey.
    calcification : Volume
        Non-zero where calcified; all volumes on one grid. Empty masks are drawn as such.
    path : path, optional
        PNG file to write: whole or not at all.
    trust : Trust, optional
        Written above the panels: whether the numbers that belong to this picture can be read.
    panel_pixels : int
        Edge of each of the four square panels.

    Raises
    ------
    InputError
        Where the volumes lie on different grids, or `path` cannot be written.
    """
    given = [mask for mask in (arteries, cut, calcification) if mask is not None]
    if not all(mask.grid.same_as(ct.grid) for mask in given):
        raise InputError("The CT and the masks lie on different grids; align the masks with the CT first.")
    masks = yield from ShownMasks.cropped_steps(arteries, cut, calcification)
    return (yield from draw_views_steps(ct, masks, path, trust=trust, panel_pixels=panel_pixels))


def draw_views_steps(
    ct: Volume,
    masks: ShownMasks,
    path: Path | str | None = None,
    *,
    trust: Trust | None = None,
    panel_pixels: int = PANEL_PIXELS,
) -> Generator[None, None, Picture]:
    """Draw the picture of masks that are cropped already, see :func:`render_views_steps`."""
    front, notes = yield from _front_steps(masks, panel_pixels)
    _legend(front, masks)
    low, high = bounds_of(masks)
    centre = point_of_interest(masks)
    yield
    slices = []
    for plane in (AXIAL, CORONAL, SAGITTAL):
        slices.append((yield from slice_steps(plane, ct, masks, centre, low, high, panel_pixels)))
    image = np.vstack([np.hstack([front, slices[0]]), np.hstack(slices[1:])])
    if trust is not None:
        image = np.vstack([banner(image.shape[1], headline(trust), VERDICT_COLORS[trust.verdict.value]), image])
    yield
    if path is not None:
        write_png(image, Path(path))
    return Picture(image, notes)


def _front_steps(masks: ShownMasks, pixels: int) -> Generator[None, None, tuple[np.ndarray, tuple[str, ...]]]:
    """Draw the 3D view; say in it and to the caller where that cannot be."""
    if not masks.shown.any():
        return empty_panel(pixels, "No artery and no calcification found"), ()
    if not masks.can_be_drawn:
        return empty_panel(pixels, "No 3D view: the masks are dust"), (TOO_MANY_FACES,)
    if not opengl_works():
        return empty_panel(pixels, "No 3D view: no OpenGL"), (NO_OPENGL,)
    yield
    return (yield from surface_view_steps(masks, pixels)), ()


def _legend(image: np.ndarray, masks: ShownMasks) -> None:
    present = set(np.unique(masks.arteries).tolist())
    entries = [(each.title, each.color) for each in TERRITORIES if each.label in present]
    if masks.cut.any():
        entries.append(("Cut off", CUT_OFF_COLOR))
    if masks.calcification.any():
        entries.append(("Calcification", CALCIFICATION_COLOR))
    for row, (title, color) in enumerate(entries):
        top = 10 + 22 * row
        image[top : top + 12, 10:22] = rgb_bytes(color)
        write(image, title, (28, top + 6), size=14)
