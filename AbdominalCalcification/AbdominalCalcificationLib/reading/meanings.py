"""Which segment of a segmentation stands for what: one set of rules for files and for the scene.

What the user has said comes first. In Slicer a segment is known by its name, else by its ID, else by its terminology,
since its name is what the user sees, and renaming is how a mix-up is put right. In a DICOM segmentation the codes come
first. Its number says nothing: Slicer gives the first segment of any segmentation the value 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ..anatomy import CALCIFICATION, TERRITORIES, Territory, territories_of_name
from ..errors import InputError
from ..names import is_calcification_name, names_other_tissue, names_something_else, normalized
from ..terminology import entry_says_something_else, meaning_of_entry

# What a segment stands for: one territory, two (left, right) where its side is not said, CALCIFICATION, or nothing.
Meaning = tuple[Territory, ...] | str | None
NOTHING = "nothing"
# The tag of a segment, in the scene and in ``.seg.nrrd``, by which the user has said what it is without renaming it.
MEANING_TAG = "AbdominalCalcification.Meaning"
_LISTED = 8


class Wanted(Enum):
    """What somebody chose a segmentation as."""

    ARTERIES = "arteries"
    CALCIFICATION = "calcification"
    EITHER = "either"

    @property
    def title(self) -> str:
        """What to call such a mask."""
        return {"arteries": "artery mask", "calcification": "calcification mask"}.get(self.value, "segmentation")


@dataclass(frozen=True)
class Segment:
    """What is said about one segment.

    Attributes
    ----------
    name, segment_id, entry : str
        Empty where nothing is said; `entry` is the serialised terminology.
    layer : int
        Which of the label maps of a file holds it.
    value : int
        Its value there; in a DICOM segmentation its number.
    coded_first : bool
        Whether its codes come before its name, as in DICOM.
    stated : str
        What the user has said that it is (:data:`MEANING_TAG`), one of :func:`meaning_choices`; it comes first.
    """

    name: str
    segment_id: str = ""
    entry: str = ""
    layer: int = 0
    value: int = 1
    coded_first: bool = False
    stated: str = ""

    @property
    def called(self) -> str:
        """What it is called; empty where it has no name at all."""
        return self.name or self.segment_id


@dataclass(frozen=True)
class Understanding:
    """What the segments of one segmentation are taken for.

    Attributes
    ----------
    segments : tuple of Segment
        Those that are not empty.
    meanings : tuple
        What each stands for; None for nothing known.
    empty : tuple of Segment
        Those in which nothing is drawn.
    has_empty : bool
        Whether one of those is what is wanted, so that nothing drawn is an answer.
    assumed : Segment or None
        Taken for the calcification only because there is no other segment; its meaning says so.
    wanted : Wanted
    """

    segments: tuple[Segment, ...]
    meanings: tuple[Meaning, ...]
    empty: tuple[Segment, ...]
    has_empty: bool
    assumed: Segment | None
    wanted: Wanted

    @property
    def unknown(self) -> tuple[Segment, ...]:
        """The segments that stand for nothing known and that nobody said to leave out."""
        return tuple(each for each, meaning in zip(self.segments, self.meanings, strict=True) if meaning is None)

    def of_arteries(self) -> list[tuple[Segment, tuple[Territory, ...]]]:
        """Return the segments of arteries with their territories (two where the side is not said)."""
        pairs = zip(self.segments, self.meanings, strict=True)
        return [(segment, meaning) for segment, meaning in pairs if isinstance(meaning, tuple)]

    def of_calcification(self) -> list[Segment]:
        """Return the segments of calcification."""
        return [each for each, meaning in zip(self.segments, self.meanings, strict=True) if meaning == CALCIFICATION]

    @property
    def problem(self) -> str:
        """Why there is no mask of what is wanted, as half a sentence; empty where there is one, or no segment."""
        every = (*self.segments, *self.empty)
        found = {
            Wanted.ARTERIES: self.of_arteries,
            Wanted.CALCIFICATION: self.of_calcification,
            Wanted.EITHER: lambda: True,
        }
        if not every or self.has_empty or found[self.wanted]():
            return ""
        what = "an artery this program knows" if self.wanted is Wanted.ARTERIES else "calcification"
        return f"has no segment of {what}, but {listed(every)}"


def understand(
    segments: Sequence[Segment],
    wanted: Wanted = Wanted.EITHER,
    label_names: Mapping[str, str] | None = None,
    given: Mapping[int | str, str] | None = None,
    empty: Sequence[Segment] = (),
) -> Understanding:
    """Return what each segment of a segmentation stands for.

    Parameters
    ----------
    segments : sequence of Segment
        All of the segmentation in which something is drawn (or all, where that is not known).
    wanted : Wanted
        What the segmentation was chosen as. The only segment of one chosen as calcification is calcification, unless
        its name or code says that it is something else.
    label_names : mapping of str to str, optional
        Names (or IDs) of segments that are not understood, to names of territories, ``calcification``, or
        :data:`NOTHING` to leave it out.
    given : mapping of int or str to str, optional
        Values, or names, of segments to the same. It is the whole truth about a segmentation: where it names one
        segment, those that it does not name are left out.
    empty : sequence of Segment, optional
        The others. Beside one that is the calcification, even if empty, no other is taken for it.

    Returns
    -------
    Understanding

    Raises
    ------
    InputError
        Where the codes of a DICOM segment and its name contradict each other, and for meanings that there are not.

    Examples
    --------
    >>> found = understand([Segment("Segment_1")], Wanted.CALCIFICATION)
    >>> found.meanings, found.assumed.name
    (('calcification',), 'Segment_1')
    >>> found = understand([Segment("Segment_1"), Segment("Segment_2")], Wanted.CALCIFICATION)
    >>> found.problem
    "has no segment of calcification, but 'Segment_1' (1), 'Segment_2' (1)"
    >>> understand(found.segments, Wanted.CALCIFICATION, {"Segment_2": "calcification"}).meanings
    (None, 'calcification')
    """
    meanings = _meanings((*segments, *empty), label_names, given)
    meanings, of_empty = meanings[: len(segments)], meanings[len(segments) :]
    if wanted is Wanted.ARTERIES:
        has_empty = any(isinstance(each, tuple) for each in of_empty)
    else:
        has_empty = CALCIFICATION in of_empty
    assumed = None
    if wanted is Wanted.CALCIFICATION and not has_empty:
        if meanings == [None] and may_be_calcification(segments[0]):
            assumed, meanings = segments[0], [CALCIFICATION]
        elif not meanings and len(empty) == 1 and may_be_calcification(empty[0]):
            has_empty = True
    return Understanding(tuple(segments), tuple(meanings), tuple(empty), has_empty, assumed, wanted)


def _meanings(segments: Sequence[Segment], label_names, given) -> list[Meaning]:
    stated = [_stated(each, given) for each in segments]
    if any(each is not None for each in stated):
        return [None if each is None else meaning_called(each) for each in stated]
    return [meaning_of(each, label_names) for each in segments]


def meaning_of(segment: Segment, label_names: Mapping[str, str] | None = None) -> Meaning:
    """Return what a segment stands for by itself; parameters and errors as for :func:`understand`."""
    names = {normalized(label): meaning for label, meaning in (label_names or {}).items()}
    for said in (segment.name, segment.segment_id):
        if said and normalized(said) in names:
            return meaning_called(names[normalized(said)])
    if segment.stated and (stated := _meaning_or_none(segment.stated)) is not None:
        return stated
    by_name = _first(_meaning_of_name(said) for said in (segment.name, segment.segment_id))
    by_code = meaning_of_entry(segment.entry)
    if by_name is None and isinstance(by_code, tuple) and names_other_tissue(segment.name):
        if segment.coded_first:
            raise _contradiction(segment, by_code)
        return None  # renamed, and its terminology left as it was
    first, second = (by_code, by_name) if segment.coded_first else (by_name, by_code)
    if not isinstance(first, tuple) or second is None:
        return second if first is None else first
    both = tuple(each for each in first if each in second) if isinstance(second, tuple) else ()
    if segment.coded_first and not both:
        raise _contradiction(segment, first)
    return both if both and len(first) == 2 else first


def _contradiction(segment: Segment, coded: tuple[Territory, ...]) -> InputError:
    return InputError(
        f"{listed([segment])} is called something else than its codes say ({_title(coded)}); correct it, or say "
        f"what it is, as in --artery-labels {segment.value}={coded[0].name}."
    )


def meaning_called(name: str) -> Meaning:
    """Return what `name` stands for where it was written to say it; raise InputError where it says nothing known."""
    meaning = _meaning_or_none(name)
    if meaning is None:
        raise InputError(f"'{name}' is not an artery this program knows; use one of {', '.join(meaning_names())}.")
    return meaning


def _meaning_or_none(name: str) -> Meaning:
    return NOTHING if normalized(name) == NOTHING else _meaning_of_name(name)


def _meaning_of_name(name: str) -> Meaning:
    """Return what a name stands for by its words; None where it is not understood."""
    if is_calcification_name(name):
        return CALCIFICATION
    return territories_of_name(name) or None


def may_be_calcification(segment: Segment) -> bool:
    """Return whether nothing that is said about a segment speaks against its being calcification."""
    named = any(names_something_else(said) for said in (segment.name, segment.segment_id) if said)
    return not named and not entry_says_something_else(segment.entry)


def meaning_names() -> tuple[str, ...]:
    """Return the names, one for each thing, by which people can say what a segment is."""
    return (*(each.name for each in TERRITORIES), "renal_arteries", "iliac_arteries", CALCIFICATION)


def meaning_choices(wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """Return what a segment can be said to be: pairs of a name for :func:`understand` and a title for people."""
    of_arteries = [(each.name, each.title) for each in TERRITORIES]
    of_arteries += [(name, f"{name.replace('_', ' ').capitalize()}, both sides") for name in meaning_names()[-3:-1]]
    of_calcification = [(CALCIFICATION, "Calcification")]
    chosen = {Wanted.ARTERIES: of_arteries, Wanted.CALCIFICATION: of_calcification}
    return (*chosen.get(wanted, of_arteries + of_calcification), (NOTHING, "Nothing that is measured"))


def unused(given: Mapping[int | str, str], segments: Collection[Segment]) -> list[str]:
    """Return the names in `given` that no segment has; values may be absent, as arteries may."""
    known = {normalized(said) for each in segments for said in (each.name, each.segment_id) if said}
    return [key for key in given if isinstance(key, str) and normalized(key) not in known]


def listed(segments: Sequence[Segment]) -> str:
    """Return names and values of segments for a message: ``'Liver' (1), 'Spleen' (2)``."""
    shown = ", ".join(
        f"'{each.called}' ({each.value})" if each.called else f"one without a name ({each.value})"
        for each in segments[:_LISTED]
    )
    return shown + (", …" if len(segments) > _LISTED else "")


def _stated(segment: Segment, given: Mapping[int | str, str] | None) -> str | None:
    """Return what `given` says that a segment is: by its name, its ID or its value."""
    for key, meaning in (given or {}).items():
        names = [normalized(said) for said in (segment.name, segment.segment_id) if said]
        if key == segment.value or (isinstance(key, str) and normalized(key) in names):
            return meaning
    return None


def _first(meanings) -> Meaning:
    """Return the first that is more than a pair of sides, else the first."""
    pair = None
    for each in meanings:
        if each is not None and not (isinstance(each, tuple) and len(each) == 2):
            return each
        pair = pair or each
    return pair


def _title(territories: tuple[Territory, ...]) -> str:
    return " or ".join(each.title for each in territories)
