"""The choice of what the colours of clusters say."""

import slicer
from slicer.i18n import tr as _


class ClusterColoring:
    """Shows clusters in colours in place of the calcification mask; the scene knows in which.

    :param ui: widgets of the .ui file by name
    """

    def __init__(self, ui):
        from AbdominalCalcificationLib.scene.cluster_colors import ColoredBy

        self._choice, self._kinds = ui.clusterColors, list(ColoredBy)
        titles = {
            ColoredBy.NOTHING: _("Clusters in one colour"),
            ColoredBy.ARTERY: _("Clusters coloured by artery"),
            ColoredBy.SIZE: _("Clusters coloured by size"),
            ColoredBy.HU: _("Clusters coloured by HU"),
        }
        self._choice.addItems([titles[each] for each in self._kinds])
        self._ct = self._mask = self._colored = None
        self._clusters = []
        self._choice.connect("currentIndexChanged(int)", lambda _index: self._color())

    def show(self, found, clusters):
        """Follow the clusters of results (scene.results.Results), and what the scene says of their colours."""
        from AbdominalCalcificationLib.scene.cluster_colors import colored_by, remove_cluster_colors

        before, self._mask = self._mask, None if found is None else found.masks.get("calcification")
        self._ct, self._clusters = None if found is None else found.ct, clusters
        if before is not None and before is not self._mask and before.GetScene() is not None:
            remove_cluster_colors(before, show_mask=False)  # another case is looked at
        self._choice.visible = bool(clusters)
        was_blocked = self._choice.blockSignals(True)
        self._choice.currentIndex = 0 if self._mask is None else self._kinds.index(colored_by(self._mask))
        self._choice.blockSignals(was_blocked)
        self._color()

    def _color(self):
        from AbdominalCalcificationLib.scene.cluster_colors import (
            ColoredBy,
            remove_cluster_colors,
            show_cluster_colors,
        )

        by = self._kinds[max(self._choice.currentIndex, 0)]
        places = [(each["centroid_ras"], each["voxel_count"], each["territory"]) for each in self._clusters]
        wanted = (self._mask, by, places)
        if self._mask is None or wanted == self._colored:
            return
        self._colored = wanted
        if by is ColoredBy.NOTHING or self._ct is None:
            remove_cluster_colors(self._mask)
            return
        with slicer.util.WaitCursor():
            show_cluster_colors(self._ct, self._mask, self._clusters, by)
