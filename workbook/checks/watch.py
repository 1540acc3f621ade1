"""Watches step folders, and checks again at every save, in a warm process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.starters import NOT_SOURCE
from workbook.course.steps import Step
from workbook.lab.running import bare_environment
from workbook.lab.warm import Child, Warm

from . import job
from .verdicts import Verdicts

# How long a burst of writes is gathered before it counts as one save, in milliseconds. Editors write a file in
# two or three moves a few milliseconds apart.
_BURST = 60


def saves(folders: Iterable[Path], stop: threading.Event) -> Iterator[set[Path]]:
    """Gives, for each save, the files that changed, until `stop` is set."""
    from watchfiles import watch

    for changes in watch(
        *folders, stop_event=stop, debounce=_BURST * 5, step=_BURST, rust_timeout=500, raise_interrupt=False
    ):
        files = {Path(name) for _, name in changes}
        source = {file for file in files if not _left_behind(file)}
        if source:
            yield source


def _left_behind(file: Path) -> bool:
    return any(Path(part).match(pattern) for part in file.parts for pattern in NOT_SOURCE)


class Cancelled(Exception):
    """The run was ended before it had verdicts."""


class WarmChecks:
    """Runs checks again and again without loading anything twice. Use it in a `with`."""

    def __init__(self, apps: Warm) -> None:
        self._apps = apps
        self._checks = Warm(job.PRELOAD, fork=apps.fork)
        self._place = TemporaryDirectory(prefix="checks-")
        self._lock = threading.Lock()
        self._running: Child | None = None

    def __enter__(self) -> WarmChecks:
        return self

    def __exit__(self, *unused: object) -> None:
        self._checks.stop()
        self._place.cleanup()

    def cancel(self) -> None:
        """Ends the run that is going on, if there is one: it raises Cancelled."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def run(
        self,
        step: Step,
        folder: Path,
        *,
        only: Iterable[str] = (),
        ignore_needs: bool = False,
        database: str | None = None,
    ) -> Verdicts:
        """The verdicts of a step on the app in `folder` (a folder of step folders), one run at a time. The rest is
        as for run_checks."""
        arguments: dict[str, Any] = {
            **{"step": step.name, "in": str(folder), "only": list(only)},
            **{"ignore_needs": ignore_needs, "database": database},
        }
        with self._lock:
            apps = self._apps.another_end() if self._apps.fork else None
            log = Path(self._place.name) / "log"
            log.write_bytes(b"")
            child = self._checks.run(
                "workbook.checks.job:check",
                arguments,
                folder=Path.cwd(),
                environment=bare_environment(),
                log=log,
                hand_over=apps,
            )
            if apps is not None:
                apps.close()
            self._running = child
            try:
                for event in child.reports():
                    if event["event"] == "done":
                        return Verdicts.from_json(event["verdicts"])
                    raise WorkbookError(event["error"])
                if self._running is not child:
                    raise Cancelled
            finally:
                self._running = None
                child.stop()
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise WorkbookError(
                f"The checks ended without a verdict: {''.join(last) or 'no reason was given'}"
            )


def watch_and_check(
    steps: Iterable[Step], folder: Path, show: Callable[[Step, Verdicts], None], stop: threading.Event
) -> None:
    """Checks the steps, and each again when something in its folder is saved, until `stop` is set."""
    from workbook.lab.site import warm_for_apps

    by_folder = {folder / step.name: step for step in steps if (folder / step.name).is_dir()}
    if not by_folder:
        raise WorkbookError(f"There is none of these steps in {folder}.")
    with warm_for_apps() as apps, WarmChecks(apps) as checks:
        waiting = dict.fromkeys(by_folder.values())
        changed = threading.Condition()

        def watch_saves() -> None:
            for files in saves(by_folder, stop):
                with changed:
                    saved = [s for place, s in by_folder.items() if any(place in f.parents for f in files)]
                    waiting.update(dict.fromkeys(saved))
                    changed.notify()
                # What is being checked may be what was saved; then its verdicts would be old ones.
                checks.cancel()
            with changed:
                changed.notify()

        threading.Thread(target=watch_saves, daemon=True).start()
        try:
            while True:
                with changed:
                    changed.wait_for(lambda: bool(waiting) or stop.is_set())
                    if stop.is_set():
                        return
                    step = next(iter(waiting))
                    del waiting[step]
                try:
                    verdicts = checks.run(step, folder)
                except Cancelled:
                    with changed:
                        waiting[step] = None
                else:
                    show(step, verdicts)
        finally:
            stop.set()
