"""The points of each student, as all tables count them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbook.checks.verdicts import Verdict
from workbook.course.points import Points, points_of
from workbook.course.steps import Exercise, Step, all_steps
from workbook.grading.results import Result


@dataclass(frozen=True)
class StepMarks:
    """One student's verdicts on a step. `trouble` says why exercises without a verdict could not be checked."""

    step: Step
    verdicts: Mapping[str, Verdict]
    trouble: str

    def earned(self, exercise: Exercise) -> int | None:
        """The points for one exercise; None where it has no verdict."""
        verdict = self.verdicts.get(exercise.id)
        if verdict is None:
            return None
        return exercise.points if verdict.passed else 0

    @property
    def without(self) -> tuple[Exercise, ...]:
        """The exercises without a verdict."""
        return tuple(exercise for exercise in self.step.exercises if exercise.id not in self.verdicts)

    @property
    def points(self) -> Points:
        """The points of the step. An exercise without a verdict has none."""
        return points_of(self.step.exercises, {id: verdict.passed for id, verdict in self.verdicts.items()})


@dataclass(frozen=True)
class Marks:
    """One student's verdicts on all steps that were graded, in the order of the course."""

    result: Result
    steps: tuple[StepMarks, ...]

    @property
    def points(self) -> Points:
        """The points of all steps."""
        each = [step.points for step in self.steps]
        return Points(
            sum(points.earned for points in each),
            sum(points.total for points in each),
            sum(points.kept for points in each),
            sum(points.to_keep for points in each),
        )

    @property
    def unclear(self) -> bool:
        """Whether several submissions could be this student's, so that none was taken for it."""
        return not self.result.handed_in and any(note.kind == "roster" for note in self.result.notes)

    @property
    def nothing(self) -> bool:
        """Whether nothing came from this student: a sure 0, also where no exercise has a verdict."""
        return not self.result.handed_in and not self.unclear

    @property
    def unchecked(self) -> tuple[StepMarks, ...]:
        """The steps in which something was handed in and could not be checked."""
        return tuple(step for step in self.steps if step.without) if self.result.handed_in else ()

    @property
    def flags(self) -> tuple[str, ...]:
        """Facts that a teacher has to know beside the points, each in a few words."""
        result = self.result
        found = []
        if result.late:
            found.append("late")
        if result.listed is False:
            found.append("not on the roster")
        if self.nothing:
            found.append("handed nothing in")
        if self.unclear:
            found.append("several submissions could be this student's")
        return (*found, *self.unchecked_flags)

    @property
    def unchecked_flags(self) -> tuple[str, ...]:
        """The exercises that could not be checked, by step, each with the reason."""
        found = []
        for step in self.unchecked:
            ids = ", ".join(exercise.id for exercise in step.without)
            found.append(f"could not be checked: {ids}" + (f" ({step.trouble})" if step.trouble else ""))
        return tuple(found)


def marks_of(results: Sequence[Result], course: Sequence[Step] | None = None) -> tuple[Marks, ...]:
    """The marks of each result, in the order of the results, each with every step that one of them was graded in.

    `course`: the steps, as all_steps gives them. They are read once for all students.
    """
    graded = {step.step for result in results for step in result.steps}
    steps = [step for step in (all_steps() if course is None else course) if step.name in graded]
    return tuple(Marks(result, tuple(_step_marks(result, step) for step in steps)) for result in results)


def _step_marks(result: Result, step: Step) -> StepMarks:
    found = next((one for one in result.steps if one.step == step.name), None)
    if found is None:
        return StepMarks(step, {}, "")
    return StepMarks(step, {verdict.id: verdict for verdict in found.verdicts}, found.trouble)
