"""The folded list of earlier versions of the masks."""

from slicer.i18n import tr as _


class VersionsView:
    """Lists what the chosen masks were before, and puts it back.

    :param restored: called with a mask node that is an earlier version again
    """

    def __init__(self, ui, state, restored):
        self._ui, self._state, self._restored = ui, state, restored
        self._shown = []  # (role, node, Version), as listed
        ui.versionsBox.connect("currentIndexChanged(int)", self._describe)
        ui.restoreVersionButton.connect("clicked(bool)", self.restore)
        ui.deleteVersionButton.connect("clicked(bool)", self.ask_to_delete)
        ui.versionsSection.visible = False

    def update(self):
        """List the versions of the chosen masks."""
        ui, found = self._ui, self._found()
        if [each[1:] for each in found] != [each[1:] for each in self._shown]:
            self._shown = found
            ui.versionsBox.clear()
            for role, _node, version in found:
                ui.versionsBox.addItem(f"{self._title(role)}, {version.time[:16].replace('T', ' ')}, {version.name}")
            ui.versionsBox.currentIndex = 0 if found else -1
        ui.versionsSection.visible = bool(found)
        ui.restoreVersionButton.enabled = ui.deleteVersionButton.enabled = self._state.is_free and bool(found)
        self._describe()

    def restore(self, checked=False):
        """Put the chosen version back."""
        role, node, version = self._shown[self._ui.versionsBox.currentIndex]
        state = self._state

        def done(_nothing):
            state.messages.say(_("Restored; what it replaced is an earlier version now. Press Recompute."))
            self._restored(node)

        ct = self._ct_of(node)
        state.runner.start(state.logic.restoreVersionSteps(node, role, version.key, ct), done)

    def ask_to_delete(self, checked=False):
        """Forget the chosen version, after asking."""
        from AbdominalCalcificationLib.scene.versions import delete_version

        _role, node, version = self._shown[self._ui.versionsBox.currentIndex]

        def delete():
            delete_version(node, version.key)
            self.update()

        text = _("Delete this version? {version}").format(version=self._text(version))
        self._state.questions.ask(text, (_("Delete"), delete))

    def _found(self):
        parameters = self._state.parameters
        if parameters is None:
            return []
        masks = [(role, getattr(parameters, role)) for role in ("arteries", "calcification")]
        return [(role, node, version) for role, node in masks for version in self._state.logic.versions(node)]

    def _describe(self, _index=None):
        index = self._ui.versionsBox.currentIndex
        self._ui.versionLabel.text = self._text(self._shown[index][2]) if 0 <= index < len(self._shown) else ""

    def _ct_of(self, node):
        from AbdominalCalcificationLib.scene.ownership import ct_of

        return ct_of(node) or self._state.parameters.ct

    @staticmethod
    def _title(role):
        return {"arteries": _("Arteries"), "calcification": _("Calcification")}[role]

    @staticmethod
    def _text(version):
        if version.changed_voxels is None:
            return _("Put aside {name}; not made here.").format(name=version.name)
        if not version.editor:
            return _("Put aside {name}; as it was made.").format(name=version.name)
        text = _("Put aside {name}; {count} voxels changed, last by {editor}.")
        return text.format(name=version.name, count=version.changed_voxels, editor=version.editor)
