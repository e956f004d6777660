"""What a radiograph comes to: the value that views show and files hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..flags import Flag
from ..trust import Trust, trust_of
from .image import Radiograph
from .kauppila import KauppilaScore, interval
from .spine import Vertebra


@dataclass(frozen=True, eq=False)
class RadiographResult:
    """Vertebrae and score of one radiograph; all points, lines and labels are those of the image **as it is stored**.

    Attributes
    ----------
    radiograph : Radiograph
    labels : ndarray, shape (rows, columns)
        uint8, values of :data:`.spine.LABELS`.
    vertebrae : dict of str to Vertebra
        Those found, from head to foot.
    score : KauppilaScore
    inflation : float
        Of the interval: see :func:`.kauppila.interval`.
    flags : tuple of Flag
    parameters : mapping
        What was chosen, ready for JSON.
    provenance : mapping
        As :func:`..reporting.provenance.build_provenance` makes it.
    """

    radiograph: Radiograph
    labels: np.ndarray
    vertebrae: Mapping[str, Vertebra]
    score: KauppilaScore
    inflation: float = 1.0
    flags: tuple[Flag, ...] = ()
    parameters: Mapping = field(default_factory=dict)
    provenance: Mapping = field(default_factory=dict)

    @property
    def trust(self) -> Trust:
        """The verdict that the flags lead to."""
        return trust_of(self.flags)

    def interval(self, level: float = 0.9) -> tuple[float, float] | None:
        """Return the interval of the total; None where the parts tell none."""
        return interval(self.score.segments, level, self.inflation)

    def with_score(self, score: KauppilaScore) -> RadiographResult:
        """Return the same radiograph with another score, such as a corrected one."""
        return replace(self, score=score)
