"""Two readings of the chosen radiograph compared: the model's, earlier versions, and those of other readers."""

from pathlib import Path

import qt
from slicer.i18n import tr as _

from . import radiograph_rows
from .table_view import TableView


class RadiographCompare:
    """Compares the result as it is now with another reading.

    :param ui: widgets of the page by name
    :param state: RadiographState
    """

    def __init__(self, ui, state):
        self._ui, self._state = ui, state
        self._files = {}  # name to score, of the chosen radiograph
        self._of = self._listed = None
        self._table = TableView(ui.comparisonTable)
        ui.comparedBox.connect("currentIndexChanged(int)", self._compare)
        ui.compareFileButton.connect("clicked(bool)", self.open_file)

    def update(self):
        """Enable what can be done, and list what there is to compare with."""
        ui, state = self._ui, self._state
        if state.image is not self._of:
            self._of, self._files = state.image, {}  # what another patient's reader said
        others = [] if state.record is None else self._others()
        names = [name for name, _score in others]
        if names != self._listed:
            chosen = ui.comparedBox.currentText
            self._listed = names
            ui.comparedBox.clear()
            ui.comparedBox.addItems(names)
            ui.comparedBox.currentIndex = names.index(chosen) if chosen in names else 0 if names else -1
        ui.comparedBox.enabled = bool(names)
        ui.compareFileButton.enabled = state.can_correct
        self._compare()

    def open_file(self, checked=False):
        """Choose the radiograph.json of another reader."""
        title = _("Another reading of this radiograph")
        chosen = qt.QFileDialog.getOpenFileName(self._ui.compareFileButton, title, "", _("Readings (*.json)"))
        if chosen:
            self.add_file(chosen)

    def add_file(self, path):
        """Compare with the score in a radiograph.json."""
        from AbdominalCalcificationLib.radiograph.readings import read_reading

        score = self._state.messages.attempt(read_reading, path)
        if score is None:
            return
        path = Path(path)
        name = "/".join((*path.parts[-2:-1], path.name))
        self._files[name] = score
        self.update()
        self._ui.comparedBox.currentIndex = self._listed.index(name)

    def choose_ct(self, record):
        """Compare with the score of a CT."""
        self.update()
        title = self._ct_title(record)
        if title in self._listed:
            self._ui.comparedBox.currentIndex = self._listed.index(title)

    def _others(self):
        """Return what the result can be compared with: names and scores."""
        from AbdominalCalcificationLib.errors import InputError
        from AbdominalCalcificationLib.scene.radiograph.finding import radiographs_of_cts
        from AbdominalCalcificationLib.scene.radiograph.record import earlier_versions, find_record

        others = [(_("As the model had it"), self._state.record.made.score)]
        for version in earlier_versions(self._state.image):
            try:
                others.append((version.text.GetName(), version.result.score))
            except InputError:  # a damaged one is no reading
                continue
        for image in radiographs_of_cts(self._state.image.GetScene()):
            record = None if image is self._state.image else find_record(image)
            if record is not None:
                others.append((self._ct_title(record), record.result.score))
        return others + list(self._files.items())

    @staticmethod
    def _ct_title(record):
        return _("CT: {name}").format(name=record.image.GetName())

    def _compare(self, _index=None):
        ui, record = self._ui, self._state.record
        others = [] if record is None else self._others()
        number = ui.comparedBox.currentIndex
        is_chosen = 0 <= number < len(others)
        ui.comparisonTable.visible = is_chosen
        if not is_chosen:
            ui.comparisonLabel.text = _("Nothing to compare yet.")
            self._table.show(None)
            return
        from AbdominalCalcificationLib.radiograph.readings import Readings

        readings = Readings(record.result.score, others[number][1])
        self._table.show(radiograph_rows.readings_table(readings))
        ui.comparisonLabel.text = radiograph_rows.readings_text(readings)
