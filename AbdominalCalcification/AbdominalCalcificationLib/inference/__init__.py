"""nnU-Net models: their folders, and their work in a process of its own.

Importing this package needs neither torch nor nnunetv2; only the worker process does.
"""

from ..processes.worker import Worker
from .archive import import_model, installed_models, models_folder
from .model_folder import ModelFolder, describe
from .segment import Segmentation, segment_steps

__all__ = [
    "ModelFolder",
    "Segmentation",
    "Worker",
    "describe",
    "import_model",
    "installed_models",
    "models_folder",
    "segment_steps",
]
