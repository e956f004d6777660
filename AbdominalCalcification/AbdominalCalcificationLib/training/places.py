"""Places that a network is to look at although nothing is labelled there.

nnU-Net cuts most of its patches around labelled voxels and the rest at random. A calcification network would seldom
see an artery without calcium, or what only looks like calcium. A raw dataset may therefore name such places, in label
maps of their own; each value is drawn as often as a label, and says nothing about what is to be learnt there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from .pickles import read_properties
from .tasks import RawDataset

# As many as nnU-Net keeps of each label.
_MOST = 10_000


def add_places(
    properties: dict, places: np.ndarray, shape: Sequence[int], first_key: int, forward: Sequence[int] = (0, 1, 2)
) -> None:
    """Add places to what nnU-Net knows of a preprocessed case, in place.

    Parameters
    ----------
    properties : dict
        As nnU-Net keeps them beside a case: ``class_locations`` and how the case was cropped.
    places : ndarray of int, shape (k, j, i)
        On the grid of the raw case; 0 is no place.
    shape : sequence of int
        Voxels of the preprocessed case.
    first_key : int
        Key of the places of value 1, beyond all labels.
    forward : sequence of int
        The plans' ``transpose_forward``.

    Raises
    ------
    InputError
        Where `places` does not have the size of the case.
    """
    places = places.transpose(list(forward))
    if places.shape != tuple(properties["shape_before_cropping"]):
        raise InputError(f"a map of places has {places.shape} voxels, not {properties['shape_before_cropping']}")
    box = np.asarray(properties["bbox_used_for_cropping"])
    cropped = places[tuple(slice(low, high) for low, high in box)]
    scale = np.asarray(shape) / cropped.shape
    rng = np.random.default_rng(0)
    for value in np.flatnonzero(np.bincount(cropped.ravel()))[1:] if cropped.any() else ():
        at = np.argwhere(cropped == value)
        at = at[rng.choice(len(at), _MOST, replace=False)] if len(at) > _MOST else at
        at = np.minimum(((at + 0.5) * scale).astype(int), np.asarray(shape) - 1)
        # nnU-Net's first column is the channel of the label map.
        properties["class_locations"][first_key + int(value) - 1] = np.insert(at, 0, 0, axis=1)


def add_places_of(raw: RawDataset, preprocessed: Path, first_key: int, plans_manager) -> None:
    """Do so for every preprocessed case of a dataset that has a map of places; `plans_manager` is nnU-Net's."""
    from batchgenerators.utilities.file_and_folder_operations import write_pickle

    # The axes of an array depend on who reads it.
    reader = plans_manager.image_reader_writer_class()
    for case, file in raw.places().items():
        properties = read_properties(preprocessed / f"{case}.pkl")
        places = np.asarray(reader.read_seg(str(file))[0][0]).astype(np.int64)
        try:
            add_places(properties, places, _shape_of(preprocessed, case), first_key, plans_manager.transpose_forward)
        except InputError as error:
            raise InputError(f"'{file}': {error}; remove it, or make the dataset anew.") from None
        write_pickle(properties, str(preprocessed / f"{case}.pkl"))


def _shape_of(preprocessed: Path, case: str) -> tuple[int, int, int]:
    """Return the voxels (k, j, i) of a preprocessed case."""
    from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class

    dataset = infer_dataset_class(str(preprocessed))(str(preprocessed), [case])
    return tuple(dataset.load_case(case)[1].shape[1:])
