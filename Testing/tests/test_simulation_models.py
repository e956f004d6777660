"""The two models that ship: small, safe to read, and labelled as what they are."""

from __future__ import annotations

import json

import pytest

from AbdominalCalcificationLib import anatomy, resources

MODELS = {"arteries": resources.bundled_artery_model(), "calcification": resources.bundled_calcification_model()}


@pytest.mark.parametrize("folder", MODELS.values(), ids=MODELS)
def test_a_model_folder_is_complete_and_small_and_holds_no_absolute_path(folder):
    names = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    weights = {"dataset.json", "plans.json", "fold_0/checkpoint_final.pth"}
    assert names == {*weights, "MODEL_CARD.md", "confidence.json", "reliability.svg"}
    for name in ("confidence.json", "reliability.svg"):
        assert '"/' not in (folder / name).read_text(encoding="utf-8").replace('"/>', "")
    assert sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) < 4 * 2**20
    for name in ("dataset.json", "plans.json"):
        assert '"/' not in (folder / name).read_text(encoding="utf-8")
    assert "not for diagnosis" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_labels_are_the_projects_own_names():
    labels = {name: json.loads((folder / "dataset.json").read_text())["labels"] for name, folder in MODELS.items()}
    assert labels["arteries"] == {"background": 0, **{t.name: t.label for t in anatomy.TERRITORIES}}
    assert labels["calcification"] == {"background": 0, "calcification": 1}


@pytest.mark.nnunet
@pytest.mark.parametrize("folder", MODELS.values(), ids=MODELS)
def test_the_checkpoint_holds_weights_alone_and_fits_the_plans(folder):
    torch = pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    checkpoint = torch.load(folder / "fold_0" / "checkpoint_final.pth", weights_only=True)
    assert set(checkpoint) == {
        "network_weights",
        "init_args",
        "trainer_name",
        "inference_allowed_mirroring_axes",
    }
    assert checkpoint["trainer_name"] == "nnUNetTrainer"
    # Mirroring would swap left and right.
    assert checkpoint["inference_allowed_mirroring_axes"] is None
    plans = json.loads((folder / "plans.json").read_text())
    architecture = plans["configurations"]["3d_fullres"]["architecture"]
    labels = json.loads((folder / "dataset.json").read_text())["labels"]
    network = get_network_from_plans(
        architecture["network_class_name"],
        architecture["arch_kwargs"],
        architecture["_kw_requires_import"],
        1,
        len(labels),
        deep_supervision=False,
    )
    network.load_state_dict(checkpoint["network_weights"])
    assert all(bool(torch.isfinite(p).all()) for p in network.parameters())
