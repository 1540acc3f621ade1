"""Runs the checks of a step with pytest, in this process or in workers forked from it, and returns the verdicts."""

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
from workbook.course.steps import Step
from workbook.lab.readable import readable
from workbook.lab.warm import Warm

from . import plugin
from .crew import Crew, WorkerLost
from .deadline import TooLong, deadline
from .deciding import Decisions, Outcome
from .verdicts import StepVerdicts, Verdict

OnVerdict = Callable[[Verdict], None]

# Parts of pytest that the checks do not need, and that take time at each of them.
_LEFT_OUT = (
    *(
        "cacheprovider",
        "capture",
        "debugging",
        "doctest",
        "faulthandler",
        "junitxml",
        "legacypath",
        "logging",
    ),
    *("nose", "pastebin", "setuponly", "setupplan", "stepwise", "threadexception", "unraisableexception"),
)

# The longest message of a check (characters).
_LONGEST = 20_000


class Collected:
    """The tests of a step, found by pytest and ready to run, once or again and again in forks of this process."""

    def __init__(self, step: Step, session: pytest.Session) -> None:
        self.step = step
        self._session = session
        self._tests: dict[str, list[pytest.Item]] = {exercise.id: [] for exercise in step.exercises}
        self._reports: list[pytest.TestReport] = []
        self._seconds: float | None = None
        for test in session.items:
            exercise = plugin.exercise_of(test)
            if exercise is not None:
                self._tests[exercise.id].append(test)
        for id, tests in self._tests.items():
            if not tests:
                raise WorkbookError(f"The checks could not be run: no test belongs to exercise {id}.")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes pytest's report of each test."""
        self._reports.append(report)

    def run(
        self,
        folder: Path,
        *,
        only: Iterable[str] = (),
        first: Iterable[str] = (),
        ignore_needs: bool = False,
        database: str | None = None,
        apps: Warm | None = None,
        workers: int = 1,
        seconds: float | None = None,
        on_verdict: OnVerdict = lambda verdict: None,
    ) -> StepVerdicts:
        """The verdicts on the app in `folder`, a folder of step folders. A second run has to be in another process.

        `only` names exercises; the ones that these need run, too, but are not in the result. Those that `first` names,
        and those that they need, run before others. `database` is the URL of a PostgreSQL server to use instead of
        SQLite. `apps`, or a warm process that is made for this run, starts the apps. With more than one of the
        `workers` this process must have no threads, and `apps` has to be given. An exercise whose checks take more than
        so many `seconds` is not passed. `on_verdict` gets each verdict as soon
        as it is final; with `only` also those of needed exercises that are not passed, because they are the reason why
        others wait. WorkbookError where the checks themselves cannot be run.
        """
        if not folder.is_dir():
            raise WorkbookError(f"There is no folder {folder}. Name one with --in that holds step folders.")
        config = self._session.config
        config.option.checked_folder, config.option.database = str(folder), database
        if apps is not None:
            config.stash[plugin.lent] = apps
        self._seconds = seconds
        wanted = set(only)
        chosen = self._with_needs(wanted) if wanted else set(self._tests)
        decisions = Decisions((e for e in self.step.exercises if e.id in chosen), ignore_needs=ignore_needs)
        urgent = self._with_needs(set(first))

        def to_run(running: Iterable[str]) -> list[str]:
            return sorted(decisions.to_run(running), key=lambda id: id not in urgent)

        def longest(ids: list[str]) -> str:
            # This exercise may wait for another: if that one fails, the run ends without this one.
            return max(ids, key=lambda id: (id in urgent, len(self._tests[id])))

        def take(outcome: Outcome) -> None:
            for verdict in decisions.take(outcome):
                if not wanted or verdict.id in wanted or not verdict.passed:
                    on_verdict(verdict)

        if apps is not None and min(workers, len(chosen)) > 1:
            try:
                with self._crew(min(workers, len(chosen)), apps) as crew:
                    for outcome in crew.outcomes(to_run, longest):
                        take(outcome)
                        if decisions.complete:
                            break
            except WorkerLost as lost:
                raise WorkbookError(f"The checks could not be run: {lost}.") from None
        else:
            while ids := to_run(()):
                take(self._outcome(ids[0]))
        found = (verdict for verdict in decisions.verdicts if not wanted or verdict.id in wanted)
        return StepVerdicts(self.step.name, tuple(found))

    def end(self) -> None:
        """Ends the apps and all else that tests share. No test can run after it."""
        self._session.config.hook.pytest_sessionfinish(session=self._session, exitstatus=0)

    def _crew(self, size: int, apps: Warm) -> Crew:
        ends = [apps.another_end() for _ in range(size)]

        def prepare(number: int) -> None:
            self._session.config.stash[plugin.lent] = Warm.over(ends[number].detach())
            for other in ends:
                other.close()

        crew = Crew(size, prepare, self._outcome, self.end)
        for one in ends:
            one.close()
        return crew

    def _with_needs(self, wanted: set[str]) -> set[str]:
        found: set[str] = set()
        rest = [id for id in self._tests if id in wanted]
        while rest:
            id = rest.pop()
            if id not in found:
                found.add(id)
                rest.extend(self.step.exercise(id).needs)
        return found

    def _outcome(self, id: str) -> Outcome:
        """Runs the tests of an exercise."""
        tests = self._tests[id]
        # pytest removes the fixtures of this test alone when it knows the next test. Shared fixtures stay.
        another = next((test for other in self._tests if other != id for test in self._tests[other]), None)
        self._reports.clear()
        failed: list[str] = []
        try:
            with deadline(self._seconds):
                for test, following in zip(tests, [*tests[1:], another], strict=True):
                    test.ihook.pytest_runtest_protocol(item=test, nextitem=following)
        except TooLong as error:  # between two tests
            failed.append(plugin.took_too_long(error))
        failed = [_message(report) for report in self._reports if report.failed] + failed
        passed = {report.nodeid for report in self._reports if report.when == "call" and report.passed}
        if not failed and passed != {test.nodeid for test in tests}:
            # A skipped or left-out test has found no mistake, but proves nothing.
            raise WorkbookError(f"The checks could not be run: pytest left out a test of exercise {id}.")
        seconds = sum(report.duration for report in self._reports)
        not_started = any(dict(report.user_properties).get(plugin.NOT_STARTED) for report in self._reports)
        return Outcome(id, failed[0] if failed else None, seconds, not_started)


