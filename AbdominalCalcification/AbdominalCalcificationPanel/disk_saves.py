"""What is kept on the disk against a crash, image by image, until it is in files of the user's."""

import time

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

# Whether all was saved meanwhile is looked at this often; the scene tells it of some ways only.
SAVED_MS = 5000


class DiskSaves(VTKObservationMixin):
    """Makes what keeps the corrections of an image on the disk, and removes what is saved.

    :param messages: MessageView
    :param make: called with the node of the image; returns what keeps its corrections (scene.autosave.Autosave, or
        scene.radiograph.autosave.RadiographSave)
    """

    def __init__(self, messages, make):
        VTKObservationMixin.__init__(self)
        self._messages, self._make = messages, make
        self._saves = {}
        self._told = None
        self._saved = qt.QTimer()
        self._saved.interval = SAVED_MS
        self._saved.connect("timeout()", self.forget_saved)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndSaveEvent, self.forget_saved)

    def of(self, image):
        """Return what keeps the corrections of an image."""
        if image not in self._saves:
            self._saves[image] = self._make(image)
        return self._saves[image]

    def drop_gone(self):
        """Remove what was kept of images that were removed from the scene; return these."""
        gone = [image for image, save in self._saves.items() if save.is_gone]
        for image in gone:
            self._saves.pop(image).close()
        return gone

    def wrote(self, image):
        """Note that something was to be written of an image."""
        if self._saves[image].is_begun:
            self._saved.start()
        self._tell(self._saves[image])

    def wait(self, until):
        """Wait until all is on the disk, but no longer than to a moment of time.monotonic()."""
        for save in self._saves.values():
            save.wait(max(0.0, until - time.monotonic()))

    @property
    def is_written(self):
        """Whether nothing is still to be written."""
        return all(save.wait(0) for save in self._saves.values())

    @property
    def problem(self):
        """Why something could not be written; None where all could."""
        return next((save.problem for save in self._saves.values() if save.problem is not None), None)

    def forget_saved(self, caller=None, event=None):
        """Remove from the disk what is in files of the user's now."""
        for save in self._saves.values():
            if not save.forget_saved() and save.problem is not None:
                save.begin_anew()
            self._tell(save)
        if not any(save.is_begun for save in self._saves.values()):
            self._saved.stop()

    def let_go(self):
        """Remove from the disk all that is kept: nobody wants it any more."""
        self._saved.stop()
        for save in self._saves.values():
            save.close()
        self._saves.clear()

    def close(self):
        """End."""
        self.let_go()
        self.removeObservers()

    def _tell(self, save):
        """Say once why nothing can be kept on the disk."""
        problem = save.problem
        if problem is not None and problem.reason != self._told:
            self._told = problem.reason
            text = _("Corrections cannot be kept against a crash ({reason}): save the scene often.")
            self._messages.log(text.format(reason=problem.reason))
            self._messages.say(text.format(reason=problem.reason))
