"""What wants a teacher's eyes, from the files themselves: nothing in them is run."""

from __future__ import annotations

from collections.abc import Sequence

from .equal_answers import EqualAnswers
from .likeness import Likenesses, names_of
from .submissions import Submission
from .traces import Traces
from .works import files_of


def remarks_on(submissions: Sequence[Submission]) -> dict[str, tuple[str, ...]]:
    """The remarks on each submission that has any, by its key. A remark is one line, fit to be shown to a teacher: it
    has the names of other students, and wrong answers. Each file is read once."""
    likenesses, answers, traces = Likenesses(), EqualAnswers(), Traces()
    for submission in submissions:
        for file in files_of(submission):
            for each in (likenesses, answers, traces):
                each.add(submission.key, file)
    names = names_of(submissions)
    found = (likenesses.remarks(names), answers.remarks(names), traces.remarks())
    keys = [one.key for one in submissions if any(one.key in part for part in found)]
    return {key: tuple(line for part in found for line in part.get(key, ())) for key in keys}
