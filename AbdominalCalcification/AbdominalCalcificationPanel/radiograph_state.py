"""What the parts of the page of radiographs share."""

from dataclasses import dataclass
from typing import Any

from AbdominalCalcificationLib.errors import InputError

from .state import PanelState


@dataclass
class RadiographState(PanelState):
    """As PanelState, with what is known about the chosen radiograph.

    Attributes
    ----------
    changed : callable
        To be called where the result in the scene changed.
    chosen : (vertebra, wall) or None
        The part that is looked at.
    """

    undo: Any = None
    changed: Any = None
    chosen: tuple | None = None

    @property
    def image(self):
        """The chosen volume node; None where there is none."""
        return None if self.parameters is None else self.parameters.radiograph

    @property
    def record(self):
        """The result of the chosen radiograph (scene.radiograph.record.RadiographRecord); None without one."""
        from AbdominalCalcificationLib.scene.radiograph.finding import texts_of

        if not texts_of(self.image):
            return None
        from AbdominalCalcificationLib.scene.radiograph.record import find_record

        found = find_record(self.image)
        try:
            found.result  # noqa: B018  (a scene may hold a damaged one)
        except InputError as error:
            self.messages.show_error(error)
            return None
        return found

    @property
    def can_correct(self):
        """Whether there is something that may be corrected now."""
        return self.is_free and self.record is not None
