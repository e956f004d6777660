"""Where the masks of a case come from: those that it brought are measured, not made anew."""

from .parameters import ArterySource, CalcificationSource

_SOURCES = {
    "arteries": ("arterySource", ArterySource.EXISTING),
    "calcification": ("calcificationSource", CalcificationSource.EXISTING),
}


class SourcesOfCases:
    """Chooses the sources of the masks for each case that is opened, and gives those chosen before back."""

    def __init__(self):
        self._before = {}

    def choose(self, parameters, given):
        """Choose the masks in the scene where the case brought some, elsewhere what the user had chosen.

        :param parameters: AbdominalCalcificationParameterNode
        :param given: roles of the masks that the case brought: ``arteries``, ``calcification``
        """
        for role, (name, in_scene) in _SOURCES.items():
            source = getattr(parameters, name)
            if role not in given:
                before = self._before.pop(role, source)
                if source == in_scene:  # else the user chose another one meanwhile
                    setattr(parameters, name, before)
            elif source != in_scene:
                self._before[role] = source
                setattr(parameters, name, in_scene)
