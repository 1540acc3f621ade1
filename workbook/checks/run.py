"""Runs checks with pytest, in this process, and gives the verdicts."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT, STEP_TESTS
from workbook.course.steps import Exercise, Step

from .plugin import exercise_of
from .verdicts import StepVerdicts, Verdict, Verdicts, waiting

OnVerdict = Callable[[Verdict], None]


def run_checks(
    steps: Iterable[Step],
    folder: Path,
    *,
    only: Iterable[str] = (),
    ignore_needs: bool = False,
    database: str | None = None,
    on_verdict: OnVerdict = lambda verdict: None,
) -> Verdicts:
    """The verdicts of these steps on the apps in `folder`, a folder of step folders.

    `only` names exercises; the others that these need are run, and left out of what comes back. `database` is the
    address of a PostgreSQL server to use in the place of SQLite. `on_verdict` is given each verdict as soon as it
    stands. WorkbookError where the checks themselves cannot be run, BrokenPipeError where `on_verdict` cannot say it to
    anybody.
    """
    steps = tuple(steps)
    if not folder.is_dir():
        raise WorkbookError(f"There is no folder {folder}. Name one with --in that holds step folders.")
    wanted = set(only)
    book = _Book(steps, _with_needs(steps, wanted) if wanted else None, on_verdict)
    arguments = [
        *(str(STEP_TESTS / f"test_{step.name}.py") for step in steps),
        f"--rootdir={ROOT}",
        f"--in={folder}",
        "-q",
        "--no-header",
        "--no-summary",
        *(["--ignore-needs"] if ignore_needs else []),
        *([f"--database={database}"] if database else []),
    ]
    said = io.StringIO()
    # Other plugins that are installed cost time and have no business here; pyproject.toml names ours.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode, writes = False, sys.dont_write_bytecode
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main(arguments, plugins=[book])
    finally:
        sys.dont_write_bytecode = writes
    if book.unheard is not None:
        raise BrokenPipeError from book.unheard
    if code == pytest.ExitCode.INTERRUPTED and not book.complete:
        raise KeyboardInterrupt
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise WorkbookError(f"The checks could not be run: {_last_line(said.getvalue())}")
    return book.verdicts(wanted)


def _with_needs(steps: tuple[Step, ...], wanted: set[str]) -> set[str]:
    known = {exercise.id: exercise for step in steps for exercise in step.exercises}
    found: set[str] = set()
    rest = [id for id in wanted if id in known]
    while rest:
        id = rest.pop()
        if id not in found:
            found.add(id)
            rest.extend(known[id].needs)
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "pytest said nothing"


class _Book:
    """Listens to pytest and writes the verdicts down."""

    def __init__(self, steps: tuple[Step, ...], only: set[str] | None, on_verdict: OnVerdict) -> None:
        self._steps = steps
        self._only = only
        self._on_verdict = on_verdict
        self._left: dict[str, int] = {}
        self._seconds: dict[str, float] = {}
        self._failures: dict[str, str] = {}
        self._waits: dict[str, str] = {}
        self._made: dict[str, Verdict] = {}
        self._exercises = {exercise.id: exercise for step in steps for exercise in step.exercises}
        self._ids: dict[str, str] = {}
        self.unheard: BaseException | None = None

    @property
    def complete(self) -> bool:
        return not any(self._left.values())

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        chosen = []
        for item in items:
            exercise = exercise_of(item)
            if exercise is not None and (self._only is None or exercise.id in self._only):
                chosen.append(item)
                self._ids[item.nodeid] = exercise.id
                self._left[exercise.id] = self._left.get(exercise.id, 0) + 1
        items[:] = chosen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        id = self._ids[report.nodeid]
        self._seconds[id] = self._seconds.get(id, 0.0) + report.duration
        waits_for = dict(report.user_properties).get("waits_for")
        if waits_for:
            self._waits[id] = str(waits_for)
        if report.failed:
            self._failures.setdefault(id, str(report.longrepr))
        if report.when == "teardown":
            self._left[id] -= 1
            if self._left[id] == 0:
                self._made[id] = self._verdict(self._exercises[id])
                self._tell(self._made[id])

    def _tell(self, verdict: Verdict) -> None:
        """Gives a verdict on. Where nobody reads any more, as after `check | head`, the run ends."""
        try:
            self._on_verdict(verdict)
        except (OSError, SystemExit) as unheard:  # rich makes a SystemExit of a broken pipe
            self.unheard = unheard
            pytest.exit("Nobody reads any more.")

    def _verdict(self, exercise: Exercise) -> Verdict:
        if exercise.id in self._waits:
            return waiting(exercise, self._exercises[self._waits[exercise.id]])
        message = self._failures.get(exercise.id)
        return Verdict(
            exercise.id,
            exercise.title,
            exercise.points,
            message is None,
            None,
            message or "",
            round(self._seconds[exercise.id], 3),
        )

    def verdicts(self, wanted: set[str]) -> Verdicts:
        return Verdicts(
            tuple(
                StepVerdicts(
                    step.name,
                    tuple(
                        self._made[exercise.id]
                        for exercise in step.exercises
                        if exercise.id in self._made and (not wanted or exercise.id in wanted)
                    ),
                )
                for step in self._steps
            )
        )
