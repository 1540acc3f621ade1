"""The whole way of a class: what was handed in, grading, and what comes out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbook.checks.warm_checks import cores
from workbook.course.errors import WorkbookError
from workbook.lab.allowed import Allowed

from .cluster import Cluster, grade_on
from .grading import grade_all, plan
from .intake import take_in
from .isolation import NOTHING, isolated_by
from .names import shown_path
from .results import Result, ResultsFile
from .roster import Roster, read_roster, with_roster
from .running import How
from .submissions import Intake
from .versions import graded_with

# Names in the folder of the report.
RESULTS = "results.jsonl"
# The copies of the submissions. The apps run on copies of these.
_TAKEN = ".submissions"


@dataclass(frozen=True)
class Settings:
    """What a teacher chooses. `steps`: names. `workers`: None takes one for each core. `cluster`: the address of a Dask
    scheduler, whose workers grade; None grades on this machine. `seconds`: as in How."""

    steps: tuple[str, ...]
    roster: Path | None = None
    workers: int | None = None
    cluster: str | None = None
    seconds: float = 600.0
    partial: bool = False
    again: bool = False
    trusted: bool = False


@dataclass(frozen=True)
class Graded:
    """All results, in the order of the class, and the place of the page or file to look at first."""

    results: tuple[Result, ...]
    intake: Intake
    shown_first: Path

    @property
    def unchecked(self) -> tuple[Result, ...]:
        """Those of which something could not be checked."""
        return tuple(result for result in self.results if result.troubles)

    @property
    def sentence(self) -> str:
        """The sum of a run, in a line."""
        whole = sum(all(v.passed for v in result.verdicts.values()) for result in self.results)
        nothing = sum(not result.handed_in for result in self.results)
        parts = [f"{len(self.results)} students", f"{whole} passed every exercise"]
        if nothing:
            parts.append(f"{nothing} handed nothing in")
        if self.unchecked:
            parts.append(f"of {len(self.unchecked)} something could not be checked")
        return f"{', '.join(parts)}."


def grade_class(
    paths: Sequence[Path], report: Path, settings: Settings, *, say: Callable[[str], None]
) -> Graded:
    """Grades what a teacher names into the folder `report`. WorkbookError says in one line what is wrong with a path,
    the roster, the folder or this machine; then nothing that was graded is lost."""
    roster = read_roster(settings.roster) if settings.roster is not None else None
    with _grader(settings, say) as grade:
        return _graded(paths, report.absolute(), roster, settings, grade, say)


def _graded(
    paths: Sequence[Path],
    report: Path,
    roster: Roster | None,
    settings: Settings,
    grade: Callable[..., None],
    say: Callable[[str], None],
) -> Graded:
    how = How(
        settings.steps,
        settings.seconds,
        partial=settings.partial,
        allowed=None if settings.trusted else Allowed(),
    )
    version = graded_with(how)
    try:
        report.mkdir(parents=True, exist_ok=True)
        intake = take_in(paths, report / _TAKEN)
        if roster is not None:
            intake = with_roster(intake, roster, report / _TAKEN)
        for note in intake.notes:
            say(str(note))
        with ResultsFile(report / RESULTS) as results:
            todo = plan(intake.submissions, results.known, version, again=settings.again)
            if todo.done:
                say(f"{len(todo.done)} of {len(intake.submissions)} are graded already.")
            for result in todo.done:
                results.known[result.key] = result
            count = len(todo.done)

            def on_result(result: Result) -> None:
                nonlocal count
                count += 1
                say(f"{count} of {len(intake.submissions)}: {_line(result)}")

            grade(todo.to_do, how, version, results, on_result=on_result)
            keys = [submission.key for submission in intake.submissions]
            results.order(keys)
            graded = Graded(tuple(results.known[key] for key in keys), intake, report / RESULTS)
        shutil.rmtree(report / _TAKEN, ignore_errors=True)
    except OSError as error:
        place = shown_path(str(error.filename or report))
        raise WorkbookError(
            f"{place} could not be written ({error.strerror or error}). What is graded is kept: mend that, and "
            "the same command goes on from here."
        ) from None
    return graded


@contextlib.contextmanager
def _grader(settings: Settings, say: Callable[[str], None]) -> Iterator[Callable[..., None]]:
    """grade_all on this machine, or grade_on with the cluster, with all that a teacher chose. It is tried first whether
    submissions can be kept apart, or whether the cluster is there."""
    if settings.cluster is not None:
        with Cluster(settings.cluster, trusted=settings.trusted, say=say) as cluster:
            yield partial(grade_on, cluster)
    else:
        isolated = NOTHING if settings.trusted else isolated_by()
        yield partial(grade_all, workers=settings.workers or cores(), isolated_by=isolated)


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
