"""What the user can choose about an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ..comparison.overlap import DEFAULT_TOLERANCE_MM
from ..comparison.severity import SeverityGroups
from ..comparison.thresholds import parse_method
from ..errors import InputError
from ..measurement import MeasurementParameters

#: Of what ``evaluation.json`` and the records of cases hold.
SCHEMA_VERSION = "1.4"
# Both networks, or only that of calcification in the arteries of the reference.
MODEL_METHODS = ("model", "model-calcification")


@dataclass(frozen=True)
class Settings:
    """Settings of an evaluation.

    Attributes
    ----------
    methods : tuple of str
        Methods that run on the fly: ``model`` (both networks), ``model-calcification`` (arteries of
        the reference), or a threshold method (``idealised``, ``realistic``, ``fixed:300``, …), which
        uses the arteries of the reference.
    artery_models, calcification_model : paths
        nnU-Net model folders of the model methods; the bundled ones by default.
    label_names : mapping of str to str
        Label names of the models that are not understood by themselves, to territory names.
    trust : bool
        Load checkpoints that need more than weights; they can run code.
    device : str
    plain_nnunet : bool
        Run the networks just as nnU-Net does: slow, for checking.
    parameters : MeasurementParameters
    tolerance_mm : float
        Of the surface Dice.
    coverage : float
        Part of a lesion that the other side must cover to have found it; 0 = one voxel.
    severity : SeverityGroups
    resamples, seed : int
        Of the bootstrap.
    anonymous : bool
        Cases and patients are numbered in the order of the table, and what failed is told without names.
        Names of methods and groups stay: they are the table's headings.
    """

    methods: tuple[str, ...] = ()
    artery_models: tuple[Path, ...] = ()
    calcification_model: Path | None = None
    label_names: Mapping[str, str] = field(default_factory=dict)
    trust: bool = False
    device: str = "auto"
    plain_nnunet: bool = False
    parameters: MeasurementParameters = field(default_factory=MeasurementParameters)
    tolerance_mm: float = DEFAULT_TOLERANCE_MM
    coverage: float = 0.0
    severity: SeverityGroups = field(default_factory=SeverityGroups)
    resamples: int = 2000
    seed: int = 0
    anonymous: bool = False

    def __post_init__(self):
        for method in self.methods:
            if method not in MODEL_METHODS:
                parse_method(method, with_reference=True)
        if len(set(self.methods)) < len(self.methods):
            raise InputError("A method is named twice; name each once.")
        if not self.tolerance_mm >= 0:
            raise InputError(f"The surface tolerance must be a number of at least 0 mm, not {self.tolerance_mm}.")
        if not 0 <= self.coverage <= 1:
            raise InputError(f"The lesion coverage must lie between 0 and 1, not {self.coverage}.")
        if self.resamples < 0:
            raise InputError(f"The number of bootstrap resamples must be at least 0, not {self.resamples}.")

        if self.seed < 0:
            raise InputError(f"The seed of the bootstrap must be at least 0, not {self.seed}.")

    @property
    def uses_models(self) -> bool:
        """Whether a network runs."""
        return any(method in MODEL_METHODS for method in self.methods)

    def made_from(self) -> dict:
        """Return what the record of a case depends on beside the case: others do not make it old."""
        from .case import model_folders

        own = asdict(self)
        for of_the_summary in ("severity", "resamples", "seed"):
            del own[of_the_summary]
        models = []
        if self.uses_models:
            of_arteries, of_calcification = model_folders(self)
            models = [model.checksum for model in (*of_arteries, of_calcification)]
        return {"schema": SCHEMA_VERSION, "settings": own, "models": models}
