"""A step at work: its app, the providers, the checks at every save, and the page that shows it all."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import webbrowser
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import click

from workbook.checks.saves import saves
from workbook.checks.verdicts import StepVerdicts, Verdict, Verdicts
from workbook.checks.warm_checks import Cancelled, WarmChecks
from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS
from workbook.course.progress import read_progress
from workbook.lab.commands import revisions
from workbook.lab.databases import uses_a_database
from workbook.lab.running import AppFailed, RunningApp
from workbook.lab.warm import Warm
from workbook.lab.warm_apps import warm_for_apps
from workbook.providers.server import PortInUse, ProvidersServer

from .already import offer_its_page, running_step
from .choosing import Choice, remember_the_tour
from .desk import desk
from .live import Live
from .ports import PortTaken, Socket, listen, port_taken
from .saying import (
    SayingVerdicts,
    say_behind,
    say_database,
    say_failed,
    say_how_to_end,
    say_places,
    say_settings,
    say_surroundings,
)
from .surroundings import SETTINGS, Surroundings, local_keys, surroundings

# So many requests the providers' server answers at a time. Each page that is open in a browser keeps one of them.
_THREADS = 64
# So many messages that server keeps, which runs for days. A login is 20 at the most.
_MOST_MESSAGES = 2000
# How often it is looked whether the terminal or program that started this is still there (seconds).
_PARENT_CHECK = 0.5


class Start:
    """Runs a choice until it is interrupted, or until whatever started it is gone."""

    def __init__(
        self,
        choice: Choice,
        *,
        port: int,
        provider_port: int,
        open_browser: bool,
        faults: Iterable[tuple[str, str, str]] = (),
    ) -> None:
        self.choice = choice
        self.faults = tuple(faults)
        self.port = port
        self.provider_port = provider_port
        self.open_browser = open_browser
        self.live = Live(
            step=choice.step.name,
            title=choice.step.title,
            app_url=f"http://localhost:{port}",
            tour=choice.tour,
            app=choice.app,
        )
        self._stop = threading.Event()
        self._app: RunningApp | None = None

    def run(self) -> None:
        """Starts everything, and ends everything."""
        with ExitStack() as opened:
            try:
                socket = opened.enter_context(listen(self.port, "--port"))
                providers = opened.enter_context(self._providers())
            except PortTaken:
                running = running_step(self.provider_port)
                if running is None:
                    raise
                return offer_its_page(running, self.provider_port, ask=self.open_browser)
            stop_on_signals(self._stop)
            apps = opened.enter_context(warm_for_apps([self.choice.app]))
            checks = None if self.choice.tour else opened.enter_context(WarmChecks(apps))
            opened.callback(self._stop_app)
            changes = saves([self.choice.app], self._stop, files=SETTINGS)
            self._surroundings = _around(providers)
            self._load_app(apps, socket)
            self._say(providers, apps)
            if self.open_browser:
                webbrowser.open(providers.entrance())
            if self.choice.tour:
                remember_the_tour()
            self._work(apps, checks, socket, providers, changes)
        click.echo("Stopped.")

    def _providers(self) -> ProvidersServer:
        providers = serve_providers(self.provider_port, self.faults)
        providers.on_message = self.live.heard
        providers.mount("/", desk(self.live))
        return providers

    def _load_app(self, apps: Warm, socket: Socket) -> None:
        self._stop_app()
        failed: AppFailed | None = None
        try:
            self._app = self._run_app(apps, socket)
            failed = self._app.failure
        except AppFailed as error:
            failed = error
            self._app = self._run_app(apps, socket, instead=error)
        if failed:
            say_failed(failed)
        self.live.set(
            app_error=f"Your app does not start: {failed.error}\n{failed.traceback}" if failed else None
        )

    def _run_app(self, apps: Warm, socket: Socket, instead: AppFailed | None = None) -> RunningApp:
        return RunningApp(
            apps,
            self.choice.app,
            self._surroundings.environment,
            in_place=True,
            instead=instead,
            on_message=self.live.heard,
            on_output=self.live.prints,
            **({"listen_on": socket.handed} if apps.fork else {"port": socket.let_go()}),
        )

    def _stop_app(self) -> None:
        if self._app is not None:
            self._app.stop()
            self._app = None

    def _work(
        self,
        apps: Warm,
        checks: WarmChecks | None,
        socket: Socket,
        providers: ProvidersServer,
        changes: Iterator[set[Path]],
    ) -> None:
        """Until the end: loads the app again at every save, of its files or its settings, and checks it."""
        if checks is None:
            while not self._stop.wait(1):
                pass
            return
        checking = _Checking(checks, self.choice, self.live)
        checking.again()
        for files in changes:
            settings = files.intersection(SETTINGS)
            # No one meets the app of before when the new verdicts are there: a request waits for the new app.
            self._stop_app()
            if files != settings:
                checking.again()
            if settings:
                self._read_settings(providers, settings)
            self._load_app(apps, socket)
        checking.end()

    def _read_settings(self, providers: ProvidersServer, changed: set[Path]) -> None:
        """Takes the settings as they are now. Where they cannot be read, says so, and keeps those of before."""
        try:
            self._surroundings = _around(providers)
        except WorkbookError as error:
            click.echo(str(error), err=True)
        else:
            say_settings(changed)
            say_surroundings(self._surroundings)

    def _say(self, providers: ProvidersServer, apps: Warm) -> None:
        say_places(self.choice, self.live.title, self.live.app_url, providers)
        say_surroundings(self._surroundings)
        if uses_a_database(self.choice.app):
            database = revisions(self.choice.app, apps, self._surroundings.environment)
            if database is not None:
                say_database(database)
                if database.newest:
                    say_behind(database)
        say_how_to_end()


def _around(providers: ProvidersServer) -> Surroundings:
    return surroundings({**local_keys(), **providers.environment()})


def stop_on_signals(stop: threading.Event) -> None:
    """Sets `stop` when the process is asked to end, or when whatever started it is gone.

    A terminal that was closed, or a program that was killed, must not leave the ports taken.
    """

    def ask(number: int, frame: object) -> None:
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), ask)
    parent = os.getppid()

    def watch_the_parent() -> None:
        while not stop.wait(_PARENT_CHECK):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch_the_parent, daemon=True).start()


class _Checking:
    """Checks in a thread of its own; a newer save ends the run that is going on."""

    def __init__(self, checks: WarmChecks, choice: Choice, live: Live) -> None:
        self._checks = checks
        self._choice = choice
        self._live = live
        # The newest verdict of each exercise. Those of the last run stay until this one has its own.
        self._newest: dict[str, Verdict] = {}
        self._wanted = threading.Event()
        self._over = False
        threading.Thread(target=self._work, daemon=True).start()

    def again(self) -> None:
        """Asks for a new run."""
        self._wanted.set()
        self._checks.cancel()

    def end(self) -> None:
        """No more runs."""
        self._over = True
        self._wanted.set()
        self._checks.cancel()

    def _work(self) -> None:
        while self._wanted.wait() and not self._over:
            self._wanted.clear()
            self._live.set(checking=True)
            saying = SayingVerdicts(self._choice)
            open_last = [verdict.id for verdict in self._newest.values() if not verdict.passed]

            def heard(verdict: Verdict, saying: SayingVerdicts = saying) -> None:
                self._newest[verdict.id] = verdict
                self._live.set(verdicts=self._every())
                saying.verdict(verdict)

            try:
                verdicts = self._checks.run(
                    self._choice.step, self._choice.folder, first=open_last, on_verdict=heard
                )
            except Cancelled:
                continue
            except WorkbookError as error:
                if not self._over:
                    click.echo(str(error), err=True)
                self._live.set(checking=False)
                continue
            self._live.set(checking=False, verdicts=verdicts)
            if self._choice.folder == CHAPTERS:
                read_progress().note_verdicts(verdicts.by_exercise, at=self._choice.step.name)
            saying.end(verdicts)

    def _every(self) -> Verdicts:
        """The newest verdicts, in the order of the exercises."""
        step = self._choice.step
        known = (self._newest.get(exercise.id) for exercise in step.exercises)
        return Verdicts((StepVerdicts(step.name, tuple(filter(None, known))),))


def serve_providers(
    port: int, faults: Iterable[tuple[str, str, str]], callbacks: Iterable[str] = ()
) -> ProvidersServer:
    """The local providers, with the keys that .flaskenv has, some faults (provider, endpoint, kind) switched on, and
    those redirect URIs listed beside the app's own."""
    try:
        providers = ProvidersServer(
            port=port,
            keys=local_keys(),
            control_key=secrets.token_urlsafe(9),
            threads=_THREADS,
            most_messages=_MOST_MESSAGES,
        )
    except PortInUse:
        raise port_taken(port, "--provider-port") from None
    try:
        for provider, endpoint, kind in faults:
            providers.faults.set(provider, endpoint, kind)
        for callback in callbacks:
            providers.list_callback(callback)
    except ValueError as error:
        providers.stop()
        raise WorkbookError(str(error)) from None
    return providers
