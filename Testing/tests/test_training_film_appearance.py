"""Films that look like no film: another appearance, the same shape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.training import film_appearance
from AbdominalCalcificationLib.training.film_appearance import unlike
from AbdominalCalcificationLib.training.radiographs import training_look

SPACING_MM = 1.2


def a_film():
    """Four bodies that are brighter than what lies around them, on a field that is brighter below."""
    labels = np.zeros((200, 150), np.uint8)
    for n in range(4):
        labels[20 + 42 * n : 50 + 42 * n, 60:92] = n + 1
    noise = np.random.default_rng(0).normal(0, 8.0, labels.shape)
    return 900.0 + 160.0 * (labels > 0) + np.arange(200)[:, None] * 1.5 + noise, labels


def contrast(image, labels) -> float:
    """By how much the edges of bodies differ from just outside, in deviations of the image."""
    bodies = labels > 0
    inside = bodies & ~ndimage.binary_erosion(bodies, iterations=6)
    outside = ndimage.binary_dilation(bodies, iterations=6) & ~bodies
    return float(image[inside].mean() - image[outside].mean()) / float(image.std())


def test_the_same_numbers_make_the_same_film_and_others_another():
    pixels, labels = a_film()
    before = pixels.copy(), labels.copy()
    one, again, other = (unlike(pixels, labels, SPACING_MM, np.random.default_rng(n)) for n in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.array_equal(pixels, before[0])
    assert np.array_equal(labels, before[1])
    assert one.shape == pixels.shape
    assert one.dtype == np.float32


def test_appearance_changes_much_and_bodies_stay_brighter_than_their_surroundings():
    pixels, labels = a_film()
    made = [unlike(pixels, labels, SPACING_MM, np.random.default_rng(n)) for n in range(60)]
    assert all(np.isfinite(each).all() for each in made)
    assert all(abs(float(each.mean())) < 1e-3 and abs(float(each.std()) - 1) < 1e-3 for each in made)
    kept = [contrast(each, labels) for each in made]
    assert np.mean(np.array(kept) > 0) > 0.95
    assert min(kept) < 0.4 * contrast(pixels, labels), "some are far fainter"
    plain = (pixels - pixels.mean()) / pixels.std()
    alike = [np.corrcoef(each.ravel(), plain.ravel())[0, 1] for each in made]
    assert min(alike) < 0.4 < max(alike)


EVERY_CHANGE = sorted(
    {each for each, _ in (*film_appearance.OF_VERTEBRAE, *film_appearance.OF_CALCIUM, *film_appearance.OF_PATCHES)},
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("change", EVERY_CHANGE, ids=lambda each: each.__name__)
@pytest.mark.parametrize("shape", [(40, 6), (3, 300), (150, 150)])
def test_every_change_does_something_to_films_of_any_shape(change, shape):
    pixels = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    labels = np.zeros(shape, np.uint8)
    labels[1:3, 2:5] = 3
    before = pixels.copy()
    made = [change(pixels, labels, SPACING_MM, np.random.default_rng(n)) for n in range(8)]
    assert all(each.shape == shape and np.isfinite(each).all() for each in made)
    is_beyond = change is film_appearance._cut_off and shape[1] < 20  # a film that ends before the skin
    assert is_beyond or any(not np.array_equal(each, pixels) for each in made)
    assert np.array_equal(pixels, before)


def test_a_film_without_bodies_or_without_contrast_is_no_trouble():
    empty = np.zeros((60, 50), np.uint8)
    for n in range(12):
        assert np.isfinite(unlike(np.full((60, 50), 7.0), empty, SPACING_MM, np.random.default_rng(n))).all()


def test_most_films_to_learn_from_look_otherwise_and_some_as_they_are():
    pixels, labels = a_film()
    looks = [training_look(seed, pixels, labels) for seed in range(100)]
    as_they_are = sum(np.array_equal(each, pixels) for each in looks)
    assert 25 <= as_they_are <= 55
    assert np.array_equal(looks[3], training_look(3, pixels, labels))


def test_changes_for_the_score_leave_a_dense_deposit_brighter_than_what_is_beside_it():
    """Along most of it: folds and stool lie over it here and there, as they do on films of people."""
    pixels, _ = a_film()
    pixels[:, 40:42] += 45.0
    beside = np.r_[34:38, 44:48]
    made = [unlike(pixels, None, SPACING_MM, np.random.default_rng(n), film_appearance.OF_CALCIUM) for n in range(60)]
    kept = [float((np.median(each[:, 40:42], axis=1) > np.median(each[:, beside], axis=1)).mean()) for each in made]
    assert min(kept) > 0.5
    assert np.mean(kept) > 0.9


def test_folds_are_bright_lines_as_far_apart_as_they_are_asked_for(monkeypatch):
    """On an even film: few pixels are bright, and they come back at the distance between folds."""
    even = np.zeros((400, 400), np.float32)
    monkeypatch.setattr(film_appearance, "_here_and_there", lambda *_: 1.0)
    found = []
    for apart_mm in (8.0, 32.0):
        monkeypatch.setattr(film_appearance, "_FOLD_MM", (apart_mm, apart_mm * 1.001))
        crossings = []
        for n in range(8):
            made = film_appearance._folded(even, None, 0.4, np.random.default_rng(n))
            lit = np.abs(made) > 0.5 * np.abs(made).max()
            assert 0.01 < lit.mean() < 0.5
            crossings.append(np.count_nonzero(np.diff(lit.astype(int), axis=1) > 0) / (400 * 400 * 0.4))
        found.append(float(np.mean(crossings)))
    assert found[0] / found[1] == pytest.approx(4.0, rel=0.3)


def test_texture_has_every_size_and_the_coarse_is_the_strongest():
    made = [
        film_appearance._mottled(np.zeros((256, 256), np.float32), None, 0.4, np.random.default_rng(n))
        for n in range(12)
    ]
    for each in made:
        power = np.abs(np.fft.rfft2(each - each.mean())) ** 2
        f = np.hypot(np.fft.fftfreq(256, 0.4)[:, None], np.fft.rfftfreq(256, 0.4)[None])
        bands = [power[(f >= low) & (f < 2 * low)].mean() for low in (0.02, 0.08, 0.32)]
        assert bands[0] > bands[1] > bands[2] > 0


def test_patches_get_clutter_as_often_as_asked_for_and_keep_their_mean_and_deviation():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    pixels, _ = a_film()
    image = torch.from_numpy(pixels.astype(np.float32))[None]
    made = [film_appearance.FilmClutter(0.5, SPACING_MM)(image=image)["image"] for _ in range(120)]
    changed = [each for each in made if each is not image]
    assert 0.35 < len(changed) / len(made) < 0.65
    for each in changed:
        assert each.shape == image.shape
        assert each.dtype == image.dtype
        assert float(each.mean()) == pytest.approx(float(image.mean()), abs=0.01 * float(image.std()))
        assert float(each.std()) == pytest.approx(float(image.std()), rel=0.01)
    assert not torch.equal(*changed[:2])
    # Bodies are seen as before: clutter lies over them.
    assert np.mean([np.corrcoef(each.numpy().ravel(), image.numpy().ravel())[0, 1] for each in changed]) > 0.6
    torch.manual_seed(0)
    again = film_appearance.FilmClutter(0.5, SPACING_MM)(image=image)["image"]
    assert torch.equal(again, made[0])
