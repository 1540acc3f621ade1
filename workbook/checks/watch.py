"""Watches step folders, and checks again at every save, in a warm process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from workbook.course.errors import WorkbookError
from workbook.course.steps import Step

from .saves import saves
from .verdicts import Verdict, Verdicts
from .warm_checks import Cancelled, warm_checks


def watch_and_check(
    steps: Iterable[Step],
    folder: Path,
    on_end: Callable[[Step, Verdicts], None],
    stop: threading.Event,
    *,
    on_step: Callable[[Step], None] = lambda step: None,
    on_verdict: Callable[[Verdict], None] = lambda verdict: None,
) -> None:
    """Checks the steps, and each again when something in its folder is saved, until `stop` is set.

    `on_step` gets a step when its run begins, `on_verdict` each verdict as soon as it is final, and `on_end` all of
    them. For a run that a save cancels, `on_end` is not called.
    """
    by_folder = {folder / step.name: step for step in steps if (folder / step.name).is_dir()}
    if not by_folder:
        raise WorkbookError(f"There is none of these steps in {folder}.")
    with warm_checks(by_folder.values(), folder) as checks:
        waiting = dict.fromkeys(by_folder.values())
        seen: dict[Step, Verdicts] = {}
        changed = threading.Condition()

        changes = saves(by_folder, stop)

        def watch_saves() -> None:
            for files in changes:
                with changed:
                    saved = [s for place, s in by_folder.items() if any(place in f.parents for f in files)]
                    waiting.update(dict.fromkeys(saved))
                    changed.notify()
                # The save may have changed the step of the present run, whose verdicts would then be old.
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
                on_step(step)
                first = seen[step].open if step in seen else ()
                try:
                    seen[step] = checks.run(step, folder, first=first, on_verdict=on_verdict)
                except Cancelled:
                    with changed:
                        waiting[step] = None
                else:
                    on_end(step, seen[step])
        finally:
            stop.set()
