"""Answers are taken out of the checks, and a sealed key judges as the clear one does."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbook.course.errors import WorkbookError
from workbook.exercises.answer_keys import ClearKey, SealedKey, sealed
from workbook.grading.sealing import seal_checks

QUESTION = """
@exercise("1.1")
def test_it(folder):
    check_answer(
        folder,
        "größe",
        "b",
        {
            "a": "Because it is "
            "not.",
            "c": "For “another” reason.",
        },
    )
"""
TABLE = """
_KNOWN = {"link": "It is linked already."}
BOTH = {"log in": "There is no user."}
DECISIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "row_1": ("the identity is known.", "log in", _KNOWN),
    "row_2": ("the identity is new.", "create", {**BOTH, "link": "To whom?"}),
}
print(BOTH)


@pytest.mark.parametrize("row", DECISIONS)
def test_the_table(folder, row):
    check_decision(folder, row, *DECISIONS[row])
"""


def test_a_question() -> None:
    found = seal_checks(QUESTION, "test.py")
    assert 'check_answer(\n        folder,\n        "größe",\n    )' in found.text
    key = SealedKey(**found.keys["größe"])
    assert list(key.choices) == ["a", "b", "c"]
    assert [key.reason(one) for one in ("a", "b", "c", "d", None, 1)] == [
        *("Because it is not.", "", "For “another” reason."),
        *(None, None, None),
    ]


def test_a_value_to_find() -> None:
    text = 'check_word(folder, "bit", "Abc", {"x": "No."}, look="there")'
    found = seal_checks(text, "test.py")
    assert found.text == 'check_word(folder, "bit", look="there")'
    key = SealedKey(**found.keys["bit"])
    assert list(key.choices) == [] and key.reason("abc") == "" and key.reason("x") == "No."


def test_a_table_of_decisions() -> None:
    """What only the table uses goes with it."""
    found = seal_checks(TABLE, "test.py")
    assert "_KNOWN" not in found.text and "BOTH = {" in found.text
    values: dict[str, object] = {}
    exec(found.text.partition("@pytest")[0], values)
    assert values["DECISIONS"] == ("row_1", "row_2") and "check_decision(folder, row)" in found.text
    key = SealedKey(**found.keys["row_2"])
    assert key.case == "the identity is new." and list(key.choices) == ["create", "link", "log in"]
    assert [key.reason(one) for one in key.choices] == ["", "To whom?", "There is no user."]


@pytest.mark.parametrize(
    "call",
    [
        'check_answer(folder, "client", RIGHT, {"a": "No."})',
        'check_answer(folder, "client", "c", REASONS)',
        'check_answer(folder, name, "c", {"a": "No."})',
        'check_answer(folder, "client", right="c", wrong={"a": "No."})',
        "check_decision(folder, row, *decisions(row))",
        "check_decision(folder, row, *NO_TABLE[row])",
        "T = table()\ncheck_decision(folder, row, *T[row])",
    ],
)
def test_an_answer_that_could_stay_is_an_error(call: str) -> None:
    with pytest.raises(WorkbookError, match="test.py cannot be released"):
        seal_checks(call, "test.py")


@given(
    right=st.text(min_size=1, max_size=20),
    wrong=st.dictionaries(st.text(max_size=20), st.text(min_size=1, max_size=60), max_size=5),
    tried=st.text(max_size=20),
)
def test_a_sealed_key_judges_as_the_clear_one(right: str, wrong: dict[str, str], tried: str) -> None:
    wrong = {answer: f"{reason}." for answer, reason in wrong.items() if answer != right}
    clear = ClearKey(right, wrong)
    stored = json.loads(json.dumps(sealed(clear, show_choices=True)))
    key = SealedKey(**stored)
    assert list(key.choices) == list(clear.choices)
    for answer in (right, *wrong, tried):
        assert key.reason(answer) == clear.reason(answer)


def test_what_is_sealed_is_not_readable() -> None:
    key = ClearKey("twitter_oauthtok", {"session": "That is the cookie."})
    first, second = (json.dumps(sealed(key, show_choices=False)) for _ in range(2))
    assert "twitter" not in first and "cookie" not in first and "session" not in first
    assert set(json.loads(first)["entries"]).isdisjoint(json.loads(second)["entries"])


def test_checks_without_a_question_stay_as_they_are() -> None:
    text = '"""Ä."""\n\n\ndef test_it(site):\n    assert site\n'
    found = seal_checks(text, "test.py")
    assert found.text == text and found.keys == {} and ast.parse(found.text)
