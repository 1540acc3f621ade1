"""Files that are equal to the solution's, or to another student's: layout, comments, names and order aside.

Such a file proves nothing. It is a reason to talk with a student. So that honest students are not named, two kinds of
files are left out. The first kind is equal to a file of the step's starter. The second kind has too little that the
student had to find: OWN says how much that is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbook.course.starters import TEXTS

from .given import given, own_size
from .names import shown_path
from .normal_form import LONGEST_PARSED, form_of
from .submissions import Submission
from .works import WorkFile, files_of

# Equal files of one step are named where they have so many names, values and signs that no student is given, in all. If
# each of them could as well be another one, 20 are equal once in a million times, and a class of 400 has 80,000 pairs.
# With less, two students who follow the hints write the same: a button to log out has 10 words, the columns of step 05
# have 12 names and values.
OWN = 20
# There is one solution, and so there are 400 pairs with it. The search for a user, nearly all of step 07, has 17.
OWN_OF_SOLUTION = 15
# What is compared elsewhere, by the answers and arrows in it; and the chapters' texts.
_ELSEWHERE = {"answers.toml", "decisions.toml", *TEXTS}
# A line names so many students and files, and the number of the others.
_NAMED = 5
_FILES = 4

# So much of one submission is parsed (bytes), eight times the longest file; the rest is compared by its text.
_PARSED = 8 * LONGEST_PARSED


@dataclass
class _Group:
    """Files of one step with one normal form. `places`: by the key of the submission, its first such file. `size`: how
    much of it no student is given; -1 where nobody has asked yet."""

    step: str
    solution: bool
    places: dict[str, str] = field(default_factory=dict)
    size: int = -1


class Likenesses:
    """Takes the files of submissions in, one after the other, and keeps none of them."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], _Group] = {}
        self._forms: dict[tuple[str, bytes], str] = {}
        self._parsed: dict[str, int] = {}

    def add(self, key: str, file: WorkFile) -> None:
        """Takes a file of the submission with this key in."""
        if file.place in _ELSEWHERE or not file.data.strip():
            return
        form = self._form(key, file)
        parts = given(file.step)
        if form in parts.forms:
            return
        group = self._groups.setdefault((file.step, form), _Group(file.step, form in parts.solution))
        group.places.setdefault(key, file.place)
        if group.size < 0 and (group.solution or len(group.places) > 1):
            group.size = own_size(file.data, file.suffix, file.step)

    def remarks(self, names: Mapping[str, str]) -> dict[str, list[str]]:
        """What there is to say, by the keys of the submissions. `names` are the students', by these keys."""
        # By the members of a group, the groups of each step that have these members.
        alike: dict[tuple[tuple[str, ...], bool], dict[str, list[_Group]]] = {}
        for group in self._groups.values():
            if group.size >= 0:
                members = (tuple(sorted(group.places)), group.solution)
                alike.setdefault(members, {}).setdefault(group.step, []).append(group)
        found: dict[str, list[str]] = {}
        for (keys, solution), steps in alike.items():
            least = OWN_OF_SOLUTION if solution else OWN
            enough = [one for one in steps.values() if sum(group.size for group in one) >= least]
            groups = [group for one in enough for group in one]
            if not groups:
                continue
            first = ("the solution's",) if solution else ()
            for key in keys:
                files = sorted(f"{group.step}/{group.places[key]}" for group in groups)
                found.setdefault(key, []).append(_line(files, others_of(key, keys, names, first)))
        return found

    def _form(self, key: str, file: WorkFile) -> str:
        """The digest of a file's normal form; of equal files, one is parsed."""
        digest = (file.suffix, hashlib.sha256(file.data).digest())
        if digest not in self._forms:
            parsed = self._parsed[key] = self._parsed.get(key, 0) + len(file.data)
            self._forms[digest] = form_of(file.data, file.suffix, parse=parsed <= _PARSED)
        return self._forms[digest]


def likenesses(submissions: Iterable[Submission]) -> dict[str, list[str]]:
    """What there is to say of files that are equal, by the keys of the submissions."""
    found, names = Likenesses(), names_of(submissions := list(submissions))
    for submission in submissions:
        for file in files_of(submission):
            found.add(submission.key, file)
    return found.remarks(names)


def names_of(submissions: Iterable[Submission]) -> dict[str, str]:
    """The students' names by the keys of their submissions; two with one name are told apart by their keys."""
    submissions = list(submissions)
    count = Counter(one.student for one in submissions)
    return {
        one.key: one.student if count[one.student] == 1 else f"{one.student} ({one.key})"
        for one in submissions
    }


def others_of(key: str, keys: Sequence[str], names: Mapping[str, str], first: Sequence[str] = ()) -> str:
    """Whose a file is beside the student with this key: "the solution's, Bert's and Cleo's". `first` comes first. Of
    many students only a few are named."""
    named = [*first, *(f"{names[one]}'s" for one in keys[: _NAMED + 1] if one != key)][: _NAMED + len(first)]
    more = len(first) + len(keys) - 1 - len(named)
    return _listed(named, more, "other student", "s'", "'s")


def _line(files: Sequence[str], whose: str) -> str:
    shown = _listed([shown_path(file) for file in files[:_FILES]], len(files) - _FILES, "more file", "s", "")
    equal = "is equal to" if len(files) == 1 else "are equal to"
    return f"{shown} {equal} {whose}, apart from names, comments, layout and order."


def _listed(named: Sequence[str], more: int, what: str, plural: str, singular: str) -> str:
    """ "a, b and c", or "a, b, c and 7 more files"."""
    if more > 0:
        named = [*named, f"{more} {what}{plural if more > 1 else singular}"]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
