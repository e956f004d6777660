"""One nnU-Net network at work, in little time and memory. Runs in the worker process.

The numbers are those of :mod:`reference`, which is nnU-Net's own way: the same resampling,
tiles, weights and labels. What differs: only the slices at hand are kept of resampled image and
logits (:mod:`sweep`), tiles of air and tiles that no label is wanted of are not run, labels are
decided only where one can be, and the network runs at half precision where the hardware has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..effort import TILE_STEP
from ..geometry import Box, bounding_box
from .clock import Clock, Report
from .devices import run_with_fallback
from .edges import filled_to_edges
from .model_folder import ModelFolder
from .network import Network, turned_over
from .output_shifts import logits_at, shifted
from .plans import ct_intensities
from .reference import predict_plainly
from .resampling import axis_maps
from .sweep import Intensities, Labels, Source, let_go, sweep, work_of
from .tiles import ENDING, Tile, around, continued_shape, core, lattice, padding_before, room

# An artery that is cut through at the end of the CT goes on: networks that see it end there, as nnU-Net shows it, find
# less of it (on 40 mm of four simulated patients the last 4 mm of the aorta had a Dice of 0.91, and 0.95 so). For
# that many mm the last slice towards the head and that towards the feet are repeated, and nothing of it is kept. Slices
# of padding or air at these ends are none of the CT: before one blank slice the network missed 5 slices of an aorta.
CONTINUED_MM = 8.0
# Nothing that is segmented lies in a tile with less than a two-hundredth of it above this.
_AIR_HU = -300
_TISSUE = 1 / 200
# A slice with less of it than this shows a wire or noise in air.
_LEAST_TISSUE_MM2 = 100.0
# Every how many voxels along each axis are looked at for tissue, and slices that are looked at in one go.
_SPARSE = 4
_SLAB = 32


class Predictor:
    """A model with its weights in memory.

    Parameters
    ----------
    model : ModelFolder
    trust : bool
        See :func:`checkpoint.load_checkpoint`.
    precision : {'auto', 'float32'}
        See :meth:`network.Network.on`.
    plain_nnunet : bool
        Take the plain road of :mod:`reference`, for comparing: every tile, every label, `precision` unused.
    tile_step, mirroring
        See :class:`effort.Effort`.
    continued_mm : float
        For how long the network sees the image go on beyond its first and its last slice (:data:`CONTINUED_MM`);
        nnU-Net itself, and the plain road, let it end.

    Raises
    ------
    ModelError
        Where checkpoint and plans do not fit together.
    """

    def __init__(
        self,
        model: ModelFolder,
        trust: bool = False,
        precision: str = "auto",
        plain_nnunet: bool = False,
        tile_step: float = TILE_STEP,
        mirroring: bool = False,
        continued_mm: float = 0.0,
    ):
        self.model, self._precision, self._plain_nnunet = model, precision, plain_nnunet
        self._tile_step, self._mirroring, self._continued_mm = tile_step, mirroring, continued_mm
        self._network = Network(model, trust, mirroring)

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        """Spacing that the network works at, in mm."""
        return tuple(self._network.settings["spacing"])

    def predict(
        self,
        image: np.ndarray,
        spacing_mm: tuple[float, float, float],
        device: str,
        region: np.ndarray | None = None,
        wanted: Sequence[int] | None = None,
        report: Report = lambda fraction, seconds_left: None,
        say: Callable[[str], None] = lambda message: None,
        margins: np.ndarray | None = None,
    ) -> tuple[np.ndarray, str]:
        """Segment `image`.

        Parameters
        ----------
        image : ndarray, shape (k, j, i)
            HU, on the axes the network was trained on; may be a memory map.
        spacing_mm : tuple of float
            Along k, j, i.
        device : str
            A torch device.
        region : ndarray of bool, shape (k, j, i), optional
            Where labels are wanted; tiles that do not touch it are not run, and labels
            elsewhere are not to be relied on.
        wanted : sequence of int, optional
            Labels to look for, all by default; voxels of others are 0.
        report, say : callables
            Told about progress, and about falling back to other devices.
        margins : ndarray of uint8, shape (k, j, i), optional
            Written where a label is, see :class:`sweep.Labels`; the plain road leaves it as it is.

        Returns
        -------
        labels : ndarray of uint8 or uint16, shape (k, j, i)
        device : str
            The device that did the work in the end.
        """
        if self._mirroring and not self._network.mirrored_axes:
            say(f"{self.model.name} was trained without mirroring, so it is not mirrored.")
        resamplings = self._resamplings()
        unusual = self._is_unusual(resamplings)
        if unusual and not self._plain_nnunet:
            say(f"{self.model.name} resamples in its own way: going the plain road, which takes more time and memory.")
        if unusual or self._plain_nnunet:
            if self.model.shifts or self.model.edges:
                say(f"{self.model.name}: what its dataset.json adds to its output is left out on this road.")
            return predict_plainly(self._network, image, spacing_mm, device, report, say, self._tile_step)
        look = _Look(resamplings, self._tile_step)
        return self._turned(image, spacing_mm, device, region, wanted, report, say, look, margins)

    def look_again(
        self,
        image: np.ndarray,
        spacing_mm: tuple[float, float, float],
        device: str,
        region: np.ndarray,
        wanted: Sequence[int] | None = None,
        report: Report = lambda fraction, seconds_left: None,
        say: Callable[[str], None] = lambda message: None,
        mirrored: bool = False,
    ) -> tuple[np.ndarray, str]:
        """Segment what is in `region` otherwise than :meth:`predict` does, in a fraction of its time.

        The image is moved by about half a voxel of the network, tiles lie elsewhere and hardly overlap, and where
        `mirrored` they are exchanged left for right: what is certain is found again (Wang et al. 2019,
        doi 10.1016/j.neucom.2019.01.103). Arguments and result otherwise as of :meth:`predict`; labels outside of
        `region` are not to be relied on.
        """
        resamplings = self._resamplings()
        if self._is_unusual(resamplings):
            raise ValueError("a model that goes the plain road does not look again")
        forward, target_mm = self.model.plans["transpose_forward"], self._network.settings["spacing"]
        moved = [max(1, round(mm / (2 * spacing_mm[axis]))) for axis, mm in zip(forward, target_mm, strict=True)]
        look = _Look(resamplings, 1.0, moved, mirrored)
        return self._turned(image, spacing_mm, device, region, wanted, report, say, look)

    @property
    def _along(self) -> int:
        """The network's axis from feet to head."""
        return self.model.plans["transpose_forward"].index(0)

    def _beyond(self) -> list[int]:
        """Return the network's voxels by which it sees the image go on at both ends of each of its axes."""
        spacing_mm = self._network.settings["spacing"][self._along]
        return [round(self._continued_mm / spacing_mm) if axis == self._along else 0 for axis in range(3)]

    def _resamplings(self) -> tuple:
        """Return how nnU-Net resamples the image, and the logits."""
        settings = self._network.settings
        return _resampling(settings, "data"), _resampling(settings, "probabilities")

    @staticmethod
    def _is_unusual(resamplings) -> bool:
        return None in resamplings or resamplings[1]["order"] > 1

    def _turned(self, image, spacing_mm, device, region, wanted, report, say, look: _Look, margins=None):
        """Return labels on the axes of the image, found on those of the network, and the device that found them."""
        forward = self.model.plans["transpose_forward"]
        spacing = [spacing_mm[axis] for axis in forward]
        region, margins = (None if each is None else each.transpose(forward) for each in (region, margins))
        image = image.transpose(forward)
        labels, device = self._swept(image, spacing, look, device, region, wanted, report, say, margins)
        labels = filled_to_edges(image, labels, spacing, self.model.edges)
        report(1.0, 0.0)
        return labels.transpose(self.model.plans["transpose_backward"]), device

    def _swept(
        self, image: np.ndarray, spacing, look: _Look, device: str, region, wanted, report: Report, say, margins
    ) -> tuple[np.ndarray, str]:
        """Return labels on the axes of the network, on which all else is too, and the device that found them."""
        import torch

        settings = self._network.settings
        box = _box_that_is_not_zero(image)  # as nnU-Net crops
        if self._continued_mm:
            box = _without_air(box, image, self._along, spacing)
        box = _moved(box, image.shape, look.moved)
        labels = np.zeros(image.shape, np.uint8 if len(self.model.labels) < 255 else np.uint16)
        part = image[box]
        wanted_region = None if region is None else region[box]
        shape = [round(a / b * n) for n, a, b in zip(part.shape, spacing, settings["spacing"], strict=True)]
        patch = tuple(settings["patch_size"])
        survey = _Survey(part)
        beyond = self._beyond()
        zeros = padding_before(continued_shape(shape, beyond), patch)
        padding, _ = room(shape, patch, beyond)
        if look.is_second:
            tiles = around(wanted_region, shape, patch, beyond)
        else:
            of_interest, least = (survey.tissue, _TISSUE) if wanted_region is None else (wanted_region, 0.0)
            tiles = tiles_that_matter(of_interest, shape, patch, least, look.tile_step, beyond)
        if not tiles:
            return labels, device
        window = tuple(
            slice(min(tile[axis] for tile in tiles), max(tile[axis] for tile in tiles) + patch[axis]) for axis in (1, 2)
        )
        intensities = survey.intensities(settings, self.model.plans)
        to_network = axis_maps(part.shape, shape, spacing, settings["spacing"], **look.resamplings[0])
        to_network = [along.continued(more) for along, more in zip(to_network, beyond, strict=True)]
        to_image = axis_maps(shape, part.shape, settings["spacing"], spacing, **look.resamplings[1])
        values = sorted(self.model.labels.values()) if wanted is None else sorted(wanted)
        inner = tuple(slice(each.start - pad, each.stop - pad) for each, pad in zip(window, padding[1:], strict=True))
        clock = Clock(work_of(tiles, patch), report)
        margins = None if margins is None else margins[box]

        def run(device: str, sums_on: str) -> None:
            clock.restart()
            labels.fill(0)
            source = Source(part, to_network, intensities, zeros, window, sums_on)
            found = Labels(labels[box], to_image, self._network.classes, values, wanted_region, inner, margins)
            sweep(
                self._logits_on(device, look.mirrored, spacing),
                source,
                tiles,
                patch,
                window,
                self._network.classes,
                self._network.batch,
                lambda first, logits: found.take(first - padding[0], logits),
                clock.did,
                sums_on,
            )

        try:
            with torch.inference_mode():
                _, device = run_with_fallback(run, device, say)
        finally:
            self._network.release()
        return labels, device

    def _logits_on(self, device: str, mirrored: bool, spacing_mm: Sequence[float]) -> Callable:
        """Return a function from tiles of an image of that spacing to logits."""
        mirror = [self.model.plans["transpose_forward"].index(2)] if mirrored else []
        run = turned_over(self._network.quickest_on(device, self._precision), mirror)
        return shifted(run, logits_at(self.model.shifts, self._network.classes, spacing_mm))


