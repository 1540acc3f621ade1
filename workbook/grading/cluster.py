"""Grades a class on a Dask cluster: the function of a lane, mapped over the workers on several machines.

On one machine `--workers` is cheaper: its lanes are threads of the one process, and no Dask is started. A cluster is
for more machines than one.

Dask finds and replaces the workers. An instructor starts `dask scheduler` on one machine, and `dask worker ADDRESS
--nthreads 1` once for each core of every machine, in a clone of this workbook with the same files and libraries. With
one thread a worker, a worker that ends takes only one submission with it, and Dask gives this submission to another
worker. A submission whose workers ended more often than the scheduler allows (distributed.scheduler.allowed-failures, 3
by default) gets a result that says so, and is not tried again.

**Everyone who reaches the scheduler's port can run any code** on the scheduler, on every worker, and in the process of
this command, with the rights of the people who started them: Dask sends pickled Python objects in both directions, and
asks for no password. A confined app does not reach the port. On one machine, let the scheduler listen on 127.0.0.1
alone (`dask scheduler --host 127.0.0.1`; without `--host` it listens on all networks of the machine). Between machines,
use a network of your own, or TLS with a certificate for each side: https://distributed.dask.org/en/stable/tls.html.
This command takes the certificates from Dask's configuration; the address then begins with `tls://`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import queue
import sys
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbook.checks.verdicts import Verdict
from workbook.course.errors import WorkbookError
from workbook.course.steps import Step, find_step

from . import worker
from .grading import OnResult, result_of
from .isolation import NAMESPACES, NOTHING
from .names import shown
from .results import Result, ResultsFile, StepResult
from .running import How, not_handed_in
from .submissions import Submission
from .versions import version_of_workbook

# How long to wait for the scheduler, and how long a run waits for a worker where there is none (seconds).
_TO_CONNECT = 10.0
_PATIENCE = 60.0
# How often to look for workers that came or went (seconds).
_LOOK = 1.0
# How often a submission is given out anew where it was not the submission that was at fault.
_TRIES = 3
# So much of a digest is enough to tell two apart.
_SHORT = 12
# A reason from elsewhere is cut after so many characters.
_REASON = 300

# What Dask raises where nothing answers. In Python 3.10 the second is no OSError.
_NO_ANSWER = (OSError, asyncio.TimeoutError)

_KEPT = "What is graded is kept: the same command goes on from here."


class Cluster:
    """The workers at `address` that are fit to grade. Use it in a `with`.

    `trusted`: submissions need not be kept apart. `say` gets a line for each worker that is refused. `patience`: how
    long to wait for a worker where there is none (seconds). WorkbookError says why there is none.
    """

    def __init__(
        self, address: str, *, trusted: bool, say: Callable[[str], None], patience: float = _PATIENCE
    ) -> None:
        self.address = address
        self.isolated_by = NOTHING if trusted else NAMESPACES
        self._trusted = trusted
        self._say = say
        self.patience = patience
        # The fit workers, each with the number of its threads.
        self.fit: dict[str, int] = {}
        # The workers that said what they are, each with the reason why it is refused, "" where it is fit.
        self._known: dict[str, str] = {}
        self._fit_at = 0.0
        self._looked_at = 0.0
        self.client: Any = None

    def __enter__(self) -> Cluster:
        self.client = _connected(self.address)
        try:
            until = time.monotonic() + self.patience
            while not self.look(soon=False) and not self.refuses:
                if time.monotonic() > until:
                    raise WorkbookError(
                        f"The cluster at {self.address} has no workers. On each machine, in its clone: "
                        f"dask worker {self.address} --nthreads 1"
                    )
                time.sleep(_LOOK / 5)
            if not self.fit:
                raise WorkbookError(f"The cluster at {self.address} has no worker that can grade.")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused: object) -> None:
        # A scheduler that is gone is waited for in vain.
        with contextlib.suppress(*_NO_ANSWER):
            self.client.close(timeout=2)

    def look(self, *, soon: bool = True) -> bool:
        """Looks which workers there are, and gets to know the new ones; with `soon`, only if the last look was a while
        ago. Returns whether there is a fit one. WorkbookError where the cluster has gone away, or has had no fit worker
        for too long."""
        now = time.monotonic()
        if soon and now - self._looked_at < _LOOK:
            return bool(self.fit)
        with self.or_gone():
            threads: dict[str, int] = self.client.nthreads()
            new = sorted(threads.keys() - self._known.keys())
            if new:
                self._get_to_know(new)
        self._known = {one: problem for one, problem in self._known.items() if one in threads}
        self.fit = {one: count for one, count in threads.items() if self._known.get(one) == ""}
        self._looked_at = now
        if self.fit or not self._fit_at:
            self._fit_at = now
        elif now - self._fit_at > self.patience:
            raise WorkbookError(f"The cluster at {self.address} has no workers any more. {_KEPT}")
        return bool(self.fit)

    @property
    def refuses(self) -> bool:
        """Whether there are workers that are refused."""
        return any(self._known.values())

    @contextlib.contextmanager
    def or_gone(self) -> Iterator[None]:
        """Turns what Dask raises for a scheduler that has gone into a WorkbookError."""
        try:
            yield
        except _NO_ANSWER:
            raise self.gone() from None

    def gone(self) -> WorkbookError:
        """The error for a cluster that went away."""
        return WorkbookError(f"The cluster at {self.address} went away. {_KEPT}")

    def _get_to_know(self, addresses: list[str]) -> None:
        said = self.client.run(worker.greet, self._trusted, workers=addresses, on_error="return")
        for address in addresses:
            # A worker that has just ended says nothing.
            if address in said:
                problem = self._known[address] = _problem(said[address])
                if problem:
                    self._say(f"The worker {shown(address)} is refused: {problem}.")


def _connected(address: str) -> Any:
    """A client of the scheduler at this address."""
    try:
        import dask
        import distributed
    except ImportError:
        raise WorkbookError(
            f'--cluster needs Dask. Install it: {sys.executable} -m pip install -e ".[cluster]"'
        ) from None
    # Dask logs every connection that is lost, and warns of versions that differ. The command has a line of its own for
    # both.
    logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
    warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)
    # Dask warns of more than 10 MB; a submission has up to 50.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    try:
        _check(address)
        return distributed.Client(address, timeout=_TO_CONNECT, set_as_default=False)
    except Exception as error:
        reason = "no Dask scheduler answers" if isinstance(error, _NO_ANSWER) else str(error)
        raise WorkbookError(
            f"There is no Dask cluster at {shown(address)}: {shown(reason, _REASON)}. Start a scheduler: "
            "dask scheduler --host HOST. Then on each machine, in its clone: dask worker HOST:8786 --nthreads 1"
        ) from None


def _check(address: str) -> None:
    """Whether a Dask scheduler can be at this address, and something answers there. ValueError, OSError or
    TimeoutError where not. A client that was made in vain would say so for half a minute."""
    from distributed.comm import connect, get_address_host_port, parse_address

    kind, _ = parse_address(address)
    if kind not in ("tcp", "tls"):
        raise ValueError("an address is HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT")
    get_address_host_port(address)
    security = _security(kind)

    async def try_out() -> None:
        comm = await connect(address, timeout=_TO_CONNECT, **security)
        comm.abort()

    asyncio.run(asyncio.wait_for(try_out(), _TO_CONNECT))


def _security(kind: str) -> dict[str, Any]:
    """What Dask needs to connect, from its configuration."""
    from distributed.security import Security

    arguments: dict[str, Any] = Security().get_connection_args("client")
    if kind == "tls" and arguments.get("ssl_context") is None:
        raise ValueError("Dask's configuration names no certificates (distributed.comm.tls)")
    return arguments


def _problem(said: object) -> str:
    """Why a worker that said this cannot grade; "" where it can."""
    try:
        greeting = json.loads(said) if isinstance(said, str) else {}
        version, problem = str(greeting["version"]), str(greeting["problem"])
    except (ValueError, KeyError, TypeError):
        return f"it does not run this workbook ({shown(f'{type(said).__name__}: {said}', _REASON)})"
    ours = version_of_workbook()
    if version != ours:
        return (
            f"its workbook with its libraries is version {shown(version[:_SHORT])}, and the one here is "
            f"{ours[:_SHORT]}"
        )
    return shown(problem.rstrip("."), _REASON) if problem else ""


@dataclass
class _Given:
    """A submission that was given out: those that are equal to it, how often it was, and to which workers (none: to
    any)."""

    submission: Submission
    equal: list[Submission]
    tries: int = 1
    only: frozenset[str] = frozenset()


def grade_on(
    cluster: Cluster,
    to_do: Iterable[Submission],
    how: How,
    version: str,
    results: ResultsFile,
    *,
    on_result: OnResult = lambda result: None,
) -> None:
    """Grades submissions on a cluster, and adds each result to the file as soon as it comes. The same as grade_all;
    submissions with the same files are graded once.

    WorkbookError where the cluster has gone; nothing of what is in the file is lost then.
    """
    run = _Run(cluster, to_do, how)
    try:
        for submission, steps in run.results():
            result = result_of(submission, steps, version, cluster.isolated_by)
            results.add(result)
            on_result(result)
    finally:
        run.end()


class _Run:
    """One run over submissions. There are never more tasks than threads: Dask suspects every task that a worker has
    when it ends, also one that only waits there."""

    def __init__(self, cluster: Cluster, to_do: Iterable[Submission], how: How) -> None:
        self._cluster = cluster
        self._how = how
        self._name = uuid.uuid4().hex
        self._steps = [find_step(name) for name in how.steps]
        self._waiting: deque[_Given] = deque()
        self._empty: list[Submission] = []
        by_files: dict[str, _Given] = {}
        for submission in to_do:
            if not submission.steps:
                self._empty.append(submission)
            elif submission.digest in by_files:
                by_files[submission.digest].equal.append(submission)
            else:
                by_files[submission.digest] = given = _Given(submission, [])
                self._waiting.append(given)
        # The tasks under way, by their keys; and those that came to an end, as they do.
        self._tasks: dict[str, tuple[Any, _Given]] = {}
        self._ended: queue.Queue[Any] = queue.Queue()

    def results(self) -> Iterator[tuple[Submission, tuple[StepResult, ...]]]:
        """The submissions and the results of their steps, as they come."""
        for submission in self._empty:
            yield submission, tuple(not_handed_in(step) for step in self._steps)
        while self._waiting or self._tasks:
            self._cluster.look()
            self._take_back()
            self._give_out()
            try:
                future = self._ended.get(timeout=_LOOK)
            except queue.Empty:
                continue
            task = self._tasks.pop(future.key, None)
            if task is not None:
                yield from self._of(*task)

    def end(self) -> None:
        """Ends what is under way, and the processes that the workers keep warm."""
        client = self._cluster.client
        with contextlib.suppress(Exception):
            if client.status == "running":
                client.cancel([future for future, _ in self._tasks.values()])
                client.run(worker.end_run, self._name, workers=list(self._cluster.fit), on_error="ignore")
        self._tasks.clear()

    def _give_out(self) -> None:
        while self._waiting and len(self._tasks) < sum(self._cluster.fit.values()):
            given = self._waiting.popleft()
            given.only = frozenset(self._cluster.fit) if self._cluster.refuses else frozenset()
            submission = given.submission
            order = worker.order_of(self._name, self._how, submission.steps)
            packed = worker.pack(submission.folder)
            with self._cluster.or_gone():
                future = self._cluster.client.submit(
                    worker.grade,
                    order,
                    packed,
                    key=f"grade-{uuid.uuid4().hex}",
                    workers=sorted(given.only) or None,
                )
            self._tasks[future.key] = future, given
            future.add_done_callback(self._ended.put)

    def _take_back(self) -> None:
        """Tasks that may only run on workers that have all ended would wait for ever."""
        for key, (future, given) in list(self._tasks.items()):
            if given.only and not given.only & self._cluster.fit.keys():
                del self._tasks[key]
                future.cancel()
                self._again(given)

    def _again(self, given: _Given) -> bool:
        """Gives a submission out once more, unless that was done too often. Returns whether it is."""
        if given.tries >= _TRIES:
            return False
        given.tries += 1
        self._waiting.append(given)
        return True

    def _of(self, future: Any, given: _Given) -> Iterator[tuple[Submission, tuple[StepResult, ...]]]:
        """The results of a task that came to an end, if it has any."""
        if future.status in ("cancelled", "lost"):
            raise self._cluster.gone()
        if future.status == "error":
            yield from self._failed(future, given)
            return
        try:
            reply = _reply(future.result(timeout=_LOOK))
        except _NO_ANSWER:
            # The worker ended with the reply, and Dask lets another one make it.
            self._tasks[future.key] = future, given
            future.add_done_callback(self._ended.put)
            return
        if "refused" in reply:
            self._cluster.look(soon=False)
            if not self._again(given):
                raise WorkbookError(f"The workers change while they grade. {_KEPT}")
            return
        trouble = reply.get("trouble")
        steps = None if trouble is not None else read_steps(reply.get("steps"), self._steps)
        if steps is None:
            reason = shown(str(trouble), _REASON) if trouble else "a worker sent back what is no result"
            yield from self._unchecked(given, reason)
            return
        yield given.submission, steps
        if any(step.trouble for step in steps):
            # That may be one of this run alone.
            self._waiting.extend(_Given(submission, []) for submission in given.equal)
        else:
            same = tuple(replace(step, seconds=0.0, cpu=0.0) for step in steps)
            yield from ((submission, same) for submission in given.equal)

    def _failed(self, future: Any, given: _Given) -> Iterator[tuple[Submission, tuple[StepResult, ...]]]:
        error = future.exception(timeout=_TO_CONNECT)
        if type(error).__name__ == "KilledWorker":
            yield from self._unchecked(given, "the workers that checked it have ended, one after the other")
            return
        # worker.grade raises nothing, so a worker could not even load it.
        self._cluster.look(soon=False)
        if not self._again(given):
            reason = shown(f"{type(error).__name__}: {error}", _REASON)
            raise WorkbookError(f"A worker of the cluster does not run this workbook ({reason}). {_KEPT}")

    def _unchecked(self, given: _Given, trouble: str) -> Iterator[tuple[Submission, tuple[StepResult, ...]]]:
        for submission in (given.submission, *given.equal):
            yield (
                submission,
                tuple(
                    StepResult(step.name, (), trouble)
                    if step.name in submission.steps
                    else not_handed_in(step)
                    for step in self._steps
                ),
            )


def read_steps(data: Any, steps: Sequence[Step]) -> tuple[StepResult, ...] | None:
    """The results of these steps that a worker sent, with titles and points from this machine's course; None where it
    sent anything else."""
    whole = {"key": "", "student": "", "digest": "", "graded_with": "", "notes": []}
    try:
        found = Result.from_json({**whole, "steps": data}).steps
        fits = [one.step for one in found] == [step.name for step in steps]
        return tuple(map(_of_course, found, steps)) if fits else None
    except (ValueError, KeyError, TypeError):
        return None


def _reply(text: object) -> dict[str, Any]:
    try:
        reply = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        reply = None
    return reply if isinstance(reply, dict) else {}


def _of_course(result: StepResult, step: Step) -> StepResult:
    """The result with titles and points from this machine's course. ValueError where it is not one of this step, or
    lacks a verdict and does not say why; TypeError where a part is of another type."""
    exercises = {exercise.id: exercise for exercise in step.exercises}
    found = [verdict.id for verdict in result.verdicts]
    if found != [id for id in exercises if id in set(found)]:
        raise ValueError("other exercises")
    if len(found) < len(exercises) and not result.trouble:
        raise ValueError("no verdict")

    def checked(verdict: Verdict) -> Verdict:
        if verdict.waits_for is not None and not isinstance(verdict.waits_for, str):
            raise TypeError("waits_for")
        exercise = exercises[verdict.id]
        return Verdict(
            exercise.id,
            exercise.title,
            exercise.points,
            _a(bool, verdict.passed),
            verdict.waits_for,
            _a(str, verdict.message),
            float(verdict.seconds),
        )

    return StepResult(
        step.name,
        tuple(map(checked, result.verdicts)),
        _a(str, result.trouble),
        _a(int, result.left_behind),
        float(result.seconds),
        float(result.cpu),
    )


def _a(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(kind.__name__)
    return value
