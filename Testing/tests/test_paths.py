"""What C++ libraries are given as the name of a file."""

from __future__ import annotations

import os

import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.paths import native_path, shown_path


@pytest.mark.parametrize("name", ["ct.nii.gz", "Müller/ärzte 7.nrrd", "日本/図.mha", "a" * 255, "", "..", "/"])
def test_names_of_every_alphabet_go_through(name, tmp_path):
    assert native_path(name) == name
    assert native_path(tmp_path / name) == str(tmp_path / name)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"caf\xe9.nii", r"caf\xe9.nii"),
        (b"folder\xff/ct.nii", r"folder\xff/ct.nii"),
        (b"two\nlines.nii", r"two\nlines.nii"),
        (b"\x1b[31mred.nii", r"\x1b[31mred.nii"),
        (b"nul\0.nii", r"nul\x00.nii"),
        ("two\u2028lines.nii".encode(), r"two\u2028lines.nii"),
    ],
)
def test_a_name_that_is_no_text_is_refused_in_one_line_that_can_be_printed(raw, shown):
    path = raw.decode("utf-8", "surrogateescape")
    with pytest.raises(InputError, match="rename it") as refusal:
        native_path(path)
    assert shown in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert shown_path(path) == shown


def test_a_lone_surrogate_that_is_no_byte_is_refused_too():
    with pytest.raises(InputError, match=r"\\ud800"):
        native_path("a\ud800.nii")


@pytest.mark.skipif(os.name == "nt", reason="Windows counts letters, not bytes")
@pytest.mark.parametrize("name", ["a" * 300 + ".nii.gz", "ä" * 128, f"{'b' * 256}/ct.nii"])
def test_a_name_that_is_too_long_is_refused_with_its_length(name):
    with pytest.raises(InputError, match=r"is \d+ bytes long, and file systems allow 255; shorten it") as refusal:
        native_path(name)
    assert len(str(refusal.value)) < 200
