"""The history of a mask adds up to what was done to it, however it was done."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from AbdominalCalcificationLib.geometry import bounding_box
from AbdominalCalcificationLib.history import UNATTENDED, Entry, Ledger, MaskState, ledger

SHAPE = (5, 6, 7)
START = datetime(2026, 3, 1, tzinfo=timezone.utc)


def a_mask(seed=0):
    return np.random.default_rng(seed).integers(0, 4, SHAPE, np.uint8)


def changed(mask, seed):
    """The mask with a random box of it filled anew."""
    random = np.random.default_rng(seed)
    low = [int(random.integers(0, size)) for size in SHAPE]
    box = tuple(slice(first, int(random.integers(first, size)) + 1) for first, size in zip(low, SHAPE, strict=True))
    new = mask.copy()
    new[box] = random.integers(0, 4, new[box].shape, np.uint8)
    return new


def entry_of(before, after, second=0, tool="Paint", editor="ann"):
    box = bounding_box(before != after)
    time = (START + timedelta(seconds=second)).isoformat()
    return Entry.of_change(before[box], after[box], box, time=time, editor=editor, tool=tool)


def sums(entries):
    total = {}
    for each in entries:
        for label, (added, removed) in each.labels.items():
            total[label] = total.get(label, 0) + added - removed
    return {label: count for label, count in total.items() if count}


def difference(start, end):
    counts = {label: np.count_nonzero(end == label) - np.count_nonzero(start == label) for label in range(1, 256)}
    return {label: int(count) for label, count in counts.items() if count}


edit = st.tuples(
    st.integers(0, 1000), st.sampled_from(["Paint", "Erase"]), st.sampled_from([5, 500]), st.sampled_from("ab")
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(edit, st.integers(2000, 3000)), max_size=12), st.integers(2, 5))
def test_entries_add_up_to_the_difference(edits, most):
    """Numbers alone are changes that nobody watched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "MAX_ENTRIES", most)
        start = mask = a_mask()
        found, second = Ledger.beginning(MaskState.of(start)), 0
        for each in edits:
            seed = each if isinstance(each, int) else each[0]
            new = changed(mask, seed)
            if np.array_equal(new, mask):
                continue
            if isinstance(each, int):
                found = found.closed(MaskState.of(new), time=START.isoformat(), editor="ann")
            else:
                second += each[2]
                found = found.with_entry(entry_of(mask, new, second, each[1], each[3]), MaskState.of(new))
            mask = new
        assert sums(found.entries) == difference(start, mask)
        assert found.state == MaskState.of(mask)
        assert len(found.entries) <= most
        assert Ledger.read(found.document()) == found


def test_the_state_of_a_mask_follows_an_edit_by_its_box_alone():
    before = a_mask()
    after = before.copy()
    after[1:4, 2:5, 3:6] = 9
    box, start = np.s_[1:4, 2:5, 3:6], (1, 2, 3)
    state = MaskState.of(before) - MaskState.of(before[box], start, SHAPE) + MaskState.of(after[box], start, SHAPE)
    assert state == MaskState.of(after)
    assert state.counts[9] == 27
    assert MaskState.read(state.document()) == state


def test_one_voxel_elsewhere_is_another_state():
    mask = np.zeros(SHAPE, np.uint8)
    states = set()
    for index in np.ndindex(SHAPE):
        for label in (1, 2):
            mask[index] = label
            states.add(MaskState.of(mask).fingerprint)
        mask[index] = 0
    assert len(states) == 2 * mask.size
    assert MaskState.of(mask).counts == {}


def test_strokes_of_one_tool_in_a_row_are_one_entry():
    masks = [np.zeros(SHAPE, np.uint8)]
    for k in range(4):
        masks.append(masks[-1].copy())
        masks[-1][k, 1, 1] = 1
    found = Ledger.beginning(MaskState.of(masks[0]))
    for (before, after), second in zip(pairwise(masks), (0, 59, 119, 180), strict=True):
        found = found.with_entry(entry_of(before, after, second), MaskState.of(after))
    assert [each.edits for each in found.entries] == [3, 1]
    assert found.entries[0].labels == {1: (3, 0)}
    assert found.entries[0].box == np.s_[0:3, 1:2, 1:2]


@pytest.mark.parametrize("other", [{"tool": "Erase"}, {"editor": "bob"}])
def test_what_another_tool_or_person_does_is_another_entry(other):
    first = np.zeros(SHAPE, np.uint8)
    second, third = first.copy(), first.copy()
    second[0, 0, 0] = third[0, 0, 0] = third[0, 0, 1] = 1
    found = Ledger.beginning(MaskState.of(first)).with_entry(entry_of(first, second), MaskState.of(second))
    found = found.with_entry(entry_of(second, third, 1, **other), MaskState.of(third))
    assert len(found.entries) == 2


def test_the_oldest_entries_are_put_together_and_say_so(monkeypatch):
    monkeypatch.setattr(ledger, "MAX_ENTRIES", 3)
    mask = np.zeros(SHAPE, np.uint8)
    found = Ledger.beginning(MaskState.of(mask))
    for number in range(10):
        new = mask.copy()
        new.reshape(-1)[number] = 1
        found = found.with_entry(entry_of(mask, new, 100 * number, editor="ab"[number % 2]), MaskState.of(new))
        mask = new
    assert [each.edits for each in found.entries] == [8, 1, 1]
    assert (found.entries[0].tool, found.entries[0].editor) == ("several", "several")
    assert found.entries[0].labels == {1: (8, 0)}


def test_what_nobody_watched_is_an_entry_of_its_own():
    mask = np.zeros(SHAPE, np.uint8)
    new = mask.copy()
    new[0, 0, :3] = 2
    found = Ledger.beginning(MaskState.of(mask))
    assert found.closed(MaskState.of(mask), time="2026-01-01", editor="ann") is found
    found = found.closed(MaskState.of(new), time=START.isoformat(), editor="ann")
    assert [(each.tool, each.labels, each.box) for each in found.entries] == [(UNATTENDED, {2: (3, 0)}, None)]
    moved = np.roll(new, 1, axis=2)
    found = found.closed(MaskState.of(moved), time=START.isoformat(), editor="ann")
    assert [each.labels for each in found.entries] == [{2: (3, 0)}, {}], "as many as before, and still told"
