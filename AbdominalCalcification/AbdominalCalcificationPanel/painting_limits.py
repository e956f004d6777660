"""Where calcification may be painted: above a HU, and near arteries."""

import math
import time

import qt
import slicer
from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError, InputError

from .mask_editor import only_removes

# So long it prepares in one turn of the event loop, where its steps are that short.
TICK_S = 0.03

# Where nothing is known of the blood: what is usual in the venous phase.
_USUAL = (300.0, _("Usual with contrast medium; no artery tells of the blood of this case."))


class PaintingLimits:
    """Limits what the editor's effects add to the mask that is edited; what only removes is never limited.

    Arteries are painted everywhere, and take voxels from each other, since a voxel counts for one artery alone.
    Calcification takes nothing from other segments of its segmentation. What limits it is prepared when it is first
    edited, and when the arteries changed: for so long the editor waits, and says for what. Editing the arteries, or no
    limit, ends that.

    :param editor: MaskEditor
    """

    def __init__(self, ui, state, editor):
        self._ui, self._state, self._editor = ui, state, editor
        self._near = self._near_of = self._applied = self._confined = self._threshold = None
        self._why_everywhere = self._proposal = ""
        self._is_released = True
        self._range = None, None  # of a source: its lowest and highest value
        self._steps = self._preparing = None  # at work, and for what
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.connect("timeout()", self._tick)
        ui.invertLimit.connect("toggled(bool)", lambda _checked: self.apply())

    @property
    def is_preparing(self):
        """Whether what limits painting is being prepared."""
        return self._steps is not None

    def show(self, shown):
        """Show the limits, or that this mask has none."""
        self._ui.paintLimitsRow.visible = shown

    def follow(self, is_at_work):
        """Apply the limits to the mask that is edited, with the arteries as they are now.

        :param is_at_work: whether the user edits it here, and not in another module
        """
        self._is_released = not is_at_work
        if self._editor.role != "calcification":
            self._stop_preparing()
        elif self._wanted() != (self._preparing if self.is_preparing else self._known()):
            self._stop_preparing()
            self._preparing, self._steps = self._wanted(), self._prepare_steps()
            self._timer.start()
        self.apply()

    def apply(self):
        """Set the limits in the editor; called whenever something changed there."""
        editor, parameters = self._editor, self._state.parameters
        if editor.mask is None or parameters is None:
            return
        is_waiting = self.is_preparing and editor.role == "calcification" and parameters.paintLimited
        editor.wait(is_waiting)
        if editor.role == "arteries":
            self._confine(None, None)
            self._threshold = None
            editor.limit(parameters.ct, None, overwritten=True)
            return
        source = self._near if self._near is not None else parameters.ct
        limited = parameters.paintLimited and not only_removes(editor.node)
        self._confine(editor.mask, self._near if limited else None)
        # While it waits no effect is in use.
        is_limited = limited and not is_waiting
        editor.limit(source, self._intensities(source) if is_limited else None, overwritten=False)
        self._applied = (editor.effect, is_limited)
        self._start_threshold(source)
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
        self._stop_preparing()
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

    def _start_threshold(self, source):
        """Let the effect *Threshold* take what may be painted, until the user moves it or the limit.

        By itself it begins at a quarter of the range of the image: among fat and soft tissue.
        """
        if self._editor.effect == "Threshold" and self._threshold != (source, self._intensities(source)):
            self._threshold = (source, self._intensities(source))
            self._editor.set_threshold(*self._threshold[1])

    def _intensities(self, source):
        from AbdominalCalcificationLib.scene.editable import paintable_hu

        known, values = self._range
        known = values if known == (source, source.GetImageData().GetMTime()) else None
        return paintable_hu(source, self._state.parameters.paintAboveHu, self._ui.invertLimit.checked, known)

    def _say(self):
        parameters, inverted = self._state.parameters, self._ui.invertLimit.checked
        self._ui.paintLimited.text = _("Only up to") if inverted else _("Only above")
        self._ui.invertLimit.enabled = parameters.paintLimited
        # What is proposed would overrule what is chosen meanwhile.
        is_proposed = not self.is_preparing or parameters.paintAboveOf == self._case()
        self._ui.paintAboveHu.enabled = parameters.paintLimited and is_proposed
        if self.is_preparing:
            text = self._ui.paintLimitsLabel.text or _("Preparing …")
        elif not parameters.paintLimited:
            text = _("Painted wherever the brush is.")
        elif self._why_everywhere:
            text = self._why_everywhere
        else:
            text = _("And only within {reach:g} mm of an artery.").format(reach=parameters.maxDistanceMm)
        self._ui.paintLimitsLabel.text = text
        self._ui.paintAboveHu.toolTip = self._proposal

    def threshold_steps(self, ct, arteries):
        """Return from which HU on calcification counts: that of the slider, which starts from what suits the case.

        :return: generator of Progress that returns HU
        """
        if self._state.parameters.paintAboveOf != self._case():
            self._propose((yield from self._proposal_steps(ct, arteries)))
        return self._state.parameters.paintAboveHu

    def _tick(self):
        """Prepare for a short while."""
        until = time.monotonic() + TICK_S
        try:
            while time.monotonic() < until:
                self._say_preparing(next(self._steps))
        except StopIteration as finished:
            self._steps = None
            self._timer.stop()
            self._take(*finished.value)
        except AbdominalCalcificationError as error:
            self._steps = None
            self._timer.stop()
            self._take(None, _("Anywhere: {error}").format(error=error), None)
        except Exception as error:
            self._stop_preparing()
            self._state.messages.show_internal_error(error)

    def _say_preparing(self, step):
        text = _("Preparing where calcification may be painted: {stage}").format(stage=step.stage)
        if self._ui.paintLimitsLabel.text != text:
            self._ui.paintLimitsLabel.text = text

    def _stop_preparing(self):
        self._timer.stop()
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.close()

    def _prepare_steps(self):
        """Find what is near arteries, and the HU from which the slider starts."""
        from AbdominalCalcificationLib.reading.meanings import Wanted
        from AbdominalCalcificationLib.scene.editable import put_editable_steps, range_steps
        from AbdominalCalcificationLib.scene.mask_reading import mask_steps
        from AbdominalCalcificationLib.scene.volumes import volume_from_node

        parameters, near, proposed = self._state.parameters, None, None
        ct, node = parameters.ct, parameters.arteries
        arteries = None if node is None else (yield from mask_steps(node, ct, Wanted.ARTERIES))
        if parameters.paintAboveOf != self._case():
            proposed = yield from self._proposal_steps(volume_from_node(ct), arteries)
        if arteries is not None:
            before = self._near if self._near is not None and self._near.GetScene() is not None else None
            near = yield from put_editable_steps(ct, arteries, parameters.maxDistanceMm, before)
        why = "" if near is not None else _("Anywhere: there is no artery that it could be near.")
        source = ct if near is None else near
        self._range = (source, source.GetImageData().GetMTime()), (yield from range_steps(source))
        return near, why, proposed

    def _take(self, near, why_everywhere, proposed):
        """Limit painting by what was prepared."""
        before, self._near, self._near_of = self._near, near, self._preparing[0]
        self._why_everywhere = why_everywhere
        if before is not None and before is not near and before.GetScene() is not None:
            before.GetScene().RemoveNode(before)
        if self._state.parameters.paintAboveOf != self._case():
            self._propose(proposed)
        self.apply()

    def _wanted(self):
        """Return what the limits are to be of: what is near which arteries, and the case of the HU."""
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        parameters = self._state.parameters
        ct, node = parameters.ct, parameters.arteries
        state = None if node is None else mask_state(node, ct)
        return (ct, ct.GetImageData().GetMTime(), node, state, parameters.maxDistanceMm), self._case()

    def _known(self):
        """Return what they are of."""
        is_there = self._near is None or self._near.GetScene() is not None
        return (self._near_of if is_there else None), self._state.parameters.paintAboveOf

    def _case(self):
        """Return what tells for which case the HU was proposed."""
        return f"{self._state.parameters.ct.GetID()} {self._made_with():g}"

    def _made_with(self):
        from AbdominalCalcificationLib.scene.edits import source_of

        mask = self._state.parameters.calcification
        return (None if mask is None else source_of(mask).get("threshold_hu")) or math.nan

    def _proposal_steps(self, ct, arteries):
        """Return the HU to start from, and how: the threshold by which the mask was made, else that of the blood."""
        from AbdominalCalcificationLib.comparison.thresholds import threshold_of_case_steps

        found = None
        if math.isfinite(self._made_with()):
            return self._made_with(), _("The threshold by which the mask was made.")
        try:
            if arteries is not None:
                found = yield from threshold_of_case_steps(ct, arteries)
        except InputError:
            pass
        return found or _USUAL

    def _propose(self, proposed):
        """Let the slider start from a HU, once for each case: the user may move it."""
        parameters, (hu, how) = self._state.parameters, proposed or _USUAL
        self._proposal = _("Proposed: {hu:.0f} HU. {how}").format(hu=hu, how=how)
        lowest, highest = self._ui.paintAboveHu.minimum, self._ui.paintAboveHu.maximum
        with slicer.util.NodeModify(parameters.parameterNode):
            parameters.paintAboveHu = min(max(float(round(hu)), lowest), highest)
            parameters.paintAboveOf = self._case()
