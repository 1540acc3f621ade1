"""Runs the checks of one submission after the other, and makes sure that each run ends."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook.checks.plugin import ENDED
from workbook.checks.verdicts import Verdict
from workbook.checks.warm_checks import Cancelled, WarmChecks
from workbook.course.errors import WorkbookError
from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files
from workbook.course.steps import Step, find_step
from workbook.lab.allowed import Allowed
from workbook.lab.warm import Warm
from workbook.lab.warm_apps import warm_for_apps

from .results import StepResult

# How often a step is tried where the process that checks it has ended, as if something outside had killed it.
_TRIES = 2


@dataclass(frozen=True)
class How:
    """How submissions are graded. `steps`: the names of the steps. `seconds`: the longest time for all steps of one
    submission, and `exercise_seconds` for one exercise. `partial`: exercises that wait for another are checked, too.
    `allowed`: what a confined app may use; None where the apps are trusted and not confined."""

    steps: tuple[str, ...]
    seconds: float = 600.0
    exercise_seconds: float = 60.0
    partial: bool = False
    allowed: Allowed | None = field(default_factory=Allowed)


class Known:
    """The results of steps by the digest of their files, for all lanes of one run: work that is the same, as that of
    the untouched starter, is checked once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], StepResult] = {}
        self._under_way: dict[tuple[str, str], threading.Event] = {}

    def result(self, step: str, digest: str, make: Callable[[], tuple[StepResult, bool]]) -> StepResult:
        """The result of a step with these files. `make` makes it where it is not known, and tells whether it holds for
        other submissions, too."""
        key = step, digest
        while True:
            with self._lock:
                if key in self._found:
                    return replace(self._found[key], seconds=0.0, cpu=0.0)
                waiting = self._under_way.get(key)
                if waiting is None:
                    ours = self._under_way[key] = threading.Event()
                    break
            waiting.wait()
        try:
            result, holds = make()
            if holds:
                with self._lock:
                    self._found[key] = result
            return result
        finally:
            with self._lock:
                del self._under_way[key]
            ours.set()


class Lane:
    """Checks submissions one after the other, with warm processes of its own. Lanes run side by side, each in a thread.

    Use it in a `with`. With a `core`, the apps work on that core alone: one that takes all it can get leaves the other
    lanes theirs.
    """

    def __init__(self, how: How, known: Known | None = None, core: int | None = None) -> None:
        self._how = how
        self._core = core
        self._known = known or Known()
        self._steps = [find_step(name) for name in how.steps]
        self._apps: Warm | None = None
        self._checks: WarmChecks | None = None
        self._stopped = threading.Event()

    def __enter__(self) -> Lane:
        return self

    def __exit__(self, *unused: object) -> None:
        self._close()

    def stop(self) -> None:
        """Ends what the lane does, from another thread: `grade` raises Cancelled."""
        self._stopped.set()
        if self._checks is not None:
            # The lane's own thread may be ending the same processes.
            with contextlib.suppress(RuntimeError, OSError):
                self._checks.cancel()

    def grade(self, folder: Path) -> tuple[StepResult, ...]:
        """The results of all steps of the submission in a folder, each in a folder of its name."""
        until = time.monotonic() + self._how.seconds
        results = []
        for step in self._steps:
            if self._stopped.is_set():
                raise Cancelled
            if not (folder / step.name).is_dir():
                results.append(not_handed_in(step))
                continue
            digest = digest_of_step(folder / step.name)
            made = self._known.result(step.name, digest, lambda step=step: self._checked(step, folder, until))  # type: ignore[misc]
            results.append(made)
        return tuple(results)

    def _checked(self, step: Step, folder: Path, until: float) -> tuple[StepResult, bool]:
        """The result of a step, and whether it is one of the files alone, and not of the time that was left."""
        begun = time.monotonic()
        verdicts: dict[str, Verdict] = {}
        trouble = ""

        def note(verdict: Verdict) -> None:
            verdicts[verdict.id] = verdict

        for _ in range(_TRIES):
            verdicts.clear()
            left = until - time.monotonic()
            if left <= 0:
                return StepResult(step.name, (), self._over()), False
            late = threading.Event()
            with self._cancelled_after(left, late):
                try:
                    run = self._ready().run_confined(
                        step,
                        folder,
                        allowed=self._how.allowed,
                        seconds=self._how.exercise_seconds,
                        ignore_needs=self._how.partial,
                        on_verdict=note,
                    )
                except Cancelled:
                    if not late.is_set():
                        raise
                    return self._result(step, verdicts, self._over(), begun), False
                except (WorkbookError, RuntimeError, OSError) as error:
                    if self._stopped.is_set():
                        raise Cancelled from None
                    trouble = f"the process that checked it has ended ({error})"
                    self._close()
                    continue
            ended = f"its processes were ended, because {run.ended}" if run.ended else ""
            # An exercise that was open when its app was ended may be open for that reason.
            kept = {verdict.id: verdict for verdict in run.verdicts if verdict.passed or not ended}
            made = self._result(step, kept, ended, begun)
            return replace(made, left_behind=run.left_behind), True
        return self._result(step, verdicts, trouble, begun), True

    def _result(self, step: Step, verdicts: dict[str, Verdict], trouble: str, begun: float) -> StepResult:
        kept = [verdicts[exercise.id] for exercise in step.exercises if exercise.id in verdicts]
        sure = [verdict for verdict in kept if verdict.passed or verdict.message != ENDED]
        # An exercise that waits for one without a verdict has none either; they come in an order in which each comes
        # after those that it waits for.
        for verdict in list(sure):
            if verdict.waits_for is not None and verdict.waits_for not in {one.id for one in sure}:
                sure.remove(verdict)
        complete = len(sure) == len(step.exercises)
        trouble = trouble or "its processes were ended"
        return StepResult(
            step.name, tuple(sure), "" if complete else trouble, 0, round(time.monotonic() - begun, 3)
        )

    def _over(self) -> str:
        return f"the {self._how.seconds:g} seconds that a submission may take were over"

    def _ready(self) -> WarmChecks:
        if self._checks is None:
            self._apps = warm_for_apps(SOLUTIONS / step.name for step in self._steps)
            if self._core is not None:
                self._apps.pin(self._core)
            self._checks = WarmChecks(self._apps, workers=1)
        return self._checks

    def _close(self) -> None:
        if self._checks is not None:
            self._checks.__exit__(None, None, None)
        if self._apps is not None:
            self._apps.stop()
        self._checks = self._apps = None

    @contextlib.contextmanager
    def _cancelled_after(self, seconds: float, late: threading.Event) -> Iterator[None]:
        def cancel() -> None:
            late.set()
            if self._checks is not None:
                self._checks.cancel()

        timer = threading.Timer(seconds, cancel)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def digest_of_step(folder: Path) -> str:
    """The digest of the files of one step that can matter to its checks."""
    digest = hashlib.sha256()
    for file in sorted(source_files(folder)):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def not_handed_in(step: Step) -> StepResult:
    """The result of a step that is not in a submission."""
    message = f"The folder {step.name} is not in what was handed in."
    return StepResult(
        step.name, tuple(Verdict(e.id, e.title, e.points, False, None, message, 0.0) for e in step.exercises)
    )
