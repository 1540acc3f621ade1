"""Runs the checks of a step with pytest, in this process or in workers forked from it, and gives the verdicts."""

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
from workbook.lab.warm import Warm

from . import plugin
from .crew import Crew, WorkerLost
from .deciding import Decisions, Outcome
from .verdicts import StepVerdicts, Verdict

OnVerdict = Callable[[Verdict], None]

# Parts of pytest that the checks of exercises have no use for, and that cost time at each of them.
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


def run_checks(
    step: Step,
    folder: Path,
    *,
    only: Iterable[str] = (),
    first: Iterable[str] = (),
    ignore_needs: bool = False,
    database: str | None = None,
    apps: Warm | None = None,
    workers: int = 1,
    on_verdict: OnVerdict = lambda verdict: None,
) -> StepVerdicts:
    """The verdicts of a step on the app in `folder`, a folder of step folders.

    `only` names exercises; the others that these need are run, and left out of what comes back. Those that `first`
    names, and those that they need, are run before others. `database` is the address of a PostgreSQL server to use
    in the place of SQLite. Apps are started by `apps`, or by a warm process that is made for this run. With more than
    one of the `workers` this process must have no threads, and `apps` has to be given. `on_verdict` is given each
    verdict as soon as it stands. WorkbookError where the checks themselves cannot be run.
    """
    if not folder.is_dir():
        raise WorkbookError(f"There is no folder {folder}. Name one with --in that holds step folders.")
    wanted = set(only)
    chosen = _with_needs(step, wanted) if wanted else {exercise.id for exercise in step.exercises}
    run = _Run(
        Decisions((e for e in step.exercises if e.id in chosen), ignore_needs=ignore_needs),
        [exercise.id for exercise in step.exercises if exercise.id in chosen],
        _with_needs(step, set(first)),
        apps,
        workers,
        lambda verdict: on_verdict(verdict) if not wanted or verdict.id in wanted else None,
    )
    arguments = [
        str(STEP_TESTS / f"test_{step.name}.py"),
        f"--rootdir={ROOT}",
        f"--in={folder}",
        "-q",
        "--no-header",
        "--no-summary",
        # Which exercise waits for which is decided here, and not by who comes first.
        "--ignore-needs",
        *([f"--database={database}"] if database else []),
        *(argument for name in _LEFT_OUT for argument in ("-p", f"no:{name}")),
    ]
    said = io.StringIO()
    # Other plugins that are installed cost time and have no business here; pyproject.toml names ours. Neither has what
    # the person's own shell tells pytest.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    sys.dont_write_bytecode, writes = False, sys.dont_write_bytecode
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main(arguments, plugins=[run])
    except WorkerLost as error:
        raise WorkbookError(f"The checks could not be run: {error}.") from None
    finally:
        sys.dont_write_bytecode = writes
    if run.failure is not None:
        raise run.failure
    if not run.decisions.complete:
        if code == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        raise WorkbookError(f"The checks could not be run: {_last_line(said.getvalue())}")
    found = (verdict for verdict in run.decisions.verdicts if not wanted or verdict.id in wanted)
    return StepVerdicts(step.name, tuple(found))


def _with_needs(step: Step, wanted: set[str]) -> set[str]:
    found: set[str] = set()
    rest = [exercise.id for exercise in step.exercises if exercise.id in wanted]
    while rest:
        id = rest.pop()
        if id not in found:
            found.add(id)
            rest.extend(step.exercise(id).needs)
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "pytest said nothing"


class _Run:
    """Replaces pytest's loop over the tests: runs those of one exercise together, and exercises in any order."""

    def __init__(
        self,
        decisions: Decisions,
        ids: list[str],
        first: set[str],
        apps: Warm | None,
        workers: int,
        on_verdict: OnVerdict,
    ) -> None:
        self.decisions = decisions
        self.failure: BaseException | None = None
        self._ids = ids
        self._first = first
        self._apps = apps
        self._workers = min(workers, len(ids))
        self._on_verdict = on_verdict
        self._tests: dict[str, list[pytest.Item]] = {id: [] for id in ids}
        self._reports: list[pytest.TestReport] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        if self._apps is not None:
            config.stash[plugin.lent] = self._apps

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            exercise = plugin.exercise_of(item)
            if exercise is not None and exercise.id in self._tests:
                self._tests[exercise.id].append(item)
        items[:] = [item for tests in self._tests.values() for item in tests]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return False  # the tests could not be collected; pytest has said why
        try:
            if self._workers > 1:
                self._side_by_side(session)
            else:
                while wanted := self._to_run(()):
                    self._take(self._outcome(wanted[0]))
        except Exception as failure:
            self.failure = failure
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(report)

    def _side_by_side(self, session: pytest.Session) -> None:
        assert self._apps is not None
        ends = [self._apps.another_end() for _ in range(self._workers)]

        def prepare(number: int) -> None:
            session.config.stash[plugin.lent] = Warm.over(ends[number].detach())
            for other in ends:
                other.close()

        def end() -> None:
            session.config.hook.pytest_sessionfinish(session=session, exitstatus=0)

        with Crew(self._workers, prepare, self._outcome, end) as crew:
            for one in ends:
                one.close()
            for outcome in crew.outcomes(self._to_run, self._longest):
                self._take(outcome)
                if self.decisions.complete:
                    return

    def _to_run(self, running: Iterable[str]) -> list[str]:
        wanted = self.decisions.to_run(running)
        return sorted(wanted, key=lambda id: id not in self._first)

    def _longest(self, ids: list[str]) -> str:
        """The exercise with most tests. It may wait for another: if that fails, the run ends without this one."""
        return max(ids, key=lambda id: (id in self._first, len(self._tests[id])))

    def _take(self, outcome: Outcome) -> None:
        for verdict in self.decisions.take(outcome):
            self._on_verdict(verdict)

    def _outcome(self, id: str) -> Outcome:
        """Runs the tests of an exercise."""
        tests = self._tests[id]
        # pytest puts away what only this test needed when it is told which comes next. What all tests share stays.
        another = next((test for other in self._ids if other != id for test in self._tests[other]), None)
        self._reports.clear()
        for test, following in zip(tests, [*tests[1:], another], strict=True):
            test.ihook.pytest_runtest_protocol(item=test, nextitem=following)
        failed = [str(report.longrepr) for report in self._reports if report.failed]
        seconds = sum(report.duration for report in self._reports)
        not_started = any(dict(report.user_properties).get(plugin.NOT_STARTED) for report in self._reports)
        return Outcome(id, failed[0] if failed else None, seconds, not_started)
