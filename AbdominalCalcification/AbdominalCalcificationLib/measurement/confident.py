"""How certain the models were of what is measured (``measurement.md#confidence``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..anatomy import territory
from ..confidence.known import Confidence, Known
from ..flags import Flag
from ..geometry import Volume
from .arteries import ArteryMask
from .constants import DOUBTED_SHARE, LEAST_TRUNK_CONFIDENCE, LOW_CONFIDENCE
from .result import Cluster, TerritoryMeasurement


class Certainty:
    """Tells how certain the models were of masks as they are now; what was not edited is not looked at again.

    Attributes
    ----------
    known : Known
        May be replaced at any time.
    """

    def __init__(self):
        self.known = Known()
        self._said: dict[str, tuple[Known, np.ndarray | None, Confidence]] = {}

    def of_territories(
        self, territories: Sequence[TerritoryMeasurement], arteries: ArteryMask
    ) -> tuple[TerritoryMeasurement, ...]:
        """Return the numbers of territories with the confidence of those that were found."""
        return tuple(self._with(each, arteries) if each.found else each for each in territories)

    def of_clusters(
        self, clusters: Sequence[Cluster], calcification: Volume, kji: np.ndarray, number: np.ndarray
    ) -> tuple[Cluster, ...]:
        """Return clusters with their confidence; arguments otherwise as of :meth:`Known.of_clusters`."""
        certain = self.known.of_clusters(calcification.array, kji, number, len(clusters))
        return tuple(
            replace(each, confidence=one.value, confidence_basis=one.basis)
            for each, one in zip(clusters, certain, strict=True)
        )

    def _with(self, each: TerritoryMeasurement, arteries: ArteryMask) -> TerritoryMeasurement:
        kji = arteries.voxels(territory(each.name).label)  # another array after each edit of the territory
        known, before, said = self._said.get(each.name, (None, None, None))
        if said is None or known is not self.known or before is not kji:
            said = self.known.of_territory(each.name, kji, arteries.volume.grid.shape)
            self._said[each.name] = self.known, kji, said
        return replace(each, confidence=said.value, confidence_basis=said.basis)


def low_confidence(territories: Sequence[TerritoryMeasurement], clusters: Sequence[Cluster]) -> list[Flag]:
    """Flag territories of whose mask, or of much of whose calcification, the models were not certain."""
    flags = []
    for each in territories:
        if not each.found:
            continue
        title = territory(each.name).title
        if _is_below(LOW_CONFIDENCE, each):
            text = f"{title}: the model was not certain of this artery (confidence {each.confidence:.2f})."
            hardly = territory(each.name).parent is None and _is_below(LEAST_TRUNK_CONFIDENCE, each)
            flags.append(Flag("aorta_doubtful" if hardly else "low_confidence", text, each.name))
        doubted = [
            cluster for cluster in clusters if cluster.territory == each.name and _is_below(LOW_CONFIDENCE, cluster)
        ]
        volume_mm3 = sum(cluster.volume_mm3 for cluster in doubted)
        if doubted and volume_mm3 > DOUBTED_SHARE * each.calcified_volume_mm3:
            which = "1 cluster" if len(doubted) == 1 else f"{len(doubted)} clusters"
            text = (
                f"{title}: {volume_mm3:.1f} of {each.calcified_volume_mm3:.1f} mm³ calcification are in {which} with a "
                f"confidence below {LOW_CONFIDENCE:g}."
            )
            flags.append(Flag("low_confidence", text, each.name))
    return flags


def _is_below(confidence: float, each: Cluster | TerritoryMeasurement) -> bool:
    return each.confidence is not None and each.confidence < confidence
