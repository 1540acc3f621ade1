"""A warm process to fork from: it has loaded the modules that every child needs, and each child starts in milliseconds.

Importing Flask and its friends takes half a second, a fork of a process that has them takes a few milliseconds. So on
Linux a helper process is started once, imports them, and forks one child for each job. It is a process of its own,
freshly executed: forking is only sound from a process without threads, and the child must not inherit sockets, or
modules that the student's code must import itself. Elsewhere (macOS's frameworks do not survive a fork, Windows has
none) each job gets a new Python.

A job is a function "package.module:name" that takes its arguments, a dict, and a function that reports an event, a dict
too, to the process that started it. The job's output goes into a log file.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, TextIO

from workbook.course.places import ROOT

from .environments import own_environment

CAN_FORK = sys.platform == "linux"

Event = dict[str, Any]
_LARGEST_REQUEST = 256 * 1024
# An app writes to the pipe of its reports, too, if it wants: then it has no end of a line (characters).
_LONGEST_REPORT = 16 * 1024 * 1024
_PART = 64 * 1024


class WarmEnded(RuntimeError):
    """The warm process has ended, so it starts no more jobs."""

    def __init__(self) -> None:
        super().__init__("The warm process has ended.")


class Reports:
    """The reading end of a forked job's reports. Another thread can close it, also while one waits for a line: a
    process that the job has started may keep the other end open for ever."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._woken, self._wakes = os.pipe()
        self._rest = bytearray()
        self._lock = threading.Lock()
        self._closed = False

    def readline(self, most: int) -> str:
        """The next line, or what is there of it if it has more than `most` bytes; "" at the end, or when closed."""
        with self._lock:
            while (end := self._rest.find(b"\n") + 1) == 0 and len(self._rest) < most:
                part = self._read(None)
                if not part:
                    end = len(self._rest)
                    break
                self._rest += part
            line = bytes(self._rest[: end or most])
            del self._rest[: end or most]
            return "" if self._closed else line.decode(errors="replace")

    def has_more(self) -> bool:
        """Whether there is something to read now, be it the end."""
        with self._lock:
            if not self._rest:
                part = self._read(0)
                if part is None:
                    return False
                self._rest += part
            return True

    def _read(self, wait: float | None) -> bytes | None:
        """What has come; b"" at the end, or when closed; None where nothing comes in so many seconds."""
        if self._closed:
            return b""
        both = select.poll()
        both.register(self._number, select.POLLIN)
        both.register(self._woken, select.POLLIN)
        ready = [number for number, _ in both.poll(wait)]
        if self._woken in ready:
            return b""
        return os.read(self._number, _PART) if ready else None

    def close(self) -> None:
        """Closes it. A second call is harmless."""
        if self._closed:
            return
        self._closed = True
        os.close(self._wakes)
        with self._lock:
            os.close(self._woken)
            os.close(self._number)


@dataclass
class Child:
    """A running job. `events` has its reports, a JSON object a line, and ends with the job. `signal` sends it a
    signal."""

    pid: int
    events: Reports | IO[str]
    log: Path | None
    stop: Callable[[], None] = field(repr=False)
    signal: Callable[[int], None] = field(repr=False)

    def reports(self) -> Iterator[Event]:
        """The job's reports, as they come, until the job ends or is stopped, or reports something else than that."""
        # Stopping closes the pipe under the reader; a job that is killed may leave half a line.
        with contextlib.suppress(ValueError, OSError, RecursionError):
            while line := self.events.readline(_LONGEST_REPORT):
                event = json.loads(line)
                if not isinstance(event, dict):
                    return
                yield event


