"""What models of TotalSegmentator expect of an image, which their folders do not say.

TotalSegmentator turns an image to canonical axes (RAS) and resamples it by a spline along all three axes alike to the
spacing of its model, before nnU-Net sees it (totalsegmentator 2.18, ``nnunet.nnUNet_predict_image``). nnU-Net itself
would take the nearest of thick slices.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownModel:
    """A model of TotalSegmentator that finds arteries of the abdomen.

    Attributes
    ----------
    dataset : str
        What the name of its folder begins with; what follows tells the number of patients (``_1559subj``).
    task : str
        TotalSegmentator's task that fetches it.
    stands_for : str
        Models with the same word find the same arteries; of these the first that is there is used.
    needs_licence : bool
        Fetched with a licence (free for research).
    """

    dataset: str
    task: str
    stands_for: str
    needs_licence: bool = False


# Of models for the same, TotalSegmentator's own default first, coarse ones last (``map_tasks_config`` of 2.18). Those
# of 6 mm are left out: an iliac artery is hardly wider than that.
KNOWN_MODELS = (
    KnownModel("Dataset293_TotalSegmentator_part3_cardiac", "total", "trunk"),
    KnownModel("Dataset833_TotalSegmentator_part3_cardiac", "total_v3", "trunk"),
    KnownModel("Dataset297_TotalSegmentator_total_3mm", "total --fast", "trunk"),
    KnownModel("Dataset836_TotalSegmentator_total_3mm", "total_v3 --fast", "trunk"),
    KnownModel("Dataset710_renal_arteries", "renal_arteries", "branches", needs_licence=True),
)


def is_of_totalsegmentator(name: str) -> bool:
    """Return whether a dataset of that name is one of TotalSegmentator's."""
    return "_TotalSegmentator_" in name or name.startswith(tuple(known.dataset for known in KNOWN_MODELS))


def as_totalsegmentator_resamples(plans: dict) -> dict:
    """Return a copy of `plans` that resamples along all axes alike, however thick the slices are."""
    plans = copy.deepcopy(plans)
    for settings in plans["configurations"].values():
        for what in ("data", "probabilities"):
            arguments = settings.get(f"resampling_fn_{what}_kwargs") if isinstance(settings, dict) else None
            if isinstance(arguments, dict):
                arguments["force_separate_z"] = False
    return plans
