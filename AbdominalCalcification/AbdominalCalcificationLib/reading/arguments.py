"""What users write on the command line, parsed."""

from __future__ import annotations

import re

from ..anatomy import CALCIFICATION, KEPT_LENGTHS, known_names, territories_of_name
from ..errors import InputError
from ..names import is_calcification_name


def parse_label_mapping(text: str) -> dict[int | str, str]:
    """Parse ``52=aorta,Segment_2=renal_left`` into mask values, or names of segments and files, and what they are.

    Pairs are divided by commas or, as in tables of cases with commas, by semicolons.

    Raises
    ------
    InputError
        For text of another form, values below 1, a value given twice and unknown names.
    """
    mapping: dict[int | str, str] = {}
    for key, name in _parts(text, "52=aorta,65=common_iliac_left"):
        _check_name(name)
        _add(mapping, key, name)
    return mapping


def parse_calcification_labels(text: str) -> dict[int | str, str]:
    """Parse ``2,Segment_3`` into the mask values, or names of segments and files, that are calcification.

    Raises
    ------
    InputError
        For text of another form, values below 1 and a value given twice.
    """
    mapping: dict[int | str, str] = {}
    for part in re.split("[,;]", text):
        key, _, name = (side.strip() for side in part.partition("="))
        if not key or (name and not is_calcification_name(name)):
            raise InputError(f"'{text}' cannot be understood; write it like 2,Segment_3.")
        _add(mapping, key, CALCIFICATION)
    return mapping


def parse_kept_lengths(text: str) -> dict[str, float]:
    """Parse ``renal=30,renal_left=25,common_iliac=inf`` into path lengths in mm, of groups and of single branches.

    Raises
    ------
    InputError
        For text of another form, unknown groups and branches, and lengths that are not numbers of at least 0.
    """
    lengths: dict[str, float] = {}
    for group, value_text in _parts(text, "renal=30,mesenteric=50,common_iliac=40"):
        if group not in KEPT_LENGTHS:
            raise InputError(f"There is no kept length called '{group}'; use {', '.join(KEPT_LENGTHS)}.")
        try:
            length = float(value_text)
        except ValueError:
            length = -1.0
        if not length >= 0:
            raise InputError(f"'{value_text}' is not a length for {group}; write millimetres, or inf to keep all.")
        if group in lengths:
            raise InputError(f"The kept length of {group} is given twice; give it once.")
        lengths[group] = length
    return lengths


def parse_label_names(text: str) -> dict[str, str]:
    """Parse ``infrarenal=aorta,plaques=calcification`` into names of model labels and what they mean.

    Raises
    ------
    InputError
        For text of another form, a label given twice, and meanings that are unknown.
    """
    names: dict[str, str] = {}
    for label, meaning in _parts(text, "infrarenal=aorta,plaques=calcification"):
        if not is_calcification_name(meaning):
            _check_name(meaning)
        if label in names:
            raise InputError(f"The label '{label}' is named twice; name each label once.")
        names[label] = meaning
    return names


def _add(mapping: dict[int | str, str], key: str, meaning: str) -> None:
    """Enter what a value or a name stands for."""
    entry: int | str = key
    if re.fullmatch(r"[+-]?[\d.]+", key):
        entry = int(key) if re.fullmatch(r"\d{1,5}", key) else 0
        if entry < 1:
            raise InputError(f"'{key}' is not a mask value; write a whole number above 0, as in 52=aorta.")
    if entry in mapping:
        raise InputError(f"The mask value {entry} is named twice; name each value once.")
    mapping[entry] = meaning


def _check_name(name: str) -> None:
    if name.isdecimal():
        raise InputError(f"'{name}' is no artery; write the value first, as in {name}=aorta.")
    if not territories_of_name(name):
        raise InputError(f"'{name}' is not an artery this program knows; use one of {', '.join(known_names())}.")


def _parts(text: str, example: str) -> list[tuple[str, str]]:
    parts = [part.strip() for part in re.split("[,;]", text) if part.strip()]
    pairs = [[side.strip() for side in part.split("=")] for part in parts]
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise InputError(f"'{text}' cannot be understood; write it like {example}.")
    return [(value, name) for value, name in pairs]
