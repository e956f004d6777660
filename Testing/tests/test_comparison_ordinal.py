"""Grades, intervals and probabilities against second implementations: scikit-learn, scipy, and loops."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, cohen_kappa_score, confusion_matrix, recall_score

from AbdominalCalcificationLib.comparison.ordinal import ordinal_agreement
from AbdominalCalcificationLib.comparison.predicted import calibration, coverage
from AbdominalCalcificationLib.errors import InputError
from examples import tried

PAIRS = st.integers(3, 60).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 3), min_size=n, max_size=n) for _ in range(2)))
)


@tried(60)
@given(PAIRS)
def test_kappas_are_those_of_scikit_learn(pairs):
    reference, prediction = pairs
    found = ordinal_agreement(reference, prediction, 4, resamples=0)
    for name, weights in (("linear_kappa", "linear"), ("quadratic_kappa", "quadratic")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = cohen_kappa_score(reference, prediction, labels=range(4), weights=weights)
        if np.isnan(expected):
            assert getattr(found, name).value is None
        else:
            assert getattr(found, name).value == pytest.approx(expected, abs=1e-9)
    assert found.confusion == tuple(map(tuple, confusion_matrix(reference, prediction, labels=range(4)).tolist()))


@tried(40)
@given(PAIRS)
def test_sensitivity_and_specificity_are_recalls(pairs):
    reference, prediction = map(np.array, pairs)
    found = ordinal_agreement(reference, prediction, 4, resamples=0)
    for grade in range(4):
        is_it, said = reference == grade, prediction == grade
        for estimate, positive in ((found.sensitivity[grade], True), (found.specificity[grade], False)):
            if (is_it == positive).any():
                assert estimate.value == pytest.approx(recall_score(is_it, said, pos_label=positive))
            else:
                assert estimate.value is None


def test_shares_and_bias_are_what_counting_gives():
    reference, prediction = [0, 1, 2, 3, 3, 0], [0, 2, 2, 1, 3, 3]
    found = ordinal_agreement(reference, prediction, 4, resamples=0)
    assert found.exact.value == pytest.approx(3 / 6)
    assert found.within_one.value == pytest.approx(4 / 6)
    assert found.bias.value == pytest.approx((1 - 2 + 3) / 6)
    assert (found.pairs, found.patients) == (6, 6)


def test_the_bootstrap_draws_whole_patients():
    rng = np.random.default_rng(1)
    patients = np.repeat(np.arange(15), 4)
    reference = np.repeat(rng.integers(0, 4, 15), 4)
    prediction = np.clip(reference + np.repeat(rng.integers(-1, 2, 15), 4), 0, 3)
    found = ordinal_agreement(reference, prediction, 4, patients.tolist(), resamples=400, seed=3)
    draws = np.random.Generator(np.random.PCG64(3))
    # As the code draws them, 250 at a time, but each resample written out.
    counts = np.concatenate([draws.multinomial(15, np.full(15, 1 / 15), size=n) for n in (250, 150)])
    kappas = []
    for count in counts:
        rows = np.concatenate([np.flatnonzero(patients == who) for who in np.repeat(np.arange(15), count)])
        kappas.append(cohen_kappa_score(reference[rows], prediction[rows], weights="quadratic"))
    assert found.quadratic_kappa.bootstrap == pytest.approx(tuple(np.quantile(kappas, [0.025, 0.975])), abs=1e-9)
    alone = ordinal_agreement(reference, prediction, 4, resamples=400, seed=3).quadratic_kappa.bootstrap
    together = found.quadratic_kappa.bootstrap
    assert together[1] - together[0] > 1.3 * (alone[1] - alone[0])


def test_what_is_no_grade_is_refused():
    with pytest.raises(InputError, match="between 0 and 3"):
        ordinal_agreement([0, 4], [0, 1], 4)
    with pytest.raises(InputError, match="one length"):
        ordinal_agreement([0, 1], [0], 4)
    assert ordinal_agreement([], [], 4).exact.value is None


def test_two_pairs_have_no_kappa():
    found = ordinal_agreement([0, 2], [1, 2], 4, resamples=0)
    assert (found.exact.value, found.quadratic_kappa.value, found.linear_kappa.value) == (0.5, None, None)


def test_coverage_counts_ends_as_within():
    found = coverage(0.9, [3, 5, 9], [(3, 4), (6, 8), (0, 9)], resamples=0)
    assert found.covered.value == pytest.approx(2 / 3)
    assert found.width.value == pytest.approx((1 + 2 + 9) / 3)
    assert (found.level, found.pairs) == (0.9, 3)


@tried(40)
@given(st.integers(1, 80), st.integers(0, 1000))
def test_probabilities_are_judged_as_a_loop_does(count, seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.5] * 4, count)
    truth = rng.integers(0, 4, count)
    found = calibration(truth, shares, resamples=0)
    at_least = [shares[:, k:].sum(axis=1) for k in (1, 2, 3)]
    events = [truth >= k for k in (1, 2, 3)]
    brier = np.mean(
        [brier_score_loss(e, p, labels=[False, True]) for e, p in zip(events, np.clip(at_least, 0, 1), strict=True)]
    )
    assert found.ranked_score.value == pytest.approx(brier)
    said, seen = np.concatenate(at_least), np.concatenate(events)
    error = 0.0
    for each, row in enumerate(found.bins):
        inside = (said >= each / 10) & ((said < (each + 1) / 10) | (each == 9))
        # What lies at an edge can be rounded to either side of it.
        if abs(int(inside.sum()) - row["count"]) == 0 and inside.any():
            assert row["observed"] == pytest.approx(seen[inside].mean())
            assert row["predicted"] == pytest.approx(said[inside].mean())
        error += row["count"] * abs((row["observed"] or 0) - (row["predicted"] or 0))
    assert found.error.value == pytest.approx(error / len(said))


def test_a_certain_and_right_method_has_no_error_and_an_opposite_one_all():
    right = calibration([0, 3, 1], np.eye(4)[[0, 3, 1]], resamples=0)
    assert (right.error.value, right.ranked_score.value) == (0, 0)
    wrong = calibration([0, 3], np.eye(4)[[3, 0]], resamples=0)
    assert (wrong.error.value, wrong.ranked_score.value) == (1, 1)
    assert calibration([], [], resamples=0).error.value is None
