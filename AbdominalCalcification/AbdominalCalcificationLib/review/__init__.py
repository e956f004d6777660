"""Corrections of masks that take one click: pure functions of arrays with geometry.

Each returns a :class:`MaskChange`, which a scene applies and can undo, or raises ``InputError`` where there is
nothing to do. What each tool does, and where it stops: ``Resources/docs/review.md``.
"""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .change import MaskChange
    from .cut_points import BranchCourse, branch_course_steps
    from .joining import join_over_gap, join_over_gap_steps
    from .plaques import (
        missed_plaque,
        missed_plaque_steps,
        reject_cluster,
        remove_plaque,
        remove_plaque_steps,
        restore_voxels,
    )
    from .repairs import relabel_piece, relabel_piece_steps, remove_loose, remove_loose_steps
    from .splitting import split_here, split_here_steps

__all__ = [
    "BranchCourse",
    "MaskChange",
    "branch_course_steps",
    "join_over_gap",
    "join_over_gap_steps",
    "missed_plaque",
    "missed_plaque_steps",
    "reject_cluster",
    "relabel_piece",
    "relabel_piece_steps",
    "remove_loose",
    "remove_loose_steps",
    "remove_plaque",
    "remove_plaque_steps",
    "restore_voxels",
    "split_here",
    "split_here_steps",
]

__getattr__ = names_on_demand(
    __name__,
    change="MaskChange",
    cut_points="BranchCourse branch_course_steps",
    joining="join_over_gap join_over_gap_steps",
    plaques="missed_plaque missed_plaque_steps reject_cluster remove_plaque remove_plaque_steps restore_voxels",
    repairs="relabel_piece relabel_piece_steps remove_loose remove_loose_steps",
    splitting="split_here split_here_steps",
)
