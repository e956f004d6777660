"""What the user can choose about an evaluation of radiographs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import InputError
from ...radiograph.severity import DEFAULT, ScoreGroups

SCHEMA_VERSION = "1.0"
#: The networks of this program, on the images that the table names.
MODEL = "model"
#: Of the intervals that are looked at.
LEVELS = (0.5, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class RadiographSettings:
    """Settings of an evaluation of radiographs.

    Attributes
    ----------
    methods : tuple of str
        Those that run now: ``model``, or none.
    models : tuple of Path
        Folders of the networks, of vertebrae, of the score, or both; the bundled ones by default.
    device : str
    trust : bool
        Load checkpoints that need more than weights; they can run code.
    visible : bool
        Compare with what simulated radiographs show, in place of what there is.
    groups : ScoreGroups
    resamples, seed : int
        Of the bootstrap.
    anonymous : bool
        As for :class:`..settings.Settings`.
    """

    methods: tuple[str, ...] = ()
    models: tuple[Path, ...] = ()
    device: str = "auto"
    trust: bool = False
    visible: bool = False
    groups: ScoreGroups = DEFAULT
    resamples: int = 2000
    seed: int = 0
    anonymous: bool = False

    def __post_init__(self):
        for method in self.methods:
            if method != MODEL:
                raise InputError(f"'{method}' is no method for radiographs; the one that runs now is '{MODEL}'.")
        if len(set(self.methods)) < len(self.methods):
            raise InputError("A method is named twice; name each once.")
        for name, value in (("number of bootstrap resamples", self.resamples), ("seed of the bootstrap", self.seed)):
            if value < 0:
                raise InputError(f"The {name} must be at least 0, not {value}.")

    @property
    def uses_models(self) -> bool:
        """Whether networks run."""
        return bool(self.methods)

    def made_from(self) -> dict:
        """Return what the record of a case depends on beside the case: others do not make it old."""
        own = asdict(self)
        for of_the_summary in ("groups", "resamples", "seed"):
            del own[of_the_summary]
        return {
            "schema": f"radiographs {SCHEMA_VERSION}",
            "settings": own,
            "levels": LEVELS,
            "models": self.identities(),
        }

    def identities(self) -> list[dict]:
        """Return role, name and checksum of the networks that run; InputError, ModelError where one cannot be used."""
        if not self.uses_models:
            return []
        from ...radiograph.case import CaseChoices
        from .network import identities

        return identities(CaseChoices(models=self.models))
