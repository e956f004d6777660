"""Whose a mask is: on which CT it was made, whether it holds somebody's work, whether it changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import InputError
from . import edits
from .masks import arteries_from_node, calcification_from_node
from .nodes import drawn_on
from .segmentations import ONLY_SHOWN, mask_state

READ = {"arteries": arteries_from_node, "calcification": calcification_from_node}


@dataclass(frozen=True, eq=False)
class SceneCase:
    """The nodes that are worked on; None where none is chosen.

    Attributes
    ----------
    ct : vtkMRMLScalarVolumeNode or None
    arteries, calcification : vtkMRMLSegmentationNode or None
        The masks that are measured, or that a run may write to.
    cut_off : vtkMRMLSegmentationNode or None
        Where the ends that shortening cuts off are shown.
    """

    ct: object = None
    arteries: object = None
    calcification: object = None
    cut_off: object = None

    @property
    def masks(self) -> dict:
        """The two masks by role."""
        return {"arteries": self.arteries, "calcification": self.calcification}


def ct_of(node):
    """Return the CT in whose geometry a segmentation is kept; None where there is none."""
    return None if node is None else drawn_on(node)


def of_ct(node, ct):
    """Return `node` where it is a mask of `ct`, else None: the masks of another CT are never written to."""
    return node if ct is not None and ct_of(node) is ct else None


def other_ct(node, ct):
    """Return the CT that `node` is a mask of where that is another one than `ct`, else None."""
    other = ct_of(node)
    return other if ct is not None and other is not ct else None


def is_only_shown(node) -> bool:
    """Return whether a segmentation is no mask: it shows what was cut off, or where two masks differ."""
    return node is not None and node.GetAttribute(ONLY_SHOWN) is not None


def check_is_mask(node) -> None:
    """Refuse a segmentation that is no mask.

    Raises
    ------
    InputError
    """
    if is_only_shown(node):
        raise InputError(f"'{node.GetName()}' only shows a result and is no mask; choose another segmentation.")


class MaskStates:
    """What masks were like at one moment, to tell later which of them are others now.

    Parameters
    ----------
    masks : mapping of str to vtkMRMLSegmentationNode
    ct : vtkMRMLScalarVolumeNode
    """

    def __init__(self, masks: Mapping, ct):
        self._ct = ct
        self._states = {name: (node, mask_state(node, ct)) for name, node in masks.items()}

    def changed(self) -> set[str]:
        """Return the names of the masks that are others than they were; one that was removed is."""
        return {
            name
            for name, (node, state) in self._states.items()
            if node.GetScene() is None or mask_state(node, self._ct) != state
        }


class WorkWatch:
    """Knows which masks hold work that a run must not replace without being told to.

    That is: masks that were corrected since they were made, and masks that were not made here. A
    mask whose state is known is not read again: comparing it voxel by voxel takes seconds.
    """

    def __init__(self):
        self._known: dict[str, tuple[tuple, bool]] = {}

    def made(self, node, ct) -> None:
        """Note that `node` holds just what was put there."""
        self._known[node.GetID()] = (mask_state(node, ct), False)

    def holds_work(self, role: str, node, ct) -> bool:
        """Return whether the mask that `node` holds of `ct` is somebody's work."""
        state = mask_state(node, ct)
        before, work = self._known.get(node.GetID(), (None, False))
        if before != state:
            try:
                changed = edits.changed_voxels(node, READ[role](node, ct))
            except InputError:  # its segments have names that nobody understands: nothing is known of them
                changed = None
            work = bool(changed) or (changed is None and node.GetSegmentation().GetNumberOfSegments() > 0)
            self._known[node.GetID()] = (state, work)
        return work

    def to_ask_about(self, case: SceneCase, given: Iterable[str] = ()) -> list:
        """Return the mask nodes that a run would overwrite though they hold somebody's work.

        Parameters
        ----------
        case : SceneCase
        given : iterable of str
            Which masks the run only reads.
        """
        return [
            node
            for role, node in case.masks.items()
            if role not in given and of_ct(node, case.ct) is not None and self.holds_work(role, node, case.ct)
        ]
