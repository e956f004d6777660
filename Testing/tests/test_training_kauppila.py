"""Training of the Kauppila score's network: loop, loss, calibration, model folder; on drawn films."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError, ModelError
from AbdominalCalcificationLib.inference.kauppila_model import KauppilaModel
from AbdominalCalcificationLib.inference.kauppila_network import probabilities_of
from AbdominalCalcificationLib.radiograph.kauppila_parts import decided
from AbdominalCalcificationLib.radiograph.region import RegionGeometry, images_of, regions_of
from AbdominalCalcificationLib.training.kauppila import learning, work
from AbdominalCalcificationLib.training.kauppila.calibration import Calibration, calibrate
from AbdominalCalcificationLib.training.kauppila.films import write_film
from AbdominalCalcificationLib.training.kauppila.job import KauppilaJob
from AbdominalCalcificationLib.training.kauppila.learning import Learner, loss_of, sample_of
from AbdominalCalcificationLib.training.kauppila.ship import check_destination, ship
from AbdominalCalcificationLib.training.kauppila.varied import Variation
from kauppila_models import ARCHITECTURE, GEOMETRY, a_kauppila_model, films

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def drawn():
    return films(6)


@pytest.fixture
def small(monkeypatch):
    """Trainings of small networks, a few films in a step."""
    monkeypatch.setattr(learning, "_BATCH", 3)
    monkeypatch.setattr(learning, "_WARM_UP_STEPS", 1)
    monkeypatch.setattr(work, "KauppilaArchitecture", lambda: ARCHITECTURE)
    monkeypatch.setattr(work, "RegionGeometry", lambda: GEOMETRY)


def a_learner(drawn, folder, minutes=100.0):
    return Learner(ARCHITECTURE, GEOMETRY, drawn, "cpu", folder, minutes)


def test_the_loss_falls_as_the_network_learns(drawn, small, tmp_path):
    learner = a_learner(drawn[:3], tmp_path)
    losses = [learner._step(*learner._batch(n)) for n in range(25)]
    assert np.mean(losses[-5:]) < 0.93 * np.mean(losses[:5])


def test_a_training_goes_on_where_it_stopped(drawn, small, tmp_path):
    learner, calls = a_learner(drawn, tmp_path), itertools.count()
    assert not learner.learn(lambda *_: None, lambda: next(calls) >= 3)
    assert learner.steps == 3
    again = a_learner(drawn, tmp_path)
    assert again.resume()
    assert (again.steps, again.spent_s) == (3, learner.spent_s)
    for own, other in zip(learner.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(own, other)
    assert again._step(*again._batch(3)) == pytest.approx(learner._step(*learner._batch(3)), rel=0.05)


def test_a_checkpoint_of_another_network_is_told(drawn, small, tmp_path):
    learner = a_learner(drawn, tmp_path)
    learner.save()
    other = Learner(type(ARCHITECTURE)((4, 8, 16), (1, 1, 1), 8, 8), GEOMETRY, drawn, "cpu", tmp_path, 1.0)
    with pytest.raises(InputError, match="does not fit"):
        other.resume()
    (tmp_path / learning.LATEST).write_bytes(b"PK")
    with pytest.raises(ModelError, match="damaged"):
        a_learner(drawn, tmp_path).resume()


def said(scores, calcium=None, walls=None, contrast=None):
    """What a network says of one film: tensors of logits."""
    return {
        "scores": torch.tensor(scores, dtype=torch.float32).reshape(1, 1, 1, 3),
        "calcium": torch.zeros((1, 1, 1, 2)) if calcium is None else calcium,
        "walls": torch.zeros((1, 1, 1, 2, 4)) if walls is None else walls,
        "contrast": torch.zeros((1, 1, 1, 2)) if contrast is None else contrast,
    }


def wanted(score, calcium=(np.nan, np.nan), walls=(np.nan, np.nan), contrast=(np.nan, np.nan)):
    return {
        "scores": np.array([[[score]]]),
        "calcium": np.array(calcium, np.float32).reshape(1, 1, 1, 2),
        "walls": np.array(walls, np.float32).reshape(1, 1, 1, 2),
        "contrast": np.array(contrast, np.float32).reshape(1, 1, 1, 2),
    }


def test_the_loss_is_the_likelihood_of_what_is_asked():
    # A score of 1: above 0 (yes) and above 1 (no) are asked, above 2 is not.
    loss = loss_of(said([0.3, -0.7, 9.0]), wanted(1))
    assert float(loss) == pytest.approx((np.log1p(np.exp(-0.3)) + np.log1p(np.exp(-0.7))) / 2, rel=1e-4)
    assert float(loss_of(said([0.3, -0.7, 9.0]), wanted(-1))) == 0
    rows = loss_of(said([0, 0, 0], torch.tensor([[[[2.0, 5.0]]]])), wanted(-1, (0.0, np.nan)))
    assert float(rows) == pytest.approx(np.log1p(np.exp(2.0)), rel=1e-4)


def test_the_loss_of_a_wall_is_least_where_it_is():
    at = [0.0, 0.25, 0.5, 0.75]
    sharp = torch.tensor([-9.0, 9.0, -9.0, -9.0]).expand(1, 1, 1, 2, 4)
    losses = [float(loss_of(said([0, 0, 0], walls=sharp), wanted(-1, walls=(x + 0.125, np.nan)))) for x in at]
    assert int(np.argmin(losses)) == 1
    assert losses[1] < 0.01
    assert float(loss_of(said([0, 0, 0], walls=sharp), wanted(-1, walls=(1.5, -0.5)))) == 0  # outside of the region


def test_the_loss_of_contrast_is_least_where_the_calcium_is():
    clear, faint = 0.09, 0.01  # nine in ten, and one in two
    right = loss_of(said([0, 0, 0], contrast=torch.tensor([[[[2.197, 0.0]]]])), wanted(-1, contrast=(clear, faint)))
    assert float(right) == pytest.approx(
        (8.2 * (0.9 * np.log(1 / 0.9) + 0.1 * np.log(1 / 0.1)) + 5.0 * np.log(2)) / 13.2, rel=1e-3
    )
    wrong = loss_of(said([0, 0, 0], contrast=torch.tensor([[[[0.0, 2.197]]]])), wanted(-1, contrast=(clear, faint)))
    assert float(wrong) > float(right)
    # Nothing is asked of what is not known.
    assert float(loss_of(said([0, 0, 0], contrast=torch.tensor([[[[9.0, -9.0]]]])), wanted(-1))) == 0


def test_a_level_that_is_left_out_is_no_target(drawn):
    images, targets = sample_of(drawn[0], GEOMETRY, Variation(dropped=1.0, turned=0.0), np.random.default_rng(0))
    assert not images.any()
    assert (targets.scores == -1).all()
    assert np.isnan(targets.calcium).all()
    assert np.isnan(targets.walls).all()
    assert np.isnan(targets.contrast).all()


def test_a_film_upside_down_has_its_targets_upside_down(drawn):
    as_it_is, turned = (
        sample_of(drawn[1], GEOMETRY, Variation(dropped=0.0, turned=share), np.random.default_rng(3), False)
        for share in (0.0, 1.0)
    )
    assert np.array_equal(turned[0], as_it_is[0][::-1, :, ::-1])
    assert np.array_equal(turned[1].scores, as_it_is[1].scores[::-1])
    for name in ("calcium", "walls"):
        own, other = getattr(turned[1], name), getattr(as_it_is[1], name)
        assert np.array_equal(own, other[::-1, :, ::-1], equal_nan=True)
    assert np.isfinite(turned[1].contrast).all()
    assert np.array_equal(turned[1].contrast, as_it_is[1].contrast[::-1, ::-1])


def overconfident(count=200, factor=3.0):
    """Logits that are `factor` times too large for how often they are right, and scores drawn by the right ones."""
    rng = np.random.default_rng(0)
    right = rng.normal(0.3, 1.5, (count, 4, 2, 3))
    shares = probabilities_of(right)
    scores = (rng.random((count, 4, 2, 1)) > np.cumsum(shares, axis=-1)[..., :3]).sum(axis=-1)
    return factor * right, scores


def test_calibration_finds_how_overconfident_a_network_is():
    calibration = calibrate(*overconfident())
    assert calibration.temperature == pytest.approx(3.0, rel=0.15)
    assert calibration.coverage >= 0.9
    assert calibration.films == 200
    # Parts that err independently of each other need no wider interval than they have.
    assert calibration.inflation <= 1.2


def test_parts_that_err_together_need_a_wider_interval():
    logits, scores = overconfident(factor=1.0)
    same = np.repeat(np.repeat(scores[:, :1, :1], 4, axis=1), 2, axis=2)
    assert calibrate(np.zeros_like(logits), same).inflation > 1.3


def test_the_decision_is_the_one_with_the_least_error_of_the_total():
    logits, scores = overconfident(factor=1.0)
    calibration = calibrate(logits, scores)
    shares = probabilities_of(logits, calibration.temperature)
    errors = {
        name: np.abs(decided(shares, name).sum(axis=(1, 2)) - scores.sum(axis=(1, 2))).mean()
        for name in ("median", "mode", "mean")
    }
    assert calibration.mean_absolute_error == pytest.approx(min(errors.values()), abs=1e-3)
    assert errors[calibration.decision] == min(errors.values())


def test_too_few_films_calibrate_nothing():
    logits, scores = overconfident(19)
    assert calibrate(logits, scores) == Calibration()
    scores = np.concatenate([scores, scores])
    scores[19:, 0, 0] = -1  # a film with a part that is not known has no total
    assert calibrate(np.concatenate([logits, logits]), scores) == Calibration()


def test_every_seventh_film_is_held_out(drawn):
    learnt, held_out = work.divided(list(range(20)))
    assert held_out == [6, 13]
    assert len(learnt) == 18
    assert not set(learnt) & set(held_out)


def no_steps(*_):
    """Films are there already."""
    yield from ()


def a_job(tmp_path, drawn, **options) -> KauppilaJob:
    folder = tmp_path / "work" / "raw" / "films"
    folder.mkdir(parents=True)
    for n, film in enumerate(drawn):
        write_film(folder / f"sim_{n:05d}.npz", film)
    return KauppilaJob(str(tmp_path / "work"), seeds=(1,), device="cpu", **options)


def test_a_training_ends_in_a_model_that_can_be_used(drawn, small, tmp_path, monkeypatch):
    from AbdominalCalcificationLib.inference.kauppila_predictor import KauppilaPredictor

    monkeypatch.setattr(work, "radiograph_steps", no_steps)
    job = a_job(tmp_path, drawn, minutes=0.02)
    messages: list[str] = []
    done = work.train(job, lambda: False, tmp_path / "model", False, lambda *_: None, messages.append)
    assert done["finished"]
    assert done["steps"] > 0
    assert any("Too few films" in each for each in messages)
    model = KauppilaModel.open(tmp_path / "model")
    assert model.architecture == ARCHITECTURE
    assert model.document["training"]["films"] == len(drawn)
    film = drawn[0]
    found = KauppilaPredictor(model, "cpu").say(
        images_of(film.raster, regions_of(film.vertebrae, GEOMETRY), film.vertebrae)
    )
    rows = GEOMETRY.level_rows // 4
    assert found.probabilities.shape == (4, 2, 4)
    assert found.probabilities.sum(axis=-1) == pytest.approx(np.ones((4, 2)))
    assert found.calcium.shape == found.across.shape == (4, 2, rows)
    assert ((found.across > 0) & (found.across < 1)).all()
    # The same command again finds it done.
    again = work.train(job, lambda: False, None, False, lambda *_: None, messages.append)
    assert again["finished"]
    assert again["steps"] == done["steps"]


def test_a_training_goes_on_from_a_model(drawn, small, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "radiograph_steps", no_steps)
    a_kauppila_model(tmp_path / "initial")
    job = a_job(tmp_path, drawn, minutes=0.0, initial=str(tmp_path / "initial"))
    work.train(job, lambda: False, tmp_path / "model", False, lambda *_: None, print)
    before, after = (torch.load(tmp_path / name / "checkpoint.pth")["network_weights"] for name in ("initial", "model"))
    assert all(torch.allclose(before[key].float(), after[key].float(), atol=1e-2) for key in before)
    document = json.loads((tmp_path / "model" / "model.json").read_text())
    assert document["training"]["initial"]["name"] == "tiny"


@pytest.mark.parametrize(("asked", "initial", "taken"), [(None, False, 2e-3), (None, True, 3e-4), (5e-4, True, 5e-4)])
def test_the_learning_rate_is_the_one_asked_for_or_that_of_the_beginning(
    drawn, small, tmp_path, monkeypatch, asked, initial, taken
):
    rates = []

    class Noting(work.Learner):
        def __init__(self, *given):
            super().__init__(*given)
            rates.append(given[6])

    monkeypatch.setattr(work, "radiograph_steps", no_steps)
    monkeypatch.setattr(work, "Learner", Noting)
    if initial:
        a_kauppila_model(tmp_path / "initial")
    start = str(tmp_path / "initial") if initial else None
    job = a_job(tmp_path, drawn, minutes=0.0, initial=start, learning_rate=asked)
    work.train(KauppilaJob.from_json(job.to_json()), lambda: True, None, False, lambda *_: None, print)
    assert rates == [taken]


def test_a_model_that_is_there_is_not_replaced_unasked(drawn, small, tmp_path):
    a_kauppila_model(tmp_path / "m")
    with pytest.raises(InputError, match="--overwrite"):
        check_destination(tmp_path / "m", False)
    learner = a_learner(drawn, tmp_path / "work")
    ship(learner.network, ARCHITECTURE, GEOMETRY, Calibration(), {"films": 6}, tmp_path / "m", overwrite=True)
    assert KauppilaModel.open(tmp_path / "m").document["training"] == {"films": 6}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="other things"):
        check_destination(tmp_path / "other", True)


def test_weights_that_do_not_fit_are_told(tmp_path):
    from AbdominalCalcificationLib.inference.kauppila_predictor import KauppilaPredictor

    a_kauppila_model(tmp_path / "m", architecture={**ARCHITECTURE.to_json(), "line_features": 16})
    with pytest.raises(ModelError, match="do not fit"):
        KauppilaPredictor(KauppilaModel.open(tmp_path / "m"), "cpu")


def test_the_bundled_size_is_what_regions_have():
    from AbdominalCalcificationLib.inference.kauppila_network import KauppilaArchitecture, build_network

    geometry = RegionGeometry()
    network = build_network(KauppilaArchitecture(), geometry.margin_rows).eval()
    with torch.inference_mode():
        found = network(torch.zeros((1, 4, 2, geometry.rows, geometry.columns)))
    assert found["scores"].shape == (1, 4, 2, 3)
    assert found["calcium"].shape == (1, 4, 2, 24)
    assert sum(each.numel() for each in network.parameters()) * 2 < 6 * 2**20
