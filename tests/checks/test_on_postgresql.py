"""The checks give the same verdicts where the apps' databases are PostgreSQL's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import SOLUTIONS
from workbook.course.starters import NOT_SOURCE
from workbook.course.steps import Step, all_steps, find_step
from workbook.lab.databases import uses_a_database

from ..submissions.submitting import HERE, Submission, submissions

WITH_A_DATABASE = [step for step in all_steps() if uses_a_database(SOLUTIONS / step.name)]


def not_passed(checks: WarmChecks, step: Step, folder: Path, server: str | None) -> dict[str, str]:
    verdicts = checks.run(step, folder, database=server)
    assert {verdict.id for verdict in verdicts.all} == {exercise.id for exercise in step.exercises}
    return {verdict.id: verdict.message for verdict in verdicts.all if not verdict.passed}


def test_step_04_is_among_them() -> None:
    assert "04_users_in_a_database" in {step.name for step in WITH_A_DATABASE}


@pytest.mark.parametrize("step", WITH_A_DATABASE, ids=lambda step: step.name)
def test_solutions_pass(step: Step, checks: WarmChecks, postgresql: str) -> None:
    assert not_passed(checks, step, SOLUTIONS, postgresql) == {}


@pytest.mark.parametrize(
    "submission",
    [
        pytest.param(submission, id=f"{step.number}-{submission.file.stem}")
        for step in WITH_A_DATABASE
        for submission in submissions(step.number, "right")
    ],
)
def test_right_submissions_pass(
    submission: Submission, checks: WarmChecks, postgresql: str, tmp_path: Path
) -> None:
    step = find_step(submission.step)
    assert not_passed(checks, step, submission.write(tmp_path), postgresql) == {}


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        ("4.1-ids-as-numbers", "its type is INTEGER"),
        ("4.1-one-address-one-user", "duplicate key value violates unique constraint"),
        ("4.2-always-a-new-user", "duplicate key value violates unique constraint"),
        ("4.6-two-queries", "its columns are id"),
        ("4.6-double-quotes", "the values of these columns"),
        ("4.2-ids-as-numbers", "operator does not exist: character varying = "),
        ("4.2-in-either-column", "has the same digits as hers"),
    ],
)
def test_wrong_submissions_are_refused(
    patch: str, says: str, checks: WarmChecks, postgresql: str, tmp_path: Path
) -> None:
    submission = Submission(HERE / "04" / "wrong" / f"{patch}.patch")
    refused = not_passed(checks, find_step("04"), submission.write(tmp_path), postgresql)
    assert says in refused[submission.exercise]


def test_a_number_for_the_id_is_noticed(checks: WarmChecks, postgresql: str, tmp_path: Path) -> None:
    """SQLite compares strings with numbers as if they were strings; PostgreSQL does not. Both checks notice it."""
    write_app(tmp_path, 'profile["id_str"]', 'profile["id"]')
    step = find_step("04")
    assert "SQLite makes a string of it" in not_passed(checks, step, tmp_path, None)["4.2"]
    message = not_passed(checks, step, tmp_path, postgresql)["4.2"]
    assert "operator does not exist: character varying = " in message and "id_str" in message


def write_app(folder: Path, before: str, after: str) -> None:
    """The solution of step 04 with a change."""
    app = folder / "04_users_in_a_database" / "app.py"
    shutil.copytree(
        SOLUTIONS / "04_users_in_a_database", app.parent, ignore=shutil.ignore_patterns(*NOT_SOURCE)
    )
    text = app.read_text(encoding="utf-8")
    assert before in text
    app.write_text(text.replace(before, after), encoding="utf-8")
