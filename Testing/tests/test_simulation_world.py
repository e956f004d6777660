"""What surrounds the arteries of virtual patients: rare anatomy, whole bodies, fields of view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib import anatomy
from AbdominalCalcificationLib.simulation import BYSTANDERS, default_grid, drawn, simulate
from AbdominalCalcificationLib.simulation.anatomy import draw_vessels
from AbdominalCalcificationLib.simulation.branches import with_branches
from AbdominalCalcificationLib.simulation.enhancement import draw_phase
from AbdominalCalcificationLib.simulation.person import draw_person
from AbdominalCalcificationLib.simulation.surroundings import paint_surroundings

LABEL = {t.name: t.label for t in anatomy.TERRITORIES}
SMALL = {"spacing_mm": (2.8, 2.8, 2.8), "shape": (60, 40, 51), "phase": "arterial", "severity": 0.6}


@pytest.fixture
def with_person(monkeypatch):
    """Return a function that simulates seed 8 for a person changed in some ways."""

    def simulated(arguments=SMALL, **changes):
        monkeypatch.setattr(drawn, "draw_person", lambda rng: replace(draw_person(rng), **changes))
        return simulate(8, **arguments)

    return simulated


def volumes_of(made):
    return {entry["name"]: entry["artery_volume_mm3"] for entry in made.truth["territories"]}


def test_situs_inversus_is_a_mirror_image_whose_sides_are_named_rightly(with_person):
    usual = with_person(situs_inversus=False, round_field=False)
    mirrored = with_person(situs_inversus=True, round_field=False)
    assert mirrored.truth["person"]["situs_inversus"]
    other = np.arange(256, dtype=np.uint8)
    for pair in ("renal", "common_iliac"):
        one, two = LABEL[f"{pair}_left"], LABEL[f"{pair}_right"]
        other[[one, two]] = two, one
    # The field of view is symmetrical about x = 0.
    assert np.array_equal(mirrored.arteries.array, other[usual.arteries.array[:, :, ::-1]])
    assert np.array_equal(mirrored.calcification.array, usual.calcification.array[:, :, ::-1])
    renal = volumes_of(usual)["renal_left"], volumes_of(usual)["renal_right"]
    assert renal[0] != renal[1]
    assert (volumes_of(mirrored)["renal_right"], volumes_of(mirrored)["renal_left"]) == renal
    # The liver lies on the left, the aorta's plaques where the calcium is.
    for one, two in zip(usual.truth["plaques"], mirrored.truth["plaques"], strict=True):
        assert np.allclose(np.array(one["center_ras"]) * (-1, 1, 1), two["center_ras"])
        assert two["territory"] == one["territory"].replace("left", "#").replace("right", "left").replace("#", "right")


def test_a_round_field_shows_and_counts_what_lies_in_it(with_person):
    narrow = {**SMALL, "shape": (24, 36, 36), "center_ras": (34.0, 38.0, 60.0)}
    whole, cut = with_person(narrow, round_field=False), with_person(narrow, round_field=True)
    j, i = np.indices((36, 36)) - 17.5
    inside = np.broadcast_to(np.hypot(i, j) <= 18.0, whole.ct.array.shape)
    assert (cut.ct.array[~inside] == -1024).all()
    assert np.array_equal(cut.ct.array[inside], whole.ct.array[inside])
    assert (whole.arteries.array[~inside] > 0).any()
    assert np.array_equal(cut.arteries.array, np.where(inside, whole.arteries.array, 0))
    assert np.array_equal(cut.bystanders.array, np.where(inside, whole.bystanders.array, 0))
    lost = sum(volumes_of(whole).values()) - sum(volumes_of(cut).values())
    voxels = np.count_nonzero(whole.arteries.array[~inside]) * whole.ct.grid.voxel_volume_mm3
    assert lost == pytest.approx(voxels, rel=0.15)
    assert lost > 1000


@pytest.mark.parametrize(
    "changes",
    [
        {"arms": "across", "kidneys": "horseshoe", "female": True, "urine_hu": 800.0},
        {"arms": "beside", "kidneys": "transplanted", "female": False, "age": 1.0},
    ],
)
def test_the_body_is_the_same_whatever_the_field_shows_of_it(changes):
    rng = np.random.default_rng(5)
    phase, person = draw_phase(rng, "arterial"), replace(draw_person(rng), **changes)
    vessels = with_branches(draw_vessels(rng, phase), person, rng)
    seen = []
    # From the groin to the neck, and parts of that, moved by whole voxels.
    for shape, first in (((80, 40, 60), (0, 0, 0)), ((30, 22, 40), (2, 11, 6)), ((24, 40, 33), (51, 0, 27))):
        grid = default_grid((8.0, 8.0, 8.0), (80, 40, 60), (0.0, 0.0, 110.0))
        origin = grid.ras_of_kji([first])[0]
        part = default_grid(
            (8.0, 8.0, 8.0), shape, origin + (np.array([-1, -1, 1]) * 4.0 * (np.array(shape[::-1]) - 1))
        )
        hu, bystanders, distractors = paint_surroundings(
            part, vessels, person, np.random.default_rng(6), 1.0, vessels.arteries[0]
        )
        seen.append((hu, bystanders, distractors, tuple(slice(a, a + n) for a, n in zip(first, shape, strict=True))))
    whole = seen[0]
    for hu, bystanders, distractors, window in seen[1:]:
        assert np.abs(hu - whole[0][window]).max() < 0.5
        assert np.array_equal(bystanders, whole[1][window])
        assert distractors == whole[2]
    if changes["kidneys"] == "horseshoe":
        assert (whole[1] == BYSTANDERS["urine contrast"]).any()
    else:
        assert (whole[1] == BYSTANDERS["costal cartilage"]).any()


def test_in_the_chest_and_in_the_groin_nothing_is_named_that_is_not_measured():
    shape, spacing = (46, 56, 80), (4.4, 4.4, 4.4)
    chest = simulate(8, spacing_mm=spacing, shape=shape, center_ras=(0, 0, 340), phase="arterial", severity=1.0)
    assert set(np.unique(chest.arteries.array)) == {0, LABEL["aorta"]}
    points = chest.arteries.grid.ras_of_kji(np.argwhere(chest.arteries.array))
    # The descending aorta behind, and the ascending one before it.
    assert np.ptp(points[points[:, 2] < 400, 1]) > 60
    assert chest.truth["total"]["calcified_volume_mm3"] > 100
    assert {plaque["territory"] for plaque in chest.truth["plaques"] if plaque["center_ras"][2] > 250} == {"aorta"}
    pelvis = simulate(8, spacing_mm=spacing, shape=shape, center_ras=(0, 0, -200), phase="arterial")
    assert not pelvis.arteries.array.any()
    assert (pelvis.bystanders.array == BYSTANDERS["bone"]).mean() > 0.005


def test_arteries_that_are_measured_do_not_depend_on_what_was_added():
    rng = np.random.default_rng(3)
    phase = draw_phase(rng, "arterial")
    vessels = draw_vessels(rng, phase)
    more = with_branches(vessels, draw_person(rng), rng)
    assert more.arteries[: len(vessels.arteries)] == vessels.arteries
    added = more.arteries[len(vessels.arteries) :]
    assert {tube.name for tube in added if tube.label} == {"aortic_arch"}
    assert {"intercostal", "hepatic_branch", "femoral", "gonadal"} <= {tube.name for tube in added}
    names = {vein.name for vein in more.veins}
    assert {"hepatic_vein", "splenic_vein", "femoral_vein", "azygos", "lung_vessel"} <= names
