"""Label maps of the scene as they were at one moment: one copy and one comparison for all who follow the same one."""

from __future__ import annotations

import weakref

import numpy as np

from ..geometry import Box, bounding_box
from ..geometry.box import outside
from .volumes import array_of_image

# By what tells whether an image was changed since; forgotten when nobody holds the copy any more.
_KNOWN: weakref.WeakValueDictionary[tuple, Snapshot] = weakref.WeakValueDictionary()


class Snapshot:
    """The voxels of a label map at one moment.

    Attributes
    ----------
    array : ndarray, shape (k, j, i)
        A copy, which nobody may write to.
    """

    def __init__(self, array: np.ndarray):
        self.array = array
        self.array.flags.writeable = False
        # What it was held against last, and where it differs from that.
        self._against: tuple[weakref.ref, Box | None] | None = None

    def is_like(self, array: np.ndarray) -> bool:
        """Return whether it has the shape and the type of an array."""
        return self.array.shape == array.shape and self.array.dtype == array.dtype

    def difference(self, earlier: Snapshot) -> Box | None:
        """Return the box of the array in which two snapshots of one shape differ; None where they do not."""
        if earlier is self:
            return None
        known = self._against
        if known is None or known[0]() is not earlier:
            known = self._against = weakref.ref(earlier), difference_of(earlier.array, self.array)
        return known[1]


def stamp_of(image) -> tuple:
    """Return what tells whether an image was changed since."""
    scalars = image.GetPointData().GetScalars()
    changed = 0 if scalars is None else scalars.GetMTime()
    return image.GetAddressAsString(""), image.GetMTime(), changed, image.GetExtent()


def snapshot_of(image, before: Snapshot | None = None) -> Snapshot:
    """Return an image as it is now.

    Parameters
    ----------
    image : vtkImageData
    before : Snapshot, optional
        What it was: returned itself where no voxel is another one.
    """
    stamp = stamp_of(image)
    found = _KNOWN.get(stamp)
    if found is None:
        array = array_of_image(image)
        if before is None or not before.is_like(array):
            found = Snapshot(array.copy())
        elif (where := difference_of(before.array, array)) is None:
            found = before
        else:
            found = Snapshot(array.copy())
            found._against = weakref.ref(before), where
        _KNOWN[stamp] = found
    return found


def difference_of(before: np.ndarray, after: np.ndarray) -> Box | None:
    """Return the box in which two arrays of one shape differ; None where they do not."""
    changed = [k for k, (a, b) in enumerate(zip(before, after, strict=True)) if not _is_equal(a, b)]
    if not changed:
        return None
    planes = (slice(changed[0], changed[-1] + 1), *(slice(0, size) for size in before.shape[1:]))
    inner = bounding_box(before[planes] != after[planes])
    return None if inner is None else outside(inner, planes)


def _is_equal(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two planes are equal, eight voxels at a time where they lie in one piece."""
    whole = first.nbytes // 8 * 8
    if first.dtype != second.dtype or not (first.flags.c_contiguous and second.flags.c_contiguous) or not whole:
        return np.array_equal(first, second)
    one, other = (each.reshape(-1).view(np.uint8) for each in (first, second))
    words = np.array_equal(one[:whole].view(np.uint64), other[:whole].view(np.uint64))
    return words and np.array_equal(one[whole:], other[whole:])
