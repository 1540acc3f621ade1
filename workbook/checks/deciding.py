"""Decides the verdicts from the outcomes of the exercises' tests: which exercise waits for which, and which verdicts
are final.

The tests of a step may run in any order and side by side. The verdicts are still those of a run in the order of the
exercises, whichever outcome comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbook.course.steps import Exercise

from .verdicts import Verdict, waiting


@dataclass(frozen=True)
class Outcome:
    """The outcome of one exercise's tests: `message` is None where they passed. `seconds` is how long they took.
    `not_started` tells that they failed because the app does not start."""

    id: str
    message: str | None
    seconds: float
    not_started: bool = False


class Decisions:
    """The verdicts of one run, as its outcomes come in.

    `exercises` are those that are checked, in their order. With `ignore_needs` no exercise waits for another.
    """

    def __init__(self, exercises: Iterable[Exercise], *, ignore_needs: bool = False) -> None:
        self._exercises = {exercise.id: exercise for exercise in exercises}
        self._ignore_needs = ignore_needs
        self._outcomes: dict[str, Outcome] = {}
        self._made: dict[str, Verdict] = {}

    @property
    def complete(self) -> bool:
        """Whether every exercise has its verdict."""
        return len(self._made) == len(self._exercises)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The final verdicts, in the order of the exercises."""
        return tuple(self._made[id] for id in self._exercises if id in self._made)

    @property
    def not_started(self) -> bool:
        """Whether the app is known not to start."""
        return any(outcome.not_started for outcome in self._outcomes.values())

    def take(self, outcome: Outcome) -> list[Verdict]:
        """Takes an outcome; returns the verdicts that are final because of it."""
        self._outcomes[outcome.id] = outcome
        found: list[Verdict] = []
        while fresh := next(filter(None, map(self._verdict_of, self._undecided())), None):
            self._made[fresh.id] = fresh
            found.append(fresh)
        return found

    def to_run(self, running: Iterable[str]) -> list[str]:
        """The exercises whose tests still have to run, those first that wait for nothing. `running` are under way."""
        busy = {*running, *self._outcomes}
        rest = [exercise for exercise in self._undecided() if exercise.id not in busy]
        known = [exercise for exercise in rest if not self._open_needs(exercise)]
        unknown = [exercise for exercise in rest if self._open_needs(exercise)]
        # If the app does not start, the tests of a waiting exercise run, too: then it fails for that reason.
        wanted = [e for e in (*known, *unknown) if self.not_started or not self._failed_need(e)]
        return [exercise.id for exercise in wanted]

    def _undecided(self) -> list[Exercise]:
        return [exercise for id, exercise in self._exercises.items() if id not in self._made]

    def _needs(self, exercise: Exercise) -> tuple[str, ...]:
        return () if self._ignore_needs else tuple(id for id in exercise.needs if id in self._exercises)

    def _open_needs(self, exercise: Exercise) -> bool:
        return any(need not in self._made for need in self._needs(exercise))

    def _failed_need(self, exercise: Exercise) -> str | None:
        """The first need that is known not to be passed."""
        return next(
            (id for id in self._needs(exercise) if id in self._made and not self._made[id].passed), None
        )

    def _verdict_of(self, exercise: Exercise) -> Verdict | None:
        """The verdict of an exercise; None where it is not final yet."""
        if self._open_needs(exercise):
            return None
        failed = self._failed_need(exercise)
        if failed is not None:
            before = self._before(exercise)
            if any(verdict is None for verdict in before.values()):
                return None
            # The outcome of an exercise that waits itself does not count: in that order it would not have run.
            found = (self._outcomes[id] for id, made in before.items() if made and made.waits_for is None)
            if not any(outcome.not_started for outcome in found):
                return waiting(exercise, self._exercises[failed])
        outcome = self._outcomes.get(exercise.id)
        if outcome is None:
            return None
        return Verdict(
            exercise.id,
            exercise.title,
            exercise.points,
            outcome.message is None,
            None,
            outcome.message or "",
            round(outcome.seconds, 3),
        )

    def _before(self, exercise: Exercise) -> Mapping[str, Verdict | None]:
        """The verdicts of the exercises that come before this one."""
        ids = list(self._exercises)
        return {id: self._made.get(id) for id in ids[: ids.index(exercise.id)]}
