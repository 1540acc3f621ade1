"""Crews for the tests. They fork, so that they have a process of their own without threads:

python -m tests.checks.crews FOLDER NAME [NAME ...]

It prints a JSON object for each, a line: the process that ran each exercise, how it ended, and which of its processes
are left. A crew leaves its files in a folder of its name.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psutil

from workbook.checks import crew
from workbook.checks.crew import Crew
from workbook.checks.deciding import Outcome

from ..processes import lives

IDS = [f"1.{number}" for number in range(1, 10)]
HUGE = "é\n\x00\u2028" * 200_000
LOOK_AGAIN = threading.Event()


def for_ever() -> None:
    """Never returns."""
    threading.Event().wait()


def folder_of(name: str) -> Path:
    """The folder where a crew leaves its files."""
    return Path(sys.argv[1]) / name


def fine(id: str) -> Outcome:
    """An outcome that says which process it is from."""
    return Outcome(id, str(os.getpid()), 0.0)


def nothing(number: int = 0) -> None:
    """No preparation, and no end."""


def killed(id: str) -> Outcome:
    """The worker that runs 1.5 is killed, as where memory runs out."""
    if id == "1.5":
        os.kill(os.getpid(), signal.SIGKILL)
    return fine(id)


def raising(id: str) -> Outcome:
    """Running 1.5 raises an exception that no test may raise."""
    if id == "1.5":
        raise SystemExit(0)
    return fine(id)


def no_preparation(number: int) -> None:
    """The second worker never begins."""
    if number == 1:
        raise ValueError("on purpose")


def at_once_gone(number: int) -> None:
    """The second worker ends before it gets an order."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def waiting(id: str) -> Outcome:
    """1.2 is never done."""
    if id == "1.2":
        for_ever()
    return fine(id)


def not_started(id: str) -> Outcome:
    """1.1 finds that the app does not start; no other exercise ends before the crew knows that."""
    if id == "1.1":
        return Outcome(id, str(os.getpid()), 0.0, not_started=True)
    while not (folder_of("not started") / "heard").exists():
        LOOK_AGAIN.wait(0.01)
    return fine(id)


def huge(id: str) -> Outcome:
    """A message that is longer than any buffer."""
    return Outcome(id, HUGE, 0.5)


def noted_end() -> None:
    """Records that the worker has ended as it should."""
    (folder_of("fine") / f"ended-{os.getpid()}").touch()


Run = Callable[[str], Outcome]
CREWS: dict[str, tuple[Callable[[int], None], Run, Callable[[], None]]] = {
    "fine": (nothing, fine, noted_end),
    "killed": (nothing, killed, nothing),
    "raising": (nothing, raising, nothing),
    "no preparation": (no_preparation, fine, nothing),
    "at once gone": (at_once_gone, fine, nothing),
    "no end": (nothing, fine, for_ever),
    "left": (nothing, waiting, nothing),
    "not started": (nothing, not_started, nothing),
    "huge": (nothing, huge, nothing),
    "starter gone": (nothing, waiting, nothing),
}


def carried_out(name: str) -> dict[str, Any]:
    """Runs every exercise with a crew of three; returns the results."""
    ran: dict[str, str | None] = {}
    ended = "well"

    def to_run(running: Iterable[str]) -> list[str]:
        return [id for id in IDS if id not in ran and id not in running]

    me = psutil.Process()
    try:
        with Crew(3, *CREWS[name]) as workers:
            family = me.children()
            if name == "at once gone":
                while all(map(lives, family)):
                    LOOK_AGAIN.wait(0.01)
            if name == "starter gone":
                print(json.dumps([one.pid for one in family]), flush=True)
            for outcome in workers.outcomes(to_run, lambda ids: ids[-1]):
                ran[outcome.id] = "huge" if outcome.message == HUGE else outcome.message
                if outcome.not_started:
                    (folder_of(name) / "heard").touch()
                if name == "left" and len(ran) == len(IDS) - 1:
                    ended = "left"
                    break
    except Exception as error:
        ended = f"{type(error).__name__}: {error}"
    return {"ran": ran, "ended": ended, "left": [one.pid for one in me.children()]}


if __name__ == "__main__":
    for name in sys.argv[2:]:
        folder_of(name).mkdir()
        # No test waits for a job that never ends.
        crew._TO_END = 0.2 if name == "no end" else 60.0
        print(json.dumps(carried_out(name)), flush=True)
