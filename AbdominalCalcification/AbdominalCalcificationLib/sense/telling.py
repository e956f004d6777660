"""What anatomical sense says of masks, whoever made them, and when it was said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from ..flags import KINDS, Flag
from ..geometry import Volume
from ..progress import Steps
from .dissection import dissection_steps
from .metal import stent_flags
from .stents import find_stents_steps

NO_AORTA = "no_abdominal_aorta"
# Seen in the image however the masks came about: once for a territory is enough.
_SEEN = ("stent", "dissection_suspected")


def seen_in_steps(ct: Volume, arteries: Volume, arteries_given: bool, calcification_given: bool) -> Steps[list[Flag]]:
    """Return what the image shows of stents and dissections where a mask was given; it stays as it is."""
    flags: list[Flag] = []
    if calcification_given:
        stents = yield from find_stents_steps(ct, arteries)
        flags += stent_flags(stents)
    if arteries_given:
        flags += yield from dissection_steps(ct, arteries)
    return flags


def told_with(origins: Iterable[Mapping]) -> list[Flag]:
    """Return the flags that were raised when masks were made, as their origins keep them."""
    return [Flag(**told) for origin in origins for told in origin.get("flags", ()) if told["code"] in KINDS]


def remember(sense: Mapping[str, Iterable[Flag]], origins: Mapping[str, dict]) -> None:
    """Keep the flags of each mask that was made with its origin, for :func:`told_with`."""
    for role, told in sense.items():
        if role in origins and told:
            origins[role]["flags"] = [asdict(flag) for flag in told]


def once(flags: Iterable[Flag]) -> list[Flag]:
    """Return flags without those that one before says already."""
    first: dict[tuple[str, str | None, str], Flag] = {}
    for flag in flags:
        first.setdefault((flag.code, flag.territory, "" if flag.code in _SEEN else flag.message), flag)
    return list(first.values())
