"""The lab: a step's app, its own providers, users with browsers, and all their messages."""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from workbook.course.starters import source_files
from workbook.flow.messages import APP, BROWSER, Flow, Message
from workbook.flow.rows import Tables, as_message, changes
from workbook.providers.people import PEOPLE, Person
from workbook.providers.server import ProvidersServer

from .alike import Alike
from .browser import Browser, Page
from .commands import Done, MigrationFailed, call, flask
from .databases import Database, uses_a_database
from .running import AppFailed, RunningApp, copied
from .warm import Warm

# SQLite files from `flask db upgrade`, by the source of the app.
_tables: dict[bytes, bytes] = {}


class Site:
    """The app in `folder`, running beside local providers that are its own.

    `seed` and `clock` (seconds since 1970) are the providers', for flows that repeat. `environment` has the app's
    environment variables that differ from the usual ones; None removes a variable. `people` have accounts at the
    providers. AppFailed where the app does not start. `workers` is the number of processes with the same app, as a
    server in production has them; `app` is the first. Their clocks are `ahead` of the real one (seconds). Workers, or
    sites, that are `alike` have one clock, and one beginning of `random`.

    The app's DATABASE_URL leads to `database`, or else to a new one that ends with the site: on the PostgreSQL server
    with the URL `server`, or SQLite. An app that has migrations gets its tables by `flask db upgrade`, before it
    starts; MigrationFailed where that fails.

    With `watch_tables` the site looks into the app's database at each message of the app's. What changed since the last
    look is a message, too, as flow/rows.py has it.

    With `with_fifth` there is one more provider, which no student has seen. `added` makes more files for the app, their
    text by their path in its folder, after the providers have started.
    """

    def __init__(
        self,
        folder: Path,
        warm: Warm,
        *,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
        environment: Mapping[str, str | None] | None = None,
        people: Iterable[Person] = PEOPLE,
        database: Database | None = None,
        server: str | None = None,
        with_fifth: bool = False,
        added: Callable[[ProvidersServer], Mapping[str, str]] | None = None,
        workers: int = 1,
        watch_writes: bool = False,
        watch_tables: bool = False,
        ahead: float = 0,
        alike: Alike | None = None,
    ) -> None:
        self._writes = 0
        self._written = threading.Condition()
        self._messages: list[Message] = []
        self._others: list[Browser] = []
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._tables: Tables | None = None
        with ExitStack() as opened:
            self.providers = opened.enter_context(
                ProvidersServer(seed=seed, clock=clock, people=people, with_fifth=with_fifth)
            )
            if added is not None:
                workplace = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="added-to-")))
                folder = _with_files(copied(folder, workplace), added(self.providers))
            self.database = database or opened.enter_context(Database(server))
            self._folder, self._warm = folder, warm
            self._has_database = uses_a_database(folder)
            self._watches_tables = watch_tables and self._has_database
            if self._watches_tables:
                self.providers.on_message = self._look_before
            self._environment = self._made_environment(environment or {})
            if (folder / "migrations").is_dir():
                self._make_tables(empty=database is None and server is None)
            on_write = self._writes_now if watch_writes else None
            self.workers = [
                opened.enter_context(
                    RunningApp(warm, folder, self._environment, on_write=on_write, ahead=ahead, alike=alike)
                )
                for _ in range(workers)
            ]
            self._opened = opened.pop_all()

    def __enter__(self) -> Site:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the app and the providers."""
        self._opened.close()

    def begin_anew(self) -> bool:
        """Makes the site as it was when it was opened, without users and logins, so that the next check does not wait
        for an app to start. False where that is not possible: then open another site.

        The app's processes are the same. They still have what they keep in memory, as on a day with many visitors.
        """
        if any(app.ended for app in self.workers) or (self._has_database and not self.database.empty()):
            return False
        self.providers.begin_anew()
        for app in self.workers:
            app.begin_anew()
        with self._lock:
            self._messages.clear()
        self._tables = None
        self._others.clear()
        return True

    def begins_with_nobody(self) -> bool:
        """Whether the app's database has no rows; to be called before the first request."""
        return not self._has_database or self.database.is_empty()

    def flask(self, *arguments: str) -> Done:
        """Runs `flask ARGUMENTS` beside the app, with the same database."""
        return flask(self._folder, self._warm, self._environment, *arguments)

    def call(self, module: str, calls: Sequence[tuple[str, Sequence[str]]]) -> Done:
        """Calls functions of a module of the app, in a process of their own: as lab.commands.call."""
        return call(self._folder, self._warm, self._environment, module, calls)

    def _make_tables(self, *, empty: bool) -> None:
        """Runs `flask db upgrade`. With the same source it makes the same SQLite file each time, so the next site gets
        a copy of the file. `empty` says that this is such a file."""
        source = _digest(self._folder)
        if empty and source in _tables:
            self.database.fill(_tables[source])
            return
        failure = self.flask("db", "upgrade").failure
        if failure:
            raise MigrationFailed(failure.error, failure.traceback)
        content = self.database.content() if empty else None
        if content is not None:
            _tables[source] = content

    def _made_environment(self, changed: Mapping[str, str | None]) -> dict[str, str]:
        """The app's environment: the providers' variables, and a random key for its cookies."""
        secret_key = self.providers.world.word("SECRET_KEY", 40)
        whole = {
            **self.providers.environment(),
            **({"DATABASE_URL": self.database.url} if self._has_database else {}),
            **{"SECRET_KEY": secret_key, **changed},
        }
        return {name: value for name, value in whole.items() if value is not None}

    @property
    def app(self) -> RunningApp:
        """The app's first process, or its only one."""
        return self.workers[0]

    def last_error(self) -> AppFailed | None:
        """An exception that a request left unhandled, the last one of the process that had one."""
        *others, last = self.workers
        return next(filter(None, (app.last_error(0.1) for app in others)), None) or last.last_error()

    def browser(self, worker: int = 0, *, name: str = BROWSER) -> Browser:
        """A new browser, without cookies, all of whose requests go to one of the app's processes. `name` says which
        user's it is, where a flow has two browsers that take turns."""
        browser = Browser(self.workers[worker].port, self._heard, name)
        if name != BROWSER:
            self._others.append(browser)
        return browser

    def move(self, browser: Browser, worker: int) -> None:
        """From now on the browser's requests go to a different process of the app."""
        browser.close()
        browser.move_to(self.workers[worker].port)

    @property
    def writes(self) -> int:
        """How many statements that write to the database the app has begun, where the site watches writes."""
        return self._writes

    def wait_for_writes(self, count: int, timeout: float) -> bool:
        """Waits until the app has begun `count` writes; False where that takes longer than `timeout` seconds."""
        with self._written:
            return self._written.wait_for(lambda: self._writes >= count, timeout)

    def messages(self) -> tuple[Message, ...]:
        """All messages so far, in order."""
        with self._lock:
            ours = list(self._messages)
        return Flow.of("", [*ours, *map(self._by_name, self.providers.messages)]).messages

    def _by_name(self, message: Message) -> Message:
        """A provider's message with the browser's own name. A provider records only that it is a browser."""
        for browser in self._others:
            if any(begin <= message.time <= end for begin, end in browser.at_providers):
                if message.sender == BROWSER:
                    return replace(message, sender=browser.name)
                if message.receiver == BROWSER:
                    return replace(message, receiver=browser.name)
        return message

    def flow(self, title: str, since: int = 0) -> Flow:
        """The messages, without the first `since`, as a flow."""
        every = self.messages()
        return Flow(title, every[since:], every[:since])

    def at_provider(self, page: Page) -> bool:
        """Whether a page is one of the providers'."""
        return urlsplit(page.url).netloc == urlsplit(self.providers.url).netloc

    def _writes_now(self) -> None:
        with self._written:
            self._writes += 1
            self._written.notify_all()

    def _look_before(self, message: Message) -> None:
        """Notes what changed in the database before a message that the app sends, or that a browser sends to it."""
        if message.sender != APP and message.receiver != APP:
            return
        with self._looking:
            tables = self.database.tables()
            if tables is None:  # somebody has locked them: then the next look shows it
                return
            found = changes(tables if self._tables is None else self._tables, tables)
            self._tables = tables
        with self._lock:
            self._messages += [as_message(change, message.time) for change in found]

    def _heard(self, message: Message) -> None:
        if self._watches_tables:
            self._look_before(message)
        with self._lock:
            self._messages.append(message)


def _with_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Writes files into a folder; returns the folder."""
    for place, text in files.items():
        (folder / place).write_text(text, encoding="utf-8")
    return folder


def _digest(folder: Path) -> bytes:
    """A digest of an app's source."""
    digest = hashlib.sha256()
    for file in source_files(folder):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.digest()
