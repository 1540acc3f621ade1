"""Where a student is in each exercise of each graded step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from workbook.checks.verdicts import Verdict
from workbook.course.points import Points, points_of
from workbook.course.steps import Exercise, Step

from ..results import Result, StepResult
from .marks import Marks

Kind = Literal["passed", "open", "waits", "unchecked", "absent"]

# Each kind has a sign for the eye, and words.
SIGNS: dict[Kind, str] = {"passed": "✓", "open": "✗", "waits": "·", "unchecked": "?", "absent": "–"}
WORDS: dict[Kind, str] = {
    "passed": "passed",
    "open": "not passed",
    "waits": "waits",
    "unchecked": "could not be checked",
    "absent": "not handed in",
}


@dataclass(frozen=True)
class Standing:
    """One exercise of a student. `open`: its checks have failed. `unchecked`: it has no verdict, though work was handed
    in; `absent`: no work was handed in. `first` is the exercise that this one waits for in the end."""

    exercise: Exercise
    kind: Kind
    verdict: Verdict | None = None
    first: str | None = None

    @property
    def sign(self) -> str:
        """The sign for the eye."""
        return SIGNS[self.kind]

    @property
    def words(self) -> str:
        """What the sign means."""
        return f"waits for {self.first}" if self.kind == "waits" else WORDS[self.kind]


@dataclass(frozen=True)
class StepStanding:
    """One step of a student."""

    step: Step
    result: StepResult
    exercises: tuple[Standing, ...]
    points: Points

    def of(self, kind: Kind) -> tuple[Standing, ...]:
        """The exercises of one kind."""
        return tuple(one for one in self.exercises if one.kind == kind)

    def waiting_for(self, id: str) -> tuple[Standing, ...]:
        """The exercises that wait for one, some of them by way of others."""
        return tuple(one for one in self.exercises if one.first == id)


def standings_of(result: Result, course: Sequence[Step]) -> tuple[StepStanding, ...]:
    """Each graded step of a student. KeyError where the course has no such step."""
    steps = {step.name: step for step in course}
    return tuple(_step_standing(result, one, steps[one.step]) for one in result.steps)


def _step_standing(result: Result, graded: StepResult, step: Step) -> StepStanding:
    verdicts = {verdict.id: verdict for verdict in graded.verdicts}
    # Where several submissions could be a student's, none was checked: that is not the same as nothing.
    absent = not (graded.verdicts or graded.trouble) and not Marks(result, ()).unclear
    exercises = tuple(_standing(exercise, verdicts, absent) for exercise in step.exercises)
    passed = {id: verdict.passed for id, verdict in verdicts.items()}
    return StepStanding(step, graded, exercises, points_of(step.exercises, passed))


def _standing(exercise: Exercise, verdicts: Mapping[str, Verdict], absent: bool) -> Standing:
    verdict = verdicts.get(exercise.id)
    if verdict is None:
        return Standing(exercise, "absent" if absent else "unchecked")
    if verdict.passed:
        return Standing(exercise, "passed", verdict)
    first = _first(verdict, verdicts)
    return Standing(exercise, "waits" if first else "open", verdict, first)


def _first(verdict: Verdict, verdicts: Mapping[str, Verdict]) -> str | None:
    """The exercise at the end of a chain of needs."""
    first, seen = verdict.waits_for, {verdict.id}
    while first is not None and first in verdicts and first not in seen:
        seen.add(first)
        first = verdicts[first].waits_for or first
    return first
