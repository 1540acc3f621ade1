"""The whole way of a class: what was handed in, grading, and what comes out."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from workbook.checks.warm_checks import cores
from workbook.course.errors import WorkbookError
from workbook.lab.allowed import Allowed

from .cluster import Cluster, grade_on
from .grading import grade_all, plan
from .intake import take_in
from .isolation import NOTHING, isolated_by
from .names import shown_path
from .remarks import remarks_on
from .reports.class_page import write_class_pages
from .reports.gradebooks import Format, write_gradebook
from .reports.junit import write_junit
from .reports.student_page import write_student_pages
from .reports.tables import write_grades
from .results import Result, ResultsFile
from .roster import Roster, read_roster, with_roster
from .running import How
from .submissions import Intake
from .versions import graded_with

# Names in the folder of the report.
RESULTS = "results.jsonl"
CLASS_PAGE = "class.html"
# The copies of the submissions. The apps run on copies of these.
_TAKEN = ".submissions"
_LOCK = ".lock"


@dataclass(frozen=True)
class Settings:
    """What a teacher chooses. `steps`: names. `workers`: None takes one for each core. `cluster`: the address of a Dask
    scheduler, whose workers grade; None grades on this machine. `seconds` and `partial`: as in How. `again`: grade what
    is graded, too. `trusted`: confine nothing. `formats`: gradebooks for an LMS."""

    steps: tuple[str, ...]
    roster: Path | None = None
    workers: int | None = None
    seconds: float = 600.0
    partial: bool = False
    again: bool = False
    trusted: bool = False
    formats: tuple[Format, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True)
class Graded:
    """All results, in the order of the class, and the place of the page or file to look at first."""

    results: tuple[Result, ...]
    shown_first: Path

    @property
    def unchecked(self) -> tuple[Result, ...]:
        """Those of which something could not be checked."""
        return tuple(result for result in self.results if result.troubles)

    @property
    def sentence(self) -> str:
        """The sum of a run, in a line."""
        whole = sum(
            not result.unchecked() and all(v.passed for v in result.verdicts.values())
            for result in self.results
        )
        nothing = sum(not result.handed_in for result in self.results)
        students = "1 student" if len(self.results) == 1 else f"{len(self.results)} students"
        parts = [students, f"{whole} passed every exercise"]
        if nothing:
            parts.append(f"{nothing} handed nothing in")
        if self.unchecked:
            parts.append(f"of {len(self.unchecked)} something could not be checked")
        slowest = max(self.results, key=_seconds, default=None)
        if slowest is not None and _seconds(slowest) > 0:
            parts.append(f"the slowest was {slowest.student} with {_seconds(slowest):.0f} s")
        return f"{', '.join(parts)}."


class Watcher(Protocol):
    """Whoever follows a run."""

    def say(self, line: str) -> None:
        """Takes a line for the teacher."""

    def graded(self, done: int, of: int, line: str) -> None:
        """Takes a line for each student who is graded, with the number of those that are done, of all."""


def grade_class(paths: Sequence[Path], report: Path, settings: Settings, watcher: Watcher) -> Graded:
    """Grades what a teacher names into the folder `report`. WorkbookError says in one line what is wrong with a path,
    the roster, the folder or this machine; then nothing that was graded is lost."""
    report = report.absolute()
    roster = read_roster(settings.roster) if settings.roster is not None else None
    how = How(
        settings.steps,
        settings.seconds,
        partial=settings.partial,
        allowed=None if settings.trusted else Allowed(),
    )
    # Where nothing can be graded, there is no folder for it either.
    with _grader(settings, watcher) as grade:
        try:
            report.mkdir(parents=True, exist_ok=True)
            with _alone_in(report):
                return _graded(paths, roster, report, settings, how, grade, watcher)
        except OSError as error:
            place = shown_path(str(error.filename or report))
            raise WorkbookError(
                f"{place} could not be written ({error.strerror or error}). What is graded is kept: mend that, and "
                "the same command goes on from here."
            ) from None


def _graded(
    paths: Sequence[Path],
    roster: Roster | None,
    report: Path,
    settings: Settings,
    how: How,
    grade: Callable[..., None],
    watcher: Watcher,
) -> Graded:
    intake = take_in(paths, report / _TAKEN)
    if roster is not None:
        intake = with_roster(intake, roster, report / _TAKEN)
    for note in intake.notes:
        watcher.say(str(note))
    every = intake.submissions
    version = graded_with(how)
    with ResultsFile(report / RESULTS) as results:
        todo = plan(every, results.known, version, again=settings.again)
        if todo.done:
            watcher.say(f"{len(todo.done)} of {len(every)} are graded already.")
        results.known.update({result.key: result for result in todo.done})
        count = itertools.count(len(todo.done) + 1)
        grade(
            todo.to_do,
            how,
            version,
            results,
            on_result=lambda result: watcher.graded(next(count), len(every), _line(result)),
        )
        keys = [submission.key for submission in every]
        results.order(keys)
        graded = Graded(tuple(results.known[key] for key in keys), report / CLASS_PAGE)
    for line in _reported(graded.results, intake, report, settings.formats):
        watcher.say(line)
    shutil.rmtree(report / _TAKEN, ignore_errors=True)
    return graded


@contextlib.contextmanager
def _grader(settings: Settings, watcher: Watcher) -> Iterator[Callable[..., None]]:
    """grade_all on this machine, or grade_on with the cluster, with all that a teacher chose. It is tried first whether
    submissions can be kept apart, or whether the cluster is there."""
    if settings.cluster is not None:
        with Cluster(settings.cluster, trusted=settings.trusted, say=watcher.say) as cluster:
            yield partial(grade_on, cluster)
    else:
        isolated = NOTHING if settings.trusted else isolated_by()
        yield partial(grade_all, workers=settings.workers or cores(), isolated_by=isolated)


@contextlib.contextmanager
def _alone_in(report: Path) -> Iterator[None]:
    """Inside of this `with` no other run uses the folder, where the system can tell (all but Windows)."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (report / _LOCK).open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkbookError(
                f"Another command is grading into {shown_path(str(report))}. Wait for its end, or name another folder "
                "with --report."
            ) from None
        yield
        (report / _LOCK).unlink(missing_ok=True)


def _reported(
    results: Sequence[Result], intake: Intake, report: Path, formats: Sequence[Format]
) -> Iterator[str]:
    """Writes all that comes out of the results; yields what a teacher has to know of it."""
    write_grades(results, report / "grades.csv")
    write_junit(results, report / "junit.xml")
    write_student_pages(results, report)
    write_class_pages(results, report, remarks_on(intake.submissions), intake.notes)
    for format in formats:
        yield from write_gradebook(format, results, report).remarks


def _seconds(result: Result) -> float:
    return sum(step.seconds for step in result.steps)


def _line(result: Result) -> str:
    parts = [str(result.points())]
    open_ones = [id for id, v in result.verdicts.items() if not v.passed and v.waits_for is None]
    if not result.handed_in:
        parts = ["nothing was handed in"]
    elif open_ones:
        some = ", ".join(open_ones[:8])
        parts.append(f"open: {some}{' and more' if len(open_ones) > 8 else ''}")
    parts += [f"{step.step[:2]} could not be checked: {step.trouble}" for step in result.troubles]
    return f"{result.student}: {'; '.join(parts)}"
