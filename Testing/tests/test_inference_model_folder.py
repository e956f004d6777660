"""A model folder is checked before it is used, without torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from AbdominalCalcificationLib.errors import ModelError
from AbdominalCalcificationLib.inference import ModelFolder, describe
from tiny_models import TRAINER_FOLDER, a_model_folder_without_weights


@pytest.fixture
def trainer_folder(tmp_path) -> Path:
    return a_model_folder_without_weights(tmp_path, ["aorta", "renal_arteries", "liver"], folds=("0", "1"))


def change(file: Path, edit) -> None:
    content = json.loads(file.read_text())
    edit(content)
    file.write_text(json.dumps(content))


def refusal(folder: Path, **arguments) -> str:
    with pytest.raises(ModelError) as caught:
        ModelFolder.open(folder, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    assert ";" in message, "what is wrong; what to do"
    return message


def test_a_good_folder_tells_its_name_labels_folds_and_checkpoints(trainer_folder):
    model = ModelFolder.open(trainer_folder)
    assert model.name == "Dataset900_Tiny"
    assert model.configuration == "3d_fullres"
    assert model.labels == {"aorta": 1, "renal_arteries": 2, "liver": 3}
    assert model.folds == ("0", "1")
    assert [file.parent.name for file in model.checkpoints] == ["fold_0", "fold_1"]
    assert model.patch_size == (32, 32, 32)


@pytest.mark.parametrize("levels_up", [1, 2])
def test_a_parent_that_holds_one_model_is_as_good(trainer_folder, levels_up):
    assert ModelFolder.open(trainer_folder.parents[levels_up - 1]).path == trainer_folder


def test_a_parent_that_holds_two_models_is_ambiguous(trainer_folder, tmp_path):
    a_model_folder_without_weights(tmp_path, ["aorta"], name="Dataset901_Other")
    assert "several models" in refusal(tmp_path)


def test_a_folder_of_another_name_is_read_as_full_resolution(trainer_folder):
    renamed = trainer_folder.rename(trainer_folder.with_name("arteries"))
    assert ModelFolder.open(renamed).configuration == "3d_fullres"


def test_reading_a_folder_imports_neither_torch_nor_nnunet(trainer_folder):
    code = (
        "import sys; from AbdominalCalcificationLib.inference import ModelFolder, describe;"
        f"describe(ModelFolder.open({str(trainer_folder)!r}));"
        "sys.exit(any(m in sys.modules for m in ('torch', 'nnunetv2')))"
    )
    library = Path(__file__).parents[2] / "AbdominalCalcification"
    assert subprocess.run([sys.executable, "-c", code], cwd=library, check=False).returncode == 0


def test_what_is_missing_is_named(trainer_folder, tmp_path):
    assert "no model folder" in refusal(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "plans.json" in refusal(tmp_path / "empty")
    (trainer_folder / "dataset.json").rename(tmp_path / "dataset.json")
    assert "dataset.json is missing" in refusal(trainer_folder)


def test_a_zip_is_not_a_folder(tmp_path):
    (tmp_path / "model.zip").write_bytes(b"PK")
    assert "import" in refusal(tmp_path / "model.zip")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe\x00"])
def test_broken_json_is_named(trainer_folder, content):
    (trainer_folder / "plans.json").write_bytes(content)
    assert "plans.json" in refusal(trainer_folder)


def test_a_missing_fold_is_named(trainer_folder):
    assert "no fold 4, only 0, 1" in refusal(trainer_folder, folds=("4",))
    for fold in trainer_folder.glob("fold_*"):
        (fold / "checkpoint_final.pth").unlink()
        fold.rmdir()
    assert "has no fold" in refusal(trainer_folder)


def test_a_missing_checkpoint_is_named_and_the_best_one_will_do(trainer_folder):
    for fold in trainer_folder.glob("fold_*"):
        (fold / "checkpoint_final.pth").rename(fold / "elsewhere.pth")
    assert "checkpoint_final.pth" in refusal(trainer_folder)
    (trainer_folder / "fold_1" / "elsewhere.pth").rename(trainer_folder / "fold_1" / "checkpoint_best.pth")
    assert ModelFolder.open(trainer_folder).folds == ("1",)


def test_an_empty_checkpoint_is_named(trainer_folder):
    (trainer_folder / "fold_1" / "checkpoint_final.pth").write_bytes(b"")
    assert "empty" in refusal(trainer_folder)


def test_two_channels_are_refused(trainer_folder):
    change(trainer_folder / "dataset.json", lambda d: d.update(channel_names={"0": "CT", "1": "PET"}))
    assert "2 input channels" in refusal(trainer_folder)


def test_another_modality_is_refused(trainer_folder):
    change(trainer_folder / "dataset.json", lambda d: d.update(channel_names={"0": "T1"}))
    assert "T1" in refusal(trainer_folder)


def test_region_based_labels_are_refused(trainer_folder):
    change(trainer_folder / "dataset.json", lambda d: d["labels"].update(aorta=[1, 2]))
    assert "region-based" in refusal(trainer_folder)


def test_labels_with_gaps_are_refused(trainer_folder):
    change(trainer_folder / "dataset.json", lambda d: d["labels"].update(aorta=7))
    assert "numbered" in refusal(trainer_folder)


@pytest.mark.parametrize(
    ("change_of_settings", "word"),
    [
        ({"patch_size": [32, 32]}, "2D"),
        ({"patch_size": [32, 0, 32]}, "patch size"),
        ({"spacing": [1, "x", 1]}, "spacing"),
        ({"normalization_schemes": ["os.system"]}, "normalisation"),
        ({"resampling_fn_data": "load_json"}, "resampling"),
        ({"previous_stage": "3d_lowres"}, "cascade"),
        ({"inherits_from": "nothing"}, "nothing"),
        ({"inherits_from": "3d_fullres"}, "3d_fullres"),
        ({"architecture": {}}, "network"),
    ],
)
def test_plans_that_cannot_be_used_are_refused(trainer_folder, change_of_settings, word):
    change(trainer_folder / "plans.json", lambda p: p["configurations"]["3d_fullres"].update(change_of_settings))
    assert word in refusal(trainer_folder)


@pytest.mark.parametrize(
    ("key", "value"), [("network_class_name", "os.system"), ("network_class_name", "evil.PlainConvUNet")]
)
def test_only_known_networks_are_ever_imported(trainer_folder, key, value):
    change(
        trainer_folder / "plans.json",
        lambda p: p["configurations"]["3d_fullres"]["architecture"].update({key: value}),
    )
    assert "not supported" in refusal(trainer_folder)


def test_only_known_layers_are_ever_imported(trainer_folder):
    def edit(plans):
        plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]["nonlin"] = "subprocess.run"

    change(trainer_folder / "plans.json", edit)
    assert "subprocess.run" in refusal(trainer_folder)


def test_a_configuration_inherits_settings(trainer_folder):
    def edit(plans):
        plans["configurations"]["3d_small"] = {"inherits_from": "3d_fullres", "patch_size": [16, 16, 16]}

    change(trainer_folder / "plans.json", edit)
    small = trainer_folder.rename(trainer_folder.with_name("nnUNetTrainer__nnUNetPlans__3d_small"))
    assert ModelFolder.open(small).patch_size == (16, 16, 16)
    assert ModelFolder.open(small).spacing_mm == (1.5, 1.5, 1.5)


def test_names_of_other_models_are_understood_and_both_sides_in_one_label(trainer_folder):
    mapping = ModelFolder.open(trainer_folder).territory_mapping()
    assert {label: [t.name for t in territories] for label, territories in mapping.items()} == {
        1: ["aorta"],
        2: ["renal_left", "renal_right"],
    }


def test_totalsegmentator_names_are_understood(tmp_path):
    names = ["aorta", "iliac_artery_left", "iliac_artery_right", "superior_mesenteric_artery", "celiac_trunk"]
    mapping = ModelFolder.open(a_model_folder_without_weights(tmp_path, names)).territory_mapping()
    assert [territories[0].name for territories in mapping.values()] == [
        "aorta",
        "common_iliac_left",
        "common_iliac_right",
        "superior_mesenteric",
        "celiac_trunk",
    ]


def test_models_trained_with_the_reorienting_reader_want_ras_axes(tmp_path):
    folder = a_model_folder_without_weights(tmp_path, ["aorta"], reader="NibabelIOWithReorient")
    assert ModelFolder.open(folder).orientation == "RAS"


def test_unknown_labels_can_be_mapped_by_the_user(trainer_folder):
    model = ModelFolder.open(trainer_folder)
    assert model.unknown_labels() == ("liver",)
    assert model.territory_mapping({"Liver": "celiac_trunk", "aorta": ""}).keys() == {2, 3}
    with pytest.raises(ModelError, match="no territory"):
        model.territory_mapping({"liver": "spleen"})


def test_a_calcification_model_is_known_by_its_label(trainer_folder, tmp_path):
    assert not ModelFolder.open(trainer_folder).is_calcification_model()
    folder = a_model_folder_without_weights(tmp_path, ["Calcification"], name="Dataset901_C")
    assert ModelFolder.open(folder).is_calcification_model()


def test_the_checksum_follows_the_weights(trainer_folder):
    before = ModelFolder.open(trainer_folder).checksum
    assert ModelFolder.open(trainer_folder).checksum == before
    (trainer_folder / "fold_0" / "checkpoint_final.pth").write_bytes(b"other weights")
    assert ModelFolder.open(trainer_folder).checksum != before
    assert ModelFolder.open(trainer_folder).identity()["checksum"].startswith("sha256:")


def test_the_description_says_what_each_label_is_used_for(trainer_folder):
    text = describe(ModelFolder.open(trainer_folder))
    assert "renal_arteries -> renal_left and renal_right" in text
    assert "liver -> not used" in text
    assert TRAINER_FOLDER in text
