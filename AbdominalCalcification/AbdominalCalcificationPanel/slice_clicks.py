"""Clicks in the slice views, while a tool waits for one."""

import slicer
import vtk

# Before the view's own styles, which would change window and level.
_PRIORITY = 10.0


class SliceClicks:
    """Tells of left clicks in any slice view, and keeps them from the views; a drag or another button is the views'.

    :param clicked: called with the place (RAS, mm) and whether Ctrl was held
    """

    def __init__(self, clicked):
        self._clicked = clicked
        self._observed = []  # interactor, tag

    @property
    def is_on(self):
        """Whether clicks are told of."""
        return bool(self._observed)

    def start(self):
        """Tell of clicks from now on, in the slice views of the layout as it is now."""
        layout = slicer.app.layoutManager()
        if self.is_on or layout is None:
            return
        for name in layout.sliceViewNames():
            widget = layout.sliceWidget(name)
            interactor = widget.sliceView().interactor()
            tag = interactor.AddObserver(vtk.vtkCommand.LeftButtonPressEvent, self._told_of(widget), _PRIORITY)
            self._observed.append((interactor, tag))

    def stop(self):
        """Leave clicks to the views."""
        for interactor, tag in self._observed:
            interactor.RemoveObserver(tag)
        self._observed = []

    def _told_of(self, widget):
        def told(interactor, event):
            for observed, tag in self._observed:
                if observed is interactor:
                    interactor.GetCommand(tag).SetAbortFlag(1)
            x, y = interactor.GetEventPosition()
            place = widget.mrmlSliceNode().GetXYToRAS().MultiplyPoint((x, y, 0, 1))
            self._clicked(list(place[:3]), bool(interactor.GetControlKey()))

        return told
