"""The statistics of outcomes equal those of R's survival and MatchIt (recorded by Testing/outcomes/record_r.py)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.outcomes.concordance import concordance
from AbdominalCalcificationLib.outcomes.cox import fit_cox, predicted_risk, proportional_hazards, wald
from AbdominalCalcificationLib.outcomes.curves import kaplan_meier, log_rank
from AbdominalCalcificationLib.outcomes.matching import match, propensity
from outcomes.given_to_r import cohort_table, matching_table, sets_table

RECORDED = json.loads(Path(__file__).with_name("recorded_r.json").read_text(encoding="utf-8"))
CLOSE = {"rtol": 0, "atol": 1e-9}


@pytest.fixture(scope="module")
def cohort():
    return cohort_table()


@pytest.fixture(scope="module")
def x(cohort):
    return np.column_stack([cohort[name] for name in ("burden", "age", "male")])


@pytest.fixture(scope="module")
def model(cohort, x):
    return fit_cox(cohort["time"], cohort["event"], x)


def test_r_was_given_the_same_cohorts(cohort):
    sums = [cohort["time"].sum(), cohort["burden"].sum(), sets_table()["burden"].sum(), matching_table()["age"].sum()]
    assert list(RECORDED["sums"].values()) == pytest.approx(sums, abs=1e-9)
    assert len(np.unique(cohort["time"][cohort["event"] == 1])) < cohort["event"].sum() / 2, "times are tied"


def test_cox_regression_equals_coxph_with_efron_ties(cohort, model):
    said = RECORDED["cox"]
    assert np.allclose(model.coefficients, said["coefficients"], **CLOSE)
    assert np.allclose(model.covariance, said["covariance"], **CLOSE)
    values = model.null_log_likelihood, model.log_likelihood
    # Up to a constant, which the way of centring makes.
    assert np.diff(values) == pytest.approx(np.diff(said["log_likelihood"]), abs=1e-8)
    assert values == pytest.approx(said["log_likelihood"], abs=1e-8)
    assert wald(model.coefficients, model.covariance).statistic == pytest.approx(said["wald"], rel=1e-9)


def test_robust_variance_equals_that_of_coxph_with_clusters(cohort, x):
    model = fit_cox(cohort["time"], cohort["event"], x, cluster=cohort["patient"])
    assert np.allclose(model.covariance, RECORDED["cox"]["robust_covariance"], **CLOSE)


def test_proportional_hazards_equal_cox_zph(cohort, model):
    each, together = proportional_hazards(model, [[0], [1], [2]])
    rows = [[test.statistic, test.degrees, test.p_value] for test in (*each, together)]
    assert np.allclose(rows, RECORDED["cox"]["zph"], atol=1e-8)
    group = cohort["group"]
    grouped = fit_cox(
        cohort["time"], cohort["event"], np.column_stack([group == 1, group == 2, cohort["age"]]).astype(float)
    )
    assert np.allclose(grouped.coefficients, RECORDED["cox"]["grouped"], **CLOSE)
    each, together = proportional_hazards(grouped, [[0, 1], [2]])
    rows = [[test.statistic, test.degrees, test.p_value] for test in (*each, together)]
    assert np.allclose(rows, RECORDED["cox"]["zph_terms"], atol=1e-8)


def test_concordance_equals_that_of_survival(cohort, x, model):
    found = concordance(cohort["time"], cohort["event"], x @ model.coefficients)
    assert found == pytest.approx(RECORDED["cox"]["concordance"], abs=1e-12)
    found = concordance(cohort["time"], cohort["event"], cohort["burden"])
    assert found == pytest.approx(RECORDED["cox"]["concordance_single"], abs=1e-12)


def test_predicted_risk_equals_survfit_of_coxph(x, model):
    risk = predicted_risk(model, x, x.mean(axis=0), 5)
    assert np.allclose(risk, RECORDED["cox"]["risk_at_5"], **CLOSE)


def test_curves_and_log_rank_equal_survfit_and_survdiff(cohort):
    said = RECORDED["survival"]
    for group in range(3):
        chosen = cohort["group"] == group
        curve = kaplan_meier(cohort["time"][chosen], cohort["event"][chosen])
        rows = [place for place, name in enumerate(said["group"]) if name == f"group={group}"]
        assert len(rows) == 4
        for row in rows:
            survival, lower, upper = curve.at(said["time"][row])
            assert curve.at_risk(said["time"][row]) == said["at_risk"][row]
            assert survival == pytest.approx(said["survival"][row], abs=1e-12)
            if survival < 1:
                assert (lower, upper) == pytest.approx((said["lower"][row], said["upper"][row]), abs=1e-12)
    test = log_rank(cohort["time"], cohort["event"], cohort["group"])
    assert test.statistic == pytest.approx(said["chisq"], rel=1e-10)


def test_conditional_logistic_regression_equals_clogit():
    sets = sets_table()
    x = np.column_stack([sets["burden"], sets["male"]])
    model = fit_cox(np.ones(len(x)), sets["case"], x, stratum=sets["set"])
    said = RECORDED["conditional"]
    for method in ("exact", "efron"):
        assert np.allclose(model.coefficients, said[method], **CLOSE)
    assert np.allclose(model.covariance, said["exact_covariance"], **CLOSE)
    assert [model.null_log_likelihood, model.log_likelihood] == pytest.approx(said["log_likelihood"], abs=1e-9)


def test_the_nearest_control_is_taken_where_matchit_4_5_1_takes_a_farther_one():
    treated = np.array([1, 1, 1, 0, 0, 0, 0], bool)
    found = match(treated, np.array([0.7, 0.6, 0.489, 0.69, 0.59, 0.497, 0.474]))
    assert found.set_of[5] == found.set_of[2]
    assert RECORDED["matching"]["quick_takes"] == 7, "the row, counted from 1, of 0.474"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("plain", {}),
        ("two", {"ratio": 2}),
        ("caliper", {"ratio": 2, "caliper": 0.05}),
        ("exact", {"caliper": 0.2, "exact": "male"}),
    ],
)
def test_matching_equals_matchit(name, how):
    table, said = matching_table(), RECORDED["matching"][name]
    treated = table["treated"] == 1
    score = propensity(treated, np.column_stack([table["age"], table["burden"]]))
    assert np.allclose(score, RECORDED["matching"]["score"], atol=1e-10)
    exact = table[how["exact"]] if "exact" in how else None
    found = match(treated, score, **{**how, "exact": exact})
    expected = {}
    for treated_row, controls in zip(said["rows"], said["pairs"], strict=True):
        chosen = {row - 1 for row in controls if row is not None}
        if chosen:
            expected[treated_row - 1] = chosen
    sets = {
        int(row): {int(other) for other in np.flatnonzero(found.set_of == found.set_of[row]) if other != row}
        for row in np.flatnonzero(treated & (found.set_of >= 0))
    }
    assert sets == expected
    assert found.unmatched == treated.sum() - len(expected)
