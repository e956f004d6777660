"""What the user decides about the analysis of one CT, and what is there beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import InputError
from .flags import Flag
from .geometry import Volume
from .inference import Effort
from .measurement import MeasurementParameters
from .reading.dicom import SourceSeries


@dataclass(frozen=True, eq=False)
class Choices:
    """What the user decides about an analysis.

    Attributes
    ----------
    artery_models : sequence of paths
        nnU-Net v2 model folders, merged by label name; empty for the bundled one. Not used for given arteries.
    calcification_model : path or None
        nnU-Net v2 model folder; the bundled one where neither this nor a threshold is named.
    calcification_threshold : str or None
        Threshold method instead of a model (see ``comparison.thresholds``).
    label_names : mapping of str to str or None
        Label names of models that are not understood by themselves, to territory names.
    trust : bool
        Load checkpoints that need more than weights; they can run code.
    device : {'auto', 'cpu', 'cuda', 'mps'}
    plain_nnunet : bool
        Run the networks just as nnU-Net does: slow, for checking.
    effort : Effort
        How much work the networks do. Its folds are those of the named model folders; bundled models keep theirs.
    confidence : bool
        Look a second time at what was found, where a model is calibrated, to tell how certain it is.
    measurement : MeasurementParameters
    """

    artery_models: Sequence[Path | str] = ()
    calcification_model: Path | str | None = None
    calcification_threshold: str | None = None
    label_names: Mapping[str, str] | None = None
    trust: bool = False
    device: str = "auto"
    plain_nnunet: bool = False
    effort: Effort = field(default_factory=Effort)
    confidence: bool = True
    measurement: MeasurementParameters = field(default_factory=MeasurementParameters)


@dataclass(frozen=True, eq=False)
class Given:
    """What is there beside the CT before an analysis begins, and what reading it has to add to the result.

    Attributes
    ----------
    arteries : Volume or None
        uint8 territory labels; no artery model is run then.
    calcification : Volume or None
        Non-zero where calcified; no model and no threshold is used then. Both may be on grids of their own: what is
        measured on is the finest, see :func:`common_grid.bring_together`.
    identity : dict or None
        What tells which image it is, see :attr:`reading.CtImage.identity`.
    flags : sequence of Flag
    edits : sequence of dict
        Corrections by hand, as result documents list them.
    origins : sequence of dict
        What made the given masks, as :attr:`pipeline.Analysis.origins` said when they were made.
    artery_labels, calcification_labels : mapping of int or str to str, or None
        What values and segments of the files that the masks were read from were said to mean; only recorded.
    source : SourceSeries or None
        The DICOM images that the CT was read from, for who writes objects that refer to them.
    """

    arteries: Volume | None = None
    calcification: Volume | None = None
    identity: dict | None = None
    flags: Sequence[Flag] = ()
    edits: Sequence[dict] = ()
    origins: Sequence[Mapping] = ()
    artery_labels: Mapping[int | str, str] | None = None
    calcification_labels: Mapping[int | str, str] | None = None
    source: SourceSeries | None = None


def refuse_conflicts(choices: Choices, given: Given) -> None:
    """Raise InputError where two sources of one mask are named, or none that a choice is about."""
    if given.arteries is not None and choices.artery_models:
        raise InputError("An artery mask and artery models are both named; name one of them.")
    if choices.effort.folds and not choices.artery_models and choices.calcification_model is None:
        raise InputError("Folds are chosen, but no model folder of several folds; name one, or leave the folds empty.")
    named = [
        name
        for name, value in (
            ("a mask", given.calcification),
            ("a model", choices.calcification_model),
            ("a threshold", choices.calcification_threshold),
        )
        if value is not None
    ]
    if len(named) > 1:
        raise InputError(f"Calcification is to come from {' and '.join(named)} at once; name one of them.")
