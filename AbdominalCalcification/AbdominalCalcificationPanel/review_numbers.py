"""The numbers beside the tools that change them: one line in the review section."""

import html

from slicer.i18n import tr as _


class ReviewNumbers:
    """Shows the burden in total and of the artery that is corrected, with what is to be known about them first.

    :param label: QLabel
    """

    def __init__(self, label):
        self._label = label
        self._document, self._mark, self._tip, self._territory = None, "", "", None
        self._say()

    def show(self, document, mark, tip):
        """Show the numbers of a measurements document; None for none.

        :param mark: rich text that says at a glance whether they can be read
        :param tip: the same as a sentence, as rich text
        """
        self._document, self._mark, self._tip = document, mark, tip
        self._say()

    def choose(self, territory):
        """Show the burden of this territory beside the total; None for the total alone."""
        self._territory = territory
        self._say()

    def _say(self):
        self._label.visible = self._document is not None
        if self._document is not None:
            self._label.text = f"{self._mark} {numbers_text(self._document, self._territory)}"
            self._label.toolTip = self._tip


def numbers_text(document, territory_name):
    """Return the total burden and that of a territory as rich text; a dash where there is none."""
    from AbdominalCalcificationLib.anatomy import territory

    parts = [_("Total burden {burden}").format(burden=_percent(document["total"]))]
    measured = {each["name"]: each for each in document["territories"]}
    if territory_name in measured:
        title = html.escape(territory(territory_name).title, quote=False)
        parts.append(f"{title} {_percent(measured[territory_name])}")
    return ", ".join(parts)


def _percent(measured):
    from AbdominalCalcificationLib.reporting.text import NOT_MEASURED

    burden = measured["burden"]
    return f"<b>{NOT_MEASURED}</b>" if burden is None else f"<b>{100 * burden:.2f} %</b>"
