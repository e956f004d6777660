"""Where the kept length of each branch ends, shown on the vessel and dragged along it."""

from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from .kept_lengths import forget_overruled, kept_length_mm, set_kept_length
from .parameters import measurement_parameters


class CutPoints(VTKObservationMixin):
    """Marks that slide along their branches; a length that is typed moves them too.

    :param ui: widgets of the .ui file by name
    :param state: PanelState
    """

    def __init__(self, ui, state):
        VTKObservationMixin.__init__(self)
        self._ui, self._state = ui, state
        self._node, self._courses, self._followed = None, {}, None
        self._shown, self._dragged = {}, None
        self._is_moving = False
        ui.cutPointsButton.connect("toggled(bool)", self._toggled)

    def update(self):
        """Enable the button; let the marks follow lengths that were typed, and masks that are gone."""
        if self._state.parameters is not None:
            forget_overruled(self._state.parameters)
        button = self._ui.cutPointsButton
        button.enabled = self._state.has_masks and (self._state.is_free or button.checked)
        if button.checked and not self._state.has_masks:
            button.checked = False
        elif self._node is not None and self._node.GetScene() is None:
            self.close()
        elif self._node is not None and self._lengths() != self._shown:
            self._show_marks()

    def follow_masks(self):
        """Follow the arteries anew where they are others than the marks are on."""
        if self._ui.cutPointsButton.checked and self._masks_now() != self._followed:
            self._start()

    def close(self):
        """Take the marks away."""
        self._courses, self._followed = {}, None
        self._take_away()
        self._ui.cutPointsButton.checked = False

    def _toggled(self, checked):
        if not checked:
            self._take_away()
        elif self._followed is not None and self._masks_now() == self._followed:
            self._show_marks()
        else:
            self._start()

    def _start(self):
        masks = self._masks_now()
        self._state.runner.start(self._course_steps(), lambda courses: self._found(courses, masks))

    def _course_steps(self):
        from AbdominalCalcificationLib.review import branch_course_steps
        from AbdominalCalcificationLib.scene.masks import arteries_from_node

        parameters = self._state.parameters
        arteries = arteries_from_node(parameters.arteries, parameters.ct)
        return (yield from branch_course_steps(arteries, measurement_parameters(parameters)))

    def _found(self, courses, masks):
        self._courses, self._followed = courses, masks
        if self._ui.cutPointsButton.checked:
            self._show_marks()
        self._state.messages.say(_("Drag a mark along its branch to change the kept length."))

    def _masks_now(self):
        """Return what is another whenever the arteries are."""
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        parameters = self._state.parameters
        return None if not self._state.has_masks else mask_state(parameters.arteries, parameters.ct)

    def _lengths(self):
        return {name: kept_length_mm(self._state.parameters, name) for name in self._courses}

    def _show_marks(self):
        from AbdominalCalcificationLib.scene.cut_marks import show_cut_marks

        self._shown = self._lengths()
        places = {name: course.point_at(self._shown[name]) for name, course in self._courses.items()}
        is_new = self._node is None
        self._is_moving = True
        try:
            self._node = show_cut_marks(self._state.parameters.ct, places, self._shown, self._node)
        finally:
            self._is_moving = False
        if is_new:
            self.addObserver(self._node, self._node.PointModifiedEvent, self._on_moved)
            self.addObserver(self._node, self._node.PointEndInteractionEvent, self._on_left)

    def _take_away(self):
        self.removeObservers()
        node, self._node = self._node, None
        if node is not None and node.GetScene() is not None:
            node.GetScene().RemoveNode(node)

    def _on_moved(self, node, event=None):
        """Let a mark that is dragged slide along its branch."""
        if self._is_moving:
            return
        from AbdominalCalcificationLib.scene.cut_marks import mark_name, mark_place, move_mark

        self._is_moving = True
        try:
            for index in range(node.GetNumberOfControlPoints()):
                course = self._courses.get(mark_name(node, index))
                if course is not None and mark_place(node, index) != self._place_of(index):
                    length = course.length_at(mark_place(node, index))
                    move_mark(node, index, course.point_at(length), length)
                    self._dragged = (mark_name(node, index), length)
        finally:
            self._is_moving = False

    def _place_of(self, index):
        from AbdominalCalcificationLib.scene.cut_marks import mark_name

        name = mark_name(self._node, index)
        return tuple(self._courses[name].point_at(self._shown[name]).tolist())

    def _on_left(self, node, event=None):
        """Take the length at which a mark was left."""
        dragged, self._dragged = self._dragged, None
        if dragged is None:
            return
        name, length = dragged
        set_kept_length(self._state.parameters, name, round(length, 1))
        self._show_marks()
