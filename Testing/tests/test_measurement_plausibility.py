"""Masks that are no arteries: too small, too large, dust. What can be an artery, however ill, is measured."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.anatomy import TERRITORIES, territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import Part, coarse, measure, measure_steps, plausibility
from AbdominalCalcificationLib.measurement.plausibility import plausible_arteries_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.trust import Verdict
from phantoms import Phantom, aorta, branch, grid_over, label_of, reoriented

AORTA, COELIAC, RENAL = label_of("aorta"), label_of("celiac_trunk"), label_of("renal_left")


def an_aorta(spacing_mm=(1.0, 1.0, 1.0), size_mm=80.0):
    """A straight aorta, 20 mm wide, in a cube; its labels, calcification and grid."""
    shape = tuple(int(size_mm / step) for step in reversed(spacing_mm))
    grid = Grid.from_spacing(shape, spacing_mm)
    k, j, i = np.indices(shape, sparse=True)
    labels = np.zeros(shape, np.uint8)
    labels[(np.hypot((j + 0.5) * spacing_mm[1] - 25, (i + 0.5) * spacing_mm[0] - 25) < 10) & (k >= 0)] = AORTA
    return labels, np.zeros(shape, bool), grid


def ellipsoid(grid, centre_mm, radii_mm):
    points = grid.ras_of_kji(np.argwhere(np.ones(grid.shape, bool))).reshape(*grid.shape, 3)
    return (((points - centre_mm) / radii_mm) ** 2).sum(axis=-1) <= 1


def measured(labels, calcified, grid):
    return measure(None, Volume(labels, grid), Volume(calcified, grid))


def flags_by_code(result, name=None):
    return {flag.code: flag for flag in result.flags if name is None or flag.territory == name}


def specks(shape, number, where, seed=0):
    """Single voxels, no two of which touch."""
    even = np.zeros(shape, bool)
    even[::2, ::2, ::2] = True
    mask = np.zeros(shape, bool)
    mask.ravel()[np.random.default_rng(seed).choice(np.flatnonzero(even & where), number, replace=False)] = True
    return mask


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.7, 0.7, 0.7), (0.8, 0.8, 5.0), (3.0, 3.0, 3.0)])
def test_a_calcified_voxel_is_no_artery_whatever_its_size(spacing_mm):
    labels, calcified, grid = an_aorta(spacing_mm)
    place = tuple(int(mm / step) for mm, step in zip((40, 25, 36.5), reversed(spacing_mm), strict=True))
    assert labels[place] == 0
    assert (labels[place[0], place[1]] == AORTA).any()
    labels[place] = COELIAC
    calcified[place] = True
    result = measured(labels, calcified, grid)
    coeliac = result.territory("celiac_trunk")
    assert (coeliac.found, coeliac.burden, coeliac.artery_volume_mm3) == (False, None, 0)
    flag = flags_by_code(result, "celiac_trunk")["territory_tiny"]
    assert f"{grid.voxel_volume_mm3:.1f} mm³ (1 voxel)" in flag.message
    # The calcium is within 3 mm of the aorta: there it counts, in the burden as in the artery.
    assert result.territory("aorta").calcified_volume_mm3 == pytest.approx(grid.voxel_volume_mm3)
    assert result.total.calcified_volume_mm3 == pytest.approx(grid.voxel_volume_mm3)
    assert not (result.kept_arteries.array == COELIAC).any()


def test_calcification_of_a_tiny_territory_far_from_all_others_is_unassigned():
    labels, calcified, grid = an_aorta()
    labels[40, 60, 60:63] = RENAL
    calcified[40, 60, 60:63] = True
    result = measured(labels, calcified, grid)
    assert flags_by_code(result, "renal_left").keys() == {"territory_tiny"}
    assert result.unassigned_calcified_volume_mm3 == 3
    assert result.total.calcified_volume_mm3 == 0
    assert (result.parts_map.array[calcified] == Part.UNASSIGNED).all()


@pytest.mark.parametrize("each", TERRITORIES, ids=lambda each: each.name)
def test_the_table_decides_what_is_too_small(each):
    base, calcified, grid = an_aorta((0.5, 0.5, 0.5), 60)
    least = round(each.smallest_mm3 / grid.voxel_volume_mm3)
    for count, found in ((least - 1, False), (least, True)):
        labels = base.copy() if each.parent else np.zeros_like(base)
        block = np.zeros((20, 20, 20), bool)
        block.ravel()[:count] = True  # slice by slice: one piece
        labels[60:80, 75:95, 75:95][block] = each.label
        assert measured(labels, calcified, grid).territory(each.name).found == found, count


def test_crumbs_do_not_add_up_to_an_artery():
    labels, calcified, grid = an_aorta()
    labels[specks(labels.shape, 60, labels == 0)] = RENAL  # 60 mm³ in all
    result = measured(labels, calcified, grid)
    assert not result.territory("renal_left").found
    assert "60 pieces" in flags_by_code(result, "renal_left")["territory_tiny"].message


def test_without_a_usable_aorta_the_result_is_unusable():
    labels, calcified, grid = an_aorta()
    labels[:] = 0
    labels[40, 20:23, 20] = AORTA
    result = measured(labels, calcified, grid)
    assert flags_by_code(result).keys() >= {"territory_tiny", "no_abdominal_aorta"}
    assert result.trust.verdict is Verdict.UNUSABLE
    assert result.total.burden is None


def test_a_kidney_is_no_renal_artery_and_the_rest_is_measured_as_without_it():
    labels, calcified, grid = an_aorta((2.0, 2.0, 2.0), 140)
    calcified[20:30, 8:10, 10:14] = True
    plain = measured(labels, calcified, grid)
    with_kidney = labels.copy()
    with_kidney[ellipsoid(grid, (80, 60, 70), (30, 28, 55)) & (labels == 0)] = RENAL
    result = measured(with_kidney, calcified, grid)
    message = flags_by_code(result, "renal_left")["mask_implausible"].message
    assert "Left renal artery: 193 mL" in message
    assert "not measured" in message
    assert not result.territory("renal_left").found
    assert result.territory("aorta") == plain.territory("aorta")
    assert result.clusters == plain.clusters
    assert result.trust.verdict is Verdict.REVIEW


ABSURD = {
    "the whole image": lambda labels, body: np.ones_like(labels),
    "all but the artery": lambda labels, body: (labels == 0).astype(np.uint8),
    "the whole body": lambda labels, body: np.where(body, AORTA, 0).astype(np.uint8),
}


@pytest.mark.parametrize("what", ABSURD)
def test_what_fills_a_body_is_no_aorta(what):
    labels, calcified, grid = an_aorta((4.0, 4.0, 4.0), 320)
    calcified[40:45, 40:45, 40:45] = True
    absurd = ABSURD[what](labels, ellipsoid(grid, (160, 160, 160), (150, 100, 300)))
    result = measured(absurd, calcified, grid)
    assert flags_by_code(result, "aorta").keys() == {"mask_implausible", "no_abdominal_aorta"}
    assert result.trust.verdict is Verdict.UNUSABLE
    assert result.total.burden is None
    assert result.unassigned_calcified_volume_mm3 == pytest.approx(125 * 64)


def test_a_ball_that_is_wider_than_any_such_artery_is_told_by_its_calibre_alone():
    labels, _, grid = an_aorta((2.0, 2.0, 2.0), 140)
    labels[ellipsoid(grid, (80, 80, 70), (22, 22, 22)) & (labels == 0)] = label_of("inferior_mesenteric")
    assert np.count_nonzero(labels == 4) * 8 / 1000 < territory("inferior_mesenteric").largest_ml
    (flag,) = drain(plausible_arteries_steps(Volume(labels, grid))).flags
    assert flag.code == "mask_implausible"
    assert "mm wide" in flag.message
    every_other = np.where((np.indices(labels.shape)[0] % 2 == 0) & (labels == 4), 0, labels)  # as much, nowhere wide
    assert not drain(plausible_arteries_steps(Volume(every_other, grid))).refused


ILL = {
    "an aneurysm of 10 cm": ("aorta", [((70, 70, 100), (50, 50, 75))]),
    "an aneurysm of the left iliac artery of 4 cm": ("common_iliac_left", [((30, 95, 60), (20, 20, 30))]),
    "an aneurysm of a renal artery of 2 cm": ("renal_left", [((70, 70, 100), (10, 10, 10))]),
}


@pytest.mark.parametrize("what", ILL)
@pytest.mark.parametrize("spacing_mm", [(1.5, 1.5, 1.5), (1.0, 1.0, 5.0)])
def test_aneurysms_are_arteries(what, spacing_mm):
    name, balls = ILL[what]
    labels, _, grid = an_aorta(spacing_mm, 200)
    for centre, radii in balls:
        inside = ellipsoid(grid, centre, radii)
        labels[inside if name == "aorta" else inside & (labels == 0)] = label_of(name)
    plausible = drain(plausible_arteries_steps(Volume(labels, grid)))
    assert plausible.flags == ()
    assert plausible.is_whole
    assert plausible.of(Volume(labels, grid)).array is labels


def test_a_giant_aneurysm_is_measured_and_to_be_looked_at():
    labels, calcified, grid = an_aorta((2.0, 2.0, 2.0), 200)
    labels[ellipsoid(grid, (90, 90, 100), (60, 60, 60))] = AORTA
    result = measured(labels, calcified, grid)
    assert result.territory("aorta").artery_volume_mm3 == pytest.approx(np.count_nonzero(labels) * 8)
    assert "905 mL, up to 118 mm wide" in flags_by_code(result, "aorta")["mask_implausible"].message
    assert result.trust.verdict is Verdict.REVIEW


def test_a_dissected_aorta_with_a_dark_septum_is_measured_whole():
    labels, calcified, grid = an_aorta()
    labels[:, 24:26] = 0  # two lumens that do not touch
    result = measured(labels, calcified, grid)
    assert result.territory("aorta").artery_volume_mm3 == np.count_nonzero(labels)
    assert not flags_by_code(result, "aorta").keys() & {"mask_shredded", "territory_tiny", "specks_left_out"}


def test_an_arch_and_iliac_arteries_to_the_groin_are_measured():
    arch = aorta(400, 14).continued(120, 40, (1, 0, 0))
    phantom = Phantom({"aorta": (aorta(400, 14), arch), "common_iliac_left": branch((0.4, 0, -1), 6, (180,))})
    _, labels, _ = phantom.painted(grid_over((-30, -30, -250), (120, 30, 260), 2.0))
    assert drain(plausible_arteries_steps(labels)).flags == ()


def test_specks_around_an_artery_are_left_out_and_said_where_they_are_too_many_to_follow():
    labels, calcified, grid = an_aorta()
    dust = specks(labels.shape, 500, ~ndimage.binary_dilation(labels, np.ones((3, 3, 3))))
    few = labels.copy()
    few[specks(labels.shape, plausibility.MOST_PIECES - 1, dust)] = AORTA
    assert measured(few, calcified, grid).territory("aorta").artery_volume_mm3 == np.count_nonzero(few)
    labels[dust] = AORTA
    calcified[dust] = True
    result = measured(labels, calcified, grid)
    assert "500 specks (0.5 mL together)" in flags_by_code(result, "aorta")["specks_left_out"].message
    lumen = np.count_nonzero(labels) - 500
    aorta_now = result.territory("aorta")
    assert aorta_now.artery_volume_mm3 == pytest.approx(lumen + aorta_now.calcified_volume_mm3)
    assert aorta_now.calcified_volume_mm3 + result.unassigned_calcified_volume_mm3 == pytest.approx(500)


def test_one_artery_in_dust_is_not_measured_and_the_others_are():
    labels, calcified, grid = an_aorta()
    plain = measured(labels, calcified, grid)
    labels[specks(labels.shape, 1000, labels == 0)] = RENAL
    result = measured(labels, calcified, grid)
    assert "1000 separate pieces" in flags_by_code(result, "renal_left")["mask_shredded"].message
    assert result.trust.verdict is Verdict.UNUSABLE
    assert result.territory("aorta") == plain.territory("aorta")
    assert not result.territory("renal_left").found


def test_a_sponge_is_one_piece_and_no_artery():
    rng = np.random.default_rng(1)
    grid = Grid.from_spacing((100, 80, 80), (2.0, 2.0, 2.0))
    labels = (rng.random(grid.shape) < 0.25).astype(np.uint8)  # hangs together, and goes nowhere
    result = measured(labels, np.zeros(labels.shape, bool), grid)
    assert "sponge" in flags_by_code(result, "aorta")["mask_shredded"].message


def noise(shape, part, rng):
    return np.where(rng.random(shape) < part, rng.integers(1, 9, shape), 0).astype(np.uint8)


@pytest.mark.parametrize("part", [0.001, 0.02, 0.3, 1.0])
def test_noise_of_all_labels_is_refused_before_anything_is_followed(part, monkeypatch):
    def followed(*_):
        raise AssertionError("noise was followed")

    monkeypatch.setattr(coarse, "Lattice", followed)
    rng = np.random.default_rng(2)
    grid = Grid.from_spacing((70, 90, 90), (3.0, 3.0, 3.0))
    labels = noise(grid.shape, part, rng)
    result = measured(labels, rng.random(grid.shape) < 0.1, grid)
    assert result.trust.verdict is Verdict.UNUSABLE
    assert not result.total.found
    assert {flag.code for flag in result.flags} <= {
        "mask_shredded", "mask_implausible", "territory_tiny", "no_abdominal_aorta",
    }  # fmt: skip


def test_no_more_voxels_are_followed_at_once_than_the_limits_say(monkeypatch):
    sizes = []
    lattice = coarse.Lattice

    def counted(kji, grid):
        sizes.append(len(kji))
        return lattice(kji, grid)

    monkeypatch.setattr(coarse, "Lattice", counted)
    monkeypatch.setattr("AbdominalCalcificationLib.measurement.branches.MOST_OF_BRANCH", 500)
    monkeypatch.setattr("AbdominalCalcificationLib.measurement.bifurcation.MOST_OF_TRUNK", 2000)
    labels, calcified, grid = an_aorta()
    labels[20:32, 20:30, 34:74] = RENAL
    calcified[30:34, 24:26, 16:18] = True
    result = measured(labels, calcified, grid)
    assert np.count_nonzero(labels == AORTA) > 2000
    assert len(sizes) == 2
    assert sizes[0] <= 500
    assert sizes[1] <= 2000
    (cluster,) = result.clusters
    assert cluster.path_distance_mm == pytest.approx(32, abs=3)
    kept = result.territory("renal_left").artery_volume_mm3
    assert kept == pytest.approx(12 * 10 * 30, rel=0.1)  # 30 of 40 mm


def test_a_branch_followed_in_blocks_is_cut_where_its_voxels_would_be(monkeypatch):
    renal = branch((1, 0.2, 0), 4, (6,), (40, 25, (0, 0, 1)))
    case = Phantom({"aorta": (aorta(60),), "renal_left": renal}).painted(grid_over((-12, -12, -31), (50, 40, 45), 0.7))
    fine = measure(*case).territory("renal_left").artery_volume_mm3
    monkeypatch.setattr("AbdominalCalcificationLib.measurement.branches.MOST_OF_BRANCH", 1500)
    blocks = measure(*case).territory("renal_left").artery_volume_mm3
    assert blocks == pytest.approx(fine, rel=0.05)


@pytest.mark.parametrize("orientation", [((0, 1, 2), (False,) * 3), ((2, 0, 1), (True, False, True))])
def test_the_judgement_does_not_depend_on_the_grids_orientation(orientation):
    labels, _, grid = an_aorta((1.5, 1.5, 1.5), 90)
    labels[specks(labels.shape, 300, labels == 0)] = AORTA
    labels[ellipsoid(grid, (70, 60, 45), (18, 16, 16)) & (labels == 0)] = RENAL
    labels[5, 50, 50:53] = COELIAC
    turned = reoriented(Volume(labels, grid), *orientation)
    messages = [
        {(flag.code, flag.message) for flag in drain(plausible_arteries_steps(volume)).flags}
        for volume in (Volume(labels, grid), turned)
    ]
    assert messages[0] == messages[1]
    assert {code for code, _ in messages[0]} == {"specks_left_out", "territory_tiny"}


def test_calcification_in_more_clusters_than_disease_makes_is_counted_but_not_listed(monkeypatch):
    monkeypatch.setattr("AbdominalCalcificationLib.measurement.clusters.MOST_LISTED", 50)
    monkeypatch.setattr("AbdominalCalcificationLib.measurement.quality.MOST_LISTED", 50)
    labels, calcified, grid = an_aorta()
    calcified |= specks(labels.shape, 200, labels == AORTA)
    calcified[10:14, 24:28, 24:28] = True
    result = measured(labels, calcified, grid)
    assert len(result.clusters) == 50 < result.total.cluster_count
    assert result.clusters[0].volume_mm3 == result.total.largest_cluster_volume_mm3 >= 64
    assert result.total.calcified_volume_mm3 == np.count_nonzero(calcified)
    assert result.clusters_map.array.max() == 50
    assert f"{result.total.cluster_count} clusters" in flags_by_code(result)["mask_shredded"].message
    assert result.trust.verdict is Verdict.UNUSABLE


def test_every_label_that_no_artery_has_is_named():
    grid = Grid.from_spacing((40, 512, 512))
    labels = np.zeros(grid.shape, np.int32)
    labels[0, 0, 0], labels[39, 5, 5] = 300, -4
    with pytest.raises(InputError, match=r"-4, 300; map them"):
        drain(plausible_arteries_steps(Volume(labels, grid)))


def test_closing_the_steps_stops_them():
    labels, calcified, grid = an_aorta()
    steps = measure_steps(None, Volume(labels, grid), Volume(calcified, grid))
    for _ in range(5):
        next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)