def tiles_that_matter(
    mask: np.ndarray,
    shape: Sequence[int],
    patch: Sequence[int],
    least: float = 0.0,
    step: float = TILE_STEP,
    beyond: Sequence[int] = ENDING,
) -> list[Tile]:
    """Return which of nnU-Net's tiles have more than the share `least` of `mask` in their middle.

    Parameters
    ----------
    mask : ndarray of bool
        Over the same field as the image of `shape`, at any spacing.
    shape, patch, beyond : sequence of int
        Voxels of the image, of a tile, and by which the image goes on at both ends.

    Returns
    -------
    list of tuple of int
        Their first voxels in the image that goes on, padded (:func:`tiles.padding_before`).
    """
    padding, padded = room(shape, patch, beyond)
    boxes = ((tile, core(tile, patch, padded, step)) for tile in lattice(padded, patch, step))
    return [tile for tile, box in boxes if _share(mask, box, padding, shape) > least]


class _Look(NamedTuple):
    """How a network looks at an image: resamplings to it and back, overlap of tiles, and what a second look changes.

    `moved` are the image's voxels that are left out before the first one of each axis, which moves the network's.
    """

    resamplings: tuple
    tile_step: float
    moved: Sequence[int] = (0, 0, 0)
    mirrored: bool = False

    @property
    def is_second(self) -> bool:
        return any(self.moved)


