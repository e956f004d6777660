"""What became of every file: flags about those that are not part of the volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...flags import Flag
from .choice import Choice, same_series
from .folder import Folder, Left, described
from .header import Image
from .kinds import is_placed, rank, why_no_slice

# Reasons that are about images of the series that was read.
_OF_THE_SERIES = (Left.UNPLACED, Left.UNLIKE, Left.DERIVED_SLICE, Left.STRANGE)


def flags_about_files(
    folder: Folder, read: Sequence[Image], copies: Iterable[Image], choice: Choice, is_named: bool
) -> tuple[Flag, ...]:
    """Return flags that count every file which was not read, with the reason.

    Parameters
    ----------
    folder : Folder
        Multi-frame files as their frames.
    read : sequence of Image
        What the volume was made of.
    copies : iterable of Image
        Those that are copies of images that were read.
    choice : Choice
        Where `read` come from.
    is_named : bool
        Whether the user named the series.
    """
    left = Counter(folder.left)
    known: dict[Path, Left | None] = dict.fromkeys((image.path for image in choice.images), Left.OTHER_VOLUME)
    known.update(dict.fromkeys((image.path for image in copies), Left.COPY))
    known.update(dict.fromkeys((image.path for image in read), None))
    reasons = {image.path: known.get(image.path, _reason(image, read[0])) for image in folder.images}
    left.update(reason for reason in reasons.values() if reason is not None)
    lost = Counter({reason: n for reason, n in left.items() if reason.is_lost and reason not in _OF_THE_SERIES})
    beside = Counter({reason: n for reason, n in left.items() if reason in _OF_THE_SERIES})
    passed = Counter({reason: n for reason, n in left.items() if not reason.is_lost})
    flags = []
    if not is_named and choice.series > 1:
        others = passed.pop(Left.OTHER_SERIES, 0)
        message = (
            f"There are {choice.series} CT series; the largest original one was read "
            f"({len({image.path for image in read})} images), {others} images of others were not."
        )
        flags.append(Flag("several_series", message))
    if not is_named and choice.patients > 1:
        message = f"There are images of {choice.patients} patients; those of the one with the largest CT were read."
        flags.append(Flag("several_patients", message))
    if lost:
        message = (
            f"{lost.total()} of {folder.count} files could not be read and may belong to the series: {described(lost)}."
        )
        flags.append(Flag("files_left_out", message))
    if beside:
        flags.append(Flag("mixed_series", f"Images of the series were left out: {described(beside)}."))
    if passed:
        flags.append(Flag("files_passed_over", f"Not part of the volume that was read: {described(passed)}."))
    return tuple(flags)


def _reason(image: Image, read: Image) -> Left:
    """Return why an image is not part of the volume that `read` belongs to."""
    why = why_no_slice(image)
    if image.patient and read.patient and image.patient != read.patient:
        return why if why is Left.LOCALIZER else Left.OTHER_PATIENT
    if not same_series(image, read):
        return Left.OTHER_SERIES if why in (None, Left.UNPLACED) else why
    if why is None:
        return Left.DERIVED_SLICE if rank(image) > rank(read) else Left.UNLIKE
    looks_alike = is_placed(image) and (image.rows, image.columns) == (read.rows, read.columns)
    return Left.STRANGE if looks_alike and why is not Left.LOCALIZER else why
