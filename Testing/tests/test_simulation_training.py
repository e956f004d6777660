"""Training data from virtual patients, and the plans of the small models."""

from __future__ import annotations

import json

import numpy as np
import pytest

from AbdominalCalcificationLib import anatomy
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.simulation import BYSTANDERS, CONDITIONS, simulate
from AbdominalCalcificationLib.simulation.fields import FEWEST_VOXELS
from AbdominalCalcificationLib.training import simulated, small, sought
from AbdominalCalcificationLib.training.places import add_places


def test_test_patients_are_never_trained_on():
    for seed in (90000, 90039, 91000, 91039):
        with pytest.raises(ValueError, match="kept for testing"):
            simulated.draw_protocol(seed)


def test_protocols_differ_in_phase_and_field_of_view_and_are_reproducible():
    protocols = [simulated.draw_protocol(seed) for seed in range(1000, 1040)]
    assert protocols == [simulated.draw_protocol(seed) for seed in range(1000, 1040)]
    assert {p.phase for p in protocols} == {"arterial", "portal_venous", "unenhanced"}
    heights = [p.shape[0] * p.spacing_mm[2] for p in protocols]
    widths = [p.shape[2] * p.spacing_mm[0] for p in protocols]
    assert min(heights) < 60 < 200 < max(heights)
    assert min(widths) < 200 < 400 < max(widths)
    bottoms = [p.center_ras[2] - height / 2 for p, height in zip(protocols, heights, strict=True)]
    tops = [p.center_ras[2] + height / 2 for p, height in zip(protocols, heights, strict=True)]
    # The chest alone, and the pelvis alone, are a few each.
    assert 2 <= sum(bottom > 138 and height > 100 for bottom, height in zip(bottoms, heights, strict=True)) <= 4
    assert 2 <= sum(top < 55 and height > 100 for top, height in zip(tops, heights, strict=True)) <= 4
    # Dissections, rare otherwise, are shown from above the bifurcation to the heart.
    asked = [p.conditions is not None for p in protocols]
    assert sum(asked) == 4
    for p, bottom, top in zip(protocols, bottoms, tops, strict=True):
        if p.conditions is not None:
            assert "dissection" in p.conditions
            assert set(p.conditions) <= set(CONDITIONS)
            assert bottom > 30
            assert top > 230


def test_every_patient_that_is_trained_on_can_be_simulated():
    # Short slabs of thick slices among them: of seed 1131, say.
    shapes = [simulated.draw_protocol(seed).shape for seed in range(1000, 4200)]
    assert min(min(shape) for shape in shapes) == FEWEST_VOXELS
    patient = simulate(1131, spacing_mm=(9.0, 9.0, 5.0), shape=(FEWEST_VOXELS, 10, 10), phase="unenhanced")
    assert patient.ct.grid.shape == (FEWEST_VOXELS, 10, 10)
    with pytest.raises(InputError, match="from 8 to 2000 voxels"):
        simulate(1131, shape=(FEWEST_VOXELS - 1, 10, 10))


def test_the_artery_model_learns_every_territory_under_its_own_name():
    labels = simulated.TASKS["arteries"].labels
    assert {name: label for name, label in labels.items() if label} == {t.name: t.label for t in anatomy.TERRITORIES}
    assert simulated.TASKS["calcification"].labels == {"background": 0, "calcification": 1}


def test_resampling_keeps_places_and_labels():
    grid = Grid.from_spacing((30, 40, 50), (0.9, 0.9, 2.5), (11, -7, 3), np.diag([-1.0, -1.0, 1.0]))
    points = grid.ras_of_kji(np.argwhere(np.ones(grid.shape)))
    ramp = Volume((points @ [1.0, 2.0, -1.5]).reshape(grid.shape).astype(np.float32), grid)
    finer = simulated.at_spacing(ramp, 1.25, is_mask=False)
    assert finer.grid.shape == (60, 29, 36)  # as nnU-Net rounds it
    assert np.allclose(np.array(finer.grid.spacing_mm) * [36, 29, 60], [45, 36, 75])
    inner = np.array([[k, j, i] for k in (10, 40) for j in (5, 20) for i in (5, 25)])
    expected = finer.grid.ras_of_kji(inner) @ [1.0, 2.0, -1.5]
    assert np.allclose(finer.array[tuple(inner.T)], expected, atol=1e-2)

    mask = np.zeros(grid.shape, np.uint8)
    mask[5:20, 10:30, 10:40] = 7
    label = simulated.at_spacing(Volume(mask, grid), 1.25, is_mask=True)
    assert set(np.unique(label.array)) == {0, 7}
    volume = np.count_nonzero(label.array) * 1.25**3
    assert volume == pytest.approx(np.count_nonzero(mask) * grid.voxel_volume_mm3, rel=0.08)


