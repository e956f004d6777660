"""A trained Kauppila network as a model folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ... import __version__
from ...durable import cannot_write, sync_all, write_text
from ...errors import InputError, WriteError
from ...inference.checkpoint import halved, save_checkpoint, saving
from ...inference.kauppila_model import CHECKPOINT_FILE, MODEL_FILE, KauppilaModel, model_document
from ...inference.kauppila_network import KauppilaArchitecture
from ...leftovers import unfinished_folder
from ...radiograph.region import RegionGeometry
from ...replacing import replacing
from .calibration import Calibration


def check_destination(destination: Path, overwrite: bool) -> None:
    """Refuse a place for the model that is taken or cannot be written, before any work is done; InputError."""
    there = next(each for each in (destination, *destination.resolve().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"'{there}' cannot be written; name another folder for the model.")
    if (destination / MODEL_FILE).exists():
        if not overwrite:
            raise InputError(f"'{destination}' holds a model already; name another or add --overwrite.")
    elif destination.is_dir() and any(not each.name.startswith(".") for each in destination.iterdir()):
        raise InputError(f"'{destination}' holds other things than a model; name a new folder.")


def ship(
    network,
    architecture: KauppilaArchitecture,
    geometry: RegionGeometry,
    calibration: Calibration,
    training: Mapping,
    destination: Path,
    overwrite: bool = False,
) -> KauppilaModel:
    """Write the network as a model folder, whole or not at all; its weights as 16-bit floats.

    Raises
    ------
    InputError
        Where the folder is not to be replaced, or cannot be written. Who calls this has claimed it
        (:func:`claiming.claimed`).
    """
    check_destination(destination, overwrite)
    document = model_document(destination.name, architecture, geometry, calibration.to_json(), training, __version__)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(destination.parent, destination.name) as folder:
            temporary = folder / destination.name
            temporary.mkdir()
            save_checkpoint(temporary / CHECKPOINT_FILE, saving({"network_weights": halved(network.state_dict())}))
            write_text(temporary / MODEL_FILE, json.dumps(document, indent=1) + "\n")
            KauppilaModel.open(temporary)
            sync_all(temporary)
            if destination.is_dir():
                with replacing(destination, "model") as replacement:
                    for name in (CHECKPOINT_FILE, MODEL_FILE):
                        replacement.put_in(temporary / name, name)
            else:
                with replacing(destination.parent, "model", destination.name) as replacement:
                    replacement.put_in(temporary, destination.name)
    except WriteError as error:
        raise error.of(destination) from None
    except OSError as error:
        raise cannot_write(destination, error) from None
    return KauppilaModel.open(destination)
