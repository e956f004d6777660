"""Patients of label maps before the detector: real vertebrae, deformed, from their voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ...errors import InputError
from ...geometry.volume import Grid, Volume
from ...simulation.canvas import BYSTANDERS, Canvas
from ...simulation.drawn import DrawnPatient
from ...simulation.fields import default_grid
from ...simulation.implants import paint_implants
from ...simulation.labelled.body import LabelledBody
from ...simulation.painting import axes_of
from ..from_ct.bodies import projected_bodies
from ..spine import LABELS
from .scenes import Shadow, add_arteries, span_of
from .screen import Screen
from .solids import SOFT_HU
from .trunk import unenhanced

# Voxels along i, j, k: across the beam coarser.
_VOXEL_MM = (3.0, 1.25, 1.25)
_BODY_MM = (2.0, 1.0, 1.0)
# Thinner pieces of a body's outline are none of it.
_SPIKE_MM = 4.0
# Of a sacrum, so much has to be in the field.
_S1_MM = 30.0
# Within the middle of a vertebra, its canal begins where so little of it is left, this far behind its front at least.
_SLAB_MM, _BIN_MM, _GAP, _LEAST_DEPTH_MM = 6.0, 1.0, 0.2, 15.0
_NEEDED = ("L1", "L2", "L3", "L4")


@dataclass(frozen=True, eq=False)
class LabelledScene:
    """A patient of a label map.

    Attributes
    ----------
    patient : DrawnPatient
    body : LabelledBody
    vertebrae : dict of str to ndarray
        Points of each vertebra, RAS mm of the patient, shape (n, 3).
    """

    patient: DrawnPatient
    body: LabelledBody
    vertebrae: dict[str, np.ndarray]

    is_mirrored = False

    @classmethod
    def of(cls, patient: DrawnPatient, body: LabelledBody) -> LabelledScene:
        """Return the scene of a patient; InputError for a label map without L1 to L4 by name."""
        points = {}
        for number, name in enumerate(body.anatomy.vertebra_names, start=1):
            kji = np.argwhere(body.anatomy.vertebrae == number)
            if len(kji):
                points[name] = body.deformation.to_patient(body.anatomy.grid.ras_of_kji(kji))
        if missing := [name for name in _NEEDED if name not in points]:
            raise InputError(
                f"The label map has no {', '.join(missing)} by name; a radiograph needs L1 to L4, such as vertebrae_L1."
            )
        return cls(patient, body, points)

    def _shown(self) -> list[np.ndarray]:
        names = [name for name in ("S1", "L6", "L5", "L4", "L3", "L2", "L1") if name in self.vertebrae]
        return [_upper(self.vertebrae[name]) if name == "S1" else self.vertebrae[name] for name in names]

    def middles(self) -> np.ndarray:
        return np.array([_front_half(points).mean(axis=0) for points in self._shown()])

    def corners(self) -> np.ndarray:
        ends = [np.stack([points.min(axis=0), points.max(axis=0)]) for points in map(_front_half, self._shown())]
        return np.array([[x, y, z] for each in ends for x in each[:, 0] for y in each[:, 1] for z in each[:, 2]])

    def limits(self) -> np.ndarray:
        low, high = self.body.field()
        return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])

    def project(self, screen: Screen) -> Shadow:
        every, grid = self._grid(screen)
        canvas = Canvas(grid)
        body = replace(self.body, phase=unenhanced(self.body.phase))
        body.paint_trunk(canvas, self.patient.streams.body, self.patient.drawn.arteries[0])
        implants = paint_implants(canvas, self.patient.streams.disease, body)
        dense = (canvas.bystanders != 0) & (canvas.bystanders != BYSTANDERS["bowel contrast"])
        mineral = np.where(dense, canvas.hu - SOFT_HU, 0.0)
        water = np.where(dense, SOFT_HU, canvas.hu)
        for channel, values in (("water", 1.0 + water / 1000.0), ("mineral", mineral / 1000.0)):
            used = np.abs(values) > 0.01
            x, y, z = axes_of(grid)
            k, j, i = np.nonzero(used)
            points = np.stack([x[i], y[j], z[k]], axis=1).astype(np.float32)
            screen.add(channel, points, values[used] * np.float32(grid.voxel_volume_mm3), every)
        add_arteries(screen, self.patient)
        findings = [{"kind": item["kind"], "center_ras": item["center_ras"]} for item in implants.items]
        count = sum(name in self.vertebrae for name in ("L1", "L2", "L3", "L4", "L5", "L6"))
        return Shadow(
            screen.image("water"),
            screen.image("mineral"),
            screen.image("calcium"),
            _without_spikes(projected_bodies(self._bodies(), screen.geometry, screen.detector), screen),
            {"anatomy": "label map", "lumbar_vertebrae": count, "findings": findings},
        )

    def _grid(self, screen: Screen) -> tuple[int, Grid]:
        """Return a grid over what the label map covers between the heights that the detector sees.

        Its voxels are as large as a whole number of pixels, which is returned too: where the rows of voxels lie
        closer or farther apart than those of the layer they fall on, they leave stripes.
        """
        pixel_mm = screen.detector.pixel_mm
        every = max(1, round(_VOXEL_MM[1] / pixel_mm))
        voxel_mm = (_VOXEL_MM[0], every * pixel_mm, every * pixel_mm)
        low, high = self.body.field()
        span = span_of(screen)
        low, high = np.append(low[:2], max(low[2], span[0])), np.append(high[:2], min(high[2], span[1]))
        counts = np.maximum(8, np.floor((high - low) / voxel_mm).astype(int))
        return every, default_grid(voxel_mm, tuple(int(n) for n in counts[::-1]), (low + high) / 2)

    def _bodies(self) -> Volume:
        """Return the vertebrae that radiographs name, on a grid of the patient: bodies, and the whole sacrum."""
        names = [name for name in LABELS if name in self.vertebrae]
        together = np.concatenate([self.vertebrae[name] for name in names])
        low, high = together.min(axis=0) - 2.0, together.max(axis=0) + 2.0
        counts = np.ceil((high - low) / _BODY_MM).astype(int) + 1
        grid = default_grid(_BODY_MM, tuple(int(n) for n in counts[::-1]), (low + high) / 2)
        x, y, z = axes_of(grid)
        labels = np.zeros(grid.shape, np.uint8)
        anatomy = self.body.anatomy
        code = np.zeros(256, np.uint8)
        for name in names:
            code[anatomy.vertebra_names.index(name) + 1] = LABELS[name]
        plane = np.stack(np.meshgrid(y, x, indexing="ij")[::-1], axis=-1).reshape(-1, 2)
        for k, height in enumerate(z):
            there = self.body.deformation.to_labels(np.column_stack([plane, np.full(len(plane), height)]))
            kji = np.rint(anatomy.grid.kji_of_ras(there)).astype(int)
            inside = ((kji >= 0) & (kji < anatomy.grid.shape)).all(axis=1)
            own = np.zeros(len(plane), np.uint8)
            own[inside] = code[anatomy.vertebrae[tuple(kji[inside].T)]]
            labels[k] = own.reshape(len(y), len(x))
        for name in names:
            if name == "S1":
                continue  # its body is told from the rest once it is seen from the side
            kji = np.argwhere(labels == LABELS[name])
            if len(kji):
                points = grid.ras_of_kji(kji)
                labels[tuple(kji[~_is_body(points)].T)] = 0
        return Volume(labels, grid)


def _without_spikes(labels: np.ndarray, screen: Screen) -> np.ndarray:
    """Return bodies without what is thinner than osteophytes are: labels of voxels leave spikes at their rims."""
    size = 2 * round(_SPIKE_MM / 2 / screen.detector.pixel_mm) + 1
    kept = np.zeros_like(labels)
    for value in np.unique(labels[labels > 0]):
        kept[ndimage.binary_opening(labels == value, np.ones((size, size), bool))] = value
    return kept


def _front_half(points: np.ndarray) -> np.ndarray:
    """Return the points of a vertebra's front: about its body."""
    low, high = np.percentile(points[:, 1], [1, 99])
    return points[points[:, 1] > 0.5 * (low + high)]


def _is_body(points: np.ndarray) -> np.ndarray:
    """Return which points of a vertebra lie before its canal: in the middle, nothing lies between body and arch."""
    middle = points[np.abs(points[:, 0] - np.median(points[:, 0])) < _SLAB_MM]
    depth = middle[:, 1].max() - middle[:, 1]
    counts = np.bincount((depth / _BIN_MM).astype(int))
    beyond = np.flatnonzero((counts < _GAP * counts.max()) & (np.arange(len(counts)) * _BIN_MM > _LEAST_DEPTH_MM))
    back = (beyond[0] * _BIN_MM) if len(beyond) else depth.max() / 2
    return middle[:, 1].max() - points[:, 1] < back


def _is_upper(points: np.ndarray) -> np.ndarray:
    """Return which points of a sacrum lie in its uppermost part, from its top downwards and backwards."""
    middle = points[np.abs(points[:, 0] - np.median(points[:, 0])) < _SLAB_MM]
    # Its promontory lies in front and above.
    way = np.array([0.0, 0.5, np.sqrt(0.75)])
    along = middle @ way
    return points @ way > np.percentile(along, 99.5) - _S1_MM


def _upper(points: np.ndarray) -> np.ndarray:
    return points[_is_upper(points)]
