"""Answers that are wrong in the same way are named where chance does not explain them, with how rare they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from workbook.grading.equal_answers import answers_in, is_right
from workbook.grading.works import WorkFile

from .eyes import done, remarks

ZERO = "00_what_oauth_is"
SEVEN = "07_linking_by_email"
RIGHT = {"access_token": "b", "client": "c", "code": "d", "state": "a", "logged_out": "c"}
TWO_WRONG = {**RIGHT, "client": "a", "code": "a"}


def answers(values: Mapping[str, str], step: str = ZERO, name: str = "answers.toml") -> dict[str, str]:
    return {f"{step}/{name}": "".join(f'{question} = "{answer}"\n' for question, answer in values.items())}


def said(tmp: Path, students: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The remarks on students with these answers in step 00."""
    return remarks(tmp, {name: answers(values) for name, values in students.items()})


def test_the_right_answers_here_are_the_solutions() -> None:
    (file,) = (WorkFile(ZERO, "answers.toml", data) for name, data in done(ZERO).items() if "answers" in name)
    assert answers_in(file) == {(ZERO, "answers.toml", name): answer for name, answer in RIGHT.items()}
    assert all(is_right(question, answer) for question, answer in answers_in(file).items())
    assert not is_right((ZERO, "answers.toml", "client"), "a")


def test_equal_wrong_answers(tmp_path: Path) -> None:
    found = said(tmp_path, {"anna": TWO_WRONG, "bert": TWO_WRONG, "cleo": RIGHT, "dora": RIGHT})
    line = (
        f'{ZERO}/answers.toml is equal to bert\'s, and so are the 2 wrong answers (client = "a", code = "a"). '
        "By chance, one student in "
    )
    assert found["anna"].startswith(line) and found["bert"].startswith(line.replace("bert", "anna"))
    assert found["cleo"] == found["dora"] == ""


def test_in_other_letters_and_another_order(tmp_path: Path) -> None:
    other = {name: f" {answer.upper()}" for name, answer in reversed(TWO_WRONG.items())}
    found = said(tmp_path, {"anna": TWO_WRONG, "bert": other})
    assert "equal to bert's" in found["anna"] and "equal to anna's" in found["bert"]


HONEST: dict[str, list[Mapping[str, str]]] = {
    "all right": [RIGHT, RIGHT],
    "one wrong answer": [{**RIGHT, "client": "a"}, {**RIGHT, "client": "a"}],
    "two others": [TWO_WRONG, {**RIGHT, "client": "a", "code": "b"}],
    "not answered": [dict.fromkeys(RIGHT, ""), dict.fromkeys(RIGHT, "")],
    "questions that nobody asked": [{"mine": "x", "yours": "y"}, {"mine": "x", "yours": "y"}],
    # Ten of twelve have made the same two mistakes: the lesson is to blame.
    "what nearly everybody answers": [*[TWO_WRONG] * 10, RIGHT, RIGHT],
}


@pytest.mark.parametrize("case", HONEST)
def test_honest_students(case: str, tmp_path: Path) -> None:
    students = {f"student {number}": one for number, one in enumerate(HONEST[case])}
    assert not any(said(tmp_path, students).values())


def test_the_more_wrong_the_rarer(tmp_path: Path) -> None:
    """The same two wrong answers: rare in a class that knows, usual in a class that does not."""
    three = {**TWO_WRONG, "state": "b"}
    two_students = said(tmp_path / "two", {"anna": TWO_WRONG, "bert": TWO_WRONG})["anna"]
    both_three = said(tmp_path / "three", {"anna": three, "bert": three})["anna"]

    def one_in(line: str) -> int:
        return int(line.partition("one student in ")[2].partition(" ")[0].replace(",", ""))

    # Each right answer is three of four before anybody answers, and a wrong one a third of one of four.
    assert one_in(two_students) == 300 and one_in(both_three) == 3000


def test_decisions_and_more_than_one_step(tmp_path: Path) -> None:
    rows = {f"row_{number}": "link" for number in range(1, 10)}
    alone = answers(rows, SEVEN, "decisions.toml")
    found = remarks(tmp_path / "one", {"anna": alone, "bert": alone})
    assert found["anna"].startswith(
        f"{SEVEN}/decisions.toml is equal to bert's, and so are the 8 wrong answers ("
    )
    assert (
        'row_1 = "link"' in found["anna"] and 'row_4 = "link"' not in found["anna"] and "…)" in found["anna"]
    )
    both = {**alone, **answers(TWO_WRONG)}
    (line,) = remarks(tmp_path / "two", {"anna": both, "bert": both})["anna"].splitlines()
    assert line.startswith(
        "The answers of all 2 steps are equal to bert's, and so are the 10 wrong answers ("
    )


@pytest.mark.parametrize(
    "text", ["client = a", "client = [[1]]", "[client]\na = 1", "\0", "client = 1e400", "ä = 'ü'"]
)
def test_files_that_have_no_answers(text: str, tmp_path: Path) -> None:
    files = {f"{ZERO}/answers.toml": text}
    assert remarks(tmp_path, {"anna": files, "bert": files}) == {"anna": "", "bert": ""}


def test_what_a_student_wrote_is_shown_on_one_line(tmp_path: Path) -> None:
    files = {f"{ZERO}/answers.toml": 'client = "<b>\\u001b[2J\\nx' + "y" * 500 + '"\ncode = "\\u202ea"\n'}
    found = remarks(tmp_path, {"anna": files, "bert": files})["anna"]
    assert "\x1b" not in found and "\u202e" not in found and len(found) < 300
