"""Images at one position: copies of each other, or different images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .assembly import Plane
from .header import Image
from .pixels import same_pixels
from .stack import SAME_POSITION_MM, depths_of


def without_copies(images: Sequence[Image], read: Callable[[Image], Plane]) -> tuple[list[Image], list[Image], bool]:
    """Drop images that show the same as another at the same position.

    UIDs are not asked: those of copies may differ, and different images may share one.

    Parameters
    ----------
    images : sequence of Image
        Of one size and direction.
    read : callable
        Returns the pixels of an image; asked only where positions agree.

    Returns
    -------
    kept : list of Image
        All of them, where some at one position differ: what is equal in two volumes is no copy.
    copies : list of Image
        Those that were dropped.
    conflict : bool
        Whether some images at one position differ.
    """
    kept, copies = [], []
    for place in same_places(images):
        first = read(place[0]) if len(place) > 1 else None
        for image in place[1:]:
            if not same_pixels(first, read(image)):
                return list(images), [], True
        kept.append(place[0])
        copies += place[1:]
    return kept, copies, False


def same_places(images: Sequence[Image]) -> list[list[Image]]:
    """Group images whose positions agree to 0.01 mm, in the order of the images."""
    positions = np.array([image.position for image in images], float)
    depth = depths_of(images)
    places: list[list[int]] = []
    near = 0  # the first place that is not yet too far behind
    for number in np.argsort(depth, kind="stable"):
        while near < len(places) and depth[number] - depth[places[near][0]] >= SAME_POSITION_MM:
            near += 1
        for place in places[near:]:
            if np.abs(positions[place[0]] - positions[number]).max() < SAME_POSITION_MM:
                place.append(int(number))
                break
        else:
            places.append([int(number)])
    return [[images[number] for number in sorted(place)] for place in sorted(map(sorted, places))]