def _moved(box: Box, shape: Sequence[int], moved: Sequence[int]) -> Box:
    """Return a box of an image of `shape` without some of its first voxels along each axis; some of it stays."""
    ranges = [part.indices(size)[:2] for part, size in zip(box, shape, strict=True)]
    return tuple(slice(min(first + n, stop - 1), stop) for (first, stop), n in zip(ranges, moved, strict=True))


class _Survey:
    """What one look at an image tells: its range, and where there is more than air."""

    def __init__(self, image: np.ndarray):
        self._image = image
        self.tissue = np.asarray(image[(slice(None, None, _SPARSE),) * 3]) > _AIR_HU

    def intensities(self, settings, plans: dict) -> Intensities:
        """Return nnU-Net's normalisation of the image."""
        scheme = settings["normalization_schemes"][0]
        low, high = self._over_slabs(np.min, min), self._over_slabs(np.max, max)
        if scheme == "CTNormalization":
            numbers = ct_intensities(plans)
            below, above = numbers["percentile_00_5"], numbers["percentile_99_5"]
            low, high = (min(max(each, below), above) for each in (low, high))
            return Intensities(low, high, numbers["mean"], max(numbers["std"], 1e-8))
        if scheme == "ZScoreNormalization":
            count = self._image.size
            mean = self._over_slabs(lambda slab: slab.sum(dtype=np.float64), sum) / count
            squares = self._over_slabs(lambda slab: np.square(slab - mean).sum(), sum)
            return Intensities(low, high, mean, max(float(np.sqrt(squares / count)), 1e-8))
        if scheme == "RescaleTo01Normalization":
            return Intensities(low, high, low, max(high - low, 1e-8))
        return Intensities(low, high, 0.0, 1.0)

    def _over_slabs(self, function, combine) -> float:
        slabs = (self._image[start : start + _SLAB] for start in range(0, len(self._image), _SLAB))
        result = combine(float(function(slab)) for slab in slabs)
        let_go(self._image)
        return result


