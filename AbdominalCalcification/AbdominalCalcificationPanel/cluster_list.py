"""The list of clusters: looked at one by one, ticked, rejected and restored."""

from slicer.i18n import tr as _

from . import result_rows
from .cluster_coloring import ClusterColoring
from .cluster_territory import ClusterTerritory
from .mask_editing import MaskEditing
from .table_view import TableView


class ClusterList:
    """Shows the clusters of the results, and what was rejected of the mask that they are of.

    :param ui: widgets of the .ui file by name
    :param state: PanelState
    """

    def __init__(self, ui, state):
        self._ui, self._state, self._editing = ui, state, MaskEditing(state)
        self._coloring = ClusterColoring(ui)
        self._found, self._clusters, self._rejected, self._seen = None, [], [], []
        self._current = None  # number among the rows: clusters, then what was rejected
        self._restored = None  # place and volume of what was put back, until the numbers have it again
        self._table = TableView(ui.clustersTable, sortable=True, chosen=self._choose)
        ui.nextCluster.connect("clicked(bool)", lambda _checked=False: self._table.step(1))
        ui.previousCluster.connect("clicked(bool)", lambda _checked=False: self._table.step(-1))
        ui.seenCluster.connect("clicked(bool)", self._set_seen)
        ui.rejectCluster.connect("clicked(bool)", self.reject)
        ui.restoreCluster.connect("clicked(bool)", self.restore)
        self._territory = ClusterTerritory(ui, state, self._editing)

    @property
    def _mask(self):
        """The calcification mask that the clusters are of; None where it is gone, or another one is chosen."""
        node = None if self._found is None else self._found.masks.get("calcification")
        parameters = self._state.parameters
        return node if parameters is not None and node is parameters.calcification else None

    @property
    def _cluster(self):
        """The chosen cluster, of the document; None where none is."""
        is_cluster = self._current is not None and self._current < len(self._clusters)
        return self._clusters[self._current] if is_cluster else None

    def show(self, found):
        """Show the clusters of results (scene.results.Results); None shows none."""
        before = self._place_of_current()
        row = self._table.selected_row
        self._found, self._restored = found, None if found is None else self._restored
        self._clusters = [] if found is None else found.document["clusters"]
        self._read()
        self._fill()
        self._coloring.show(found, self._clusters)
        self._current = self._number_at(before)
        if (restored := self._number_at(self._restored)) is not None:
            self._current, self._restored = restored, None
        elif self._current is None and before is not None:
            # What was looked at is gone: the one that stands in its place, so that the next key goes on from there.
            self._current = self._table.number_in_row(row)
        if self._current is not None:
            self._table.select(self._current, tell=False)
        self.update()

    def follow_mask(self):
        """Follow what was undone and redone: a cluster that was rejected may be back."""
        if self._found is None:
            return
        known = [(each.time, each.centroid_ras) for each in self._rejected]
        if known != [(each.time, each.centroid_ras) for each in self._read_rejected()]:
            self.show(self._found)

    def update(self):
        """Enable what can be done with the chosen cluster."""
        ui, is_free = self._ui, self._state.is_free
        is_cluster, is_any = self._cluster is not None, bool(self._clusters or self._rejected)
        ui.seenCluster.enabled = is_cluster
        ui.seenCluster.checked = is_cluster and self._seen[self._current]
        ui.rejectCluster.enabled = is_cluster and is_free and self._mask is not None
        ui.restoreCluster.enabled = self._current is not None and not is_cluster and is_free
        ui.previousCluster.enabled = ui.nextCluster.enabled = is_any
        for widget in (ui.seenCluster, ui.rejectCluster, ui.restoreCluster, ui.previousCluster, ui.nextCluster):
            widget.visible = is_any
        self._territory.show(self._found, self._cluster if self._mask is not None else None)
        ui.clusterHint.visible = is_any
        ui.clusterHint.text = _("{seen} of {count} seen, {rejected} rejected.").format(
            seen=sum(self._seen), count=len(self._clusters), rejected=len(self._rejected)
        )

    def reject(self, checked=False):
        """Take the chosen cluster out of the mask."""
        self._state.messages.attempt(self._reject, self._cluster)

    def restore(self, checked=False):
        """Put what was rejected and is chosen back into the mask."""
        self._state.messages.attempt(self._restore, self._rejected[self._current - len(self._clusters)])

    def _reject(self, cluster):
        from AbdominalCalcificationLib.review import reject_cluster
        from AbdominalCalcificationLib.scene.reviewed import remember_rejected

        (mask,) = self._editing.masks("calcification")
        change = reject_cluster(mask, cluster["centroid_ras"], cluster["voxel_count"], cluster["extent_mm"])
        ct, name = self._state.parameters.ct, _("rejection of cluster {number}").format(number=cluster["id"])
        self._editing.apply(change, name, lambda node: remember_rejected(node, ct, cluster, change))
        self.show(self._found)

    def _restore(self, rejected):
        from AbdominalCalcificationLib.review import restore_voxels

        (mask,) = self._editing.masks("calcification")
        self._editing.apply(restore_voxels(mask, rejected.kji), _("restoring of a cluster"))
        self._restored = (list(rejected.centroid_ras), rejected.volume_mm3, True)
        self.show(self._found)

    def _set_seen(self, checked=False):
        from AbdominalCalcificationLib.scene.reviewed import set_seen

        set_seen(self._found.ct, self._clusters, self._current, bool(checked))
        self.show(self._found)

    def _choose(self, number):
        """Look at the cluster in a row."""
        from AbdominalCalcificationLib.scene.display import centre_cameras_on, centre_on

        self._current, self._restored = number, None
        place = self._place(number)[0]
        centre_on(place)
        centre_cameras_on(place)
        self.update()

    def _read(self):
        """Read what was decided; of clusters that the mask holds no more only what was rejected is listed."""
        from AbdominalCalcificationLib.review.places import Place, matched
        from AbdominalCalcificationLib.scene.reviewed import seen_clusters

        self._rejected = self._read_rejected()
        gone = matched(
            [Place(each.centroid_ras, each.volume_mm3) for each in self._rejected],
            [Place(tuple(each["centroid_ras"]), each["volume_mm3"]) for each in self._clusters],
        )
        self._clusters = [each for number, each in enumerate(self._clusters) if number not in gone]
        has_ct = self._found is not None and self._found.ct is not None
        self._seen = seen_clusters(self._found.ct, self._clusters) if has_ct else [False] * len(self._clusters)

    def _read_rejected(self):
        from AbdominalCalcificationLib.scene.reviewed import rejected_clusters

        is_known = self._mask is not None and self._found.ct is not None
        return rejected_clusters(self._mask, self._found.ct) if is_known else []

    def _fill(self):
        if self._found is None:
            self._table.show(None)
        else:
            self._table.show(result_rows.cluster_table(self._clusters, self._seen, self._rejected))

    def _place(self, number):
        """Return where what a row is about lies (RAS, mm), and its volume."""
        if number < len(self._clusters):
            return self._clusters[number]["centroid_ras"], self._clusters[number]["volume_mm3"]
        rejected = self._rejected[number - len(self._clusters)]
        return list(rejected.centroid_ras), rejected.volume_mm3

    def _place_of_current(self):
        return None if self._current is None else (*self._place(self._current), self._cluster is not None)

    def _number_at(self, before):
        """Return the row of what was chosen before; None where it is gone."""
        from AbdominalCalcificationLib.review.places import Place, matched

        if before is None:
            return None
        place, volume, was_cluster = before
        numbers = range(len(self._clusters) + len(self._rejected))
        numbers = [each for each in numbers if (each < len(self._clusters)) == was_cluster]
        places = [Place(tuple(each), mm3) for each, mm3 in map(self._place, numbers)]
        (found,) = matched([Place(tuple(place), volume)], places)
        return None if found is None else numbers[found]
