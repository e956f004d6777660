"""A lateral radiograph as an array of pixels, and which way the patient faces in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError

FACINGS = ("left", "right")
# Below, vertebrae are a few pixels high; above, nothing that a detector makes.
LEAST_PIXELS, MOST_PIXELS = 64, 20000


@dataclass(frozen=True, eq=False)
class Radiograph:
    """A lateral radiograph.

    Points in it are (x, y): x to the right along the columns, y down along the rows, from the centre of pixel (0, 0),
    in mm of the patient's plane, or in pixels (steps of `aspect`) where the spacing is not known.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns)
        float32, finite; **denser is brighter** (bone bright), whatever the file has.
    spacing_mm : tuple of float or None
        Of rows and of columns (DICOM's order), in the patient's plane; None where the file does not say.
    faces : {'left', 'right'} or None
        Where in the image the patient's front is; None where not known.
    aspect : tuple of float
        Steps between rows and between columns where there is no spacing; only their ratio means something.

    Raises
    ------
    InputError
        For an array that is no radiograph.
    """

    pixels: np.ndarray
    spacing_mm: tuple[float, float] | None = None
    faces: str | None = None
    aspect: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self):
        pixels = np.asarray(self.pixels, np.float32)
        if pixels.ndim != 2:
            raise InputError(f"A radiograph has rows and columns, not the shape {pixels.shape}; give a single image.")
        if min(pixels.shape) < LEAST_PIXELS or max(pixels.shape) > MOST_PIXELS:
            raise InputError(
                f"The image has {pixels.shape[1]} x {pixels.shape[0]} pixels; a radiograph has from {LEAST_PIXELS} to "
                f"{MOST_PIXELS} on each side."
            )
        if not np.isfinite(pixels).all():
            raise InputError("The image has pixels without a value (NaN or infinite); export it again.")
        for steps in (self.spacing_mm, self.aspect):
            if steps is not None and not (len(steps) == 2 and all(np.isfinite(s) and s > 0 for s in steps)):
                raise InputError(f"The pixel spacing {steps} is unusable; give two positive numbers of mm.")
        if self.faces not in (None, *FACINGS):
            raise InputError(f"'{self.faces}' says not where the patient's front is; give left or right.")
        object.__setattr__(self, "pixels", pixels)

    @property
    def step(self) -> tuple[float, float]:
        """Steps between rows and between columns in which points are given."""
        return self.spacing_mm or self.aspect

    @property
    def width(self) -> float:
        """x of the last column's centre."""
        return (self.pixels.shape[1] - 1) * self.step[1]

    def facing_left(self) -> Radiograph:
        """Return the same with the patient's front on the left, mirrored where it was on the right."""
        if self.faces is None:
            raise InputError("It is not known which way the patient faces; say left or right.")
        if self.faces == "left":
            return self
        return replace(self, pixels=np.ascontiguousarray(self.pixels[:, ::-1]), faces="left")

    def mirrored_points(self, points: np.ndarray) -> np.ndarray:
        """Return points (..., 2) of this image as those of the same image mirrored left to right."""
        turned = np.array(points, float)
        turned[..., 0] = self.width - turned[..., 0]
        return turned
