"""What a worker of a cluster does: it unpacks a submission into a folder of its own and grades it.

The order and the reply are JSON, and the files are bytes. Nothing of a submission is loaded as Python in the worker.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from workbook.checks.warm_checks import Cancelled
from workbook.course.errors import WorkbookError
from workbook.lab.allowed import Allowed
from workbook.lab.memory import folder_in_memory

from .isolation import isolated_by
from .limits import Limits
from .paths import LeadsOut, parts_of
from .results import StepResult
from .running import How, Known, Lane
from .versions import version_of_workbook

# The files of a submission: their places below its folder, with "/", and what is in them.
Packed = list[tuple[str, bytes]]


def pack(folder: Path) -> Packed:
    """The files of a submission, which intake has put into `folder`."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return [(file.relative_to(folder).as_posix(), file.read_bytes()) for file in files]


def unpack(packed: Packed, steps: Iterable[str], folder: Path) -> None:
    """Writes the files below `folder`, with a folder for each of the `steps`. LeadsOut for a path that leads out."""
    limits = Limits()
    for name in [*steps, *(name for name, _ in packed)]:
        parts_of(name, limits)
    for step in steps:
        (folder / step).mkdir()
    for name, content in packed:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def order_of(run: str, how: How, steps: Iterable[str]) -> str:
    """The order to grade a submission with these steps, in a `run` with a name that no other run has."""
    return json.dumps(
        {"run": run, "version": version_of_workbook(), "how": asdict(how), "steps": list(steps)}
    )


def grade(order: str, packed: Packed) -> str:
    """The reply to an order, as JSON: {"steps": […]} as in Result.to_json, or {"trouble": …} in one line, or
    {"refused": …} where this is no worker for it."""
    wanted = json.loads(order)
    how = _how(wanted["how"])
    # Dask may give out a task before this worker was greeted.
    if wanted["version"] != version_of_workbook():
        return json.dumps({"refused": "another version"})
    if how.allowed is not None and _cannot_isolate():
        return json.dumps({"refused": _cannot_isolate()})
    try:
        with folder_in_memory("submission") as place:
            unpack(packed, wanted["steps"], Path(place))
            steps = _lanes.grade(wanted["run"], how, Path(place))
    except Cancelled:
        return json.dumps({"trouble": "the run was ended"})
    except (WorkbookError, LeadsOut, OSError) as error:
        return json.dumps({"trouble": f"the worker could not do it ({type(error).__name__}: {error})"})
    return json.dumps({"steps": [asdict(step) for step in steps]})


async def greet(trusted: bool) -> str:
    """What a worker says of itself, as JSON: {"version": …, "problem": …}; the problem is "" where it can grade.

    If submissions are not `trusted`, the worker tries whether it can keep them apart.
    """
    return await asyncio.to_thread(_greeting, trusted)


async def end_run(run: str) -> None:
    """Ends what this worker still does for a run, and the processes that it kept warm for it."""
    await asyncio.to_thread(_lanes.end, run)


def _greeting(trusted: bool) -> str:
    problem = ""
    # The modules that are loaded are those of the first call; the files may have been changed since.
    version = version_of_workbook.__wrapped__()
    if version != version_of_workbook():
        problem = "its workbook was changed after it had started"
    elif not trusted:
        problem = _cannot_isolate()
    return json.dumps({"version": version, "problem": problem})


@cache
def _cannot_isolate() -> str:
    """Why this machine cannot keep submissions apart; "" where it can."""
    try:
        isolated_by()
    except WorkbookError as error:
        return str(error)
    return ""


def _how(data: dict[str, Any]) -> How:
    allowed = data["allowed"]
    return How(**{**data, "steps": tuple(data["steps"]), "allowed": Allowed(**allowed) if allowed else None})


@dataclass
class _Place:
    """The lane of a thread in a run. `busy` is held while it is used."""

    run: str
    known: Known
    lane: Lane
    busy: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        with self.busy:
            self.lane.__exit__()


class _Lanes:
    """The lanes of this process: one for each thread. A lane stays warm from one submission to the next.

    A new run gets a new lane: what was known of equal files in one run does not count in another.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[int, _Place] = {}

    def grade(self, run: str, how: How, folder: Path) -> tuple[StepResult, ...]:
        """The results of the submission in `folder`, by the lane of this thread."""
        place = self._place(run, how)
        with place.busy:
            return place.lane.grade(folder)

    def end(self, run: str) -> None:
        """Ends the lanes of a run, busy or not."""
        with self._lock:
            ended = {thread: place for thread, place in self._places.items() if place.run == run}
            for thread in ended:
                del self._places[thread]
        for place in ended.values():
            # A lane may be between two steps, where there is nothing to end.
            while not place.busy.acquire(timeout=0.2):
                place.lane.stop()
            place.busy.release()
            place.close()

    def _place(self, run: str, how: How) -> _Place:
        me = threading.get_ident()
        with self._lock:
            old = self._places.get(me)
            if old is not None and old.run == run:
                return old
            known = (
                next((place.known for place in self._places.values() if place.run == run), None) or Known()
            )
            place = self._places[me] = _Place(run, known, Lane(how, known))
        if old is not None:
            old.close()
        return place


_lanes = _Lanes()
