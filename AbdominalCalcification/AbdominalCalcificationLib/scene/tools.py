"""Which tool makes an edit: said by who makes it, else read off the Segment Editor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..history import UNKNOWN
from .nodes import nodes_of

_noted: str | None = None
_followers: list[Callable[[], None]] = []


def note_tool(name: str | None) -> None:
    """Say what makes the edits that follow, as they will be called in the history; None ends that.

    To be called right before an edit, and with None right after it; :func:`tool` does both.
    """
    global _noted
    settle()  # what was edited until now is of another tool
    _noted = name


def end_tool() -> None:
    """Say that what :func:`note_tool` named is done; whoever follows edits has been told of them, and looks later."""
    global _noted
    _noted = None


@contextmanager
def tool(name: str) -> Iterator[None]:
    """Name the edits that are made inside the block.

    Examples
    --------
    >>> with tool("Reject cluster"):
    ...     pass  # change the mask
    """
    note_tool(name)
    try:
        yield
    finally:
        note_tool(None)


def current_tool(node) -> tuple[str, bool]:
    """Return what edits a segmentation node now, and whether that was said by who does.

    Without a word it is the active effect of the editor that has the node; :data:`history.UNKNOWN` where no editor, or
    more than one, has an active effect on it.
    """
    if _noted is not None:
        return _noted, True
    if node.GetScene() is None:
        return UNKNOWN, False
    editors = nodes_of(node.GetScene(), "vtkMRMLSegmentEditorNode")
    effects = {each.GetActiveEffectName() for each in editors if each.GetSegmentationNode() is node} - {None, ""}
    return (effects.pop() if len(effects) == 1 else UNKNOWN), False


def settle() -> None:
    """Have whoever follows edits look at all that was edited until now: before a history is read, or a tool changes."""
    for look in list(_followers):
        look()


def follow(look: Callable[[], None]) -> Callable[[], None]:
    """Have `look` called by :func:`settle`; returns what ends that."""
    _followers.append(look)

    def end() -> None:
        if look in _followers:
            _followers.remove(look)

    return end
