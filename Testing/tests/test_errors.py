"""Messages of errors are one line, whatever text of a file they quote."""

import pickle

import pytest

from AbdominalCalcificationLib.errors import InferenceError, InputError, ModelError, WriteError

QUOTED = "kid\nney \x1b[31m\x00 \udcff left"
SHOWN = "kid\\nney \\x1b[31m\\x00 \\xff left"


@pytest.mark.parametrize(
    "error",
    [
        InputError(f"'{QUOTED}' is no artery; rename it."),
        ModelError(f"'{QUOTED}' is no artery; rename it."),
        InferenceError(f"'{QUOTED}' is no artery; rename it.", "a log\nof two lines"),
        WriteError(QUOTED, "a reason"),
        WriteError("a place", QUOTED),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_message_is_one_printable_line_also_after_it_went_between_processes(error):
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert str(each).isprintable()
        assert SHOWN in str(each)
