"""The inputs section: which sources are chosen, and the fields that they need."""

from slicer.i18n import tr as _

from .model_folders import ModelFolderButton
from .parameters import ArterySource, CalcificationSource
from .totalsegmentator_view import TotalSegmentatorView


class InputsView:
    """Shows only the fields that the chosen sources use."""

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        self.totalsegmentator = TotalSegmentatorView(ui, state)
        arteries, calcification = (
            _("nnU-Net v2 model folder for arteries"),
            _("nnU-Net v2 model folder for calcification"),
        )
        self._browsing = (
            ModelFolderButton(ui.arteryModelsBrowse, state, "arteryModels", arteries, is_list=True),
            ModelFolderButton(ui.calcificationModelBrowse, state, "calcificationModel", calcification),
        )

    def update(self):
        """Follow what is chosen and whether something is at work."""
        ui, parameters = self._ui, self._state.parameters
        ui.inputsButton.enabled = ui.advancedButton.enabled = self._state.is_free
        if parameters is None:
            return
        self.totalsegmentator.update()
        of_arteries = parameters.arterySource == ArterySource.MODELS
        of_totalsegmentator = parameters.arterySource == ArterySource.TOTALSEGMENTATOR
        of_calcification = parameters.calcificationSource == CalcificationSource.MODEL
        threshold = parameters.calcificationSource == CalcificationSource.THRESHOLD
        for shown, widgets in (
            (of_arteries, (ui.arteryModelsLabel, ui.arteryModelsRow)),
            (of_calcification, (ui.calcificationModelLabel, ui.calcificationModelRow)),
            (of_arteries or of_calcification, (ui.labelNamesLabel, ui.labelNames)),
            (threshold, (ui.thresholdLabel, ui.threshold)),
            (of_arteries or of_calcification or of_totalsegmentator, (ui.foldsLabel, ui.folds)),
        ):
            for widget in widgets:
                widget.visible = shown
