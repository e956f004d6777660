"""Arrays of voxels with their place in the patient."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Grid:
    """The voxel grid of a volume.

    Attributes
    ----------
    shape : tuple of int
        Numbers of voxels along k, j, i (the shape of the array).
    ijk_to_ras : ndarray, shape (4, 4)
        Affine from voxel indices (i, j, k, 1) to RAS patient coordinates in mm. Indices point
        at voxel centres.
    """

    shape: tuple[int, ...]
    ijk_to_ras: np.ndarray = field(default_factory=lambda: np.eye(4))

    def __post_init__(self):
        shape = tuple(int(n) for n in self.shape)
        matrix = np.array(self.ijk_to_ras, dtype=float)
        if len(shape) != 3 or min(shape) < 1:
            raise InputError(f"A volume needs three dimensions, not the shape {shape}; give a 3D image.")
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.allclose(matrix[3], [0, 0, 0, 1]):
            raise InputError("The image's IJK-to-RAS matrix is not a finite affine; export the image again.")
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
            raise InputError("The image's spacing or directions are degenerate; export the image again.")
        matrix.setflags(write=False)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "ijk_to_ras", matrix)

    @classmethod
    def from_spacing(cls, shape, spacing_mm=(1.0, 1.0, 1.0), origin_ras=(0.0, 0.0, 0.0), directions_ras=None) -> Grid:
        """Return a grid from spacing (i, j, k), origin and direction columns.

        Parameters
        ----------
        shape : sequence of int
            Voxels along k, j, i.
        spacing_mm : sequence of float
            Spacing along i, j, k, in mm.
        origin_ras : sequence of float
            Centre of voxel (0, 0, 0), RAS, mm.
        directions_ras : array_like, shape (3, 3), optional
            Columns are the unit directions of i, j, k in RAS; identity by default.
        """
        matrix = np.eye(4)
        directions = np.eye(3) if directions_ras is None else np.asarray(directions_ras, float)
        matrix[:3, :3] = directions * np.asarray(spacing_mm, float)
        matrix[:3, 3] = origin_ras
        return cls(tuple(shape), matrix)

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        """Length of one voxel step along i, j, k, in mm."""
        return tuple(float(s) for s in np.linalg.norm(self.ijk_to_ras[:3, :3], axis=0))

    @property
    def voxel_volume_mm3(self) -> float:
        """|det| of the IJK-to-physical matrix, mm³ (``measurement.md#voxels-and-volumes``)."""
        return float(abs(np.linalg.det(self.ijk_to_ras[:3, :3])))

    @property
    def voxel_diagonal_mm(self) -> float:
        """Longest diagonal of one voxel, in mm."""
        corners = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]], float)
        return float(np.linalg.norm(corners @ self.ijk_to_ras[:3, :3].T, axis=1).max())

    @property
    def is_rectangular(self) -> bool:
        """Whether the axes are at right angles, as image files and most filters take for granted."""
        directions = self.ijk_to_ras[:3, :3] / self.spacing_mm
        return bool(np.abs(directions.T @ directions - np.eye(3)).max() < 1e-4)

    @property
    def plane_distances_mm(self) -> tuple[float, float, float]:
        """Distance of neighbouring planes of voxels across i, j, k, in mm: less than the spacing on sheared axes."""
        if self.is_rectangular:
            i, j, k = self.spacing_mm
            return i, j, k
        i, j, k = 1 / np.linalg.norm(np.linalg.inv(self.ijk_to_ras[:3, :3]), axis=1)
        return float(i), float(j), float(k)

    @property
    def ijk_to_lps(self) -> np.ndarray:
        """Affine from voxel indices (i, j, k, 1) to LPS coordinates (DICOM, ITK) in mm."""
        return LPS_FROM_RAS @ self.ijk_to_ras

    def ras_of_kji(self, indices_kji) -> np.ndarray:
        """Return RAS points, shape (n, 3) in mm, of array indices, shape (n, 3) as k, j, i."""
        k, j, i = np.atleast_2d(np.asarray(indices_kji, float)).T
        points = np.empty((len(k), 3))
        # Term by term: a product of matrices may round a row otherwise where there are more or fewer of them.
        for row, (by_i, by_j, by_k, start) in enumerate(self.ijk_to_ras[:3]):
            points[:, row] = i * by_i + j * by_j + k * by_k + start
        return points

    def kji_of_ras(self, points_ras) -> np.ndarray:
        """Return fractional array indices, shape (n, 3) as k, j, i, of RAS points in mm."""
        points = np.atleast_2d(np.asarray(points_ras, float))
        inverse = np.linalg.inv(self.ijk_to_ras)
        return (points @ inverse[:3, :3].T + inverse[:3, 3])[:, ::-1]

    def cropped(self, box: tuple[slice, ...]) -> Grid:
        """Return the grid of ``array[box]``; `box` holds k, j, i slices with step 1."""
        starts, sizes = [], []
        for part, size in zip(box, self.shape, strict=True):
            start, stop, step = part.indices(size)
            if step != 1:
                raise ValueError("a crop needs slices of step 1")
            starts.append(start)
            sizes.append(stop - start)
        matrix = np.array(self.ijk_to_ras)
        matrix[:3, 3] = self.ras_of_kji([starts])[0]
        return Grid(tuple(sizes), matrix)

    def same_as(self, other: Grid, tolerance_mm: float = 1e-3) -> bool:
        """Return whether both grids have the same shape and all corners within `tolerance_mm`."""
        if self.shape != other.shape:
            return False
        last = np.array(self.shape) - 1
        corners = np.array([[k, j, i] for k in (0, last[0]) for j in (0, last[1]) for i in (0, last[2])], float)
        return bool(np.abs(self.ras_of_kji(corners) - other.ras_of_kji(corners)).max() <= tolerance_mm)


@dataclass(frozen=True, eq=False)
class Volume:
    """An array of voxels with its grid.

    Attributes
    ----------
    array : ndarray, shape (k, j, i)
        HU for CT; territory labels or truth values for masks.
    grid : Grid
    """

    array: np.ndarray
    grid: Grid

    def __post_init__(self):
        if self.array.ndim != 3 or self.array.shape != self.grid.shape:
            raise InputError(
                f"The array has the shape {self.array.shape} but its grid {self.grid.shape}; give a scalar 3D image."
            )

    def with_array(self, array: np.ndarray) -> Volume:
        """Return a volume of another array on the same grid."""
        return Volume(array, self.grid)

    def cropped(self, box: tuple[slice, ...]) -> Volume:
        """Return the part in `box` (k, j, i slices); the array is a view."""
        return Volume(self.array[box], self.grid.cropped(box))
