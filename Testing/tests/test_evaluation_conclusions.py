"""The sentences of a report say what the statistics say."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.comparison.agreement import paired_test
from AbdominalCalcificationLib.evaluation.conclusions import plain_reading


def a_document(first, second):
    """What an evaluation of methods A and B says of their Dice, one value for each patient."""
    overlap = [
        {
            "group": "all cases",
            "method": name,
            "structure": "calcification",
            "territory": "total",
            "metrics": {"dice": {"mean": float(np.mean(values)), "cases": len(values)}},
        }
        for name, values in (("A", first), ("B", second))
    ]
    tested = paired_test(first, second)
    test = {"metric": "dice", "first": "A", "second": "B", "corrected_p_value": tested.p_value}
    tests = [{**test, "median_difference": tested.median_difference}]
    return {"overlap": overlap, "tests": tests, "agreement": [], "groups": []}


@pytest.mark.parametrize("better", ["A", "B"])
def test_a_lead_is_called_significant_where_the_test_is_in_its_favour(better):
    low, high = 0.7 + 0.001 * np.arange(20), 0.8 + 0.002 * np.arange(20)
    document = a_document(*((high, low) if better == "A" else (low, high)))
    other = "B" if better == "A" else "A"
    assert f"The lead of {better} over {other} is significant" in " ".join(plain_reading(document))


def test_a_mean_that_a_single_case_makes_is_no_significant_lead():
    document = a_document(np.full(20, 0.8), [*(0.82 + 0.001 * np.arange(19)), 0.05])
    text = " ".join(plain_reading(document))
    assert "The lead" not in text
    assert "not in favour of A" in text


def test_methods_that_do_not_differ_are_said_not_to():
    values = np.linspace(0.5, 0.9, 20)
    text = " ".join(plain_reading(a_document(values, values[::-1] + 1e-3)))
    assert "do not differ significantly" in text
