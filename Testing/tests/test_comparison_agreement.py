"""Agreement statistics against published examples and against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from AbdominalCalcificationLib.comparison.agreement import agreement, holm, icc_2_1, paired_test
from AbdominalCalcificationLib.errors import InputError
from examples import tried

# Bland & Altman 1986, Lancet i:307-310, table: first readings with the Wright and the mini Wright
# peak flow meter of 17 subjects, l/min.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
# Shrout & Fleiss 1979, table 2: 6 targets, 4 judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

numbers = st.lists(
    st.tuples(st.integers(-50, 50).map(lambda n: n / 4), st.integers(-50, 50).map(lambda n: n / 4)),
    min_size=4,
    max_size=30,
)


def varied(pairs):
    x, y = np.array(pairs).T
    return x, y, x.std() > 0 and y.std() > 0


def test_peak_flow_limits_are_bland_and_altmans():
    """Their text: mean difference (large − mini) −2.1, s = 38.8, limits −79.7 and 75.5 with 2 s; r = 0.94.

    Their intervals, with 2 s: bias −22.0 to 17.8, lower limit −114.3 to −45.1, upper limit 40.9 to 110.1.
    """
    result = agreement(MINI, WRIGHT, resamples=0)
    assert result.bias.value == pytest.approx(-2.1, abs=0.05)
    deviation = (result.upper_limit.value - result.lower_limit.value) / (2 * 1.96)
    assert deviation == pytest.approx(38.8, abs=0.05)
    assert result.bias.value - 2 * deviation == pytest.approx(-79.7, abs=0.1)
    assert result.pearson.value == pytest.approx(0.94, abs=0.005)
    assert result.bias.analytic == pytest.approx((-22.0, 17.8), abs=0.1)
    # The formulas of 1999: s / √n for the bias, s √(1/n + 1.96² / 2(n − 1)) for a limit.
    n, s = len(MINI), np.std(np.subtract(WRIGHT, MINI), ddof=1)
    t = stats.t.ppf(0.975, n - 1)
    for estimate, error in ((result.bias, 1 / n), (result.lower_limit, 1 / n + 1.96**2 / (2 * (n - 1)))):
        expected = (estimate.value - t * s * np.sqrt(error), estimate.value + t * s * np.sqrt(error))
        assert estimate.analytic == pytest.approx(expected, rel=1e-9)
    width = np.ptp(result.lower_limit.analytic)
    assert np.ptp(result.upper_limit.analytic) == pytest.approx(width, rel=1e-9)
    # Those of 1986 take √(3/n) s for the error of a limit, and 2 s.
    assert result.lower_limit.analytic == pytest.approx((-114.3, -45.1), abs=2.5)
    assert result.upper_limit.analytic == pytest.approx((40.9, 110.1), abs=2.5)


def test_intraclass_correlation_is_shrout_and_fleisss():
    """Table 4 of Shrout & Fleiss 1979: ICC(2,1) = 0.29."""
    assert icc_2_1(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)


def test_concordance_of_a_hand_worked_example():
    """x = 1, 2, 3 and y = 2, 3, 5: means 2 and 10/3, variances over n 2/3 and 14/9, covariance 1.

    Lin's coefficient is 2·1 / (2/3 + 14/9 + (4/3)²) = 0.5.
    """
    assert agreement([1, 2, 3], [2, 3, 5], resamples=0).concordance.value == pytest.approx(0.5)


@given(numbers)
@tried(80)
def test_statistics_equal_plain_formulas_and_scipy(pairs):
    x, y, spread = varied(pairs)
    result = agreement(x, y, resamples=0)
    difference = y - x
    assert result.bias.value == pytest.approx(difference.mean(), abs=1e-9)
    assert result.upper_limit.value == pytest.approx(difference.mean() + 1.96 * difference.std(ddof=1), abs=1e-9)
    assert result.mean_absolute_error.value == pytest.approx(np.abs(difference).mean(), abs=1e-9)
    if not spread:
        assert result.pearson.value is None
        assert result.spearman.value is None
        return
    assert result.pearson.value == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
    assert result.spearman.value == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    expected = 2 * covariance / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert result.concordance.value == pytest.approx(expected, abs=1e-9)
    assert result.icc.value == pytest.approx(plain_icc(np.stack([x, y], axis=1)), abs=1e-9)


def plain_icc(table):
    """ICC(2,1) from the sums of squares of a two-way analysis of variance, element by element."""
    n, k = table.shape
    grand = sum(sum(row) for row in table) / (n * k)
    rows = [sum(row) / k for row in table]
    columns = [sum(table[i][j] for i in range(n)) / n for j in range(k)]
    between_rows = k * sum((r - grand) ** 2 for r in rows) / (n - 1)
    between_columns = n * sum((c - grand) ** 2 for c in columns) / (k - 1)
    total = sum((table[i][j] - grand) ** 2 for i in range(n) for j in range(k))
    error = (total - between_rows * (n - 1) - between_columns * (k - 1)) / ((n - 1) * (k - 1))
    return (between_rows - error) / (between_rows + (k - 1) * error + k * (between_columns - error) / n)


def test_bootstrap_intervals_are_those_of_a_plain_resampling():
    rng = np.random.default_rng(3)
    x = rng.gamma(2, 2, 24)
    y = x * 1.1 + rng.normal(0, 1, 24)
    patients = np.repeat(np.arange(12), 2)
    result = agreement(x, y, patients, resamples=4000, seed=5)
    assert (result.pairs, result.patients) == (24, 12)

    samples = {"bias": [], "pearson": [], "spearman": [], "icc": []}
    for _ in range(1500):
        rows = np.concatenate([np.flatnonzero(patients == p) for p in rng.integers(0, 12, 12)])
        samples["bias"].append((y[rows] - x[rows]).mean())
        samples["pearson"].append(stats.pearsonr(x[rows], y[rows]).statistic)
        samples["spearman"].append(stats.spearmanr(x[rows], y[rows]).statistic)
        samples["icc"].append(plain_icc(np.stack([x[rows], y[rows]], axis=1)))
    for name, values in samples.items():
        expected = np.quantile(values, [0.025, 0.975])
        width = expected[1] - expected[0]
        assert getattr(result, name).bootstrap == pytest.approx(expected, abs=0.12 * width), name


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others():
    first, again, other = (agreement(WRIGHT, MINI, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.icc.bootstrap != other.icc.bootstrap
    assert first.icc.value == other.icc.value


@pytest.mark.parametrize("pairs", [[], [(1, 2)], [(1, 2), (3, 4)]])
def test_too_few_pairs_have_no_spread_and_no_interval(pairs):
    x, y = [p[0] for p in pairs], [p[1] for p in pairs]
    result = agreement(x, y)
    assert result.pairs == len(pairs)
    assert result.bias.value == (1 if pairs else None)
    for name in ("lower_limit", "upper_limit", "pearson", "spearman", "icc", "concordance"):
        assert getattr(result, name).value is None
    assert result.bias.bootstrap is None
    assert result.bias.analytic is None


@pytest.mark.parametrize("value", [0.0, 1000.1, 1e7 / 3])
def test_values_that_never_vary_correlate_with_nothing(value):
    result = agreement([value] * 5, [value] * 5)
    assert result.bias.value == 0
    assert result.pearson.value is result.spearman.value is result.icc.value is result.concordance.value is None
    for n in range(3, 41):
        varying = np.sin(np.arange(n)) + value
        for pair in (([value] * n, varying), (varying, [value] * n)):
            result = agreement(*pair, resamples=0)
            assert result.bias.value is not None
            assert result.pearson.value is result.spearman.value is result.icc.value is result.concordance.value is None


def test_the_formulas_intervals_are_left_out_where_patients_come_twice():
    x, y = np.arange(6.0), np.arange(6.0) + np.array([0.3, -0.2, 0.1, 0.4, -0.5, 0.2])
    assert agreement(x, y, resamples=0).bias.analytic is not None
    twice = agreement(x, y, ["a", "a", "b", "b", "c", "c"])
    assert twice.bias.analytic is twice.upper_limit.analytic is None
    assert twice.bias.bootstrap is not None


def repeated(rng, sizes, between, within, bias=0.5):
    """Return values of two methods whose differences have known standard deviations between and within patients."""
    patients = np.repeat(np.arange(len(sizes)), sizes)
    truth = rng.normal(50, 10, len(patients))  # of each measurement another
    difference = bias + rng.normal(0, between, len(sizes))[patients] + rng.normal(0, within, len(patients))
    return truth, truth + difference, patients


def half_width(result):
    return (result.upper_limit.value - result.lower_limit.value) / 2


@pytest.mark.parametrize(("between", "within"), [(3.0, 1.0), (1.0, 3.0), (0.0, 2.0), (2.0, 0.0)])
def test_limits_with_repeated_cases_are_those_of_known_components(between, within):
    rng = np.random.default_rng(0)
    x, y, patients = repeated(rng, rng.integers(1, 9, 4000), between, within)
    result = agreement(x, y, patients, resamples=0)
    assert half_width(result) == pytest.approx(1.96 * np.hypot(between, within), rel=0.03)
    assert result.bias.value == pytest.approx(0.5, abs=0.15)


def test_one_patient_who_comes_often_does_not_narrow_the_limits():
    """Many cases of one patient say how much one patient varies, not how much patients do."""
    rng = np.random.default_rng(1)
    widths = {"components": [], "plain": []}
    for _ in range(300):
        x, y, patients = repeated(rng, [60, *[1] * 12], 3.0, 0.3)
        widths["components"].append(half_width(agreement(x, y, patients, resamples=0)) / 1.96)
        widths["plain"].append(np.std(y - x, ddof=1))
    truth = np.hypot(3.0, 0.3)
    assert np.sqrt(np.mean(np.square(widths["components"]))) == pytest.approx(truth, rel=0.1)
    assert np.sqrt(np.mean(np.square(widths["plain"]))) < 0.75 * truth, (
        "the formula for independent pairs is too narrow"
    )


@pytest.mark.parametrize("seed", range(4))
def test_variance_components_are_those_of_a_mixed_model(seed):
    """Of balanced data the analysis of variance and restricted maximum likelihood give the same components."""
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    rng = np.random.default_rng(seed)
    x, y, patients = repeated(rng, [4] * 25, 2.0, 1.0 + seed)
    fitted = mixed.MixedLM(y - x, np.ones((len(x), 1)), groups=patients).fit(reml=True)
    variance = float(fitted.cov_re[0, 0]) + fitted.scale
    assert half_width(agreement(x, y, patients, resamples=0)) == pytest.approx(1.96 * np.sqrt(variance), rel=1e-3)


def test_limits_of_unequally_repeated_cases_are_near_a_mixed_models():
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    rng = np.random.default_rng(7)
    x, y, patients = repeated(rng, rng.integers(1, 7, 200), 2.0, 1.5)
    fitted = mixed.MixedLM(y - x, np.ones((len(x), 1)), groups=patients).fit(reml=True)
    variance = float(fitted.cov_re[0, 0]) + fitted.scale
    assert half_width(agreement(x, y, patients, resamples=0)) == pytest.approx(1.96 * np.sqrt(variance), rel=0.03)


def test_variance_components_by_hand():
    """Differences 1, 3 | 2, 2 | 6: B = 6.4 (2 degrees of freedom), W = 1 (2), m = (5 − 9/5) / 2 = 1.6."""
    difference = np.array([1.0, 3.0, 2.0, 2.0, 6.0])
    x = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    squares = 2 * (2 - 2.8) ** 2 * 2 + (6 - 2.8) ** 2
    assert squares / 2 == pytest.approx(6.4)
    result = agreement(x, x + difference, list("aabbc"), resamples=0)
    assert half_width(result) == pytest.approx(1.96 * np.sqrt((6.4 - 1) / 1.6 + 1))


def test_patients_who_agree_more_than_their_own_cases_have_no_component_between_them():
    result = agreement([0.0] * 4, [-1.0, 1.0, -1.0, 1.0], list("aabb"), resamples=0)
    assert half_width(result) == pytest.approx(1.96 * np.sqrt(2))


def test_cases_of_one_patient_have_no_limits():
    result = agreement([1.0, 2.0, 3.0], [1.0, 2.5, 3.2], ["a"] * 3)
    assert result.lower_limit.value is result.upper_limit.value is None
    assert result.bias.value is not None


def test_limits_are_resampled_by_patient():
    rng = np.random.default_rng(11)
    x, y, patients = repeated(rng, [1, 2, 3, 4] * 5, 2.0, 1.0)
    result = agreement(x, y, patients, resamples=3000, seed=2)
    values = []
    for _ in range(1500):
        drawn = [np.flatnonzero(patients == p) for p in rng.integers(0, 20, 20)]
        rows, codes = np.concatenate(drawn), np.repeat(np.arange(20), [len(each) for each in drawn])
        values.append(agreement(x[rows], y[rows], codes, resamples=0).upper_limit.value)
    expected = np.quantile(values, [0.025, 0.975])
    assert result.upper_limit.bootstrap == pytest.approx(expected, abs=0.1 * np.ptp(expected))


def test_rounding_is_no_difference():
    """Errors of two methods that find the same burdens, added up in another order."""
    rng = np.random.default_rng(5)
    burdens = rng.random(30)
    noisy = burdens * (1 + rng.choice([-1, 1], 30) * 2e-16)
    assert np.count_nonzero(noisy != burdens) > 5
    assert paired_test(burdens, noisy).p_value == 1
    exact, rounded = np.zeros(30), np.abs(noisy - burdens)
    assert paired_test(exact, rounded, magnitude=1.0).p_value == 1
    assert paired_test(exact, rounded, magnitude=1.0).median_difference == 0


def test_differences_that_rounding_tells_apart_are_tied():
    first = np.arange(1.0, 13.0)
    differences = np.array([1, 1, 1, -1, 2, 2, 2, -2, 3, 3, 3, 4]) / 10
    exact = paired_test(np.zeros(12), differences).p_value
    assert paired_test(first, first + differences).p_value == exact
    assert len(set((first + differences) - first)) > 5, "rounding makes them differ"


def test_one_voxel_is_a_difference():
    result = paired_test([0.05] * 6, [0.05 + 1e-7 * n for n in range(1, 7)])
    assert result.p_value == pytest.approx(2 / 2**6)


def test_values_that_are_not_finite_or_not_paired_are_refused():
    with pytest.raises(InputError, match="finite"):
        agreement([1, np.nan, 3], [1, 2, 3])
    with pytest.raises(InputError, match="one length"):
        agreement([1, 2], [1, 2, 3])


@given(st.lists(st.integers(1, 1000).map(lambda n: n / 1000), max_size=12))
@tried(20)
def test_holms_correction_is_statsmodels(p_values):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    expected = multitest.multipletests(p_values, method="holm")[1].tolist() if p_values else []
    assert holm(p_values) == pytest.approx(expected)


def test_holms_correction_by_hand():
    """0.01 · 3, then max(0.03, 0.02 · 2), then max(0.04, 0.03 · 1); a missing value does not count."""
    assert holm([0.02, None, 0.01, 0.03]) == pytest.approx([0.04, None, 0.03, 0.04], nan_ok=True)


def test_wilcoxon_of_a_published_example():
    """Wilcoxon 1945, Biometrics 1:80-83, table 2 (Darwin's maize, eighths of an inch): T = 24, n = 15.

    Exact two-sided p of T = 24 with 15 pairs: 0.0413 (rank sums of all 2¹⁵ sign patterns).
    """
    differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    result = paired_test([0.0] * 15, differences)
    ranks = stats.rankdata(np.abs(differences))
    signs = (np.arange(2**15)[:, None] >> np.arange(15)) & 1
    sums = np.minimum(signs @ ranks, (1 - signs) @ ranks)
    assert result.p_value == pytest.approx((sums <= 24).mean())
    assert result.p_value == pytest.approx(0.0413, abs=0.0001)
    assert result.median_difference == 24


@pytest.mark.parametrize("zeros", [0, 4, 9, 40])
def test_pairs_that_do_not_differ_change_no_p_value(zeros):
    """Five differences of one sign: 2 of 2⁵ sign patterns are as extreme, whatever else does not differ."""
    result = paired_test([0.0] * (5 + zeros), [1.0, 2.0, 3.0, 4.0, 5.0] + [0.0] * zeros)
    assert result.p_value == pytest.approx(2 / 2**5)
    assert result.pairs == 5 + zeros


def test_a_test_pairs_what_both_have_and_averages_within_patients():
    result = paired_test([1, 2, None, 4, 5, 6], [2, 4, 3, None, 6, 9], ["a", "a", "b", "b", "c", "d"])
    assert result.pairs == 3  # a (mean of 1 and 2), c, d
    assert result.median_difference == 1.5
    assert paired_test([1, 1, 1], [1, 1, 1]).p_value == 1
    assert paired_test([1, 1], [1, 2]).p_value is None
    assert paired_test([None], [1]) == paired_test([], [])
