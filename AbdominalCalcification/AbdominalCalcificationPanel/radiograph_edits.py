"""What is corrected in the views and in the Segment Editor: walls that are dragged, vertebrae painted and renamed."""

import qt
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from .mask_watcher import EVENTS

# Who changed what nobody has seen being changed.
UNATTENDED = "unattended"
# Points and strokes that follow each other this soon are one correction.
SETTLE_MS = 400


class RadiographEdits(VTKObservationMixin):
    """Notes what is changed in the nodes that show the result of the chosen radiograph.

    :param state: RadiographState
    """

    def __init__(self, state):
        VTKObservationMixin.__init__(self)
        self._state, self._record = state, None
        self._is_quiet, self._is_dragging = False, False
        self._moved, self._painted = set(), False
        self._editor = None
        self._settled = qt.QTimer()
        self._settled.setSingleShot(True)
        self._settled.interval = SETTLE_MS
        self._settled.connect("timeout()", self._settle)

    @property
    def is_settled(self):
        """Whether everything that was changed is noted."""
        return not self._moved and not self._painted

    def watch(self, record):
        """Watch what shows a result (RadiographRecord), and nothing else; None watches nothing."""
        self.note()
        self.removeObservers()
        self._record, self._is_dragging = record, False
        if record is None:
            return
        from AbdominalCalcificationLib.radiograph.kauppila import WALLS

        for wall in WALLS:
            node = record.part(wall)
            if node is not None:
                self.addObserver(node, node.PointModifiedEvent, self._on_moved)
                self.addObserver(node, node.PointAddedEvent, self._on_moved)
                self.addObserver(node, node.PointRemovedEvent, self._on_moved)
                self.addObserver(node, node.PointStartInteractionEvent, self._on_grabbed)
                self.addObserver(node, node.PointEndInteractionEvent, self._on_left)
        node = record.part("vertebrae")
        if node is not None:
            for event in EVENTS:
                self.addObserver(node, event, self._on_painted)

    def close(self):
        """Watch nothing."""
        self._settled.stop()
        self.watch(None)

    def quietly(self, work, *arguments):
        """Call `work`, which changes nodes as no reader does."""
        was_quiet, self._is_quiet = self._is_quiet, True
        try:
            return work(*arguments)
        finally:
            self._is_quiet = was_quiet

    def quiet_steps(self, steps):
        """Advance work that changes nodes as no reader does; what a reader changes meanwhile is noted."""
        try:
            while True:
                yield self.quietly(next, steps)
        except StopIteration as finished:
            return finished.value
        finally:
            steps.close()

    def note(self):
        """Note at once what was changed and not noted yet."""
        self._settled.stop()
        self._is_dragging = False
        self._settle()

    def adopt(self):
        """Note what was changed while nobody watched, as in a scene that was saved so, and show what is missing."""
        if self._record is None:
            return
        from AbdominalCalcificationLib.radiograph.kauppila import WALLS
        from AbdominalCalcificationLib.scene.radiograph.shown import show_result

        self._moved = {wall for wall in WALLS if self._record.part(wall) is not None}
        node = self._record.part("vertebrae")
        self._painted = node is not None and node.GetSegmentation().GetNumberOfSegments() > 0
        self._editor = UNATTENDED
        try:
            self.note()
        finally:
            self._editor = None
        self.quietly(show_result, self._record)

    def _correction(self, kind, **about):
        from AbdominalCalcificationLib.scene.radiograph.record import correction

        return correction(kind, editor=self._editor, **about)

    def _on_grabbed(self, node, event=None):
        self._is_dragging = True

    def _on_left(self, node, event=None):
        self._is_dragging = False
        self._settled.stop()
        self._settle()

    def _on_moved(self, node, event=None):
        """Let lines and scores follow a wall while it is dragged."""
        from AbdominalCalcificationLib.radiograph.kauppila import WALLS

        if self._is_quiet or self._record is None:
            return
        self._moved |= {wall for wall in WALLS if self._record.part(wall) is node}
        self._follow()
        self._settled.start()

    def _on_painted(self, node, event=None):
        if not self._is_quiet and self._record is not None:
            self._painted = True
            self._settled.start()

    def _follow(self):
        from AbdominalCalcificationLib.radiograph.corrected import corrected
        from AbdominalCalcificationLib.scene.radiograph.shown import show_scores

        corrections = self._record.corrections
        for each in self._walls_as_drawn():
            corrections = corrections.with_entry(each)
        self.quietly(show_scores, self._record, corrected(self._record.made, corrections), self._state.chosen)

    def _walls_as_drawn(self):
        """Return the corrections that the walls come to which are not where they were."""
        import numpy as np

        from AbdominalCalcificationLib.radiograph.corrections import WALL
        from AbdominalCalcificationLib.scene.radiograph.shown import drawn_wall, wall_points

        drawn = []
        for wall in sorted(self._moved):
            points, line = drawn_wall(self._record, wall)
            before = wall_points(self._record, wall)
            is_same = points.shape == before.shape and np.allclose(points, before, atol=1e-3)
            if not is_same and len(points) > 1 and len(line) > 1:
                given = {"points": tuple(map(tuple, points.tolist())), "line": tuple(map(tuple, line.tolist()))}
                drawn.append(self._correction(WALL, wall=wall, **given))
        return drawn

    def _settle(self):
        """Note what was changed, once nobody drags any more."""
        if self._is_dragging or self._record is None or self.is_settled:
            return
        record, noted = self._record, False
        if record.image is None or record.text.GetScene() is None:  # the scene is being closed
            self._moved, self._painted = set(), False
            return
        for each in self._walls_as_drawn():
            record.add(each)
            noted = True
        painted, self._painted = self._painted, False
        self._moved = set()
        if painted:
            noted = self._note_names() or noted
            noted = self._note_bodies() or noted
        if noted:
            self._state.changed(painted=False)

    def _note_names(self):
        """Note vertebrae that were renamed as segments; a name that none has is taken back."""
        from AbdominalCalcificationLib.radiograph.corrections import BEYOND, NAMES
        from AbdominalCalcificationLib.radiograph.spine import ORDER
        from AbdominalCalcificationLib.scene.radiograph.shown import segment_names, show_vertebrae

        before = self._record.names
        names = {own: name for own, name in segment_names(self._record).items() if own in before}
        if all(before[own] == name for own, name in names.items()):
            return False
        now = before | names
        unknown = [name for name in now.values() if name not in (*ORDER, *BEYOND)]
        if unknown or len(set(now.values())) < len(now):
            self.quietly(show_vertebrae, self._record, False)
            text = _("Each vertebra has one of the names {names}, and no two have the same; the name was taken back.")
            self._state.messages.say(text.format(names=", ".join(ORDER)))
            return False
        self._record.add(self._correction(NAMES, names=now))
        return True

    def _note_bodies(self):
        """Note vertebrae that were painted."""
        import numpy as np

        from AbdominalCalcificationLib.radiograph.corrections import BODIES
        from AbdominalCalcificationLib.scene.radiograph.shown import painted_bodies

        bodies = painted_bodies(self._record)
        if np.array_equal(bodies, self._record.bodies):
            return False
        self._record.add(self._correction(BODIES, labels=bodies))
        return True
