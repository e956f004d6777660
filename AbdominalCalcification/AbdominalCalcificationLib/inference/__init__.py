"""nnU-Net models: their folders, and their work in a process of its own.

Importing this package needs neither torch nor nnunetv2; only the worker process does.
"""

from typing import TYPE_CHECKING

from ..effort import Effort, parse_folds
from ..processes.worker import Worker
from .archive import import_model, installed_models, models_folder
from .model_folder import ModelFolder, describe

if TYPE_CHECKING:
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


def __getattr__(name: str):
    # Imported when it is asked for: to look at a model folder takes nothing of what segmenting and measuring take.
    if name in ("Segmentation", "segment_steps"):
        from . import segment

        return getattr(segment, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
