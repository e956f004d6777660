"""What the values of label maps stand for: tables of every natural form, and the tissues that names mean."""

from __future__ import annotations

import json

import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.names import side_of, without_its_side
from AbdominalCalcificationLib.simulation.labelled.tables import read_names
from AbdominalCalcificationLib.simulation.labelled.tissues import Tissue, tissue_of_name
from AbdominalCalcificationLib.simulation.labelled.totalsegmentator import TOTAL


@pytest.mark.parametrize(
    ("name", "tissue"),
    [
        ("aorta", Tissue.ARTERY),
        ("renal_arteries", Tissue.ARTERY),
        ("splenic_artery", Tissue.ARTERY),
        ("left_external_iliac_artery", Tissue.ARTERY),
        ("thoracic_aorta", Tissue.ARTERY),
        ("celiac trunk", Tissue.ARTERY),
        ("brachiocephalic_trunk", Tissue.ARTERY),
        ("A. renalis links", Tissue.ARTERY),
        ("aorta_thrombus", Tissue.SOFT),
        ("pulmonary_vein", Tissue.HEART),
        ("left_renal_vein", Tissue.RENAL_VEIN),
        ("portal_vein_and_splenic_vein", Tissue.PORTAL_VEIN),
        ("inferior_vena_cava", Tissue.SYSTEMIC_VEIN),
        ("iliac_vena_left", Tissue.SYSTEMIC_VEIN),
        ("right_renal_pelvis", Tissue.FLUID),
        ("pelvis", Tissue.BONE),
        ("urinary_bladder", Tissue.FLUID),
        ("gallbladder", Tissue.FLUID),
        ("kidney_cyst_left", Tissue.FLUID),
        ("kidney_left", Tissue.KIDNEY),
        ("Niere rechts", Tissue.KIDNEY),
        ("Leber", Tissue.LIVER),
        ("vertebrae_L5", Tissue.BONE),
        ("lumbar3", Tissue.BONE),
        ("l5_l4_intervertebraldisc", Tissue.DISC),
        ("right_quadratus_lumborum_muscle", Tissue.MUSCLE),
        ("autochthon_left", Tissue.MUSCLE),
        ("colon_and_ileum", Tissue.GUT),
        ("small_bowel", Tissue.GUT),
        ("costal_cartilages", Tissue.CARTILAGE),
        ("spinal_cord", Tissue.NERVE),
        ("lung_lower_lobe_left", Tissue.LUNG),
        ("subcutaneous_fat", Tissue.FAT),
        ("body", Tissue.BODY),
        ("plaque", Tissue.REPLACED),
        ("background", Tissue.NOTHING),
        ("gizmo", None),
        ("", None),
    ],
)
def test_names_mean_tissues(name, tissue):
    assert tissue_of_name(name) is tissue


def test_every_structure_of_totalsegmentator_is_understood():
    assert len(TOTAL) == 117
    assert (TOTAL[1], TOTAL[52], TOTAL[65], TOTAL[79], TOTAL[117]) == (
        "spleen", "aorta", "iliac_artery_left", "spinal_cord", "costal_cartilages",
    )  # fmt: skip
    assert [name for name in TOTAL.values() if tissue_of_name(name) is None] == []


def test_sides_are_said_by_words():
    assert (side_of("rib_left_4"), side_of("Niere links"), side_of("vertebrae_L4"), side_of("liver")) == (
        "left", "left", None, None,
    )  # fmt: skip
    assert without_its_side("rib_left_4") == without_its_side("right rib 4") != without_its_side("rib_left_5")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("t.csv", "label,name\n7,aorta\n3,liver\n"),
        ("t.csv", "index;structure;colour\n7;aorta;red\n3;liver;brown\n"),
        ("t.tsv", "name\tvalue\naorta\t7\nliver\t3\n"),
        ("t.csv", "7,aorta\n3,liver\n"),
        ("dataset.json", json.dumps({"labels": {"background": 0, "aorta": 7, "liver": 3}, "channel_names": {}})),
        ("t.json", json.dumps({"aorta": 7, "liver": 3})),
        ("t.json", json.dumps({"7": "aorta", "3": "liver", "0": "background"})),
    ],
)
def test_tables_of_any_natural_form_are_read(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    assert read_names(tmp_path / "labels.nrrd", tmp_path / file) == {7: "aorta", 3: "liver"}


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("t.csv", "colour,size\nred,3\n", "no columns"),
        ("t.csv", "label,name\nx,aorta\n", "line 2"),
        ("t.csv", "label,name\n7,aorta\n7,liver\n", "both"),
        ("t.csv", "label,name\n", "names no label"),
        ("t.json", "[1, 2]", "no object"),
        ("t.json", '{"aorta": [1, 2]}', "no single number"),
        ("t.json", '{"aorta": "liver"}', "number"),
        ("t.json", "{", "no table"),
    ],
)
def test_tables_that_say_nothing_are_refused_in_one_line(tmp_path, file, text, said):
    (tmp_path / file).write_text(text)
    with pytest.raises(InputError) as refusal:
        read_names(tmp_path / "labels.nrrd", tmp_path / file)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_totalsegmentators_numbers_are_known_by_a_word_and_a_missing_table_is_told(tmp_path):
    from pathlib import Path

    assert read_names(tmp_path / "labels.nii.gz", Path("totalsegmentator")) == TOTAL
    with pytest.raises(InputError, match="cannot be read"):
        read_names(tmp_path / "labels.nii.gz", tmp_path / "missing.csv")
