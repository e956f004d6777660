"""What is kept on the disk against a crash: whole whenever its writer dies, private, and nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.history import Entry, MaskState, recovery, writer
from AbdominalCalcificationLib.history.journal import beginning, record, records
from AbdominalCalcificationLib.history.recovery import MaskBase, RecoveryStore, left_behind, read_case
from AbdominalCalcificationLib.scene.edits import packed, unpacked

SHAPE = (4, 5, 6)
CT = {"name": "Somebody", "shape": list(SHAPE)}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(recovery.RECOVERY_VARIABLE, str(tmp_path / "recovery"))
    return tmp_path / "recovery"


def a_base(mask, **attributes):
    return MaskBase("calcification", "Somebody calcification", attributes, MaskState.of(mask), lambda: packed(mask))


def add_edit(store, mask, index, label):
    """Change one voxel, and write that."""
    before = mask.copy()
    mask.reshape(-1)[index] = label
    entry = Entry("2026-01-01T00:00:00+00:00", f"2026-01-01T00:00:{index:02}+00:00", "ann", "Paint", {label: (1, 0)})
    where = np.flatnonzero(before.reshape(-1) != mask.reshape(-1))
    store.add_edit("calcification", entry, where, mask.reshape(-1)[where], MaskState.of(mask))


@pytest.fixture
def a_store(place):
    """A store with five edits; what is read back as, and its folder."""
    mask = np.zeros(SHAPE, np.uint8)
    store = RecoveryStore(CT, lambda: "checksum")
    store.begin([a_base(mask.copy(), **{"AbdominalCalcification.X": "1"})])
    for index in range(5):
        add_edit(store, mask, index, 1)
    store.add_attributes("calcification", {"AbdominalCalcification.Y": "2"})
    assert store.wait(30)
    (folder,) = (each for each in place.iterdir() if each.is_dir())
    yield store, mask, folder
    store.discard()
    assert not folder.exists()


def replayed(case):
    """The calcification mask of a case after all its edits."""
    _shape, box, labels = unpacked(case.masks["calcification"].text)
    array = np.zeros(SHAPE, np.uint8)
    array[box] = labels
    return case.masks["calcification"].replayed(array)


def test_what_was_written_is_read_again(a_store):
    _store, mask, folder = a_store
    case = read_case(folder)
    assert np.array_equal(replayed(case), mask)
    assert case.ct == {**CT, "voxels_sha256": "checksum"}
    assert case.masks["calcification"].final_state == MaskState.of(mask)
    assert case.masks["calcification"].attributes == {"AbdominalCalcification.X": "1", "AbdominalCalcification.Y": "2"}
    assert case.time == "2026-01-01T00:00:04+00:00"


def test_nobody_else_can_read_it_and_no_name_tells_whose_it_is(a_store, place):
    _store, _mask, folder = a_store
    files = [each for each in place.rglob("*") if each.is_file() and ".claimed" not in each.name]
    assert [each.name for each in files] == ["masks.journal"]
    assert "Somebody" not in str(folder)
    if os.name != "nt":
        assert [each.stat().st_mode & 0o777 for each in (folder, *files)] == [0o700, 0o600]


def test_a_file_cut_at_any_byte_gives_all_whole_edits_before(a_store, tmp_path):
    _store, _mask, folder = a_store
    content = (folder / "masks.journal").read_bytes()
    cut = tmp_path / "cut" / "masks.journal"
    cut.parent.mkdir()
    counts = []
    for size in range(len(content) + 1):
        cut.write_bytes(content[:size])
        try:
            case = read_case(cut.parent)
        except InputError:
            assert size < len(beginning())
            continue
        if case is not None:
            entries = case.masks["calcification"].entries
            counts.append(len(entries))
            assert np.count_nonzero(replayed(case)) == len(entries)
    assert sorted(counts) == counts
    assert set(counts) == set(range(6))


def test_a_damaged_byte_ends_the_reading(a_store, tmp_path):
    _store, _mask, folder = a_store
    content = bytearray((folder / "masks.journal").read_bytes())
    whole = len(list(records(folder / "masks.journal")))
    for place in range(len(beginning()) + 4, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 0x55
        (tmp_path / "j").write_bytes(damaged)
        assert len(list(records(tmp_path / "j"))) < whole


def test_what_this_program_works_on_is_not_offered_to_itself(a_store):
    assert left_behind() == []


SIDE = """
import sys, time
import numpy as np
from AbdominalCalcificationLib.history import MaskState
from AbdominalCalcificationLib.history.recovery import MaskBase, RecoveryStore
from AbdominalCalcificationLib.scene.edits import packed
mask = np.ones((4, 5, 6), np.uint8)
store = RecoveryStore({"name": "Other", "shape": [4, 5, 6]}, lambda: "checksum")
store.begin([MaskBase("arteries", "Other arteries", {}, MaskState.of(mask), lambda: packed(mask))])
store.wait()
print("ready", flush=True)
sys.stdin.read()
import os
os._exit(1)
"""


def test_what_another_running_program_works_on_is_left_alone_until_it_has_ended(place):
    other = subprocess.Popen([sys.executable, "-c", SIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "ready\n"
        assert left_behind() == []
        assert len(list(place.glob("*/masks.journal"))) == 1
        other.stdin.close()
        assert other.wait(30) == 1
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    (case,) = left_behind()
    assert case.ct["name"] == "Other"
    assert unpacked(case.masks["arteries"].text)[2].all()
    case.discard()
    assert left_behind() == []


def test_a_disk_that_refuses_is_told_and_leaves_no_gap(a_store, monkeypatch):
    """An edit without the one before it would be worth nothing: all is begun anew."""
    store, mask, folder = a_store
    with monkeypatch.context() as patch:
        patch.setattr(writer, "open", refuse, raising=False)
        add_edit(store, mask, 7, 1)
        assert store.wait(30)
    assert "No space" in store.problem.reason
    add_edit(store, mask, 8, 1)
    assert store.wait(30)
    assert len(read_case(folder).masks["calcification"].entries) == 5
    assert store.is_to_begin
    store.begin([a_base(mask.copy())])
    add_edit(store, mask, 9, 1)
    assert store.wait(30)
    assert store.problem is None
    assert not store.is_to_begin
    assert np.array_equal(replayed(read_case(folder)), mask)


def refuse(*_args, **_kwargs):
    raise OSError(28, "No space left on device")


def test_a_file_that_has_grown_is_written_anew(a_store, monkeypatch):
    store, mask, folder = a_store
    monkeypatch.setattr(writer, "MAX_BYTES", 500)
    assert store.is_to_begin
    before = (folder / "masks.journal").stat().st_size
    store.begin([a_base(mask.copy())])
    assert store.wait(30)
    assert (folder / "masks.journal").stat().st_size < before
    case = read_case(folder)
    assert case.masks["calcification"].entries == []
    assert case.masks["calcification"].final_state == MaskState.of(mask)


def test_what_another_version_left_stays_and_hides_nothing_else(place, tmp_path):
    for name, said in (("a", {"kind": "case", "ct": {}}), ("b", {"kind": "case"})):
        folder = place / name
        folder.mkdir(parents=True)
        mask = record({"kind": "mask", "role": "arteries"}, b"")
        (folder / "masks.journal").write_bytes(beginning() + record(said) + mask)
    assert left_behind() == []
    assert sorted(each.name for each in place.iterdir() if each.is_dir()) == ["a", "b"]


def test_other_files_are_refused(tmp_path):
    (tmp_path / "masks.journal").write_bytes(b"something else")
    with pytest.raises(InputError, match="no journal"):
        read_case(tmp_path)
    assert list(records_of(tmp_path, record({"kind": "ct", "voxels_sha256": "1"}))) == [
        ({"kind": "ct", "voxels_sha256": "1"}, b"")
    ]
    assert read_case(tmp_path) is None, "an edit of nothing"


def records_of(folder, content):
    (folder / "masks.journal").write_bytes(beginning() + content)
    return records(folder / "masks.journal")
