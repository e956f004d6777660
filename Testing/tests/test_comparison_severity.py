"""Severity groups against scikit-learn and a hand-worked example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from AbdominalCalcificationLib.comparison.severity import SeverityGroups, group_agreement, weighted_kappa
from AbdominalCalcificationLib.errors import InputError
from examples import tried


def test_a_burden_at_a_cut_point_belongs_to_the_group_above():
    groups = SeverityGroups()
    burdens = [0, 0.0009, 0.001, 0.0099, 0.01, 0.049, 0.05, 1]
    assert [groups.names[groups.group_of(b)] for b in burdens] == [
        "none",
        "none",
        "mild",
        "mild",
        "moderate",
        "moderate",
        "severe",
        "severe",
    ]


@pytest.mark.parametrize("cuts", [(), (0.1, 0.1), (0.2, 0.1), (float("nan"),)])
def test_cut_points_that_do_not_rise_are_refused(cuts):
    with pytest.raises(InputError, match="rising"):
        SeverityGroups.from_cut_points(cuts)


def test_other_numbers_of_groups_are_numbered():
    assert SeverityGroups.from_cut_points([0.1]).names == ("group 1", "group 2")


def test_weighted_kappa_of_a_published_example():
    """Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, table 18.1: kappa = 0.68."""
    table = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert weighted_kappa(table, 0) == pytest.approx(0.68, abs=0.01)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
@tried(60)
def test_groups_agree_as_scikit_learn_says(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    reference, prediction = np.array(pairs).T
    result = group_agreement(reference, prediction, 4)
    assert np.array_equal(result.confusion, metrics.confusion_matrix(reference, prediction, labels=range(4)))
    assert result.accuracy == pytest.approx((reference == prediction).mean())
    for group in range(4):
        inside, said = reference == group, prediction == group
        sensitivity = said[inside].mean() if inside.any() else None
        specificity = (~said[~inside]).mean() if (~inside).any() else None
        assert result.sensitivity[group] == (None if sensitivity is None else pytest.approx(sensitivity))
        assert result.specificity[group] == (None if specificity is None else pytest.approx(specificity))
    if len(set(reference)) == len(set(prediction)) == 1 and reference[0] == prediction[0]:
        assert result.linear_kappa is None
        return
    for weights, kappa in (("linear", result.linear_kappa), ("quadratic", result.quadratic_kappa)):
        expected = metrics.cohen_kappa_score(reference, prediction, labels=range(4), weights=weights)
        assert kappa == pytest.approx(expected)


def test_no_patients_have_no_agreement():
    result = group_agreement([], [], 4)
    assert result.accuracy is None
    assert result.quadratic_kappa is None
    assert result.sensitivity == (None,) * 4
