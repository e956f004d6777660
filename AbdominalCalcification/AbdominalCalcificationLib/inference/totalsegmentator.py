"""TotalSegmentator's weights on this computer: where they are, and which arteries they find."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..anatomy import TERRITORIES, Territory
from ..errors import InputError, ModelError
from .conventions import KNOWN_MODELS
from .model_folder import COARSE_MM, ModelFolder

WEIGHTS_VARIABLE, HOME_VARIABLE = "TOTALSEG_WEIGHTS_PATH", "TOTALSEG_HOME_DIR"


@dataclass(frozen=True)
class Weights:
    """What of TotalSegmentator's weights can be used for arteries.

    Attributes
    ----------
    folder : Path
        Where TotalSegmentator keeps its weights; it need not exist.
    models : tuple of ModelFolder
        To be merged in this order; empty where there are none.
    problems : tuple of str
        What is there but cannot be used, and why.
    """

    folder: Path
    models: tuple[ModelFolder, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def territories(self) -> tuple[Territory, ...]:
        """The territories that the models find, in the order of the table."""
        found = {each for model in self.models for parts in model.territory_mapping().values() for each in parts}
        return tuple(each for each in TERRITORIES if each in found)

    @property
    def missing(self) -> tuple[Territory, ...]:
        """The territories that none of the models finds."""
        return tuple(each for each in TERRITORIES if each not in self.territories)

    @property
    def tasks_to_fetch(self) -> tuple[str, ...]:
        """Tasks of TotalSegmentator whose weights would find more, or the same at finer voxels."""
        fine = {
            known.stands_for
            for known in KNOWN_MODELS
            for model in self.models
            if _dataset_of(model).startswith(known.dataset) and max(model.spacing_mm) <= COARSE_MM
        }
        first: dict[str, str] = {}
        for known in KNOWN_MODELS:
            first.setdefault(known.stands_for, known.task)
        return tuple(task for what, task in first.items() if what not in fine)


def weights_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder where TotalSegmentator looks for weights (``config.get_weights_dir`` of totalsegmentator 2.18).

    ``TOTALSEG_WEIGHTS_PATH`` names it; else it is ``nnunet/results`` in ``TOTALSEG_HOME_DIR``, by default
    ``.totalsegmentator`` in the user's home.
    """
    environment = os.environ if environment is None else environment
    if WEIGHTS_VARIABLE in environment:
        return Path(environment[WEIGHTS_VARIABLE]).expanduser()
    if HOME_VARIABLE in environment:
        return Path(environment[HOME_VARIABLE]).expanduser() / "nnunet" / "results"
    home = Path.home()
    # In a container without a home TotalSegmentator takes /tmp.
    return (Path("/tmp") if str(home) == "/" else home) / ".totalsegmentator" / "nnunet" / "results"


def find_weights(folder: Path | None = None) -> Weights:
    """Return what can be used of the weights in `folder`, by default where TotalSegmentator keeps them."""
    folder = weights_folder() if folder is None else folder
    models, problems, found = [], [], set()
    for known in KNOWN_MODELS:
        places = sorted(place for place in folder.glob(f"{known.dataset}*") if place.is_dir())
        if known.stands_for in found or not places:
            continue
        try:
            model = ModelFolder.open(places[-1])
            if not model.territory_mapping():
                raise ModelError(f"{places[-1]} has no label of an artery that is measured; fetch the weights again.")
        except ModelError as error:
            problems.append(str(error))
            continue
        models.append(model)
        found.add(known.stands_for)
    return Weights(folder, tuple(models), tuple(problems))


def usable_weights(folder: Path | None = None) -> Weights:
    """Return :func:`find_weights`; InputError where nothing can be used."""
    weights = find_weights(folder)
    if not weights.models:
        raise InputError(describe_weights(weights))
    return weights


def describe_weights(weights: Weights) -> str:
    """Return for people which arteries the weights find, which not, and what would find more."""
    if not weights.models:
        why = f" ({weights.problems[0]})" if weights.problems else ""
        return (
            f"There are no weights of TotalSegmentator for arteries in {weights.folder}{why}; let TotalSegmentator run "
            f"once, or fetch them (totalseg_download_weights -t total), or name their folder in {WEIGHTS_VARIABLE}."
        )
    parts = [f"They find: {_listed(weights.territories)}."]
    coarse = [f"{max(model.spacing_mm):g} mm" for model in weights.models if max(model.spacing_mm) > COARSE_MM]
    if coarse:
        parts.append(f"Coarse, at voxels of {coarse[0]}.")
    if weights.missing:
        parts.append(f"Not found by them: {_listed(weights.missing)}.")
    licensed = {known.task for known in KNOWN_MODELS if known.needs_licence}
    for task in weights.tasks_to_fetch:
        better = "finer ones" if coarse and task not in licensed else "more"
        parts.append(f"The task {task}{' (with a licence)' if task in licensed else ''} would find {better}.")
    return " ".join([*parts, *weights.problems])


def _dataset_of(model: ModelFolder) -> str:
    return model.path.parent.name


def _listed(territories) -> str:
    return ", ".join(each.short for each in territories)
