"""One CT from image to numbers: what the command line, the Run button and the self-test share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .comparison.thresholds import parse_method, threshold_calcification
from .errors import InputError
from .flags import Flag
from .geometry import Volume
from .inference import ModelFolder, segment_steps
from .measurement import Measurement, MeasurementParameters, measure_steps
from .progress import Progress, Steps, scaled
from .reporting.provenance import build_provenance
from .resources import bundled_artery_model, bundled_calcification_model, resources_folder

BUNDLED_MODEL_FLAG = Flag(
    "bundled_model",
    "Segmented by a model that was trained on simulated CT: for trying and testing, not for diagnosis.",
)


@dataclass(frozen=True, eq=False)
class Analysis:
    """What one run produced.

    Attributes
    ----------
    measurement : Measurement
    arteries : Volume
        uint8 territory labels as segmented or given, before shortening.
    calcification : Volume
        uint8, 1 where calcified.
    messages : tuple of str
        Lines for the log: which sources were used and what they had to say.
    """

    measurement: Measurement
    arteries: Volume
    calcification: Volume
    messages: tuple[str, ...]


def open_artery_models(paths: Sequence[Path | str] | None = None) -> list[ModelFolder]:
    """Open the models that find arteries: the bundled one where none is named."""
    return [ModelFolder.open(path) for path in paths or (bundled_artery_model(),)]


def open_calcification_model(path: Path | str | None = None) -> ModelFolder:
    """Open the model that finds calcification: the bundled one where none is named."""
    return ModelFolder.open(path or bundled_calcification_model())


def analyze_steps(
    ct: Volume,
    *,
    arteries: Volume | None = None,
    calcification: Volume | None = None,
    artery_models: Sequence[Path | str] | None = None,
    calcification_model: Path | str | None = None,
    calcification_threshold: str | None = None,
    parameters: MeasurementParameters | None = None,
    device: str = "auto",
    flags: Sequence[Flag] = (),
    identity: dict | None = None,
    label_names: Mapping[str, str] | None = None,
    artery_labels: Mapping[int, str] | None = None,
    trust: bool = False,
    worker=None,
    edits: Sequence[dict] = (),
    reference: bool = False,
) -> Steps[Analysis]:
    """Segment what is not given, measure, and record where it all came from.

    Parameters
    ----------
    ct : Volume
        CT in HU.
    arteries : Volume, optional
        uint8 territory labels on the grid of `ct`; no artery model is run then.
    calcification : Volume, optional
        Non-zero where calcified, on the grid of `ct`; no model and no threshold is used then.
    artery_models : sequence of paths, optional
        nnU-Net v2 model folders, merged by label name; the bundled one by default.
    calcification_model : path, optional
        nnU-Net v2 model folder; the bundled one by default.
    calcification_threshold : str, optional
        Threshold method instead of a model (see ``comparison.thresholds``).
    parameters : MeasurementParameters, optional
    device : {'auto', 'cpu', 'cuda', 'mps'}
    flags, identity, edits
        What reading and hand correction have to add to the result.
    label_names : mapping of str to str, optional
        Label names of models that are not understood by themselves, to territory names.
    artery_labels : mapping of int to str, optional
        What the values of the mask that `arteries` was read from were said to mean; only recorded.
    trust : bool
        Load checkpoints that need more than weights; they can run code.
    worker : inference.Worker, optional
        A worker process to use again; one of its own by default.
    reference : bool
        Run the networks just as nnU-Net does: slow, for checking.

    Returns
    -------
    Analysis
        As the result of the generator.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    _refuse_conflicts(arteries, calcification, artery_models, calcification_model, calcification_threshold)
    if calcification_threshold is not None:
        parse_method(calcification_threshold)
    parameters = parameters or MeasurementParameters()
    flags = list(flags)
    messages: list[str] = []

    folders_of_arteries: list[ModelFolder] = []
    if arteries is None:
        folders_of_arteries = open_artery_models(artery_models)
    folder_of_calcification = None
    if calcification is None and calcification_threshold is None:
        folder_of_calcification = open_calcification_model(calcification_model)
    defaults = [
        what
        for what, needed, named in (
            ("arteries", arteries is None, artery_models),
            ("calcification", folder_of_calcification is not None, calcification_model),
        )
        if needed and not named
    ]
    if defaults:
        messages.append(f"No model named for {' and '.join(defaults)}: using the bundled one.")
    if any(_is_bundled(each) for each in [*folders_of_arteries, folder_of_calcification] if each is not None):
        flags = [*(flag for flag in flags if flag != BUNDLED_MODEL_FLAG), BUNDLED_MODEL_FLAG]
        messages.append(BUNDLED_MODEL_FLAG.message)
    if messages:
        yield Progress("Preparing", 0.0, message=" ".join(messages))

    chosen = {"device": None, "arteries": "models" if folders_of_arteries else "given mask"}
    # Both decide which voxels are which artery.
    for name, mapping in (("artery_labels", artery_labels), ("label_names", label_names)):
        if mapping:
            chosen[name] = dict(mapping)
    source = {"kind": "model" if folder_of_calcification is not None else "given mask"}
    if folders_of_arteries or folder_of_calcification is not None:
        segmentation = yield from scaled(
            segment_steps(
                ct,
                folders_of_arteries,
                folder_of_calcification,
                arteries=arteries,
                device=device,
                label_names=label_names,
                trust=trust,
                worker=worker,
                reference=reference,
            ),
            0.0,
            0.85,
        )
        arteries = segmentation.arteries
        messages.extend(segmentation.messages)
        chosen["device"] = segmentation.device
        if reference:
            chosen["reference"] = True
        if folder_of_calcification is not None:
            calcification = segmentation.calcification

    if calcification is None:
        yield Progress("Thresholding the calcification", 0.86)
        thresholded = threshold_calcification(ct, arteries, calcification_threshold)
        calcification = thresholded.mask
        source = {
            "kind": "threshold",
            "method": thresholded.method,
            "threshold_hu": thresholded.threshold_hu,
            "description": thresholded.description,
        }
        messages.append(thresholded.description)
        yield Progress("Thresholding the calcification", 0.89, message=messages[-1])

    used = [("arteries", each) for each in folders_of_arteries]
    if folder_of_calcification is not None:
        used.append(("calcification", folder_of_calcification))
        source["name"] = folder_of_calcification.name
    provenance = build_provenance(
        identity,
        models=[{"role": role, **folder.identity()} for role, folder in used],
        calcification_source=source,
        parameters=chosen,
        edits=edits,
    )
    measurement = yield from scaled(
        measure_steps(ct, arteries, calcification, parameters, flags=flags, provenance=provenance), 0.9, 1.0
    )
    mask = calcification.with_array((calcification.array != 0).astype(np.uint8))
    return Analysis(measurement, arteries, mask, tuple(messages))


def _is_bundled(model: ModelFolder) -> bool:
    return resources_folder().resolve() in model.path.resolve().parents


def _refuse_conflicts(arteries, calcification, artery_models, calcification_model, calcification_threshold) -> None:
    if arteries is not None and artery_models:
        raise InputError("An artery mask and artery models are both named; name one of them.")
    named = [
        name
        for name, value in (
            ("a mask", calcification),
            ("a model", calcification_model),
            ("a threshold", calcification_threshold),
        )
        if value is not None
    ]
    if len(named) > 1:
        raise InputError(f"Calcification is to come from {' and '.join(named)} at once; name one of them.")
