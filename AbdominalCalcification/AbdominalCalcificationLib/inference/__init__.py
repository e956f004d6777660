"""nnU-Net models: their folders, and their work in a process of its own.

Importing this package needs neither torch nor nnunetv2; only the worker process does.
"""

from typing import TYPE_CHECKING

from ..effort import Effort, parse_folds
from ..on_demand import names_on_demand
from ..processes.worker import Worker

if TYPE_CHECKING:
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

__getattr__ = names_on_demand(
    __name__,
    archive="import_model installed_models models_folder",
    model_folder="ModelFolder describe",
    segment="Segmentation segment_steps",
)
