"""Corrections of masks that take one click: pure functions of arrays with geometry.

Each returns a :class:`MaskChange`, which a scene applies and can undo, or raises ``InputError`` where there is
nothing to do. What each tool does, and where it stops: ``Resources/docs/review.md``.
"""

from .change import MaskChange
from .cut_points import BranchCourse, branch_course_steps
from .joining import join_over_gap
from .plaques import missed_plaque, reject_cluster, remove_plaque, restore_voxels
from .repairs import relabel_piece, remove_loose
from .splitting import split_here

__all__ = [
    "BranchCourse",
    "MaskChange",
    "branch_course_steps",
    "join_over_gap",
    "missed_plaque",
    "reject_cluster",
    "relabel_piece",
    "remove_loose",
    "remove_plaque",
    "restore_voxels",
    "split_here",
]
