"""Numbers that follow edits equal those of measuring everything again."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import LiveMeasurement, MeasurementParameters, Part, Reassignment, measure
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reporting.documents import (
    document_reassignments,
    measurement_document,
    measurements_schema,
)
from live_cases import a_small_case, differences, label_of

EVERYWHERE = (slice(None),) * 3


class Edited:
    """A case that is measured live, beside the masks as they should be."""

    def __init__(self, ct, labels, calcified, parameters=None):
        self.ct, self.masks, self.parameters = ct, {"arteries": labels, "calcification": calcified}, parameters
        copies = [Volume(mask.copy(), ct.grid) for mask in self.masks.values()]
        self.live = LiveMeasurement(ct, *copies, parameters)
        self.updated()

    def updated(self):
        """Update, and hold the result against a full measurement."""
        result = drain(self.live.update_steps())
        masks = [Volume(mask.copy(), self.ct.grid) for mask in self.masks.values()]
        assert differences(result, measure(self.ct, *masks, self.parameters)) == []
        return result

    def edit(self, role, box, values):
        self.masks[role][box] = values
        self.live.edit(role, box, np.array(self.masks[role][box]))

    def set_parameters(self, **chosen):
        self.parameters = MeasurementParameters(**chosen)
        self.live.set_parameters(self.parameters)

    def box_of(self, label):
        kji = np.argwhere(self.masks["arteries"] == label)
        return tuple(slice(a, b + 1) for a, b in zip(kji.min(axis=0).tolist(), kji.max(axis=0).tolist(), strict=True))


@pytest.fixture
def edited():
    return Edited(*a_small_case())


def counted(monkeypatch, module, name):
    """Return a list that grows with each call of a function of a module."""
    calls, function = [], getattr(module, name)

    def spied(*arguments, **named):
        calls.append(name)
        return function(*arguments, **named)

    monkeypatch.setattr(module, name, spied)
    return calls


def test_an_edit_of_calcification_follows_no_artery_anew(edited, monkeypatch):
    from AbdominalCalcificationLib.measurement import arteries, bifurcation, branches

    calls = [
        counted(monkeypatch, branches, "follow_branch_steps"),
        counted(monkeypatch, bifurcation, "follow_trunk_steps"),
        counted(monkeypatch, arteries, "judged_steps"),
    ]
    for value in (1, 0):
        edited.edit("calcification", edited.box_of(label_of("renal_left")), value)
        drain(edited.live.update_steps())
    assert calls == [[], [], []]
    edited.updated()
    assert all(calls)  # a full measurement does


def test_an_edit_of_one_branch_follows_no_other(edited, monkeypatch):
    from AbdominalCalcificationLib.measurement import bifurcation, branches

    followed = counted(monkeypatch, branches, "follow_branch_steps")
    trunks = counted(monkeypatch, bifurcation, "follow_trunk_steps")
    box = edited.box_of(label_of("renal_left"))
    end = (*box[:2], slice(box[2].stop - 1, box[2].stop))
    edited.edit("arteries", end, 0)
    drain(edited.live.update_steps())
    assert (len(followed), len(trunks)) == (1, 0)
    edited.updated()
    assert (len(followed), len(trunks)) == (7, 1)


def test_nothing_is_an_edit_that_changes_nothing(edited):
    box = edited.box_of(1)
    assert not edited.live.edit("arteries", box, edited.masks["arteries"][box].copy())


@pytest.mark.parametrize("name", ["aorta", "renal_left", "common_iliac_left"])
def test_a_territory_that_goes_and_comes_back(edited, name):
    box = edited.box_of(label_of(name))
    before = edited.masks["arteries"][box].copy()
    edited.edit("arteries", box, np.where(before == label_of(name), 0, before))
    assert not edited.updated().territory(name).found
    edited.edit("arteries", box, before)
    assert edited.updated().territory(name).found


def test_an_update_that_is_closed_anywhere_loses_no_edit(edited):
    rng = np.random.default_rng(0)
    for steps in (1, 5, 20, 60):
        for role, values in (("arteries", 0), ("calcification", 1)):
            place = rng.integers(10, 40, 3)
            edited.edit(role, tuple(slice(int(n), int(n) + 5) for n in place), values)
            update = edited.live.update_steps()
            for _ in range(steps):
                if next(update, None) is None:
                    break
            update.close()
    edited.updated()


def test_an_edit_in_the_middle_of_an_update_is_a_fault_of_the_caller(edited):
    edited.edit("calcification", edited.box_of(1), 1)
    update = edited.live.update_steps()
    next(update)
    with pytest.raises(RuntimeError, match="close the update"):
        edited.live.edit("calcification", edited.box_of(1), edited.masks["calcification"][edited.box_of(1)] * 0)
    update.close()
    edited.updated()


def test_a_label_that_no_artery_has_is_refused_and_the_mask_stays(edited):
    with pytest.raises(InputError, match="labels that no artery has"):
        edited.live.edit("arteries", (slice(0, 2),) * 3, np.full((2, 2, 2), 99, np.uint8))
    edited.updated()


def test_arteries_that_reach_farther_than_before(edited):
    edited.edit("arteries", (slice(0, 5), slice(10, 18), slice(20, 28)), 1)
    edited.updated()
    edited.edit("arteries", (slice(0, 5), slice(10, 18), slice(20, 28)), 0)
    edited.updated()


def test_more_clusters_than_a_byte_counts(edited):
    dots = np.zeros(edited.ct.grid.shape, np.uint8)
    dots[::2, ::2, ::2] = 1
    before = edited.masks["calcification"].copy()
    edited.edit("calcification", EVERYWHERE, dots)
    assert edited.updated().clusters_map.array.dtype == np.uint16
    edited.edit("calcification", EVERYWHERE, before)
    assert edited.updated().clusters_map.array.dtype == np.uint8


def test_parameters_that_change(edited):
    edited.set_parameters(kept_length_mm={"renal": 8, "common_iliac": 20})
    edited.updated()
    edited.set_parameters(max_distance_mm=9, min_cluster_volume_mm3=15)
    edited.updated()


# --- A length for one branch, and calcification given by hand ------------------------------------------


def test_the_kept_length_of_one_branch_goes_before_that_of_its_group(edited):
    both = edited.updated()
    edited.set_parameters(kept_length_mm={"renal_left": 6.0})
    one = edited.updated()
    assert one.territory("renal_left").artery_volume_mm3 < 0.6 * both.territory("renal_left").artery_volume_mm3
    assert one.territory("renal_right") == both.territory("renal_right")
    document = measurement_document(one)
    jsonschema.validate(document, measurements_schema())
    assert document["parameters"]["kept_length_mm"]["renal_left"] == 6


def a_bar():
    """An aorta and a left renal artery, straight, in voxels of 1 mm; nothing calcified."""
    labels = np.zeros((40, 24, 60), np.uint8)
    labels[:, 6:18, 4:16], labels[18:24, 9:15, 16:56] = 1, label_of("renal_left")
    ct = Volume(np.where(labels, 300, 0).astype(np.int16), Grid.from_spacing(labels.shape))
    return Edited(ct, labels, np.zeros(labels.shape, np.uint8), MeasurementParameters({"renal": 25}))


def given(name, grid, box):
    inside = np.zeros(grid.shape, bool)
    inside[box] = True
    return Reassignment(name, grid.ras_of_kji(np.argwhere(inside)))


def test_calcification_given_to_an_artery_counts_for_it_and_for_no_other():
    case = a_bar()
    box = (slice(20, 22), slice(11, 13), slice(12, 15))  # 12 voxels in the aorta
    case.edit("calcification", box, 1)
    before = case.updated()
    case.set_parameters(kept_length_mm={"renal": 25}, reassigned=[given("renal_left", case.ct.grid, box)])
    after = case.updated()
    assert (before.territory("aorta").calcified_volume_mm3, after.territory("aorta").calcified_volume_mm3) == (12, 0)
    assert after.territory("renal_left").calcified_volume_mm3 == 12
    assert after.total.artery_volume_mm3 == before.total.artery_volume_mm3
    gained = after.territory("renal_left").artery_volume_mm3 - before.territory("renal_left").artery_volume_mm3
    assert gained == 12
    assert [cluster.territory for cluster in after.clusters] == ["renal_left"]
    (flag,) = [flag for flag in after.flags if flag.code == "reassigned_by_hand"]
    assert "12.0 mm³ of calcification (12 voxels)" in flag.message


def test_what_is_given_to_a_branch_beyond_its_cut_is_beyond_the_kept_length():
    case = a_bar()
    near, far = ((slice(25, 27), slice(11, 13), slice(n, n + 3)) for n in (18, 50))
    for box in (near, far):
        case.edit("calcification", box, 1)
    grid = case.ct.grid
    reassigned = [given("renal_left", grid, near), given("renal_left", grid, far)]
    case.set_parameters(kept_length_mm={"renal": 25}, reassigned=reassigned)
    result = case.updated()
    assert result.territory("renal_left").calcified_volume_mm3 == 12
    assert result.beyond_kept_length_calcified_volume_mm3 == 12
    assert (result.parts_map.array[far] == Part.BEYOND_KEPT_LENGTH).all()


def test_what_is_painted_beside_calcification_that_was_given_is_not_given():
    case = a_bar()
    box = (slice(20, 22), slice(11, 13), slice(12, 15))
    case.edit("calcification", box, 1)
    case.set_parameters(reassigned=[given("renal_left", case.ct.grid, box)])
    case.edit("calcification", (slice(20, 22), slice(11, 13), slice(8, 12)), 1)
    assert case.updated().territory("aorta").calcified_volume_mm3 == 16
    case.edit("calcification", box, 0)
    result = case.updated()
    assert result.territory("renal_left").calcified_volume_mm3 == 0
    assert result.territory("aorta").calcified_volume_mm3 == 16


def test_what_is_given_to_an_artery_that_is_not_measured_stays_where_it_is():
    case = a_bar()
    box = (slice(20, 22), slice(11, 13), slice(12, 15))
    case.edit("calcification", box, 1)
    case.set_parameters(reassigned=[given("renal_right", case.ct.grid, box)])
    result = case.updated()
    assert result.territory("aorta").calcified_volume_mm3 == 12
    assert "it is not measured" in next(f.message for f in result.flags if f.code == "reassigned_by_hand")


def test_what_was_given_is_in_the_document_and_read_back():
    case = a_bar()
    box = (slice(20, 22), slice(11, 13), slice(12, 15))
    case.edit("calcification", box, 1)
    assert "reassigned" not in measurement_document(case.updated())["parameters"]
    case.set_parameters(reassigned=[given("renal_left", case.ct.grid, box)])
    document = json.loads(json.dumps(measurement_document(case.updated())))
    jsonschema.validate(document, measurements_schema())
    assert document_reassignments(document) == case.parameters.reassigned


@pytest.mark.parametrize(
    ("territory", "points", "message"),
    [("liver", [(1, 2, 3)], "no artery called 'liver'"), ("aorta", [(1, 2)], "three"), ("aorta", ["abc"], "three")],
)
def test_what_cannot_be_given_is_refused(territory, points, message):
    with pytest.raises(InputError, match=message):
        Reassignment(territory, points)
