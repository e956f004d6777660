"""Where calcification may be painted: above a HU, and near arteries."""

import math

import slicer
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import InputError

from .mask_editor import only_removes

# Where nothing is known of the blood: what is usual in the venous phase.
_USUAL_HU = 300.0


class PaintingLimits:
    """Limits what the editor's effects add to the mask that is edited; what only removes is never limited.

    Arteries are painted everywhere, and take voxels from each other, since a voxel counts for one artery alone.
    Calcification takes nothing from other segments of its segmentation.

    :param editor: MaskEditor
    """

    def __init__(self, ui, state, editor):
        self._ui, self._state, self._editor = ui, state, editor
        self._near = self._near_of = self._applied = self._confined = None
        self._why_everywhere = self._proposal = ""
        self._is_following, self._is_released, self._read = False, True, None
        ui.invertLimit.connect("toggled(bool)", lambda _checked: self.apply())

    def show(self, shown):
        """Show the limits, or that this mask has none."""
        self._ui.paintLimitsRow.visible = shown

    def follow(self, is_at_work):
        """Apply the limits to the mask that is edited, with the arteries as they are now.

        :param is_at_work: whether the user edits it here, and not in another module
        """
        self._is_released = not is_at_work
        if self._editor.role == "calcification" and not self._is_following:
            self._is_following = True  # what is proposed is a choice, after which all parts look anew
            try:
                self._look_near()
                self._propose()
            finally:
                self._is_following, self._read = False, None
        self.apply()

    def apply(self):
        """Set the limits in the editor; called whenever something changed there."""
        editor, parameters = self._editor, self._state.parameters
        if editor.mask is None or parameters is None:
            return
        if editor.role == "arteries":
            self._confine(None, None)
            editor.limit(parameters.ct, None, overwritten=True)
            return
        source = self._near if self._near is not None else parameters.ct
        limited = parameters.paintLimited and not only_removes(editor.node)
        self._confine(editor.mask, self._near if limited else None)
        editor.limit(source, self._intensities(source) if limited else None, overwritten=False)
        self._applied = (editor.effect, limited)
        self._say()

    def take_over(self):
        """Take a change of the editor's own switch (key I) for one of the check box; then set the limits again."""
        editor, parameters = self._editor, self._state.parameters
        if editor.role == "calcification" and parameters is not None and self._applied is not None:
            limited = bool(editor.node.GetSourceVolumeIntensityMask())
            if self._applied[0] == editor.effect and limited != self._applied[1]:
                parameters.paintLimited = not parameters.paintLimited
        self.apply()

    def invert(self):
        """Paint what was not painted before: below in place of above, and back."""
        if self._editor.role == "calcification":
            self._ui.invertLimit.checked = not self._ui.invertLimit.checked

    def release(self):
        """Let others edit the mask wherever they like, until :meth:`follow`."""
        self._is_released = True
        mask = None if self._state.parameters is None else self._state.parameters.calcification
        self._confine(mask if self._state.has_ct else None, None)

    def forget(self):
        """Remove what was made to limit painting."""
        self.release()
        near, self._near, self._near_of = self._near, None, None
        if near is not None and near.GetScene() is not None:
            near.GetScene().RemoveNode(near)

    def _confine(self, mask, near):
        """Confine the editor's work on a mask, and on no other one, to what is near; None for nothing confined."""
        from AbdominalCalcificationLib.scene.editable import confine

        before, self._confined = self._confined, None
        if before is not None and before[0] is not mask and None not in (before[0].GetScene(), before[1].GetScene()):
            confine(*before)
        if mask is not None:
            ct = self._state.parameters.ct
            confine(mask, ct, None if self._is_released else near)
            self._confined = (mask, ct)

    def _intensities(self, source):
        from AbdominalCalcificationLib.scene.editable import paintable_hu

        return paintable_hu(source, self._state.parameters.paintAboveHu, self._ui.invertLimit.checked)

    def _say(self):
        parameters, inverted = self._state.parameters, self._ui.invertLimit.checked
        self._ui.paintLimited.text = _("Only up to") if inverted else _("Only above")
        self._ui.paintAboveHu.enabled = self._ui.invertLimit.enabled = parameters.paintLimited
        if not parameters.paintLimited:
            text = _("Painted wherever the brush is.")
        elif self._why_everywhere:
            text = self._why_everywhere
        else:
            text = _("And only within {reach:g} mm of an artery.").format(reach=parameters.maxDistanceMm)
        self._ui.paintLimitsLabel.text = text
        self._ui.paintAboveHu.toolTip = self._proposal

    def _propose(self):
        """Start from the threshold of the case: that by which its mask was made, else that of its blood."""
        from AbdominalCalcificationLib.scene.edits import source_of

        parameters = self._state.parameters
        made_with = source_of(parameters.calcification).get("threshold_hu") or math.nan
        case = f"{parameters.ct.GetID()} {made_with:g}"
        if parameters.paintAboveOf == case:  # the user may have moved it
            return
        proposed, how = made_with, _("The threshold by which the mask was made.")
        if not math.isfinite(made_with):
            proposed, how = self._threshold_of_blood()
        self._proposal = _("Proposed: {hu:.0f} HU. {how}").format(hu=proposed, how=how)
        lowest, highest = self._ui.paintAboveHu.minimum, self._ui.paintAboveHu.maximum
        with slicer.util.NodeModify(parameters.parameterNode):
            parameters.paintAboveHu = min(max(float(round(proposed)), lowest), highest)
            parameters.paintAboveOf = case

    def _threshold_of_blood(self):
        from AbdominalCalcificationLib.comparison.thresholds import threshold_of_case_steps
        from AbdominalCalcificationLib.progress import drain
        from AbdominalCalcificationLib.scene.volumes import volume_from_node

        try:
            with slicer.util.WaitCursor():
                arteries, ct = self._arteries(), volume_from_node(self._state.parameters.ct)
                found = None if arteries is None else drain(threshold_of_case_steps(ct, arteries))
        except InputError:
            found = None
        return found or (_USUAL_HU, _("Usual with contrast medium; no artery tells of the blood of this case."))

    def _look_near(self):
        """Find what is near arteries, where they changed since."""
        from AbdominalCalcificationLib.scene.editable import put_editable
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        parameters = self._state.parameters
        ct, node, reach_mm = parameters.ct, parameters.arteries, parameters.maxDistanceMm
        state = None if node is None else mask_state(node, ct)
        now = (ct, ct.GetImageData().GetMTime(), node, state, reach_mm)
        if now == self._near_of and (self._near is None or self._near.GetScene() is not None):
            return
        self._near_of, before = now, self._near
        if before is not None and before.GetScene() is None:
            before = None
        try:
            with slicer.util.WaitCursor():
                arteries = self._arteries()
                near = None if arteries is None else put_editable(ct, arteries, reach_mm, before)
            why = "" if near is not None else _("Anywhere: there is no artery that it could be near.")
        except InputError as error:
            near, why = None, _("Anywhere: {error}").format(error=error)
        self._near, self._why_everywhere = near, why
        if near is None and before is not None:
            before.GetScene().RemoveNode(before)

    def _arteries(self):
        from AbdominalCalcificationLib.scene.masks import arteries_from_node

        parameters = self._state.parameters
        if self._read is None:
            node = parameters.arteries
            self._read = (None if node is None else arteries_from_node(node, parameters.ct),)
        return self._read[0]
