"""Cohorts with known effects, from uniform numbers alone: the same on every computer and with every numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

# Logarithms of hazard ratios per unit: of the burden's standard deviation, of ten years, and of male sex.
EFFECTS = {"burden": 0.5, "age": 0.4, "male": 0.3}


@dataclass(frozen=True)
class Cohort:
    """One simulated cohort, n patients.

    Attributes
    ----------
    time : float array, shape (n,)
        Years from the CT, in steps of `step`.
    event : bool array, shape (n,)
    burden, age, male : float array, shape (n,)
        The burden in standard deviations, the age in decades beyond 60, and sex.
    """

    time: np.ndarray
    event: np.ndarray
    burden: np.ndarray
    age: np.ndarray
    male: np.ndarray

    @property
    def x(self) -> np.ndarray:
        """Burden, age and sex as columns, shape (n, 3)."""
        return np.column_stack([self.burden, self.age, self.male])


def a_cohort(seed: int, count: int = 300, effects: dict[str, float] = EFFECTS, step: float = 0.05) -> Cohort:
    """Return a cohort with exponential times, a hazard of 0.08 a year, and a follow-up of 2 to 10 years.

    Ages go along with burdens (r = 0.5), so that both have to be in a model. Times are rounded up to `step`, which
    makes ties; 0 leaves them as they are.
    """
    uniform = np.random.Generator(np.random.PCG64(seed)).random((count, 5))
    uniform = np.clip(uniform, 1e-12, 1 - 1e-12)
    normal = ndtri(uniform[:, :2])
    age = normal[:, 0]
    burden = 0.5 * normal[:, 0] + np.sqrt(0.75) * normal[:, 1]
    male = (uniform[:, 2] < 0.5).astype(float)
    linear = effects["burden"] * burden + effects["age"] * age + effects["male"] * male
    until_event = -np.log(uniform[:, 3]) / (0.08 * np.exp(linear))
    follow_up = 2 + 8 * uniform[:, 4]
    time = np.minimum(until_event, follow_up)
    if step:
        time = np.ceil(time / step) * step
    return Cohort(np.round(time, 6), until_event <= follow_up, burden, age, male)
