"""The state of each exercise and step: a sign and words, from the newest verdicts and from what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbook.course.places import CHAPTERS
from workbook.course.progress import Progress
from workbook.course.steps import Step

from .live import Live


@dataclass(frozen=True)
class State:
    """The state of one exercise. `kind` is "passed", "open", "waits", "checking" or "unknown"."""

    kind: str
    sign: str
    words: str


PASSED = State("passed", "✓", "passed")
OPEN = State("open", "✗", "not passed")
CHECKING = State("checking", "…", "being checked")
UNKNOWN = State("unknown", "○", "not checked yet")


def states_of(step: Step, progress: Progress, live: Live | None = None) -> dict[str, State]:
    """The state of each exercise of a step, by its id.

    For the step that `live` runs its verdicts are the newest. For every other step the last check is believed.
    """
    if live is not None and runs(live, step):
        return _live_states(step, progress, live)
    return {exercise.id: _remembered(progress.passed, exercise.id) for exercise in step.exercises}


def passed_of(states: Mapping[str, State], before: Mapping[str, bool]) -> dict[str, bool]:
    """Whether each exercise is passed. One that is being checked is as it was `before`."""
    return {
        id: bool(before.get(id)) if state is CHECKING else state.kind == "passed"
        for id, state in states.items()
    }


def remembered_by(progress: Progress, live: Live) -> Mapping[str, bool]:
    """Which exercises of the step that runs passed last. What is remembered is about the student's own folder."""
    return progress.passed if live.app is None or live.app.parent == CHAPTERS else {}


def runs(live: Live, step: Step) -> bool:
    """Whether this is the step whose app runs, and whose exercises are checked."""
    return not live.tour and live.step in (step.name, step.number)


def _live_states(step: Step, progress: Progress, live: Live) -> dict[str, State]:
    verdicts = {verdict.id: verdict for verdict in live.verdicts.all} if live.verdicts else {}
    judged = live.judged()
    remembered = remembered_by(progress, live)
    states: dict[str, State] = {}
    for exercise in step.exercises:
        verdict = verdicts.get(exercise.id)
        if live.checking and exercise.id not in judged:
            state = CHECKING
        elif verdict is None:
            state = _remembered(remembered, exercise.id)
        elif verdict.waits_for:
            state = State("waits", "·", f"waits for {verdict.waits_for}")
        else:
            state = PASSED if verdict.passed else OPEN
        states[exercise.id] = state
    return states


def _remembered(passed: Mapping[str, bool], id: str) -> State:
    known = passed.get(id)
    return UNKNOWN if known is None else PASSED if known else OPEN
