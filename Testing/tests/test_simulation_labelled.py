"""Virtual patients made from label maps: the anatomy stays, everything else is made."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib import anatomy as territories
from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.simulation import BYSTANDERS, simulate
from AbdominalCalcificationLib.simulation.enhancement import draw_phase
from AbdominalCalcificationLib.simulation.labelled import AnatomyMix, load_anatomy
from AbdominalCalcificationLib.simulation.labelled.anatomy import make_anatomy
from AbdominalCalcificationLib.simulation.labelled.arteries import Tree
from AbdominalCalcificationLib.simulation.labelled.atlas import make_atlas
from AbdominalCalcificationLib.simulation.labelled.body import draw_body
from AbdominalCalcificationLib.simulation.labelled.courses import Course
from AbdominalCalcificationLib.simulation.labelled.deformation import DeformationSource
from AbdominalCalcificationLib.simulation.labelled.vessels import CLEARANCE_MM, arteries_of, new_contacts
from AbdominalCalcificationLib.simulation.person import draw_person
from AbdominalCalcificationLib.training import simulated
from label_maps import COURSES, NAMES, label_map, write_label_map

LABEL = {t.name: t.label for t in territories.TERRITORIES}
COARSE = {"spacing_mm": (2.0, 2.0, 2.0), "phase": "arterial"}
NEAR = np.ones((3, 3, 3))


@pytest.fixture(scope="module")
def anatomy():
    return make_anatomy(make_atlas(label_map(), NAMES))


@pytest.fixture(scope="module")
def patient(anatomy):
    return simulate(4, anatomy=anatomy, severity=0.6, **COARSE)


def test_patients_of_label_maps_have_diseases_and_implants_too(anatomy):
    kinds = ["stent graft", "aortic aneurysm", "dissection", "bypass", "spinal implant"]
    patient = simulate(4, anatomy=anatomy, severity=0.6, conditions=kinds, **COARSE)
    graft = patient.bystanders.array == BYSTANDERS["stent graft"]
    assert graft.any()
    assert (graft & (patient.arteries.array == LABEL["aorta"])).any()
    bypass = patient.bystanders.array == BYSTANDERS["bypass"]
    assert bypass.any()
    assert not patient.arteries.array[bypass & ~graft].any()
    assert {"stent graft", "bypass"} <= {item["kind"] for item in patient.truth["not_to_count"]}
    assert {"stent graft", "bypass"} <= {item["kind"] for item in patient.truth["conditions"]}


def middle_of(patient, name):
    return patient.arteries.grid.ras_of_kji(np.argwhere(patient.arteries.array == LABEL[name])).mean(axis=0)


def test_courses_and_radii_are_those_of_the_tubes_that_were_labelled(anatomy):
    found = {course.name: course for course in anatomy.tree.courses}
    for name, value in (("aorta", 7), ("renal_left", 29), ("renal_right", 126), ("superior_mesenteric", 22)):
        assert np.median(found[name].radius_mm) == pytest.approx(COURSES[value][1], rel=0.12), name
    for name in ("renal_left", "renal_right", "superior_mesenteric", "common_iliac_left", "common_iliac_right"):
        assert anatomy.tree.courses[found[name].parent].name == "aorta"
    line = np.array(COURSES[126][0], float)
    way = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(line)])
    own = found["renal_right"].points
    off = [np.linalg.norm(way - point, axis=1).min() for point in own[8:-3]]
    # Straight lines with a corner, seen in voxels of 2 mm.
    assert max(off) < 1.6


def test_a_piece_that_touches_nothing_is_reported_with_its_distance(anatomy):
    (gap,) = anatomy.tree.gaps
    assert gap.name == "splenic"
    assert 15 < gap.millimetres < 25
    assert any("splenic" in said and "mm" in said for said in anatomy.remarks())
    assert any("celiac_trunk" in said for said in anatomy.remarks())


def test_the_same_seed_and_label_map_give_the_same_patient_and_another_seed_another(anatomy):
    small = {"anatomy": anatomy, "spacing_mm": (4.0, 4.0, 4.0)}
    first, again, other = simulate(5, **small), simulate(5, **small), simulate(6, **small)
    assert first.ct.array.tobytes() == again.ct.array.tobytes()
    assert first.arteries.array.tobytes() == again.arteries.array.tobytes()
    assert first.truth == again.truth
    assert first.truth["deformation"] != other.truth["deformation"]


@pytest.mark.parametrize("turn", [(2, 1, 0), (0, 2, 1)])
def test_the_way_in_which_a_label_map_is_stored_does_not_matter(anatomy, turn):
    whole = label_map()
    matrix = np.array(whole.grid.ijk_to_ras)
    array = np.transpose(whole.array, turn)
    columns = [2 - turn[2 - n] for n in range(3)]
    matrix[:3, :3] = matrix[:3, columns]
    array = array[:, ::-1]
    matrix[:3, 3] += matrix[:3, 1] * (array.shape[1] - 1)
    matrix[:3, 1] *= -1
    turned = make_anatomy(make_atlas(Volume(array, Grid(array.shape, matrix)), NAMES))
    assert turned.atlas_checksum == anatomy.atlas_checksum
    assert np.allclose(turned.grid.ijk_to_ras, anatomy.grid.ijk_to_ras)


def test_masks_hold_the_true_volumes_and_truth_has_the_form_of_other_patients(patient):
    voxel = patient.ct.grid.voxel_volume_mm3
    other = simulate(3, spacing_mm=(4.0,) * 3, shape=(30, 30, 30)).truth
    assert set(other) <= set(patient.truth)
    assert [entry["name"] for entry in patient.truth["territories"]] == [t.name for t in territories.TERRITORIES]
    for entry in patient.truth["territories"]:
        there = np.count_nonzero(patient.arteries.array == LABEL[entry["name"]]) * voxel
        assert there == pytest.approx(entry["artery_volume_mm3"], rel=0.1)
        assert (entry["length_mm"] is None) == (entry["artery_volume_mm3"] == 0) == (entry["burden"] is None)
    assert patient.truth["total"]["calcified_volume_mm3"] > 200
    assert patient.truth["missing_territories"] == ["celiac_trunk", "inferior_mesenteric"]
    json.dumps(patient.truth)


@pytest.mark.parametrize("seed", [1, 4, 7, 12])
def test_topology_and_sides_stay_whatever_the_deformation(anatomy, seed):
    patient = simulate(seed, anatomy=anatomy, severity=0.0, spacing_mm=(1.5, 1.5, 1.5), shape=(80, 60, 60))
    labels = patient.arteries.array
    for name in ("renal", "common_iliac"):
        left, right = middle_of(patient, f"{name}_left"), middle_of(patient, f"{name}_right")
        assert left[0] < middle_of(patient, "aorta")[0] < right[0]
    for name in ("aorta", "renal_left", "renal_right", "superior_mesenteric"):
        assert ndimage.label(labels == LABEL[name], NEAR)[1] == 1, name
        if name != "aorta":
            grown = ndimage.binary_dilation(labels == LABEL[name], NEAR)
            assert set(np.unique(labels[grown])) <= {0, 1, LABEL[name]}, name
    assert patient.truth["deformation"]["new_contacts"] == []


def test_no_deformation_folds_and_its_inverse_leads_back(anatomy):
    low, high = anatomy.corners
    points = np.random.default_rng(1).uniform(low, high, (2000, 3))
    shifts = []
    for seed in range(6):
        source = DeformationSource(np.random.default_rng(seed), low, high, anatomy.center)
        whole, none = source.at(1.0), source.at(0.0)
        assert 0.5 <= whole.jacobian.min() <= whole.jacobian.max() <= 2.0
        assert np.abs(whole.to_labels(whole.to_patient(points)) - points).max() < 0.3
        shifts.append(np.linalg.norm(whole.to_patient(points) - none.to_patient(points), axis=1).mean())
    assert min(shifts) > 2.0


@pytest.mark.parametrize("gap_mm", [0.1, -0.8])
def test_tubes_of_arteries_that_do_not_touch_keep_apart(gap_mm):
    def course(name, x, radius, parent):
        points = np.stack([np.full(60, x), np.zeros(60), np.arange(60.0)], axis=1)
        return Course(name, LABEL[name], points, np.full(60, radius), parent)

    beside = 30.0 + 3.0 + 2.0 + gap_mm
    courses = (course("aorta", 0.0, 8.0, None), course("superior_mesenteric", 30.0, 3.0, 0),
               course("renal_right", beside, 2.0, 0))  # fmt: skip
    rng = np.random.default_rng(0)
    straight = DeformationSource(rng, np.zeros(3), np.full(3, 60.0), np.zeros(3)).at(0.0)
    grown = float(np.cbrt(np.linalg.det(straight.matrix)))
    apart = Tree(courses, frozenset(), (), {})
    made = arteries_of(apart, straight, draw_phase(rng, "arterial"), rng)
    _, one, other = made.tubes
    distance, at = one.centerline.tree.query(other.centerline.points)
    assert (distance >= other.outer_mm + one.outer_mm[at] + CLEARANCE_MM - 0.05).all()
    assert made.pinched > 0
    assert not new_contacts(apart, made)
    # Those that touch in the label map stay as they are.
    touching = Tree(courses, frozenset({frozenset((3, 6))}), (), {})
    made = arteries_of(touching, straight, draw_phase(rng, "arterial"), rng)
    assert made.pinched == 0
    assert np.median(made.tubes[1].outer_mm) == pytest.approx(3.0 * grown, rel=1e-3)


def test_the_lumen_is_round_though_the_label_has_steps(anatomy):
    fine = simulate(2, anatomy=anatomy, severity=0.0, spacing_mm=(0.5, 0.5, 2.0), shape=(14, 70, 70),
                    center_ras=(0, 0, 55))  # fmt: skip
    plane = fine.arteries.array[7] == LABEL["aorta"]
    pieces, _ = ndimage.label(plane)
    largest = pieces == np.argmax(np.bincount(pieces.ravel())[1:]) + 1
    j, i = np.nonzero(largest)
    axes = np.sqrt(np.linalg.eigvalsh(np.cov(np.stack([j, i]))))
    area = np.pi * 4 * axes[0] * axes[1]
    # An ellipse all over: no corners.
    assert np.count_nonzero(largest) == pytest.approx(area, rel=0.03)
    assert axes[1] / axes[0] < 1.35


def test_every_tissue_has_the_hu_of_ct(anatomy, patient):
    rng = np.random.default_rng(0)
    hu, grid = patient.ct.array, patient.ct.grid
    phase = patient.truth["enhancement"]
    tree = np.random.SeedSequence(4).spawn(7)[0]
    body = draw_body(anatomy, np.random.Generator(np.random.PCG64(tree)), draw_phase(rng, "arterial"), draw_person(rng))

    def median_at(center):
        kji = np.rint(grid.kji_of_ras(body.deformation.to_patient(np.array([center], float)))[0]).astype(int)
        return float(np.median(hu[tuple(slice(max(n - 1, 0), n + 2) for n in kji)]))

    assert median_at((30, 14, 104)) == pytest.approx(phase["liver"], abs=20)
    assert median_at((18, -2, 40)) == pytest.approx(phase["cava"], abs=25)
    assert median_at((26, -26, 50)) == pytest.approx(phase["muscle"], abs=20)
    assert phase["medulla"] - 40 < median_at((42, -12, 74)) < phase["cortex"] + 40
    assert 60 < median_at((0, -26, 60)) < 420  # marrow
    aorta = ndimage.binary_erosion(patient.arteries.array == 1, iterations=2) & (patient.calcification.array == 0)
    assert np.median(hu[aorta]) == pytest.approx(phase["artery"], rel=0.25)
    fat = (hu > -160) & (hu < -50)
    assert 0.05 < fat.mean() < 0.7
    assert (hu < -900).any()


def test_calcium_lies_in_the_walls(patient):
    calcium = patient.calcification.array > 0
    assert (calcium & (patient.arteries.array > 0)).sum() >= 0.95 * calcium.sum()
    assert not (patient.bystanders.array[calcium] == 1).any()


def test_a_label_of_both_sides_is_divided_at_the_aorta():
    volume = label_map()
    volume.array[volume.array == 126] = 29
    names = {value: name for value, name in NAMES.items() if value != 126} | {29: "renal_arteries"}
    found = {name for name, _ in make_atlas(volume, names).artery_names.values()}
    assert {"renal_left", "renal_right"} <= found


def test_calcium_and_specks_of_no_name_become_their_neighbourhood():
    volume = label_map()
    inside = np.argwhere(volume.array == 7)[100]
    volume.array[tuple(inside)] = 99
    volume.array[inside[0] + 1, inside[1], inside[2]] = 98
    atlas = make_atlas(volume, {**NAMES, 99: "calcification"})
    assert atlas.unnamed == ("98 (no name)",)
    plain = make_atlas(label_map(), NAMES)
    assert np.array_equal(atlas.arteries, plain.arteries)


def mirrored(volume):
    matrix = np.array(volume.grid.ijk_to_ras)
    matrix[:3, 3] += matrix[:3, 0] * (volume.array.shape[2] - 1)
    matrix[:3, 0] *= -1
    return Volume(volume.array, Grid(volume.array.shape, matrix))


def upside_down(volume):
    matrix = np.array(volume.grid.ijk_to_ras)
    matrix[:3, 3] += matrix[:3, 2] * (volume.array.shape[0] - 1)
    matrix[:3, 2] *= -1
    return Volume(volume.array, Grid(volume.array.shape, matrix))


@pytest.mark.parametrize(
    ("change", "names", "said"),
    [
        (None, {value: name for value, name in NAMES.items() if value != 7} | {7: "liver"}, "no aorta"),
        (None, {1: "aorta", 2: "liver"}, "do not belong together"),
        (None, NAMES | {3: "gizmo"}, "3 (gizmo)"),
        (None, {value: name for value, name in NAMES.items() if value != 503}, "503 (no name)"),
        (mirrored, NAMES, "mirrored"),
        (upside_down, NAMES, "upside down"),
    ],
    ids=["no aorta", "other table", "not understood", "no name", "mirrored", "upside down"],
)
def test_label_maps_that_cannot_be_used_are_refused_in_one_line(change, names, said):
    volume = label_map() if change is None else change(label_map())
    with pytest.raises(InputError) as refusal:
        make_atlas(volume, names)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_patients_are_mixed_by_seed_alone(tmp_path):
    labels, table = write_label_map(tmp_path)
    mix = AnatomyMix((str(labels), "other.nrrd"), str(table), 0.5)
    chosen = [mix.labels_of(seed) for seed in range(400)]
    assert chosen == [mix.labels_of(seed) for seed in range(400)]
    assert 0.4 < sum(each is not None for each in chosen) / 400 < 0.6
    assert 0.4 < chosen.count(str(labels)) / sum(each is not None for each in chosen) < 0.6
    assert AnatomyMix((str(labels),), None, 0.0).labels_of(3) is None
    with pytest.raises(InputError, match="0 to 1"):
        AnatomyMix((str(labels),), None, 1.5)


def test_the_command_makes_resumes_and_mixes(tmp_path, capsys):
    labels, table = write_label_map(tmp_path / "maps")
    many = ["--seed", "1", "--count", "3", "--spacing", "6", "--size", "20,16,20", "--anatomy", str(labels),
            "--anatomy-labels", str(table), "--anatomy-share", "0.5", "--output", str(tmp_path / "out")]  # fmt: skip
    assert cli.main(["simulate", *many]) == 0
    said = capsys.readouterr().out
    assert "3 virtual patients were made" in said
    assert "celiac_trunk" in said
    truths = [json.loads((tmp_path / "out" / f"seed_{seed:05d}" / "truth.json").read_text()) for seed in (1, 2, 3)]
    mix = AnatomyMix((str(labels),), str(table), 0.5)
    assert [("labels_sha256" in truth) for truth in truths] == [mix.labels_of(seed) is not None for seed in (1, 2, 3)]
    assert {"labels_sha256" in truth for truth in truths} == {True, False}
    assert cli.main(["simulate", *many]) == 0
    assert "3 were there already" in capsys.readouterr().out
    volume = label_map()
    volume.array[volume.array == 9] = 0
    write_label_map(tmp_path / "maps", volume)
    assert cli.main(["simulate", *many]) == 2
    assert "made otherwise" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--anatomy-share", "0.5"], "--anatomy LABELS"),
        (["--anatomy-labels", "x.csv"], "--anatomy LABELS"),
        (["--anatomy", "missing.nrrd", "--anatomy-labels", "totalsegmentator"], "does not exist"),
        (["--anatomy", "missing.nrrd"], "does not exist"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, capsys, options, said):
    assert cli.main(["simulate", "--seed", "1", "--output", str(tmp_path / "out"), *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_training_cases_of_label_maps_have_names_of_their_own(tmp_path, monkeypatch):
    from AbdominalCalcificationLib.progress import drain

    labels, table = write_label_map(tmp_path / "maps")
    small = simulated.Protocol(1005, (4.0, 4.0, 4.0), (24, 32, 36), (5.0, 0.0, 190.0), "arterial")
    monkeypatch.setattr(simulated, "draw_protocol", lambda seed: small)
    mix = AnatomyMix((str(labels),), str(table), 1.0)
    drain(simulated.raw_dataset_steps(tmp_path / "raw", [1005], 1, mix))
    name = simulated.case_name(1005, load_anatomy(labels, table).atlas_checksum)
    made = {each.name for each in (tmp_path / "raw").rglob("*.nii.gz")}
    assert made == {f"{name}.nii.gz", f"{name}_0000.nii.gz"}
    with pytest.raises(InputError, match="label maps"):
        drain(simulated.raw_dataset_steps(tmp_path / "raw", [1005]))


def test_a_training_takes_the_label_maps_along(tmp_path):
    from AbdominalCalcificationLib.training.job import Job

    job = Job("arteries", "work", "raw", "Dataset1_X", (1000,), AnatomyMix(("a.nrrd",), "t.csv", 0.25))
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_the_experts_atlas_becomes_a_patient(real_anatomy):
    anatomy = load_anatomy(real_anatomy / "labels.nrrd", real_anatomy / "labels.csv")
    assert anatomy.missing == ()
    assert anatomy.unnamed == ("699 (no name)",)
    patient = simulate(11, anatomy=anatomy, spacing_mm=(2.0, 2.0, 2.0), severity=0.3)
    labels = patient.arteries.array
    assert set(np.unique(labels)) == {0, *LABEL.values()}
    voxel = anatomy.grid.voxel_volume_mm3
    growth = np.prod(patient.truth["deformation"]["scale"])
    for entry, voxels in (("aorta", 16752), ("superior_mesenteric", 1648), ("common_iliac_right", 1073)):
        truth = next(each for each in patient.truth["territories"] if each["name"] == entry)
        assert truth["artery_volume_mm3"] == pytest.approx(voxels * voxel * growth, rel=0.35), entry
    for name in ("aorta", "renal_left", "renal_right", "common_iliac_left", "common_iliac_right"):
        assert ndimage.label(labels == LABEL[name], NEAR)[1] == 1, name
    assert patient.truth["deformation"]["new_contacts"] == []
