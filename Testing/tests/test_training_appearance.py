"""Appearance beyond the realistic: rising curves, surroundings turned round away from labels, chances as configured."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.training.appearance import InvertedSurroundings, RandomCurve
from AbdominalCalcificationLib.training.film_appearance import FilmClutter
from AbdominalCalcificationLib.training.small import (
    APPEARANCE,
    SmallConfiguration,
    configuration_from,
    with_appearance,
)
from AbdominalCalcificationLib.training.tasks import VERTEBRAE_TASK

torch = pytest.importorskip("torch")
SCALE = (120.0, 220.0, (-200.0, 1200.0))


def normalised(hu):
    return (torch.as_tensor(hu, dtype=torch.float32) - 120.0) / 220.0


@pytest.mark.parametrize("seed", range(6))
def test_a_curve_rises_and_keeps_its_ends(seed):
    torch.manual_seed(seed)
    hu = torch.linspace(-200, 1200, 1401).reshape(1, 3, 467, 1)
    out = RandomCurve(1.0, 0.35, *SCALE)(image=normalised(hu))["image"].flatten() * 220.0 + 120.0
    assert bool((out.diff() > 0).all())
    assert float(out[0]) == pytest.approx(-200, abs=0.1)
    assert float(out[-1]) == pytest.approx(1200, abs=0.5)
    moved = (out - hu.flatten()).abs()
    assert 5 < float(moved.max()) < 350
    # No part becomes flat: calcium stays brighter than blood.
    assert float(out.diff().min()) > 0.2


def test_curves_differ_and_come_as_often_as_they_should():
    torch.manual_seed(1)
    image = normalised(np.linspace(-150, 900, 64).reshape(1, 4, 4, 4))
    made = [RandomCurve(0.25, 0.35, *SCALE)(image=image.clone())["image"] for _ in range(400)]
    changed = [not torch.equal(each, image) for each in made]
    assert 0.17 < np.mean(changed) < 0.33
    assert not torch.equal(*[each for each, has in zip(made, changed, strict=True) if has][:2])


def test_surroundings_are_turned_round_and_arteries_with_their_margin_are_not():
    torch.manual_seed(2)
    image = normalised(np.random.default_rng(0).uniform(-150, 400, (1, 32, 32, 32)))
    labels = torch.zeros(1, 32, 32, 32, dtype=torch.int16)
    labels[0, 14:18, 14:18, 14:18] = 3
    turn = InvertedSurroundings(1.0, 4, *SCALE)
    kept, turned = np.zeros((32, 32, 32), bool), 0
    kept[11:21, 11:21, 11:21] = True
    for _ in range(12):
        out = turn(image=image.clone(), segmentation=labels)["image"]
        assert out.shape == image.shape
        assert torch.equal(out[0][kept], image[0][kept])
        moved = (out - image)[0].numpy()[~kept]
        old = image[0].numpy()[~kept]
        changed = np.abs(moved) > 1e-3
        # What was bright became darker, what was dark became brighter.
        if changed.sum() > 3000:
            turned += 1
            assert np.corrcoef(old[changed], moved[changed])[0, 1] < -0.6
        assert float(out.min()) >= (-200 - 120) / 220 - 1e-5
    assert turned > 3


def test_patches_without_labels_and_without_luck_are_left():
    image = normalised(np.zeros((1, 8, 8, 8)))
    assert InvertedSurroundings(0.0, 4, *SCALE)(image=image, segmentation=image)["image"] is image
    assert "segmentation" not in InvertedSurroundings(1.0, 4, *SCALE)(image=image)


def nnunet_transforms(axes=3):
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    return nnUNetTrainer.get_training_transforms((32,) * axes, (-0.1, 0.1), None, (1,), False, [False]).transforms


@pytest.mark.parametrize(("task", "more"), [("arteries", 2), ("calcification", 1)])
def test_both_networks_see_curves_and_only_arteries_turned_surroundings(task, more):
    pytest.importorskip("nnunetv2")
    settings = replace(SmallConfiguration(), noise_chance=0.31, gamma_chance=0.6, inversion_chance=0.7)
    transforms = nnunet_transforms()
    before = len(transforms)
    with_appearance(transforms, task, settings)
    assert len(transforms) == before + more
    names = [type(getattr(each, "transform", each)).__name__ for each in transforms]
    assert ("InvertedSurroundings" in names) == (task == "arteries")
    # After all that changes intensities, before mirroring.
    assert names.index("RandomCurve") == len(names) - 1 - names[::-1].index("GammaTransform") + 1
    assert names.index("RandomCurve") < names.index("MirrorTransform")
    pairs = [(name, getattr(each, "apply_probability", None)) for name, each in zip(names, transforms, strict=True)]
    assert ("GaussianNoiseTransform", 0.31) in pairs
    assert [chance for name, chance in pairs if name == "GammaTransform"] == [pytest.approx(0.2), 0.6]
    ours = next(each for each in transforms if isinstance(each, RandomCurve))
    assert pickle.loads(pickle.dumps(ours)) == ours
    patch = {"image": torch.zeros(1, 32, 32, 32), "segmentation": torch.zeros(1, 32, 32, 32, dtype=torch.int16)}
    for each in transforms:
        patch = each(**patch)
    assert bool(torch.isfinite(patch["image"]).all())


def test_films_get_clutter_before_noise_and_blur_and_no_curves():
    pytest.importorskip("nnunetv2")
    transforms = nnunet_transforms(axes=2)
    with_appearance(transforms, "vertebrae", replace(SmallConfiguration(), clutter_chance=1.0))
    names = [type(getattr(each, "transform", each)).__name__ for each in transforms]
    assert "RandomCurve" not in names
    assert names.index("SpatialTransform") < names.index("FilmClutter") < names.index("GaussianNoiseTransform")
    ours = transforms[names.index("FilmClutter")]
    assert ours == FilmClutter(1.0, VERTEBRAE_TASK.spacing_mm)
    assert pickle.loads(pickle.dumps(ours)) == ours
    patch = {"image": torch.randn(1, 32, 32), "segmentation": torch.zeros(1, 32, 32, dtype=torch.int16)}
    for each in transforms:
        patch = each(**patch)
    assert bool(torch.isfinite(patch["image"]).all())


def test_chances_are_settings_between_none_and_all():
    assert set(APPEARANCE) <= {each.name for each in fields(SmallConfiguration)}
    assert configuration_from({"curve_chance": 0, "inversion_chance": 1}).curve_chance == 0
    for wrong in ({"curve_chance": -0.1}, {"noise_chance": 1.5}, {"curve_strength": 0}):
        with pytest.raises(InputError):
            configuration_from(wrong)
