"""Corrections of masks by one click: read, changed, undoable, said."""

from slicer.i18n import tr as _


class MaskEditing:
    """Puts the changes of :mod:`AbdominalCalcificationLib.review` into the masks of a case.

    :param state: PanelState
    """

    def __init__(self, state):
        self._state = state

    def masks(self, *roles):
        """Return the CT, if it is wanted, and masks of the case as volumes.

        :param roles: of ``ct``, ``arteries`` and ``calcification``
        """
        from AbdominalCalcificationLib.progress import drained

        def none_steps(*volumes):
            return volumes
            yield

        return drained(self._made_steps(none_steps, roles))

    def work(self, make, roles, done):
        """Work something out from masks, in steps that are shown and can be cancelled; the scene stays as it is.

        :param make: called with the volumes, returns a generator of Progress
        :param roles: of ``ct``, ``arteries`` and ``calcification``
        :param done: called with what the generator returns
        """
        self._state.runner.start(self._made_steps(make, roles), done)

    def change(self, make, roles, name, done=lambda change: None):
        """Change a mask by what is worked out from masks: as :meth:`work`, then as :meth:`apply`, in one go.

        :param make: called with the volumes, returns a generator of Progress that returns a review.MaskChange
        """

        def changed(change):
            self._state.messages.say(change.text)
            done(change)

        self._state.runner.start(self._change_steps(make, roles, name), changed)

    def _made_steps(self, make, roles):
        from AbdominalCalcificationLib.reading.meanings import Wanted
        from AbdominalCalcificationLib.scene.mask_reading import mask_steps
        from AbdominalCalcificationLib.scene.volumes import volume_from_node

        volumes = []
        for role, node in self._nodes(roles):
            if role == "ct":
                volumes.append(volume_from_node(node))
            else:
                volumes.append((yield from mask_steps(node, self._state.parameters.ct, Wanted(role))))
        return (yield from make(*volumes))

    def _change_steps(self, make, roles, name):
        from AbdominalCalcificationLib.progress import Progress, shown
        from AbdominalCalcificationLib.scene.mask_changes import apply_change_steps
        from AbdominalCalcificationLib.scene.segmentations import mask_state
        from AbdominalCalcificationLib.scene.tools import end_tool, note_tool

        ct = self._state.parameters.ct
        masks = {role: node for role, node in self._nodes(roles) if role != "ct"}
        states = {role: mask_state(node, ct) for role, node in masks.items()}
        change = yield from self._made_steps(make, roles)
        node = masks[change.role]

        def at_last():
            self._state.undo.before_change(node, name)
            note_tool(name)  # as the history calls it

        steps = apply_change_steps(node, ct, change, states[change.role], at_last)
        try:
            yield from shown(steps, Progress(_("Changing the mask"), 0.8))
        finally:
            end_tool()
        return change

    def _nodes(self, roles):
        from AbdominalCalcificationLib.errors import InputError

        parameters = self._state.parameters
        nodes = [(role, None if parameters is None else getattr(parameters, role)) for role in roles]
        if any(node is None for _role, node in nodes) or parameters.ct is None:
            raise InputError("The CT or a mask is not chosen; choose them under Inputs, or press Run.")
        return nodes

    def apply(self, change, name, noted=lambda node: None):
        """Put a change into its mask as one step that can be undone, and say what it did.

        :param change: AbdominalCalcificationLib.review.MaskChange
        :param name: what is done, as it stands behind *Undo:*
        :param noted: called with the mask once it is changed: what it then keeps with it belongs to the edit
        :return: the mask node
        """
        from AbdominalCalcificationLib.scene.mask_changes import apply_change
        from AbdominalCalcificationLib.scene.tools import tool

        parameters = self._state.parameters
        node = getattr(parameters, change.role)
        self._state.undo.before_change(node, name)
        with tool(name):  # as the history calls it
            apply_change(node, parameters.ct, change)
            noted(node)
        self._state.messages.say(change.text)
        return node