def collect(step: Step, then: Callable[[Collected], None]) -> None:
    """Makes pytest find the tests of a step, and calls `then` with them instead of pytest's own loop.

    An exception of `then` is raised here. WorkbookError where the tests cannot be found.
    """
    loop = _Loop(step, then)
    arguments = [
        str(STEP_TESTS / f"test_{step.name}.py"),
        f"--rootdir={ROOT}",
        "-q",
        "--no-header",
        "--no-summary",
        # The report of a failed check has only the check's message. pytest's own report, with the source around each
        # line, takes ten times as long as the check.
        "--tb=native",
        # The workbook decides which exercise waits for which, whichever test comes first.
        "--ignore-needs",
        *(argument for name in _LEFT_OUT for argument in ("-p", f"no:{name}")),
    ]
    said = io.StringIO()
    # Other installed plugins take time, and do not belong here; pyproject.toml names ours. Nor do the pytest settings
    # of the user's shell.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    sys.dont_write_bytecode, writes = False, sys.dont_write_bytecode
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            pytest.main(arguments, plugins=[loop])
    finally:
        sys.dont_write_bytecode = writes
    if loop.failure is not None:
        raise loop.failure
    if not loop.begun:
        raise WorkbookError(f"The checks could not be run: {_last_line(said.getvalue())}")


def _message(report: pytest.TestReport) -> str:
    """What a failed check says. Where it has raised another error than it is meant to, as where an app has put
    something else in the place of its database, pytest's traceback is for the log."""
    if isinstance(report.longrepr, str):
        return readable(report.longrepr, _LONGEST)
    from workbook.exercises.missed import Missed

    print(report.longrepr, file=sys.stderr)
    crash = getattr(report.longrepr, "reprcrash", None)
    # An error of the system ends with paths.
    error = readable(str(crash.message).partition("\n")[0].partition(": '/")[0], 300) if crash else ""
    return str(
        Missed(
            should="the checks of this exercise go on to their end.",
            did=f"it left something that they could not go on with: {error or 'an error without a text'}.",
            look="what your app does with its files, its database and its processes.",
        )
    )


class _Loop:
    """Replaces pytest's loop over the tests."""

    def __init__(self, step: Step, then: Callable[[Collected], None]) -> None:
        self.failure: BaseException | None = None
        self.begun = False
        self._step = step
        self._then = then

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or not session.items:
            return True  # pytest has printed why
        self.begun = True
        try:
            collected = Collected(self._step, session)
            session.config.pluginmanager.register(collected)
            self._then(collected)
        except BaseException as failure:
            self.failure = failure
        return True


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "pytest said nothing"
