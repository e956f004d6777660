"""The status line and the log below it."""

import html
import logging

from slicer.i18n import tr as _

from AbdominalCalcificationLib.errors import AbdominalCalcificationError


class MessageView:
    """Says what is going on and what went wrong."""

    def __init__(self, ui):
        self._label, self._lines = ui.statusLabel, ui.log

    def say(self, text):
        """Show plain text in the status line."""
        self._label.text = html.escape(text, quote=False)

    def show_error(self, error):
        """Show an error that is meant for people; what is only for a bug report goes into the log."""
        self._label.text = f'<span style="color:#c0392b">{html.escape(str(error), quote=False)}</span>'
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
