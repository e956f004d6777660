"""Which series of a folder is measured: the one that is named, else the largest original one, if that is no guess."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from .header import Image
from .kinds import is_axial, quantity_of, rank, why_no_slice

# Directions (cosines) and pixel sizes (relative) that differ by no more are those of one stack. Scanners and archives
# round them; over 512 pixels this is half a pixel.
_SAME_LAYOUT = 1e-3
# Series of so many places, relative to the largest, are as good as it, and choosing between them would be guessing. Of
# another patient, or in one series, fewer are enough to ask.
_AS_LARGE, _TOO_LARGE_TO_PASS = 0.9, 0.5
# Originals that are so few beside derived images are bolus tracking or the like.
_LEAST_SHARE = 0.1
_LISTED = 12


@dataclass(frozen=True, eq=False)
class Stack:
    """Images of one patient, series and kind that can lie in one volume."""

    images: tuple[Image, ...]

    @property
    def first(self) -> Image:
        """An image for what all have in common."""
        return self.images[0]

    @property
    def places(self) -> int:
        """Number of different positions."""
        return len({image.position or image.path for image in self.images})

    @property
    def goodness(self) -> tuple[int, bool]:
        """How far from an original axial series; less is better."""
        return (rank(self.first), not is_axial(self.first))

    @property
    def label(self) -> str:
        """What ``--acquisition`` calls it among others of its series."""
        first = self.first
        direction = "axial" if is_axial(first) else "other"
        size = f"{first.pixel_mm[0]:g}mm" if first.pixel_mm else "unknown"
        return f"{direction}-{first.columns}x{first.rows}-{size}"


@dataclass(frozen=True, eq=False)
class Choice:
    """The stack to read.

    Attributes
    ----------
    chosen : Stack
    beside : tuple of Stack
        Others of the same series that are too large to be passed over.
    series : int
        How many CT series there are.
    patients : int
        How many patients there are images of.
    """

    chosen: Stack
    beside: tuple[Stack, ...]
    series: int
    patients: int

    @property
    def images(self) -> list[Image]:
        """All images that would be read, were each volume named."""
        return [image for stack in (self.chosen, *self.beside) for image in stack.images]


def choose_stack(images: Sequence[Image], series: str | None, name: str) -> Choice:
    """Return the stack to read.

    Parameters
    ----------
    images : sequence of Image
        Of one folder, multi-frame files as their frames.
    series : str, optional
        Series Instance UID.
    name : str
        What to call the folder in messages.

    Raises
    ------
    InputError
        Where there is no CT, no such series, or several are equally good.
    """
    if not images:
        raise InputError(f"'{name}' holds no DICOM images; name a folder with a CT series, or an image file.")
    if series is not None and series not in {image.series for image in images}:
        raise InputError(f"'{name}' has no series {series}; it has {_list_series(images)}.")
    named = [image for image in images if series is None or image.series == series]
    slices = [image for image in named if why_no_slice(image) is None]
    if not slices:
        raise InputError(_no_slices(named, name))
    stacks = stacks_of(slices)
    chosen, pool = _best(stacks)
    _refuse_guessing(chosen, pool, is_named=series is not None)
    beside = [each for each in _rivals(chosen, pool, _TOO_LARGE_TO_PASS) if same_series(each.first, chosen.first)]
    every = [image for image in images if why_no_slice(image) is None]
    return Choice(
        chosen,
        tuple(beside),
        series=len({series_of(image) for image in every}),
        patients=len({image.patient for image in images if image.patient}),
    )


def stacks_of(images: Sequence[Image]) -> list[Stack]:
    """Divide images into those that can lie in one volume, each being compared with the first of a stack."""
    stacks: dict[tuple, list[list[Image]]] = defaultdict(list)
    for image in images:
        alike = stacks[(image.patient, series_of(image), rank(image), image.rows, image.columns)]
        stack = next((stack for stack in alike if _same_layout(image, stack[0])), None)
        if stack is None:
            alike.append([image])
        else:
            stack.append(image)
    return [Stack(tuple(stack)) for alike in stacks.values() for stack in alike]


def same_series(one: Image, other: Image) -> bool:
    """Return whether two images belong to one series."""
    return series_of(one) == series_of(other)


def series_of(image: Image) -> tuple[str, str]:
    """Return what the series of an image is called: its UID, or that of the study where it has none."""
    return (image.series, "" if image.series else image.study)


def with_patients(images: Sequence[Image]) -> list[Image]:
    """Return the images with the patient of their series where they name none: missing is no contradiction."""
    named: dict[tuple, set[str]] = defaultdict(set)
    for image in images:
        if image.patient:
            named[series_of(image)].add(image.patient)
    return [
        replace(image, patient=next(iter(named[series_of(image)])))
        if not image.patient and len(named[series_of(image)]) == 1
        else image
        for image in images
    ]


def _best(stacks: Sequence[Stack]) -> tuple[Stack, list[Stack]]:
    """Return the largest of the stacks that are nearest to original axial ones, and all of these."""
    largest = max(stack.places for stack in stacks)
    pool = [stack for stack in stacks if stack.places >= _LEAST_SHARE * largest]
    best = min(stack.goodness for stack in pool)
    pool = [stack for stack in pool if stack.goodness == best]
    return min(pool, key=lambda stack: (-stack.places, stack.first.series, str(stack.first.path))), pool


def _rivals(chosen: Stack, pool: Sequence[Stack], share: float) -> list[Stack]:
    return [stack for stack in pool if stack is not chosen and stack.places >= share * chosen.places]


def _refuse_guessing(chosen: Stack, pool: Sequence[Stack], is_named: bool) -> None:
    strangers = [
        stack for stack in _rivals(chosen, pool, _TOO_LARGE_TO_PASS) if stack.first.patient != chosen.first.patient
    ]
    if strangers:
        patients = len({stack.first.patient for stack in (chosen, *strangers)})
        raise InputError(
            f"There are CT series of {patients} patients: {_list_stacks([chosen, *strangers])}; "
            "give a folder of one patient, or name a series with --series."
        )
    others = [stack for stack in _rivals(chosen, pool, _AS_LARGE) if not same_series(stack.first, chosen.first)]
    if others and not is_named:
        raise InputError(
            f"There are {1 + len(others)} CT series of about the same size: {_list_stacks([chosen, *others])}; "
            "name one with --series."
        )


def _same_layout(one: Image, other: Image) -> bool:
    """Return whether directions and pixel sizes are the same but for rounding."""
    directions, sizes = (one.orientation, other.orientation), (one.pixel_mm, other.pixel_mm)
    return (
        len(directions[0]) == len(directions[1])
        and len(sizes[0]) == len(sizes[1])
        and all(abs(a - b) <= _SAME_LAYOUT for a, b in zip(*directions, strict=True))
        and all(abs(a - b) <= _SAME_LAYOUT * abs(b) for a, b in zip(*sizes, strict=True))
    )


def _no_slices(images: Sequence[Image], name: str) -> str:
    """Return why there is no CT volume among `images`."""
    ct = [image for image in images if image.modality == "CT"]
    if not ct:
        modalities = sorted({image.modality or "unknown" for image in images})
        return f"'{name}' holds {', '.join(modalities)} images and no CT; choose a CT series."
    reasons = Counter(filter(None, map(why_no_slice, ct)))
    reason, _ = reasons.most_common(1)[0]
    first = next(image for image in ct if why_no_slice(image) is reason)
    said = {
        "Image Position": first.position,
        "Image Orientation": first.orientation,
        "Pixel Spacing": first.pixel_mm,
    }
    detail = {
        "UNPLACED": ": " + ", ".join(f"{key} {_listed(value)}" for key, value in said.items()),
        "MAP": f" ({quantity_of(first)})",
    }.get(reason.name, "")
    return (
        f"'{name}' has CT images but no axial slices with a position that could be measured, only {reason.value[1]}"
        f"{detail}; export the CT series again."
    )


def _listed(numbers: Sequence[float]) -> str:
    return "\\".join(f"{number:g}" for number in numbers) or "missing"


def _list_stacks(stacks: Sequence[Stack]) -> str:
    return _list_series([image for stack in stacks for image in stack.images])


def _list_series(images: Sequence[Image]) -> str:
    """Return UIDs, modalities, descriptions and numbers of images of all series as text."""
    counts = Counter((image.series, image.modality, image.description) for image in images)
    listed = [
        f"{uid or '(no UID)'} ({modality or 'no modality'}{', ' + text if text else ''}, {count} images)"
        for (uid, modality, text), count in counts.most_common(_LISTED)
    ]
    more = len(counts) - len(listed)
    return "; ".join(listed) + (f"; and {more} more" if more > 0 else "")
