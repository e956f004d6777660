"""The territory table: the one place that knows which arteries are measured.

Adding an artery means adding a row. Label ids are those of ``arteries.nii.gz`` and never
change once released.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .names import artery_words, without_side


@dataclass(frozen=True)
class Code:
    """A coded concept (DICOM PS3.16): scheme designator, value, meaning."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Territory:
    """One artery, or part of it, that gets numbers of its own.

    Attributes
    ----------
    name : str
        Identifier in files and code.
    title : str
        Name for people.
    short : str
        The same where there is little room, as radiologists write it.
    label : int
        Voxel value in artery label maps, 1 to 200.
    color : tuple of float
        Display colour, RGB, 0 to 1.
    code : Code
        SNOMED CT concept of the artery.
    laterality : Code or None
        SNOMED CT qualifier for left or right.
    parent : str or None
        Territory it leaves; None for the aorta.
    group : str or None
        Name of the kept-length parameter it follows; None where nothing is cut.
    kept_length_mm : float or None
        Default path length that is kept, in mm. These are this project's own choices: the
        abstract of Halkoaho et al. 2026 (doi 10.1177/20584601261431608) gives none.
    aliases : tuple of str
        Other names that models use for it (TotalSegmentator v2 among them); the same words in another order or
        language are understood too (:mod:`names`).
    optional : bool
        True where its absence is common and raises no flag.
    smallest_mm3 : float
        Volume, in mm³, of 5 mm of the narrowest lumen that it may have: what is smaller is no artery.
    widest_mm, largest_ml : float
        Diameter, in mm, and volume, in mL, that it does not exceed, aneurysms and all that other models label
        so (the aorta of the chest, the iliac arteries to the groin) included: what does is something else.
        These three are this project's own choices, see ``Resources/docs/measurement.md``.
    """

    name: str
    title: str
    short: str
    label: int
    color: tuple[float, float, float]
    code: Code
    laterality: Code | None = None
    parent: str | None = None
    group: str | None = None
    kept_length_mm: float | None = None
    aliases: tuple[str, ...] = ()
    optional: bool = False
    smallest_mm3: float = 0.0
    widest_mm: float = float("inf")
    largest_ml: float = float("inf")


_LEFT = Code("SCT", "7771000", "Left")
_RIGHT = Code("SCT", "24028007", "Right")
_RENAL = Code("SCT", "2841007", "Renal artery")
_COMMON_ILIAC = Code("SCT", "73634005", "Common iliac artery")

TERRITORIES: tuple[Territory, ...] = (
    Territory(
        "aorta",
        "Aorta",
        "Aorta",
        1,
        (0.86, 0.24, 0.20),
        Code("SCT", "7832008", "Abdominal aorta"),
        aliases=("abdominal_aorta", "aorta_abdominalis"),
        smallest_mm3=250.0,
        widest_mm=150.0,
        largest_ml=2500.0,
    ),
    Territory(
        "celiac_trunk",
        "Coeliac trunk",
        "Coeliac",
        2,
        (0.93, 0.60, 0.22),
        Code("SCT", "57850000", "Celiac artery"),
        parent="aorta",
        group="mesenteric",
        kept_length_mm=50.0,
        aliases=("coeliac_trunk", "celiac_artery", "coeliac_artery", "truncus_coeliacus"),
        optional=True,
        smallest_mm3=35.0,
        widest_mm=60.0,
        largest_ml=100.0,
    ),
    Territory(
        "superior_mesenteric",
        "Superior mesenteric artery",
        "SMA",
        3,
        (0.95, 0.83, 0.30),
        Code("SCT", "42258001", "Superior mesenteric artery"),
        parent="aorta",
        group="mesenteric",
        kept_length_mm=50.0,
        aliases=("superior_mesenteric_artery", "sma", "mesenteric_superior"),
        smallest_mm3=35.0,
        widest_mm=60.0,
        largest_ml=100.0,
    ),
    Territory(
        "inferior_mesenteric",
        "Inferior mesenteric artery",
        "IMA",
        4,
        (0.60, 0.80, 0.36),
        Code("SCT", "33795007", "Inferior mesenteric artery"),
        parent="aorta",
        group="mesenteric",
        kept_length_mm=50.0,
        aliases=("inferior_mesenteric_artery", "ima", "mesenteric_inferior"),
        optional=True,
        smallest_mm3=9.0,
        widest_mm=40.0,
        largest_ml=50.0,
    ),
    Territory(
        "renal_left",
        "Left renal artery",
        "L renal",
        5,
        (0.25, 0.68, 0.62),
        _RENAL,
        laterality=_LEFT,
        parent="aorta",
        group="renal",
        kept_length_mm=30.0,
        aliases=("renal_artery_left", "left_renal_artery"),
        smallest_mm3=25.0,
        widest_mm=50.0,
        largest_ml=60.0,
    ),
    Territory(
        "renal_right",
        "Right renal artery",
        "R renal",
        6,
        (0.27, 0.52, 0.82),
        _RENAL,
        laterality=_RIGHT,
        parent="aorta",
        group="renal",
        kept_length_mm=30.0,
        aliases=("renal_artery_right", "right_renal_artery"),
        smallest_mm3=25.0,
        widest_mm=50.0,
        largest_ml=60.0,
    ),
    Territory(
        "common_iliac_left",
        "Left common iliac artery",
        "L iliac",
        7,
        (0.60, 0.42, 0.80),
        _COMMON_ILIAC,
        laterality=_LEFT,
        parent="aorta",
        group="common_iliac",
        kept_length_mm=40.0,
        aliases=("iliac_artery_left", "common_iliac_artery_left", "left_common_iliac_artery", "iliac_left"),
        smallest_mm3=60.0,
        widest_mm=100.0,
        largest_ml=500.0,
    ),
    Territory(
        "common_iliac_right",
        "Right common iliac artery",
        "R iliac",
        8,
        (0.84, 0.46, 0.66),
        _COMMON_ILIAC,
        laterality=_RIGHT,
        parent="aorta",
        group="common_iliac",
        kept_length_mm=40.0,
        aliases=("iliac_artery_right", "common_iliac_artery_right", "right_common_iliac_artery", "iliac_right"),
        smallest_mm3=60.0,
        widest_mm=100.0,
        largest_ml=500.0,
    ),
)

