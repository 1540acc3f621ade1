"""A step's app, running in a process of its own on a copy of its folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from workbook.course.starters import source_files
from workbook.flow.messages import Message

from .alike import Alike
from .databases import uses_a_database
from .environments import bare_environment
from .readable import readable
from .rooms import new_room, remove_room
from .warm import Warm
from .warm_apps import PRELOAD_DATABASE

# An app that has not started by then will not start (seconds).
START_TIMEOUT = 10.0
# So many bytes of what an app prints are passed on at a time.
_CHUNK = 64 * 1024
# The last errors of an app are kept, each with so many characters of its texts.
_ERRORS = 20
_LONGEST = 4000


class AppFailed(Exception):
    """The app did not start. `error` is one line, `traceback` the lines of its own files."""

    def __init__(self, error: str, traceback: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.traceback = traceback


def reported_failure(event: Mapping[str, Any]) -> AppFailed:
    """The failure that an app's process reports as "error" and "traceback". Of something else, or too long a text, it
    is what can be shown."""
    error, traceback = (readable(str(event.get(name) or ""), _LONGEST) for name in ("error", "traceback"))
    return AppFailed(" ".join(error.split()) or "it did not say why", traceback)


def copied(folder: Path, into: Path) -> Path:
    """Copies an app's source into a folder, under its own name, without the student's .env and database."""
    copy = into / folder.name
    copy.mkdir()
    for file in source_files(folder):
        target = copy / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return copy


@contextlib.contextmanager
def _shown(on_output: Callable[[bytes], None] | None) -> Iterator[BinaryIO | None]:
    """A pipe for what an app prints: it is shown here, and given on. Without anybody to give it to, None.

    Inside of this `with` the app gets the pipe's end. What the app has by then keeps it open.
    """
    if on_output is None:
        yield None
        return
    reads, writes = os.pipe()

    def pass_on() -> None:
        with os.fdopen(reads, "rb", buffering=0) as printed:
            while text := printed.read(_CHUNK):
                # As the app itself would: where nobody reads it any more, it is lost.
                with contextlib.suppress(OSError):
                    rest = memoryview(text)
                    while rest:
                        rest = rest[os.write(2, rest) :]
                on_output(text)

    threading.Thread(target=pass_on, name="printed", daemon=True).start()
    with os.fdopen(writes, "wb", buffering=0) as end:
        yield end


class RunningApp:
    """Starts the app in `folder` and waits until it responds; AppFailed says why it does not.

    It runs on a copy, so that it sees no .env and no database of the student's and leaves nothing behind. With
    `in_place` it runs in the folder itself, as for a student at work: its output appears here and goes to `on_output`,
    too, in pieces as they come; its errors appear in the browser, and if it cannot be loaded, a page says so (`failure`
    says why). `instead` serves only such a page.
    `listen_on` is a socket that listens already, instead of `port`. `on_write` is called each time that the app is
    about to write to its database. Its clock is `ahead` of the real one (seconds). Apps that are `alike` have one
    clock, and one beginning of `random`.
    """

    def __init__(
        self,
        warm: Warm,
        folder: Path,
        environment: dict[str, str],
        *,
        in_place: bool = False,
        instead: AppFailed | None = None,
        port: int = 0,
        listen_on: socket.socket | None = None,
        on_message: Callable[[Message], None] | None = None,
        on_write: Callable[[], None] | None = None,
        on_output: Callable[[bytes], None] | None = None,
        ahead: float = 0,
        alike: Alike | None = None,
        timeout: float = START_TIMEOUT,
    ) -> None:
        # The app's output is in a folder that a confined app cannot see.
        self._workplace = Path(tempfile.mkdtemp(prefix="app-"))
        self._room: Path | None = None
        self._on_message = on_message
        self._on_write = on_write
        self._arrived = threading.Condition()
        self._ready: dict[str, Any] | None = None
        self._failed: AppFailed | None = None
        self._errors: list[AppFailed] = []
        self._ended = False
        self._log_begins = 0
        try:
            if in_place:
                home = folder
            else:
                self._room = new_room("app-")
                home = copied(folder, self._room)
            with _shown(on_output) if in_place else nullcontext(self._workplace / "log") as output:
                self.child = warm.run(
                    "workbook.lab.serve:serve",
                    {
                        "port": port,
                        "record": on_message is not None,
                        "watch_writes": on_write is not None,
                        "ahead": ahead,
                        "alike": [alike.clock, alike.seed] if alike else None,
                        "show_errors": in_place,
                        "instead": {"error": instead.error, "traceback": instead.traceback}
                        if instead
                        else None,
                    },
                    folder=home,
                    environment={**bare_environment(), "FLASK_APP": "app", **environment},
                    log=output,
                    hand_over=listen_on,
                    preload=PRELOAD_DATABASE if uses_a_database(home) else (),
                )
            threading.Thread(target=self._read_events, daemon=True).start()
            try:
                self._wait_until_ready(timeout)
            except BaseException:
                self.child.stop()
                raise
        except BaseException:
            self._remove()
            raise

    def __enter__(self) -> RunningApp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The app's URL as a student types it: with a host name, so that its cookies are not the providers'."""
        return f"http://localhost:{self.port}"

    @property
    def port(self) -> int:
        """The port that the app listens on."""
        assert self._ready is not None
        return int(self._ready["port"])

    @property
    def failure(self) -> AppFailed | None:
        """Why the app could not be loaded, where a page that says so is served instead."""
        return self._failed

    @property
    def ended(self) -> bool:
        """Whether its process has ended by itself."""
        return self._ended

    def last_error(self, timeout: float = 1.0) -> AppFailed | None:
        """The exception that the last request left unhandled; waits `timeout` seconds for the app's report of it."""
        with self._arrived:
            self._arrived.wait_for(lambda: bool(self._errors) or self._ended, timeout)
            return self._errors[-1] if self._errors else None

    def begin_anew(self) -> None:
        """From now on `last_error` and `log` have only what comes later."""
        with self._arrived:
            self._errors.clear()
        if self.child.log is not None:
            self._log_begins = self.child.log.stat().st_size

    def log(self) -> str:
        """The app's output and log so far, where it does not appear here."""
        if self.child.log is None:
            return ""
        return self.child.log.read_bytes()[self._log_begins :].decode(errors="replace")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """The process stands still inside of this `with`. Where the system cannot do that, the process goes on."""
        if not hasattr(signal, "SIGSTOP"):
            yield
            return
        self.child.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.child.signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends the app and removes its files. A second call is harmless."""
        self.child.stop()
        self._remove()

    def _remove(self) -> None:
        for folder in filter(None, (self._workplace, self._room)):
            remove_room(folder)

    def _read_events(self) -> None:
        for event in self.child.reports():
            self._take(event)
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()

    def _take(self, event: dict[str, Any]) -> None:
        """Takes a report. The app's own code can write to the same pipe, so a report may be of any form."""
        kind = event.get("event")
        if kind == "message":
            if self._on_message:
                self._on_message(Message.from_json(event["message"]))
            return
        if kind == "write":
            if self._on_write:
                self._on_write()
            return
        with self._arrived:
            if kind == "ready":
                if type(event.get("port")) is int:
                    self._ready = event
            elif kind == "error":
                self._errors = [*self._errors[-_ERRORS:], reported_failure(event)]
            elif kind == "failed":
                self._failed = reported_failure(event)
            self._arrived.notify_all()

    def _wait_until_ready(self, timeout: float) -> None:
        until = time.monotonic() + timeout
        with self._arrived:
            while self._ready is None and not self._ended:
                left = until - time.monotonic()
                if left <= 0:
                    raise AppFailed(
                        f"it was still starting after {timeout:g} seconds: is there an endless loop?"
                    )
                self._arrived.wait(left)
        if self._ready is None:
            if self._failed is not None:
                raise self._failed
            last = self.log().strip().splitlines()[-1:] or ["it printed nothing"]
            raise AppFailed(f"its process ended while it started: {last[0]}")
