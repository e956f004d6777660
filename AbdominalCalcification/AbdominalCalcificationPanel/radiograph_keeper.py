"""Keeps what was corrected of radiographs on the disk against a crash, until the scene is saved."""

import slicer
import vtk
from slicer.util import VTKObservationMixin

from AbdominalCalcificationLib.errors import InputError

from .disk_saves import DiskSaves


class RadiographKeeper(VTKObservationMixin):
    """Follows the results of all radiographs of the scene, whoever corrects them.

    :param messages: MessageView
    """

    def __init__(self, messages):
        VTKObservationMixin.__init__(self)
        self.saves = DiskSaves(messages, self._new_save)
        self._texts = []

    def look(self, caller=None, event=None):
        """Follow the results that are there, and write what was corrected."""
        from AbdominalCalcificationLib.scene.radiograph.finding import IMAGE, VERSION, texts_in

        scene = slicer.mrmlScene
        if scene.IsBatchProcessing():  # what is being read says itself when it is complete
            return
        texts = [*texts_in(scene), *texts_in(scene, VERSION)]
        if texts != self._texts:
            self.removeObservers()
            self._texts = texts
            for text in texts:
                self.addObserver(text, vtk.vtkCommand.ModifiedEvent, self.look)
        self.saves.drop_gone()
        for image in dict.fromkeys(text.GetNodeReference(IMAGE) for text in texts):
            try:
                has_written = self.saves.of(image).look()
            except InputError:  # its pixels are gone: nothing could tell what the corrections are of
                continue
            if has_written:
                self.saves.wrote(image)

    @property
    def is_written(self):
        """Whether all that was corrected is on the disk."""
        return self.saves.is_written

    def let_go(self):
        """Follow nothing, and remove from the disk what was kept: nobody wants it any more."""
        self.removeObservers()
        self._texts = []
        self.saves.let_go()

    def close(self):
        """End."""
        self.let_go()
        self.saves.close()

    @staticmethod
    def _new_save(image):
        from AbdominalCalcificationLib.scene.radiograph.autosave import RadiographSave

        return RadiographSave(image)
