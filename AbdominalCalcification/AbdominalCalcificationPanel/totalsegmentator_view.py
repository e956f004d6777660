"""What TotalSegmentator has left on this computer and in the scene."""

import html

import slicer
from slicer.i18n import tr as _

from .fitting import fitted
from .parameters import ArterySource


class TotalSegmentatorView:
    """Says which arteries TotalSegmentator's weights find; without weights it offers what its extension has made."""

    def __init__(self, ui, state):
        self._label, self._state = ui.totalSegmentatorLabel, state
        self._weights = None
        self._label.connect("linkActivated(QString)", self._use)

    @property
    def has_weights(self):
        """Whether there are weights that find arteries; looked for once until look() is called."""
        return bool(self._found().models)

    def look(self):
        """Look for weights anew when they are next needed: TotalSegmentator may have fetched some."""
        self._weights = None

    def update(self):
        """Follow what is chosen."""
        shown = self._state.parameters.arterySource == ArterySource.TOTALSEGMENTATOR
        self._label.visible = shown
        if shown:
            said = self._said()
            self._label.text = "<br>".join([_escaped(said), *self._offers()])
            self._label.toolTip = "" if fitted(said) == said else html.escape(said, quote=False)

    def _found(self):
        from AbdominalCalcificationLib.inference.totalsegmentator import find_weights

        if self._weights is None:
            self._weights = find_weights()
        return self._weights

    def _said(self):
        from AbdominalCalcificationLib.inference.totalsegmentator import describe_weights

        if not self.has_weights and self._has_extension():
            return _("TotalSegmentator has no weights for arteries here yet: run its module once (task total).")
        return describe_weights(self._found())

    def _offers(self):
        """Return links to what TotalSegmentator has made in the scene, where it has no weights."""
        from AbdominalCalcificationLib.scene.masks import segmentations_with_arteries

        if self.has_weights:
            return []
        use = _("Use '{name}'")
        return [
            f'<a href="{node.GetID()}">{_escaped(use.format(name=node.GetName()))}</a>'
            for node in segmentations_with_arteries(slicer.mrmlScene, self._state.parameters.ct)
        ]

    @staticmethod
    def _has_extension():
        """Return whether Slicer's TotalSegmentator extension is installed."""
        return hasattr(slicer.modules, "totalsegmentator")

    def _use(self, node_id):
        """Take the arteries of a segmentation that is in the scene."""
        node = slicer.mrmlScene.GetNodeByID(node_id)
        if node is not None and self._state.is_free:
            self._state.parameters.arteries = node
            self._state.parameters.arterySource = ArterySource.EXISTING


def _escaped(text):
    return html.escape(fitted(text), quote=False)
