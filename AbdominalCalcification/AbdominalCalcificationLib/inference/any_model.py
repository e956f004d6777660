"""A model folder of whatever kind: nnU-Net's of CTs or of radiographs, or that of the Kauppila score."""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelError
from .kauppila_model import MODEL_FILE, KauppilaModel, describe_kauppila
from .model_folder import CT, RADIOGRAPH, ModelFolder, describe, read_json_of_model


def open_any_model(path: Path | str) -> ModelFolder | KauppilaModel:
    """Check the model in a folder, whatever it is of; ModelError where it cannot be used."""
    path = Path(path)
    if (path / MODEL_FILE).is_file():
        return KauppilaModel.open(path)
    return ModelFolder.open(path, kind=RADIOGRAPH if _is_of_radiographs(path) else CT)


def describe_any_model(model: ModelFolder | KauppilaModel) -> str:
    """Return several lines for people about what `model` is."""
    return describe_kauppila(model) if isinstance(model, KauppilaModel) else describe(model)


def _is_of_radiographs(path: Path) -> bool:
    try:
        channels = read_json_of_model(path / "dataset.json").get("channel_names")
    except ModelError:
        return False
    names = [str(each).casefold() for each in channels.values()] if isinstance(channels, dict) else []
    return names != [] and names[0] in RADIOGRAPH.channels
