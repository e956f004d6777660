"""Keys of the review: those of Slicer's editor, and the panel's own (``Resources/docs/shortcuts.md``)."""

import qt
import slicer

# The editor's, on every system that Slicer runs on.
_UNDO, _REDO = ("Z", "Ctrl+Z"), ("Y", "Ctrl+Y", "Ctrl+Shift+Z")


class ReviewKeys:
    """Works while the module is open, and in no other one.

    :param actions: what to do by key, as in ``{"A": edit_arteries}``; none of them may be one of the editor's
    :param undo: what Slicer's editor does with its keys for undo is done by this, in the order of both masks
    :param redo: likewise
    """

    def __init__(self, actions, undo, redo):
        self._actions, self._undo, self._redo = actions, undo, redo
        self._editor, self._own = None, []

    @property
    def are_installed(self):
        """Whether they work."""
        return self._editor is not None

    def install(self, editor_widget):
        """Let the keys work, where the application has a window."""
        window = slicer.util.mainWindow()
        if window is None or editor_widget is self._editor:
            return
        self.remove()
        before = _shortcuts_of(window)
        editor_widget.installKeyboardShortcuts(window)
        self._editor = editor_widget
        again = dict.fromkeys(_UNDO, self._undo) | dict.fromkeys(_REDO, self._redo)
        for shortcut in _shortcuts_of(window):
            # The editor's own history knows one mask and is off; a key that two shortcuts have would do nothing.
            if shortcut not in before and shortcut.key.toString() in again:
                shortcut.enabled = False
        for key, action in (self._actions | again).items():
            shortcut = qt.QShortcut(qt.QKeySequence(key), window)
            shortcut.connect("activated()", action)
            self._own.append(shortcut)

    def remove(self):
        """Let them work no more."""
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.uninstallKeyboardShortcuts()
        for shortcut in self._own:
            shortcut.enabled = False
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._own = []


def _shortcuts_of(window):
    return [child for child in window.children() if child.inherits("QShortcut")]