def _box_that_is_not_zero(image: np.ndarray) -> Box:
    faces = (image[(slice(None),) * axis + (end,)] for axis in range(3) for end in (0, -1))
    if all(face.any() for face in faces):
        return (slice(None),) * 3  # most often, and quickly found
    return bounding_box(image) or (slice(None),) * 3


def _without_air(box: Box, image: np.ndarray, axis: int, spacing_mm: Sequence[float]) -> Box:
    """Return a box of an image without slices at both ends of an axis that show nothing but air.

    It stays as it is where less than what it is continued by would be left: that is no CT of air and a body.
    """
    first, stop, _ = box[axis].indices(image.shape[axis])
    pixel_mm2 = float(np.prod([mm for number, mm in enumerate(spacing_mm) if number != axis]))

    def shows_tissue(n: int) -> bool:
        # Indexed, not taken: the latter copies all of an image that is turned.
        plane = image[tuple(n if number == axis else part for number, part in enumerate(box))]
        return np.count_nonzero(plane > _AIR_HU) * pixel_mm2 > _LEAST_TISSUE_MM2

    lowest = next((n for n in range(first, stop) if shows_tissue(n)), stop)
    highest = next((n for n in range(stop - 1, lowest, -1) if shows_tissue(n)), lowest)
    if (highest + 1 - lowest) * spacing_mm[axis] < CONTINUED_MM:
        return box
    return tuple(slice(lowest, highest + 1) if number == axis else part for number, part in enumerate(box))


def _share(mask: np.ndarray, box: Box, padding: Sequence[int], shape: Sequence[int]) -> float:
    """Return which part of `box` of the padded grid is in `mask`, which covers the grid of `shape` at some spacing."""
    part = []
    for span, before, n, voxels in zip(box, padding, shape, mask.shape, strict=True):
        first, stop = max(span.start - before, 0) * voxels // n, -(-min(span.stop - before, n) * voxels // n)
        first = min(first, voxels - 1)  # wholly where the image goes on: as its last slice
        part.append(slice(first, max(stop, first + 1)))
    return float(mask[tuple(part)].mean())


def _resampling(settings: dict, what: str) -> dict | None:
    """Return the arguments of nnU-Net's resampling of `what`; None where it is another function."""
    if settings[f"resampling_fn_{what}"] != "resample_data_or_seg_to_shape":
        return None
    arguments = settings[f"resampling_fn_{what}_kwargs"]
    if arguments.get("is_seg"):
        return None
    defaults = {"order": 3, "order_z": 0, "force_separate_z": False}
    return {name: arguments.get(name, value) for name, value in defaults.items()}
