"""Corrections of masks by one click: read, changed, undoable, said."""


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
        from AbdominalCalcificationLib.errors import InputError
        from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
        from AbdominalCalcificationLib.scene.volumes import volume_from_node

        parameters, read = self._state.parameters, []
        for role in roles:
            node = None if parameters is None else getattr(parameters, role)
            if node is None or parameters.ct is None:
                raise InputError("The CT or a mask is not chosen; choose them under Inputs, or press Run.")
            if role == "ct":
                read.append(volume_from_node(node))
            elif role == "arteries":
                read.append(arteries_from_node(node, parameters.ct))
            else:
                read.append(calcification_from_node(node, parameters.ct))
        return read

    def apply(self, change, name):
        """Put a change into its mask as one step that can be undone, and say what it did.

        :param change: AbdominalCalcificationLib.review.MaskChange
        :param name: what is done, as it stands behind *Undo:*
        :return: the mask node
        """
        from AbdominalCalcificationLib.scene.mask_changes import apply_change
        from AbdominalCalcificationLib.scene.tools import tool

        parameters = self._state.parameters
        node = getattr(parameters, change.role)
        self._state.undo.before_change(node, name)
        with tool(name):  # as the history calls it
            apply_change(node, parameters.ct, change)
        self._state.messages.say(change.text)
        return node
