"""What models need, whether it is installed, and the button that installs it."""

import logging

import slicer
from slicer.i18n import tr as _

from . import installer
from .fitting import show_fitted


class PackageQuestion:
    """Asks before packages are installed that models need.

    :param state: PanelState
    :param changed: called when something was installed, or failed to be
    """

    def __init__(self, state, changed=lambda: None):
        self._state, self._changed = state, changed

    def ask_to_install(self, then=None):
        """Ask whether to install what is missing, and call `then` afterwards; return whether anything is missing."""
        missing, obstacle = self._state.logic.missingPackages(), installer.obstacle()
        if obstacle:
            self._state.messages.show_error(obstacle)
        elif missing:
            answer = _("Install") if then is None else _("Install, then run")
            self._state.questions.ask(installer.explain(missing), (answer, lambda: self._install(missing, then)))
        return bool(missing) or bool(obstacle)

    def _install(self, missing, then):
        names = ", ".join(package.name for package in missing)
        self._state.messages.say(_("Installing {packages}; this can take minutes…").format(packages=names))
        slicer.app.processEvents()
        try:
            with slicer.util.WaitCursor():
                self._state.logic.installPackages(missing)
        except Exception as error:  # pip and the extensions' installers raise what they like
            logging.exception("AbdominalCalcification")
            self._state.messages.show_error(error)
            return
        finally:
            self._changed()
        self._state.messages.say(_("Installed."))
        if then is not None:
            then()


class PackagesView(PackageQuestion):
    """Says what would be installed before anything is."""

    def __init__(self, ui, state):
        super().__init__(state, self.show)
        self._label, self._button = ui.packagesLabel, ui.installButton
        self._button.connect("clicked(bool)", lambda _checked=False: self.ask_to_install())

    def show(self):
        """Show what is missing now."""
        missing, obstacle = self._state.logic.missingPackages(), installer.obstacle()
        self._button.visible = bool(missing) and not obstacle
        installed = _("The packages that models need are installed. How to remove them: Help, Troubleshooting.")
        show_fitted(self._label, obstacle or (installer.explain(missing) if missing else installed))
