"""The check of two first logins at once gives the same verdict each time, for right apps and for wrong ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import SOLUTIONS
from workbook.course.steps import find_step

from ..servers import DATABASES, server_for
from ..submissions.submitting import HERE, Submission

# How many times. A hundred times is the full test: some minutes for each.
ROUNDS = int(os.environ.get("WORKBOOK_RACE_ROUNDS", "2"))
STEP = "07_linking_by_email"


@pytest.fixture(scope="module", params=DATABASES)
def server(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """A server for each kind of database; None for SQLite."""
    with server_for(request.param) as server:
        yield server


def verdicts(checks: WarmChecks, folder: Path, exercise: str, server: str | None) -> set[tuple[bool, str]]:
    """The verdicts on an exercise in ROUNDS runs: whether it is passed, and the message."""
    runs = [
        checks.run(find_step(STEP), folder, only=[exercise], ignore_needs=True, database=server)
        for _ in range(ROUNDS)
    ]
    return {
        (verdict.passed, verdict.message) for run in runs for verdict in run.all if verdict.id == exercise
    }


@pytest.mark.slow
@pytest.mark.parametrize("exercise", ["7.6", "7.7"])
def test_the_solution_passes_each_time(checks: WarmChecks, server: str | None, exercise: str) -> None:
    assert verdicts(checks, SOLUTIONS, exercise, server) == {(True, "")}


@pytest.mark.slow
@pytest.mark.parametrize(("exercise", "right"), [("7.6", "upsert"), ("7.6", "a-lock"), ("7.7", "upsert")])
def test_a_right_one_passes_each_time(
    checks: WarmChecks, tmp_path: Path, server: str | None, exercise: str, right: str
) -> None:
    folder = Submission(HERE / "07" / "right" / f"{right}.patch").write(tmp_path)
    assert verdicts(checks, folder, exercise, server) == {(True, "")}


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong", ["7.6-no-second-look", "7.6-a-lock-of-one-process", "7.7-a-look-in-between"]
)
def test_a_wrong_one_is_refused_each_time(
    checks: WarmChecks, tmp_path: Path, server: str | None, wrong: str
) -> None:
    submission = Submission(HERE / "07" / "wrong" / f"{wrong}.patch")
    said = verdicts(checks, submission.write(tmp_path), submission.exercise, server)
    assert {passed for passed, _ in said} == {False}