def test_cts_are_resampled_as_where_nnunet_predicts():
    from scipy import ndimage

    rng = np.random.default_rng(3)
    grid = Grid.from_spacing((20, 24, 28), (0.8, 0.8, 1.4), (0, 0, 0))
    ct = Volume(rng.integers(-1000, 2000, grid.shape).astype(np.int16), grid)
    resampled = simulated.at_spacing(ct, 1.0, is_mask=False).array
    factors = np.array(resampled.shape) / grid.shape
    spline = ndimage.zoom(ct.array.astype(float), factors, order=3, mode="nearest", grid_mode=True)
    assert resampled.dtype == np.int16
    assert np.abs(resampled - np.clip(spline, ct.array.min(), ct.array.max())).max() < 2
    linear = ndimage.zoom(ct.array.astype(float), factors, order=1, mode="nearest", grid_mode=True)
    assert np.abs(resampled - linear).max() > 200


def test_a_calcification_network_looks_at_arteries_and_at_what_resembles_calcium(an_odd_patient):
    places = sought.places_of(an_odd_patient).array
    calcium = an_odd_patient.calcification.array > 0
    assert set(np.unique(places)) == {0, 1, 2, 3}
    assert not places[calcium & (an_odd_patient.bystanders.array == 0)].any()
    assert np.array_equal((places == 1), (an_odd_patient.arteries.array > 0) & ~calcium & (places < 2))
    kinds = set(np.unique(an_odd_patient.bystanders.array[places == 2]))
    assert kinds
    assert kinds <= {value for kind, value in BYSTANDERS.items() if kind not in ("bone", "stent", "stent graft")}
    # Metal in arteries is drawn by itself, as often as calcium.
    metal = {BYSTANDERS["stent"], BYSTANDERS["stent graft"]}
    assert set(np.unique(an_odd_patient.bystanders.array[places == 3])) <= metal


def test_an_artery_network_looks_at_what_is_as_bright_as_arteries(an_odd_patient):
    places = sought.places_of(an_odd_patient, "arteries").array
    arteries = an_odd_patient.arteries.array > 0
    assert not places[arteries].any()
    bright = an_odd_patient.ct.array[places == 1]
    assert len(bright) > 200
    assert bright.min() >= 100
    assert not (an_odd_patient.bystanders.array[places == 1] == BYSTANDERS["bone"]).any()
    plain = simulate(3, spacing_mm=(4, 4, 4), shape=(30, 40, 40), phase="unenhanced")
    assert not (sought.places_of(plain, "arteries").array == 1).any()


@pytest.fixture(scope="module")
def an_odd_patient():
    return simulate(3, spacing_mm=(2, 2, 2), shape=(80, 60, 75), phase="portal_venous",
                    conditions=["stent graft", "spinal implant"])  # fmt: skip


def test_places_follow_a_case_through_transposing_cropping_and_resampling():
    places = np.zeros((20, 30, 40), np.uint8)
    places[4, 10, 21] = 1
    places[12:14, 5, 6] = 3
    places[0, 0, 0] = 1  # outside the crop
    properties = {
        "shape_before_cropping": (30, 20, 40),
        "bbox_used_for_cropping": [[2, 30], [2, 20], [1, 39]],
        "class_locations": {1: []},
    }
    add_places(properties, places, (56, 18, 19), 2, (1, 0, 2))
    assert properties["class_locations"].keys() == {1, 2, 4}
    # j, k, i less the crop's beginning; twice as many voxels along j, half as many along i.
    assert properties["class_locations"][2].tolist() == [[0, 17, 2, 10]]
    assert sorted(properties["class_locations"][4].tolist()) == [[0, 7, 10, 2], [0, 7, 11, 2]]
    with pytest.raises(InputError, match="has"):
        add_places(properties, places, (56, 18, 19), 2, (0, 1, 2))


def test_small_plans_change_the_network_and_nothing_else():
    plans = {
        "plans_name": "nnUNetPlans",
        "transpose_forward": [0, 1, 2],
        "configurations": {
            "2d": {},
            "3d_fullres": {
                "spacing": [2.0, 2.0, 2.0],
                "patch_size": [128, 128, 128],
                "batch_size": 2,
                "architecture": {"network_class_name": "x", "arch_kwargs": {"conv_bias": True, "n_stages": 6}},
            },
        },
        "foreground_intensity_properties_per_channel": {"0": {"mean": 1.0, "percentile_00_5": 250.0}},
    }
    before = json.dumps(plans)
    settings = small.SmallConfiguration()
    new = small.small_plans(plans, settings)
    assert json.dumps(plans) == before
    assert list(new["configurations"]) == ["3d_fullres"]
    chosen = new["configurations"]["3d_fullres"]
    assert chosen["spacing"] == [2.0, 2.0, 2.0]
    assert chosen["patch_size"] == list(settings.patch)
    assert all(size % 2 ** (len(settings.features) - 1) == 0 for size in settings.patch)
    assert chosen["architecture"]["arch_kwargs"]["n_stages"] == len(settings.features)
    # Soft tissue must stay visible to the calcification model.
    assert new["foreground_intensity_properties_per_channel"]["0"]["percentile_00_5"] <= -150
