"""Results that name nobody: what is left out of the files of an anonymous result.

Everything is by lists of what may stay, so that what is added to a record later stays out until it is listed. Pixels
and positions are what they are: a CT is in the scene, and a CT can show a face or burnt-in text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ..flags import Flag

LEFT_OUT = "left out"
# Of the image: what it is, not whose or where from. The checksum tells only who has the same CT.
_OF_INPUT = (
    *("format", "modality", "manufacturer", "kernel", "image_count", "voxels_sha256"),
    # of a radiograph
    *("rows", "columns", "spacing_source", "faces_source", "inverted", "placement", "pixels_sha256"),
)
_OF_MODEL = ("role", "configuration", "folds", "spacing_mm", "checksum", "precision")
_CONFIGURATIONS = ("2d", "3d_fullres", "3d_lowres", "3d_cascade_fullres")
_OF_SOURCE = ("kind", "method", "threshold_hu", "description")
_OF_PARAMETERS = ("device", "arteries", "reference", "tile_step", "mirroring", "severity_cut_points")
_LABELS = ("artery_labels", "calcification_labels")
_OF_EDIT = ("structure", "changed_voxels", "time")
_OF_ENTRY = ("time", "until", "tool", "edits", "added_removed_voxels", "box_kji")
_QUOTING = "'\"“‘/\\"
# Flags whose messages are made of this program's own words and of numbers; others may name files, series or segments.
_OWN_WORDS = frozenset(
    {
        "not_hu",
        "files_left_out",
        "files_passed_over",
        "several_series",
        "several_patients",
        "repeated_uids",
        "padding",
        "padding_like_tissue",
        "displaced_slices",
        "thick_slices",
        "uneven_slices",
        "missing_slices",
        "gantry_tilt",
        "no_arterial_enhancement",
        "metal",
        "low_confidence",
        "aorta_doubtful",
        "bundled_model",
        "coarse_model",
        "edited_by_hand",
        "reassigned_by_hand",
        "all_calcified",
        "specks_left_out",
        "mask_shredded",
        "mask_implausible",
        "implausible_hu",
        "threshold_below_lumen",
        "no_abdominal_aorta",
        "thoracic_aorta",
        "territory_missing",
        "territory_tiny",
        "territory_detached",
        "territory_attached_over_gap",
        "territory_touches_parent",
        "territory_beginning_unclear",
        "territory_touches_itself",
        "territory_thin",
        "bifurcation_not_seen",
        "bifurcation_unclear",
        "limbs_left_out",
        "specks_cleared",
        "pieces_left_out",
        "place_implausible",
        "sides_mended",
        "mirrored",
        "stent",
        "dissection_suspected",
        "truncated_field_of_view",
        # of radiographs
        "polarity_doubtful",
        "unprocessed_image",
        "pixel_size_unknown",
        "pixel_size_given",
        "pixel_size_implausible",
        "magnification_unknown",
        "turned_upright",
        "modality_other",
        "modality_unknown",
        "secondary_capture",
        "lossy_compression",
        "eight_bit",
        "few_grey_values",
        "coarse_image",
        "colour_as_grey",
        "padded_pixels",
        "looks_like_ct",
        "no_lumbar_spine",
        "vertebra_missing",
        "levels_out_of_order",
        "spine_not_upright",
        "sacrum_not_seen",
        "transitional_vertebra",
        "vertebra_implausible",
        "looks_inverted",
        "frontal_view",
        "facing_doubtful",
        "facing_assumed",
        "facing_by_network",
        "level_uncertain",
        "front_outside",
        "saturated",
        "part_not_assessed",
        "extent_disagrees",
        "vertebrae_ragged",
        "aorta_not_recognised",
        "score_uncertain",
        "score_unknown",
        "score_unproven",
        # of the score of a CT
        "aorta_ends_above",
        "level_assumed",
        "levels_by_hand",
        "field_cuts_body",
        "outside_kept",
    }
)


def anonymous_analysis(analysis):
    """Return an analysis as it may be written into an anonymous result; numbers, flags and verdict are the same.

    Parameters
    ----------
    analysis : pipeline.Analysis
    """
    measurement = replace(
        analysis.measurement,
        flags=tuple(anonymous_flag(flag) for flag in analysis.measurement.flags),
        provenance=anonymous_provenance(analysis.measurement.provenance),
    )
    origins = {role: _origin(origin) for role, origin in analysis.origins.items()}
    return replace(analysis, measurement=measurement, origins=origins, messages=())


def anonymous_document(document: Mapping) -> dict:
    """Return what ``measurements.json`` of an anonymous result would say, of that of a result that names something."""

    def flags(listed) -> list[dict]:
        made = (anonymous_flag(Flag(each["code"], each["message"], each.get("territory"))) for each in listed)
        return [{"code": flag.code, "message": flag.message, "territory": flag.territory} for flag in made]

    trust = document.get("trust") or {}
    return {
        **document,
        "flags": flags(document.get("flags", ())),
        "trust": {**trust, "reasons": flags(trust.get("reasons", ()))},
        "provenance": anonymous_provenance(document.get("provenance") or {}),
    }


def anonymous_flag(flag: Flag) -> Flag:
    """Return a flag without names of files, series and segments in its message."""
    if flag.code in _OWN_WORDS and anonymous_text(flag.message) == flag.message:
        return flag
    what = flag.code.replace("_", " ").capitalize()
    return replace(flag, message=f"{what} (the details, which can name files, are left out of this anonymous result).")


def anonymous_provenance(provenance: Mapping) -> dict:
    """Return what a result came from without names, UIDs, descriptions, paths and persons."""
    kept = {key: provenance[key] for key in ("software", "time", "python", "platform") if key in provenance}
    given, source = provenance.get("input"), provenance.get("calcification_source")
    return {
        **kept,
        "input": None if given is None else {"name": LEFT_OUT, **_only(given, _OF_INPUT)},
        "models": [_model(each) for each in provenance.get("models", ())],
        "calcification_source": None if source is None else _only(source, _OF_SOURCE),
        "parameters": _parameters(provenance.get("parameters", {})),
        "edits": [_edit(each) for each in provenance.get("edits", ())],
        "anonymous": True,
    }


def anonymous_models(models) -> list[dict]:
    """Return the identities of models without their names, which are names of folders."""
    return [_model(each) for each in models]


def anonymous_record(record: Mapping) -> dict:
    """Return the record of a case of an evaluation without what names files; its case is numbered already."""
    reason = "The reason, which can name files, is left out of this anonymous evaluation; it was printed as it ran."
    kept = {**record, "details": "", "error": record["error"] and reason}
    kept["failures"] = dict.fromkeys(record["failures"], reason)
    if "notes" in record:
        kept["notes"] = {name: {**note, "text": anonymous_text(note["text"])} for name, note in record["notes"].items()}
    return kept


def anonymous_text(text: str) -> str:
    """Return a note of this program without what it quotes."""
    # What is quoted is quoted from somewhere.
    return f"A note that can name files is {LEFT_OUT}." if any(mark in text for mark in _QUOTING) else text


def _parameters(parameters: Mapping) -> dict:
    kept = _only(parameters, _OF_PARAMETERS)
    for name, labels in _only(parameters, _LABELS).items():
        # Values of a mask; other keys are names of segments and files.
        if numbers := {key: meaning for key, meaning in labels.items() if str(key).isdecimal()}:
            kept[name] = numbers
    return kept


def _model(model: Mapping) -> dict:
    kept = _only(model, _OF_MODEL)
    if kept.get("configuration") not in _CONFIGURATIONS:
        kept.pop("configuration", None)
    return {"name": LEFT_OUT, **kept}


def _edit(edit: Mapping) -> dict:
    entries = [{"editor": LEFT_OUT, **_only(each, _OF_ENTRY)} for each in edit.get("entries", ())]
    return {"mask": LEFT_OUT, "editor": LEFT_OUT, **_only(edit, _OF_EDIT), "entries": entries}


def _origin(origin: Mapping) -> dict:
    kept: dict[str, Any] = {"models": anonymous_models(origin.get("models", ())), **_only(origin, ("bundled",))}
    if (source := origin.get("calcification_source")) is not None:
        kept["calcification_source"] = _only(source, _OF_SOURCE)
    kept |= _only(origin, ("confidence",))  # numbers alone
    if told := origin.get("flags"):
        kept["flags"] = [asdict(anonymous_flag(Flag(**each))) for each in told]
    return kept


def _only(values: Mapping, names: tuple[str, ...]) -> dict:
    return {name: values[name] for name in names if name in values}
