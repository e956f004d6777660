"""The status line and the log below it."""

import logging

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError

from .fitting import say_fitted


class MessageView:
    """Says what is going on and what went wrong."""

    def __init__(self, ui):
        self._label, self._lines = ui.statusLabel, ui.log

    def say(self, text):
        """Show plain text in the status line."""
        say_fitted(self._label, text)

    def show_error(self, error):
        """Show an error that is meant for people; what is only for a bug report goes into the log."""
        say_fitted(self._label, str(error), "color:#c0392b")
        self.log(str(error))
        self.log(getattr(error, "details", ""))

    def attempt(self, work, *arguments):
        """Call `work`; what it refuses is said. Return what it returned, None where it refused."""
        try:
            return work(*arguments)
        except AbdominalCalcificationError as error:
            self.show_error(error)
            return None

    def show_internal_error(self, error):
        """Show an error that nobody foresaw; to be called where it was caught."""
        logging.exception("AbdominalCalcification")
        self.show_error(_("Internal error: {error}; see the Python console.").format(error=error))

    def log(self, text):
        """Add a line to the log."""
        if text:
            self._lines.appendPlainText(text)

    def clear_log(self):
        self._lines.clear()
