"""Quality flags: what is wrong with an image, a mask or a result, and what that means for its numbers.

Every flag that the program can raise has a row in :data:`KINDS`: that of CT and masks, or that of radiographs. The
verdict on a result (:mod:`.trust`) is derived from these rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .anatomy import TERRITORIES


class Effect(IntEnum):
    """What a flag does to the verdict on a result, in rising order."""

    NOTE = 0
    REVIEW = 1
    UNUSABLE = 2


@dataclass(frozen=True)
class FlagKind:
    """What is known about every flag of one code.

    Attributes
    ----------
    effect : Effect
    changes_number : bool
        Whether a number of the result may be wrong by what was found.
    advice : str
        For people: what it means for the numbers, and what to do.
    effect_on_trunk : Effect or None
        In place of `effect` where the flag is about the aorta itself.
    """

    effect: Effect
    changes_number: bool
    advice: str
    effect_on_trunk: Effect | None = None


@dataclass(frozen=True)
class Flag:
    """A quality flag: shown with the result, never blocking.

    Attributes
    ----------
    code : str
        Stable identifier, lower case with underscores (``no_arterial_enhancement``): a key of :data:`KINDS`.
    message : str
        One sentence for people: what was found, with the values.
    territory : str or None
        The territory it is about, where it is about one; of a radiograph the vertebra (``L3``).

    Raises
    ------
    ValueError
        For a code that :data:`KINDS` does not have.
    """

    code: str
    message: str
    territory: str | None = None

    def __post_init__(self):
        if self.code not in KINDS:
            raise ValueError(f"There is no flag '{self.code}'; give it a row in flags.KINDS.")

    @property
    def kind(self) -> FlagKind:
        """The row of :data:`KINDS` for this flag."""
        return KINDS[self.code]

    @property
    def effect(self) -> Effect:
        """What this flag does to the verdict."""
        kind = self.kind
        if kind.effect_on_trunk is not None and self.territory in _TRUNKS:
            return kind.effect_on_trunk
        return kind.effect


_NOTE, _REVIEW, _UNUSABLE = Effect
_TRUNKS = frozenset(territory.name for territory in TERRITORIES if territory.parent is None)

CT_KINDS: dict[str, FlagKind] = {
    # The image
    "not_hu": FlagKind(
        _UNUSABLE, True, "Every threshold and both models take the values for HU: export the CT with its rescaling."
    ),
    "slices_doubtful": FlagKind(
        _REVIEW, True, "Values of these slices are wrong, or they lie in another place: export the series again."
    ),
    "unknown_orientation": FlagKind(
        _UNUSABLE, True, "Left and right may be exchanged: convert the file from its DICOM files again."
    ),
    "header_warning": FlagKind(_REVIEW, True, "Compare place and voxel size with those of the original CT."),
    "files_left_out": FlagKind(_REVIEW, True, "What was in these files is in no number: copy the series again."),
    "files_passed_over": FlagKind(_NOTE, False, "None of it belongs to the volume that was measured."),
    "several_series": FlagKind(_NOTE, False, "Check that the series that was read is the angiogram."),
    "several_patients": FlagKind(_REVIEW, True, "Check that the series that was read is the patient's."),
    "derived_series": FlagKind(_REVIEW, True, "Use the original axial slices: derived ones blur or enhance calcium."),
    "mixed_series": FlagKind(_REVIEW, True, "Check that the slices that were read are the whole angiogram."),
    "repeated_uids": FlagKind(_NOTE, False, "Archives may drop images that share a UID: check that none is missing."),
    "joined_acquisitions": FlagKind(_REVIEW, True, "Check that contrast is the same throughout the arteries."),
    "interleaved_acquisitions": FlagKind(_UNUSABLE, True, "Export one phase alone."),
    "padding": FlagKind(_NOTE, False, "Nothing to do, unless an artery reaches into them."),
    "padding_like_tissue": FlagKind(
        _REVIEW, True, "Tissue has the value that the headers call padding: look for holes in the arteries."
    ),
    "thick_slices": FlagKind(_REVIEW, True, "Small plaques are lost and others blurred: use thinner slices."),
    "uneven_slices": FlagKind(_REVIEW, True, "Volumes between the slices are interpolated: export the series again."),
    "missing_slices": FlagKind(_REVIEW, True, "Plaques there are guesses: copy the series again."),
    "displaced_slices": FlagKind(_REVIEW, True, "The positions of some slices may be wrong: export the series again."),
    "gantry_tilt": FlagKind(_NOTE, False, "The slices were moved by interpolation, which blurs a little."),
    "no_arterial_enhancement": FlagKind(
        _REVIEW, True, "Models and lumen-based thresholds need contrast: look at the masks, or use a fixed HU."
    ),
    "metal": FlagKind(_REVIEW, True, "Metal and its streaks can pass for calcium: check the calcification near it."),
    # The masks
    "segments_left_out": FlagKind(
        _NOTE, False, "They are in no number: say what they are if they belong to the result."
    ),
    "mask_outside_image": FlagKind(
        _REVIEW, True, "Only what lies inside the CT is in the numbers: check that the mask fits."
    ),
    "mask_resampled": FlagKind(
        _REVIEW, True, "Another voxel grid changed this mask: give both masks on the grid that they were drawn on."
    ),
    "mask_grid": FlagKind(_NOTE, False, "Masks and CT have different voxels: volumes are those that were drawn."),
    "mask_fractional": FlagKind(_NOTE, True, "Voxels that are in a segment only in part count as a whole or not."),
    "masks_overlap": FlagKind(_REVIEW, True, "What two arteries claim counts for one of them: correct the masks."),
    "names_overruled": FlagKind(
        _REVIEW, True, "Check the numbers of the labels: programs, and their versions, number structures differently."
    ),
    "segment_assumed": FlagKind(_NOTE, True, "Rename the segment to 'calcification' if that is what it shows."),
    "values_united": FlagKind(_REVIEW, True, "Say with --calcification-labels which values are calcification."),
    "mask_of_another_ct": FlagKind(
        _REVIEW, True, "Numbers of a mask that does not fit are worthless: check that it fits this CT."
    ),
    "edited_by_hand": FlagKind(_NOTE, False, "The numbers are those of the corrected masks."),
    "reassigned_by_hand": FlagKind(_NOTE, False, "The numbers are those of the arteries that it was given to."),
    "low_confidence": FlagKind(
        _REVIEW, True, "Rather wrong than right, or incomplete: look at it, and correct the mask."
    ),
    "aorta_doubtful": FlagKind(
        _UNUSABLE, True, "It may be no aorta: look at its mask, and correct it or choose another CT."
    ),
    "bundled_model": FlagKind(
        _NOTE, False, "Look at every mask before you read its number, or use models of your own."
    ),
    "coarse_model": FlagKind(
        _REVIEW,
        True,
        "Volumes of arteries, and so burdens, are rough: use a model of finer voxels, or correct the masks.",
    ),
    "mask_shredded": FlagKind(_UNUSABLE, True, "The mask is dust or noise: check the model, or correct the mask."),
    "mask_implausible": FlagKind(_REVIEW, True, "Check what was labelled, and correct the mask."),
    "implausible_hu": FlagKind(_REVIEW, True, "Calcium is brighter than this: look at it, and correct the mask."),
    "threshold_below_lumen": FlagKind(
        _UNUSABLE, True, "Contrast passes for calcium: raise the threshold (or use 'realistic'), or correct the mask."
    ),
    "all_calcified": FlagKind(
        _REVIEW, True, "Check that the masks were not exchanged, and that the artery mask is the whole artery."
    ),
    "specks_left_out": FlagKind(_REVIEW, True, "Remove the specks, or join them to the artery."),
    "specks_cleared": FlagKind(_NOTE, False, "Each is small beside its artery: nothing to do."),
    "pieces_left_out": FlagKind(
        _REVIEW, True, "Look whether it is a part of this artery: if so, paint it and what joins it to the aorta."
    ),
    "place_implausible": FlagKind(_REVIEW, True, "It may be another artery: check its name, and correct the mask."),
    "sides_mended": FlagKind(_REVIEW, True, "Sides are those of the image: check the names of both arteries."),
    "stent": FlagKind(
        _REVIEW,
        True,
        "Struts are no calcium: check what is called calcification in the stent.",
    ),
    "dissection_suspected": FlagKind(
        _REVIEW, True, "Check that the aorta's mask holds both lumens, and that the flap is not called calcification."
    ),
    "mirrored": FlagKind(_REVIEW, True, "Check with liver and spleen that left is left before any side is reported."),
    # The arteries
    "no_abdominal_aorta": FlagKind(
        _UNUSABLE, True, "This is no angiogram of the abdomen, or its aorta was not found: choose another CT or mask."
    ),
    "thoracic_aorta": FlagKind(
        _REVIEW, True, "The aorta's numbers are not those of the abdominal aorta alone: erase the part in the chest."
    ),
    "territory_missing": FlagKind(_REVIEW, True, "The total is without it: draw it if the CT shows it."),
    "territory_tiny": FlagKind(_REVIEW, True, "Too small to be an artery, so not measured: complete or remove it."),
    "territory_detached": FlagKind(
        _REVIEW, True, "Which part of it was measured is uncertain: join it to the artery it leaves, or remove it."
    ),
    "territory_attached_over_gap": FlagKind(
        _REVIEW, True, "The gap counts as length: close it if the artery is whole there."
    ),
    "territory_touches_parent": FlagKind(
        _NOTE, False, "Separate the two where they only lie side by side; else nothing to do."
    ),
    "territory_beginning_unclear": FlagKind(
        _REVIEW, True, "The wrong end may have been cut off: check which one leaves the larger artery."
    ),
    "territory_touches_itself": FlagKind(_REVIEW, True, "Separate the limbs that touch: the course is uncertain."),
    "territory_thin": FlagKind(_REVIEW, True, "Look whether it bends back on itself, or use thinner slices."),
    "bifurcation_not_seen": FlagKind(_NOTE, False, "No volume and no burden depends on it."),
    "bifurcation_unclear": FlagKind(
        _REVIEW, True, "Label as common iliac artery what is one: both burdens and the path distances depend on it."
    ),
    "limbs_left_out": FlagKind(_NOTE, False, "They are no limbs: remove them, or join them to their artery."),
    # Nearly every abdominal CT ends within the aorta.
    "truncated_field_of_view": FlagKind(
        _REVIEW,
        True,
        "Its numbers are those of the part in the image alone.",
        effect_on_trunk=_NOTE,
    ),
}

RADIOGRAPH_KINDS: dict[str, FlagKind] = {
    # The file
    "polarity_doubtful": FlagKind(
        _REVIEW, True, "Bone has to be bright in the overlay: if it is dark, read the image again with --invert."
    ),
    "unprocessed_image": FlagKind(_REVIEW, True, "Give the image that the department reads, or check every part."),
    "pixel_size_unknown": FlagKind(
        _NOTE,
        False,
        "The score is made of ratios and needs no size: say it with --pixel-spacing to have heights in mm.",
    ),
    "pixel_size_given": FlagKind(_NOTE, False, "Lengths are in what was given; the score does not depend on it."),
    "pixel_size_implausible": FlagKind(
        _REVIEW, True, "Lengths in mm would be wrong: say the size of a pixel with --pixel-spacing."
    ),
    "magnification_unknown": FlagKind(
        _NOTE, True, "Lengths in mm may be some 10 to 40 % too large; the score does not depend on it."
    ),
    "facing_assumed": FlagKind(
        _REVIEW, True, "Say with --faces where the patient's front is: the aorta is looked for on that side."
    ),
    "turned_upright": FlagKind(
        _NOTE, False, "Check in the overlay that the head is up; files keep the image's own grid."
    ),
    "view_not_lateral": FlagKind(
        _UNUSABLE, True, "Give a lateral view; if this is one, say where the patient's front is with --faces."
    ),
    "view_overruled": FlagKind(_REVIEW, True, "Check that this is a lateral view: only there the score is defined."),
    "body_part_other": FlagKind(_REVIEW, True, "Check in the overlay that this is the lumbar spine."),
    "modality_other": FlagKind(_REVIEW, True, "The score is defined on radiographs: check every part."),
    "modality_unknown": FlagKind(_REVIEW, True, "Check that this is a radiograph."),
    "secondary_capture": FlagKind(
        _REVIEW, True, "Contrast and size are those of a screen: use the image that the detector made."
    ),
    "lossy_compression": FlagKind(_NOTE, True, "Faint deposits may be lost: use the image as it was taken."),
    "eight_bit": FlagKind(_NOTE, True, "Faint deposits may be lost: use the image as it was taken."),
    "few_grey_values": FlagKind(_REVIEW, True, "Faint deposits are lost: use the image as it was taken."),
    "coarse_image": FlagKind(_REVIEW, True, "Small deposits are lost: use the image in its full size."),
    "colour_as_grey": FlagKind(_NOTE, False, "Nothing to do: its three channels are the same."),
    "padded_pixels": FlagKind(_NOTE, False, "Nothing to do, unless spine or aorta reach into them."),
    "looks_like_ct": FlagKind(_UNUSABLE, True, "Give a radiograph; a slice of a CT has no Kauppila score."),
    # What it shows
    "no_lumbar_spine": FlagKind(
        _UNUSABLE, True, "This is no lateral lumbar radiograph, or its vertebrae were not found: look at the overlay."
    ),
    "vertebra_missing": FlagKind(
        _REVIEW, True, "Its parts have no score, so the sum has none: give its label by hand."
    ),
    "vertebrae_ragged": FlagKind(
        _UNUSABLE, True, "Score every part by hand, or use a model that was trained on such radiographs."
    ),
    "aorta_not_recognised": FlagKind(
        _UNUSABLE, True, "Score every part by hand, or use a model that was trained on such radiographs."
    ),
    "levels_out_of_order": FlagKind(_UNUSABLE, True, "Correct the labels of the vertebrae, or give another image."),
    "spine_not_upright": FlagKind(_UNUSABLE, True, "Turn the image so that the head is up, and read it again."),
    "sacrum_not_seen": FlagKind(
        _REVIEW, True, "Levels are counted from the sacrum: check the names, or every part may be one level off."
    ),
    "transitional_vertebra": FlagKind(_REVIEW, True, "Check the names of the vertebrae: the score counts L1 to L4."),
    "vertebra_implausible": FlagKind(_REVIEW, True, "Look at its outline in the overlay, and correct it."),
    "looks_inverted": FlagKind(_UNUSABLE, True, "Bone has to be bright: read the image again with --invert."),
    "frontal_view": FlagKind(_UNUSABLE, True, "Give a lateral view: the score is not defined on a frontal one."),
    "facing_doubtful": FlagKind(
        _REVIEW, True, "If the patient's front is on the other side, read the image again with --flip."
    ),
    "facing_by_network": FlagKind(
        _NOTE, False, "Check in the overlay that the aorta is looked for in front; else say the side with --faces."
    ),
    "level_uncertain": FlagKind(_REVIEW, True, "Check the names of the vertebrae: every part may be one level off."),
    "front_outside": FlagKind(
        _REVIEW, True, "What is not in the image has no deposits in the score: look at this part."
    ),
    "saturated": FlagKind(_REVIEW, True, "Deposits there cannot be seen: use the image as it was taken."),
    "score_unproven": FlagKind(
        _REVIEW, True, "Score every part yourself, or use a model that was trained on real radiographs and readings."
    ),
    "score_uncertain": FlagKind(
        _REVIEW, True, "The network is not sure: score the parts that it is least sure of, or use the interval alone."
    ),
    "score_unknown": FlagKind(
        _UNUSABLE, True, "Score every part yourself: outlines and levels help where they are right."
    ),
    "extent_disagrees": FlagKind(
        _REVIEW, True, "Look at this part in the overlay: score it, or move its wall, and the other stands as it is."
    ),
    "part_not_assessed": FlagKind(
        _REVIEW, True, "The sum has no value without it: score it by hand if it can be seen."
    ),
    # What is computed from a CT
    "aorta_ends_above": FlagKind(_NOTE, False, "Both walls are scored along the part that there is."),
    "level_assumed": FlagKind(_REVIEW, True, "Check where this level ends; a mask with the next vertebra tells it."),
    "levels_by_hand": FlagKind(_NOTE, False, "The parts are those between the levels that were given."),
    "field_cuts_body": FlagKind(
        _NOTE, False, "The simulated radiograph is too dark there; the score of the masks does not depend on it."
    ),
    "outside_kept": FlagKind(
        _NOTE, False, "The simulated radiograph may show table and clothing; the score of the masks does not."
    ),
}

#: All of them.
KINDS: dict[str, FlagKind] = CT_KINDS | RADIOGRAPH_KINDS
