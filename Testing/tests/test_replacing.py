"""Replacing files and whole folders: all of them, or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.replacing import replacing


def files_below(folder):
    return {str(each.relative_to(folder)): each.read_text() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture
def model(tmp_path):
    """An old model folder, and a new one beside it."""
    for name, text in (("model", "old"), ("new", "new")):
        (tmp_path / name / "fold_0").mkdir(parents=True)
        (tmp_path / name / "plans.json").write_text(text)
        (tmp_path / name / "fold_0" / "weights").write_text(text)
    return tmp_path / "model"


def replace_model(model):
    with replacing(model.parent, "model") as replacement:
        replacement.put_in(model.parent / "new", "model")


def replace_fold(model):
    with replacing(model, "model") as replacement:
        replacement.put_in(model.parent / "new" / "fold_0", "fold_0")


def test_a_folder_takes_the_place_of_another(model):
    replace_fold(model)
    assert files_below(model) == {"plans.json": "old", "fold_0/weights": "new"}
    (model.parent / "new" / "fold_0").mkdir()
    (model.parent / "new" / "fold_0" / "weights").write_text("newest")
    replace_model(model)
    assert files_below(model.parent) == {"model/plans.json": "new", "model/fold_0/weights": "newest"}


@pytest.mark.parametrize("replace", [replace_model, replace_fold])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_around_any_move_loses_nothing(model, monkeypatch, replace, count, when):
    rename, left = os.rename, [count]

    def interrupted(source, target):
        left[0] -= 1
        if left[0] == 0 and when == "before":
            raise KeyboardInterrupt
        rename(source, target)
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace(model)
    assert left[0] <= 0
    assert files_below(model) == {"plans.json": "old", "fold_0/weights": "old"}
    assert not list(model.parent.rglob(".replaced-*"))


def test_an_old_folder_that_cannot_be_put_back_is_kept_and_its_place_is_said(model, monkeypatch):
    rename = os.rename

    def failing(source, target):
        if Path(source).name == "new":
            raise OSError(28, "No space left on device")
        if ".replaced-" in str(source):
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(InputError, match=r"earlier model could not be put back .*Permission denied") as caught:
        replace_model(model)
    (kept,) = model.parent.glob(".replaced-*")
    assert str(kept) in str(caught.value)
    assert files_below(kept / "model") == {"plans.json": "old", "fold_0/weights": "old"}
