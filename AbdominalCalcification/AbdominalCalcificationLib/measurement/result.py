"""What a measurement returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from ..flags import Flag
from ..geometry import Volume
from ..trust import Trust, trust_of
from .parameters import MeasurementParameters


@dataclass(frozen=True)
class Cluster:
    """A 26-connected component of kept, assigned calcification (``measurement.md#clusters``).

    Attributes
    ----------
    id : int
        Voxel value in :attr:`Measurement.clusters_map`, from 1.
    territory : str
    voxel_count : int
    volume_mm3 : float
    centroid_ras : tuple of float
        Mean of the voxel centres, RAS, mm.
    mean_hu, max_hu : float or None
        None where no CT was given.
    extent_mm : float
        Greatest distance between two voxel centres of the cluster (0 for a single voxel).
    path_distance_mm : float or None
        In a branch from where it leaves its parent; in the aorta from its bifurcation (or the
        lower end of the mask) upwards. Of the path nearest to the centroid. None where unknown.
    confidence : float or None
        Probability that it is what it is called, 0 to 1 (``measurement.md#confidence``).
    confidence_basis : str or None
        Why there is a confidence, or none: one of :data:`..confidence.known.BASES`.
    """

    id: int
    territory: str
    voxel_count: int
    volume_mm3: float
    centroid_ras: tuple[float, float, float]
    mean_hu: float | None
    max_hu: float | None
    extent_mm: float
    path_distance_mm: float | None
    confidence: float | None = None
    confidence_basis: str | None = None

    def numbered(self, number: int, path_distance_mm: float | None) -> Cluster:
        """Return the same cluster with another number and path distance."""
        return replace(self, id=number, path_distance_mm=path_distance_mm)


@dataclass(frozen=True)
class TerritoryMeasurement:
    """The numbers of one territory, or of all together (``name == "total"``).

    Volumes in mm³; `burden` is the fraction calcified / artery volume, None (*not measured*)
    where the territory was not found; cluster volumes are None where there is no cluster. `confidence` and
    `confidence_basis` as of a :class:`Cluster`, of its mask; both are None of the total, and where it was not found.
    """

    name: str
    found: bool
    artery_volume_mm3: float
    calcified_volume_mm3: float
    burden: float | None
    cluster_count: int
    mean_cluster_volume_mm3: float | None
    median_cluster_volume_mm3: float | None
    largest_cluster_volume_mm3: float | None
    confidence: float | None = None
    confidence_basis: str | None = None


class Part(IntEnum):
    """Values of :attr:`Measurement.parts_map` above the territory labels."""

    BELOW_MINIMUM = 253
    UNASSIGNED = 254
    BEYOND_KEPT_LENGTH = 255


@dataclass(frozen=True, eq=False)
class Measurement:
    """Everything one measurement found.

    Attributes
    ----------
    territories : tuple of TerritoryMeasurement
        In table order, every territory of the table, found or not.
    total : TerritoryMeasurement
    clusters : tuple of Cluster
        Sorted by territory (table order), then by falling volume.
    flags : tuple of Flag
    unassigned_calcified_volume_mm3, beyond_kept_length_calcified_volume_mm3,
    below_minimum_calcified_volume_mm3 : float
        Calcification that counts in no territory, and why. With `total` they add up to the
        whole calcification mask.
    parameters : MeasurementParameters
    kept_arteries : Volume
        uint8 territory labels of the kept artery (without calcification beside the mask).
    cut_arteries : Volume
        uint8 territory labels of what shortening cut off; to be shown greyed.
    parts_map : Volume
        uint8, one value per calcified voxel: its territory's label or a :class:`Part`; 0 elsewhere.
    clusters_map : Volume
        Cluster ids, 0 elsewhere; the smallest unsigned type that holds them.
    """

    territories: tuple[TerritoryMeasurement, ...]
    total: TerritoryMeasurement
    clusters: tuple[Cluster, ...]
    flags: tuple[Flag, ...]
    unassigned_calcified_volume_mm3: float
    beyond_kept_length_calcified_volume_mm3: float
    below_minimum_calcified_volume_mm3: float
    parameters: MeasurementParameters
    kept_arteries: Volume
    cut_arteries: Volume
    parts_map: Volume
    clusters_map: Volume
    provenance: dict = field(default_factory=dict)

    @property
    def trust(self) -> Trust:
        """The verdict on the numbers, derived from the flags."""
        return trust_of(self.flags)

    def territory(self, name: str) -> TerritoryMeasurement:
        """Return the numbers of the territory `name`; KeyError where there is none."""
        for each in self.territories:
            if each.name == name:
                return each
        raise KeyError(name)
