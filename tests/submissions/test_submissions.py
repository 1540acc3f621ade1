"""Every wrong submission fails at its exercise, with a message that would have helped; every right one passes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from workbook.checks.verdicts import Verdicts
from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import SOLUTIONS
from workbook.course.starters import exercises_marked, write_starter
from workbook.course.steps import Exercise, Step, all_steps, find_step

from .submitting import HERE, Submission, submissions

# How many wrong submissions of each exercise are tried on all exercises of their step; with --whole all are. The rest
# are tried on their own exercise, and on those that it needs: they are the longest part of the suite, and by then the
# effect of one exercise's mistake on the others is known.
ON_ALL_EXERCISES = 2


def of_kind(kind: str) -> list[object]:
    found = [s for step in all_steps() for s in submissions(step.number, kind)]
    return [pytest.param(s, id=f"{s.file.parts[-3]}-{s.file.stem}") for s in found]


def tried_on(submission: Submission, step: Step, config: pytest.Config) -> list[str]:
    """The exercises that a wrong submission is tried on; an empty list means all."""
    of_exercise = [s for s in submissions(step.number, "wrong") if s.exercise == submission.exercise]
    whole = submission in of_exercise[:ON_ALL_EXERCISES] or config.getoption("--whole", default=False)
    return [] if whole else [submission.exercise]


def waits_for(exercise: Exercise, step: Step) -> set[str]:
    """Every exercise that has to be passed before this one, directly or not."""
    return set(exercise.needs).union(*(waits_for(step.exercise(need), step) for need in exercise.needs))


def not_passed(verdicts: Verdicts) -> set[str]:
    return {verdict.id for verdict in verdicts.all if not verdict.passed}


# Two values with the same role are no difference between the flows.
JUST_A_NUMBER = re.compile(r"=‹([^›(]+)( \(\d+\))?›; it was \w+=‹\1( \(\d+\))?›")


@pytest.mark.parametrize("submission", of_kind("wrong"))
def test_wrong_is_refused(
    submission: Submission, checks: WarmChecks, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    step = find_step(submission.step)
    verdicts = checks.run(step, submission.write(tmp_path), only=tried_on(submission, step, pytestconfig))
    (refused,) = (verdict for verdict in verdicts.all if verdict.id == submission.exercise)
    assert not refused.passed and refused.waits_for is None
    assert submission.says in refused.message
    assert all(cause.look in refused.message for cause in submission.proves)
    assert not JUST_A_NUMBER.search(refused.message), refused.message
    others = not_passed(verdicts) - {submission.exercise}
    assert all(submission.exercise in waits_for(step.exercise(other), step) for other in others), verdicts


@pytest.mark.parametrize("submission", of_kind("right"))
def test_right_passes_whole(submission: Submission, checks: WarmChecks, tmp_path: Path) -> None:
    verdicts = checks.run(find_step(submission.step), submission.write(tmp_path))
    assert not_passed(verdicts) == set(), verdicts


@pytest.mark.parametrize("submission", of_kind("broken"))
def test_broken_gives_every_exercise_its_reason(
    submission: Submission, checks: WarmChecks, tmp_path: Path
) -> None:
    step = find_step(submission.step)
    verdicts = checks.run(step, submission.write(tmp_path))
    assert [verdict.id for verdict in verdicts.all] == [exercise.id for exercise in step.exercises]
    for verdict in verdicts.all:
        assert not verdict.passed and verdict.waits_for is None
        assert submission.says in verdict.message
        assert all(cause.look in verdict.message for cause in submission.proves)


@pytest.mark.parametrize("submission", of_kind("felt"))
def test_what_is_felt_everywhere_is_named_everywhere(
    submission: Submission, checks: WarmChecks, tmp_path: Path
) -> None:
    """A mistake in one exercise, as a login that fails, because of which others fail that do not wait for it."""
    verdicts = checks.run(find_step(submission.step), submission.write(tmp_path))
    refused = [verdict for verdict in verdicts.all if not verdict.passed and verdict.waits_for is None]
    assert len(refused) > 1
    assert [verdict.id for verdict in refused if submission.says not in verdict.message] == [], verdicts


def test_the_original_lesson_passes_what_it_deserves(checks: WarmChecks, tmp_path: Path) -> None:
    """Its /welcome requests nothing from Twitter and is open to everybody, and a denial does not end on the front
    page."""
    folder = Submission(HERE / "01" / "original-lesson.patch").write(tmp_path)
    verdicts = checks.run(find_step("01"), folder)
    assert not_passed(verdicts) == {"1.4", "1.5", "1.6"}, verdicts


@pytest.mark.parametrize("step", all_steps(), ids=lambda step: step.name)
def test_a_starter_passes_no_new_exercise(step: Step, checks: WarmChecks, tmp_path: Path) -> None:
    write_starter(SOLUTIONS / step.name, tmp_path / step.name)
    verdicts = checks.run(step, tmp_path)
    for exercise, verdict in zip(step.exercises, verdicts.all, strict=True):
        assert verdict.passed == exercise.keep
    messages = Counter(verdict.message for verdict in verdicts.all if not verdict.passed)
    assert max(messages.values()) == 1, "two exercises have the same words"


@pytest.mark.parametrize("step", all_steps(), ids=lambda step: step.name)
def test_a_starter_passes_no_new_exercise_even_where_none_waits(
    step: Step, checks: WarmChecks, tmp_path: Path
) -> None:
    write_starter(SOLUTIONS / step.name, tmp_path / step.name)
    verdicts = checks.run(step, tmp_path, ignore_needs=True)
    assert {v.id for v in verdicts.all if v.passed} == {e.id for e in step.exercises if e.keep}


@pytest.mark.parametrize("step", all_steps(), ids=lambda step: step.name)
def test_every_exercise_is_complete(step: Step) -> None:
    marked = exercises_marked(SOLUTIONS / step.name)
    wrong = Counter(submission.exercise for submission in submissions(step.number, "wrong"))
    assert len(step.exercises) >= 5
    assert len(submissions(step.number, "right")) >= 2
    for exercise in step.exercises:
        assert exercise.id in marked
        assert len(exercise.hints) >= 2
        assert wrong[exercise.id] >= 2, f"{exercise.id} has fewer than two wrong submissions"


def test_ten_runs_give_the_same_verdicts(checks: WarmChecks, tmp_path: Path) -> None:
    folder = Submission(HERE / "01" / "wrong" / "1.4-denial-ignored.patch").write(tmp_path)
    runs = [checks.run(find_step("01"), folder) for _ in range(10)]
    said = [[(v.id, v.passed, v.waits_for, v.message.partition("\n\n")[0]) for v in run.all] for run in runs]
    assert all(one == said[0] for one in said)
