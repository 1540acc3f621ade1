"""A step at work: its app, the providers, the checks at every save, and the page that shows it all."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import webbrowser
from collections.abc import Iterable
from contextlib import ExitStack

import click

from workbook.checks.verdicts import StepVerdicts, Verdict, Verdicts
from workbook.checks.warm_checks import Cancelled, WarmChecks
from workbook.checks.watch import saves
from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS
from workbook.course.progress import read_progress
from workbook.lab.commands import revisions
from workbook.lab.databases import uses_a_database
from workbook.lab.running import AppFailed, RunningApp
from workbook.lab.warm import Warm
from workbook.lab.warm_apps import warm_for_apps
from workbook.providers.server import PortInUse, ProvidersServer

from .choosing import Choice, remember_the_tour
from .desk import desk
from .live import Live
from .ports import Socket, listen, port_taken
from .saying import (
    SayingVerdicts,
    say_behind,
    say_database,
    say_failed,
    say_how_to_end,
    say_places,
    say_surroundings,
)
from .surroundings import Surroundings, local_keys, surroundings

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
        )
        self._stop = threading.Event()
        self._app: RunningApp | None = None

    def run(self) -> None:
        """Starts everything, and ends everything."""
        stop_on_signals(self._stop)
        with ExitStack() as opened:
            socket = opened.enter_context(listen(self.port, "--port"))
            providers = opened.enter_context(self._providers())
            apps = opened.enter_context(warm_for_apps([self.choice.app]))
            checks = None if self.choice.tour else opened.enter_context(WarmChecks(apps))
            opened.callback(self._stop_app)
            around = surroundings({**local_keys(), **providers.environment()})
            self._environment = around.environment
            self._load_app(apps, socket)
            self._say(providers, apps, around)
            if self.open_browser:
                webbrowser.open(providers.entrance())
            if self.choice.tour:
                remember_the_tour()
            self._work(apps, checks, socket)
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
            self._environment,
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

    def _work(self, apps: Warm, checks: WarmChecks | None, socket: Socket) -> None:
        """Until the end: at every save loads the app again and checks it."""
        if checks is None:
            while not self._stop.wait(1):
                pass
            return
        checking = _Checking(checks, self.choice, self.live)
        checking.again()
        for _ in saves([self.choice.app], self._stop):
            # Whatever the new checks say, nobody meets the app of before by then: a request waits for the new one.
            self._stop_app()
            checking.again()
            self._load_app(apps, socket)
        checking.end()

    def _say(self, providers: ProvidersServer, apps: Warm, around: Surroundings) -> None:
        say_places(self.choice, self.live.title, self.live.app_url, providers)
        say_surroundings(around)
        if uses_a_database(self.choice.app):
            database = revisions(self.choice.app, apps, self._environment)
            if database is not None:
                say_database(database)
                if database.newest:
                    say_behind(database)
        say_how_to_end()


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
