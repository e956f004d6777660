"""The choice of the artery that a cluster belongs to."""

from slicer.i18n import tr as _


class ClusterTerritory:
    """Gives the chosen cluster to an artery; the measurement follows with the next numbers.

    :param ui: widgets of the .ui file by name
    :param state: PanelState
    :param editing: MaskEditing
    """

    def __init__(self, ui, state, editing):
        from AbdominalCalcificationLib.anatomy import TERRITORIES

        self._choice, self._state, self._editing = ui.clusterTerritory, state, editing
        self._names = [None, *(each.name for each in TERRITORIES)]
        self._choice.addItems([_("Belongs to the nearest artery"), *(self._title(each) for each in TERRITORIES)])
        self._found = self._cluster = None
        self._choice.connect("activated(int)", self._chosen)

    def show(self, found, cluster):
        """Show to what a cluster of results was given; None shows none."""
        from AbdominalCalcificationLib.scene.reviewed import territories_given

        self._found, self._cluster = found, cluster
        self._choice.visible = cluster is not None
        self._choice.enabled = self._state.is_free
        if cluster is not None:
            (name,) = territories_given(found.ct, [cluster])
            self._choice.currentIndex = self._names.index(name)

    def _chosen(self, index):
        self._state.messages.attempt(self._give, self._names[index])

    def _give(self, name):
        from AbdominalCalcificationLib.errors import InputError
        from AbdominalCalcificationLib.review.cluster_pieces import ClusterPieces
        from AbdominalCalcificationLib.scene.reviewed import REASSIGNED, decided, give_to_territory

        cluster = self._cluster
        (mask,) = self._editing.masks("calcification")
        pieces = ClusterPieces(mask)
        number = pieces.number_of(cluster["centroid_ras"], cluster["voxel_count"], cluster["extent_mm"])
        if number is None:
            raise InputError("The mask holds this cluster no more; press Recompute for those of the mask as it is.")
        ct, before = self._found.ct, decided(self._found.ct)[REASSIGNED]
        give_to_territory(ct, cluster, pieces.voxels_of(number), name)
        after = decided(ct)[REASSIGNED]
        if after != before:
            self._state.undo.add_choice(
                self._text(cluster, name),
                lambda: self._take(ct, before),
                lambda: self._take(ct, after),
                node=ct,
            )
        self._state.parameters.parameterNode.Modified()  # whoever follows the parameters looks anew

    def _take(self, ct, text):
        from AbdominalCalcificationLib.scene.reviewed import REASSIGNED, take_decided

        take_decided(ct, {REASSIGNED: text})
        if self._state.parameters is not None:
            self._state.parameters.parameterNode.Modified()
        self.show(self._found, self._cluster)

    @staticmethod
    def _text(cluster, name):
        from AbdominalCalcificationLib.anatomy import territory

        if name is None:
            return _("cluster {number} to the nearest artery").format(number=cluster["id"])
        return _("cluster {number} to the {artery}").format(number=cluster["id"], artery=territory(name).title.lower())

    @staticmethod
    def _title(territory):
        return _("Belongs to: {artery}").format(artery=territory.title)
