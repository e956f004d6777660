"""Kept lengths that were typed or dragged, as steps that can be undone."""

import time

import slicer
from slicer.i18n import tr as _

from AbdominalCalcificationLib.anatomy import TERRITORIES, territory

from .kept_lengths import LENGTHS, kept_length_mm

# What is typed after so long is another step.
PAUSE_S = 2.0


class ChosenLengths:
    """Notes each change of a kept length by the user in the common order of undo.

    :param state: PanelState
    """

    def __init__(self, state):
        self._state = state
        self._known = self._of = None
        self._burst, self._last = 0, 0.0  # changes that follow each other soon: a number that is being typed

    def update(self):
        """Look whether a length was changed."""
        parameters = self._state.parameters
        known, before_of = self._known, self._of
        self._known = None if parameters is None else _lengths(parameters)
        self._of = parameters
        is_other = parameters is None or before_of is not parameters or known == self._known
        if is_other or self._state.undo.is_choosing:
            return
        before, after = known, self._known
        changed = [name for name, (old, new) in _by_branch(before, after).items() if old != new]
        if not changed:
            return
        self._state.undo.add_choice(
            _named(changed, after),
            lambda: self._set(parameters, before),
            lambda: self._set(parameters, after),
            self._kind(before, after),
        )

    def _kind(self, before, after):
        """Return what tells steps apart; the digits of a number that is typed are one, each drag is its own."""
        self._burst += time.monotonic() - self._last > PAUSE_S
        self._last = time.monotonic()
        typed = tuple(name for name in LENGTHS if before[name] != after[name] and name != "branchLengths")
        return (*typed, self._burst) if typed else None

    def _set(self, parameters, lengths):
        if parameters is self._state.parameters:
            with slicer.util.NodeModify(parameters.parameterNode):
                for name, value in lengths.items():
                    setattr(parameters, name, value)


class _Lengths:
    """Lengths as parameters have them."""

    def __init__(self, values):
        vars(self).update(values)


def _lengths(parameters):
    return {name: getattr(parameters, name) for name in LENGTHS}


def _by_branch(before, after):
    """Return the kept length of each branch before and after."""
    names = [each.name for each in TERRITORIES if each.group is not None]
    old, new = _Lengths(before), _Lengths(after)
    return {name: (kept_length_mm(old, name), kept_length_mm(new, name)) for name in names}


def _named(changed, lengths):
    """Return what was chosen, as it stands behind *Undo:*."""
    titles = ", ".join(territory(name).title for name in changed)
    length_mm = kept_length_mm(_Lengths(lengths), changed[0])
    return _("kept length of {arteries}: {length:g} mm").format(arteries=titles, length=length_mm)