class Warm:
    """Starts jobs, each in a process of its own, by fork where that is sound and by a new Python elsewhere.

    `preload` names the modules that the warm process imports beforehand. `fork=False` never forks. Call `stop`, or use
    a `with`: all its children end with it, and also when the process that made it is killed.
    """

    def __init__(self, preload: tuple[str, ...] = (), *, fork: bool = CAN_FORK) -> None:
        self.fork = fork
        self._lock = threading.Lock()
        self._asked = 0
        self._children: dict[int, Child] = {}
        self._helper: subprocess.Popen[bytes] | None = None
        if fork:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._helper = subprocess.Popen(
                    [sys.executable, "-m", __name__, "helper", str(theirs.fileno()), *preload],
                    # Neither the shell's settings nor the files of the user's current folder may affect it.
                    env=own_environment(),
                    cwd=ROOT,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    # Ctrl-C is for the process that the user sees; the helper ends when that process does.
                    start_new_session=True,
                )

    @classmethod
    def over(cls, number: int) -> Warm:
        """The same warm process, from another process that got the socket of `another_end`."""
        warm = cls(fork=False)
        warm.fork = True
        warm._socket = socket.socket(fileno=number)
        return warm

    def pin(self, core: int) -> None:
        """From now on this warm process, and all that it starts, works on one core only, where the system has that."""
        if self._helper is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._helper.pid, {core})

    def another_end(self) -> socket.socket:
        """A socket by which another process can give orders to the same warm process: see `over`.

        Jobs that the other process started end with it.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._ask({"client": True}, [theirs.fileno()])
        return ours

    def __enter__(self) -> Warm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        *,
        folder: Path,
        environment: dict[str, str],
        log: Path | BinaryIO | None = None,
        hand_over: socket.socket | None = None,
        preload: Iterable[str] = (),
    ) -> Child:
        """Starts a job in `folder` with exactly that environment, its output appended to `log`, or else visible here.
        `log` is the place of a file, or a file or pipe that is open for writing.

        If the job gets a socket, arguments["socket"] has its number there (only where jobs are forked). `preload` names
        the modules that this job and others like it need: the warm process loads them once, before the fork.
        """
        order = {
            **{"job": job, "arguments": arguments, "folder": str(folder), "environment": environment},
            "preload": list(preload),
        }
        start = self._forked if self.fork else self._spawned
        child = start(order, log, hand_over)
        child.log = log if isinstance(log, Path) else None
        self._children[child.pid] = child
        return child

    def stop(self) -> None:
        """Ends every child and the warm process. A second call is harmless."""
        for child in list(self._children.values()):
            child.stop()
        if self.fork:
            self._socket.close()
        if self._helper is not None:
            self._helper.wait()

    def _forked(self, order: Event, log: Path | BinaryIO | None, hand_over: socket.socket | None) -> Child:
        events, events_end = os.pipe()
        with _output(log) as output:
            passed = [events_end, output.fileno()] + ([hand_over.fileno()] if hand_over else [])
            try:
                pid = self._ask(order, passed)["pid"]
            except BaseException:
                os.close(events)
                raise
            finally:
                os.close(events_end)
        stream = Reports(events)

        def stop() -> None:
            if self._children.pop(pid, None):
                try:
                    self._ask({"end": pid}, [])
                finally:
                    stream.close()

        return Child(pid, stream, None, stop, lambda number: self._send_signal(pid, number))

    def _send_signal(self, pid: int, number: int) -> None:
        # The warm process sends it: in a confined one, process IDs are not those of this process.
        if pid in self._children:
            self._ask({"signal": number, "to": pid}, [])

    def _ask(self, order: Event, passed: list[int]) -> Event:
        with self._lock:
            self._asked += 1
            data = json.dumps({**order, "number": self._asked}).encode()
            if len(data) > _LARGEST_REQUEST:
                raise ValueError("The order to the warm process is too large.")
            try:
                socket.send_fds(self._socket, [data], passed)
                while True:
                    answer = self._socket.recv(_LARGEST_REQUEST)
                    if not answer:
                        raise WarmEnded
                    result: Event = json.loads(answer)
                    if result["number"] == self._asked:
                        return result
                    # An exception, such as that of a deadline, came before an earlier answer. No one else knows of
                    # that child.
                    if "pid" in result:
                        self._socket.send(json.dumps({"end": result["pid"], "number": 0}).encode())
            except ConnectionError:
                raise WarmEnded from None

    def _spawned(self, order: Event, log: Path | BinaryIO | None, hand_over: socket.socket | None) -> Child:
        if hand_over is not None:
            raise ValueError("A socket can only be handed over to a forked job.")
        with _output(log) as output:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, "job"],
                env=own_environment(),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                encoding="utf-8",
                start_new_session=sys.platform != "win32",
            )
        assert process.stdin is not None and process.stdout is not None
        orders, events = process.stdin, process.stdout
        orders.write(json.dumps(order) + "\n")
        orders.flush()

        def stop() -> None:
            if self._children.pop(process.pid, None):
                process.kill()
                process.wait()
                orders.close()
                events.close()

        return Child(process.pid, events, None, stop, process.send_signal)


def _output(log: Path | BinaryIO | None) -> BinaryIO:
    if isinstance(log, Path):
        return log.open("ab")
    return os.fdopen(os.dup(2 if log is None else log.fileno()), "ab")


def _helper(number: int, preload: list[str]) -> None:
    """The warm process: imports, then forks a child for every order, until the last client has gone."""
    with _bytecode_kept():
        for name in preload:
            importlib.import_module(name)
    answer_orders(socket.socket(fileno=number))


def answer_orders(first: socket.socket) -> None:
    """Forks a child for every order of that client, and of the clients that it brings, until none is left.

    A job may call it, too: then its children have what the job has loaded and made. The process must have no threads.
    """
    # Children that ended by themselves stay as zombies until they are ended by order, so no number is used twice.
    children: dict[socket.socket, set[int]] = {first: set()}
    while children:
        for client in select.select(list(children), [], [])[0]:
            try:
                data, passed, _, _ = socket.recv_fds(client, _LARGEST_REQUEST, 3)
            except ConnectionResetError:
                data, passed = b"", []  # it was killed before it had read its last reply
            if not data:
                for pid in children.pop(client):
                    _end(pid)
                client.close()
                continue
            order = json.loads(data)
            answer = {"number": order.get("number")}
            if "client" in order:
                children[socket.socket(fileno=passed.pop())] = set()
            elif "end" in order:
                _end(order["end"])
                children[client].discard(order["end"])
            elif "signal" in order:
                if order["to"] in children[client]:
                    os.kill(order["to"], order["signal"])
            else:
                _preload(order["preload"])
                answer["pid"] = _fork(order, passed, children)
                children[client].add(answer["pid"])
            for descriptor in passed:
                os.close(descriptor)
            with contextlib.suppress(ConnectionError):
                client.send(json.dumps(answer).encode())


def _preload(names: Iterable[str]) -> None:
    with _bytecode_kept():
        for name in names:
            # If a module is not installed, the app raises the error itself.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


@contextlib.contextmanager
def _bytecode_kept() -> Iterator[None]:
    """Inside of this `with` Python keeps the bytecode of libraries where it always does; after it, it keeps none.

    An app is compiled at each start. So its folder stays clean, and no old bytecode replaces a file that was just
    saved.
    """
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    try:
        yield
    finally:
        sys.dont_write_bytecode = True


def _fork(order: Event, passed: list[int], clients: Iterable[socket.socket]) -> int:
    helper = os.getpid()
    pid = os.fork()
    if pid == 0:
        for client in clients:
            client.close()
        die_with(helper)
        _child(order, passed)
    return pid


def _end(pid: int) -> None:
    """Kills a child, with the processes of its group, and waits for it."""
    for kill in (os.killpg, os.kill):
        # A child that was forked a moment ago may not lead its group yet; one that has ended leads none.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def die_with(parent: int) -> None:
    """Makes the kernel kill this process when its parent is gone (prctl(2), PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _child(order: Event, passed: list[int]) -> None:
    """The work of a forked child. It never returns: the helper's own work is not the child's."""
    code = 1
    try:
        os.setsid()
        sys.stdout, sys.stderr = (
            sys.__stdout__,
            sys.__stderr__,
        )  # a job with orders of its own may have different ones
        events, output, *sockets = passed
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        if sockets:
            order["arguments"]["socket"] = sockets[0]
        # It stays open until the process ends: at its end, the reader knows that the log is complete.
        _do(order, os.fdopen(events, "w", encoding="utf-8"))
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _do(order: Event, stream: IO[str]) -> None:
    sys.stdout, sys.stderr = _printed_at_once(sys.stdout), _printed_at_once(sys.stderr)
    os.environ.clear()
    os.environ.update(order["environment"])
    if sys.platform != "win32":
        time.tzset()  # a fork has the time zone of the process that it is forked from
    os.chdir(order["folder"])
    lock = threading.Lock()

    def report(event: Event) -> None:
        with lock, contextlib.suppress(ConnectionError, ValueError):
            stream.write(json.dumps(event) + "\n")
            stream.flush()

    module, _, name = order["job"].partition(":")
    getattr(importlib.import_module(module), name)(order["arguments"], report)


def _printed_at_once(stream: TextIO) -> TextIO:
    """A stream whose lines are written at once: they are wanted now, also where they go into a file or a pipe."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    try:
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    except OSError:
        # It was a file's when it was made, and has become a pipe's, which has no place to seek.
        file = os.fdopen(stream.fileno(), "wb", closefd=False)
        return io.TextIOWrapper(file, stream.encoding, "backslashreplace", line_buffering=True)
    return stream


def _single_job() -> None:
    """A job in a new Python: its order comes by standard input, whose end means that its client has gone."""
    order = json.loads(sys.stdin.readline())
    _preload([order["job"].partition(":")[0], *order["preload"]])
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def end_with_the_other_side() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=end_with_the_other_side, daemon=True).start()
    _do(order, stream)


if __name__ == "__main__":
    if sys.argv[1] == "helper":
        _helper(int(sys.argv[2]), sys.argv[3:])
    else:
        _single_job()
