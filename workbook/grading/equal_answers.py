"""Files of answers that are equal in their wrong answers, too: the right ones are the same for everybody.

How often so many equal answers come about by chance is reckoned from the class itself: an answer that many give is
likely, one that only two students give is not. Files are named where fewer than one in a hundred classes like this one
would have two such files, if everybody had worked alone.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbook.exercises.answer_keys import answer_key
from workbook.exercises.missed import Missed

from .given import given, solution_of
from .likeness import names_of, others_of
from .names import shown
from .submissions import Submission
from .works import WorkFile, files_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILES = ("answers.toml", "decisions.toml")
# One wrong answer tells nothing: with four letters, one in three who are wrong gives the same.
FEWEST = 2
# So many other files like it are expected where chance alone makes them.
MOST_BY_CHANCE = 0.01

# The longest file of answers (bytes); the longest one of a solution has 700.
_LONGEST = 64 * 1024
# What is supposed of a question before anybody answers it: as if four students had, three of them rightly, and one
# wrongly, in one of three ways.
_BEFORE = 4
_RIGHT_BEFORE, _WRONG_BEFORE = 3.0, 1 / 3
_SHOWN, _LETTERS = 4, 30

# A question: its step, its file, and its name there.
Question = tuple[str, str, str]


@dataclass(frozen=True)
class _Answers:
    """A student's answers, as far as there are any."""

    all: Mapping[Question, str]
    wrong: frozenset[Question]


class EqualAnswers:
    """Takes the files of answers of submissions in, one after the other."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Question, str]] = {}

    def add(self, key: str, file: WorkFile) -> None:
        """Takes a file of the submission with this key in; other files than those of answers are left alone."""
        if file.place in FILES:
            answers = answers_in(file)
            if answers:
                self._found.setdefault(key, {}).update(answers)

    def remarks(self, names: Mapping[str, str]) -> dict[str, list[str]]:
        """What there is to say, by the keys of the submissions. `names` are the students', by these keys."""
        said: dict[str, list[str]] = {}
        together: set[tuple[str, ...]] = set()
        # First the answers of the whole course, then those of each file.
        for file in (None, *sorted({question[:2] for one in self._found.values() for question in one})):
            for keys, answers, likely in self._equal(file):
                if keys in together:
                    continue
                if file is None:
                    together.add(keys)
                for key in keys:
                    line = _line(file, answers, likely, others_of(key, keys, names))
                    said.setdefault(key, []).append(line)
        return said

    def _equal(self, file: tuple[str, str] | None) -> list[tuple[tuple[str, ...], _Answers, float]]:
        """The keys of submissions that have the same answers in a file, these answers, and how likely they are."""
        groups: dict[frozenset[tuple[Question, str]], list[str]] = {}
        count: Counter[tuple[Question, str]] = Counter()
        number: Counter[Question] = Counter()
        for key, answers in self._found.items():
            here = frozenset(pair for pair in answers.items() if file in (None, pair[0][:2]))
            if here:
                groups.setdefault(here, []).append(key)
                count.update(here)
                number.update(question for question, _ in here)
        found = []
        for pairs, keys in groups.items():
            if len(keys) < 2:
                continue
            wrong = frozenset(question for question, answer in pairs if not is_right(question, answer))
            if len(wrong) < FEWEST or (file is None and len({question[:2] for question, _ in pairs}) < 2):
                continue
            # Two of the group are left out: what they have in common is no reason to think it likely.
            likely = math.prod(
                (count[question, answer] - 2 + (_WRONG_BEFORE if question in wrong else _RIGHT_BEFORE))
                / (number[question] - 2 + _BEFORE)
                for question, answer in pairs
            )
            if (len(self._found) - 1) * likely <= MOST_BY_CHANCE:
                found.append((tuple(sorted(keys)), _Answers(dict(pairs), wrong), likely))
        return found


def equal_answers(submissions: Iterable[Submission]) -> dict[str, list[str]]:
    """What there is to say of equal answers, by the keys of the submissions."""
    found, names = EqualAnswers(), names_of(submissions := list(submissions))
    for submission in submissions:
        for file in files_of(submission):
            found.add(submission.key, file)
    return found.remarks(names)


def answers_in(file: WorkFile) -> dict[Question, str]:
    """The answers in a file, without those that are not given yet, and those to questions that nobody asked. A file
    that is not TOML has none."""
    asked = _toml(given(file.step).files.get(file.place, b""))
    answers = {}
    for name, answer in _toml(file.data).items():
        word = _plain(answer)
        if name in asked and word and word != _plain(asked[name]):
            answers[file.step, file.place, name] = word
    return answers


def is_right(question: Question, answer: str) -> bool:
    """Whether an answer, as answers_in gives it, is right. In a student's copy the sealed key is asked; an answer to
    which there is no key is right."""
    step, place, name = question
    solution = solution_of(step, place)
    if solution is not None:
        return _plain(_toml(solution).get(name)) == answer
    try:
        return answer_key(step, name, "", {}).reason(answer) == ""
    except Missed:
        return True


def _line(file: tuple[str, str] | None, answers: _Answers, likely: float, whose: str) -> str:
    steps = len({step for step, _, _ in answers.all})
    equal = f"The answers of all {steps} steps are" if file is None else f"{'/'.join(file)} is"
    wrong = [f'{one[2]} = "{shown(answers.all[one], _LETTERS)}"' for one in sorted(answers.wrong)]
    some = ", ".join([*wrong[:_SHOWN], *(["…"] if len(wrong) > _SHOWN else [])])
    return (
        f"{equal} equal to {whose}, and so are the {len(wrong)} wrong answers ({some}). By chance, one student in "
        f"{_rounded(1 / likely)} gives these answers."
    )


def _plain(answer: object) -> str:
    """An answer as the checks compare it."""
    if not isinstance(answer, (str, int, float)):
        return ""
    return " ".join(str(answer).strip().strip("'\"").lower().split())


def _toml(data: bytes) -> dict[str, object]:
    if len(data) > _LONGEST:
        return {}
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except (ValueError, RecursionError, TypeError):
        return {}


def _rounded(number: float) -> str:
    """A number with one digit that says something: 40,000."""
    digits = max(int(math.log10(number)), 0)
    return f"{round(number / 10**digits) * 10**digits:,}" if digits < 12 else "a million million"
