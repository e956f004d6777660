"""One CT from image to numbers: what the command line, the Run button and the self-test share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from .choices import Choices, Given, refuse_conflicts
from .common_grid import bring_together
from .comparison.lumen import lumen_of_arteries_steps
from .comparison.thresholds import parse_method, threshold_steps
from .confidence.known import KEY, Known
from .confidence.weighing import Weighing
from .flags import Flag
from .geometry import Volume
from .geometry.resample import align_labels
from .inference import ModelFolder, Segmentation, Worker, segment_steps
from .inference.model_folder import COARSE_MM
from .measurement import Measurement, MeasurementParameters, measure_steps
from .measurement.guard import guarded_steps, left_out
from .measurement.plausibility import plausible_arteries_steps
from .progress import Progress, Steps, scaled
from .reporting.documents import json_safe
from .reporting.provenance import build_provenance
from .resources import bundled_artery_model, bundled_calcification_model, resources_folder
from .sense.metal import without_struts_steps
from .sense.telling import NO_AORTA, once, remember, seen_in_steps, told_with

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
    origins : mapping of str to dict
        What made each mask that this run made (``arteries``, ``calcification``; given ones are not in
        it): ``models``, whether one is ``bundled``, ``label_names``, ``calcification_source``, ``flags``.
    ct : Volume
        HU on the grid of the masks, which is that of the CT unless a given mask is finer.
    """

    measurement: Measurement
    arteries: Volume
    calcification: Volume
    ct: Volume
    messages: tuple[str, ...]
    origins: Mapping[str, dict] = field(default_factory=dict)


def open_artery_models(paths: Sequence[Path | str] | None = None, folds: Sequence[str] = ()) -> list[ModelFolder]:
    """Open the models that find arteries, `folds` of them: the bundled one with all its folds where none is named."""
    if not paths:
        return [ModelFolder.open(bundled_artery_model())]
    return [ModelFolder.open(path, tuple(folds) or None) for path in paths]


def open_calcification_model(path: Path | str | None = None, folds: Sequence[str] = ()) -> ModelFolder:
    """Open the model that finds calcification, like :func:`open_artery_models`."""
    if path is None:
        return ModelFolder.open(bundled_calcification_model())
    return ModelFolder.open(path, tuple(folds) or None)


@dataclass(frozen=True, eq=False)
class _Plan:
    """The models that have to run."""

    arteries: Sequence[ModelFolder]
    calcification: ModelFolder | None
    messages: tuple[str, ...]
    certain: Weighing = field(default_factory=Weighing)

    @property
    def all(self) -> list[ModelFolder]:
        return [*self.arteries, *([] if self.calcification is None else [self.calcification])]

    def of(self, role: str) -> list[ModelFolder]:
        return list(self.arteries) if role == "arteries" else self.all[len(self.arteries) :]


