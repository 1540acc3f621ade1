"""Runs checks again and again without loading anything twice, each run in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.places import STEP_TESTS
from workbook.course.steps import Step
from workbook.lab.allowed import Allowed
from workbook.lab.databases import uses_a_database
from workbook.lab.environments import bare_environment
from workbook.lab.memory import folder_in_memory
from workbook.lab.warm import Child, Warm
from workbook.lab.warm_apps import warm_for_apps

from .verdicts import StepVerdicts, Verdict, Verdicts

# The modules that a run of checks needs, loaded before the fork.
_PRELOAD = (
    "workbook.checks.job",
    "workbook.exercises.causes",
    "workbook.lab.site",
    "workbook.flow.compare",
)
_CHECK = "workbook.checks.job:check"
_WAIT = "workbook.checks.job:wait"
# Modules that take as long to load as a short run. The first run does not wait for all of them, later ones have them.
_BEFOREHAND = ("workbook.providers.beforehand",)
# Every run on an app with a database needs these, in each of its workers.
_FOR_DATABASES = ("sqlalchemy.dialects.sqlite",)
# How long to try to remove the files of a run (seconds).
_A_MOMENT = 1.0

# More workers would only wait for one another: a step has some ten exercises.
_MOST_WORKERS = 8


class Cancelled(Exception):
    """The run was ended before it had verdicts."""


@dataclass
class _Waiting:
    """A process that waits with the tests of a step: when the tests last changed, the process itself, and the socket
    for its orders."""

    changed: int
    child: Child
    process: Warm


@dataclass(frozen=True)
class ConfinedRun:
    """The verdicts of a step on a confined app. `left_behind` is the number of processes that the app had started and
    that still ran; `ended` says why its processes were ended, "" where they were not."""

    verdicts: tuple[Verdict, ...]
    left_behind: int
    ended: str


class WarmChecks:
    """Runs checks, on apps that `apps` starts. Use it in a `with`.

    By default there is one of the `workers` for each core.
    """

    def __init__(self, apps: Warm, *, workers: int | None = None) -> None:
        self._apps = apps
        self._workers = workers or min(cores(), _MOST_WORKERS)
        self._checks = Warm(_PRELOAD, fork=apps.fork)
        self._place = folder_in_memory("checks")
        self._lock = threading.Lock()
        self._running: Child | None = None
        self._has_run = False
        self._waiting: dict[str, _Waiting] = {}

    def __enter__(self) -> WarmChecks:
        return self

    def __exit__(self, *unused: object) -> None:
        for waiting in self._waiting.values():
            waiting.process.stop()
        self._checks.stop()
        _remove(Path(self._place.name))

    def _process_for(self, step: Step) -> Warm:
        """The process that has already found the tests of a step. Where nothing is forked, each run finds them."""
        if not self._checks.fork:
            return self._checks
        changed = (STEP_TESTS / f"test_{step.name}.py").stat().st_mtime_ns
        if step.name not in self._waiting or self._waiting[step.name].changed != changed:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                child = self._checks.run(
                    _WAIT,
                    {"step": step.name},
                    folder=Path.cwd(),
                    environment=bare_environment(),
                    log=Path(self._place.name) / f"{step.name}.log",
                    hand_over=theirs,
                )
            self._waiting[step.name] = _Waiting(changed, child, Warm.over(ours.detach()))
        return self._waiting[step.name].process

    def cancel(self) -> None:
        """Ends the current run, if there is one: it raises Cancelled."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def run(
        self,
        step: Step,
        folder: Path,
        *,
        only: Iterable[str] = (),
        first: Iterable[str] = (),
        ignore_needs: bool = False,
        database: str | None = None,
        on_verdict: Callable[[Verdict], None] = lambda verdict: None,
    ) -> Verdicts:
        """The verdicts of a step on the app in `folder` (a folder of step folders), one run at a time. The rest is
        as for Collected.run in run.py."""
        arguments = {
            **{"only": list(only), "first": list(first), "ignore_needs": ignore_needs, "database": database},
            **{"workers": self._workers, "seconds": None},
        }
        done = self._done(step, folder, arguments, on_verdict)
        return Verdicts((StepVerdicts(step.name, _verdicts(done)),))

    def run_confined(
        self,
        step: Step,
        folder: Path,
        *,
        allowed: Allowed | None,
        seconds: float,
        ignore_needs: bool = False,
        on_verdict: Callable[[Verdict], None] = lambda verdict: None,
    ) -> ConfinedRun:
        """The same for an app that nobody trusts: it is confined, and may use what is `allowed`; None confines it not.
        An exercise whose checks take more than so many `seconds` is not passed. `on_verdict` gets verdicts that are
        final unless the apps were ended."""
        arguments: dict[str, Any] = {
            **{"only": [], "first": [], "ignore_needs": ignore_needs, "database": None, "workers": 1},
            **{"seconds": seconds, "allowed": None if allowed is None else asdict(allowed)},
        }
        done = self._done(step, folder, arguments, on_verdict)
        return ConfinedRun(_verdicts(done), done.get("left_behind", 0), done.get("ended", ""))

    def _done(
        self, step: Step, folder: Path, arguments: dict[str, Any], on_verdict: Callable[[Verdict], None]
    ) -> dict[str, Any]:
        """Runs the job of a step; returns its last report."""
        with self._lock:
            place = Path(tempfile.mkdtemp(prefix="run-", dir=self._place.name))
            apps = self._apps.another_end() if self._apps.fork else None
            log = place / "log"
            preload = _FOR_DATABASES if uses_a_database(folder / step.name) else ()
            try:
                child = self._process_for(step).run(
                    _CHECK,
                    {"step": step.name, "in": str(folder), "place": str(place), **arguments},
                    folder=Path.cwd(),
                    environment=bare_environment(),
                    log=log,
                    hand_over=apps,
                    preload=(*preload, *(_BEFOREHAND if self._has_run else ())),
                )
            except RuntimeError:  # the waiting process has ended
                waiting = self._waiting.pop(step.name)
                said = next(waiting.child.reports(), {"error": "The tests of the step could not be found."})
                raise WorkbookError(said["error"]) from None
            finally:
                if apps is not None:
                    apps.close()
            self._has_run = True
            self._running = child
            try:
                for event in child.reports():
                    if event["event"] == "verdict":
                        on_verdict(Verdict(**event["verdict"]))
                    elif event["event"] == "done":
                        return event
                    else:
                        raise WorkbookError(event["error"])
                if self._running is not child:
                    raise Cancelled
                last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
                raise WorkbookError(
                    f"The checks ended without a verdict: {''.join(last) or 'no reason was given'}"
                )
            finally:
                self._running = None
                child.stop()
                _remove(place)


def _verdicts(done: dict[str, Any]) -> tuple[Verdict, ...]:
    return tuple(Verdict(**verdict) for verdict in done["exercises"])


@contextlib.contextmanager
def warm_checks(steps: Iterable[Step], folder: Path) -> Iterator[WarmChecks]:
    """A WarmChecks, with a warm process of its own for the apps of these steps in `folder`, a folder of step
    folders."""
    with warm_for_apps(folder / step.name for step in steps) as apps, WarmChecks(apps) as checks:
        yield checks


def _remove(folder: Path) -> None:
    """Removes a folder. After a cancelled run its apps still run for a moment, and may write there."""
    until = time.monotonic() + _A_MOMENT
    while folder.exists() and time.monotonic() < until:
        shutil.rmtree(folder, ignore_errors=True)


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
