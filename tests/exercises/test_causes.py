"""The known causes of errors: each has a proof, and none matches the error of another.

tests/submissions/test_submissions.py runs the proofs, and looks there for the texts of their causes.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from workbook.course.steps import all_steps
from workbook.exercises.causes import cause_of, where_to_look
from workbook.exercises.known_causes import CAUSES, Cause
from workbook.lab.running import AppFailed

from ..submissions.submitting import submissions

# The kinds of submissions whose messages are read for their causes.
REFUSED = ("wrong", "broken")


def each(causes: list[Cause]) -> list[object]:
    return [pytest.param(cause, id=cause.name) for cause in causes]


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(cause.name for cause in CAUSES).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", cause.name) for cause in CAUSES)


def test_no_words_are_those_of_another_cause() -> None:
    """So a message with a cause's text comes from that cause: no earlier one has matched the error."""
    for cause in CAUSES:
        assert [other.name for other in CAUSES if cause.look in other.look] == [cause.name]


def test_every_proof_exists() -> None:
    refused = [s for step in all_steps() for kind in REFUSED for s in submissions(step.number, kind)]
    proved = [cause.name for submission in refused for cause in submission.proves]
    assert sorted(proved) == sorted(cause.name for cause in CAUSES if cause.proof)


def test_every_cause_is_proved() -> None:
    assert [cause.name for cause in CAUSES if not cause.proof and not cause.on_postgresql] == []


@pytest.mark.parametrize("cause", each([cause for cause in CAUSES if cause.on_postgresql]))
def test_the_cause_of_an_error_of_postgresql(cause: Cause) -> None:
    assert cause_of(cause.on_postgresql) is cause


def test_an_error_that_is_not_known() -> None:
    error = AppFailed("ZeroDivisionError: division by zero", "app.py, line 3, in index: 1 / 0")
    assert cause_of(error.error) is None
    assert where_to_look(error, "the view.") == "the view. In your code: app.py, line 3, in index: 1 / 0."


def test_an_error_that_the_check_is_about() -> None:
    error = AppFailed("KeyError: 'email'")
    known = cause_of(error.error)
    assert known and where_to_look(error, "the view.") == known.look
    assert where_to_look(error, "the view.", meant="KeyError") == "the view."
