"""The button beside a field that names model folders."""

import qt


class ModelFolderButton:
    """Asks for a folder and names it in the field.

    :param button: the button that is clicked
    :param state: PanelState
    :param name: of the parameter that the field shows
    :param title: of the dialog
    :param is_list: whether a folder is added to those that are named already, separated by ';'
    """

    def __init__(self, button, state, name, title, is_list=False):
        self._button, self._state, self._name = button, state, name
        self._title, self._is_list = title, is_list
        button.connect("clicked(bool)", self.ask)

    def ask(self, checked=False):
        """Ask for a folder."""
        folder = qt.QFileDialog.getExistingDirectory(self._button, self._title)
        if folder:
            before = getattr(self._state.parameters, self._name).strip().rstrip(";") if self._is_list else ""
            setattr(self._state.parameters, self._name, f"{before}; {folder}" if before else folder)
