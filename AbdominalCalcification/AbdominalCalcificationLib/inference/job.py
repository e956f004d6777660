"""What the worker does for one case: arteries first, then calcification near them.

Knows neither processes nor torch: the predictors are given, so that the order of work, the
merging and the restriction to the arteries are tested without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Protocol

import numpy as np

from ..anatomy import TERRITORIES, territory
from ..effort import TILE_STEP
from ..flags import Flag
from ..geometry import Grid, Volume, bounding_box, grown
from ..measurement.plausibility import plausible_arteries_steps
from ..progress import drain
from ..sense.arteries import sensible_arteries
from ..sense.metal import without_struts_steps
from .certainty import artery_signs, as_territories, packed_signs
from .merging import ArteryMerger, SplitSides
from .orientation import Turn

# Calcification farther than this from every artery is not the arteries'. Wider than the 3 mm
# within which it is assigned to one (measurement.md#assignment-of-calcification), so that *unassigned* stays visible.
REACH_MM = 5.0

TRUNK = TERRITORIES[0].name

# Slices that the surroundings of the arteries are looked for in at once.
_SLAB = 32


@dataclass(frozen=True)
class ModelUse:
    """A model and what its labels are used for; plain values that fit into JSON.

    Attributes
    ----------
    path : str
    folds : list of str
    labels : dict of str to list of str
        Label value to names of territories; for the calcification model to an empty list.
    """

    path: str
    folds: list[str]
    labels: dict[str, list[str]]


@dataclass(frozen=True)
class Job:
    """One case for the worker, apart from its arrays.

    Attributes
    ----------
    arteries : list of ModelUse
    calcification : ModelUse or None
    device : str
    trust : bool
    precision : {'auto', 'float32'}
        See :meth:`network.Network.on`.
    plain_nnunet : bool
        Go the plain road, as nnU-Net does; anatomical sense is left out.
    tile_step, mirroring
        See :class:`effort.Effort`.
    signs_of : list of str
        Of which masks (``arteries``, ``calcification``) signs of certainty are wanted; of one artery model only.
    """

    arteries: list[ModelUse]
    calcification: ModelUse | None
    device: str
    trust: bool
    precision: str = "auto"
    plain_nnunet: bool = False
    tile_step: float = TILE_STEP
    mirroring: bool = False
    signs_of: list[str] = field(default_factory=list)

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> Job:
        calcification = values["calcification"]
        return cls(
            [ModelUse(**each) for each in values["arteries"]],
            ModelUse(**calcification) if calcification else None,
            values["device"],
            values["trust"],
            values["precision"],
            values["plain_nnunet"],
            values["tile_step"],
            values["mirroring"],
            list(values["signs_of"]),
        )


class PredictorLike(Protocol):
    """What a job needs of ``predictor.Predictor``."""

    spacing_mm: Sequence[float]

    def predict(self, image, spacing_mm, device, region=None, wanted=None, report=..., say=..., margins=None): ...

    def look_again(self, image, spacing_mm, device, region, wanted=None, report=..., say=..., mirrored=False): ...


# What of the CT a predictor is to look at, as truth values of shape (k, j, i).
RegionOf = Callable[[PredictorLike], np.ndarray]

# Told of which mask (``arteries``, ``calcification``) there is a flag, or signs of certainty.
TellFlag = Callable[[str, Flag], None]
TellSigns = Callable[[str, object], None]


def run_job(
    job: Job,
    ct: Volume,
    arteries: Volume | None,
    open_predictor: Callable[[ModelUse], tuple[PredictorLike, str]],
    choose_device: Callable[[str], str],
    split: SplitSides,
    report: Callable[[str, float, float | None], None],
    say: Callable[[str], None],
    flag: TellFlag = lambda role, flag: None,
    sign: TellSigns = lambda role, signs: None,
) -> tuple[Volume, Volume | None, str]:
    """Segment one case.

    Parameters
    ----------
    job : Job
    ct : Volume
        HU.
    arteries : Volume or None
        Territory labels, where they are given instead of predicted.
    open_predictor : callable
        Returns the predictor of a model and the axes it was trained on (``LPS``).
    choose_device, split : callables
    report : callable
        Told the stage, the part of the job that is done and the seconds left of the stage.
    say : callable
        Told lines for the log.
    flag : callable
        Told of which mask (``arteries``, ``calcification``) there is something to flag, and the flag.
    sign : callable
        Told the signs of each mask of :attr:`Job.signs_of` that was made: of the arteries those of :func:`.certainty.
        artery_signs`, of calcification an array of :func:`.certainty.packed_signs`.

    Returns
    -------
    arteries, calcification, device
        Calcification is uint8, 1 where calcified; None without a calcification model.
    """
    count = len(job.arteries) + (job.calcification is not None)
    networks = _Networks(job, ct, count, open_predictor, choose_device(job.device), report, say)
    if arteries is None:
        arteries = _arteries(job, networks, ct, split, flag, sign)
    calcification = None
    if job.calcification is not None:
        calcification = _calcification(job, networks, ct, arteries, flag, sign)
    report("Segmented", 1.0, 0.0)
    return arteries, calcification, networks.device


class _Networks:
    """The networks of a job at work on its CT, on the CT's own axes; `device` is the one that works now."""

    def __init__(self, job: Job, ct: Volume, count: int, open_predictor, device: str, report, say):
        self._job, self._ct, self._count, self._open = job, ct, count, open_predictor
        self.device, self._report, self.say = device, report, say

    @property
    def grid(self) -> Grid:
        return self._ct.grid

    def begin(self, stage: str, number: int) -> None:
        """Report a stage that begins when `number` of the models are done."""
        self._report(stage, number / self._count, None)

    def predict(
        self,
        use: ModelUse,
        number: int,
        stage: str,
        region_of: RegionOf | None = None,
        margins: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return labels; `margins` are written (:meth:`predictor.Predictor.predict`)."""
        self.begin(f"{stage}: loading the model", number)
        predictor, axes = self._open(use)
        turn = Turn.to(axes, self._ct.grid)
        region = None if region_of is None else turn.forward(region_of(predictor))
        more = {} if margins is None else {"margins": turn.forward(margins)}
        labels, self.device = predictor.predict(*self._asked(use, turn, region, number, stage), **more)
        return turn.backward(labels)

    def look_again(self, use: ModelUse, number: int, region: np.ndarray, mirrored: bool) -> np.ndarray:
        """Return labels of a second look at what is in `region`."""
        predictor, axes = self._open(use)
        turn = Turn.to(axes, self._ct.grid)
        asked = self._asked(use, turn, turn.forward(region), number, "Looking a second time", is_last=True)
        labels, self.device = predictor.look_again(*asked, mirrored=mirrored)
        return turn.backward(labels)

    def _asked(self, use: ModelUse, turn: Turn, region, number: int, stage: str, is_last: bool = False) -> tuple:
        # A second look is short; its share of the bar is that of what it belongs to, which is full then.
        def report(fraction: float, left: float | None) -> None:
            self._report(stage, (number + (1.0 if is_last else fraction)) / self._count, left)

        labels = [int(label) for label in use.labels]
        image, spacing_mm = turn.forward(self._ct.array), turn.spacing_kji(self._ct.grid)
        return image, spacing_mm, self.device, region, labels, report, self.say


def _arteries(job: Job, networks: _Networks, ct: Volume, split: SplitSides, flag: TellFlag, sign: TellSigns) -> Volume:
    """Return the territory labels that the artery models find, without what cannot be an artery."""
    margins = _empty(ct) if "arteries" in job.signs_of else None
    arteries = _predicted_arteries(job, networks, split, margins)
    if not job.plain_nnunet:
        networks.begin("Holding the arteries against anatomy", len(job.arteries))
        arteries = _sensible(job, networks, ct, arteries, flag)
    if margins is not None:
        sign("arteries", _artery_signs(job, networks, ct, arteries.array, margins))
    return arteries


def _calcification(
    job: Job, networks: _Networks, ct: Volume, arteries: Volume, flag: TellFlag, sign: TellSigns
) -> Volume:
    """Return what the calcification model finds near `arteries`, without struts of stents: uint8, 1 where calcified."""
    # Around what cannot be an artery there is nothing to look for, however much of it there is.
    plausible = drain(plausible_arteries_steps(arteries)).of(arteries)
    if plausible.array.any():
        networks.begin("Looking for the surroundings of the arteries", len(job.arteries))
    else:
        networks.say("No artery was found, so no calcification was looked for.")
    margins = _empty(ct) if "calcification" in job.signs_of else None
    calcification = _predicted_calcification(job, ct, plausible.array, networks, margins)
    if not job.plain_nnunet:
        calcification, flags = drain(without_struts_steps(ct, plausible, calcification))
        for each in flags:
            networks.say(each.message)
            flag("calcification", each)
    if margins is not None:
        sign("calcification", _calcification_signs(job, networks, calcification.array, margins))
    return calcification


def _empty(ct: Volume) -> np.ndarray:
    return np.zeros(ct.grid.shape, np.uint8)


def _artery_signs(job: Job, networks: _Networks, ct: Volume, labels: np.ndarray, margins: np.ndarray) -> dict:
    """Look again at the branches, or at the aorta where there are none; return the signs of every territory."""
    thin = (labels != 0) & (labels != TERRITORIES[0].label)
    region = near(thin if thin.any() else labels, ct, REACH_MM)
    if not region.any():
        return {}
    # Sides have names, and so cannot be exchanged.
    again = networks.look_again(job.arteries[0], 0, region, mirrored=False)
    return artery_signs(labels, margins, as_territories(again, job.arteries[0].labels), region)


def _calcification_signs(job: Job, networks: _Networks, found: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Look again at what is called calcification; return the signs of its voxels."""
    use = job.calcification
    if not found.any():
        return packed_signs(found, margins, found)
    again = networks.look_again(use, len(job.arteries), found != 0, mirrored=True)
    return packed_signs(found, margins, np.isin(again, [int(label) for label in use.labels]))


def _predicted_arteries(job: Job, networks: _Networks, split: SplitSides, margins: np.ndarray | None) -> Volume:
    """Let every artery model find its arteries; return the territory labels of all."""
    mappings = [
        {int(label): tuple(territory(name) for name in names) for label, names in use.labels.items()}
        for use in job.arteries
    ]
    merger = ArteryMerger(networks.grid, mappings, split)
    for number, use in enumerate(job.arteries):
        which = f" ({number + 1} of {len(job.arteries)})" if len(job.arteries) > 1 else ""
        merger.add(number, networks.predict(use, number, f"Segmenting arteries{which}", margins=margins))
    arteries = merger.result()
    if merger.without_side:
        names = ", ".join(each.title for each in merger.without_side)
        networks.say(f"No aorta was found to tell left from right by; left out: {names}.")
    return arteries


def _sensible(job: Job, networks: _Networks, ct: Volume, arteries: Volume, flag: TellFlag) -> Volume:
    """Leave out what cannot be an artery, and tell of it."""
    found = sensible_arteries(ct, arteries, expects_aorta=any(TRUNK in names for names in _names(job)))
    for each in found.flags:
        networks.say(each.message)
        flag("arteries", each)
    return found.arteries


def _names(job: Job) -> list[list[str]]:
    return [names for use in job.arteries for names in use.labels.values()]


def _predicted_calcification(
    job: Job, ct: Volume, arteries: np.ndarray, networks: _Networks, margins: np.ndarray | None
) -> Volume:
    """Let the calcification model look near `arteries`, where there are any: uint8, 1 where calcified."""
    if not arteries.any():
        return Volume(np.zeros(ct.grid.shape, np.uint8), ct.grid)
    # One voxel of the network more, so that logits at the rim are not blended with tiles that were not run.
    labels = networks.predict(
        job.calcification,
        len(job.arteries),
        "Segmenting calcification",
        lambda predictor: near(arteries, ct, REACH_MM + 2 * max(predictor.spacing_mm)),
        margins,
    )
    found = np.isin(labels, [int(label) for label in job.calcification.labels])
    del labels
    found &= near(arteries, ct, REACH_MM)
    return Volume(found.view(np.uint8), ct.grid)


def near(mask: np.ndarray, ct: Volume, distance_mm: float) -> np.ndarray:
    """Return the voxels whose centres lie within `distance_mm` of those of `mask`, shape (k, j, i).

    Each run of voxels along i reaches as far into each row around it as Pythagoras says, from where that row is
    nearest; rows count how many reaches begin and end at each voxel. The work grows with the surface of the
    mask, not with the box around it.
    """
    # Voxels at just this distance shall not depend on the grid's orientation.
    reach = distance_mm * (1 + 1e-6)
    result = np.zeros(mask.shape, bool)
    box = bounding_box(mask)
    if box is None:
        return result
    around = grown(box, reach, ct.grid)
    ends = np.diff(np.pad((mask[around] != 0).view(np.int8), ((0, 0), (0, 0), (1, 1))), axis=2)
    k, j, first = np.nonzero(ends == 1)
    stop = np.nonzero(ends == -1)[2]
    rows, columns, width = result[around].shape
    reaches = _reaches(ct.grid, reach)
    for start in range(0, rows, _SLAB):
        count = np.zeros((min(_SLAB, rows - start), columns, width + 1), np.int16)
        for dk, rows_around in reaches.items():
            inside = np.flatnonzero((k + dk >= start) & (k + dk < start + len(count)))
            for dj, low, high in rows_around:
                some = inside[(j[inside] + dj >= 0) & (j[inside] + dj < columns)]
                row = k[some] + dk - start, j[some] + dj
                np.add.at(count, (*row, np.clip(first[some] + low, 0, width)), 1)
                np.add.at(count, (*row, np.clip(stop[some] + high, 0, width)), -1)
        np.cumsum(count, axis=2, out=count)
        result[around][start : start + len(count)] = count[..., :-1] > 0
    return result


def _reaches(grid: Grid, reach_mm: float) -> dict[int, list[tuple[int, int, int]]]:
    """Return the steps of at most `reach_mm`: for each along k those along j, with the first and last ones along i."""
    along, down, out = grid.ijk_to_ras[:3, :3].T
    spacing = np.linalg.norm(along)
    _, most_j, most_k = (int(reach_mm / distance) for distance in grid.plane_distances_mm)
    found: dict[int, list[tuple[int, int, int]]] = {dk: [] for dk in range(-most_k, most_k + 1)}
    for dk, rows in found.items():
        for dj in range(-most_j, most_j + 1):
            step = dk * out + dj * down
            # On sheared axes the row is nearest beside the voxel.
            beside = step @ along / spacing
            rest = reach_mm**2 - (step @ step - beside**2)
            if rest >= 0:
                low = int(np.ceil((-beside - np.sqrt(rest)) / spacing))
                high = int(np.floor((-beside + np.sqrt(rest)) / spacing))
                if low <= high:
                    rows.append((dj, low, high))
    return found