def analyze_steps(
    ct: Volume, choices: Choices | None = None, given: Given | None = None, worker: Worker | None = None
) -> Steps[Analysis]:
    """Segment what is not given, measure, and record where it all came from.

    Parameters
    ----------
    ct : Volume
        CT in HU.
    choices : Choices, optional
    given : Given, optional
    worker : inference.Worker, optional
        A worker process to use again; one of its own by default.

    Returns
    -------
    Analysis
        As the result of the generator.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    choices, given = choices or Choices(), given or Given()
    refuse_conflicts(choices, given)
    if choices.calcification_threshold is not None:
        parse_method(choices.calcification_threshold)
    plan = _plan(choices, given)
    messages = list(plan.messages)
    if messages:
        yield Progress("Preparing", 0.0, message=" ".join(messages))

    arteries, calcification, device, sense = given.arteries, given.calcification, None, dict[str, tuple[Flag, ...]]()
    signs: Segmentation | None = None
    if plan.all:
        # Models see the CT as it is; a mask of another place is refused before they take their time.
        on_ct = [None if mask is None else align_labels(mask, ct.grid) for mask in (arteries, calcification)]
        steps = _segment_steps(ct, on_ct[0], choices, plan, worker)
        segmentation = yield from scaled(steps, 0.0, 0.85)
        arteries, device = segmentation.arteries if arteries is None else arteries, segmentation.device
        messages.extend(segmentation.messages)
        sense.update(segmentation.flags)
        signs = segmentation
        if plan.calcification is not None:
            calcification = segmentation.calcification

    together = bring_together(ct, arteries, calcification)
    ct, arteries, calcification = together.ct, together.arteries, together.calcification
    flags, source = [*_known_flags(given, plan), *together.flags], {"kind": "given mask"}
    if given.calcification is None:
        finding = _calcification_steps(ct, arteries, calcification, plan, choices)
        calcification, source, raised = yield from scaled(finding, 0.85, 0.9)
        flags += raised
        if plan.calcification is None:
            calcification, struts = yield from scaled(without_struts_steps(ct, arteries, calcification), 0.9, 0.9)
            sense["calcification"] = tuple(struts)
        messages += [text for text in (source.get("description"), source.get("left_out")) if text]

    flags += [*sense.get("arteries", ()), *sense.get("calcification", ())]
    looking = seen_in_steps(ct, arteries, given.arteries is not None, given.calcification is not None)
    seen = yield from scaled(looking, 0.9, 0.9)
    flags = once([*flags, *seen])
    provenance, origins = _provenance(choices, given, plan, source, device)
    remember(sense, origins)
    certain = yield from scaled(plan.certain.kept_steps(signs, arteries, calcification, origins), 0.9, 0.9)
    known = Known.of([*given.origins, *({KEY: {role: each}} for role, each in certain.items())])
    for role, each in certain.items():
        origins[role][KEY] = {role: each}
    measuring = _measured_steps(given, ct, arteries, calcification, choices.measurement, flags, provenance, known)
    measurement = yield from scaled(measuring, 0.9, 1.0)
    mask = calcification.with_array((calcification.array != 0).view(np.uint8))
    return Analysis(measurement, arteries, mask, ct, tuple(messages), origins)


def _measured_steps(
    given: Given,
    ct: Volume,
    arteries: Volume,
    calcification: Volume,
    parameters: MeasurementParameters,
    flags: Sequence[Flag],
    provenance: dict,
    known: Known,
) -> Steps[Measurement]:
    """Measure; where models saw arteries but no abdominal aorta, nothing that looks like a result is left."""
    known_before = {"flags": flags, "provenance": provenance, "confidence": known}
    measurement = yield from measure_steps(ct, arteries, calcification, parameters, **known_before)
    none = [flag for flag in measurement.flags if flag.code == NO_AORTA]
    if given.arteries is not None or not none:
        return measurement
    nothing = arteries.with_array(np.zeros_like(arteries.array))  # the masks stay to be looked at
    known_before["flags"] = once([*none, *flags])
    return (yield from measure_steps(ct, nothing, calcification, parameters, **known_before))


def known_of_given(given: Given, parameters: MeasurementParameters) -> tuple[list[Flag], dict]:
    """Return what is known of two given masks before they are measured: flags and provenance.

    What :func:`analyze_steps` hands to the measurement of masks that lie on the voxels of the CT.
    """
    choices = Choices(measurement=parameters)
    plan = _Plan((), None, ())
    provenance, _ = _provenance(choices, given, plan, {"kind": "given mask"}, None)
    return _known_flags(given, plan), provenance


def _plan(choices: Choices, given: Given) -> _Plan:
    """Open the models that have to run, and say where that is the bundled one."""
    folds = choices.effort.folds
    of_arteries = open_artery_models(choices.artery_models, folds) if given.arteries is None else []
    of_calcification = None
    if given.calcification is None and choices.calcification_threshold is None:
        of_calcification = open_calcification_model(choices.calcification_model, folds)
    weighing = Weighing.of(of_arteries, of_calcification, choices)
    plan = _Plan(of_arteries, of_calcification, (), weighing)
    defaults = [
        what
        for what, needed, named in (
            ("arteries", of_arteries, choices.artery_models),
            ("calcification", of_calcification, choices.calcification_model),
        )
        if needed and not named
    ]
    messages = []
    if defaults:
        messages.append(f"No model named for {' and '.join(defaults)}: using the bundled one.")
    if any(map(_is_bundled, plan.all)):
        messages.append(BUNDLED_MODEL_FLAG.message)
    return replace(plan, messages=tuple(messages))


def _segment_steps(
    ct: Volume, arteries: Volume | None, choices: Choices, plan: _Plan, worker: Worker | None
) -> Steps[Segmentation]:
    return segment_steps(
        ct,
        plan.arteries,
        plan.calcification,
        arteries=arteries,
        device=choices.device,
        label_names=choices.label_names,
        trust=choices.trust,
        worker=worker,
        plain_nnunet=choices.plain_nnunet,
        effort=choices.effort,
        signs_of=plan.certain.signs_of,
    )


def _known_flags(given: Given, plan: _Plan) -> list[Flag]:
    """Return the flags that are known before anything is measured, those of the making of given masks included."""
    flags = [flag for flag in given.flags if flag != BUNDLED_MODEL_FLAG and flag.code != "coarse_model"]
    if any(map(_is_bundled, plan.all)) or any(origin.get("bundled") for origin in given.origins):
        flags.append(BUNDLED_MODEL_FLAG)
    made_arteries = [model.identity() for model in plan.arteries]
    made_arteries += [m for origin in given.origins for m in origin.get("models", ()) if m.get("role") == "arteries"]
    flags += coarse_models(made_arteries)
    sources = [origin.get("calcification_source") or {} for origin in given.origins]
    flags += told_with(given.origins)
    return flags + [Flag("implausible_hu", source["left_out"]) for source in sources if source.get("left_out")]


def coarse_models(models: Sequence[Mapping]) -> list[Flag]:
    """Flag models of arteries, as provenance lists them, that work at voxels larger than :data:`COARSE_MM`."""
    coarsest = max((max(model.get("spacing_mm") or [0]) for model in models), default=0)
    if coarsest <= COARSE_MM:
        return []
    text = f"Arteries were segmented at voxels of {coarsest:g} mm, more than {COARSE_MM:g} mm."
    return [Flag("coarse_model", text)]


def _calcification_steps(
    ct: Volume, arteries: Volume, found: Volume | None, plan: _Plan, choices: Choices
) -> Steps[tuple[Volume, dict, list[Flag]]]:
    """Return calcification that nobody gave, what it came from, and flags.

    Of what a model `found`, voxels that cannot be calcification are left out; without one a threshold finds it.
    """
    plausible = yield from plausible_arteries_steps(arteries)
    arteries = plausible.of(arteries)
    if plan.calcification is None:
        yield Progress("Thresholding the calcification", 0.5)
        thresholded = yield from threshold_steps(ct, arteries, choices.calcification_threshold)
        yield Progress("Thresholding the calcification", 1.0, message=thresholded.description)
        source = {"kind": "threshold", "method": thresholded.method, "threshold_hu": thresholded.threshold_hu}
        return thresholded.mask, {**source, "description": thresholded.description}, thresholded.flags()
    lumen = yield from lumen_of_arteries_steps(ct, arteries)
    calcification, implausible = yield from guarded_steps(ct, found, arteries, lumen)
    source, flags = {"kind": "model", "name": plan.calcification.name}, left_out(implausible)
    if flags:
        source["left_out"] = flags[0].message
        yield Progress("Checking what is called calcification", 1.0, message=flags[0].message)
    return calcification, source, flags


def _provenance(
    choices: Choices, given: Given, plan: _Plan, source: Mapping, device: str | None
) -> tuple[dict, dict[str, dict]]:
    """Return what the result came from, given masks included, and the origin of each mask that was made."""
    made: dict[str, object] = {"device": device, "arteries": "models" if plan.arteries else "given mask"}
    label_names = dict(choices.label_names or {})
    for origin in given.origins:
        label_names = {**origin.get("label_names", {}), **label_names}
    # They decide which voxels are which artery, or calcification.
    for name, mapping in (
        ("artery_labels", given.artery_labels),
        ("calcification_labels", given.calcification_labels),
        ("label_names", label_names),
    ):
        if mapping:
            made[name] = dict(mapping)
    if plan.all:  # the folds are with each model
        made |= {"tile_step": choices.effort.tile_step, "mirroring": choices.effort.mirroring}
        if choices.plain_nnunet:
            made["reference"] = True
    models = {
        role: [{"role": role, **model.identity()} for model in plan.of(role)] for role in ("arteries", "calcification")
    }
    origin_of_calcification = [o["calcification_source"] for o in given.origins if o.get("calcification_source")]
    provenance = build_provenance(
        given.identity,
        models=[
            *models["arteries"],
            *models["calcification"],
            *(model for origin in given.origins for model in origin.get("models", ())),
        ],
        calcification_source=origin_of_calcification[-1] if origin_of_calcification else source,
        parameters=made,
        edits=given.edits,
    )
    origins = {}
    for role, mask in (("arteries", given.arteries), ("calcification", given.calcification)):
        if mask is None:
            used = plan.of(role)
            origins[role] = {"models": models[role], "bundled": any(map(_is_bundled, used))}
            if used and choices.label_names:
                origins[role]["label_names"] = dict(choices.label_names)
    if "calcification" in origins:
        origins["calcification"]["calcification_source"] = provenance["calcification_source"]
    return provenance, json_safe(origins)


def _is_bundled(model: ModelFolder) -> bool:
    return resources_folder().resolve() in model.path.resolve().parents
