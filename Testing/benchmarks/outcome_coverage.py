"""How often intervals hold the true effect: OMP_NUM_THREADS=1 python Testing/benchmarks/outcome_coverage.py [N]

Simulated cohorts of 300 patients with known effects (Testing/outcomes/simulated.py): Cox's regression, conditional
logistic regression of cases matched 1:2, multiple imputation (10) of covariates of which 20 to 30 % are missing, and
Cox's regression where calcification has no effect.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "AbdominalCalcification")]

from AbdominalCalcificationLib.outcomes.cox import fit_cox  # noqa: E402 - after the path to it
from AbdominalCalcificationLib.outcomes.imputation import (  # noqa: E402
    cumulative_hazard,
    imputed,
    pooled,
    t_quantile,
)
from outcomes.simulated import EFFECTS, a_cohort  # noqa: E402

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 500
TRUTH = np.array(list(EFFECTS.values()))


def holds(coefficients, covariance, truth, reach=1.959963984540054):
    """Return for each coefficient whether its interval holds the truth."""
    return np.abs(coefficients - truth) <= reach * np.sqrt(np.diag(covariance))


def cox(seed):
    """Cox's regression with everything known."""
    cohort = a_cohort(seed)
    model = fit_cox(cohort.time, cohort.event, cohort.x)
    return holds(model.coefficients, model.covariance, TRUTH)


def null(seed):
    """Cox's regression where the burden has no effect; whether that is held to be possible."""
    cohort = a_cohort(seed, effects={**EFFECTS, "burden": 0.0})
    model = fit_cox(cohort.time, cohort.event, cohort.x)
    return holds(model.coefficients, model.covariance, np.array([0.0, 0.4, 0.3]))


def with_imputation(seed):
    """Cox's regression where age is missing more often in those with more calcification, and sex at random."""
    cohort = a_cohort(seed)
    uniform = np.random.Generator(np.random.PCG64([seed, 1])).random((len(cohort.time), 2))
    x = cohort.x[:, 1:].copy()
    x[uniform[:, 0] < 1 / (1 + np.exp(1.2 - cohort.burden)), 0] = np.nan
    x[uniform[:, 1] < 0.2, 1] = np.nan
    helpers = np.column_stack([cohort.burden, cohort.event, cumulative_hazard(cohort.time, cohort.event)])
    models = [
        fit_cox(cohort.time, cohort.event, np.column_stack([cohort.burden, each]))
        for each in imputed(x, helpers, 10, np.random.Generator(np.random.PCG64([seed, 2])))
    ]
    together = pooled([m.coefficients for m in models], [m.covariance for m in models], cohort.event.sum() - 3)
    return holds(together.coefficients, together.covariance, TRUTH, t_quantile(together.degrees))


def conditional(seed):
    """Conditional logistic regression: 150 sets of one case and two controls, drawn by their odds within the set."""
    cohort = a_cohort(seed, 450)
    sets = np.repeat(np.arange(150), 3)
    weight = np.exp(cohort.x @ TRUTH).reshape(150, 3)
    drawn = np.random.Generator(np.random.PCG64([seed, 3])).random(150)[:, None]
    chosen = (np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1) < drawn).sum(axis=1)
    case = (np.arange(3) == chosen[:, None]).ravel()
    model = fit_cox(np.ones(450), case, cohort.x, stratum=sets)
    return holds(model.coefficients, model.covariance, TRUTH)


if __name__ == "__main__":
    print(f"{COUNT} cohorts; part of the 95 % intervals that hold the truth: burden, age, sex")
    for method in (cox, null, conditional, with_imputation):
        found = np.mean([method(10_000 + number) for number in range(COUNT)], axis=0)
        print(method.__name__.ljust(16), *(f"{100 * part:5.1f} %" for part in found), flush=True)
