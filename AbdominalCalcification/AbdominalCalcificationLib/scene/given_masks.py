"""The masks that are chosen to be measured: read from the scene, with what made them and what was done to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from ..errors import InputError
from ..flags import Flag
from ..progress import Progress, Steps, shown
from ..reading.meanings import Wanted
from . import edits
from .masks import mask_from_node_steps
from .ownership import SceneCase, check_is_mask, other_ct
from .source_files import file_flags
from .tools import settle

_TITLES = {"arteries": "artery masks", "calcification": "calcification mask"}
_READING = Progress("Reading the scene", 0.0)


@dataclass(frozen=True, eq=False)
class GivenMasks:
    """The masks that were given, as they were when they were read."""

    volumes: dict = field(default_factory=dict)
    origins: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    notes: dict = field(default_factory=dict)  # role to EditNote


def given_masks_steps(case: SceneCase, given: Collection[str]) -> Steps[GivenMasks]:
    """Read the given masks, with what made them and what was done to them since."""
    found = GivenMasks()
    for role, title in _TITLES.items():
        if role not in given:
            continue
        yield _READING
        node = given_node(case, role)
        settle()  # what was just painted is no edit that nobody watched
        history = edits.history_of(node)  # of the mask that is read, whatever is edited meanwhile
        mask = yield from shown(mask_from_node_steps(node, case.ct, Wanted(role)), _READING)
        found.volumes[role] = mask.volume
        found.flags.extend((*file_flags(node), *mask.flags))
        found.origins.append(edits.source_of(node))
        other = other_ct(node, case.ct)
        if other is not None:
            text = f"The {title} {_verb(role, 'was', 'were')} made on another CT, '{other.GetName()}'."
            found.flags.append(Flag("mask_of_another_ct", text))
        note = edits.kept_note(node)  # voxels of another grid cannot be counted
        if other is None:
            note = yield from shown(edits.edit_note_steps(node, mask.volume, role=role, history=history), _READING)
        found.notes[role] = note
        if note.text is not None:
            found.flags.append(edited_flag(role))
    return found


def given_node(case: SceneCase, role: str):
    """Return the node of a mask that is to be measured.

    Raises
    ------
    InputError
        Where none is chosen, or one that is no mask.
    """
    node = case.masks[role]
    if node is None:
        title = _TITLES[role]
        raise InputError(f"No {title} {_verb(role, 'is', 'are')} chosen; choose a segmentation, or press Run.")
    check_is_mask(node)
    return node


def edited_flag(role: str) -> Flag:
    """Return the flag that a mask was corrected."""
    return Flag("edited_by_hand", f"The {_TITLES[role]} {_verb(role, 'was', 'were')} corrected by hand.")


def _verb(role: str, singular: str, plural: str) -> str:
    """Return the form of a verb that goes with the title of a mask."""
    return plural if _TITLES[role].endswith("s") else singular