# One label for both sides: TotalSegmentator's renal_arteries. The voxels of such a pair are
# split by the side of the aorta on which they lie.
PAIRED_ALIASES: dict[str, tuple[str, str]] = {
    "renal_arteries": ("renal_left", "renal_right"),
    "renal_artery": ("renal_left", "renal_right"),
    "common_iliac_arteries": ("common_iliac_left", "common_iliac_right"),
    "iliac_arteries": ("common_iliac_left", "common_iliac_right"),
}

# What a segment stands for that is no artery but what is measured in them.
CALCIFICATION = "calcification"
CALCIFICATION_CATEGORY = Code("SCT", "49755003", "Morphologically Altered Structure")
CALCIFICATION_CODE = Code("SCT", "18115005", "Pathologic calcification, calcified structure")
ARTERY_CATEGORY = Code("SCT", "123037004", "Anatomical Structure")
# Not white: on a CT, calcium is white itself and its outline would not be seen.
CALCIFICATION_COLOR = (0.0, 0.95, 1.0)

_BY_NAME = {territory.name: territory for territory in TERRITORIES}
_BY_LABEL = {territory.label: territory for territory in TERRITORIES}
_BY_ALIAS = {alias: territory for territory in TERRITORIES for alias in (territory.name, *territory.aliases)}
_BY_WORDS = {
    **{artery_words(alias): tuple(_BY_NAME[side] for side in sides) for alias, sides in PAIRED_ALIASES.items()},
    **{artery_words(alias): (territory,) for alias, territory in _BY_ALIAS.items()},
}

KEPT_LENGTH_GROUPS: tuple[str, ...] = tuple(dict.fromkeys(t.group for t in TERRITORIES if t.group is not None))
# What a kept length can be given for: those groups, and single branches.
KEPT_LENGTHS: tuple[str, ...] = (*KEPT_LENGTH_GROUPS, *(t.name for t in TERRITORIES if t.group is not None))


def lowered(title: str) -> str:
    """Return the title of a territory as it stands within a sentence."""
    return title[:1].lower() + title[1:]


def territory(name: str) -> Territory:
    """Return the territory called `name`; KeyError where there is none."""
    return _BY_NAME[name]


def territory_of_label(label: int) -> Territory:
    """Return the territory with the voxel value `label`; KeyError where there is none."""
    return _BY_LABEL[label]


def weakest_first() -> tuple[Territory, ...]:
    """Return the territories in the order in which overlapping masks are painted: a later one wins.

    A branch wins over its parent, else the earlier in the table over the later.
    """

    def depth(each: Territory) -> int:
        return 0 if each.parent is None else 1 + depth(territory(each.parent))

    return tuple(sorted(TERRITORIES, key=lambda each: (depth(each), -TERRITORIES.index(each))))


def territories_of_name(name: str) -> tuple[Territory, ...]:
    """Return the territories that `name`, of a model's label or somebody's segment, stands for.

    Returns
    -------
    tuple of Territory
        One territory; two (left, right) for a name that covers both sides; empty where the
        name is unknown.
    """
    words = artery_words(name)
    return _BY_WORDS.get(without_side(words) or words, ())


def known_names() -> Iterable[str]:
    """Return every label name that is understood, sorted."""
    return sorted({*_BY_ALIAS, *PAIRED_ALIASES})
