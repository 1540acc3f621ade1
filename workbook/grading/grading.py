"""Grades a class: many submissions side by side, each result on the disk as soon as it is known."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from workbook.checks.warm_checks import Cancelled

from .results import Result, ResultsFile, StepResult
from .running import How, Known, Lane
from .submissions import Submission

# How often lanes are told to stop (seconds).
_AGAIN = 0.2

OnResult = Callable[[Result], None]


@dataclass(frozen=True)
class Plan:
    """What is to do: `done` have a result that still holds, `to_do` have none."""

    done: tuple[Result, ...]
    to_do: tuple[Submission, ...]


def plan(submissions: Sequence[Submission], known: dict[str, Result], version: str, *, again: bool) -> Plan:
    """Which submissions are to be graded: those without a result, and those that changed since, or that were graded in
    another way. `version` is that of versions.graded_with. With `again`: all."""
    done, to_do = [], []
    for submission in submissions:
        result = known.get(submission.key)
        if not again and result and (result.digest, result.graded_with) == (submission.digest, version):
            done.append(_with_names(result, submission))
        else:
            to_do.append(submission)
    return Plan(tuple(done), tuple(to_do))


def grade_all(
    to_do: Iterable[Submission],
    how: How,
    version: str,
    results: ResultsFile,
    *,
    workers: int,
    isolated_by: str,
    on_result: OnResult = lambda result: None,
) -> None:
    """Grades submissions, so many side by side, and adds each result to the file. An OSError means that the file cannot
    be written; nothing of what is in it is lost."""
    made: queue.Queue[Result | BaseException] = queue.Queue()
    waiting: queue.Queue[Submission] = queue.Queue()
    count = 0
    for submission in to_do:
        waiting.put(submission)
        count += 1
    known = Known()
    number = max(1, min(workers, count))
    lanes = [Lane(how, known, core) for core in _cores(number)]

    def work(lane: Lane) -> None:
        try:
            with lane:
                while True:
                    try:
                        submission = waiting.get_nowait()
                    except queue.Empty:
                        return
                    steps = lane.grade(submission.folder)
                    made.put(result_of(submission, steps, version, isolated_by))
        except Cancelled:
            return
        except BaseException as error:
            made.put(error)

    with _threads(work, lanes):
        for _ in range(count):
            result = made.get()
            if isinstance(result, BaseException):
                raise result
            results.add(result)
            on_result(result)


def _cores(lanes: int) -> list[int | None]:
    """A core for each lane; None where there is no choice."""
    if lanes == 1 or not hasattr(os, "sched_getaffinity"):
        return [None] * lanes
    every = sorted(os.sched_getaffinity(0))
    return [every[number % len(every)] for number in range(lanes)]


@contextlib.contextmanager
def _threads(work: Callable[[Lane], None], lanes: Sequence[Lane]) -> Iterator[None]:
    """A thread for each lane; at the end of this `with`, also at one by Ctrl-C, the lanes stop."""
    threads = [threading.Thread(target=work, args=(lane,), name="lane", daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    try:
        yield
    except BaseException:
        while any(thread.is_alive() for thread in threads):
            # A lane may have been between two runs, where there was nothing to end.
            for lane in lanes:
                lane.stop()
            for thread in threads:
                thread.join(_AGAIN)
        raise
    for thread in threads:
        thread.join()


def result_of(
    submission: Submission, steps: tuple[StepResult, ...], version: str, isolated_by: str
) -> Result:
    """The result of a submission whose steps were checked."""
    isolated_by = isolated_by if submission.steps else ""  # nothing was run
    return _with_names(Result(submission.key, "", submission.digest, version, steps, isolated_by), submission)


def _with_names(result: Result, submission: Submission) -> Result:
    """A result with all that intake and roster tell of the student now: a roster can be mended without grading
    again."""
    return replace(
        result,
        student=submission.student,
        id=submission.id,
        email=submission.email,
        late=submission.late,
        listed=submission.listed,
        handed_in=submission.handed_in,
        source=submission.source,
        notes=submission.notes,
    )
