"""For other programs: one CT from files to numbers in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .claiming import claimed
from .export import export_steps
from .flags import Flag
from .geometry import Volume
from .pipeline import Analysis, Choices, Given, analyze_steps
from .progress import Progress, Steps, drain
from .reading import other_ct_flags, read_arteries, read_calcification, read_ct
from .reporting import ResultFolder, keep_inputs


def analyze(
    ct: Path | str | Volume,
    arteries: Path | str | Sequence[Path | str] | Volume | None = None,
    calcification: Path | str | Volume | None = None,
    *,
    output: Path | str | None = None,
    overwrite: bool = False,
    report: Callable[[Progress], None] | None = None,
    **choices,
) -> Analysis:
    """Segment what is not given, measure, and return the numbers and masks.

    Parameters
    ----------
    ct : path or Volume
        DICOM folder, NIfTI, NRRD or MetaImage; or HU with their geometry (``geometry.Volume``).
    arteries : path, sequence of paths or Volume, optional
        Artery masks in the forms that ``--arteries`` takes, or territory labels; without them a model finds them.
    calcification : path or Volume, optional
        Calcification mask; without it a model or a threshold finds it.
    output : path, optional
        Folder that gets the files of the command ``analyze``; nothing is written by default.
    overwrite : bool
        Replace the result that `output` holds.
    report : callable, optional
        Called with each :class:`progress.Progress`.
    **choices
        What :class:`pipeline.Choices` takes: ``calcification_threshold="realistic"``, ``artery_models=[folder]``,
        ``device="cpu"``, …

    Returns
    -------
    pipeline.Analysis
        ``measurement`` has the numbers, its ``trust`` the verdict on them.

    Raises
    ------
    AbdominalCalcificationError
        One line about what is wrong and what to do.

    Examples
    --------
    >>> from AbdominalCalcificationLib import analyze
    >>> measurement = analyze("ct.nrrd", calcification_threshold="realistic").measurement  # doctest: +SKIP
    >>> measurement.territory("aorta").burden  # doctest: +SKIP
    0.042
    """
    chosen = Choices(**choices)
    if output is None:
        return drain(_analyzed_steps(ct, arteries, calcification, chosen), report)
    with claimed(Path(output)):
        if not isinstance(ct, Volume):
            keep_inputs(output, [Path(ct)])
        ResultFolder(output, overwrite=overwrite)  # refuses here, before any work is done
        analysis = drain(_analyzed_steps(ct, arteries, calcification, chosen), report)
        drain(export_steps(analysis, analysis.ct, output, overwrite=overwrite), report)
    return analysis


def _analyzed_steps(ct, arteries, calcification, choices: Choices) -> Steps[Analysis]:
    volume, given = yield from read_case_steps(ct, arteries, calcification)
    return (yield from analyze_steps(volume, choices, given))


def read_case_steps(
    ct: Path | str | Volume,
    arteries: Path | str | Sequence[Path | str] | Volume | None = None,
    calcification: Path | str | Sequence[Path | str] | Volume | None = None,
    *,
    artery_labels: Mapping[int | str, str] | None = None,
    calcification_labels: Mapping[int | str, str] | None = None,
    series: str | None = None,
    acquisition: str | None = None,
) -> Steps[tuple[Volume, Given]]:
    """Read a CT and the masks that are given for it, with all that the files say about them.

    Parameters
    ----------
    ct, arteries, calcification
        As of :func:`analyze`.
    artery_labels, calcification_labels : mapping of int or str to str, optional
        What values and segments of the masks mean, see ``reading.read_arteries``, ``reading.read_calcification``.
    series, acquisition : str, optional
        Which series and which of its volumes, see ``reading.read_ct``.
    """
    yield Progress("Reading the CT", 0.0)
    identity: dict | None = None
    flags: list[Flag] = []
    source = None
    if not isinstance(ct, Volume):
        image = read_ct(ct, series, acquisition)
        ct, identity, source = image.volume, image.identity, image.source
        flags += image.flags
    masks: dict[str, Volume | None] = {}
    for role, named, read, labels in (
        ("artery", arteries, read_arteries, artery_labels),
        ("calcification", calcification, read_calcification, calcification_labels),
    ):
        if named is None or isinstance(named, Volume):
            masks[role] = named
        else:
            yield Progress(f"Reading the {role} mask", 0.0)
            mask = read(named, labels)
            flags += (*mask.flags, *other_ct_flags(mask, identity or {}, f"{role} mask"))
            masks[role] = mask.volume
    return ct, Given(
        masks["artery"],
        masks["calcification"],
        identity,
        flags,
        artery_labels=artery_labels,
        calcification_labels=calcification_labels,
        source=source,
    )
