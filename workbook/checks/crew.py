"""Workers that run the tests of exercises side by side: each is a fork of this process, where the tests are collected.

A worker has an app, providers and a database of its own, and takes one exercise after the other. Forking is sound only
from a process without threads, so a crew is made before the first test runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from types import TracebackType

from workbook.lab.warm import die_with

from .deciding import Outcome

# How long an idle worker has to close its app and database (seconds).
_TO_END = 5.0


class WorkerLost(Exception):
    """A worker ended during its work."""

    def __init__(self) -> None:
        super().__init__("a process that checks has ended in the middle of its work")


@dataclass
class _Worker:
    pid: int
    orders: socket.socket
    busy_with: str | None = None


class Crew:
    """A number of workers. Each calls `prepare` once and then `run` with the ID of an exercise, and `end` at the end.

    Use it in a `with`: afterwards there are no workers.
    """

    def __init__(
        self,
        size: int,
        prepare: Callable[[int], None],
        run: Callable[[str], Outcome],
        end: Callable[[], None],
    ) -> None:
        self._workers: list[_Worker] = []
        self._alone: _Worker | None = None
        for number in range(size):
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                ours.close()
                for other in self._workers:
                    other.orders.close()
                _work(theirs, number, prepare, run, end)
            theirs.close()
            self._workers.append(_Worker(pid, ours))

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.orders.shutdown(socket.SHUT_WR)
            if worker.busy_with is not None or kind is not None:
                _kill(worker.pid)  # no caller needs its outcome any more
        for worker in self._workers:
            if not select.select([worker.orders], [], [], _TO_END)[0]:
                _kill(worker.pid)
            worker.orders.close()
            os.waitpid(worker.pid, 0)

    def outcomes(
        self, to_run: Callable[[Iterable[str]], list[str]], longest: Callable[[list[str]], str]
    ) -> Iterator[Outcome]:
        """The workers' outcomes, as they come, until there is nothing more to run.

        `to_run` returns the exercises that are still to run, the most urgent first; its argument names those under way.
        The first worker takes them in that order. The others take the `longest` first, so that none is left for the
        end.
        """
        while True:
            self._hand_out(to_run, longest)
            busy = {worker.orders: worker for worker in self._workers if worker.busy_with is not None}
            if not busy:
                return
            for ready in select.select(list(busy), [], [])[0]:
                worker = busy[ready]
                outcome = _received(ready)
                worker.busy_with = None
                if outcome.not_started:
                    # Another worker would find the same by itself, and may have to wait long for that.
                    self._alone = worker
                yield outcome

    def _hand_out(
        self, to_run: Callable[[Iterable[str]], list[str]], longest: Callable[[list[str]], str]
    ) -> None:
        wanted = to_run([worker.busy_with for worker in self._workers if worker.busy_with is not None])
        for worker in [self._alone] if self._alone else self._workers:
            if wanted and worker.busy_with is None:
                worker.busy_with = wanted[0] if worker is self._workers[0] else longest(wanted)
                wanted.remove(worker.busy_with)
                try:
                    worker.orders.sendall(f"{worker.busy_with}\n".encode())
                except ConnectionError:
                    raise WorkerLost from None


def _received(orders: socket.socket) -> Outcome:
    line = b""
    while not line.endswith(b"\n"):
        try:
            part = orders.recv(64 * 1024)
        except ConnectionResetError:  # it has not read its orders
            part = b""
        if not part:
            raise WorkerLost
        line += part
    return Outcome(**json.loads(line))


def _work(
    orders: socket.socket,
    number: int,
    prepare: Callable[[int], None],
    run: Callable[[str], Outcome],
    end: Callable[[], None],
) -> None:
    """The work of a worker. It never returns: the rest of the process is its parent's."""
    code = 1
    try:
        die_with(os.getppid())
        prepare(number)
        with orders, orders.makefile(encoding="utf-8") as lines:
            for line in lines:
                orders.sendall(json.dumps(asdict(run(line.strip()))).encode() + b"\n")
            end()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
