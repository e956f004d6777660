"""nnU-Net models: their folders, and their work in a process of its own.

Importing this package needs neither torch nor nnunetv2; only the worker process does.
"""

from ..effort import Effort, parse_folds
from ..processes.worker import Worker
from .archive import import_model, installed_models, models_folder
from .model_folder import ModelFolder, describe
from .segment import Segmentation, segment_steps

__all__ = [
    "Effort",
    "ModelFolder",
    "Segmentation",
    "Worker",
    "describe",
    "import_model",
    "installed_models",
    "models_folder",
    "parse_folds",
    "segment_steps",
]
