"""The constants of review: the table in the documentation is theirs, and each has a test that fixes it."""

from __future__ import annotations

import pytest
from test_measurement_constants import DOCUMENT, MOVES, constants_table, move, named_test

from AbdominalCalcificationLib.review import constants

VALUES = {name: value for name, value in vars(constants).items() if name.isupper()}
TABLE = constants_table(DOCUMENT.with_name("review.md"))


def test_the_table_in_the_documentation_is_that_of_the_code():
    assert list(TABLE) == list(VALUES)
    assert {name: float(row[0]) for name, row in TABLE.items()} == VALUES
    assert all(cell for row in TABLE.values() for cell in row)


@pytest.mark.parametrize("factor", MOVES)
@pytest.mark.parametrize("name", VALUES)
def test_the_test_of_a_constant_fails_where_it_is_moved(name, factor, monkeypatch):
    probe = named_test(TABLE[name][-1])
    move(monkeypatch, "review", name, VALUES[name] * factor)
    with pytest.raises((AssertionError, LookupError)):
        probe()
