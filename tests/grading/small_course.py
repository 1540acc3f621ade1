"""A course of two small steps, in which all that matters to a table is there: 1.10 beside 1.1, and *keep* exercises."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from workbook.checks.verdicts import Verdict
from workbook.course.steps import Step
from workbook.grading.names import key_of
from workbook.grading.results import Result, StepResult

_FIRST = """# Step 01: One

### Exercise 1.1: First (2 points)
### Exercise 1.2: Second (3 points)
### Exercise 1.10: Tenth (1 point)
"""
_SECOND = """# Step 02: Two, "too"

### Exercise 2.1: First (4 points)
### Exercise 2.2: Second (2 points, keep)
"""


def small_course(folder: Path) -> tuple[Step, ...]:
    """The steps 01_one and 02_two, with chapters below the folder."""
    steps = []
    for name, text in (("01_one", _FIRST), ("02_two", _SECOND)):
        chapter = folder / name / "README.md"
        chapter.parent.mkdir(parents=True)
        chapter.write_text(text, encoding="utf-8")
        steps.append(Step(name, chapter))
    return tuple(steps)


def a_small_result(
    student: str,
    *,
    passed: Collection[str] = (),
    open: Mapping[str, str] | Collection[str] = (),
    waits: Mapping[str, str] | None = None,
    troubles: Mapping[str, str] | None = None,
    **fields: Any,
) -> Result:
    """A result in the small course. Exercises that are in none of `passed`, `open` (perhaps with messages) and `waits`
    (with the exercise that each waits for) have no verdict. `troubles`: by the names of steps."""
    messages = open if isinstance(open, Mapping) else dict.fromkeys(open, "What should happen: it is open.")
    waits = waits or {}
    messages = {**messages, **{id: f"Waits for {first}." for id, first in waits.items()}}
    steps = []
    for name, ids in (("01_one", ("1.1", "1.2", "1.10")), ("02_two", ("2.1", "2.2"))):
        verdicts = tuple(
            Verdict(id, f"Title {id}", 99, id in passed, waits.get(id), messages.get(id, ""), 0.125)
            for id in ids
            if id in passed or id in messages
        )
        steps.append(StepResult(name, verdicts, (troubles or {}).get(name, ""), seconds=2.0))
    given = {"digest": "d", "graded_with": "w", "key": key_of(student), **fields}
    return Result(student=student, steps=tuple(steps), **given)
