"""The verdicts on exercises."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from workbook.course.points import Points, points_of
from workbook.course.steps import Exercise, find_step


@dataclass(frozen=True)
class Verdict:
    """The verdict on one exercise. `waits_for` names the exercise that has to be passed first; `seconds` is how long
    its checks took."""

    id: str
    title: str
    points: int
    passed: bool
    waits_for: str | None
    message: str
    seconds: float


@dataclass(frozen=True)
class StepVerdicts:
    """The verdicts of one step."""

    step: str
    exercises: tuple[Verdict, ...]


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of one run."""

    steps: tuple[StepVerdicts, ...]

    @property
    def all(self) -> tuple[Verdict, ...]:
        """Every verdict, step after step."""
        return tuple(verdict for step in self.steps for verdict in step.exercises)

    @property
    def by_exercise(self) -> dict[str, bool]:
        """Whether each exercise is passed."""
        return {verdict.id: verdict.passed for verdict in self.all}

    @property
    def open(self) -> tuple[str, ...]:
        """The exercises that are not passed."""
        return tuple(verdict.id for verdict in self.all if not verdict.passed)

    @property
    def passed(self) -> int:
        """How many exercises are passed."""
        return sum(verdict.passed for verdict in self.all)

    @property
    def failed(self) -> int:
        """How many exercises failed; those that wait for another are not counted."""
        return sum(not verdict.passed and verdict.waits_for is None for verdict in self.all)

    @property
    def points(self) -> Points:
        """The points of these exercises."""
        known = {e.id: e for step in self.steps for e in find_step(step.step).exercises}
        return points_of((known[verdict.id] for verdict in self.all), self.by_exercise)

    @property
    def all_passed(self) -> bool:
        """Whether every exercise is passed."""
        return all(verdict.passed for verdict in self.all)

    def to_json(self) -> dict[str, Any]:
        """The form of `check --json`."""
        return {
            "steps": [{"step": s.step, "exercises": [asdict(v) for v in s.exercises]} for s in self.steps],
            "passed": self.passed,
            "failed": self.failed,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdicts:
        """The verdicts that to_json gave."""
        return cls(
            tuple(
                StepVerdicts(s["step"], tuple(Verdict(**verdict) for verdict in s["exercises"]))
                for s in data["steps"]
            )
        )


def waiting(exercise: Exercise, first: Exercise) -> Verdict:
    """The verdict of an exercise that waits for another."""
    message = f"Waits for {first.id} ({first.title}). Then: {exercise.title}."
    return Verdict(exercise.id, exercise.title, exercise.points, False, first.id, message, 0.0)
